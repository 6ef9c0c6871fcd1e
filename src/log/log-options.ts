// The options of a run's methods, and their checks.
import { checkNames, checkOneOf, checkType } from "../options.ts";
import type { UpdateOptions } from "./dictionary.ts";

export interface LogOptions {
  /**
   * The row to add to, a whole number ≥ 0; default: the current one. A larger step closes the rows before it; a smaller
   * one is refused with a warning, as W&B's steps only grow.
   */
  readonly step?: number | undefined;
  /** Whether the row is then complete. Default: yes, unless `step` is given. */
  readonly commit?: boolean | undefined;
  /** A list of more than 108 images: "truncate" (default, W&B's) keeps the first 108 and warns; "error" refuses the call. */
  readonly onOverflow?: "truncate" | "error" | undefined;
}

const LOG_OPTIONS = ["step", "commit", "onOverflow"] as const satisfies readonly (keyof LogOptions)[];

/** @throws TypeError or RangeError that begins with `call` */
export function checkLogOptions(call: string, options: LogOptions): LogOptions {
  checkNames(call, options, LOG_OPTIONS, "{ step: 5 }");
  const { step, commit, onOverflow } = options;
  checkType(`${call}: step`, step, "number");
  if (step !== undefined && !(Number.isSafeInteger(step) && step >= 0)) {
    throw new RangeError(`${call}: step: expected a whole number ≥ 0; got ${step}`);
  }
  checkType(`${call}: commit`, commit, "boolean");
  checkOneOf(`${call}: onOverflow`, onOverflow, ["truncate", "error"]);
  return options;
}

/** @throws TypeError that begins with `call` */
export function checkUpdateOptions(
  call: string,
  options: UpdateOptions,
  known: readonly (keyof UpdateOptions)[],
): void {
  checkNames(call, options, known, "{ allowValChange: true }");
  checkType(`${call}: allowValChange`, options.allowValChange, "boolean");
}
