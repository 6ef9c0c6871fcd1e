// Which rule takes an array's values to 0 … 255.
//
// W&B's rule: all values in [0,1] → x · 255; else all in [-1,1] → 127.5 · (x + 1); else clip to [0,255]; truncated. NaN is
// left out of the test and drawn as 0.
import { BYTES_PER_ELEMENT, type Dtype } from "../dtype.ts";
import { LINEAR } from "../fallback/scale.ts";
import type { Frame } from "../frame.ts";
import { kernels } from "../kernels.ts";
import { describe, shown } from "../messages.ts";
import { checkOneOf, checkType } from "../options.ts";
import { CLIPPED, type Decision, decisionFor, SIGNED_UNIT, UNIT_INTERVAL } from "./decision.ts";
import { checkDenormalize, type Denormalize } from "./denormalize.ts";
import { TileReader } from "./tiles.ts";
import { ValueStats } from "./value-stats.ts";
import { exactExtremes, isBeyondNumbers, reachOf } from "./wide-range.ts";

/** How values become 0 … 255. */
export type Range = "auto" | "unit" | "signed" | "byte" | "minmax" | "dtype" | readonly [lo: number, hi: number];

const RANGES: readonly unknown[] = ["auto", "unit", "signed", "byte", "minmax", "dtype"] satisfies Range[];

/** How the values of an array become 0 to 255. */
export interface ValueOptions {
  /** false: values are clipped to [0, 255] and truncated instead of scaled. Default true, W&B's range rule. */
  readonly normalize?: boolean | undefined;
  /**
   * What becomes 0 to 255, values outside it clipped: "auto" (W&B's rule, the default), "unit" [0, 1], "signed" [-1, 1],
   * "byte" [0, 255], "minmax" from the smallest to the largest value, [lo, hi], or "dtype": integers by their type's top
   * 8 bits, floats as "unit". Not together with `normalize: false`.
   */
  readonly range?: Range | undefined;
  /**
   * Undoes a network's normalization, (x − mean) / std by channel, before anything else: x · std + mean, then taken as
   * [0, 1] unless `range` says otherwise. float32 and float64.
   */
  readonly denormalize?: Denormalize | undefined;
  /**
   * 16 keeps 16 bits of an array (PNG only): depth maps, microscopes. Integers are clipped to 0 … 65535 (uint8 stretched to it),
   * floats of [0, 1] or [-1, 1] scaled to it, or whatever `range` says. 1 or 3 channels. Default 8.
   */
  readonly bitDepth?: 8 | 16 | undefined;
}

export const VALUE_OPTIONS = [
  "normalize",
  "range",
  "denormalize",
  "bitDepth",
] as const satisfies readonly (keyof ValueOptions)[];

/** @throws TypeError, RangeError for an option of the wrong kind or value, and for a range together with `normalize: false` */
export function checkValueOptions({ normalize, range, denormalize, bitDepth }: ValueOptions): void {
  checkType("normalize", normalize, "boolean");
  checkOneOf("bitDepth", bitDepth, [8, 16]);
  checkDenormalize(denormalize);
  if (range === undefined) return;
  if (normalize === false) {
    throw new TypeError(
      "range: expected none together with normalize: false, which scales nothing; leave one of them out",
    );
  }
  if (Array.isArray(range)) {
    const [lo, hi] = range;
    if (range.length !== 2 || typeof lo !== "number" || typeof hi !== "number") {
      throw new TypeError(`range: expected two numbers [lo, hi]; got ${shown(range)}`);
    }
    if (!(lo < hi && hi - lo < Infinity)) throw new RangeError(`range: expected finite lo < hi; got [${lo}, ${hi}]`);
  } else if (!RANGES.includes(range)) {
    throw new TypeError(
      `range: expected "auto", "unit", "signed", "byte", "minmax", "dtype" or [lo, hi]; got ${describe(range)}`,
    );
  }
}

/** One decision for all frames (of one dtype), from all of their values. To be called inside `scratch`. */
export function decideRange(
  frames: readonly Frame[],
  range: Range | undefined = undefined,
  denormalize: Denormalize | undefined = undefined,
): Decision {
  range ??= denormalize === undefined ? "auto" : "unit";
  const { dtype } = frames[0]!;
  // float16 rounds at each step, in a table that also clips; elsewhere a given range may have values outside it, which
  // UNIT and SIGNED do not clip, and LINEAR has the same results.
  const half = dtype === "float16";
  if (range === "byte") return CLIPPED;
  if (range === "unit") return half ? UNIT_INTERVAL : { ...UNIT_INTERVAL, arithmetic: LINEAR };
  if (range === "signed") return half ? SIGNED_UNIT : { ...SIGNED_UNIT, arithmetic: LINEAR };
  if (range === "dtype") return rangeOfDtype(dtype);
  if (Array.isArray(range)) return linear("range", frames[0]!, range[0], range[1]);
  if (range === "auto") return decisionFor(statsOf(frames, denormalize, (stats) => decisionFor(stats) === CLIPPED));
  return stretched(frames, denormalize);
}

function linear(rule: Decision["rule"], frame: Frame, lo: number, hi: number): Decision {
  const reach = reachOf(frame, lo, hi);
  if (reach === undefined) return { rule, arithmetic: LINEAR, lo, hi };
  return { rule, arithmetic: LINEAR, lo: lo * reach.factor, hi: hi * reach.factor, reach };
}

/** From the smallest to the largest value; NaN and infinities are left out. */
function stretched(frames: readonly Frame[], denormalize: Denormalize | undefined): Decision {
  let { min, max } = statsOf(frames, denormalize);
  if (min === -Infinity || max === Infinity) {
    ({ min, max } = statsOf(frames, denormalize, undefined, (tiles, tile, rows, stats) =>
      tiles.scanFinite(tile, rows, stats),
    ));
  }
  if (min > max) return linear("minmax", frames[0]!, 0, 1);
  if (!isBeyondNumbers(frames[0]!, min, max)) return linear("minmax", frames[0]!, min, max);
  const exact = exactExtremes(frames);
  const hi = Number(exact.max - exact.min);
  return { rule: "minmax", arithmetic: LINEAR, lo: 0, hi, reach: { base: exact.min, factor: 1 } };
}

/** What the values of all frames are, read until the answer is settled. */
function statsOf(
  frames: readonly Frame[],
  denormalize: Denormalize | undefined,
  isSettled: (stats: ValueStats) => boolean = () => false,
  scan: (tiles: TileReader, tile: number, rows: number, stats: ValueStats) => void = (tiles, ...args) =>
    tiles.scan(...args),
): ValueStats {
  const stats = new ValueStats();
  for (const frame of frames) {
    kernels().scratch(() => {
      const tiles = new TileReader(frame, denormalize);
      for (let y = 0; y < frame.height && !isSettled(stats); y += tiles.rows) {
        const rows = Math.min(tiles.rows, frame.height - y);
        scan(tiles, tiles.load(y, rows, null), rows, stats);
      }
    });
  }
  return stats;
}

/** Integers by their top 8 bits: steps of equal width, black at the smallest value that the type holds. */
function rangeOfDtype(dtype: Dtype): Decision {
  const bits = 8 * BYTES_PER_ELEMENT[dtype];
  const integer = dtype.includes("int");
  const lo = dtype.startsWith("int") ? -(2 ** (bits - 1)) : 0;
  return { rule: "dtype", arithmetic: LINEAR, lo, hi: integer ? lo + 255 * 2 ** (bits - 8) : 1 };
}

/** As `decideRange`, for 65536 levels: what 8 bits would clip to [0,255] may use them all. */
export function decideRange16(
  frame: Frame,
  range: Range | undefined,
  denormalize: Denormalize | undefined,
  shared: Decision | undefined,
): Decision {
  const { dtype } = frame;
  const integer = dtype.includes("int");
  const words: Decision = { rule: "clip", arithmetic: LINEAR, lo: 0, hi: dtype === "uint8" ? 255 : 65535 };
  if (range === "byte" || (integer && (range ?? "auto") === "auto" && denormalize === undefined)) return words;
  const decision = shared ?? decideRange([frame], range, denormalize);
  if (decision.rule === "clip") return words;
  const { lo, hi } = decision;
  // 65535 of 65536 equal steps of an integer type, where 8 bits take 255 of 256.
  return decision.rule === "dtype" && integer && dtype !== "uint8" && dtype !== "int8"
    ? { ...decision, hi: lo + ((hi - lo) / 255 / 256) * 65535 }
    : decision;
}
