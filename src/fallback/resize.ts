// assembly/pixels/resize.ts in JavaScript, over the same memory layout and with the same results.

export function resizeFallback(memory: ArrayBuffer) {
  const u8 = new Uint8Array(memory);
  const i32 = new Int32Array(memory);
  const f32 = new Float32Array(memory);
  const { fround } = Math;

  return {
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
  };
}
