// Rows → planes of level-shifted i8, a tile of an MCU row at a time: color conversion (JFIF 1.01) in the integers of
// libjpeg-turbo, and subsampling.
import { PITCH, PLANE } from "./record";

// libjpeg's factors have 16 bits of fraction. Those of Y sum to 1, those of Cb and of Cr to 0. So each is one dot
// product of the pair (R - G, B - G), whose factors are small enough for it, and Y has G added. Cb and Cr are computed
// negated, so that 0.5 is the factor -32768. Rounding by 32767, libjpeg's, keeps chroma at 127 at most; 128 would
// overflow 16 bits in the DCT's second pass.
//
// Vector constants lie in memory: V8 from version 13 on (Node 24) makes those of the code anew at every use, which made
// the conversion twice as slow.
// prettier-ignore
const FACTORS: usize = memory.data<i16>([
   19595,   7471,  19595,   7471,  19595,   7471,  19595,   7471, // Y:   0.29900,  0.11400
   11059, -32768,  11059, -32768,  11059, -32768,  11059, -32768, // -Cb: 0.16874, -0.50000
  -32768,   5329, -32768,   5329, -32768,   5329, -32768,   5329, // -Cr: -0.50000, 0.08131
], 16);
// prettier-ignore
const ROUNDINGS: usize = memory.data<i32>([
  -8355840, -8355840, -8355840, -8355840, // Y, its level shifted: 32768 - (128 << 16)
     32767,    32767,    32767,    32767, // Cb, Cr
], 16);
// The bytes R G B G of four pixels: of RGB, then of RGBX.
// prettier-ignore
const ORDERS: usize = memory.data<u8>([
  0, 1, 2, 1,  3, 4, 5, 4,  6, 7,  8, 7,   9, 10, 11, 10,
  0, 1, 2, 1,  4, 5, 6, 5,  8, 9, 10, 9,  12, 13, 14, 13,
], 16);
const LOW_BYTES: usize = memory.data<u16>([255, 255, 255, 255, 255, 255, 255, 255], 16);

// @ts-ignore: decorator
@inline
function luma4(differences: v128, gg: v128): v128 {
  const sum = i32x4.add(i32x4.dot_i16x8_s(differences, v128.load(FACTORS)), i32x4.shl(gg, 16));
  return i32x4.shr_s(i32x4.add(sum, v128.load(ROUNDINGS)), 16);
}

// @ts-ignore: decorator
@inline
function chroma4(differences: v128, factors: usize): v128 {
  const negative = i32x4.dot_i16x8_s(differences, v128.load(factors));
  return i32x4.shr_s(i32x4.sub(v128.load(ROUNDINGS, 16), negative), 16);
}

// @ts-ignore: decorator
@inline
function narrow(a: v128, b: v128, c: v128, d: v128): v128 {
  return i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
}

// @ts-ignore: decorator
@inline
function convertRow(src: usize, step: usize, columns: usize, y: usize): void {
  const BLUE = FACTORS + 16;
  const RED = FACTORS + 32;
  const order = v128.load(step == 3 ? ORDERS : ORDERS + 16);
  for (let end = y + columns; y < end; y += 16, src += 16 * step) {
    const p0 = i8x16.swizzle(v128.load(src), order);
    const p1 = i8x16.swizzle(v128.load(src + 4 * step), order);
    const p2 = i8x16.swizzle(v128.load(src + 8 * step), order);
    const p3 = i8x16.swizzle(v128.load(src + 12 * step), order);
    const g0 = i16x8.shr_u(p0, 8);
    const g1 = i16x8.shr_u(p1, 8);
    const g2 = i16x8.shr_u(p2, 8);
    const g3 = i16x8.shr_u(p3, 8);
    const d0 = i16x8.sub(v128.and(p0, v128.load(LOW_BYTES)), g0);
    const d1 = i16x8.sub(v128.and(p1, v128.load(LOW_BYTES)), g1);
    const d2 = i16x8.sub(v128.and(p2, v128.load(LOW_BYTES)), g2);
    const d3 = i16x8.sub(v128.and(p3, v128.load(LOW_BYTES)), g3);
    v128.store(y, narrow(luma4(d0, g0), luma4(d1, g1), luma4(d2, g2), luma4(d3, g3)));
    v128.store(y + PLANE, narrow(chroma4(d0, BLUE), chroma4(d1, BLUE), chroma4(d2, BLUE), chroma4(d3, BLUE)));
    v128.store(y + 2 * PLANE, narrow(chroma4(d0, RED), chroma4(d1, RED), chroma4(d2, RED), chroma4(d3, RED)));
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
  if (step == 3) {
    for (let y: usize = 0; y < rows; y++) convertRow(src + y * stride, 3, columns, planes + y * PITCH);
  } else {
    for (let y: usize = 0; y < rows; y++) convertRow(src + y * stride, 4, columns, planes + y * PITCH);
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
