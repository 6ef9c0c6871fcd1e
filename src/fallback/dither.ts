// assembly/pixels/dither.ts in JavaScript, over the same memory layout and with the same results.

/** Entries (i16) before and behind a row of dithering errors, as in assembly/pixels/dither.ts. */
export const ERROR_MARGIN = 32;

export function ditherFallback(memory: ArrayBuffer) {
  const u8 = new Uint8Array(memory);
  const i16 = new Int16Array(memory);

  /** A value with its sixteenths of the errors around it, divided as C divides, and clipped. */
  const diffused = (input: number, sixteenths: number) => {
    const v = input + ((sixteenths / 16) | 0);
    return v < 0 ? 0 : v > 255 ? 255 : v;
  };

  const webLevel = (v: number) => ((v >> 2) * 643 + 4096) >> 13;

  return {
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
  };
}
