// A run as a program reads it.
import type { Column } from "./columns.ts";
import { type ConsoleLine, ConsoleLines } from "./console-lines.ts";
import { RunFold } from "./fold.ts";
import { parseJson } from "./json.ts";
import { LogReader } from "./log-reader.ts";
import { type LoadImage, LoggedImage } from "./logged-image.ts";
import type { RunState } from "./peek.ts";
import { picturesOf } from "./pictures.ts";
import type { FileItem, LogRecord } from "./records.ts";
import { loggedValue, readRows } from "./rows.ts";
import type { RunIndex } from "./run-index.ts";
import type { RunSource } from "./source.ts";

/** One call of `log`, or several of one step. An integer that a number cannot hold exactly is a bigint. */
export type Row = { readonly _step: number } & Readonly<Record<string, unknown>>;

export interface StepRange {
  /** The first step; default the first there is. */
  readonly from?: number | undefined;
  /** The last step, included; default the last there is. */
  readonly to?: number | undefined;
}

/** Keys that W&B adds to every row. */
const OWN_KEYS = ["_step", "_runtime", "_timestamp", "_wandb"];

export class LoggedRun {
  readonly #index: RunIndex;
  readonly #loadImage: LoadImage;

  constructor(index: RunIndex, loadImage: LoadImage) {
    this.#index = index;
    this.#loadImage = loadImage;
  }

  /** Where it lies: the run's folder, or the zip and the folder inside it. */
  get dir(): string {
    return this.#index.source.name;
  }

  get id(): string {
    return this.#index.fold.run?.id ?? "";
  }

  /** What it is called in W&B's app; "" where the server was to choose. */
  get name(): string {
    return this.#index.fold.run?.name ?? "";
  }

  get project(): string {
    return this.#index.fold.run?.project ?? "";
  }

  get entity(): string {
    return this.#index.fold.run?.entity ?? "";
  }

  get group(): string {
    return this.#index.fold.run?.group ?? "";
  }

  get jobType(): string {
    return this.#index.fold.run?.jobType ?? "";
  }

  get notes(): string {
    return this.#index.fold.run?.notes ?? "";
  }

  get tags(): readonly string[] {
    return this.#index.fold.run?.tags ?? [];
  }

  get host(): string {
    return this.#index.fold.run?.host ?? "";
  }

  get startTime(): Date | null {
    const milliseconds = this.#index.fold.run?.startTime ?? 0;
    return milliseconds === 0 ? null : new Date(milliseconds);
  }

  /**
   * `live` where the file changed within the last minute; `finished` or `failed` by the exit code that the run ended with;
   * `stopped` where it ended without one.
   */
  get state(): RunState {
    return this.#index.state();
  }

  /** null for a run that has not ended, or not in order. */
  get exitCode(): number | null {
    return this.#index.fold.exit?.code ?? null;
  }

  get config(): Record<string, unknown> {
    const { _wandb, ...config } = this.#index.fold.config.toObject();
    return config;
  }

  /** The last values, as the run set them. */
  get summary(): Record<string, unknown> {
    const { _wandb, ...summary } = this.#index.fold.summary.toObject();
    return summary;
  }

  /** What was logged, in the order of its first appearance; keys of nested objects are joined by dots. */
  get keys(): string[] {
    return [...this.#index.columns.all.keys()].filter((key) => !OWN_KEYS.includes(key));
  }

  /** Keys under which images were logged. */
  get imageKeys(): string[] {
    return [...this.#index.columns.all.values()].filter(({ pictures }) => pictures > 0).map(({ key }) => key);
  }

  /** How many rows there are. */
  get rowCount(): number {
    return this.#index.columns.rows;
  }

  /** How many places of the record file could not be read. */
  get damageCount(): number {
    return this.#index.damageCount;
  }

  /**
   * The numbers logged under a key, NaN and ±Infinity among them; both empty where there are none.
   * @returns steps and values of the same length, copies
   */
  scalars(key: string): { steps: Float64Array; values: Float64Array } {
    const { steps } = this.#index.columns;
    const column = this.#index.columns.all.get(key);
    return {
      steps: Float64Array.from(column?.numberRows ?? [], (row) => steps[row]!),
      values: Float64Array.from(column?.numbers ?? []),
    };
  }

  /**
   * The images logged under a key, those of lists one by one, in the order of the steps.
   *
   *   for await (const picture of run.images("val/pred")) console.log(picture.step, picture.caption, await picture.image());
   */
  async *images(key: string, range: StepRange = {}): AsyncGenerator<LoggedImage, void, undefined> {
    const column = this.#index.columns.all.get(key);
    if (column === undefined) return;
    const innermost = column.path.at(-1)!;
    const surroundings = {
      source: this.#index.source,
      loadImage: this.#loadImage,
      classLabels: (kind: "boxes" | "masks", layer: string) => this.#index.fold.classLabels(kind, innermost, layer),
    };
    for await (const { step, value } of this.#values(column, range)) {
      for (const picture of picturesOf(value, innermost, step)) {
        yield new LoggedImage(picture, key, step, surroundings);
      }
    }
  }

  /** What else was logged under a key, or all of it: step and value. */
  async *values(key: string, range: StepRange = {}): AsyncGenerator<{ step: number; value: unknown }, void, undefined> {
    const column = this.#index.columns.all.get(key);
    if (column === undefined) return;
    const rows = [...column.numberRows, ...column.otherRows].sort((a, b) => a - b);
    yield* this.#read(rows, column, range);
  }

  /** The rows, in the order in which they were logged. */
  async *rows(range: StepRange = {}): AsyncGenerator<Row, void, undefined> {
    for await (const line of this.lines(range)) yield parseJson(line) as Row;
  }

  /** The rows as W&B's history lines: JSON with bare NaN, Infinity and -Infinity, and every digit of integers. */
  async *lines(range: StepRange = {}): AsyncGenerator<string, void, undefined> {
    const fold = new RunFold();
    const rows = this.#within(Array.from(this.#index.columns.steps.keys()), range);
    for await (const { items, step } of readRows(this.#index.source, this.#index.columns, rows)) {
      const change = fold.add({ kind: "history", num: 0, items, step });
      if (change.kind === "row") yield change.line;
    }
  }

  /** What the program printed, line by line (Python's wandb records it). */
  async *console(): AsyncGenerator<ConsoleLine, void, undefined> {
    const lines = new ConsoleLines();
    for await (const record of this.#records(["output", "logger"])) {
      if (record.kind === "output") yield* lines.add(record.stream, record.timestamp, record.text);
      if (record.kind === "logger") yield { stream: "stdout", timestamp: null, text: record.line };
    }
    yield* lines.end();
  }

  /** The files that the run recorded; paths below files/. */
  async *files(): AsyncGenerator<FileItem, void, undefined> {
    for await (const record of this.#records(["files"])) if (record.kind === "files") yield* record.files;
  }

  /** The bytes of files/`path`, or null where there is no such file. */
  file(path: string): Promise<Uint8Array | null> {
    return this.#index.source.file(path);
  }

  /** Reads what has come since, and says whether there was anything. */
  refresh(): Promise<boolean> {
    return this.#index.update();
  }

  /** Lets go of the file. */
  close(): Promise<void> {
    return this.#index.source.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #values(column: Column, range: StepRange) {
    return this.#read(column.otherRows, column, range);
  }

  async *#read(rows: readonly number[], column: Column, range: StepRange) {
    const { source, columns } = this.#index;
    for await (const { step, items } of readRows(source, columns, this.#within(rows, range))) {
      const json = loggedValue(items, column);
      if (json !== undefined) yield { step, value: parseJson(json) };
    }
  }

  #within(rows: readonly number[], { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY }: StepRange) {
    const { steps } = this.#index.columns;
    return rows.filter((row) => steps[row]! >= from && steps[row]! <= to);
  }

  async *#records(kinds: readonly LogRecord["kind"][]): AsyncGenerator<LogRecord, void, undefined> {
    const source: RunSource = this.#index.source;
    const reader = new LogReader(source, { wants: (kind) => kinds.includes(kind) });
    for await (const batch of reader.batches(false)) for (const { record } of batch) yield record;
  }
}
