// Lanes of vectors: the shuffles that all kernels share, pictured as [lane 0, lane 1 …] of a and b, and pixels from
// planes.
//
// V8 makes one instruction of a shuffle that interleaves two vectors, and three to five of any other with two inputs:
// the shuffles below are of the first kind, and the kernels use swizzles of one input otherwise.

/** [a0 … a15], [b0 … b15] → [a0, b0, a1, b1 … a7, b7] */
// @ts-ignore: decorator
@inline
export function low8(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

/** [a0 … a15], [b0 … b15] → [a8, b8, a9, b9 … a15, b15] */
// @ts-ignore: decorator
@inline
export function high8(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

/** [a0 … a7], [b0 … b7] → [a0, b0, a1, b1, a2, b2, a3, b3] */
// @ts-ignore: decorator
@inline
export function low16(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

/** [a0 … a7], [b0 … b7] → [a4, b4, a5, b5, a6, b6, a7, b7] */
// @ts-ignore: decorator
@inline
export function high16(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

/** [a0 … a3], [b0 … b3] → [a0, b0, a1, b1] */
// @ts-ignore: decorator
@inline
export function low32(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 4, 1, 5);
}

/** [a0 … a3], [b0 … b3] → [a2, b2, a3, b3] */
// @ts-ignore: decorator
@inline
export function high32(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 2, 6, 3, 7);
}

/** [a0, a1], [b0, b1] → [a0, b0] */
// @ts-ignore: decorator
@inline
export function low64(a: v128, b: v128): v128 {
  return v128.shuffle<i64>(a, b, 0, 2);
}

/** [a0, a1], [b0, b1] → [a1, b1] */
// @ts-ignore: decorator
@inline
export function high64(a: v128, b: v128): v128 {
  return v128.shuffle<i64>(a, b, 1, 3);
}

/**
 * Sixteen pixels of three channels: 48 bytes at dst, and 4 bytes of junk after them. They are written as vectors that
 * overlap, each covering the junk of the one before.
 */
// @ts-ignore: decorator
@inline
export function interleave3(r: v128, g: v128, b: v128, dst: usize): void {
  const rgLow = low8(r, g);
  const rgHigh = high8(r, g);
  const bLow = low8(b, b);
  const bHigh = high8(b, b);
  // Four times four pixels R G B B, of which every fourth byte is dropped.
  const order = i8x16(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
  v128.store(dst, i8x16.swizzle(low16(rgLow, bLow), order));
  v128.store(dst, i8x16.swizzle(high16(rgLow, bLow), order), 12);
  v128.store(dst, i8x16.swizzle(low16(rgHigh, bHigh), order), 24);
  v128.store(dst, i8x16.swizzle(high16(rgHigh, bHigh), order), 36);
}

/** Sixteen pixels of four channels: 64 bytes at dst. */
// @ts-ignore: decorator
@inline
export function interleave4(r: v128, g: v128, b: v128, a: v128, dst: usize): void {
  const rgLow = low8(r, g);
  const rgHigh = high8(r, g);
  const baLow = low8(b, a);
  const baHigh = high8(b, a);
  v128.store(dst, low16(rgLow, baLow));
  v128.store(dst, high16(rgLow, baLow), 16);
  v128.store(dst, low16(rgHigh, baHigh), 32);
  v128.store(dst, high16(rgHigh, baHigh), 48);
}
