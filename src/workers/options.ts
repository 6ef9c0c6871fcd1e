// What a pool is told, and its checks.
import type { ImageOptions } from "../image/options.ts";
import { describe } from "../messages.ts";
import { checkOptionNames } from "../option-names.ts";

export interface PoolOptions {
  /** Threads, 1 to 64. Default: one fewer than the machine's cores, which leaves one to the program; at least 1. */
  readonly workers?: number | undefined;
  /** Frames that may wait while all workers are busy, 0 to 65536; each holds a copy of its pixels. Default: twice the workers. */
  readonly maxQueued?: number | undefined;
  /**
   * What happens to a frame that finds the queue full. "wait" (default): it is read when a place is free, and must not change before;
   * `await pool.image(…)` is the way to slow down. "drop": its promise rejects at once with `code: "frame-dropped"`.
   */
  readonly onFull?: "wait" | "drop" | undefined;
  /** Ends the pool at once: every frame that is not done rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface PoolImageOptions extends ImageOptions {
  /**
   * Moves the memory of the input's arrays to the worker instead of copying it: they are empty afterwards, as after `postMessage`.
   * Default false. Shared memory is always read in place and must not change until the promise settles.
   */
  readonly transfer?: boolean | undefined;
}

const NAMES = ["workers", "maxQueued", "onFull", "signal"] as const satisfies readonly (keyof PoolOptions)[];

export function checkPoolOptions(options: PoolOptions): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`ImagePool: options: expected an object such as { workers: 2 }; got ${describe(options)}`);
  }
  checkOptionNames("ImagePool", options, NAMES);
  const { workers, maxQueued, onFull, signal } = options;
  checkCount("workers", workers, 1, 64);
  checkCount("maxQueued", maxQueued, 0, 65536);
  if (onFull !== undefined && onFull !== "wait" && onFull !== "drop") {
    throw new RangeError(`ImagePool: onFull: expected "wait" or "drop"; got ${describe(onFull)}`);
  }
  if (signal !== undefined && typeof signal?.addEventListener !== "function") {
    throw new TypeError(`ImagePool: signal: expected an AbortSignal; got ${describe(signal)}`);
  }
}

function checkCount(name: string, count: number | undefined, min: number, max: number): void {
  if (count === undefined || (Number.isInteger(count) && count >= min && count <= max)) return;
  const words = `ImagePool: ${name}: expected a whole number from ${min} to ${max}; got ${describe(count)}`;
  throw typeof count === "number" ? new RangeError(words) : new TypeError(words);
}

/** @throws TypeError for anything but true and false */
export function checkTransfer(transfer: unknown): asserts transfer is boolean {
  if (typeof transfer === "boolean") return;
  throw new TypeError(`transfer: expected true or false; got ${describe(transfer)}`);
}
