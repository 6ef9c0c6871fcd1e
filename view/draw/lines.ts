// Lines of several runs on one row of steps, as uPlot takes them.
import type { ScalarLine } from "../../src/view/api.ts";

export interface Joined {
  readonly runs: readonly string[];
  readonly steps: readonly number[];
  readonly low: readonly (number | null)[][];
  readonly high: readonly (number | null)[][];
  /** The last values, in words. */
  readonly last: string;
}

export function joined(lines: readonly { readonly run: string; readonly line: ScalarLine }[]): Joined {
  const steps = [...new Set(lines.flatMap(({ line }) => line.steps))].sort((a, b) => a - b);
  const places = new Map(steps.map((step, i) => [step, i]));
  const spread = (line: ScalarLine, values: readonly (number | null)[]) => {
    const row = new Array<number | null>(steps.length).fill(null);
    for (const [i, step] of line.steps.entries()) row[places.get(step)!] = values[i] ?? null;
    return row;
  };
  return {
    runs: lines.map(({ run }) => run),
    steps,
    low: lines.map(({ line }) => spread(line, line.low)),
    high: lines.map(({ line }) => spread(line, line.high)),
    last: lines.map(({ line }) => valueText(line.high.at(-1) ?? null)).join("  "),
  };
}

/** Each run's value at the `i`-th step, or the last ones where the pointer is elsewhere. */
export function textAt({ steps, high, last }: Joined, i: number | null): string {
  const step = i === null ? undefined : steps[i];
  if (i === null || step === undefined) return last;
  return `step ${step}: ${high.map((values) => (values[i] === null ? "–" : valueText(values[i] ?? null))).join("  ")}`;
}

export function valueText(value: number | null): string {
  if (value === null) return "NaN";
  return Number.isInteger(value) && Math.abs(value) < 1e9 ? String(value) : String(Number(value.toPrecision(5)));
}

/** The exponential moving average of W&B and TensorBoard, debiased: its first values count as much as they should. */
export function smooth(values: readonly (number | null)[], weight: number): (number | null)[] {
  if (weight <= 0) return [...values];
  let sum = 0;
  let total = 0;
  return values.map((value) => {
    if (value === null) return null;
    sum = sum * weight + value * (1 - weight);
    total = total * weight + (1 - weight);
    return sum / total;
  });
}
