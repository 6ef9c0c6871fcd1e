// CRC-32 of PNG chunks (PNG 3, 5.5) and Adler-32 of the zlib stream (RFC 1950, 8.2).

/** Slice-by-16 (Intel, 2006): table k advances a byte over k zero bytes. 16 KB, filled on first use. */
const CRC_TABLES: usize = memory.data(16 * 1024, 16);
const CRC_TAIL: usize = memory.data(48, 16);
let crcTablesReady: bool = false;

function fillCrcTables(): void {
  for (let i: u32 = 0; i < 256; i++) {
    let c = i;
    for (let bit = 0; bit < 8; bit++) c = (c >> 1) ^ (0xedb88320 & (0 - (c & 1)));
    store<u32>(CRC_TABLES + (i << 2), c);
  }
  for (let i: u32 = 256; i < 4096; i++) {
    const before = load<u32>(CRC_TABLES + ((i - 256) << 2));
    store<u32>(CRC_TABLES + (i << 2), (before >> 8) ^ load<u32>(CRC_TABLES + ((before & 255) << 2)));
  }
  crcTablesReady = true;
}

// @ts-ignore: decorator
@inline
function slice(table: u32, byte: u64): u32 {
  return load<u32>(CRC_TABLES + (table << 10) + (<usize>(byte & 255) << 2));
}

/** The register (not inverted) after n more bytes. */
function crcByTables(src: usize, n: i32, register: u32): u32 {
  let c = register;
  while (n >= 16) {
    const x = load<u64>(src) ^ c;
    const y = load<u64>(src, 8);
    c =
      slice(15, x) ^ slice(14, x >> 8) ^ slice(13, x >> 16) ^ slice(12, x >> 24) ^
      slice(11, x >> 32) ^ slice(10, x >> 40) ^ slice(9, x >> 48) ^ slice(8, x >> 56) ^
      slice(7, y) ^ slice(6, y >> 8) ^ slice(5, y >> 16) ^ slice(4, y >> 24) ^
      slice(3, y >> 32) ^ slice(2, y >> 40) ^ slice(1, y >> 48) ^ slice(0, y >> 56);
    src += 16;
    n -= 16;
  }
  for (; n > 0; n--, src++) c = (c >> 8) ^ slice(0, c ^ load<u8>(src));
  return c;
}

/**
 * CRC-32 of n bytes that follow bytes whose CRC-32 is `seed` (0 at the start). "Chorba" (Cauchois, arXiv 2412.16398): a
 * multiple of the polynomial with few terms cancels a 64-bit word by XORing it 145, 183, 211 and 300 bits further on,
 * which wasm's SIMD can do; carry-less multiplication it does not have. 2.5 times the speed of the tables, which finish
 * the last 48 to 63 bytes.
 */
export function crc32(src: usize, n: i32, seed: u32): u32 {
  if (!crcTablesReady) fillCrcTables();
  let register = ~seed;
  if (n >= 128) {
    const zero = i64x2.splat(0);
    // What is still to be XORed into the next three vectors.
    let next1 = i64x2.replace_lane(zero, 0, <i64>register);
    let next2 = zero;
    let next3 = zero;
    while (n >= 64) {
      const x = v128.xor(v128.load(src), next1);
      const to2 = v128.xor(i64x2.shl(x, 17), i64x2.shl(x, 55));
      const to3 = v128.xor(v128.xor(i64x2.shr_u(x, 47), i64x2.shr_u(x, 9)), i64x2.shl(x, 19));
      const to4 = v128.xor(i64x2.shr_u(x, 45), i64x2.shl(x, 44));
      const to5 = i64x2.shr_u(x, 20);
      next1 = v128.xor(v128.xor(next2, to2), v128.shuffle<i64>(zero, to3, 0, 2));
      next2 = v128.xor(v128.xor(next3, to4), v128.shuffle<i64>(to3, to5, 1, 2));
      next3 = v128.shuffle<i64>(to5, zero, 1, 2);
      src += 16;
      n -= 16;
    }
    v128.store(CRC_TAIL, v128.xor(v128.load(src), next1));
    v128.store(CRC_TAIL, v128.xor(v128.load(src, 16), next2), 16);
    v128.store(CRC_TAIL, v128.xor(v128.load(src, 32), next3), 32);
    register = crcByTables(CRC_TAIL, 48, 0);
    src += 48;
    n -= 48;
  }
  return ~crcByTables(src, n, register);
}

/** The product of two polynomials modulo CRC-32's, the highest bit being x to the power of 0. */
function crcProduct(a: u32, b: u32): u32 {
  let product: u32 = 0;
  for (let bit: u32 = 0x80000000; bit != 0; bit >>= 1) {
    if (a & bit) product ^= b;
    b = (b >> 1) ^ (0xedb88320 & (0 - (b & 1)));
  }
  return product;
}

/** CRC-32 of bytes whose CRC-32 is `first`, and `n` more whose own is `second` (zlib's crc32_combine). */
export function crcCombine(first: u32, second: u32, n: u32): u32 {
  // x to the power of 8 n, by squares.
  let power: u32 = 0x80000000;
  for (let square: u32 = 0x00800000; n != 0; n >>= 1) {
    if (n & 1) power = crcProduct(power, square);
    square = crcProduct(square, square);
  }
  return crcProduct(power, first) ^ second;
}

/** Adler-32 of bytes whose Adler-32 is `first`, and `n` more whose own is `second` (zlib's adler32_combine). */
export function adlerCombine(first: u32, second: u32, n: u32): u32 {
  const a = (first & 0xffff) + (second & 0xffff) + 65521 - 1;
  const b = <u64>(n % 65521) * ((first & 0xffff) + 65521 - 1) + (first >> 16) + (second >> 16);
  return (<u32>(b % 65521) << 16) | (a % 65521);
}

/** Vectors a block may have before the u16 lanes of `firsts` could overflow. */
const ADLER_BLOCK = 256;

/**
 * Adler-32 of n bytes that follow bytes whose Adler-32 is `seed` (1 at the start). The same pass widens the signed
 * range of the bytes, two i32 at `range` (min, max): which literals a sampled histogram must give a code. Every byte
 * counts here, those of the last part vector too: a literal without a code would corrupt the stream.
 */
export function adler32(src: usize, n: i32, seed: u32, range: usize): u32 {
  let a: u32 = seed & 0xffff;
  let b: u32 = seed >> 16;
  let min = load<i32>(range);
  let max = load<i32>(range, 4);
  let mins = i8x16.splat(<i8>min);
  let maxs = i8x16.splat(<i8>max);
  // Bytes weigh 16, 15 … 1: a pair weighs as its second, and its first once more.
  const weights = i16x8(15, 13, 11, 9, 7, 5, 3, 1);
  const inFirst = i16x8.splat(255);
  let vectors = n >> 4;
  while (vectors > 0) {
    const block = min_i32(vectors, ADLER_BLOCK);
    let bytes = i32x4.splat(0);
    let sums = i32x4.splat(0);
    let weighted = i32x4.splat(0);
    let firsts = i16x8.splat(0);
    for (const end = src + (<usize>block << 4); src < end; src += 16) {
      const x = v128.load(src);
      sums = i32x4.add(sums, bytes);
      const pairs = i16x8.extadd_pairwise_i8x16_u(x);
      bytes = i32x4.add(bytes, i32x4.extadd_pairwise_i16x8_u(pairs));
      weighted = i32x4.add(weighted, i32x4.dot_i16x8_s(pairs, weights));
      firsts = i16x8.add(firsts, v128.and(x, inFirst));
      mins = i8x16.min_s(mins, x);
      maxs = i8x16.max_s(maxs, x);
    }
    weighted = i32x4.add(weighted, i32x4.extadd_pairwise_i16x8_u(firsts));
    b = <u32>((<u64>b + <u64>a * 16 * block + 16 * lanes(sums) + lanes(weighted)) % 65521);
    a = <u32>((<u64>a + lanes(bytes)) % 65521);
    vectors -= block;
  }
  for (let i = n & 15; i > 0; i--, src++) {
    const byte = load<u8>(src);
    a += byte;
    b += a;
    min = min_i32(min, <i8>byte);
    max = max_i32(max, <i8>byte);
  }
  v128.store(LANES, mins);
  v128.store(LANES, maxs, 16);
  for (let i: usize = 0; i < 16; i++) {
    min = min_i32(min, load<i8>(LANES + i));
    max = max_i32(max, load<i8>(LANES + i, 16));
  }
  store<i32>(range, min);
  store<i32>(range, max, 4);
  return ((b % 65521) << 16) | (a % 65521);
}

const LANES: usize = memory.data(32, 16);

// @ts-ignore: decorator
@inline
function lanes(x: v128): u64 {
  return (
    <u64>(<u32>i32x4.extract_lane(x, 0)) + <u64>(<u32>i32x4.extract_lane(x, 1)) +
    <u64>(<u32>i32x4.extract_lane(x, 2)) + <u64>(<u32>i32x4.extract_lane(x, 3))
  );
}

// @ts-ignore: decorator
@inline
function min_i32(a: i32, b: i32): i32 {
  return a < b ? a : b;
}

// @ts-ignore: decorator
@inline
function max_i32(a: i32, b: i32): i32 {
  return a > b ? a : b;
}
