// How a picture may be made to look: a colour map, a background, red and blue exchanged, a smaller size; and values put
// back where they were before a network's normalisation.

/** n values, each multiplied by factors[i % 12] and added to terms[i % 12], each step rounded: in place. */
export function multiplyAddF32(at: usize, n: i32, factors: usize, terms: usize): void {
  multiplyAdd<f32>(at, n, factors, terms);
}

export function multiplyAddF64(at: usize, n: i32, factors: usize, terms: usize): void {
  multiplyAdd<f64>(at, n, factors, terms);
}

// 12 is a multiple of each number of channels, and of the lanes of a vector.
// @ts-ignore: decorator
@inline
function multiplyAdd<T>(at: usize, n: i32, factors: usize, terms: usize): void {
  const bytes: usize = 12 * sizeof<T>();
  for (; n >= 12; n -= 12, at += bytes) {
    for (let i: usize = 0; i < bytes; i += 16) {
      const x = v128.mul<T>(v128.load(at + i), v128.load(factors + i));
      v128.store(at + i, v128.add<T>(x, v128.load(terms + i)));
    }
  }
  for (let i: usize = 0; i < <usize>n * sizeof<T>(); i += sizeof<T>()) {
    store<T>(at + i, load<T>(at + i) * load<T>(factors + i) + load<T>(terms + i));
  }
}

/** n values of a byte → RGB, by 256 colours of 4 bytes each, red first. */
export function colorize(src: usize, n: i32, dst: usize, colours: usize): void {
  // Each colour is written with a byte too many, which the next one covers.
  for (; n > 8; n -= 8, src += 8, dst += 24) {
    const four = load<u32>(src);
    const more = load<u32>(src, 4);
    store<u32>(dst, load<u32>(colours + ((four << 2) & 0x3fc)));
    store<u32>(dst, load<u32>(colours + ((four >> 6) & 0x3fc)), 3);
    store<u32>(dst, load<u32>(colours + ((four >> 14) & 0x3fc)), 6);
    store<u32>(dst, load<u32>(colours + ((four >> 22) & 0x3fc)), 9);
    store<u32>(dst, load<u32>(colours + ((more << 2) & 0x3fc)), 12);
    store<u32>(dst, load<u32>(colours + ((more >> 6) & 0x3fc)), 15);
    store<u32>(dst, load<u32>(colours + ((more >> 14) & 0x3fc)), 18);
    store<u32>(dst, load<u32>(colours + ((more >> 22) & 0x3fc)), 21);
  }
  for (; n > 0; n--, src++, dst += 3) {
    const colour = load<u32>(colours + (<usize>load<u8>(src) << 2));
    store<u8>(dst, <u8>colour);
    store<u8>(dst, <u8>(colour >> 8), 1);
    store<u8>(dst, <u8>(colour >> 16), 2);
  }
}

/**
 * n pixels of LA or RGBA laid on a colour (its bytes red first; equal for LA) → L or RGB, as Pillow's paste with a mask
 * does it: c·a + b·(255 − a), divided by 255 and rounded (`MULDIV255`).
 */
export function blend(src: usize, n: i32, channels: i32, dst: usize, colour: i32): void {
  const behind = i32x4.splat(colour);
  const alphas =
    channels == 4
      ? i8x16(3, 3, 3, 3, 7, 7, 7, 7, 11, 11, 11, 11, 15, 15, 15, 15)
      : i8x16(1, 1, 3, 3, 5, 5, 7, 7, 9, 9, 11, 11, 13, 13, 15, 15);
  const colours =
    channels == 4
      ? i8x16(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1)
      : i8x16(0, 2, 4, 6, 8, 10, 12, 14, -1, -1, -1, -1, -1, -1, -1, -1);
  const pixels = channels == 4 ? 4 : 8;
  const step: usize = channels == 4 ? 12 : 8;
  // A whole vector is written, more than its pixels need: as long as more of them follow to cover it.
  const written = channels == 4 ? 6 : 16;
  for (; n >= written; n -= pixels, src += 16, dst += step) {
    const x = v128.load(src);
    const a = i8x16.swizzle(x, alphas);
    const b = v128.not(a);
    const low = i16x8.add(i16x8.extmul_low_i8x16_u(x, a), i16x8.extmul_low_i8x16_u(behind, b));
    const high = i16x8.add(i16x8.extmul_high_i8x16_u(x, a), i16x8.extmul_high_i8x16_u(behind, b));
    v128.store(dst, i8x16.swizzle(i8x16.narrow_i16x8_u(over255(low), over255(high)), colours));
  }
  for (; n > 0; n--, src += channels, dst += channels - 1) {
    const a = <i32>load<u8>(src + channels - 1);
    for (let c = 0; c < channels - 1; c++) {
      const sum = <i32>load<u8>(src + c) * a + ((colour >> (8 * c)) & 255) * (255 - a) + 128;
      store<u8>(dst + c, <u8>((sum + (sum >> 8)) >> 8));
    }
  }
}

// @ts-ignore: decorator
@inline
function over255(x: v128): v128 {
  const sum = i16x8.add(x, i16x8.splat(128));
  return i16x8.shr_u(i16x8.add(sum, i16x8.shr_u(sum, 8)), 8);
}

/** sums[i] += weight · (the sum of src[i] over `rows` rows `stride` apart, at most 256), for n bytes, in float32. */
export function accumulate(src: usize, stride: i32, rows: i32, n: i32, weight: f32, sums: usize): void {
  const weights = f32x4.splat(weight);
  for (; n >= 16; n -= 16, src += 16, sums += 64) {
    let low = i16x8.splat(0);
    let high = low;
    let at = src;
    for (let row = 0; row < rows; row++, at += stride) {
      const x = v128.load(at);
      low = i16x8.add(low, i16x8.extend_low_i8x16_u(x));
      high = i16x8.add(high, i16x8.extend_high_i8x16_u(x));
    }
    add4(sums, i32x4.extend_low_i16x8_u(low), weights);
    add4(sums + 16, i32x4.extend_high_i16x8_u(low), weights);
    add4(sums + 32, i32x4.extend_low_i16x8_u(high), weights);
    add4(sums + 48, i32x4.extend_high_i16x8_u(high), weights);
  }
  for (; n > 0; n--, src++, sums += 4) {
    let sum = 0;
    for (let row = 0, at = src; row < rows; row++, at += stride) sum += load<u8>(at);
    store<f32>(sums, load<f32>(sums) + weight * <f32>sum);
  }
}

// @ts-ignore: decorator
@inline
function add4(sums: usize, x: v128, weights: v128): void {
  v128.store(sums, f32x4.add(v128.load(sums), f32x4.mul(weights, f32x4.convert_i32x4_s(x))));
}

/**
 * As accumulate, for n pixels whose last byte is alpha: colours count as much as they are opaque (colour · alpha), alpha
 * as alpha · 255.
 */
export function accumulateAlpha(src: usize, n: i32, channels: i32, weight: f32, sums: usize): void {
  if (channels == 4) {
    const weights = f32x4.splat(weight);
    const alphas = i8x16(3, -1, -1, -1, 3, -1, -1, -1, 3, -1, -1, -1, -1, -1, -1, -1);
    const opaque = i32x4(0, 0, 0, 255);
    const values = i8x16(0, -1, -1, -1, 1, -1, -1, -1, 2, -1, -1, -1, 3, -1, -1, -1);
    for (; n > 0; n--, src += 4, sums += 16) {
      const pixel = v128.load32_zero(src);
      const factor = v128.or(i8x16.swizzle(pixel, alphas), opaque);
      add4(sums, i32x4.mul(i8x16.swizzle(pixel, values), factor), weights);
    }
    return;
  }
  for (; n > 0; n--, src += 2, sums += 8) {
    const alpha = <i32>load<u8>(src, 1);
    store<f32>(sums, load<f32>(sums) + weight * <f32>(<i32>load<u8>(src) * alpha));
    store<f32>(sums, load<f32>(sums, 4) + weight * <f32>(alpha * 255), 4);
  }
}

/**
 * `count` pixels, each the sum over a span of the pixels of `sums`, times `scale`, rounded. `spans` has 16 bytes a pixel:
 * the span's first pixel and how many whole ones follow it (i32), the parts that count of the first and of the last
 * (float32). With alpha (sums of accumulateAlpha) colours are divided by their alpha's sum. Reads up to 3 values past the
 * last span.
 */
export function reduce(
  sums: usize,
  spans: usize,
  count: i32,
  channels: i32,
  scale: f32,
  alpha: i32,
  dst: usize,
): void {
  const pixel = <usize>channels << 2;
  for (const end = spans + (<usize>count << 4); spans < end; spans += 16, dst += channels) {
    let at = sums + <usize>load<i32>(spans) * pixel;
    let sum = f32x4.mul(v128.load32_splat(spans, 8), v128.load(at));
    at += pixel;
    for (let whole = load<i32>(spans, 4); whole > 0; whole--, at += pixel) sum = f32x4.add(sum, v128.load(at));
    sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(spans, 12), v128.load(at)));
    if (alpha != 0) {
      const opacity = channels == 4 ? f32x4.extract_lane(sum, 3) : f32x4.extract_lane(sum, 1);
      if (opacity > 0) {
        const colours = f32x4.div(f32x4.mul(sum, f32x4.splat(255)), f32x4.splat(opacity));
        const opacities = f32x4.splat((opacity * scale) / 255);
        sum = channels == 4 ? v128.shuffle<i32>(colours, opacities, 0, 1, 2, 7) : v128.shuffle<i32>(colours, opacities, 0, 5, 2, 3);
      } else sum = f32x4.splat(0);
    } else sum = f32x4.mul(sum, f32x4.splat(scale));
    const rounded = i32x4.trunc_sat_f32x4_s(f32x4.add(sum, f32x4.splat(0.5)));
    const words = i16x8.narrow_i32x4_s(rounded, rounded);
    const bytes = i32x4.extract_lane(i8x16.narrow_i16x8_u(words, words), 0);
    if (channels == 4) store<u32>(dst, bytes);
    else {
      store<u8>(dst, <u8>bytes);
      if (channels > 1) store<u8>(dst, <u8>(bytes >> 8), 1);
      if (channels > 2) store<u8>(dst, <u8>(bytes >> 16), 2);
    }
  }
}

/** n float32 → 16 bits: (x − lo) / (hi − lo) · 65535, clipped, truncated; NaN 0. */
export function deepF32(src: usize, n: i32, dst: usize, lo: f64, hi: f64): void {
  const lows = f32x4.splat(<f32>lo);
  const widths = f32x4.splat(<f32>hi - <f32>lo);
  for (; n >= 8; n -= 8, src += 32, dst += 16) {
    v128.store(dst, i16x8.narrow_i32x4_u(deep4(v128.load(src), lows, widths), deep4(v128.load(src, 16), lows, widths)));
  }
  for (; n > 0; n--, src += 4, dst += 2) {
    const x = deep4(v128.load32_splat(src), lows, widths);
    store<u16>(dst, i16x8.extract_lane_u(i16x8.narrow_i32x4_u(x, x), 0));
  }
}

// @ts-ignore: decorator
@inline
function deep4(x: v128, lows: v128, widths: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.mul(f32x4.div(f32x4.sub(x, lows), widths), f32x4.splat(65535)));
}
