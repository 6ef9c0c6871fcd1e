// assembly/pixels/adjust.ts in JavaScript, over the same memory layout and with the same results.

export function adjustFallback(memory: ArrayBuffer) {
  const u8 = new Uint8Array(memory);

  return {
    colorize(src: number, n: number, dst: number, colors: number): void {
      for (const end = src + n; src < end; src++, dst += 3) {
        const at = colors + 4 * u8[src]!;
        u8[dst] = u8[at]!;
        u8[dst + 1] = u8[at + 1]!;
        u8[dst + 2] = u8[at + 2]!;
      }
    },

    blend(src: number, n: number, channels: number, dst: number, color: number): void {
      for (; n > 0; n--, src += channels, dst += channels - 1) {
        const alpha = u8[src + channels - 1]!;
        for (let c = 0; c < channels - 1; c++) {
          const sum = u8[src + c]! * alpha + ((color >> (8 * c)) & 255) * (255 - alpha) + 128;
          u8[dst + c] = (sum + (sum >> 8)) >> 8;
        }
      }
    },
  };
}
