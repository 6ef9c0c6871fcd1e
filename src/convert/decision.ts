// How the values of an array become bytes: one rule for all of them.
import { CLIP, SIGNED, UNIT } from "../fallback/scale.ts";
import type { Reach } from "./wide-range.ts";

/** How values become bytes, settled before any byte is made. */
export interface Decision {
  readonly rule: "unit" | "signed" | "clip" | "minmax" | "range" | "dtype";
  /** The rule as the kernels number it (assembly/array/scale.ts). */
  readonly arithmetic: number;
  /** Values that become 0 and 255. */
  readonly lo: number;
  readonly hi: number;
  /** What is done to the values first, where their dtype cannot hold hi − lo; lo and hi are such values. */
  readonly reach?: Reach | undefined;
}

export const CLIPPED: Decision = { rule: "clip", arithmetic: CLIP, lo: 0, hi: 255 };
export const UNIT_INTERVAL: Decision = { rule: "unit", arithmetic: UNIT, lo: 0, hi: 1 };
export const SIGNED_UNIT: Decision = { rule: "signed", arithmetic: SIGNED, lo: -1, hi: 1 };

/** W&B's rule, from the values seen. */
export function decisionFor({ min, max }: { readonly min: number; readonly max: number }): Decision {
  if (min < -1 || max > 1) return CLIPPED;
  return min < 0 ? SIGNED_UNIT : UNIT_INTERVAL;
}
