// Values put back where they were before a network's normalization, and floats to 16 bits.

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
