// assembly/array/layout.ts in JavaScript, over the same memory layout.

export function layoutFallback(memory: ArrayBuffer) {
  const u8 = new Uint8Array(memory);
  return {
    interleave(src: number, plane: number, n: number, channels: number, dst: number): void {
      for (let c = 0; c < channels; c++) {
        const from = src + c * plane;
        for (let i = 0, to = dst + c; i < n; i++, to += channels) u8[to] = u8[from + i]!;
      }
    },

    deinterleave(src: number, n: number, channels: number, dst: number, plane: number): void {
      for (let c = 0; c < channels; c++) {
        const to = dst + c * plane;
        for (let i = 0, from = src + c; i < n; i++, from += channels) u8[to + i] = u8[from]!;
      }
    },

    lowestAlpha(src: number, n: number, channels: number): number {
      let lowest = 255;
      for (let i = 0, at = src + channels - 1; i < n; i++, at += channels) lowest = Math.min(lowest, u8[at]!);
      return lowest;
    },
  };
}
