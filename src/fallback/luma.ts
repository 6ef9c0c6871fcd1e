// assembly/pixels/luma.ts in JavaScript, over the same memory layout and with the same results.

export function lumaFallback(memory: ArrayBuffer) {
  const u8 = new Uint8Array(memory);
  const i16 = new Int16Array(memory);

  return {
    remap(src: number, n: number, inBytes: number, dst: number, outBytes: number, map: number): void {
      for (let i = 0; i < n; i++, src += inBytes, dst += outBytes) {
        for (let k = 0; k < outBytes; k++) {
          const from = u8[map + k]!;
          u8[dst + k] = (from < 16 ? u8[src + from]! : 0) ^ u8[map + 16 + k]!;
        }
      }
    },

    luma(src: number, channels: number, n: number, dst: number): void {
      for (let i = 0; i < n; i++, src += channels) {
        u8[dst + i] = (u8[src]! * 19595 + u8[src + 1]! * 38470 + u8[src + 2]! * 7471 + 0x8000) >> 16;
      }
    },

    lumaAlpha(src: number, n: number, dst: number): void {
      for (let i = 0; i < n; i++, src += 4, dst += 2) {
        u8[dst] = (u8[src]! * 19595 + u8[src + 1]! * 38470 + u8[src + 2]! * 7471 + 0x8000) >> 16;
        u8[dst + 1] = u8[src + 3]!;
      }
    },

    lumaTruncated(src: number, channels: number, n: number, dst: number): void {
      for (let i = 0; i < n; i++, src += channels) {
        u8[dst + i] = (u8[src]! * 299 + u8[src + 1]! * 587 + u8[src + 2]! * 114) / 1000;
      }
    },

    yCbCr(src: number, channels: number, n: number, dst: number, table: number): void {
      for (let i = 0; i < n; i++, src += channels, dst += 3) {
        const r = (table >> 1) + (u8[src]! << 2);
        const g = (table >> 1) + (u8[src + 1]! << 2) + 1024;
        const b = (table >> 1) + (u8[src + 2]! << 2) + 2048;
        u8[dst] = (i16[r]! + i16[g]! + i16[b]!) >> 6;
        u8[dst + 1] = (i16[r + 1]! + i16[g + 1]! + i16[b + 1]!) >> 6;
        u8[dst + 2] = (i16[r + 2]! + i16[g + 2]! + i16[b + 2]!) >> 6;
      }
    },
  };
}
