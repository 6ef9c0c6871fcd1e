// assembly/array/affine.ts in JavaScript, over the same memory layout and with the same results.

export function affineFallback(memory: ArrayBuffer) {
  const u16 = new Uint16Array(memory);
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
