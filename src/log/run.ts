// A run: what to log at which step, and what W&B's rules make of it. The writing is writer.ts's, the place store.ts's.
import type { HostAsyncDisposable } from "../host-types.ts";
import type { ClassLabels, MediaRun } from "../image/media-run.ts";
import { warn } from "../warnings.ts";
import type { RunConsole } from "./console.ts";
import { shellQuote } from "./console.ts";
import type { Dictionary, UpdateOptions } from "./dictionary.ts";
import { dictionary } from "./dictionary.ts";
import type { LogData } from "./loggable.ts";
import type { Leaf } from "./records.ts";
import type { Settings } from "./settings.ts";
import { checkConfig } from "./settings.ts";
import type { Store } from "./store.ts";
import type { Fields } from "./values.ts";
import { jsonText, mediaOf, merge, refuseOverflow, snapshot, withoutNulls } from "./values.ts";
import { RunWriter } from "./writer.ts";

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

/**
 * What a run needs of the program around it.
 * @internal
 */
export interface Surroundings {
  readonly console: RunConsole;
  readonly host: string | undefined;
  /** Has `close` called if the program ends before the run does; the function returned takes that back. */
  untilEnd(close: (exitCode: number) => void): () => void;
}

/** `await using run = init(…)` finishes it. */
export interface Run extends HostAsyncDisposable {}

/** Made by `init`. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the method is there, under a name that only newer libs know
export class Run implements MediaRun {
  readonly id: string;
  readonly project: string | undefined;
  readonly entity: string | undefined;
  readonly name: string | undefined;
  /** The run's directory, offline-run-…; in a page its name; "" when disabled. (Python's `run.dir` is files/ in it.) */
  readonly dir: string;
  /** Inputs of the run, to read and to add to. Changing a value takes `update(values, { allowValChange: true })`. */
  readonly config: Dictionary;
  /** The last value of each key logged, and what is set here instead. */
  readonly summary: Dictionary;

  readonly #settings: Settings;
  readonly #store: Store;
  readonly #console: RunConsole;
  readonly #writer: RunWriter;
  readonly #began: number;
  readonly #letGo: () => void;
  readonly #showConfig: (values: Fields) => void;
  readonly #showSummary: (values: Fields) => void;
  #config: Fields;
  #summary: Fields = {};
  #step = 0;
  #calls = 0;
  #dropped = 0;
  #finished = false;

  /** @internal */
  constructor(id: string, settings: Settings, store: Store, surroundings: Surroundings) {
    this.id = id;
    this.project = settings.project;
    this.entity = settings.entity;
    this.name = settings.name;
    this.dir = store.dir;
    this.#settings = settings;
    this.#store = store;
    this.#console = surroundings.console;
    this.#began = performance.now();
    this.#writer = new RunWriter(store, (warning) => this.#warn(warning.code, warning.message));

    const config = dictionary((values, options) => this.#updateConfig(values, options));
    this.config = config.view;
    this.#showConfig = config.show;
    this.#config = settings.config;
    this.#showConfig(settings.config);
    const summary = dictionary((values) => this.#updateSummary(values));
    this.summary = summary.view;
    this.#showSummary = summary.show;

    const { host } = surroundings;
    const items = topItems(settings.config);
    store.perform(() =>
      this.#writer.begin({ ...settings, id, mailboxSlot: id, config: items, host, startTime: store.startTime }),
    );
    this.#letGo = this.#disabled ? () => {} : surroundings.untilEnd((exitCode) => this.#close(exitCode));
    this.#greet();
  }

  /** The step that the next `log` without one goes to. */
  get step(): number {
    return this.#step;
  }

  /**
   * Logs numbers, strings, booleans, null, bigints, Dates, arrays, typed arrays, nested objects, Images and lists of
   * Images under their keys. `undefined` is skipped. Files of Images, and rows that this call completes, are on disk
   * when it returns; a row still open is written when its step closes, at the latest by `finish`.
   *
   * Throws a TypeError or RangeError naming the key for what cannot be logged, and then nothing of the call is written;
   * an Error naming the path when writing fails, and then the row is without this call. The run goes on in both cases.
   */
  log<Data extends object>(data: LogData<Data>, options: LogOptions = {}): void {
    if (this.#disabled) return;
    this.#mustBeOpen("log");
    const { step, commit } = checkLogOptions(options);
    const values = snapshot(data, "run.log");
    if (options.onOverflow === "error") refuseOverflow(values);
    const moment = { timestamp: Date.now() / 1000, runtime: this.#runtime() };

    if (step !== undefined && step < this.#step) {
      this.#dropped++;
      // W&B's words (core/internal/stream/handler.go).
      this.#warn(
        "step",
        `Tried to log to step ${step} that is less than the current step ${this.#step}. ` +
          "Steps must be monotonically increasing, so this data will be ignored.",
      );
      return;
    }
    if (step !== undefined && step > this.#step) {
      this.#store.perform(() => this.#writer.closeRow());
      this.#step = step;
    }
    const row = this.#step;
    const close = commit ?? step === undefined;
    this.#store.perform(() => this.#writer.log(this, values, row, moment, close), mediaOf(values));
    this.#calls++;
    if (close) this.#step = row + 1;
    this.#summary = merge(this.#summary, withoutNulls(values));
    this.#showSummary(this.#summary);
  }

  /** Writes what is still open, and the end of the run: 0 for success, another code for failure. Later calls do nothing. */
  async finish(exitCode = 0): Promise<void> {
    if (!Number.isInteger(exitCode) || exitCode !== exitCode >> 0) {
      throw new RangeError(`run.finish: exit code ${exitCode}; expected a whole number of 32 bits`);
    }
    this.#close(exitCode);
  }

  /** @internal Typed by HostAsyncDisposable. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.finish();
  }

  /** For media classes: puts `bytes` at files/`path` of the run, and records the file. */
  saveMedia(path: string, bytes: Uint8Array): void {
    if (!this.#disabled) this.#writer.saveMedia(path, bytes);
  }

  /** For media classes: class names of a set of boxes or masks, in the run's config. */
  saveClassLabels(kind: "bounding_box/class_labels" | "mask/class_labels", key: string, labels: ClassLabels): void {
    if (!this.#disabled) this.#writer.saveClassLabels(kind, key, labels);
  }

  get #disabled(): boolean {
    return this.#settings.mode === "disabled";
  }

  #updateConfig(data: unknown, options: UpdateOptions = {}): void {
    // What is set can be read back, as in W&B's disabled runs; any value goes.
    if (this.#disabled) {
      this.#showConfig(Object(data));
      return;
    }
    this.#mustBeOpen("config.update");
    const values = checkConfig(snapshot(data, "run.config.update"));
    for (const [key, value] of Object.entries(values)) {
      const [before, after] = [
        Object.hasOwn(this.#config, key) ? jsonText(this.#config[key]!) : undefined,
        jsonText(value),
      ];
      if (before !== undefined && before !== after && !options.allowValChange) {
        throw new RangeError(
          `Attempted to change value of key "${key}" from ${before} to ${after}\n` +
            "If you really want to do this, pass { allowValChange: true } to config.update()",
        );
      }
    }
    const items = topItems(values);
    this.#store.perform(() => this.#writer.config(items));
    this.#config = { ...this.#config, ...values };
    this.#showConfig(values);
  }

  #updateSummary(data: unknown): void {
    if (this.#disabled) {
      this.#showSummary(Object(data));
      return;
    }
    this.#mustBeOpen("summary.update");
    const values = snapshot(data, "run.summary.update");
    const step = this.#step;
    this.#store.perform(() => this.#writer.summary(this, values, step), mediaOf(values));
    this.#summary = merge(this.#summary, values);
    this.#showSummary(this.#summary);
  }

  #close(exitCode: number): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#letGo();
    const runtime = this.#runtime();
    try {
      this.#store.perform(() => this.#writer.end(exitCode, runtime));
    } finally {
      this.#store.close();
    }
    this.#takeLeave();
  }

  #mustBeOpen(call: string): void {
    if (!this.#finished) return;
    // W&B's words.
    throw new Error(
      `Run (${this.id}) is finished. The call to \`${call}\` will be ignored. Please make sure that you are using an active run.`,
    );
  }

  #runtime(): number {
    return (performance.now() - this.#began) / 1000;
  }

  #warn(code: string, message: string): void {
    warn(code, message, this.#settings.onWarning, (warning) => this.#console.warn(warning.code, warning.message));
  }

  #greet(): void {
    if (this.#disabled) return;
    if (this.#settings.mode === "online") {
      this.#console.warn("online", "mode `online`: this package logs offline; upload the run later with `wandb sync`.");
    }
    this.#console.say("W&B syncing is set to `offline` in this directory.");
    this.#console.say(`Run data is saved locally in ${this.dir}`);
  }

  #takeLeave(): void {
    if (this.#disabled) return;
    this.#console.say("");
    this.#console.saySummary(this.#summary);
    const calls = `${this.#calls} ${this.#calls === 1 ? "call" : "calls"} of log`;
    const dropped = this.#dropped === 0 ? "" : `, ${this.#dropped} dropped because their step was over`;
    const files = this.#writer.mediaFiles;
    this.#console.say(`${calls}${dropped}, ${files} media ${files === 1 ? "file" : "files"}`);
    this.#console.say("You can sync this run to the cloud by running:");
    this.#console.say(`wandb sync ${shellQuote(this.dir)}`);
  }
}

/** Config goes in whole values under its top keys, as W&B writes it. */
function topItems(config: Fields): Leaf[] {
  return Object.entries(config).map(([key, value]) => ({ path: [key], json: jsonText(value) }));
}

function checkLogOptions(options: LogOptions): LogOptions {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`run.log: options: expected an object such as { step: 5 }; came ${String(options)}`);
  }
  const unknown = Object.keys(options).find((name) => !["step", "commit", "onOverflow"].includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`run.log: unknown option ${JSON.stringify(unknown)}; expected step, commit, onOverflow`);
  }
  const { step, commit, onOverflow } = options;
  if (step !== undefined && typeof step !== "number") {
    throw new TypeError(`run.log: step: expected a whole number ≥ 0; came a ${typeof step}`);
  }
  if (step !== undefined && !(Number.isSafeInteger(step) && step >= 0)) {
    throw new RangeError(`run.log: step ${step}; expected a whole number ≥ 0`);
  }
  if (commit !== undefined && typeof commit !== "boolean") {
    throw new TypeError(`run.log: commit: expected true or false; came a ${typeof commit}`);
  }
  if (onOverflow !== undefined && onOverflow !== "truncate" && onOverflow !== "error") {
    throw new RangeError(`run.log: onOverflow ${JSON.stringify(onOverflow)}; expected "truncate" or "error"`);
  }
  return { step, commit };
}
