// What a pool is told, and its checks.
import type { HostAbortSignal } from "../host-types.ts";
import type { ImageOptions } from "../image/options.ts";
import { describe } from "../messages.ts";
import { checkInteger, checkNames, checkOneOf, checkType } from "../options.ts";

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
  readonly signal?: HostAbortSignal | undefined;
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
  checkNames("ImagePool", options, NAMES, "{ workers: 2 }");
  checkInteger("ImagePool: workers", options.workers, 1, 64);
  checkInteger("ImagePool: maxQueued", options.maxQueued, 0, 65536);
  checkOneOf("ImagePool: onFull", options.onFull, ["wait", "drop"]);
  const { signal } = options as { signal?: { addEventListener?: unknown } };
  if (signal !== undefined && typeof signal?.addEventListener !== "function") {
    throw new TypeError(`ImagePool: signal: expected an AbortSignal; got ${describe(signal)}`);
  }
}

/** @throws TypeError for anything but true and false */
export function checkTransfer(transfer: unknown): void {
  checkType("transfer", transfer, "boolean");
}
