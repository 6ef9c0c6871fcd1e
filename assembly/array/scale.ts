// Array values → 8 bits, in the array's own arithmetic as numpy does it. `rule` is src/convert/normalize.ts's: UNIT
// trunc(x · 255), SIGNED trunc(127.5 · (x + 1)), CLIP trunc(clip(x, 0, 255)), LINEAR trunc((x - lo) / (hi - lo) · 255)
// clipped (divided, not multiplied by 255 / (hi - lo), which can make 254 of hi). NaN becomes 0 under each. UNIT and
// SIGNED want values inside their range: a range scan has seen to it.
//
// Sixteen values make a vector of bytes; what is left of an array goes through PAD, so that nothing is read or written
// past its end and no scalar copy of the arithmetic exists. src may equal dst where elements are bytes.
import { float16 } from "./range";
import { interleave3, interleave4 } from "../lanes";

const UNIT: i32 = 0;
const SIGNED: i32 = 1;
const CLIP: i32 = 2;

// The rules again, as types: a rule passed as a value would be tested inside the loops, which Binaryen folds into one.
class Unit {}
class Signed {}
class Clip {}
class Linear {}

const PAD: usize = memory.data(4 * 128, 16);
/** 32 interleaved pixels, and the few bytes past them that interleaving writes. */
const PIXELS: usize = memory.data(144, 16);

export function scaleF32(rule: i32, src: usize, n: i32, dst: usize, lo: f64, hi: f64): void {
  if (rule == UNIT) scaleBy<f32, Unit>(src, n, dst, lo, hi);
  else if (rule == SIGNED) scaleBy<f32, Signed>(src, n, dst, lo, hi);
  else if (rule == CLIP) scaleBy<f32, Clip>(src, n, dst, lo, hi);
  else scaleBy<f32, Linear>(src, n, dst, lo, hi);
}

export function scaleF64(rule: i32, src: usize, n: i32, dst: usize, lo: f64, hi: f64): void {
  if (rule == UNIT) scaleBy<f64, Unit>(src, n, dst, lo, hi);
  else if (rule == SIGNED) scaleBy<f64, Signed>(src, n, dst, lo, hi);
  else if (rule == CLIP) scaleBy<f64, Clip>(src, n, dst, lo, hi);
  else scaleBy<f64, Linear>(src, n, dst, lo, hi);
}

/** n pixels of 3 or 4 planes, `plane` float32 apart, scaled (not under LINEAR) and interleaved in one pass. */
export function scalePlanesF32(rule: i32, src: usize, plane: i32, n: i32, channels: i32, dst: usize): void {
  const step = <usize>plane << 2;
  if (channels == 3) {
    if (rule == UNIT) planesBy<Unit>(3, src, step, n, dst);
    else if (rule == SIGNED) planesBy<Signed>(3, src, step, n, dst);
    else planesBy<Clip>(3, src, step, n, dst);
  } else {
    if (rule == UNIT) planesBy<Unit>(4, src, step, n, dst);
    else if (rule == SIGNED) planesBy<Signed>(4, src, step, n, dst);
    else planesBy<Clip>(4, src, step, n, dst);
  }
}

/** 65536 answers, one for each float16 pattern; each step rounded to float16 under UNIT and SIGNED. */
export function tableF16(rule: i32, dst: usize, lo: f64, hi: f64): void {
  for (let bits = 0; bits < 65536; bits++) {
    let y: u8 = 0;
    if ((bits & 0x7fff) <= 0x7c00) {
      const x = float16(bits);
      if (rule == UNIT) y = clipped(toFloat16(x * 255));
      else if (rule == SIGNED) y = clipped(toFloat16(127.5 * toFloat16(x + 1)));
      else if (rule == CLIP) y = clipped(x);
      else y = clipped(((x - lo) / (hi - lo)) * 255);
    }
    store<u8>(dst + bits, y);
  }
}

/** dst[i] = table[the 16 bits at src[i]]. */
export function lookup16(src: usize, n: i32, dst: usize, table: usize): void {
  const end = dst + n;
  const last = dst + (n & ~3);
  for (; dst < last; dst += 4, src += 8) {
    const four = load<u64>(src);
    const a = <u32>load<u8>(table + <usize>(four & 0xffff));
    const b = <u32>load<u8>(table + <usize>((four >> 16) & 0xffff));
    const c = <u32>load<u8>(table + <usize>((four >> 32) & 0xffff));
    const d = <u32>load<u8>(table + <usize>(four >> 48));
    store<u32>(dst, a | (b << 8) | (c << 16) | (d << 24));
  }
  for (; dst < end; dst++, src += 2) store<u8>(dst, load<u8>(table + <usize>load<u16>(src)));
}

export function scaleU8(rule: i32, src: usize, n: i32, dst: usize, lo: f64, hi: f64): void {
  if (rule == CLIP) memory.copy(dst, src, n);
  else if (rule == UNIT) scaleBy<u8, Unit>(src, n, dst, lo, hi);
  else linear<u8>(src, n, dst, lo, hi);
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
  if (rule == CLIP) scaleBy<T, Clip>(src, n, dst, lo, hi);
  else if (rule == UNIT) scaleBy<T, Unit>(src, n, dst, lo, hi);
  else if (isSigned<T>() && rule == SIGNED) scaleBy<T, Signed>(src, n, dst, lo, hi);
  else linear<T>(src, n, dst, lo, hi);
}

/** Integers under LINEAR, in float64. */
// @ts-ignore: decorator
@inline
function linear<T>(src: usize, n: i32, dst: usize, lo: f64, hi: f64): void {
  for (; n > 0; n -= 16, dst += 16) {
    const count = min(16, n);
    for (let i = 0; i < count; i++, src += sizeof<T>()) store<f64>(PAD + (<usize>i << 3), <f64>load<T>(src));
    linearPad(count, dst, lo, hi);
  }
}

/** n float64 in PAD under LINEAR; a function of its own, so that each integer type does not carry a copy. */
function linearPad(n: i32, dst: usize, lo: f64, hi: f64): void {
  scaleBy<f64, Linear>(PAD, n, dst, lo, hi);
}

// One loop, run over the whole vectors in place and over the rest in PAD: the arithmetic is inlined once.
// @ts-ignore: decorator
@inline
function scaleBy<T, R>(src: usize, n: i32, dst: usize, lo: f64, hi: f64): void {
  const rest = n & 15;
  const restAt = dst + n - rest;
  let end = restAt;
  while (true) {
    for (; dst < end; dst += 16, src += 16 * sizeof<T>()) v128.store(dst, sixteen<T, R>(src, lo, hi));
    if (rest == 0 || end == PAD + 16) break;
    memory.copy(PAD, src, rest * sizeof<T>());
    src = dst = PAD;
    end = PAD + 16;
  }
  if (rest != 0) memory.copy(restAt, PAD, rest);
}

// As scaleBy. Interleaving three channels writes 4 bytes past its 16 pixels, so the last of them go through PAD as
// well.
// @ts-ignore: decorator
@inline
function planesBy<R>(channels: i32, src: usize, step: usize, n: i32, dst: usize): void {
  const whole = channels == 3 ? max(0, n - 2) >> 4 : n >> 4;
  const rest = n - (whole << 4);
  const restAt = dst + 16 * whole * channels;
  let end = restAt;
  while (true) {
    for (; dst < end; dst += 16 * channels, src += 64) pixels16<R>(channels, src, step, dst);
    if (end == PIXELS + 32 * channels || rest == 0) break;
    for (let c = 0; c < channels; c++) memory.copy(PAD + (<usize>c << 7), src + <usize>c * step, rest << 2);
    src = PAD;
    step = 128;
    dst = PIXELS;
    end = PIXELS + 32 * channels;
  }
  if (rest != 0) memory.copy(restAt, PIXELS, rest * channels);
}

// @ts-ignore: decorator
@inline
function pixels16<R>(channels: i32, src: usize, step: usize, dst: usize): void {
  const a = sixteen<f32, R>(src, 0, 0);
  const b = sixteen<f32, R>(src + step, 0, 0);
  const c = sixteen<f32, R>(src + 2 * step, 0, 0);
  if (channels == 3) interleave3(a, b, c, dst);
  else interleave4(a, b, c, sixteen<f32, R>(src + 3 * step, 0, 0), dst);
}

/** Sixteen values of type T as bytes. */
// @ts-ignore: decorator
@inline
function sixteen<T, R>(src: usize, lo: f64, hi: f64): v128 {
  if (isInteger<T>() && idof<R>() == idof<Clip>()) return clip16<T>(src);
  // {0, 1} → {0, 255}.
  if (isInteger<T>() && idof<R>() == idof<Unit>()) return i8x16.neg(clip16<T>(src));
  if (isInteger<T>() && idof<R>() == idof<Signed>()) {
    // numpy goes through float64: -1, 0, 1 → 0, 127, 255.
    const answers = i8x16(0, 127, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    return i8x16.swizzle(answers, i8x16.add(lowBytes16<T>(src), i8x16.splat(1)));
  }
  // Offsets in the instruction, not added to the pointer: 1.5 times as fast in V8.
  if (sizeof<T>() == 4) {
    return pack(
      four<R>(v128.load(src), lo, hi),
      four<R>(v128.load(src, 16), lo, hi),
      four<R>(v128.load(src, 32), lo, hi),
      four<R>(v128.load(src, 48), lo, hi),
    );
  }
  return pack(
    two<R>(v128.load(src), v128.load(src, 16), lo, hi),
    two<R>(v128.load(src, 32), v128.load(src, 48), lo, hi),
    two<R>(v128.load(src, 64), v128.load(src, 80), lo, hi),
    two<R>(v128.load(src, 96), v128.load(src, 112), lo, hi),
  );
}

/** Four i32x4 as sixteen bytes, saturated at both ends. */
// @ts-ignore: decorator
@inline
function pack(a: v128, b: v128, c: v128, d: v128): v128 {
  return i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
}

/** Four float32 under a rule, truncated to i32x4. */
// @ts-ignore: decorator
@inline
function four<R>(x: v128, lo: f64, hi: f64): v128 {
  if (idof<R>() == idof<Unit>()) {
    // 1.5 · 2^23 added puts the integer into the low bits of the float: cheaper than trunc_sat. The maximum with 0 is
    // `0 < y ? y : 0`, which takes NaN to 0.
    const y = f32x4.floor(f32x4.pmax(f32x4.splat(0), f32x4.mul(x, f32x4.splat(255))));
    return i32x4.sub(f32x4.add(y, f32x4.splat(12582912)), i32x4.splat(0x4b400000));
  }
  if (idof<R>() == idof<Clip>()) return i32x4.trunc_sat_f32x4_s(x);
  if (idof<R>() == idof<Signed>()) {
    return i32x4.trunc_sat_f32x4_s(f32x4.mul(f32x4.splat(127.5), f32x4.add(x, f32x4.splat(1))));
  }
  const low = <f32>lo;
  const y = f32x4.div(f32x4.sub(x, f32x4.splat(low)), f32x4.splat(<f32>hi - low));
  return i32x4.trunc_sat_f32x4_s(f32x4.mul(y, f32x4.splat(255)));
}

/** Two f64x2 under a rule, truncated to i32x4. */
// @ts-ignore: decorator
@inline
function two<R>(a: v128, b: v128, lo: f64, hi: f64): v128 {
  if (idof<R>() == idof<Unit>()) return v128.shuffle<i32>(magic64(a), magic64(b), 0, 2, 4, 6);
  return v128.shuffle<i64>(truncated64<R>(a, lo, hi), truncated64<R>(b, lo, hi), 0, 2);
}

// @ts-ignore: decorator
@inline
function magic64(x: v128): v128 {
  const y = f64x2.floor(f64x2.pmax(f64x2.splat(0), f64x2.mul(x, f64x2.splat(255))));
  return f64x2.add(y, f64x2.splat(6755399441055744));
}

// @ts-ignore: decorator
@inline
function truncated64<R>(x: v128, lo: f64, hi: f64): v128 {
  let y = x;
  if (idof<R>() == idof<Signed>()) y = f64x2.mul(f64x2.splat(127.5), f64x2.add(x, f64x2.splat(1)));
  else if (idof<R>() == idof<Linear>()) {
    y = f64x2.mul(f64x2.div(f64x2.sub(x, f64x2.splat(lo)), f64x2.splat(hi - lo)), f64x2.splat(255));
  }
  return i32x4.trunc_sat_f64x2_s_zero(y);
}

/** Sixteen integers saturated to bytes. */
// @ts-ignore: decorator
@inline
function clip16<T>(src: usize): v128 {
  const a = v128.load(src);
  if (sizeof<T>() == 1) return isSigned<T>() ? i8x16.max_s(a, i8x16.splat(0)) : a;
  const b = v128.load(src, 16);
  if (sizeof<T>() == 2) return i8x16.narrow_i16x8_u(below32768<T>(a), below32768<T>(b));
  const c = v128.load(src, 32);
  const d = v128.load(src, 48);
  if (sizeof<T>() == 4) return pack(below32768<T>(a), below32768<T>(b), below32768<T>(c), below32768<T>(d));
  return pack(
    byte64<T>(a, b),
    byte64<T>(c, d),
    byte64<T>(v128.load(src, 64), v128.load(src, 80)),
    byte64<T>(v128.load(src, 96), v128.load(src, 112)),
  );
}

// Narrowing reads its input as signed: large unsigned values would come out as 0.
// @ts-ignore: decorator
@inline
function below32768<T>(x: v128): v128 {
  return isSigned<T>() ? x : v128.min<T>(x, v128.splat<T>(255));
}

/** Four 64-bit integers saturated to 0 … 255, as i32x4. */
// @ts-ignore: decorator
@inline
function byte64<T>(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(saturated64<T>(a), saturated64<T>(b), 0, 2, 4, 6);
}

// @ts-ignore: decorator
@inline
function saturated64<T>(x: v128): v128 {
  const most = i64x2.splat(255);
  const negative = i64x2.shr_s(x, 63);
  const capped = v128.bitselect(most, x, i64x2.gt_s(x, most));
  return isSigned<T>() ? v128.andnot(capped, negative) : v128.bitselect(most, capped, negative);
}

/** Sixteen integers of -128 … 127 as i8x16. */
// @ts-ignore: decorator
@inline
function lowBytes16<T>(src: usize): v128 {
  const a = v128.load(src);
  if (sizeof<T>() == 1) return a;
  const b = v128.load(src, 16);
  if (sizeof<T>() == 2) return i8x16.narrow_i16x8_s(a, b);
  const c = v128.load(src, 32);
  const d = v128.load(src, 48);
  if (sizeof<T>() == 4) return i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
  const low = i16x8.narrow_i32x4_s(v128.shuffle<i32>(a, b, 0, 2, 4, 6), v128.shuffle<i32>(c, d, 0, 2, 4, 6));
  const e = v128.shuffle<i32>(v128.load(src, 64), v128.load(src, 80), 0, 2, 4, 6);
  const f = v128.shuffle<i32>(v128.load(src, 96), v128.load(src, 112), 0, 2, 4, 6);
  return i8x16.narrow_i16x8_s(low, i16x8.narrow_i32x4_s(e, f));
}

// `i32()` of a float saturates and takes NaN to 0.
// @ts-ignore: decorator
@inline
function clipped(x: f64): u8 {
  return <u8>max(0, min(255, i32(x)));
}

/** Rounded to the nearest float16, ties to even; for magnitudes below 65504. */
// @ts-ignore: decorator
@inline
function toFloat16(x: f64): f64 {
  const exponent = max(-14, <i32>((reinterpret<u64>(x) >> 52) & 2047) - 1023);
  const ulp = reinterpret<f64>(<u64>(exponent - 10 + 1023) << 52);
  return nearest(x / ulp) * ulp;
}
