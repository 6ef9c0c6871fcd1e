// assembly/array/argmax.ts in JavaScript, over the same memory layout.

export function argmaxFallback(memory: ArrayBuffer) {
  const u8 = new Uint8Array(memory);
  const f32 = new Float32Array(memory);
  return {
    argmaxPlanesF32(src: number, plane: number, n: number, classes: number, dst: number): void {
      const step = plane >> 2;
      for (let i = src >> 2, end = i + n; i < end; i++) {
        let best = -Infinity;
        let index = 0;
        for (let c = 0, at = i; c < classes; c++, at += step) {
          const x = f32[at]!;
          if (x > best) {
            best = x;
            index = c;
          }
        }
        u8[dst++] = index;
      }
    },

    argmaxPixelsF32(src: number, n: number, classes: number, dst: number): void {
      for (let i = 0, at = src >> 2; i < n; i++) {
        let best = -Infinity;
        let index = 0;
        for (let c = 0; c < classes; c++) {
          const x = f32[at++]!;
          if (x > best) {
            best = x;
            index = c;
          }
        }
        u8[dst++] = index;
      }
    },
  };
}
