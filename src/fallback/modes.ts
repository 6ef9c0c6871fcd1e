// assembly/modes.ts in JavaScript, over the same memory layout and with the same results.

/** Entries (i16) before and behind a row of dithering errors, as in assembly/modes.ts. */
const ERROR_MARGIN = 32;

export function modesFallback(memory: ArrayBuffer) {
  const u8 = new Uint8Array(memory);
  const i16 = new Int16Array(memory);
  const u32 = new Uint32Array(memory);

  /** A value with its sixteenths of the errors around it, divided as C divides, and clipped. */
  const diffused = (input: number, sixteenths: number) => {
    const v = input + ((sixteenths / 16) | 0);
    return v < 0 ? 0 : v > 255 ? 255 : v;
  };

  const webLevel = (v: number) => ((v >> 2) * 643 + 4096) >> 13;

  const cubeCell = (pixel: number) =>
    (((pixel >>> 5) & 7) << 10) | (((pixel >>> 12) & 15) << 6) | (((pixel >>> 21) & 7) << 3) | (pixel >>> 29);

  function withoutHidden(pixel: number, clear: number): number {
    if (pixel >>> 24) return pixel;
    if (!u32[clear >> 2]) {
      u32[clear >> 2] = 1;
      u32[(clear >> 2) + 1] = pixel;
    }
    return u32[(clear >> 2) + 1]!;
  }

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

    ditherBilevel(src: number, width: number, rows: number, dst: number, errors: number, _block: number): void {
      for (const above = (errors >> 1) + ERROR_MARGIN; rows > 0; rows--) {
        let error = 0;
        let left = 0;
        for (let x = above, end = above + width; x < end; x++) {
          const straight = i16[x]!;
          const v = diffused(u8[src++]!, 7 * error + 3 * i16[x + 1]! + 5 * straight + left);
          left = straight;
          const drawn = v > 128 ? 255 : 0;
          u8[dst++] = drawn;
          i16[x] = error = v - drawn;
        }
      }
    },

    ditherWeb(
      src: number,
      plane: number,
      width: number,
      rows: number,
      dst: number,
      errors: number,
      _block: number,
    ): void {
      const errorRow = 2 * ERROR_MARGIN + width;
      for (let y = 0; y < rows; y++) {
        for (let c = 0, scale = 1; c < 3; c++, scale *= 6) {
          const above = (errors >> 1) + ERROR_MARGIN + c * errorRow;
          const from = src + c * plane + y * width;
          const to = dst + y * width;
          let error = 0;
          let left = 0;
          for (let x = 0; x < width; x++) {
            const straight = i16[above + x]!;
            let fromAbove = 3 * i16[above + x + 1]! + 5 * straight + left;
            if (x === width - 1) {
              // Pillow ends a row of errors with b0, b1, b2 where r0, g0, b0 are due: the last column takes all from blue.
              const blue = above + (2 - c) * errorRow + x;
              fromAbove = c === 0 ? 5 * i16[blue]! + (x === 0 ? 0 : i16[blue - 1]!) : i16[blue]!;
            }
            const v = diffused(u8[from + x]!, 7 * error + fromAbove);
            left = straight;
            const level = webLevel(v);
            i16[above + x] = error = v - 51 * level;
            u8[to + x] = level * scale + (c === 0 ? 0 : u8[to + x]!);
          }
        }
        for (let i = dst + y * width, end = i + width; i < end; i++) if (u8[i] !== 0) u8[i] = u8[i]! + 10;
      }
    },

    countColours(src: number, n: number, cells: number, clear: number): void {
      for (let i = src >> 2, end = i + n; i < end; i++) {
        const pixel = withoutHidden(u32[i]!, clear);
        const cell = (cells >> 2) + (cubeCell(pixel) << 3);
        u32[cell] = u32[cell]! + (pixel & 255);
        u32[cell + 1] = u32[cell + 1]! + ((pixel >>> 8) & 255);
        u32[cell + 2] = u32[cell + 2]! + ((pixel >>> 16) & 255);
        u32[cell + 3] = u32[cell + 3]! + (pixel >>> 24);
        u32[cell + 4] = u32[cell + 4]! + 1;
      }
    },

    lookUpColours(src: number, n: number, table: number, clear: number, dst: number): void {
      for (let i = src >> 2, end = i + n; i < end; i++) {
        u8[dst++] = u8[table + cubeCell(withoutHidden(u32[i]!, clear))]!;
      }
    },
  };
}
