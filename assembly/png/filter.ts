// PNG's row filters (PNG 3, clause 9), chosen row by row. Of a byte x: left is its neighbor a pixel before, up the one
// in the row above, corner the one a pixel before that.

const NONE: u8 = 0;
export const SUB: u8 = 1;
export const UP: u8 = 2;
const AVERAGE: u8 = 3;
const PAETH: u8 = 4;

/** Narrower rows are not sampled, as sampling leaves out the first vector and the last part of one. */
const NARROWEST_SAMPLED = 64;
/** Rows narrower than this are sampled in every vector. */
const NARROWEST_STEPPED = 512;

// @ts-ignore: decorator
@inline
function average(left: v128, up: v128): v128 {
  // avgr rounds up, PNG's Average down: take the bit off again.
  return i8x16.sub(i8x16.avgr_u(left, up), v128.and(v128.xor(left, up), i8x16.splat(1)));
}

/**
 * Paeth's predictor without leaving bytes: with low ≤ high the two neighbors, the estimate low + high - corner lies
 * high - corner from low and corner - low from high; where corner is outside [low, high] one of these saturates to 0
 * and wins, as it should. The distance to corner is their difference. Ties fall as PNG asks: two equal distances mean
 * that low and high predict the same or that corner wins.
 */
// @ts-ignore: decorator
@inline
function paeth(left: v128, up: v128, corner: v128): v128 {
  const low = i8x16.min_u(left, up);
  const high = i8x16.max_u(left, up);
  const toLow = i8x16.sub_sat_u(high, corner);
  const toHigh = i8x16.sub_sat_u(corner, low);
  const least = i8x16.min_u(toLow, toHigh);
  const toCorner = i8x16.sub(i8x16.max_u(toLow, toHigh), least);
  const nearest = i8x16.min_u(least, toCorner);
  const highOrCorner = v128.bitselect(high, corner, i8x16.eq(nearest, toHigh));
  return v128.bitselect(low, highOrCorner, i8x16.eq(nearest, toLow));
}

/** About the bits that a residual of absolute value 0 … 15 and more costs once Huffman-coded. */
// @ts-ignore: decorator
@inline
function cost(residual: v128): v128 {
  const bits = i8x16(1, 3, 4, 5, 5, 6, 6, 6, 7, 7, 7, 7, 8, 8, 8, 12);
  return i8x16.swizzle(bits, i8x16.min_u(i8x16.abs(residual), i8x16.splat(15)));
}

// @ts-ignore: decorator
@inline
function widen(costs: v128): v128 {
  return i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(costs));
}

// @ts-ignore: decorator
@inline
function total(costs: v128): i32 {
  return (
    i32x4.extract_lane(costs, 0) + i32x4.extract_lane(costs, 1) +
    i32x4.extract_lane(costs, 2) + i32x4.extract_lane(costs, 3)
  );
}

/** The cheapest filter of a row by every `step`-th of its vectors. */
function choose(row: usize, stride: i32, pixel: usize, step: i32): u8 {
  if (stride < NARROWEST_SAMPLED) return PAETH;
  const above = row - stride;
  const last = stride - 16;
  const stepBytes = stride < NARROWEST_STEPPED ? 16 : step << 4;
  let subs = i32x4.splat(0);
  let ups = i32x4.splat(0);
  let averages = i32x4.splat(0);
  let paeths = i32x4.splat(0);
  for (let i = 16; i <= last; ) {
    let sub = i8x16.splat(0);
    let up = i8x16.splat(0);
    let avg = i8x16.splat(0);
    let pae = i8x16.splat(0);
    // 16 vectors of at most 12 bits stay below 256 a lane.
    for (let vectors = 16; vectors > 0 && i <= last; vectors--, i += stepBytes) {
      const x = v128.load(row + i);
      const left = v128.load(row + i - pixel);
      const t = v128.load(above + i);
      const corner = v128.load(above + i - pixel);
      sub = i8x16.add(sub, cost(i8x16.sub(x, left)));
      up = i8x16.add(up, cost(i8x16.sub(x, t)));
      avg = i8x16.add(avg, cost(i8x16.sub(x, average(left, t))));
      pae = i8x16.add(pae, cost(i8x16.sub(x, paeth(left, t, corner))));
    }
    subs = i32x4.add(subs, widen(sub));
    ups = i32x4.add(ups, widen(up));
    averages = i32x4.add(averages, widen(avg));
    paeths = i32x4.add(paeths, widen(pae));
  }
  let filter = UP;
  let least = total(ups);
  if (total(subs) < least) {
    filter = SUB;
    least = total(subs);
  }
  if (total(paeths) < least) {
    filter = PAETH;
    least = total(paeths);
  }
  return total(averages) < least ? AVERAGE : filter;
}

function isZero(row: usize, stride: i32): bool {
  let i = 0;
  for (; i + 16 <= stride; i += 16) if (v128.any_true(v128.load(row + i))) return false;
  for (; i < stride; i++) if (load<u8>(row + i) != 0) return false;
  return true;
}

/** Writes the row's residuals; up to 15 bytes more, which the next row overwrites. */
function filterRow(filter: u8, row: usize, stride: i32, pixel: usize, dst: usize): void {
  assert(pixel >= 1 && pixel <= 8);
  const above = row - stride;
  // The first vector's left and corner lie outside the row in the lanes of the first pixel, where PNG has zeros.
  const inside = i8x16.ge_s(i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), i8x16.splat(<i8>pixel));
  let left = v128.and(v128.load(row - pixel), inside);
  if (filter == NONE) {
    memory.copy(dst, row, stride);
  } else if (filter == SUB) {
    v128.store(dst, i8x16.sub(v128.load(row), left));
    for (let i = 16; i < stride; i += 16) {
      v128.store(dst + i, i8x16.sub(v128.load(row + i), v128.load(row + i - pixel)));
    }
  } else if (filter == UP) {
    for (let i = 0; i < stride; i += 16) {
      v128.store(dst + i, i8x16.sub(v128.load(row + i), v128.load(above + i)));
    }
  } else if (filter == AVERAGE) {
    v128.store(dst, i8x16.sub(v128.load(row), average(left, v128.load(above))));
    for (let i = 16; i < stride; i += 16) {
      const predicted = average(v128.load(row + i - pixel), v128.load(above + i));
      v128.store(dst + i, i8x16.sub(v128.load(row + i), predicted));
    }
  } else {
    const corner = v128.and(v128.load(above - pixel), inside);
    v128.store(dst, i8x16.sub(v128.load(row), paeth(left, v128.load(above), corner)));
    for (let i = 16; i < stride; i += 16) {
      const predicted = paeth(v128.load(row + i - pixel), v128.load(above + i), v128.load(above + i - pixel));
      v128.store(dst + i, i8x16.sub(v128.load(row + i), predicted));
    }
  }
}

/**
 * `count` rows of `stride` bytes at src, the row above them before src, → filter type and residuals of each at dst,
 * each with the filter that costs least in every `step`-th vector. At least `pixel` readable bytes before the row
 * above, 16 after the last row and after dst's last.
 */
export function filterRows(src: usize, count: i32, stride: i32, pixel: i32, step: i32, dst: usize): void {
  assert(stride > 0 && step > 0);
  assert(dst >= src + <usize>count * stride || dst + <usize>count * (stride + 1) <= src - stride);
  for (let y = 0; y < count; y++, src += stride, dst += stride + 1) {
    const filter = isZero(src, stride) ? NONE : choose(src, stride, pixel, step);
    store<u8>(dst, filter);
    filterRow(filter, src, stride, pixel, dst + 1);
  }
}

/** The same with one filter for all rows: there the same pixels leave the same residuals, which match. */
export function filterRowsBy(filter: u8, src: usize, count: i32, stride: i32, pixel: i32, dst: usize): void {
  for (let y = 0; y < count; y++, src += stride, dst += stride + 1) {
    store<u8>(dst, filter);
    filterRow(filter, src, stride, pixel, dst + 1);
  }
}

/** The same without a filter, for pictures that repeat exactly: there matches of pixels beat small differences. */
export function copyRows(src: usize, count: i32, stride: i32, dst: usize): void {
  for (let y = 0; y < count; y++, src += stride, dst += stride + 1) {
    store<u8>(dst, NONE);
    memory.copy(dst + 1, src, stride);
  }
}
