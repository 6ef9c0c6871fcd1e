// assembly/range.ts in JavaScript, over the same memory layout. One function a dtype: a loop shared between element
// kinds goes megamorphic in V8 and runs 18 times slower.

export function rangeTwins(memory: ArrayBuffer) {
  const f32 = new Float32Array(memory);
  const f64 = new Float64Array(memory);
  return {
    rangeF32(src: number, n: number, out: number): number {
      let min = Infinity;
      let max = -Infinity;
      let nan = 0;
      for (let i = src >> 2, end = i + n; i < end; i++) {
        const x = f32[i]!;
        if (x !== x) nan++;
        if (x < min) min = x;
        if (x > max) max = x;
      }
      f64[out >> 3] = min;
      f64[(out >> 3) + 1] = max;
      return nan;
    },
  };
}
