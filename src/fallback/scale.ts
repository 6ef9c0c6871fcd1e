// assembly/array/scale.ts in JavaScript, over the same memory layout; one function a dtype (see range.ts).
import { float16 } from "./range.ts";

/** The rules as assembly/array/scale.ts numbers them. */
export const UNIT = 0;
export const SIGNED = 1;
export const CLIP = 2;
export const LINEAR = 3;

export function scaleFallback(memory: ArrayBuffer) {
  const u8 = new Uint8Array(memory);
  const i8 = new Int8Array(memory);
  const u16 = new Uint16Array(memory);
  const i16 = new Int16Array(memory);
  const u32 = new Uint32Array(memory);
  const i32 = new Int32Array(memory);
  const u64 = new BigUint64Array(memory);
  const i64 = new BigInt64Array(memory);
  const f32 = new Float32Array(memory);
  const f64 = new Float64Array(memory);
  const { fround } = Math;

  return {
    scaleF32(rule: number, src: number, n: number, dst: number, lo: number, hi: number): void {
      const from = src >> 2;
      const low = fround(lo);
      const width = fround(fround(hi) - low);
      if (rule === UNIT) for (let i = 0; i < n; i++) u8[dst + i] = fround(f32[from + i]! * 255);
      else if (rule === SIGNED) for (let i = 0; i < n; i++) u8[dst + i] = fround(127.5 * fround(f32[from + i]! + 1));
      else if (rule === CLIP) for (let i = 0; i < n; i++) u8[dst + i] = clip(f32[from + i]!);
      else
        for (let i = 0; i < n; i++) {
          u8[dst + i] = clip(fround(fround(fround(f32[from + i]! - low) / width) * 255));
        }
    },

    scaleF64(rule: number, src: number, n: number, dst: number, lo: number, hi: number): void {
      for (let i = 0, from = src >> 3; i < n; i++) u8[dst + i] = scaled(rule, f64[from + i]!, lo, hi);
    },

    scalePlanesF32(rule: number, src: number, plane: number, n: number, channels: number, dst: number): void {
      for (let c = 0; c < channels; c++) {
        const from = (src >> 2) + c * plane;
        if (rule === UNIT) for (let i = 0, to = dst + c; i < n; i++, to += channels) u8[to] = f32[from + i]! * 255;
        else if (rule === SIGNED) {
          for (let i = 0, to = dst + c; i < n; i++, to += channels) {
            u8[to] = fround(127.5 * fround(f32[from + i]! + 1));
          }
        } else for (let i = 0, to = dst + c; i < n; i++, to += channels) u8[to] = clip(f32[from + i]!);
      }
    },

    tableF16(rule: number, dst: number, lo: number, hi: number): void {
      for (let bits = 0; bits < 65536; bits++) {
        const x = (bits & 0x7fff) > 0x7c00 ? NaN : float16(bits);
        let y = 0;
        if (rule === UNIT) y = clip(toFloat16(x * 255));
        else if (rule === SIGNED) y = clip(toFloat16(127.5 * toFloat16(x + 1)));
        else y = scaled(rule, x, lo, hi);
        u8[dst + bits] = y;
      }
    },

    lookup16(src: number, n: number, dst: number, table: number): void {
      for (let i = 0, from = src >> 1; i < n; i++) u8[dst + i] = u8[table + u16[from + i]!]!;
    },

    scaleU8(rule: number, src: number, n: number, dst: number, lo: number, hi: number): void {
      if (rule === CLIP) u8.copyWithin(dst, src, src + n);
      else for (let i = 0; i < n; i++) u8[dst + i] = scaled(rule, u8[src + i]!, lo, hi);
    },

    scaleI8(rule: number, src: number, n: number, dst: number, lo: number, hi: number): void {
      for (let i = 0; i < n; i++) u8[dst + i] = scaled(rule, i8[src + i]!, lo, hi);
    },

    scaleU16(rule: number, src: number, n: number, dst: number, lo: number, hi: number): void {
      for (let i = 0, from = src >> 1; i < n; i++) u8[dst + i] = scaled(rule, u16[from + i]!, lo, hi);
    },

    scaleI16(rule: number, src: number, n: number, dst: number, lo: number, hi: number): void {
      for (let i = 0, from = src >> 1; i < n; i++) u8[dst + i] = scaled(rule, i16[from + i]!, lo, hi);
    },

    scaleU32(rule: number, src: number, n: number, dst: number, lo: number, hi: number): void {
      for (let i = 0, from = src >> 2; i < n; i++) u8[dst + i] = scaled(rule, u32[from + i]!, lo, hi);
    },

    scaleI32(rule: number, src: number, n: number, dst: number, lo: number, hi: number): void {
      for (let i = 0, from = src >> 2; i < n; i++) u8[dst + i] = scaled(rule, i32[from + i]!, lo, hi);
    },

    scaleU64(rule: number, src: number, n: number, dst: number, lo: number, hi: number): void {
      for (let i = 0, from = src >> 3; i < n; i++) u8[dst + i] = scaled(rule, Number(u64[from + i]!), lo, hi);
    },

    scaleI64(rule: number, src: number, n: number, dst: number, lo: number, hi: number): void {
      for (let i = 0, from = src >> 3; i < n; i++) u8[dst + i] = scaled(rule, Number(i64[from + i]!), lo, hi);
    },
  };
}

/** The rule in float64; a Uint8Array truncates the fraction and takes NaN to 0. */
function scaled(rule: number, x: number, lo: number, hi: number): number {
  if (rule === UNIT) return x * 255;
  if (rule === SIGNED) return 127.5 * (x + 1);
  return clip(rule === CLIP ? x : ((x - lo) / (hi - lo)) * 255);
}

function clip(x: number): number {
  return x > 255 ? 255 : x > 0 ? x : 0;
}

/** Rounded to the nearest float16, ties to even; for magnitudes below 65504. */
function toFloat16(x: number): number {
  const exponent = Math.max(-14, Math.floor(Math.log2(Math.abs(x))));
  const ulp = 2 ** (exponent - 10);
  const steps = Math.abs(x) / ulp;
  return Math.sign(x) * (steps + 2 ** 52 - 2 ** 52) * ulp;
}
