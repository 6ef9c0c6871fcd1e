// Baseline JPEG (ITU-T T.81) in the integers of libjpeg-turbo's "islow": the same colour constants, chroma rounding,
// DCT, descaling and quotients, so that the coefficients, and with them the file, are Pillow's to the bit.
//
//   rows ─ jpegRgb, jpegSplit ─▶ planes ─ jpegHalve ─▶ planes ─ jpegBlocks ─▶ records of coefficients
//   records ─ jpegTokens ─▶ tokens ─ jpegBits ─▶ words ─ jpegStuff ─▶ bytes, or, with the standard tables, records ─ jpegCodes ─▶ words
//
// Planes hold one tile of an MCU row as level-shifted i8. A token (u16) is an index into one table of codes: whatever is
// written next (a DC difference, a run with its coefficient, the end of a block) is one entry of it, so that the
// loop that writes bits knows nothing of blocks. The same tokens, counted, give the optimised Huffman tables.

/** Bytes from one row of a plane to the next: a tile's widest row. Three planes of 16 rows stay in L1. */
// @ts-ignore: decorator
@inline const PITCH: usize = 512;
/** Bytes from one plane to the next. */
// @ts-ignore: decorator
@inline const PLANE: usize = 16 * PITCH;

// First token of each kind; table 1 (chroma) follows table 0 (luma). src/encode/jpeg.ts has the same numbers.
/** 4096 a table: a DC difference + 2048. */
// @ts-ignore: decorator
@inline const DC: i32 = 0;
/** 2048 a table: run << 7 | coefficient + 64, the coefficient within ±63; at 0: end of block (run 0), 16 zeros (run 15). */
// @ts-ignore: decorator
@inline const AC: i32 = 8192;
/** 256 a table: run << 4 | size of a larger coefficient, whose bits follow as a token of their own: */
// @ts-ignore: decorator
@inline const LARGE: i32 = 12288;
/** 2048: a coefficient + 1024, as bits without a code. */
// @ts-ignore: decorator
@inline const BITS: i32 = 12800;

// --- rows → planes -------------------------------------------------------------------------------------------------

// Products need 16-bit factors, and libjpeg's Q16 constant for G in Y (38470) has 17 bits: it is split over the pairs
// (R, G) and (B, G), as in libjpeg-turbo's SIMD. Cb and Cr are computed negated, so that 0.5 is the factor -32768.
// @ts-ignore: decorator
@inline
function luma4(rg: v128, bg: v128): v128 {
  const sum = i32x4.add(
    i32x4.dot_i16x8_s(rg, i16x8(19595, 22086, 19595, 22086, 19595, 22086, 19595, 22086)),
    i32x4.dot_i16x8_s(bg, i16x8(7471, 16384, 7471, 16384, 7471, 16384, 7471, 16384)),
  );
  return i32x4.shr_s(i32x4.add(sum, i32x4.splat(32768 - (128 << 16))), 16);
}

// Rounding by 32767, libjpeg's, keeps chroma at 127 at most; 128 would overflow 16 bits in the DCT's second pass.
// @ts-ignore: decorator
@inline
function blue4(rg: v128, bg: v128): v128 {
  const difference = i32x4.sub(
    i32x4.splat(32767),
    i32x4.dot_i16x8_s(rg, i16x8(11059, 21709, 11059, 21709, 11059, 21709, 11059, 21709)),
  );
  return i32x4.shr_s(
    i32x4.sub(difference, i32x4.dot_i16x8_s(bg, i16x8(-32768, 0, -32768, 0, -32768, 0, -32768, 0))),
    16,
  );
}

// @ts-ignore: decorator
@inline
function red4(rg: v128, bg: v128): v128 {
  const difference = i32x4.sub(
    i32x4.splat(32767),
    i32x4.dot_i16x8_s(rg, i16x8(-32768, 27439, -32768, 27439, -32768, 27439, -32768, 27439)),
  );
  return i32x4.shr_s(
    i32x4.sub(difference, i32x4.dot_i16x8_s(bg, i16x8(5329, 0, 5329, 0, 5329, 0, 5329, 0))),
    16,
  );
}

// @ts-ignore: decorator
@inline
function bytes(a: v128, b: v128, c: v128, d: v128): v128 {
  return i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
}

// @ts-ignore: decorator
@inline
function redGreen(pixels: v128, step: usize): v128 {
  return step == 3
    ? i8x16.swizzle(pixels, i8x16(0, -1, 1, -1, 3, -1, 4, -1, 6, -1, 7, -1, 9, -1, 10, -1))
    : i8x16.swizzle(pixels, i8x16(0, -1, 1, -1, 4, -1, 5, -1, 8, -1, 9, -1, 12, -1, 13, -1));
}

// @ts-ignore: decorator
@inline
function blueGreen(pixels: v128, step: usize): v128 {
  return step == 3
    ? i8x16.swizzle(pixels, i8x16(2, -1, 1, -1, 5, -1, 4, -1, 8, -1, 7, -1, 11, -1, 10, -1))
    : i8x16.swizzle(pixels, i8x16(2, -1, 1, -1, 6, -1, 5, -1, 10, -1, 9, -1, 14, -1, 13, -1));
}

// @ts-ignore: decorator
@inline
function convertRow(src: usize, step: usize, columns: usize, y: usize): void {
  for (let end = y + columns; y < end; y += 16, src += 16 * step) {
    const p0 = v128.load(src);
    const p1 = v128.load(src + 4 * step);
    const p2 = v128.load(src + 8 * step);
    const p3 = v128.load(src + 12 * step);
    const rg0 = redGreen(p0, step);
    const bg0 = blueGreen(p0, step);
    const rg1 = redGreen(p1, step);
    const bg1 = blueGreen(p1, step);
    const rg2 = redGreen(p2, step);
    const bg2 = blueGreen(p2, step);
    const rg3 = redGreen(p3, step);
    const bg3 = blueGreen(p3, step);
    v128.store(y, bytes(luma4(rg0, bg0), luma4(rg1, bg1), luma4(rg2, bg2), luma4(rg3, bg3)));
    v128.store(y + PLANE, bytes(blue4(rg0, bg0), blue4(rg1, bg1), blue4(rg2, bg2), blue4(rg3, bg3)));
    v128.store(y + 2 * PLANE, bytes(red4(rg0, bg0), red4(rg1, bg1), red4(rg2, bg2), red4(rg3, bg3)));
  }
}

/** Repeats the last of `columns` to a multiple of 16 and the last of `rows` to a multiple of 8, as libjpeg does. */
function replicate(plane: usize, columns: usize, rows: usize): void {
  const width = (columns + 15) & ~15;
  if (width != columns) {
    for (let y: usize = 0; y < rows; y++) {
      const row = plane + y * PITCH;
      memory.fill(row + columns, load<u8>(row + columns - 1), width - columns);
    }
  }
  for (let y = rows; y < ((rows + 7) & ~7); y++) memory.copy(plane + y * PITCH, plane + (rows - 1) * PITCH, width);
}

/** RGB (`step` 3) or RGBX (4) to the planes Y, Cb, Cr. */
export function jpegRgb(src: usize, stride: usize, step: usize, columns: usize, rows: usize, planes: usize): void {
  assert((step == 3 || step == 4) && columns - 1 < PITCH && rows - 1 < 16);
  for (let y: usize = 0; y < rows; y++) {
    if (step == 3) convertRow(src + y * stride, 3, columns, planes + y * PITCH);
    else convertRow(src + y * stride, 4, columns, planes + y * PITCH);
  }
  replicate(planes, columns, rows);
  replicate(planes + PLANE, columns, rows);
  replicate(planes + 2 * PLANE, columns, rows);
}

/** Interleaved `channels` (1, 3 or 4) to a plane each, XORed with `flip`: 0x80 shifts the level, 0x7f also inverts. */
export function jpegSplit(
  src: usize,
  stride: usize,
  channels: usize,
  columns: usize,
  rows: usize,
  flip: i32,
  planes: usize,
): void {
  assert((channels == 1 || channels == 3 || channels == 4) && columns - 1 < PITCH && rows - 1 < 16);
  const mask = i8x16.splat(<i8>flip);
  for (let y: usize = 0; y < rows; y++) {
    let p = src + y * stride;
    let d = planes + y * PITCH;
    const end = d + columns;
    if (channels == 1) {
      for (; d < end; d += 16, p += 16) v128.store(d, v128.xor(v128.load(p), mask));
    } else if (channels == 3) {
      for (; d < end; d += 4, p += 12) {
        const x = v128.xor(
          i8x16.swizzle(v128.load(p), i8x16(0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11, -1, -1, -1, -1)),
          mask,
        );
        v128.store32_lane(d, x, 0);
        v128.store32_lane(d + PLANE, x, 1);
        v128.store32_lane(d + 2 * PLANE, x, 2);
      }
    } else {
      for (; d < end; d += 4, p += 16) {
        const x = v128.xor(
          i8x16.swizzle(v128.load(p), i8x16(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15)),
          mask,
        );
        v128.store32_lane(d, x, 0);
        v128.store32_lane(d + PLANE, x, 1);
        v128.store32_lane(d + 2 * PLANE, x, 2);
        v128.store32_lane(d + 3 * PLANE, x, 3);
      }
    }
  }
  for (let c: usize = 0; c < channels; c++) replicate(planes + c * PLANE, columns, rows);
}

/** A plane to half its width and height, in place. The bias is 1 and 2 in turn (libjpeg's h2v2_downsample). */
export function jpegHalve(plane: usize, columns: usize, rows: usize): void {
  assert(columns - 1 < PITCH && rows - 1 < 16);
  const width = (columns + 15) & ~15;
  if (rows & 1) memory.copy(plane + rows * PITCH, plane + (rows - 1) * PITCH, width);
  const half = (rows + 1) >> 1;
  for (let y: usize = 0; y < half; y++) {
    let s = plane + 2 * y * PITCH;
    let d = plane + y * PITCH;
    for (const end = s + width; s < end; s += 16, d += 8) {
      const sum = i16x8.add(
        i16x8.extadd_pairwise_i8x16_s(v128.load(s)),
        i16x8.extadd_pairwise_i8x16_s(v128.load(s, PITCH)),
      );
      const mean = i16x8.shr_s(i16x8.add(sum, i16x8(1, 2, 1, 2, 1, 2, 1, 2)), 2);
      v128.store64_lane(d, i8x16.narrow_i16x8_s(mean, mean), 0);
    }
  }
  // Not from the input's last row but from the last mean: so libjpeg.
  for (let y = half; y < 8; y++) memory.copy(plane + y * PITCH, plane + (half - 1) * PITCH, width >> 1);
}

// --- planes → coefficients -----------------------------------------------------------------------------------------

// A block as jpegBlocks leaves it, RECORD bytes: at 0 which of the AC coefficients, in zigzag order, are not zero (u64); at 8 the
// DC's token (u32); at 12 the first AC token of its table (u32); then the coefficients (i16), rows one after another, the
// columns in the order 0 4 1 5 2 6 3 7:
// @ts-ignore: decorator
@inline const RECORD: usize = 144;
// @ts-ignore: decorator
@inline const COEFFICIENTS: usize = 16;

/** Byte offset in COEFFICIENTS of each coefficient in zigzag order. */
const zigzag: usize = memory.data<u8>([
  0, 4, 16, 32, 20, 8, 12, 24, 36, 48, 64, 52, 40, 28, 2, 6, 18, 44, 56, 68, 80, 96, 84, 72, 60, 34, 22, 10, 14, 26, 38,
  50, 76, 88, 100, 112, 116, 104, 92, 66, 54, 42, 30, 46, 58, 70, 82, 108, 120, 124, 98, 86, 74, 62, 78, 90, 102, 114,
  118, 106, 94, 110, 122, 126,
]);

/**
 * 8 x 256 x u64 at `masks`: which positions in zigzag order the bits of one byte of a block's mask of non-zeros are.
 * OR of one entry a byte turns the mask into zigzag order.
 */
export function jpegMasks(masks: usize): void {
  for (let k = 0; k < 64; k++) {
    const position = <usize>load<u8>(zigzag + k) >> 1;
    store<u64>(masks + ((position >> 3) << 11) + (8 << (position & 7)), (<u64>1) << k);
  }
  for (let row = masks; row < masks + 16384; row += 2048) {
    store<u64>(row, 0);
    for (let i: usize = 3; i < 256; i++) {
      const rest = i & (i - 1);
      store<u64>(row + (i << 3), load<u64>(row + (rest << 3)) | load<u64>(row + ((i ^ rest) << 3)));
    }
  }
}

// @ts-ignore: decorator
@inline
function low16(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}
// @ts-ignore: decorator
@inline
function high16(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}
// @ts-ignore: decorator
@inline
function low32(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 4, 1, 5);
}
// @ts-ignore: decorator
@inline
function high32(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 2, 6, 3, 7);
}
// @ts-ignore: decorator
@inline
function low64(a: v128, b: v128): v128 {
  return v128.shuffle<i64>(a, b, 0, 2);
}
// @ts-ignore: decorator
@inline
function high64(a: v128, b: v128): v128 {
  return v128.shuffle<i64>(a, b, 1, 3);
}

// @ts-ignore: decorator
@inline
function dot(pairs: v128, a: i16, b: i16): v128 {
  return i32x4.dot_i16x8_s(pairs, i16x8(a, b, a, b, a, b, a, b));
}
// @ts-ignore: decorator
@inline
function dot2(p: v128, a: i16, b: i16, q: v128, c: i16, d: i16): v128 {
  return i32x4.add(dot(p, a, b), dot(q, c, d));
}

// @ts-ignore: decorator
@inline
function descale11(low: v128, high: v128): v128 {
  const half = i32x4.splat(1024);
  return i16x8.narrow_i32x4_s(i32x4.shr_s(i32x4.add(low, half), 11), i32x4.shr_s(i32x4.add(high, half), 11));
}
// @ts-ignore: decorator
@inline
function descale15(x: v128): v128 {
  return i32x4.shr_s(i32x4.add(x, i32x4.splat(16384)), 15);
}

/**
 * One row of coefficients by the reciprocals at `quant`. Adding 1.5 * 2^23 rounds to a whole number that stands in the low 16
 * bits; the reciprocals are larger than 1 / (8 Q) by 2^-18, which sends halves away from zero, as libjpeg's division does,
 * and changes nothing else (differences between quotients are at least 2^-14 of them).
 */
// @ts-ignore: decorator
@inline
function quantise(record: usize, row: usize, low: v128, high: v128, quant: usize): v128 {
  const magic = f32x4.splat(12582912.0);
  const a = f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(low), v128.load(quant + 32 * row)), magic);
  const b = f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(high), v128.load(quant + 32 * row, 16)), magic);
  const both = v128.shuffle<i16>(a, i32x4.shl(b, 16), 0, 9, 2, 11, 4, 13, 6, 15);
  v128.store(record + COEFFICIENTS + 16 * row, both);
  return both;
}

// @ts-ignore: decorator
@inline
function zeros(a: v128, b: v128): u64 {
  return <u64>i8x16.bitmask(i8x16.eq(i8x16.narrow_i16x8_s(a, b), i8x16.splat(0)));
}

/**
 * DCT and quotients of the 8 x 8 samples at src, into the record, and the mask of what is not zero. Rows come first, as in libjpeg
 * (the first pass rounds). The odd part's three rotations are multiplied out: two products a coefficient.
 */
function transform(src: usize, quant: usize, record: usize): u64 {
  let t0 = v128.load8x8_s(src);
  let t1 = v128.load8x8_s(src, PITCH);
  let t2 = v128.load8x8_s(src, 2 * PITCH);
  let t3 = v128.load8x8_s(src, 3 * PITCH);
  let t4 = v128.load8x8_s(src, 4 * PITCH);
  let t5 = v128.load8x8_s(src, 5 * PITCH);
  let t6 = v128.load8x8_s(src, 6 * PITCH);
  let t7 = v128.load8x8_s(src, 7 * PITCH);
  let d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128, d6: v128, d7: v128;

  let mask: u64 = 0;
  for (let pass = 0; pass < 2; pass++) {
    const a0 = low16(t0, t1);
    const a1 = high16(t0, t1);
    const a2 = low16(t2, t3);
    const a3 = high16(t2, t3);
    const a4 = low16(t4, t5);
    const a5 = high16(t4, t5);
    const a6 = low16(t6, t7);
    const a7 = high16(t6, t7);
    const b0 = low32(a0, a2);
    const b1 = high32(a0, a2);
    const b2 = low32(a1, a3);
    const b3 = high32(a1, a3);
    const b4 = low32(a4, a6);
    const b5 = high32(a4, a6);
    const b6 = low32(a5, a7);
    const b7 = high32(a5, a7);
    d0 = low64(b0, b4);
    d1 = high64(b0, b4);
    d2 = low64(b1, b5);
    d3 = high64(b1, b5);
    d4 = low64(b2, b6);
    d5 = high64(b2, b6);
    d6 = low64(b3, b7);
    d7 = high64(b3, b7);

    const s0 = i16x8.add(d0, d7);
    const s1 = i16x8.add(d1, d6);
    const s2 = i16x8.add(d2, d5);
    const s3 = i16x8.add(d3, d4);
    const m4 = i16x8.sub(d3, d4);
    const m5 = i16x8.sub(d2, d5);
    const m6 = i16x8.sub(d1, d6);
    const m7 = i16x8.sub(d0, d7);
    const e0 = i16x8.add(s0, s3);
    const e1 = i16x8.add(s1, s2);
    const e2 = i16x8.sub(s1, s2);
    const e3 = i16x8.sub(s0, s3);
    const el = low16(e3, e2);
    const eh = high16(e3, e2);
    const pl = low16(m4, m7);
    const ph = high16(m4, m7);
    const ql = low16(m5, m6);
    const qh = high16(m5, m6);

    if (pass == 0) {
      t0 = i16x8.shl(i16x8.add(e0, e1), 2);
      t4 = i16x8.shl(i16x8.sub(e0, e1), 2);
      t2 = descale11(dot(el, 10703, 4433), dot(eh, 10703, 4433));
      t6 = descale11(dot(el, 4433, -10704), dot(eh, 4433, -10704));
      t1 = descale11(dot2(pl, 2260, 11363, ql, 6437, 9633), dot2(ph, 2260, 11363, qh, 6437, 9633));
      t3 = descale11(dot2(pl, -6436, 9633, ql, -11362, -2259), dot2(ph, -6436, 9633, qh, -11362, -2259));
      t5 = descale11(dot2(pl, 9633, 6437, ql, 2261, -11362), dot2(ph, 9633, 6437, qh, 2261, -11362));
      t7 = descale11(dot2(pl, -11363, 2260, ql, 9633, -6436), dot2(ph, -11363, 2260, qh, 9633, -6436));
    } else {
      const two = i16x8.splat(2);
      t0 = i16x8.shr_s(i16x8.add(i16x8.add(e0, e1), two), 2);
      t4 = i16x8.shr_s(i16x8.add(i16x8.sub(e0, e1), two), 2);
      const q0 = quantise(record, 0, i32x4.extend_low_i16x8_s(t0), i32x4.extend_high_i16x8_s(t0), quant);
      const q1 = quantise(
        record,
        1,
        descale15(dot2(pl, 2260, 11363, ql, 6437, 9633)),
        descale15(dot2(ph, 2260, 11363, qh, 6437, 9633)),
        quant,
      );
      mask = zeros(q0, q1);
      const q2 = quantise(record, 2, descale15(dot(el, 10703, 4433)), descale15(dot(eh, 10703, 4433)), quant);
      const q3 = quantise(
        record,
        3,
        descale15(dot2(pl, -6436, 9633, ql, -11362, -2259)),
        descale15(dot2(ph, -6436, 9633, qh, -11362, -2259)),
        quant,
      );
      mask |= zeros(q2, q3) << 16;
      const q4 = quantise(record, 4, i32x4.extend_low_i16x8_s(t4), i32x4.extend_high_i16x8_s(t4), quant);
      const q5 = quantise(
        record,
        5,
        descale15(dot2(pl, 9633, 6437, ql, 2261, -11362)),
        descale15(dot2(ph, 9633, 6437, qh, 2261, -11362)),
        quant,
      );
      mask |= zeros(q4, q5) << 32;
      const q6 = quantise(record, 6, descale15(dot(el, 4433, -10704)), descale15(dot(eh, 4433, -10704)), quant);
      const q7 = quantise(
        record,
        7,
        descale15(dot2(pl, -11363, 2260, ql, 9633, -6436)),
        descale15(dot2(ph, -11363, 2260, qh, 9633, -6436)),
        quant,
      );
      mask |= zeros(q6, q7) << 48;
    }
  }
  return ~mask;
}

/** The mask of a block in zigzag order. */
// @ts-ignore: decorator
@inline
function ordered(bits: u64, masks: usize): u64 {
  return (
    load<u64>(masks + (<usize>(bits & 255) << 3)) |
    load<u64>(masks + (<usize>((bits >> 8) & 255) << 3), 2048) |
    load<u64>(masks + (<usize>((bits >> 16) & 255) << 3), 4096) |
    load<u64>(masks + (<usize>((bits >> 24) & 255) << 3), 6144) |
    load<u64>(masks + (<usize>((bits >> 32) & 255) << 3), 8192) |
    load<u64>(masks + (<usize>((bits >> 40) & 255) << 3), 10240) |
    load<u64>(masks + (<usize>((bits >> 48) & 255) << 3), 12288) |
    load<u64>(masks + (<usize>(bits >> 56) << 3), 14336)
  );
}

/**
 * Records of the blocks of `mcus` MCUs of a tile, written from `out`; the end of them. `plan` lists the `blocks` blocks of an MCU,
 * 6 x u32 each: the first one's samples, bytes to the same block of the next MCU, where its DC predictor is (i32), its
 * reciprocals, its table (0 or 1), and in which cases it lies wholly outside of the picture: bit 0 in the last MCU of a row,
 * bit 1 in the last row. `edge` and `lastEdge` say which of these hold for the first MCUs and for the last. A block outside
 * repeats the DC before it.
 */
export function jpegBlocks(
  plan: usize,
  blocks: i32,
  mcus: i32,
  edge: u32,
  lastEdge: u32,
  masks: usize,
  out: usize,
): usize {
  const planEnd = plan + <usize>blocks * 24;
  for (let m = 0; m < mcus; m++) {
    if (m == mcus - 1) edge = lastEdge;
    for (let entry = plan; entry < planEnd; entry += 24, out += RECORD) {
      const table = load<i32>(entry, 16);
      let mask: u64 = 0;
      let difference = 0;
      if (!(load<u32>(entry, 20) & edge)) {
        const bits = transform(load<usize>(entry) + <usize>m * load<usize>(entry, 4), load<usize>(entry, 12), out);
        mask = ordered(bits, masks) & ~1;
        const predictor = load<usize>(entry, 8);
        const dc = <i32>load<i16>(out, COEFFICIENTS);
        assert(abs(dc) <= 1024);
        difference = dc - load<i32>(predictor);
        store<i32>(predictor, dc);
      }
      store<u64>(out, mask);
      store<u32>(out, DC + (table << 12) + 2048 + difference, 8);
      store<u32>(out, AC + (table << 11), 12);
    }
  }
  return out;
}

// --- coefficients → tokens -----------------------------------------------------------------------------------------

// @ts-ignore: decorator
@inline
function large(ac: i32, run: i32, c: i32): i32 {
  return LARGE + ((ac - AC) >> 3) + (run << 4) + (32 - clz(abs(c)));
}

/** The records' tokens, written from `out`; the end of them. */
export function jpegTokens(records: usize, end: usize, out: usize): usize {
  for (; records < end; records += RECORD) {
    let rest = load<u64>(records);
    let token = load<i32>(records, 8);
    const ac = load<i32>(records, 12);
    let last = 0;
    for (;;) {
      store<u16>(out, token);
      out += 2;
      if (!rest) break;
      const k = <i32>ctz(rest);
      const run = k - last - 1;
      if (run > 15) {
        last += 16;
        token = ac + (15 << 7);
        continue;
      }
      last = k;
      rest &= rest - 1;
      const c = <i32>load<i16>(records + <usize>load<u8>(zigzag + k), COEFFICIENTS);
      assert(c != 0 && abs(c) < 1024);
      token = ac + (run << 7) + c + 64;
      if (<u32>(c + 63) >= 127) {
        store<u16>(out, large(ac, run, c));
        out += 2;
        token = BITS + 1024 + c;
      }
    }
    store<u16>(out, ac);
    out += last == 63 ? 0 : 2;
  }
  return out;
}

/** How often each token occurs, added to counts (u32 each). */
export function jpegCount(tokens: usize, end: usize, counts: usize): void {
  for (; tokens < end; tokens += 2) {
    const count = counts + (<usize>load<u16>(tokens) << 2);
    store<u32>(count, load<u32>(count) + 1);
  }
}

// --- tokens → bytes ------------------------------------------------------------------------------------------------

/**
 * The tokens' codes (u32: bits << 5 | length) as whole 32-bit words from `out`; the end of them. What is left over, fewer than
 * 32 bits, waits at `state`: u64 bits (stale ones above), i32 number. The word before `out` is written, too: without a branch,
 * which would be mispredicted every other word, the last whole word is stored again and again.
 */
export function jpegBits(tokens: usize, end: usize, codes: usize, state: usize, out: usize): usize {
  let bits = load<u64>(state);
  let at = load<u32>(state, 8);
  for (; tokens < end; tokens += 2) {
    const code = load<u32>(codes + (<usize>load<u16>(tokens) << 2));
    assert((code & 31) > 0); // a token that the tables leave out would be lost in silence
    bits = (bits << (code & 31)) | (code >> 5);
    at += code & 31;
    store<u32>(out + ((at >> 5) << 2) - 4, <u32>(bits >> (at & 31)));
  }
  store<u64>(state, bits);
  store<u32>(state, at & 31, 8);
  return out + ((at >> 5) << 2);
}

/** jpegTokens and jpegBits in one, for tables that are known beforehand. */
export function jpegCodes(records: usize, end: usize, codes: usize, state: usize, out: usize): usize {
  let bits = load<u64>(state);
  let at = load<u32>(state, 8);
  for (; records < end; records += RECORD) {
    let rest = load<u64>(records);
    const ac = load<i32>(records, 12);
    let code = load<u32>(codes + (<usize>load<u32>(records, 8) << 2));
    let last = 0;
    for (;;) {
      assert((code & 31) > 0);
      bits = (bits << (code & 31)) | (code >> 5);
      at += code & 31;
      store<u32>(out + ((at >> 5) << 2) - 4, <u32>(bits >> (at & 31)));
      if (!rest) break;
      const k = <i32>ctz(rest);
      const run = k - last - 1;
      if (run > 15) {
        last += 16;
        code = load<u32>(codes + ((ac + (15 << 7)) << 2));
        continue;
      }
      last = k;
      rest &= rest - 1;
      const c = <i32>load<i16>(records + <usize>load<u8>(zigzag + k), COEFFICIENTS);
      assert(c != 0 && abs(c) < 1024);
      if (<u32>(c + 63) < 127) {
        code = load<u32>(codes + ((ac + (run << 7) + c + 64) << 2));
      } else {
        const value = load<u32>(codes + ((BITS + 1024 + c) << 2));
        code = load<u32>(codes + (large(ac, run, c) << 2));
        code = (((code >> 5) << (value & 31)) | (value >> 5)) << 5 | ((code & 31) + (value & 31));
      }
    }
    if (last != 63) {
      const code = load<u32>(codes + (ac << 2));
      bits = (bits << (code & 31)) | (code >> 5);
      at += code & 31;
      store<u32>(out + ((at >> 5) << 2) - 4, <u32>(bits >> (at & 31)));
    }
  }
  store<u64>(state, bits);
  store<u32>(state, at & 31, 8);
  return out + ((at >> 5) << 2);
}

// @ts-ignore: decorator
@inline
function stuffed(byte: u32, out: usize): usize {
  store<u8>(out, byte);
  if (byte != 255) return out + 1;
  store<u8>(out, 0, 1);
  return out + 2;
}

/** Words to bytes, the most significant first, a 0 after every 255; the end of them. */
export function jpegStuff(words: usize, end: usize, out: usize): usize {
  const ones = i8x16.splat(-1);
  for (; words + 16 <= end; words += 16) {
    const x = i8x16.swizzle(v128.load(words), i8x16(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
    v128.store(out, x);
    if (v128.any_true(i8x16.eq(x, ones))) {
      for (let i: usize = 0; i < 16; i++) out = stuffed(load<u8>(words + (i ^ 3)), out);
    } else {
      out += 16;
    }
  }
  for (; words < end; words += 4) {
    for (let i: usize = 0; i < 4; i++) out = stuffed(load<u8>(words + (i ^ 3)), out);
  }
  return out;
}

/** The bits left over at `state`, filled with ones, as bytes; the end of them. */
export function jpegFlush(state: usize, out: usize): usize {
  const n = load<i32>(state, 8);
  const bits = (load<u64>(state) << 7) | 127;
  for (let left = n + 7; left >= 8; left -= 8) out = stuffed(<u32>(bits >> (left - 8)) & 255, out);
  return out;
}
