// assembly/pixels/octree.ts in JavaScript, over the same memory layout and with the same results.

export function octreeFallback(memory: ArrayBuffer) {
  const u8 = new Uint8Array(memory);
  const u32 = new Uint32Array(memory);

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
    countColors(src: number, n: number, cells: number, clear: number): void {
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

    lookUpColors(src: number, n: number, table: number, clear: number, dst: number): void {
      for (let i = src >> 2, end = i + n; i < end; i++) {
        u8[dst++] = u8[table + cubeCell(withoutHidden(u32[i]!, clear))]!;
      }
    },
  };
}
