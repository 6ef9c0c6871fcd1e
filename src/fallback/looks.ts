// assembly/looks.ts in JavaScript, over the same memory layout.

export function looksFallback(memory: ArrayBuffer) {
  const u8 = new Uint8Array(memory);
  const u16 = new Uint16Array(memory);
  const i32 = new Int32Array(memory);
  const f32 = new Float32Array(memory);
  const f64 = new Float64Array(memory);
  const { fround } = Math;

  return {
    multiplyAddF32(at: number, n: number, factors: number, terms: number): void {
      for (let i = 0, x = at >> 2; i < n; i++, x++) {
        f32[x] = fround(f32[x]! * f32[(factors >> 2) + (i % 12)]!) + f32[(terms >> 2) + (i % 12)]!;
      }
    },

    multiplyAddF64(at: number, n: number, factors: number, terms: number): void {
      for (let i = 0, x = at >> 3; i < n; i++, x++) {
        f64[x] = f64[x]! * f64[(factors >> 3) + (i % 12)]! + f64[(terms >> 3) + (i % 12)]!;
      }
    },

    colorize(src: number, n: number, dst: number, colours: number): void {
      for (const end = src + n; src < end; src++, dst += 3) {
        const at = colours + 4 * u8[src]!;
        u8[dst] = u8[at]!;
        u8[dst + 1] = u8[at + 1]!;
        u8[dst + 2] = u8[at + 2]!;
      }
    },

    blend(src: number, n: number, channels: number, dst: number, colour: number): void {
      for (; n > 0; n--, src += channels, dst += channels - 1) {
        const alpha = u8[src + channels - 1]!;
        for (let c = 0; c < channels - 1; c++) {
          const sum = u8[src + c]! * alpha + ((colour >> (8 * c)) & 255) * (255 - alpha) + 128;
          u8[dst + c] = (sum + (sum >> 8)) >> 8;
        }
      }
    },

    accumulate(src: number, stride: number, rows: number, n: number, weight: number, sums: number): void {
      for (let i = 0, at = sums >> 2; i < n; i++, at++) {
        let sum = 0;
        for (let row = 0, from = src + i; row < rows; row++, from += stride) sum += u8[from]!;
        f32[at] = f32[at]! + fround(weight * sum);
      }
    },

    accumulateAlpha(src: number, n: number, channels: number, weight: number, sums: number): void {
      for (let at = sums >> 2; n > 0; n--, src += channels, at += channels) {
        const alpha = u8[src + channels - 1]!;
        for (let c = 0; c < channels - 1; c++) f32[at + c] = f32[at + c]! + fround(weight * (u8[src + c]! * alpha));
        const last = at + channels - 1;
        f32[last] = f32[last]! + fround(weight * (alpha * 255));
      }
    },

    reduce(
      sums: number,
      spans: number,
      count: number,
      channels: number,
      scale: number,
      alpha: number,
      dst: number,
    ): void {
      const total = (i: number, c: number): number => {
        const span = (spans >> 2) + 4 * i;
        let at = (sums >> 2) + i32[span]! * channels + c;
        let sum = fround(f32[span + 2]! * f32[at]!);
        at += channels;
        for (let whole = i32[span + 1]!; whole > 0; whole--, at += channels) sum = fround(sum + f32[at]!);
        return fround(sum + fround(f32[span + 3]! * f32[at]!));
      };
      for (let i = 0; i < count; i++, dst += channels) {
        const opacity = alpha ? total(i, channels - 1) : 0;
        for (let c = 0; c < channels; c++) {
          let value: number;
          if (!alpha) value = fround(total(i, c) * scale);
          else if (opacity === 0) value = 0;
          else if (c === channels - 1) value = fround(fround(opacity * scale) / 255);
          else value = fround(fround(total(i, c) * 255) / opacity);
          u8[dst + c] = Math.min(255, fround(value + 0.5));
        }
      }
    },

    deepF32(src: number, n: number, dst: number, lo: number, hi: number): void {
      const low = fround(lo);
      const width = fround(fround(hi) - low);
      for (let i = 0; i < n; i++) {
        const x = fround(fround(fround(f32[(src >> 2) + i]! - low) / width) * 65535);
        u16[(dst >> 1) + i] = x > 65535 ? 65535 : x > 0 ? x : 0;
      }
    },
  };
}
