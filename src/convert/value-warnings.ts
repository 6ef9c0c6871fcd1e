// The warnings that an array's values call for.
import type { Frame } from "../frame.ts";
import { type OnWarning, warn } from "../warnings.ts";
import type { Decision } from "./decision.ts";
import type { ValueStats } from "./value-stats.ts";
import { backFromReach } from "./wide-range.ts";

/** @param raw whether `normalize: false` was given */
export function warnAboutValues(
  frame: Frame,
  stats: ValueStats,
  decision: Decision,
  raw: boolean,
  bitDepth: 8 | 16,
  onWarning: OnWarning | undefined,
): void {
  const { min, max, nan, clipped } = stats;
  const white = 2 ** bitDepth - 1;
  const total = frame.height * frame.width * frame.channels;
  const { reach } = decision;
  const asGiven = (value: number) => (reach === undefined ? value : backFromReach(value, reach));
  const from = () => `${shown(asGiven(min), frame)} to ${shown(asGiven(max), frame)}`;
  if (nan > 0) {
    warn(
      "nan",
      `${nan} of ${total} values are NaN; they are left out of the range and drawn as 0 (black). ` +
        "Replace them before logging to choose another value.",
      onWarning,
    );
  }
  const nearlyBlack = frame.dtype.startsWith("float") && decision.rule === "clip" && min >= -2 && max > 0 && max <= 2;
  if (nearlyBlack) {
    const why = raw
      ? `normalize: false takes values as 0 to 255, and these are ${from()}`
      : `values ${from()} fit neither [0, 1] nor [-1, 1], so they were taken as 0 to 255`;
    const remedy = raw
      ? "Leave normalize out, or multiply the values by 255."
      : `Pass range: "${min < -0.5 ? "signed" : "unit"}", or clamp them before logging.`;
    warn("almost-black", `${why}: the image is nearly black. ${remedy}`, onWarning);
  } else if (clipped > 0 && decision.rule === "minmax") {
    warn(
      "infinite",
      `${clipped} of ${total} values are infinite; they are left out of the range and drawn as 0 or ${white}. ` +
        "Replace them before logging to choose another value.",
      onWarning,
    );
  } else if (clipped > 0) {
    warn(
      "clipped",
      `${clipped} of ${total} values lie outside [${asGiven(decision.lo)}, ${asGiven(decision.hi)}] (they are ${from()}) and were clipped. ` +
        `Scale them to [0, 1] or to 0 to ${white} before logging, or pass range: "minmax" or range: [lo, hi].`,
      onWarning,
    );
  }
}

/** As numpy prints it: the fewest digits that give the same float32 (a float64 is a JavaScript number as it is). */
function shown(value: number, { dtype }: Frame): string {
  for (let digits = 1; dtype !== "float64" && digits < 10; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(value);
}
