// Scores of classes → the class of the highest: of equal ones the first, NaN never, 0 where all are NaN. At most 256
// classes. Full vectors: up to 64 bytes past the last pixel are read and written.

/** n pixels from planes of float32, class c at src + c·plane bytes. */
export function argmaxPlanesF32(src: usize, plane: usize, n: i32, classes: i32, dst: usize): void {
  const lowest = f32x4.splat(-Infinity);
  const zero = i32x4.splat(0);
  for (let i = 0; i < n; i += 16) {
    let best0 = lowest;
    let best1 = lowest;
    let best2 = lowest;
    let best3 = lowest;
    let index0 = zero;
    let index1 = zero;
    let index2 = zero;
    let index3 = zero;
    let at = src;
    for (let c = 0; c < classes; c++) {
      const id = i32x4.splat(c);
      const x0 = v128.load(at);
      const x1 = v128.load(at, 16);
      const x2 = v128.load(at, 32);
      const x3 = v128.load(at, 48);
      index0 = v128.bitselect(id, index0, f32x4.gt(x0, best0));
      index1 = v128.bitselect(id, index1, f32x4.gt(x1, best1));
      index2 = v128.bitselect(id, index2, f32x4.gt(x2, best2));
      index3 = v128.bitselect(id, index3, f32x4.gt(x3, best3));
      // pmax(a, b) is a < b ? b : a, and so keeps a where b is NaN.
      best0 = f32x4.pmax(best0, x0);
      best1 = f32x4.pmax(best1, x1);
      best2 = f32x4.pmax(best2, x2);
      best3 = f32x4.pmax(best3, x3);
      at += plane;
    }
    const low = i16x8.narrow_i32x4_s(index0, index1);
    v128.store(dst, i8x16.narrow_i16x8_u(low, i16x8.narrow_i32x4_s(index2, index3)));
    src += 64;
    dst += 16;
  }
}

/** n pixels of `classes` float32 each: four pixels at once, their scores transposed four classes at a time. */
export function argmaxPixelsF32(src: usize, n: i32, classes: i32, dst: usize): void {
  const stride = <usize>classes << 2;
  const one = i32x4.splat(1);
  for (let i = 0; i < n; i += 4) {
    let best = f32x4.splat(-Infinity);
    let index = i32x4.splat(0);
    let id = i32x4.splat(0);
    let at = src;
    for (let c = 0; c < classes; c += 4) {
      const p = v128.load(at);
      const q = v128.load(at + stride);
      const r = v128.load(at + 2 * stride);
      const s = v128.load(at + 3 * stride);
      const pq = v128.shuffle<i32>(p, q, 0, 4, 1, 5);
      const rs = v128.shuffle<i32>(r, s, 0, 4, 1, 5);
      const x0 = v128.shuffle<i64>(pq, rs, 0, 2);
      index = v128.bitselect(id, index, f32x4.gt(x0, best));
      best = f32x4.pmax(best, x0);
      id = i32x4.add(id, one);
      const left = classes - c;
      if (left == 1) break;
      const x1 = v128.shuffle<i64>(pq, rs, 1, 3);
      index = v128.bitselect(id, index, f32x4.gt(x1, best));
      best = f32x4.pmax(best, x1);
      id = i32x4.add(id, one);
      if (left == 2) break;
      const pqHigh = v128.shuffle<i32>(p, q, 2, 6, 3, 7);
      const rsHigh = v128.shuffle<i32>(r, s, 2, 6, 3, 7);
      const x2 = v128.shuffle<i64>(pqHigh, rsHigh, 0, 2);
      index = v128.bitselect(id, index, f32x4.gt(x2, best));
      best = f32x4.pmax(best, x2);
      id = i32x4.add(id, one);
      if (left == 3) break;
      const x3 = v128.shuffle<i64>(pqHigh, rsHigh, 1, 3);
      index = v128.bitselect(id, index, f32x4.gt(x3, best));
      best = f32x4.pmax(best, x3);
      id = i32x4.add(id, one);
      at += 16;
    }
    const words = i16x8.narrow_i32x4_s(index, index);
    v128.store32_lane(dst, i8x16.narrow_i16x8_u(words, words), 0);
    src += 4 * stride;
    dst += 4;
  }
}
