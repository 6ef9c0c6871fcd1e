// Dithering to black and white and to the web palette, as Pillow does it.
import { high16, high32, high64, low16, low32, low8 } from "../lanes";

// Floyd–Steinberg, eight rows at once. Lane k works on row k, two columns behind lane k − 1, which is as early as that
// row's errors are known: at step t lane k is at x = t − 2k and needs
//     7·e(k, x−1) + 3·e(k−1, x+1) + 5·e(k−1, x) + e(k−1, x−1)
// The first is its own error of step t − 1, the others are its upper neighbor's of steps t − 1, t − 2 and t − 3.
// Lane 0 takes them from `errors`, where lane 7 leaves its own. Fewer than eight rows sit in the last lanes.
//
// A lane outside of the picture reads OUTSIDE, far below any error: its pixel clips to 0 and leaves no error.
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

/** The errors of the rows above, of this step: lane k takes lane k − 1's, the first lane that of the row above all. */
// @ts-ignore: decorator
@inline
function handDown(error: v128, above: usize, first: v128): v128 {
  const shifted = i8x16.shuffle(error, error, 0, 1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13);
  return v128.bitselect(v128.load16_splat(above), shifted, first);
}

/** What the row above gives to its neighbors below: 3, 5 and 1 sixteenths. */
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
    const a = low8(v128.load64_zero(from), v128.load64_zero(from + skew));
    const b = low8(v128.load64_zero(from + 2 * skew), v128.load64_zero(from + 3 * skew));
    const c = low8(v128.load64_zero(from + 4 * skew), v128.load64_zero(from + 5 * skew));
    const d = low8(v128.load64_zero(from + 6 * skew), v128.load64_zero(from + 7 * skew));
    const abLow = low16(a, b);
    const abHigh = high16(a, b);
    const cdLow = low16(c, d);
    const cdHigh = high16(c, d);
    storeSteps(block, low32(abLow, cdLow));
    storeSteps(block + 32, high32(abLow, cdLow));
    storeSteps(block + 64, low32(abHigh, cdHigh));
    storeSteps(block + 96, high32(abHigh, cdHigh));
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

/** Eight steps at `block` back to bytes of up to eight rows. */
function storeBlock(to: usize, stride: usize, t: i32, rows: i32, width: i32, block: usize): void {
  if (isInside(t, rows, width)) {
    to += t;
    const skew = stride - 2;
    const s01 = i8x16.narrow_i16x8_u(v128.load(block), v128.load(block, 16));
    const s23 = i8x16.narrow_i16x8_u(v128.load(block, 32), v128.load(block, 48));
    const s45 = i8x16.narrow_i16x8_u(v128.load(block, 64), v128.load(block, 80));
    const s67 = i8x16.narrow_i16x8_u(v128.load(block, 96), v128.load(block, 112));
    // The same transposition, with steps for rows: low halves hold the even step, high halves the odd one.
    const a = low8(s01, high64(s01, s01));
    const b = low8(s23, high64(s23, s23));
    const c = low8(s45, high64(s45, s45));
    const d = low8(s67, high64(s67, s67));
    const abLow = low16(a, b);
    const abHigh = high16(a, b);
    const cdLow = low16(c, d);
    const cdHigh = high16(c, d);
    const r01 = low32(abLow, cdLow);
    const r23 = high32(abLow, cdLow);
    const r45 = low32(abHigh, cdHigh);
    const r67 = high32(abHigh, cdHigh);
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

/**
 * `rows` rows of gray at src → 0 and 255 at dst. `errors` is what the row above left: i16, 32 + width + 32 of them, all
 * 0 above the first row of a picture. `block` is 128 bytes of scratch.
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
 * The nearest of 0, 51 … 255 to a value whose low two bits Pillow's color cache ignores, as its number 0 to 5:
 * floor((4u / 51) + 1/2) for u = value / 4; the product is exact enough for all 64 u.
 */
// @ts-ignore: decorator
@inline
function webLevel(value: v128): v128 {
  const u = i16x8.shr_u(value, 2);
  return i16x8.shr_u(i16x8.add(i16x8.mul(u, i16x8.splat(643)), i16x8.splat(4096)), 13);
}

// @ts-ignore: decorator
@inline
function webError(value: v128, level: v128): v128 {
  return i16x8.sub(value, i16x8.mul(level, i16x8.splat(51)));
}

/** The web palette's index: its color cube begins at entry 10, but black is found before it, at entry 0. */
// @ts-ignore: decorator
@inline
function webIndex(r: v128, g: v128, b: v128): v128 {
  const cube = i16x8.add(i16x8.add(r, i16x8.mul(g, i16x8.splat(6))), i16x8.mul(b, i16x8.splat(36)));
  return i16x8.add(cube, v128.and(i16x8.ne(cube, i16x8.splat(0)), i16x8.splat(10)));
}

/**
 * `rows` rows of three planes (`plane` bytes each) → indices into the web palette at dst. `errors` as for
 * ditherBilevel, three times over; `block` is 384 bytes of scratch.
 */
export function ditherWeb(
  src: usize, plane: usize, width: i32, rows: i32, dst: usize, errors: usize, block: usize,
): void {
  const stride = <usize>width;
  const errorRow = <usize>((2 * ERROR_MARGIN + width) << 1);
  for (; rows > 0; rows -= 8) {
    const group = min(rows, 8);
    const first = firstLane(group);
    let above = errors + (ERROR_MARGIN << 1);
    let left = errors + ((ERROR_MARGIN - 2 * (group - 1)) << 1);
    // t − width at which each lane reaches x = width − 1
    const lastColumn = i16x8.add(i16x8(-1, 1, 3, 5, 7, 9, 11, 13), i16x8.splat(<i16>(2 * (group - 8))));
    const zero = i16x8.splat(0);
    let r0 = zero, g0 = zero, b0 = zero;
    let r2 = zero, g2 = zero, b2 = zero;
    let r1 = v128.and(v128.load16_splat(above), first);
    let g1 = v128.and(v128.load16_splat(above + errorRow), first);
    let b1 = v128.and(v128.load16_splat(above + 2 * errorRow), first);
    above += 2;
    for (let t = 0; t < width + 2 * (group - 1); t += 8) {
      for (let c: usize = 0; c < 3; c++) loadBlock(src + c * plane, stride, t, group, width, block + c * 128);
      for (let i: usize = 0; i < 128; i += 16) {
        const r3 = r2, g3 = g2, b3 = b2;
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
        const rLevel = webLevel(r), gLevel = webLevel(g), bLevel = webLevel(b);
        r0 = webError(r, rLevel);
        g0 = webError(g, gLevel);
        b0 = webError(b, bLevel);
        v128.store16_lane(left, r0, 7);
        v128.store16_lane(left + errorRow, g0, 7);
        v128.store16_lane(left + 2 * errorRow, b0, 7);
        v128.store(block + i, webIndex(rLevel, gLevel, bLevel));
        above += 2;
        left += 2;
      }
      storeBlock(dst, stride, t, group, width, block);
    }
    src += <usize>group * stride;
    dst += <usize>group * stride;
  }
}
