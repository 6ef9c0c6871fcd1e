// Pixels in one of Pillow's modes → another, as Pillow 12's libImaging/Convert.c computes them, to the bit.
//
// `channels` is the bytes of a source pixel, 3 (RGB) or 4 (RGBA, of which these kernels leave out the alpha). Every kernel
// works on full vectors: it may read and write up to 64 bytes past its last pixel, which is the slack behind a region.

/** Lane holds no byte of the source; swizzle makes it 0. Stays out of range when a channel number is added. */
// @ts-ignore: decorator
@inline const NONE: i8 = -128;

/** Byte moves: out = source bytes picked by map[0..15] (128 and more: 0), then ^ map[16..31], for whole pixels at a time. */
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

/** Swizzle that widens channels c and c + 1 of four pixels to i16 pairs. */
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

/** RGB → the grey that Pillow dithers to mode 1: (r·299 + g·587 + b·114) / 1000, truncated. */
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

/** x / 1000 truncated, 0 ≤ x ≤ 255000: the half keeps clear of both neighbours, wherever the product rounds. */
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
 * RGB → YCbCr, from `table`: for each of r, g, b (2048 bytes on) and each value four i16, its share of Y, Cb, Cr in 64ths
 * and 0. Three look-ups a pixel, for three rounded products of each of three sums would cost more.
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

// @ts-ignore: decorator
@inline
function low64(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
}

// Floyd–Steinberg, eight rows at once. Lane k works on row k, two columns behind lane k − 1, which is as early as that
// row's errors are known: at step t lane k is at x = t − 2k and needs
//     7·e(k, x−1) + 3·e(k−1, x+1) + 5·e(k−1, x) + e(k−1, x−1)
// of which the first is its own error of step t − 1 and the others are its upper neighbour's of steps t − 1, t − 2 and t − 3.
// Lane 0 takes them from `errors`, where lane 7 leaves its own. Fewer than eight rows sit in the last lanes.
//
// A lane outside the picture reads OUTSIDE, far below any error: it clips to 0, is drawn as 0 and leaves the error 0.
// @ts-ignore: decorator
@inline const OUTSIDE: i16 = -16384;

/** Entries (i16) before and behind a row of errors, for lanes that are outside the picture. */
// @ts-ignore: decorator
@inline const ERROR_MARGIN: i32 = 32;

/** (sum of weighted errors) / 16 as C divides: towards zero. |sum| < 4096, so the top four bits are the sign. */
// @ts-ignore: decorator
@inline
function sixteenth(sum: v128): v128 {
  return i16x8.shr_s(i16x8.add(sum, i16x8.shr_u(sum, 12)), 4);
}

/** The errors of the rows above, one step younger: lane k − 1's to lane k, and to the first lane that of the row above all. */
// @ts-ignore: decorator
@inline
function handDown(error: v128, above: usize, first: v128): v128 {
  const shifted = i8x16.shuffle(error, error, 0, 1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13);
  return v128.bitselect(v128.load16_splat(above), shifted, first);
}

/** What the row above gives to its neighbours below: 3, 5 and 1 sixteenths. */
// @ts-ignore: decorator
@inline
function fromAbove(above1: v128, above2: v128, above3: v128): v128 {
  const three = i16x8.add(i16x8.shl(above1, 1), above1);
  const five = i16x8.add(i16x8.shl(above2, 2), above2);
  return i16x8.add(i16x8.add(five, above3), three);
}

// @ts-ignore: decorator
@inline
function diffused(input: v128, own: v128, above: v128): v128 {
  const seven = i16x8.sub(i16x8.shl(own, 3), own);
  const value = i16x8.add(input, sixteenth(i16x8.add(above, seven)));
  return i16x8.min_s(i16x8.max_s(value, i16x8.splat(0)), i16x8.splat(255));
}

/** Mask of the lane that holds the first of `rows` rows. */
// @ts-ignore: decorator
@inline
function firstLane(rows: i32): v128 {
  return i16x8.eq(i16x8(0, 1, 2, 3, 4, 5, 6, 7), i16x8.splat(<i16>(8 - rows)));
}

/** Are all eight lanes inside the picture for the eight steps from t on? */
// @ts-ignore: decorator
@inline
function isInside(t: i32, rows: i32, width: i32): bool {
  return rows == 8 && t >= 14 && t + 8 <= width;
}

/** Bytes of up to eight rows, skewed by two columns a row → eight steps of i16 lanes at `block`. */
function loadBlock(from: usize, stride: usize, t: i32, rows: i32, width: i32, block: usize): void {
  if (isInside(t, rows, width)) {
    from += t;
    const skew = stride - 2;
    const a = interleave8(v128.load64_zero(from), v128.load64_zero(from + skew));
    const b = interleave8(v128.load64_zero(from + 2 * skew), v128.load64_zero(from + 3 * skew));
    const c = interleave8(v128.load64_zero(from + 4 * skew), v128.load64_zero(from + 5 * skew));
    const d = interleave8(v128.load64_zero(from + 6 * skew), v128.load64_zero(from + 7 * skew));
    const abLow = interleave16Low(a, b);
    const abHigh = interleave16High(a, b);
    const cdLow = interleave16Low(c, d);
    const cdHigh = interleave16High(c, d);
    storeSteps(block, interleave32Low(abLow, cdLow));
    storeSteps(block + 32, interleave32High(abLow, cdLow));
    storeSteps(block + 64, interleave32Low(abHigh, cdHigh));
    storeSteps(block + 96, interleave32High(abHigh, cdHigh));
    return;
  }
  for (let i = 0; i < 8; i++) {
    for (let lane = 0; lane < 8; lane++) {
      const row = lane - 8 + rows;
      const x = t + i - 2 * row;
      const inside = row >= 0 && x >= 0 && x < width;
      const value = inside ? <i16>load<u8>(from + <usize>row * stride + x) : OUTSIDE;
      store<i16>(block + ((i << 4) | (lane << 1)), value);
    }
  }
}

/** Two steps of eight bytes as i16 lanes. */
// @ts-ignore: decorator
@inline
function storeSteps(block: usize, steps: v128): void {
  v128.store(block, i16x8.extend_low_i8x16_u(steps));
  v128.store(block, i16x8.extend_high_i8x16_u(steps), 16);
}

/** The way back. */
function storeBlock(to: usize, stride: usize, t: i32, rows: i32, width: i32, block: usize): void {
  if (isInside(t, rows, width)) {
    to += t;
    const skew = stride - 2;
    const s01 = i8x16.narrow_i16x8_u(v128.load(block), v128.load(block, 16));
    const s23 = i8x16.narrow_i16x8_u(v128.load(block, 32), v128.load(block, 48));
    const s45 = i8x16.narrow_i16x8_u(v128.load(block, 64), v128.load(block, 80));
    const s67 = i8x16.narrow_i16x8_u(v128.load(block, 96), v128.load(block, 112));
    // The same transposition, with steps for rows: low halves hold the even step, high halves the odd one.
    const a = interleave8(s01, high64(s01, s01));
    const b = interleave8(s23, high64(s23, s23));
    const c = interleave8(s45, high64(s45, s45));
    const d = interleave8(s67, high64(s67, s67));
    const abLow = interleave16Low(a, b);
    const abHigh = interleave16High(a, b);
    const cdLow = interleave16Low(c, d);
    const cdHigh = interleave16High(c, d);
    const r01 = interleave32Low(abLow, cdLow);
    const r23 = interleave32High(abLow, cdLow);
    const r45 = interleave32Low(abHigh, cdHigh);
    const r67 = interleave32High(abHigh, cdHigh);
    v128.store64_lane(to, r01, 0);
    v128.store64_lane(to + skew, r01, 1);
    v128.store64_lane(to + 2 * skew, r23, 0);
    v128.store64_lane(to + 3 * skew, r23, 1);
    v128.store64_lane(to + 4 * skew, r45, 0);
    v128.store64_lane(to + 5 * skew, r45, 1);
    v128.store64_lane(to + 6 * skew, r67, 0);
    v128.store64_lane(to + 7 * skew, r67, 1);
    return;
  }
  for (let i = 0; i < 8; i++) {
    for (let row = 0; row < rows; row++) {
      const x = t + i - 2 * row;
      const lane = row + 8 - rows;
      if (x >= 0 && x < width) store<u8>(to + <usize>row * stride + x, load<u8>(block + ((i << 4) | (lane << 1))));
    }
  }
}

// @ts-ignore: decorator
@inline
function high64(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
}
// @ts-ignore: decorator
@inline
function interleave8(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
// @ts-ignore: decorator
@inline
function interleave16Low(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23);
}
// @ts-ignore: decorator
@inline
function interleave16High(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31);
}
// @ts-ignore: decorator
@inline
function interleave32Low(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
}
// @ts-ignore: decorator
@inline
function interleave32High(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
}

/**
 * `rows` rows of grey at src → 0 and 255 at dst. `errors` is what the row above left: i16, 32 + width + 32 of them, all 0
 * above the first row of a picture. `block` is 128 bytes of scratch.
 */
export function ditherBilevel(src: usize, width: i32, rows: i32, dst: usize, errors: usize, block: usize): void {
  const stride = <usize>width;
  for (; rows > 0; rows -= 8) {
    const group = min(rows, 8);
    const first = firstLane(group);
    const steps = width + 2 * (group - 1);
    let error = i16x8.splat(0);
    let above2 = i16x8.splat(0);
    // Step 0 wants the error above x = 0 as its second.
    let above1 = v128.and(v128.load16_splat(errors + (ERROR_MARGIN << 1)), first);
    let above = errors + ((ERROR_MARGIN + 1) << 1);
    let left = errors + ((ERROR_MARGIN - 2 * (group - 1)) << 1);
    for (let t = 0; t < steps; t += 8) {
      loadBlock(src, stride, t, group, width, block);
      for (let i: usize = 0; i < 128; i += 16) {
        const above3 = above2;
        above2 = above1;
        above1 = handDown(error, above, first);
        const value = diffused(v128.load(block + i), error, fromAbove(above1, above2, above3));
        const white = v128.and(i16x8.gt_s(value, i16x8.splat(128)), i16x8.splat(255));
        error = i16x8.sub(value, white);
        v128.store(block + i, white);
        v128.store16_lane(left, error, 7);
        above += 2;
        left += 2;
      }
      storeBlock(dst, stride, t, group, width, block);
    }
    src += <usize>group * stride;
    dst += <usize>group * stride;
  }
}

/**
 * The nearest of 0, 51 … 255 to a value whose low two bits Pillow's colour cache ignores, as its number 0 to 5:
 * floor((4u / 51) + 1/2) for u = value / 4; the product is exact enough for all 64 u.
 */
// @ts-ignore: decorator
@inline
function webLevel(value: v128): v128 {
  const u = i16x8.shr_u(value, 2);
  return i16x8.shr_u(i16x8.add(i16x8.mul(u, i16x8.splat(643)), i16x8.splat(4096)), 13);
}

/**
 * `rows` rows of three planes (`plane` bytes each) → indices into the web palette at dst. `errors` as for ditherBilevel,
 * three times over; `block` is 384 bytes of scratch.
 */
export function ditherWeb(
  src: usize,
  plane: usize,
  width: i32,
  rows: i32,
  dst: usize,
  errors: usize,
  block: usize,
): void {
  const stride = <usize>width;
  const errorRow = <usize>((2 * ERROR_MARGIN + width) << 1);
  for (; rows > 0; rows -= 8) {
    const group = min(rows, 8);
    const first = firstLane(group);
    const steps = width + 2 * (group - 1);
    let above = errors + (ERROR_MARGIN << 1);
    let left = errors + ((ERROR_MARGIN - 2 * (group - 1)) << 1);
    // t − width at which each lane reaches x = width − 1
    const lastColumn = i16x8.add(i16x8(-1, 1, 3, 5, 7, 9, 11, 13), i16x8.splat(<i16>(2 * (group - 8))));
    let r0 = i16x8.splat(0);
    let g0 = i16x8.splat(0);
    let b0 = i16x8.splat(0);
    let r2 = i16x8.splat(0);
    let g2 = i16x8.splat(0);
    let b2 = i16x8.splat(0);
    let r1 = v128.and(v128.load16_splat(above), first);
    let g1 = v128.and(v128.load16_splat(above + errorRow), first);
    let b1 = v128.and(v128.load16_splat(above + 2 * errorRow), first);
    above += 2;
    for (let t = 0; t < steps; t += 8) {
      loadBlock(src, stride, t, group, width, block);
      loadBlock(src + plane, stride, t, group, width, block + 128);
      loadBlock(src + 2 * plane, stride, t, group, width, block + 256);
      for (let i: usize = 0; i < 128; i += 16) {
        const r3 = r2;
        const g3 = g2;
        const b3 = b2;
        r2 = r1;
        g2 = g1;
        b2 = b1;
        r1 = handDown(r0, above, first);
        g1 = handDown(g0, above + errorRow, first);
        b1 = handDown(b0, above + 2 * errorRow, first);
        let rAbove = fromAbove(r1, r2, r3);
        let gAbove = fromAbove(g1, g2, g3);
        let bAbove = fromAbove(b1, b2, b3);
        if (t + 8 >= width) {
          // Pillow ends a row of errors with b0, b1, b2 where r0, g0, b0 are due: the last column takes all from blue.
          const last = i16x8.eq(lastColumn, i16x8.splat(<i16>(t + (<i32>i >> 4) - width)));
          rAbove = v128.bitselect(bAbove, rAbove, last);
          gAbove = v128.bitselect(b2, gAbove, last);
          bAbove = v128.bitselect(b2, bAbove, last);
        }
        const r = diffused(v128.load(block + i), r0, rAbove);
        const g = diffused(v128.load(block + i, 128), g0, gAbove);
        const b = diffused(v128.load(block + i, 256), b0, bAbove);
        const rLevel = webLevel(r);
        const gLevel = webLevel(g);
        const bLevel = webLevel(b);
        r0 = i16x8.sub(r, i16x8.mul(rLevel, i16x8.splat(51)));
        g0 = i16x8.sub(g, i16x8.mul(gLevel, i16x8.splat(51)));
        b0 = i16x8.sub(b, i16x8.mul(bLevel, i16x8.splat(51)));
        v128.store16_lane(left, r0, 7);
        v128.store16_lane(left + errorRow, g0, 7);
        v128.store16_lane(left + 2 * errorRow, b0, 7);
        const cube = i16x8.add(
          i16x8.add(rLevel, i16x8.mul(gLevel, i16x8.splat(6))),
          i16x8.mul(bLevel, i16x8.splat(36)),
        );
        // The cube begins at entry 10; black is found at entry 0, before it.
        const lit = i16x8.ne(cube, i16x8.splat(0));
        v128.store(block + i, i16x8.add(cube, v128.and(lit, i16x8.splat(10))));
        above += 2;
        left += 2;
      }
      storeBlock(dst, stride, t, group, width, block);
    }
    src += <usize>group * stride;
    dst += <usize>group * stride;
  }
}

/** The colour that stands for every fully transparent one, the first met: `clear` is [met?, colour], two u32. */
// @ts-ignore: decorator
@inline
function withoutHidden(pixel: u32, clear: usize): u32 {
  if (pixel >> 24) return pixel;
  if (!load<u32>(clear)) {
    store<u32>(clear, 1);
    store<u32>(clear, pixel, 4);
  }
  return load<u32>(clear, 4);
}

/** The cell of the colour cube, 3 bits of red, 4 of green, 3 of blue and 3 of alpha. */
// @ts-ignore: decorator
@inline
function cubeCell(pixel: u32): usize {
  return (((pixel >> 5) & 7) << 10) | (((pixel >> 12) & 15) << 6) | (((pixel >> 21) & 7) << 3) | (pixel >> 29);
}

/** Adds n RGBA pixels to 8192 cells of 32 bytes: the sums of r, g, b, a and their number, as u32. At most 2²⁴ a flush. */
export function countColours(src: usize, n: i32, cells: usize, clear: usize): void {
  for (const end = src + (<usize>n << 2); src < end; src += 4) {
    const pixel = withoutHidden(load<u32>(src), clear);
    const cell = cells + (cubeCell(pixel) << 5);
    const channels = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(i32x4.splat(pixel)));
    v128.store(cell, i32x4.add(v128.load(cell), channels));
    store<u32>(cell, load<u32>(cell, 16) + 1, 16);
  }
}

/** RGBA → the byte that `table` has for the pixel's cell. */
export function lookUpColours(src: usize, n: i32, table: usize, clear: usize, dst: usize): void {
  for (const end = src + (<usize>n << 2); src < end; src += 4) {
    store<u8>(dst++, load<u8>(table + cubeCell(withoutHidden(load<u32>(src), clear))));
  }
}
