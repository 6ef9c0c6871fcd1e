// What the range rule needs of an array: min, max and the number of NaN, in one scan.

/** Number of NaN among n float32 at src; min and max of the others go to out[0], out[1] (float64; +Inf, -Inf if none). */
export function rangeF32(src: usize, n: i32, out: usize): i32 {
  return rangeFloat<f32>(src, n, out);
}

export function rangeF64(src: usize, n: i32, out: usize): i32 {
  return rangeFloat<f64>(src, n, out);
}

/** n float16 as their 16-bit patterns. */
export function rangeF16(src: usize, n: i32, out: usize): i32 {
  let min: i32 = 0x7fff;
  let max: i32 = -0x8000;
  let nan = 0;
  for (let i = 0; i < n; i++) {
    const bits = <i32>load<i16>(src + (<usize>i << 1));
    if ((bits & 0x7fff) > 0x7c00) {
      nan++;
      continue;
    }
    // Sign and magnitude → two's complement order.
    const key = bits ^ ((bits >> 31) & 0x7fff);
    if (key < min) min = key;
    if (key > max) max = key;
  }
  store<f64>(out, nan == n ? Infinity : float16(min ^ ((min >> 31) & 0x7fff)));
  store<f64>(out, nan == n ? -Infinity : float16(max ^ ((max >> 31) & 0x7fff)), 8);
  return nan;
}

export function rangeU8(src: usize, n: i32, out: usize): i32 {
  return rangeInteger<u8>(src, n, out);
}

export function rangeI8(src: usize, n: i32, out: usize): i32 {
  return rangeInteger<i8>(src, n, out);
}

export function rangeU16(src: usize, n: i32, out: usize): i32 {
  return rangeInteger<u16>(src, n, out);
}

export function rangeI16(src: usize, n: i32, out: usize): i32 {
  return rangeInteger<i16>(src, n, out);
}

export function rangeU32(src: usize, n: i32, out: usize): i32 {
  return rangeInteger<u32>(src, n, out);
}

export function rangeI32(src: usize, n: i32, out: usize): i32 {
  return rangeInteger<i32>(src, n, out);
}

export function rangeU64(src: usize, n: i32, out: usize): i32 {
  return rangeInteger<u64>(src, n, out);
}

export function rangeI64(src: usize, n: i32, out: usize): i32 {
  return rangeInteger<i64>(src, n, out);
}

/** The value of a float16's 16 bits; not for NaN. */
export function float16(bits: i32): f64 {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const sign: f64 = (bits & 0x8000) != 0 ? -1 : 1;
  if (exponent == 0) return sign * <f64>fraction * 5.9604644775390625e-8; // 2^-24
  if (exponent == 31) return sign * Infinity;
  const power = reinterpret<f64>(<u64>(exponent - 25 + 1023) << 52);
  return sign * <f64>(1024 + fraction) * power;
}

// @ts-ignore: decorator
@inline
function rangeFloat<T>(src: usize, n: i32, out: usize): i32 {
  let min: f64 = Infinity;
  let max: f64 = -Infinity;
  let nan = 0;
  for (let i = 0; i < n; i++) {
    const x = <f64>load<T>(src + <usize>i * sizeof<T>());
    if (x != x) nan++;
    if (x < min) min = x;
    if (x > max) max = x;
  }
  store<f64>(out, min);
  store<f64>(out, max, 8);
  return nan;
}

// @ts-ignore: decorator
@inline
function rangeInteger<T>(src: usize, n: i32, out: usize): i32 {
  if (n == 0) {
    store<f64>(out, Infinity);
    store<f64>(out, -Infinity, 8);
    return 0;
  }
  let min = load<T>(src);
  let max = min;
  for (let i = 1; i < n; i++) {
    const x = load<T>(src + <usize>i * sizeof<T>());
    if (x < min) min = x;
    if (x > max) max = x;
  }
  store<f64>(out, <f64>min);
  store<f64>(out, <f64>max, 8);
  return 0;
}

/** How many of n values lie below lo or above hi; NaN does not. */
export function outsideF32(src: usize, n: i32, lo: f64, hi: f64): i32 {
  return outside<f32>(src, n, lo, hi);
}

export function outsideF64(src: usize, n: i32, lo: f64, hi: f64): i32 {
  return outside<f64>(src, n, lo, hi);
}

export function outsideF16(src: usize, n: i32, lo: f64, hi: f64): i32 {
  let count = 0;
  for (let i = 0; i < n; i++) {
    const bits = <i32>load<u16>(src + (<usize>i << 1));
    if ((bits & 0x7fff) > 0x7c00) continue;
    const x = float16(bits);
    count += i32(x < lo) | i32(x > hi);
  }
  return count;
}

export function outsideU8(src: usize, n: i32, lo: f64, hi: f64): i32 {
  return outside<u8>(src, n, lo, hi);
}

export function outsideI8(src: usize, n: i32, lo: f64, hi: f64): i32 {
  return outside<i8>(src, n, lo, hi);
}

export function outsideU16(src: usize, n: i32, lo: f64, hi: f64): i32 {
  return outside<u16>(src, n, lo, hi);
}

export function outsideI16(src: usize, n: i32, lo: f64, hi: f64): i32 {
  return outside<i16>(src, n, lo, hi);
}

export function outsideU32(src: usize, n: i32, lo: f64, hi: f64): i32 {
  return outside<u32>(src, n, lo, hi);
}

export function outsideI32(src: usize, n: i32, lo: f64, hi: f64): i32 {
  return outside<i32>(src, n, lo, hi);
}

export function outsideU64(src: usize, n: i32, lo: f64, hi: f64): i32 {
  return outside<u64>(src, n, lo, hi);
}

export function outsideI64(src: usize, n: i32, lo: f64, hi: f64): i32 {
  return outside<i64>(src, n, lo, hi);
}

// @ts-ignore: decorator
@inline
function outside<T>(src: usize, n: i32, lo: f64, hi: f64): i32 {
  let count = 0;
  for (let i = 0; i < n; i++) {
    const x = <f64>load<T>(src + <usize>i * sizeof<T>());
    count += i32(x < lo) | i32(x > hi);
  }
  return count;
}
