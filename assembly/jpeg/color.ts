// Rows → planes of level-shifted i8, a tile of an MCU row at a time: color conversion (JFIF 1.01) in the integers of
// libjpeg-turbo, and subsampling.
import { PITCH, PLANE } from "./record";

// Vector constants lie in memory: V8 from version 13 on (Node 24) makes those of the code anew in every turn of a loop,
// which made the conversion twice as slow. Products need 16-bit factors, and libjpeg's Q16 constant for G in Y, 38470,
// has 17 bits: it is split over the pairs (R, G) and (B, G), as in libjpeg-turbo's SIMD. Cb and Cr are computed
// negated, so that 0.5 is the factor -32768.
// prettier-ignore
const FACTORS: usize = memory.data<i16>([
   19595, 22086,  19595, 22086,  19595, 22086,  19595, 22086, // Y of (R, G):   0.29900, 0.33700
    7471, 16384,   7471, 16384,   7471, 16384,   7471, 16384, // Y of (B, G):   0.11400, 0.25000
   11059, 21709,  11059, 21709,  11059, 21709,  11059, 21709, // -Cb of (R, G): 0.16874, 0.33126
  -32768,     0, -32768,     0, -32768,     0, -32768,     0, // -Cb of (B, G): -0.5
  -32768, 27439, -32768, 27439, -32768, 27439, -32768, 27439, // -Cr of (R, G): -0.5, 0.41869
    5329,     0,   5329,     0,   5329,     0,   5329,     0, // -Cr of (B, G): 0.08131
], 16);

// Bytes of four pixels to i16 pairs (R, G) and (B, G): of RGB, then of RGBX.
// prettier-ignore
const ORDERS: usize = memory.data<i8>([
  0, -1, 1, -1,  3, -1, 4, -1,   6, -1, 7, -1,   9, -1, 10, -1,
  2, -1, 1, -1,  5, -1, 4, -1,   8, -1, 7, -1,  11, -1, 10, -1,
  0, -1, 1, -1,  4, -1, 5, -1,   8, -1, 9, -1,  12, -1, 13, -1,
  2, -1, 1, -1,  6, -1, 5, -1,  10, -1, 9, -1,  14, -1, 13, -1,
], 16);

// @ts-ignore: decorator
@inline
function luma4(rg: v128, bg: v128): v128 {
  const sum = i32x4.add(
    i32x4.dot_i16x8_s(rg, v128.load(FACTORS)),
    i32x4.dot_i16x8_s(bg, v128.load(FACTORS, 16)),
  );
  return i32x4.shr_s(i32x4.add(sum, i32x4.splat(32768 - (128 << 16))), 16);
}

// Rounding by 32767, libjpeg's, keeps chroma at 127 at most; 128 would overflow 16 bits in the DCT's second pass.
// @ts-ignore: decorator
@inline
function blue4(rg: v128, bg: v128): v128 {
  const difference = i32x4.sub(i32x4.splat(32767), i32x4.dot_i16x8_s(rg, v128.load(FACTORS, 32)));
  return i32x4.shr_s(i32x4.sub(difference, i32x4.dot_i16x8_s(bg, v128.load(FACTORS, 48))), 16);
}

// @ts-ignore: decorator
@inline
function red4(rg: v128, bg: v128): v128 {
  const difference = i32x4.sub(i32x4.splat(32767), i32x4.dot_i16x8_s(rg, v128.load(FACTORS, 64)));
  return i32x4.shr_s(i32x4.sub(difference, i32x4.dot_i16x8_s(bg, v128.load(FACTORS, 80))), 16);
}

// @ts-ignore: decorator
@inline
function narrow(a: v128, b: v128, c: v128, d: v128): v128 {
  return i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
}

// @ts-ignore: decorator
@inline
function redGreen(pixels: v128, step: usize): v128 {
  return i8x16.swizzle(pixels, step == 3 ? v128.load(ORDERS) : v128.load(ORDERS, 32));
}

// @ts-ignore: decorator
@inline
function blueGreen(pixels: v128, step: usize): v128 {
  return i8x16.swizzle(pixels, step == 3 ? v128.load(ORDERS, 16) : v128.load(ORDERS, 48));
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
    v128.store(y, narrow(luma4(rg0, bg0), luma4(rg1, bg1), luma4(rg2, bg2), luma4(rg3, bg3)));
    v128.store(y + PLANE, narrow(blue4(rg0, bg0), blue4(rg1, bg1), blue4(rg2, bg2), blue4(rg3, bg3)));
    v128.store(y + 2 * PLANE, narrow(red4(rg0, bg0), red4(rg1, bg1), red4(rg2, bg2), red4(rg3, bg3)));
  }
}

/** Repeats the last of `columns` to a multiple of 16 and the last of `rows` to a multiple of 8, as libjpeg does. */
function padPlane(plane: usize, columns: usize, rows: usize): void {
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
export function jpegConvertRgb(
  src: usize, stride: usize, step: usize, columns: usize, rows: usize, planes: usize,
): void {
  assert((step == 3 || step == 4) && columns - 1 < PITCH && rows - 1 < 16);
  for (let y: usize = 0; y < rows; y++) {
    if (step == 3) convertRow(src + y * stride, 3, columns, planes + y * PITCH);
    else convertRow(src + y * stride, 4, columns, planes + y * PITCH);
  }
  for (let c: usize = 0; c < 3; c++) padPlane(planes + c * PLANE, columns, rows);
}

/** Interleaved `channels` (1, 3 or 4) to a plane each, XORed with `flip`: 0x80 shifts the level, 0x7f also inverts. */
export function jpegSplitChannels(
  src: usize, stride: usize, channels: usize, columns: usize, rows: usize, flip: i32, planes: usize,
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
      const order = i8x16(0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11, -1, -1, -1, -1);
      for (; d < end; d += 4, p += 12) storeFour(d, 3, v128.xor(i8x16.swizzle(v128.load(p), order), mask));
    } else {
      const order = i8x16(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
      for (; d < end; d += 4, p += 16) storeFour(d, 4, v128.xor(i8x16.swizzle(v128.load(p), order), mask));
    }
  }
  for (let c: usize = 0; c < channels; c++) padPlane(planes + c * PLANE, columns, rows);
}

/** Four samples of each channel to its plane. */
// @ts-ignore: decorator
@inline
function storeFour(d: usize, channels: usize, samples: v128): void {
  v128.store32_lane(d, samples, 0);
  v128.store32_lane(d + PLANE, samples, 1);
  v128.store32_lane(d + 2 * PLANE, samples, 2);
  if (channels == 4) v128.store32_lane(d + 3 * PLANE, samples, 3);
}

/** A plane to half its width and height, in place. The bias is 1 and 2 in turn (libjpeg's h2v2_downsample). */
export function jpegHalvePlane(plane: usize, columns: usize, rows: usize): void {
  assert(columns - 1 < PITCH && rows - 1 < 16);
  const width = (columns + 15) & ~15;
  if (rows & 1) memory.copy(plane + rows * PITCH, plane + (rows - 1) * PITCH, width);
  const half = (rows + 1) >> 1;
  const bias = i16x8(1, 2, 1, 2, 1, 2, 1, 2);
  for (let y: usize = 0; y < half; y++) {
    let s = plane + 2 * y * PITCH;
    let d = plane + y * PITCH;
    for (const end = s + width; s < end; s += 16, d += 8) {
      const sum = i16x8.add(
        i16x8.extadd_pairwise_i8x16_s(v128.load(s)),
        i16x8.extadd_pairwise_i8x16_s(v128.load(s, PITCH)),
      );
      const mean = i16x8.shr_s(i16x8.add(sum, bias), 2);
      v128.store64_lane(d, i8x16.narrow_i16x8_s(mean, mean), 0);
    }
  }
  // Below the picture the last averaged row repeats, as libjpeg has it, not the average of the last row.
  for (let y = half; y < 8; y++) memory.copy(plane + y * PITCH, plane + (half - 1) * PITCH, width >> 1);
}
