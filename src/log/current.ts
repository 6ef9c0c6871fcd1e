// The run that the module's own `log`, `finish`, `run`, `config` and `summary` act on: the last one begun, as in Python.
import { shared } from "../shared.ts";
import type { Dictionary } from "./dictionary.ts";
import type { LogOptions } from "./log-options.ts";
import type { AsyncLogData, LogData } from "./loggable.ts";
import type { Run } from "./run.ts";

/** Shared by all copies of this package in a program. */
interface Current {
  run: Run | null;
  /** Each sets the `run` of one copy. */
  readonly observers: Set<(run: Run | null) => void>;
}

const current = shared<Current>("current-run 1", () => ({ run: null, observers: new Set() }));

/** The last run begun; null before the first `init`, and once that run has finished. `import * as wandb` shows it as `wandb.run`. */
export let run: Run | null = current.run;

current.observers.add((next) => {
  run = next;
});

function setCurrentRun(next: Run | null): void {
  current.run = next;
  for (const observe of current.observers) observe(next);
}

/** Makes `begun` the current run. */
export function enter<R extends Run>(begun: R): R {
  setCurrentRun(begun);
  return begun;
}

/** What a run that has finished calls. */
export function leave(finished: Run): void {
  if (current.run === finished) setCurrentRun(null);
}

function currentRun(call: string): Run {
  if (current.run !== null) return current.run;
  // W&B's words.
  throw Object.assign(new Error(`You must call init() before ${call}`), { code: "no-run" });
}

/**
 * `run.log` of the last run begun.
 * @throws what `run.log` throws; Error with the code "no-run" where no run is open
 */
export function log<Data extends object>(data: LogData<Data>, options?: LogOptions): void {
  currentRun("log()").log(data, options);
}

/**
 * `run.logAsync` of the last run begun.
 * @returns rejects as `run.logAsync` does; with an Error with the code "no-run" where no run is open
 */
export async function logAsync<Data extends object>(data: AsyncLogData<Data>, options?: LogOptions): Promise<void> {
  await currentRun("logAsync()").logAsync(data, options);
}

/** `run.finish` of the last run begun; nothing where no run is open. */
export async function finish(exitCode?: number): Promise<void> {
  await current.run?.finish(exitCode);
}

/** `run.config` of the last run begun. @throws Error with the code "no-run" where no run is open */
export const config: Dictionary = forward("config");

/** `run.summary` of the last run begun. @throws Error with the code "no-run" where no run is open */
export const summary: Dictionary = forward("summary");

function forward(name: "config" | "summary"): Dictionary {
  const target = () => currentRun(`using ${name}`)[name];
  return new Proxy(Object.create(null) as Dictionary, {
    get: (_, key) => Reflect.get(target(), key),
    has: (_, key) => Reflect.has(target(), key),
    set: (_, key, value) => Reflect.set(target(), key, value),
    defineProperty: () => false,
    deleteProperty: () => false,
    ownKeys: () => Reflect.ownKeys(target()),
    getOwnPropertyDescriptor: (_, key) => Reflect.getOwnPropertyDescriptor(target(), key),
  });
}
