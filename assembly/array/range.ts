// What the range rule needs of an array: min, max and the number of NaN, in one scan; and how many values a range
// clips. min and max (float64; +Inf, -Inf if there are none) go to out[0], out[1], which also serve as scratch: 16
// bytes, a vector.

/** Values between two looks at whether a NaN has come by. */
const CHUNK: i32 = 1024;

/** Number of NaN among n float32 at src; min and max of the others go to `out`. */
export function rangeF32(src: usize, n: i32, out: usize): i32 {
  return rangeFloat<f32>(src, n, out);
}

export function rangeF64(src: usize, n: i32, out: usize): i32 {
  return rangeFloat<f64>(src, n, out);
}

/** n float16 as their 16-bit patterns. */
export function rangeF16(src: usize, n: i32, out: usize): i32 {
  let low = i16x8.splat(0x7fff);
  let high = i16x8.splat(-0x8000);
  let nan = 0;
  const vectors = n >> 3;
  for (let i = 0; i < vectors; i++, src += 16) {
    const bits = v128.load(src);
    const isNan = i16x8.gt_s(v128.and(bits, i16x8.splat(0x7fff)), i16x8.splat(0x7c00));
    const key = order(bits);
    low = i16x8.min_s(low, v128.bitselect(i16x8.splat(0x7fff), key, isNan));
    high = i16x8.max_s(high, v128.bitselect(i16x8.splat(-0x8000), key, isNan));
    nan += popcnt(i16x8.bitmask(isNan));
  }
  v128.store(out, low);
  let min = least<i16>(out);
  v128.store(out, high);
  let max = greatest<i16>(out);
  for (let i = vectors << 3; i < n; i++, src += 2) {
    const bits = load<u16>(src);
    if ((bits & 0x7fff) > 0x7c00) {
      nan++;
      continue;
    }
    const key = <i16>(bits ^ ((<i16>bits >> 15) & 0x7fff));
    if (key < min) min = key;
    if (key > max) max = key;
  }
  store<f64>(out, nan == n ? Infinity : valueOf(min));
  store<f64>(out, nan == n ? -Infinity : valueOf(max), 8);
  return nan;
}

export function rangeU8(src: usize, n: i32, out: usize): i32 {
  return rangeInteger<u8>(src, n, out);
}

export function rangeI8(src: usize, n: i32, out: usize): i32 {
  return rangeInteger<i8>(src, n, out);
}

export function rangeU16(src: usize, n: i32, out: usize): i32 {
  return rangeInteger<u16>(src, n, out);
}

export function rangeI16(src: usize, n: i32, out: usize): i32 {
  return rangeInteger<i16>(src, n, out);
}

export function rangeU32(src: usize, n: i32, out: usize): i32 {
  return rangeInteger<u32>(src, n, out);
}

export function rangeI32(src: usize, n: i32, out: usize): i32 {
  return rangeInteger<i32>(src, n, out);
}

export function rangeU64(src: usize, n: i32, out: usize): i32 {
  return rangeInteger<u64>(src, n, out);
}

export function rangeI64(src: usize, n: i32, out: usize): i32 {
  return rangeInteger<i64>(src, n, out);
}

/** How many of n values lie below lo or above hi; NaN does not. */
export function outsideF32(src: usize, n: i32, lo: f64, hi: f64): i32 {
  return outsideFloat<f32>(src, n, lo, hi);
}

export function outsideF64(src: usize, n: i32, lo: f64, hi: f64): i32 {
  return outsideFloat<f64>(src, n, lo, hi);
}

export function outsideF16(src: usize, n: i32, lo: f64, hi: f64): i32 {
  let count = 0;
  for (let i = 0; i < n; i++) {
    const bits = <i32>load<u16>(src + (<usize>i << 1));
    if ((bits & 0x7fff) > 0x7c00) continue;
    const x = float16(bits);
    count += i32(x < lo) | i32(x > hi);
  }
  return count;
}

export function outsideU8(src: usize, n: i32, lo: f64, hi: f64): i32 {
  return outsideInteger<u8>(src, n, lo, hi);
}

export function outsideI8(src: usize, n: i32, lo: f64, hi: f64): i32 {
  return outsideInteger<i8>(src, n, lo, hi);
}

export function outsideU16(src: usize, n: i32, lo: f64, hi: f64): i32 {
  return outsideInteger<u16>(src, n, lo, hi);
}

export function outsideI16(src: usize, n: i32, lo: f64, hi: f64): i32 {
  return outsideInteger<i16>(src, n, lo, hi);
}

export function outsideU32(src: usize, n: i32, lo: f64, hi: f64): i32 {
  return outsideInteger<u32>(src, n, lo, hi);
}

export function outsideI32(src: usize, n: i32, lo: f64, hi: f64): i32 {
  return outsideInteger<i32>(src, n, lo, hi);
}

export function outsideU64(src: usize, n: i32, lo: f64, hi: f64): i32 {
  return outsideScalar<u64>(src, n, lo, hi);
}

export function outsideI64(src: usize, n: i32, lo: f64, hi: f64): i32 {
  return outsideScalar<i64>(src, n, lo, hi);
}

/** The value of a float16's 16 bits; not for NaN. */
export function float16(bits: i32): f64 {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const sign: f64 = (bits & 0x8000) != 0 ? -1 : 1;
  if (exponent == 0) return sign * <f64>fraction * 5.9604644775390625e-8; // 2^-24
  if (exponent == 31) return sign * Infinity;
  const power = reinterpret<f64>(<u64>(exponent - 25 + 1023) << 52);
  return sign * <f64>(1024 + fraction) * power;
}

/** float16 patterns, sign and magnitude, as i16 that compare as their values do. */
// @ts-ignore: decorator
@inline
function order(bits: v128): v128 {
  return v128.xor(bits, v128.and(i16x8.shr_s(bits, 15), i16x8.splat(0x7fff)));
}

// @ts-ignore: decorator
@inline
function valueOf(key: i16): f64 {
  return float16(key ^ ((key >> 15) & 0x7fff));
}

// pmin(m, x) is x < m ? x : m: a NaN in x leaves m as it is, and x86 has it in one instruction (f32x4.min takes nine).
// Whether a chunk holds a NaN is read off the sums of its vectors, two additions for three comparisons; infinities of
// both signs make such a sum NaN too, so the count itself compares.
// @ts-ignore: decorator
@inline
function rangeFloat<T>(src: usize, n: i32, out: usize): i32 {
  const lanes = 16 / <i32>sizeof<T>();
  let low0 = v128.splat<T>(<T>Infinity);
  let low1 = low0;
  let low2 = low0;
  let low3 = low0;
  let high0 = v128.splat<T>(<T>-Infinity);
  let high1 = high0;
  let high2 = high0;
  let high3 = high0;
  let nan = 0;
  let left = n;
  while (left >= 4 * lanes) {
    const chunk = min(left, CHUNK) & ~(4 * lanes - 1);
    const end = src + <usize>chunk * sizeof<T>();
    let sums = v128.splat<T>(0);
    for (let at = src; at < end; at += 64) {
      const x0 = v128.load(at);
      const x1 = v128.load(at, 16);
      const x2 = v128.load(at, 32);
      const x3 = v128.load(at, 48);
      low0 = v128.pmin<T>(low0, x0);
      low1 = v128.pmin<T>(low1, x1);
      low2 = v128.pmin<T>(low2, x2);
      low3 = v128.pmin<T>(low3, x3);
      high0 = v128.pmax<T>(high0, x0);
      high1 = v128.pmax<T>(high1, x1);
      high2 = v128.pmax<T>(high2, x2);
      high3 = v128.pmax<T>(high3, x3);
      const sum = v128.add<T>(v128.add<T>(x0, x1), v128.add<T>(x2, x3));
      sums = v128.or(sums, v128.ne<T>(sum, sum));
    }
    if (v128.any_true(sums)) {
      for (let at = src; at < end; at += 16) {
        const x = v128.load(at);
        nan += popcnt(laneMask<T>(v128.ne<T>(x, x)));
      }
    }
    src = end;
    left -= chunk;
  }
  v128.store(out, v128.pmin<T>(v128.pmin<T>(low0, low1), v128.pmin<T>(low2, low3)));
  let low: T = least<T>(out);
  v128.store(out, v128.pmax<T>(v128.pmax<T>(high0, high1), v128.pmax<T>(high2, high3)));
  let high: T = greatest<T>(out);
  for (; left > 0; left--, src += sizeof<T>()) {
    const x = load<T>(src);
    if (x != x) nan++;
    if (x < low) low = x;
    if (x > high) high = x;
  }
  store<f64>(out, <f64>low);
  store<f64>(out, <f64>high, 8);
  return nan;
}

// @ts-ignore: decorator
@inline
function rangeInteger<T>(src: usize, n: i32, out: usize): i32 {
  if (n == 0) {
    store<f64>(out, Infinity);
    store<f64>(out, -Infinity, 8);
    return 0;
  }
  const step = 64 / <i32>sizeof<T>();
  let low0 = v128.splat<T>(load<T>(src));
  let low1 = low0;
  let high0 = low0;
  let high1 = low0;
  let left = n;
  for (; left >= step; left -= step, src += 64) {
    const x0 = v128.load(src);
    const x1 = v128.load(src, 16);
    const x2 = v128.load(src, 32);
    const x3 = v128.load(src, 48);
    low0 = lower<T>(low0, lower<T>(x0, x1));
    low1 = lower<T>(low1, lower<T>(x2, x3));
    high0 = higher<T>(high0, higher<T>(x0, x1));
    high1 = higher<T>(high1, higher<T>(x2, x3));
  }
  v128.store(out, lower<T>(low0, low1));
  let low: T = least<T>(out);
  v128.store(out, higher<T>(high0, high1));
  let high: T = greatest<T>(out);
  for (; left > 0; left--, src += sizeof<T>()) {
    const x = load<T>(src);
    if (x < low) low = x;
    if (x > high) high = x;
  }
  store<f64>(out, <f64>low);
  store<f64>(out, <f64>high, 8);
  return 0;
}

// SIMD has no minimum of 64-bit integers, and compares them signed.
// @ts-ignore: decorator
@inline
function lower<T>(a: v128, b: v128): v128 {
  if (sizeof<T>() < 8) return v128.min<T>(a, b);
  return v128.bitselect(b, a, above64<T>(a, b));
}

// @ts-ignore: decorator
@inline
function higher<T>(a: v128, b: v128): v128 {
  if (sizeof<T>() < 8) return v128.max<T>(a, b);
  return v128.bitselect(a, b, above64<T>(a, b));
}

// @ts-ignore: decorator
@inline
function above64<T>(a: v128, b: v128): v128 {
  if (isSigned<T>()) return i64x2.gt_s(a, b);
  const sign = i64x2.splat(i64.MIN_VALUE);
  return i64x2.gt_s(v128.xor(a, sign), v128.xor(b, sign));
}

/** A bit a lane. */
// @ts-ignore: decorator
@inline
function laneMask<T>(x: v128): i32 {
  if (sizeof<T>() == 8) return i64x2.bitmask(x);
  if (sizeof<T>() == 4) return i32x4.bitmask(x);
  return sizeof<T>() == 2 ? i16x8.bitmask(x) : i8x16.bitmask(x);
}

/** The smallest lane of the vector at `at`. */
// @ts-ignore: decorator
@inline
function least<T>(at: usize): T {
  let x = load<T>(at);
  for (let i: usize = sizeof<T>(); i < 16; i += sizeof<T>()) x = min<T>(x, load<T>(at + i));
  return x;
}

/** The largest lane of the vector at `at`. */
// @ts-ignore: decorator
@inline
function greatest<T>(at: usize): T {
  let x = load<T>(at);
  for (let i: usize = sizeof<T>(); i < 16; i += sizeof<T>()) x = max<T>(x, load<T>(at + i));
  return x;
}

// A bound that is no float32 is compared in float64, one value at a time.
// @ts-ignore: decorator
@inline
function outsideFloat<T>(src: usize, n: i32, lo: f64, hi: f64): i32 {
  let low = <T>lo;
  let high = <T>hi;
  if (<f64>low != lo || <f64>high != hi) return outsideScalar<T>(src, n, lo, hi);
  const lows = v128.splat<T>(low);
  const highs = v128.splat<T>(high);
  const lanes = 16 / <i32>sizeof<T>();
  let count = 0;
  for (; n >= lanes; n -= lanes, src += 16) {
    const x = v128.load(src);
    count += popcnt(laneMask<T>(v128.or(v128.lt<T>(x, lows), v128.gt<T>(x, highs))));
  }
  return count + outsideScalar<T>(src, n, lo, hi);
}

// @ts-ignore: decorator
@inline
function outsideInteger<T>(src: usize, n: i32, lo: f64, hi: f64): i32 {
  const bottom = <f64>(isSigned<T>() ? <i64>-1 << (8 * sizeof<T>() - 1) : 0);
  const top = <f64>((<i64>1 << (8 * sizeof<T>() - (isSigned<T>() ? 1 : 0))) - 1);
  lo = Math.max(bottom, Math.ceil(lo));
  hi = Math.min(top, Math.floor(hi));
  if (lo > top || hi < bottom) return n;
  const lows = v128.splat<T>(<T><i64>lo);
  const highs = v128.splat<T>(<T><i64>hi);
  const lanes = 16 / <i32>sizeof<T>();
  let count = 0;
  for (; n >= lanes; n -= lanes, src += 16) {
    const x = v128.load(src);
    count += popcnt(laneMask<T>(v128.or(v128.lt<T>(x, lows), v128.gt<T>(x, highs))));
  }
  return count + outsideScalar<T>(src, n, lo, hi);
}

// @ts-ignore: decorator
@inline
function outsideScalar<T>(src: usize, n: i32, lo: f64, hi: f64): i32 {
  let count = 0;
  for (let i = 0; i < n; i++) {
    const x = <f64>load<T>(src + <usize>i * sizeof<T>());
    count += i32(x < lo) | i32(x > hi);
  }
  return count;
}
