// A run: what to log at which step, and what W&B's rules make of it. The writing is writer.ts's, the place store.ts's.
import type { HostAbortSignal, HostAsyncDisposable, HostBlob } from "../host-types.ts";
import type { ClassLabels, MediaRun } from "../image/media-run.ts";
import { describe, printable, quoted } from "../messages.ts";
import { checkType } from "../options.ts";
import type { UploadProgress } from "../upload/progress.ts";
import type { ResumeState } from "../upload/resume.ts";
import { type OnWarning, warn } from "../warnings.ts";
import { type RunConsole, shellQuote } from "./console.ts";
import { type Dictionary, dictionary, type UpdateOptions } from "./dictionary.ts";
import { checkLogOptions, checkUpdateOptions, type LogOptions } from "./log-options.ts";
import type { AsyncLogData, LogData } from "./loggable.ts";
import { refuseOverflow } from "./media.ts";
import { Online, type ReadyRun, type Uploader } from "./online.ts";
import { OrderedWork } from "./ordered-work.ts";
import { type Labels, resumedLabels, writeResumed } from "./resumed.ts";
import { checkConfig, checkTags, type Settings } from "./settings.ts";
import { fillSlots, Slots } from "./slots.ts";
import { snapshot } from "./snapshot.ts";
import { StorageError, type Store } from "./store.ts";
import { type DirectoryHandle, writeInto, zipOf } from "./take-out.ts";
import { merge, type Tree } from "./tree.ts";
import { imagesOf, jsonText, type Value, type ValueMap, valueTree } from "./values.ts";
import { configItems, type LogTime, RunWriter } from "./writer.ts";

/**
 * What a run needs of the program around it.
 * @internal
 */
export interface Host {
  readonly console: RunConsole;
  /** The machine's name. */
  readonly hostName?: string | undefined;
  /** Has `close` called if the program ends before the run does; the function returned takes that back. */
  onProcessEnd(close: (exitCode: number) => void): () => void;
  /** Called once the run has finished. */
  onFinished(run: Run, exitCode: number): void;
  /** Uploads the run while it goes on; undefined for one that stays where it is. */
  readonly uploader?: Uploader | undefined;
}

export type { LogOptions, ReadyRun };

/** What a run that is not uploaded is stopped by. */
const NEVER = new AbortController().signal;

/** `await using run = init(…)` finishes it. */
export interface Run extends HostAsyncDisposable {}

/** Made by `init`. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the method is there, under a name that only newer libs know
export class Run implements MediaRun {
  readonly id: string;
  /** The run's directory, offline-run-… or run-…; in a page its name; "" when disabled. (Python's `run.dir` is files/ in it.) */
  readonly dir: string;
  /** Inputs of the run, to read and to add to. Changing a value takes `update(values, { allowValChange: true })`. */
  readonly config: Dictionary;
  /** The last value of each key logged, and what is set here instead. */
  readonly summary: Dictionary;

  readonly #settings: Settings;
  readonly #store: Store;
  readonly #host: Host;
  readonly #onWarning: OnWarning;
  readonly #writer: RunWriter;
  /** What waits behind a `logAsync`. */
  readonly #work = new OrderedWork();
  readonly #online: Online | undefined;
  #startedAt = performance.now();
  readonly #removeExitHook: () => void;
  readonly #configValues: Tree<unknown>;
  readonly #summaryValues: Tree<unknown>;
  #labels: Labels;
  #uploaded: Promise<void> | undefined;
  #step = 0;
  #calls = 0;
  #dropped = 0;
  #finishing = false;
  #finished = false;

  /** @internal */
  constructor(settings: Settings, store: Store, host: Host) {
    this.id = store.id;
    this.dir = store.dir;
    this.#labels = { name: settings.name, notes: settings.notes, tags: settings.tags };
    this.#settings = settings;
    this.#store = store;
    this.#host = host;
    this.#onWarning = (warning) => this.#warn(warning.code, warning.message);
    this.#writer = new RunWriter(store, this.#onWarning);

    const config = dictionary((values, options) => this.#updateConfig(values, options));
    this.config = config.view;
    this.#configValues = config.values;
    this.#showConfig(settings.config);
    const summary = dictionary((values, options) => this.#updateSummary(values, options));
    this.summary = summary.view;
    this.#summaryValues = summary.values;

    this.#removeExitHook = this.#disabled ? () => {} : host.onProcessEnd((exitCode) => this.#end(exitCode));
    this.#printHeader();
    this.#online = host.uploader && this.#goOnline(host.uploader);
  }

  /** As given, or as the server named it. */
  get project(): string | undefined {
    return this.#settings.project ?? (this.#online?.progress.project || undefined);
  }

  /** As given, or as the server named it. */
  get entity(): string | undefined {
    return this.#settings.entity ?? (this.#online?.progress.entity || undefined);
  }

  /** As given, or as the server named it. It may be changed while the run goes on. */
  get name(): string | undefined {
    return this.#labels.name ?? (this.#online?.progress.displayName || undefined);
  }

  set name(name: string | undefined) {
    checkType("run.name", name, "string");
    this.#relabel("name", { name });
  }

  /** It may be changed while the run goes on. */
  get notes(): string | undefined {
    return this.#labels.notes;
  }

  set notes(notes: string | undefined) {
    checkType("run.notes", notes, "string");
    this.#relabel("notes", { notes });
  }

  /** A list of its own may be put in its place while the run goes on. */
  get tags(): readonly string[] {
    return this.#labels.tags;
  }

  set tags(tags: readonly string[]) {
    this.#relabel("tags", { tags: Object.freeze(checkTags(tags, "run.tags")) });
  }

  /**
   * Settles when the server has answered that it has the run, with what it calls it; rejects in words where that will not be. A run that
   * is not uploaded while it goes on is ready at once, with null.
   */
  get ready(): Promise<ReadyRun | null> {
    return this.#online?.ready ?? Promise.resolve(null);
  }

  /** The run's page; null until the server has answered, and for a run that is not uploaded while it goes on. */
  get url(): string | null {
    return this.#online?.progress.url ?? null;
  }

  /** How its upload stands; null for a run that is not uploaded while it goes on. */
  get upload(): UploadProgress | null {
    return this.#online?.progress ?? null;
  }

  /** Aborts when somebody presses Stop in the app; heeding that is the program's own business. */
  get stopped(): HostAbortSignal {
    return (this.#online?.stopped ?? NEVER) as HostAbortSignal;
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
   * @throws TypeError or RangeError naming the key for what cannot be logged, and then nothing of the call is written; an Error
   *   naming the path, with the system's `code` or "run-folder-gone", when writing fails (see `onError` of `init`), and then the
   *   row is without this call, which may be repeated; an Error with the code "run-finished" after `finish`
   */
  log<Data extends object>(data: LogData<Data>, options: LogOptions = {}): void {
    if (this.#disabled) return;
    this.#assertOpen("log");
    const checked = this.#checkStep("run.log", checkLogOptions("run.log", options));
    const values = snapshot(data, "run.log", { onWarning: this.#onWarning });
    this.#assertOpen("log"); // a getter, or a warning's receiver, may have finished it
    if (checked.onOverflow === "error") refuseOverflow(values);
    const time = this.#time();
    if (!this.#accepts(checked.step)) return;
    this.#write("log", () => {
      const { row, close } = this.#enterRow(checked);
      this.#inTurn("log", () => this.#writeLog(values, row, time, close));
      this.#leaveRow(row, close);
    });
  }

  /**
   * `log` of values that are still being made: promises of Images (a pool's) or of anything else, under keys and in lists. The step is
   * taken now, and rows keep their order: what is logged after this call is written after it, and until then a crash loses it. Awaiting
   * the promise is how a program keeps the number of frames in flight bounded.
   *
   * @returns settles when the row, or the part of an open one, is written; rejects with what a promise among the values rejects with, or
   *   with what `log` throws: then the row is without this call, and the others go on
   * @throws as a rejection, see above
   */
  async logAsync<Data extends object>(data: AsyncLogData<Data>, options: LogOptions = {}): Promise<void> {
    if (this.#disabled) return;
    this.#assertOpen("logAsync");
    const checked = this.#checkStep("run.logAsync", checkLogOptions("run.logAsync", options));
    const slots = new Slots();
    const draft = snapshot(data, "run.logAsync", { onWarning: this.#onWarning, slots });
    this.#assertOpen("logAsync");
    const time = this.#time();
    const filled = slots.filled();
    if (!this.#accepts(checked.step)) return filled;
    const { row, close } = this.#enterRow(checked);
    this.#leaveRow(row, close);
    let failure: { error: unknown } | null = null;
    const ready = filled.catch((error: unknown) => {
      failure = { error };
    });
    return this.#work.after(ready, () => {
      if (failure !== null) throw failure.error;
      if (slots.missing.length > 0) {
        this.#warn(
          "image-missing",
          `step ${row}: the program ended before ${slots.missing.join(", ")} was made; the row is without it`,
        );
      }
      const values = snapshot(fillSlots(draft), "run.logAsync", { onWarning: this.#onWarning });
      if (checked.onOverflow === "error") refuseOverflow(values);
      this.#write("logAsync", () => this.#writeLog(values, row, time, close));
    });
  }

  #writeLog(values: ValueMap, row: number, time: LogTime, close: boolean): void {
    let written = values; // where pictures wait for their hash, they stand in the summary themselves
    this.#store.enqueue(() => {
      written = this.#writer.log(this, values, row, time, close);
    }, imagesOf(values));
    this.#showSummary(written, { nulls: false });
  }

  #time(): LogTime {
    return { timestamp: Date.now() / 1000, runtime: this.#runtime() };
  }

  /** Whether a row of this step can still be written. */
  #accepts(step: number | undefined): boolean {
    if (step === undefined || step >= this.#step) return true;
    this.#dropped++;
    // W&B's words (core/internal/stream/handler.go).
    this.#warn(
      "step",
      `Tried to log to step ${step} that is less than the current step ${this.#step}. ` +
        "Steps must be monotonically increasing, so this data will be ignored.",
    );
    return false;
  }

  /** The row that a call adds to; those before it are closed. */
  #enterRow({ step, commit }: LogOptions): { row: number; close: boolean } {
    if (step !== undefined && step > this.#step) {
      this.#inTurn("log", () => this.#store.enqueue(() => this.#writer.closeRow()));
      this.#step = step;
    }
    return { row: this.#step, close: commit ?? step === undefined };
  }

  #leaveRow(row: number, close: boolean): void {
    this.#calls++;
    if (close) this.#step = row + 1;
  }

  /** Does `work` after what waits; what fails then is said aloud, as the call has returned. */
  #inTurn(call: string, work: () => void): void {
    this.#work.run(work, (error) => {
      this.#warn("write-failed", `run.${call}: ${error instanceof Error ? error.message : error}`);
    });
  }

  /**
   * Writes what is still open, and the end of the run: 0 for success, another code for failure. Later calls do nothing; but
   * after one that failed, the next does what was left. A run that is uploaded is waited for (see `finishTimeout` of `init`).
   * @throws as a rejection: TypeError or RangeError for another exit code than a whole number of 32 bits; an Error naming the path
   *   when writing fails (see `onError` of `init`)
   */
  async finish(exitCode = 0): Promise<void> {
    if (typeof exitCode !== "number") {
      throw new TypeError(`run.finish: expected an exit code such as 1; got ${describe(exitCode)}`);
    }
    if (exitCode !== exitCode >> 0) {
      throw new RangeError(`run.finish: expected an exit code, a whole number of 32 bits; got ${exitCode}`);
    }
    if (!this.#work.isEmpty) {
      this.#finishing = true;
      await this.#work.emptied();
      this.#finishing = false; // where closing fails, the run goes on
    }
    this.#write("finish", () => this.#close(exitCode));
    if (this.#online === undefined) return;
    this.#uploaded ??= this.#finishUpload(this.#online);
    await this.#uploaded;
  }

  /** @internal Typed by HostAsyncDisposable. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.finish();
  }

  /**
   * All files of the run by their paths, which begin with offline-run-…/; also while it goes on. Where the run is kept in memory the
   * bytes are the run's own: not to be changed.
   * @returns none for a disabled run
   * @throws what saving a logged picture throws (its key makes no path); the rest of the run is complete the next time
   */
  toFiles(): Promise<Map<string, Uint8Array>> {
    return this.#store.files();
  }

  /** A zip of the run's directory: unpacked, `wandb sync offline-run-…` uploads it. */
  async toZip(): Promise<HostBlob> {
    return zipOf(directoryName(this.dir), await this.toFiles(), this.#store.startTime);
  }

  /** Writes the run's directory into one that the user of a page chose (`showDirectoryPicker`), or the origin's own (OPFS). */
  async writeTo(directory: DirectoryHandle): Promise<void> {
    await writeInto(directory, directoryName(this.dir), await this.toFiles());
  }

  /** For Images: puts `bytes` at files/`path` of the run, and records the file. */
  saveMedia(path: string, bytes: Uint8Array): void {
    if (!this.#disabled) this.#writer.saveMedia(path, bytes);
  }

  /** For Images: class names of a set of boxes or masks, in the run's config. */
  saveClassLabels(kind: "bounding_box/class_labels" | "mask/class_labels", key: string, labels: ClassLabels): void {
    if (!this.#disabled) this.#writer.saveClassLabels(kind, key, labels);
  }

  get #disabled(): boolean {
    return this.#settings.mode === "disabled";
  }

  /** Does `work`; what then cannot be written is thrown, or said aloud where `onError` says so. */
  #write(call: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof StorageError) || this.#settings.onError === "throw") throw error;
      this.#warn("write-failed", `run.${call}: ${error.message}`);
    }
  }

  #updateConfig(data: unknown, options: UpdateOptions = {}): void {
    // What is set can be read back, as in W&B's disabled runs; any value goes.
    if (this.#disabled) {
      this.#showConfig(Object(data));
      return;
    }
    this.#assertOpen("config.update");
    checkUpdateOptions("run.config.update", options, ["allowValChange"]);
    const values = checkConfig(snapshot(data, "run.config.update", { arrays: "list" }));
    if (!options.allowValChange) this.#refuseChanges(values);
    const items = configItems(values);
    this.#write("config.update", () => {
      this.#inTurn("config.update", () => this.#store.enqueue(() => this.#writer.config(items)));
      this.#showConfig(values);
    });
  }

  #refuseChanges(values: ValueMap): void {
    for (const [key, value] of Object.entries(values)) {
      if (!(key in this.#configValues)) continue;
      const [before, after] = [jsonText(this.#configValues[key] as Value), jsonText(value)];
      if (before === after) continue;
      throw new RangeError(
        `Attempted to change value of key ${quoted(key)} from ${printable(before)} to ${printable(after)}\n` +
          "If you really want to do this, pass { allowValChange: true } to config.update()",
      );
    }
  }

  #updateSummary(data: unknown, options: object = {}): void {
    if (this.#disabled) {
      Object.assign(this.#summaryValues, data);
      return;
    }
    this.#assertOpen("summary.update");
    checkUpdateOptions("run.summary.update", options, []);
    const values = snapshot(data, "run.summary.update", { onWarning: this.#onWarning });
    const step = this.#step;
    this.#write("summary.update", () => {
      this.#inTurn("summary.update", () => {
        let written = values;
        this.#store.enqueue(() => {
          written = this.#writer.summary(this, values, step);
        }, imagesOf(values));
        this.#showSummary(written, { nulls: true });
      });
    });
  }

  async #finishUpload(online: Online): Promise<void> {
    const removeExitHook = this.#host.onProcessEnd(() => online.sayOwed());
    try {
      await online.finish();
    } finally {
      removeExitHook();
    }
  }

  /** The program ends, and waits for nothing. */
  #end(exitCode: number): void {
    this.#close(exitCode);
    this.#online?.sayOwed();
  }

  #close(exitCode: number): void {
    if (this.#finished) return;
    this.#work.flush();
    const runtime = this.#runtime();
    const { mode, primary } = this.#settings;
    const isComplete = mode !== "shared" || primary;
    this.#store.enqueue(() => this.#writer.end(exitCode, runtime, isComplete));
    this.#finished = true;
    this.#removeExitHook();
    this.#host.onFinished(this, exitCode);
    this.#store.close();
    this.#printFooter();
  }

  #goOnline(uploader: Uploader): Online {
    const { initTimeout, finishTimeout, onUpload } = this.#settings;
    return new Online(uploader, {
      id: this.id,
      console: this.#host.console,
      initTimeout,
      finishTimeout,
      onUpload,
      applyResumed: (state) => this.#applyResumed(state),
    });
  }

  #applyResumed(state: ResumeState): void {
    this.#step = state.step;
    this.#startedAt -= state.runtime * 1000;
    const isSet = (key: string) => key in this.#configValues;
    const [store, writer, onWarning] = [this.#store, this.#writer, this.#onWarning];
    const { config, summary } = writeResumed(state, isSet, { run: this, store, writer, onWarning });
    this.#showConfig(config);
    this.#showSummary(summary, { nulls: true });
    this.#labels = resumedLabels(this.#labels, state);
    this.#writeLabels();
  }

  #relabel(what: keyof Labels, change: Partial<Labels>): void {
    if (!this.#disabled) this.#assertOpen(what);
    if (JSON.stringify(this.#labels[what]) === JSON.stringify(change[what])) return;
    this.#labels = { ...this.#labels, ...change };
    if (!this.#disabled) this.#write(what, () => this.#inTurn(what, () => this.#writeLabels()));
  }

  #writeLabels(): void {
    const { id, startTime } = this.#store;
    const { hostName: host } = this.#host;
    this.#store.enqueue(() =>
      this.#writer.run({ ...this.#settings, ...this.#labels, id, host, startTime, config: [] }),
    );
  }

  #checkStep(call: string, options: LogOptions): LogOptions {
    if (this.#online?.isResuming) {
      const words = `${call}: the server has not answered yet what it has of the run; await run.ready first`;
      throw Object.assign(new Error(words), { code: "not-ready" });
    }
    if (options.step === undefined || this.#settings.mode !== "shared") return options;
    throw new RangeError(
      `${call}: step: expected none in a shared run, whose writers each have their own; got ${options.step}`,
    );
  }

  #assertOpen(call: string): void {
    if (!this.#finished && !this.#finishing) return;
    // W&B's words.
    const words = `Run (${this.id}) is finished. The call to \`${call}\` will be ignored. Please make sure that you are using an active run.`;
    throw Object.assign(new Error(words), { code: "run-finished" });
  }

  #runtime(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }

  #warn(code: string, message: string): void {
    warn(code, message, this.#settings.onWarning, (warning) => this.#host.console.warn(warning.code, warning.message));
  }

  #printHeader(): void {
    if (this.#disabled) return;
    const { console } = this.#host;
    console.say(this.#host.uploader?.description ?? "W&B syncing is set to `offline` in this directory.");
    console.say(`Run data is saved locally in ${this.dir}`);
  }

  #printFooter(): void {
    if (this.#disabled) return;
    const [calls, dropped, mediaFiles] = [this.#calls, this.#dropped, this.#writer.mediaFiles];
    this.#host.console.saySummary(this.#summaryValues, { calls, dropped, mediaFiles });
    this.#host.console.say(`Look at it: npx wandb-image view ${shellQuote(this.dir)}`);
    if (this.#online === undefined) this.#host.console.sayCommands("You can upload this run by running:", this.dir);
  }

  #showConfig(values: ValueMap): void {
    Object.assign(this.#configValues, values);
  }

  #showSummary(values: ValueMap, { nulls }: { nulls: boolean }): void {
    merge(this.#summaryValues, valueTree(values, { nulls }));
  }
}

/** The last part of a path. */
function directoryName(dir: string): string {
  return dir.split(/[/\\]/).at(-1)!;
}
