// Pictures made smaller: each pixel is the mean of the area that it covers, first of rows, then of columns.

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
 * As accumulate, for n pixels whose last byte is alpha: colors count as much as they are opaque (color · alpha),
 * alpha as alpha · 255.
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
 * `count` pixels, each the sum over a span of the pixels of `sums`, times `scale`, rounded. `spans` has 16 bytes a
 * pixel: the span's first pixel and how many whole ones follow it (i32), the parts that count of the first and of the
 * last (float32). With alpha (sums of accumulateAlpha) colors are divided by their alpha's sum. Reads up to 3 values
 * past the last span.
 */
export function reduce(
  sums: usize, spans: usize, count: i32, channels: i32, scale: f32, alpha: i32, dst: usize,
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
        const colors = f32x4.div(f32x4.mul(sum, f32x4.splat(255)), f32x4.splat(opacity));
        const opacities = f32x4.splat((opacity * scale) / 255);
        sum =
          channels == 4
            ? v128.shuffle<i32>(colors, opacities, 0, 1, 2, 7)
            : v128.shuffle<i32>(colors, opacities, 0, 5, 2, 3);
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
