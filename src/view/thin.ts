// A line of numbers for a chart some pixels wide.
import type { ScalarLine } from "./api.ts";

/** At most `width` buckets, each with its first step, least and greatest value: what a chart shows is not lost. */
export function thinned(steps: ArrayLike<number>, values: ArrayLike<number | null>, width: number): ScalarLine {
  const perBucket = Math.max(1, Math.ceil(values.length / Math.max(1, width)));
  const line = { steps: [] as number[], low: [] as (number | null)[], high: [] as (number | null)[] };
  for (let i = 0; i < values.length; i += perBucket) {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let k = i; k < Math.min(values.length, i + perBucket); k++) {
      const value = values[k] ?? Number.NaN;
      if (!Number.isFinite(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    const step = steps[i]!;
    // Of two values at one step the later counts.
    if (step === line.steps.at(-1)) for (const list of [line.steps, line.low, line.high]) list.pop();
    line.steps.push(step);
    line.low.push(low <= high ? low : null);
    line.high.push(low <= high ? high : null);
  }
  return line;
}
