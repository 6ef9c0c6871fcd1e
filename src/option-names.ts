// Names of options: an unknown one is refused, with the name that was probably meant.
import { describe, quoted, tagOf, withCode } from "./messages.ts";

/**
 * @param where the call, which the error begins with: "init", "run.log"
 * @throws TypeError where the options are no object; naming the first unknown one
 */
export function checkOptionNames(where: string, options: unknown, known: readonly string[], example = ""): void {
  // A Map's entries and a list's items are no options; without names they would be ignored in silence.
  if (typeof options !== "object" || options === null || tagOf(options) !== "Object") {
    const such = example === "" ? "" : ` such as ${example}`;
    throw new TypeError(`${where}: options: expected an object${such}; got ${describe(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const meant = known.find((option) => normal(option) === normal(name)) ?? nearest(name, known);
    const hint = meant === undefined ? `expected ${known.join(", ") || "none"}` : `did you mean ${meant}?`;
    throw withCode(new TypeError(`${where}: unknown option ${quoted(name)}; ${hint}`), "unknown-option");
  }
}

/** `job_type`, `jobType`, `JobType` and `job-type` are one name. */
function normal(name: string): string {
  return name.replace(/[_-]/g, "").toLowerCase();
}

/** The name that at most two typing errors were made in, one in a short name. */
function nearest(name: string, known: readonly string[]): string | undefined {
  let [best, least] = [undefined as string | undefined, name.length > 4 ? 2 : 1];
  for (const option of known) {
    const errors = editDistance(normal(name), normal(option), least);
    if (errors <= least && (best === undefined || errors < least)) [best, least] = [option, errors];
  }
  return best;
}

/** Levenshtein's distance, with the exchange of two neighbors as one error; more than `limit` is `limit` + 1. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let [before, row]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      let errors = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        errors = Math.min(errors, before[j - 2]! + 1);
      next.push(errors);
    }
    [before, row] = [row, next];
  }
  return Math.min(row[b.length]!, limit + 1);
}
