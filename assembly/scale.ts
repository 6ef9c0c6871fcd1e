// Array values → 8 bits, in the array's own arithmetic as numpy does it. `rule` is src/convert/normalize.ts's:
// UNIT trunc(x · 255), SIGNED trunc(127.5 · (x + 1)), CLIP trunc(clip(x, 0, 255)), LINEAR trunc((x - lo) / (hi - lo) · 255)
// clipped. NaN becomes 0 under each. UNIT and SIGNED want values inside their range (a range scan has seen to it).
import { float16 } from "./range";

export const UNIT: i32 = 0;
export const SIGNED: i32 = 1;
export const CLIP: i32 = 2;

export function scaleF32(rule: i32, src: usize, n: i32, dst: usize, lo: f64, hi: f64): void {
  const low = <f32>lo;
  const width = <f32>hi - low;
  for (let i = 0; i < n; i++) {
    const x = load<f32>(src + (<usize>i << 2));
    let y = x;
    if (rule == UNIT) y = x * 255;
    else if (rule == SIGNED) y = <f32>127.5 * (x + 1);
    else if (rule != CLIP) y = ((x - low) / width) * 255;
    store<u8>(dst + i, clipped(i32(y)));
  }
}

export function scaleF64(rule: i32, src: usize, n: i32, dst: usize, lo: f64, hi: f64): void {
  for (let i = 0; i < n; i++) store<u8>(dst + i, scaled(rule, load<f64>(src + (<usize>i << 3)), lo, hi));
}

/** 65536 answers, one for each float16 pattern; each step rounded to float16 under UNIT and SIGNED. */
export function tableF16(rule: i32, dst: usize, lo: f64, hi: f64): void {
  for (let bits = 0; bits < 65536; bits++) {
    let y: u8 = 0;
    if ((bits & 0x7fff) <= 0x7c00) {
      const x = float16(bits);
      if (rule == UNIT) y = clipped(i32(toFloat16(x * 255)));
      else if (rule == SIGNED) y = clipped(i32(toFloat16(127.5 * toFloat16(x + 1))));
      else y = scaled(rule, x, lo, hi);
    }
    store<u8>(dst + bits, y);
  }
}

/** dst[i] = table[the 16 bits at src[i]]. */
export function lookup16(src: usize, n: i32, dst: usize, table: usize): void {
  for (let i = 0; i < n; i++) store<u8>(dst + i, load<u8>(table + <usize>load<u16>(src + (<usize>i << 1))));
}

export function scaleU8(rule: i32, src: usize, n: i32, dst: usize, lo: f64, hi: f64): void {
  scaleInteger<u8>(rule, src, n, dst, lo, hi);
}

export function scaleI8(rule: i32, src: usize, n: i32, dst: usize, lo: f64, hi: f64): void {
  scaleInteger<i8>(rule, src, n, dst, lo, hi);
}

export function scaleU16(rule: i32, src: usize, n: i32, dst: usize, lo: f64, hi: f64): void {
  scaleInteger<u16>(rule, src, n, dst, lo, hi);
}

export function scaleI16(rule: i32, src: usize, n: i32, dst: usize, lo: f64, hi: f64): void {
  scaleInteger<i16>(rule, src, n, dst, lo, hi);
}

export function scaleU32(rule: i32, src: usize, n: i32, dst: usize, lo: f64, hi: f64): void {
  scaleInteger<u32>(rule, src, n, dst, lo, hi);
}

export function scaleI32(rule: i32, src: usize, n: i32, dst: usize, lo: f64, hi: f64): void {
  scaleInteger<i32>(rule, src, n, dst, lo, hi);
}

export function scaleU64(rule: i32, src: usize, n: i32, dst: usize, lo: f64, hi: f64): void {
  scaleInteger<u64>(rule, src, n, dst, lo, hi);
}

export function scaleI64(rule: i32, src: usize, n: i32, dst: usize, lo: f64, hi: f64): void {
  scaleInteger<i64>(rule, src, n, dst, lo, hi);
}

// @ts-ignore: decorator
@inline
function scaleInteger<T>(rule: i32, src: usize, n: i32, dst: usize, lo: f64, hi: f64): void {
  for (let i = 0; i < n; i++) {
    store<u8>(dst + i, scaled(rule, <f64>load<T>(src + <usize>i * sizeof<T>()), lo, hi));
  }
}

/** The rule in float64. */
// @ts-ignore: decorator
@inline
function scaled(rule: i32, x: f64, lo: f64, hi: f64): u8 {
  let y = x;
  if (rule == UNIT) y = x * 255;
  else if (rule == SIGNED) y = 127.5 * (x + 1);
  else if (rule != CLIP) y = ((x - lo) / (hi - lo)) * 255;
  return clipped(i32(y));
}

// `i32()` of a float saturates and takes NaN to 0.
// @ts-ignore: decorator
@inline
function clipped(x: i32): u8 {
  return <u8>max(0, min(255, x));
}

/** Rounded to the nearest float16, ties to even; for magnitudes below 65504. */
// @ts-ignore: decorator
@inline
function toFloat16(x: f64): f64 {
  const exponent = max(-14, <i32>((reinterpret<u64>(x) >> 52) & 2047) - 1023);
  const ulp = reinterpret<f64>(<u64>(exponent - 10 + 1023) << 52);
  return nearest(x / ulp) * ulp;
}
