// Pixels of one of Pillow's modes → another, as Pillow 12's libImaging/Convert.c computes them, to the bit: bytes
// moved, luma, YCbCr.
//
// `channels` is the bytes of a source pixel, 3 (RGB) or 4 (RGBA, whose alpha these kernels leave out). Every kernel
// works on full vectors: it may read and write up to 64 bytes past its last pixel, which is the slack behind a region.
import { low64 } from "../lanes";

/** In a swizzle's pattern: no byte of the source, 0. It stays out of range when a channel number is added. */
// @ts-ignore: decorator
@inline const NONE: i8 = -128;

/** Moves bytes, whole pixels at a time: source bytes picked by map[0..15] (128 and more: 0), XORed with map[16..31]. */
export function remap(src: usize, n: i32, inBytes: i32, dst: usize, outBytes: i32, map: usize): void {
  const pattern = v128.load(map);
  const flip = v128.load(map, 16);
  const pixels = 16 / max(inBytes, outBytes);
  const inStep = <usize>(pixels * inBytes);
  const outStep = <usize>(pixels * outBytes);
  for (let i = 0; i < n; i += pixels) {
    v128.store(dst, v128.xor(i8x16.swizzle(v128.load(src), pattern), flip));
    src += inStep;
    dst += outStep;
  }
}

/** Swizzle pattern that widens channels c and c + 1 of four pixels to i16 pairs. */
// @ts-ignore: decorator
@inline
function pairPattern(channels: i32, c: i8): v128 {
  return v128.add<i8>(
    channels == 3
      ? i8x16(0, NONE, 1, NONE, 3, NONE, 4, NONE, 6, NONE, 7, NONE, 9, NONE, 10, NONE)
      : i8x16(0, NONE, 1, NONE, 4, NONE, 5, NONE, 8, NONE, 9, NONE, 12, NONE, 13, NONE),
    i8x16.splat(c),
  );
}

/** ITU-R 601 luma of four pixels, scaled to 65536 and rounded: r·19595 + g·38470 + b·7471 + 32768. */
// @ts-ignore: decorator
@inline
function luma24(pixels: v128, rg: v128, gb: v128): v128 {
  // 38470 does not fit i16: half of it comes with r, half with b.
  const sum = i32x4.add(
    i32x4.dot_i16x8_s(i8x16.swizzle(pixels, rg), i32x4.splat((19235 << 16) | 19595)),
    i32x4.dot_i16x8_s(i8x16.swizzle(pixels, gb), i32x4.splat((7471 << 16) | 19235)),
  );
  return i32x4.shr_u(i32x4.add(sum, i32x4.splat(0x8000)), 16);
}

/** The same in thousandths, unrounded: r·299 + g·587 + b·114. */
// @ts-ignore: decorator
@inline
function luma1000(pixels: v128, rg: v128, gb: v128): v128 {
  return i32x4.add(
    i32x4.dot_i16x8_s(i8x16.swizzle(pixels, rg), i32x4.splat((587 << 16) | 299)),
    i32x4.dot_i16x8_s(i8x16.swizzle(pixels, gb), i32x4.splat(114 << 16)),
  );
}

// @ts-ignore: decorator
@inline
function pack(a: v128, b: v128, c: v128, d: v128): v128 {
  return i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
}

/** RGB → L. */
export function luma(src: usize, channels: i32, n: i32, dst: usize): void {
  const rg = pairPattern(channels, 0);
  const gb = pairPattern(channels, 1);
  const step = <usize>(4 * channels);
  for (let i = 0; i < n; i += 16) {
    const a = luma24(v128.load(src), rg, gb);
    const b = luma24(v128.load(src + step), rg, gb);
    const c = luma24(v128.load(src + 2 * step), rg, gb);
    const d = luma24(v128.load(src + 3 * step), rg, gb);
    v128.store(dst, pack(a, b, c, d));
    src += 4 * step;
    dst += 16;
  }
}

/** RGBA → LA. */
export function lumaAlpha(src: usize, n: i32, dst: usize): void {
  const rg = pairPattern(4, 0);
  const gb = pairPattern(4, 1);
  for (let i = 0; i < n; i += 8) {
    const p = v128.load(src);
    const q = v128.load(src, 16);
    // i32 lanes: l | a << 8, whose low halves are the pixels.
    const la = v128.or(luma24(p, rg, gb), i32x4.shl(i32x4.shr_u(p, 24), 8));
    const lb = v128.or(luma24(q, rg, gb), i32x4.shl(i32x4.shr_u(q, 24), 8));
    v128.store(dst, i8x16.shuffle(la, lb, 0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29));
    src += 32;
    dst += 16;
  }
}

/** RGB → the gray that Pillow dithers to mode 1: (r·299 + g·587 + b·114) / 1000, truncated. */
export function lumaTruncated(src: usize, channels: i32, n: i32, dst: usize): void {
  const rg = pairPattern(channels, 0);
  const gb = pairPattern(channels, 1);
  const step = <usize>(4 * channels);
  for (let i = 0; i < n; i += 16) {
    const a = thousandths(luma1000(v128.load(src), rg, gb));
    const b = thousandths(luma1000(v128.load(src + step), rg, gb));
    const c = thousandths(luma1000(v128.load(src + 2 * step), rg, gb));
    const d = thousandths(luma1000(v128.load(src + 3 * step), rg, gb));
    v128.store(dst, pack(a, b, c, d));
    src += 4 * step;
    dst += 16;
  }
}

/** x / 1000 truncated, 0 ≤ x ≤ 255000: adding a half keeps clear of both neighbors, however the product rounds. */
// @ts-ignore: decorator
@inline
function thousandths(x: v128): v128 {
  const half = f32x4.add(f32x4.convert_i32x4_s(x), f32x4.splat(0.5));
  return i32x4.trunc_sat_f32x4_s(f32x4.mul(half, f32x4.splat(0.001)));
}

/** Four pixels of three bytes each from i32 lanes a | b << 8 | c << 16, their high bytes ignored. Writes 16 bytes. */
// @ts-ignore: decorator
@inline
function storeTriples(dst: usize, lanes: v128): void {
  v128.store(dst, i8x16.swizzle(lanes, i8x16(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, NONE, NONE, NONE, NONE)));
}

/**
 * RGB → YCbCr, from `table`: for each of r, g, b (2048 bytes on) and each value four i16, its share of Y, Cb, Cr in
 * 64ths and 0. Nine products and three roundings a pixel would cost more than three look-ups.
 */
export function yCbCr(src: usize, channels: i32, n: i32, dst: usize, table: usize): void {
  const pixel = <usize>channels;
  const step = <usize>(4 * channels);
  for (let i = 0; i < n; i += 4) {
    const p01 = low64(yCbCrShare(src, table), yCbCrShare(src + pixel, table));
    const p23 = low64(yCbCrShare(src + 2 * pixel, table), yCbCrShare(src + 3 * pixel, table));
    storeTriples(dst, i8x16.narrow_i16x8_u(i16x8.shr_u(p01, 6), i16x8.shr_u(p23, 6)));
    src += step;
    dst += 12;
  }
}

// @ts-ignore: decorator
@inline
function yCbCrShare(src: usize, table: usize): v128 {
  const r = v128.load64_zero(table + (<usize>load<u8>(src) << 3));
  const g = v128.load64_zero(table + (<usize>load<u8>(src, 1) << 3), 2048);
  const b = v128.load64_zero(table + (<usize>load<u8>(src, 2) << 3), 4096);
  return i16x8.add(i16x8.add(r, g), b);
}
