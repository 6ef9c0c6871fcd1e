// What a range scan of each dtype needs: min, max and the number of NaN, from which convert/normalize.ts takes W&B's rule.

/** Number of NaN among n float32 at src; min and max of the others go to out[0], out[1] (float64; +Inf, -Inf if none). */
export function rangeF32(src: usize, n: i32, out: usize): i32 {
  let min: f64 = Infinity;
  let max: f64 = -Infinity;
  let nan = 0;
  for (let i = 0; i < n; i++) {
    const x = <f64>load<f32>(src + (<usize>i << 2));
    if (x != x) nan++;
    if (x < min) min = x;
    if (x > max) max = x;
  }
  store<f64>(out, min);
  store<f64>(out, max, 8);
  return nan;
}
