// assembly/array/range.ts in JavaScript, over the same memory layout. One function a dtype: a loop shared between element
// kinds goes megamorphic in V8 and runs 18 times slower.

export function rangeFallback(memory: ArrayBuffer) {
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

  function put(out: number, min: number, max: number): void {
    f64[out >> 3] = min;
    f64[(out >> 3) + 1] = max;
  }

  return {
    rangeF32(src: number, n: number, out: number): number {
      let min = Infinity;
      let max = -Infinity;
      let nan = 0;
      for (let i = src >> 2, end = i + n; i < end; i++) {
        const x = f32[i]!;
        if (Number.isNaN(x)) nan++;
        if (x < min) min = x;
        if (x > max) max = x;
      }
      put(out, min, max);
      return nan;
    },

    rangeF64(src: number, n: number, out: number): number {
      let min = Infinity;
      let max = -Infinity;
      let nan = 0;
      for (let i = src >> 3, end = i + n; i < end; i++) {
        const x = f64[i]!;
        if (Number.isNaN(x)) nan++;
        if (x < min) min = x;
        if (x > max) max = x;
      }
      put(out, min, max);
      return nan;
    },

    rangeF16(src: number, n: number, out: number): number {
      let min = 0x7fff;
      let max = -0x8000;
      let nan = 0;
      for (let i = src >> 1, end = i + n; i < end; i++) {
        const bits = i16[i]!;
        if ((bits & 0x7fff) > 0x7c00) {
          nan++;
          continue;
        }
        // Sign and magnitude → two's complement order.
        const key = bits ^ ((bits >> 31) & 0x7fff);
        if (key < min) min = key;
        if (key > max) max = key;
      }
      if (nan === n) put(out, Infinity, -Infinity);
      else put(out, float16(min ^ ((min >> 31) & 0x7fff)), float16(max ^ ((max >> 31) & 0x7fff)));
      return nan;
    },

    rangeU8(src: number, n: number, out: number): number {
      let min = Infinity;
      let max = -Infinity;
      for (let i = src, end = i + n; i < end; i++) {
        const x = u8[i]!;
        if (x < min) min = x;
        if (x > max) max = x;
      }
      put(out, min, max);
      return 0;
    },

    rangeI8(src: number, n: number, out: number): number {
      let min = Infinity;
      let max = -Infinity;
      for (let i = src, end = i + n; i < end; i++) {
        const x = i8[i]!;
        if (x < min) min = x;
        if (x > max) max = x;
      }
      put(out, min, max);
      return 0;
    },

    rangeU16(src: number, n: number, out: number): number {
      let min = Infinity;
      let max = -Infinity;
      for (let i = src >> 1, end = i + n; i < end; i++) {
        const x = u16[i]!;
        if (x < min) min = x;
        if (x > max) max = x;
      }
      put(out, min, max);
      return 0;
    },

    rangeI16(src: number, n: number, out: number): number {
      let min = Infinity;
      let max = -Infinity;
      for (let i = src >> 1, end = i + n; i < end; i++) {
        const x = i16[i]!;
        if (x < min) min = x;
        if (x > max) max = x;
      }
      put(out, min, max);
      return 0;
    },

    rangeU32(src: number, n: number, out: number): number {
      let min = Infinity;
      let max = -Infinity;
      for (let i = src >> 2, end = i + n; i < end; i++) {
        const x = u32[i]!;
        if (x < min) min = x;
        if (x > max) max = x;
      }
      put(out, min, max);
      return 0;
    },

    rangeI32(src: number, n: number, out: number): number {
      let min = Infinity;
      let max = -Infinity;
      for (let i = src >> 2, end = i + n; i < end; i++) {
        const x = i32[i]!;
        if (x < min) min = x;
        if (x > max) max = x;
      }
      put(out, min, max);
      return 0;
    },

    rangeU64(src: number, n: number, out: number): number {
      if (n === 0) {
        put(out, Infinity, -Infinity);
        return 0;
      }
      let min = u64[src >> 3]!;
      let max = min;
      for (let i = src >> 3, end = i + n; i < end; i++) {
        const x = u64[i]!;
        if (x < min) min = x;
        if (x > max) max = x;
      }
      put(out, Number(min), Number(max));
      return 0;
    },

    rangeI64(src: number, n: number, out: number): number {
      if (n === 0) {
        put(out, Infinity, -Infinity);
        return 0;
      }
      let min = i64[src >> 3]!;
      let max = min;
      for (let i = src >> 3, end = i + n; i < end; i++) {
        const x = i64[i]!;
        if (x < min) min = x;
        if (x > max) max = x;
      }
      put(out, Number(min), Number(max));
      return 0;
    },

    outsideF32(src: number, n: number, lo: number, hi: number): number {
      let count = 0;
      for (let i = src >> 2, end = i + n; i < end; i++) {
        const x = f32[i]!;
        if (x < lo || x > hi) count++;
      }
      return count;
    },

    outsideF64(src: number, n: number, lo: number, hi: number): number {
      let count = 0;
      for (let i = src >> 3, end = i + n; i < end; i++) {
        const x = f64[i]!;
        if (x < lo || x > hi) count++;
      }
      return count;
    },

    outsideU8(src: number, n: number, lo: number, hi: number): number {
      let count = 0;
      for (let i = src, end = i + n; i < end; i++) {
        const x = u8[i]!;
        if (x < lo || x > hi) count++;
      }
      return count;
    },

    outsideI8(src: number, n: number, lo: number, hi: number): number {
      let count = 0;
      for (let i = src, end = i + n; i < end; i++) {
        const x = i8[i]!;
        if (x < lo || x > hi) count++;
      }
      return count;
    },

    outsideU16(src: number, n: number, lo: number, hi: number): number {
      let count = 0;
      for (let i = src >> 1, end = i + n; i < end; i++) {
        const x = u16[i]!;
        if (x < lo || x > hi) count++;
      }
      return count;
    },

    outsideI16(src: number, n: number, lo: number, hi: number): number {
      let count = 0;
      for (let i = src >> 1, end = i + n; i < end; i++) {
        const x = i16[i]!;
        if (x < lo || x > hi) count++;
      }
      return count;
    },

    outsideU32(src: number, n: number, lo: number, hi: number): number {
      let count = 0;
      for (let i = src >> 2, end = i + n; i < end; i++) {
        const x = u32[i]!;
        if (x < lo || x > hi) count++;
      }
      return count;
    },

    outsideI32(src: number, n: number, lo: number, hi: number): number {
      let count = 0;
      for (let i = src >> 2, end = i + n; i < end; i++) {
        const x = i32[i]!;
        if (x < lo || x > hi) count++;
      }
      return count;
    },

    outsideU64(src: number, n: number, lo: number, hi: number): number {
      let count = 0;
      for (let i = src >> 3, end = i + n; i < end; i++) {
        const x = Number(u64[i]!);
        if (x < lo || x > hi) count++;
      }
      return count;
    },

    outsideI64(src: number, n: number, lo: number, hi: number): number {
      let count = 0;
      for (let i = src >> 3, end = i + n; i < end; i++) {
        const x = Number(i64[i]!);
        if (x < lo || x > hi) count++;
      }
      return count;
    },

    outsideF16(src: number, n: number, lo: number, hi: number): number {
      let count = 0;
      for (let i = src >> 1, end = i + n; i < end; i++) {
        const bits = u16[i]!;
        const x = (bits & 0x7fff) > 0x7c00 ? NaN : float16(bits);
        if (x < lo || x > hi) count++;
      }
      return count;
    },
  };
}

/** The value of a float16's 16 bits; not for NaN. */
export function float16(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const sign = (bits & 0x8000) !== 0 ? -1 : 1;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return sign * Infinity;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}
