// The log, read piece by piece: what of it is to be sent, and what the run is by then.
import { type Change, RunFold } from "../read/fold.ts";
import { LogReader, type PlacedRecord } from "../read/log-reader.ts";
import type { RunSource } from "../read/source.ts";
import { MAX_LINE_BYTES } from "../wandb-format.ts";
import { UploadError } from "./errors.ts";
import { type Line, utf8Length } from "./stream.ts";
import { Console } from "./terminal.ts";

/** Console output that output.log is made of; what is longer is in the Logs tab only. */
const MAX_OUTPUT_CHARACTERS = 32 << 20;

/** Takes what is to be sent. `start` is where its record begins. */
export interface Outlet {
  row(line: Line): void;
  event(text: string, start: number): void;
  output(number: number, text: string, start: number): void;
  file(path: string, start: number): void;
  preempting(): void;
  /** Something that cannot be sent, by name, with the reason. */
  lost(name: string, reason: string): void;
}

export class Intake {
  readonly fold = new RunFold();
  /** What changed since it was last sent. */
  readonly changed = { config: false, run: false, summary: false };
  /** Files that W&B's client sends at the end of a run. */
  readonly lastFiles = new Set<string>();
  rows = 0;
  files = 0;
  /** Lines that were acknowledged by an earlier upload. */
  readonly skipped = { history: 0, events: 0 };
  /** Whether the present end of the log was reached. */
  atEnd = false;

  readonly #source: RunSource;
  readonly #outlet: Outlet;
  /** Of the log, when it was read last. */
  #size = -1;
  readonly #reader: LogReader;
  readonly #console = new Console();
  #damage = 0;
  #outputLines: string[] = [];
  #outputCharacters = 0;
  #skip = 0;

  constructor(source: RunSource, outlet: Outlet) {
    this.#source = source;
    this.#reader = new LogReader(source);
    this.#outlet = outlet;
  }

  /** Everything before this byte of the log was given out. */
  get position(): number {
    return this.#reader.end;
  }

  /** Whether the run's end was read. */
  get ended(): boolean {
    return this.fold.exit !== null;
  }

  /** The text of output.log; empty where nothing was captured. */
  get outputText(): string {
    return this.#outputLines.map((line) => `${line}\n`).join("");
  }

  /**
   * Reads up to `offset` without giving anything out: that was acknowledged by an earlier upload. At least the run's own
   * record is read.
   * @param last whether the log does not grow
   * @returns whether it is there yet
   */
  async skip(offset: number, last: boolean): Promise<boolean> {
    this.#skip = offset;
    const isThere = () => this.fold.run !== null && this.position >= offset;
    if (!isThere()) await this.#read(isThere, last);
    return isThere();
  }

  /** Reads on until `isFull`, the end of the run or the present end of the log. */
  async fill(isFull: () => boolean, last: boolean): Promise<void> {
    if (!this.ended && !isFull()) await this.#read(() => this.ended || isFull(), last);
  }

  async #read(isEnough: () => boolean, last: boolean): Promise<void> {
    const size = await this.#source.size();
    if (this.atEnd && size === this.#size) return;
    this.#size = size;
    this.atEnd = false;
    for await (const batch of this.#reader.batches(last)) {
      this.#take(batch);
      if (isEnough()) return;
    }
    this.#take([]);
    this.atEnd = true;
  }

  #take(batch: Iterable<PlacedRecord>): void {
    for (const { record, start, end } of batch) {
      if (this.ended) return;
      this.#apply(this.fold.add(record), start, end <= this.#skip);
    }
    if (this.#reader.damageCount === this.#damage) return;
    for (const { start, end, reason } of this.#reader.damage.slice(this.#damage)) {
      // The torn end of a run that did not end is not lost: it may be written to the end one day.
      if (start >= this.#reader.end && !this.ended) continue;
      this.#outlet.lost(`bytes ${start} to ${end} of the record file`, reason);
    }
    this.#damage = this.#reader.damageCount;
  }

  #apply(change: Change, start: number, isOld: boolean): void {
    switch (change.kind) {
      case "row":
        this.#row(change.line, change.step, start, isOld);
        return;
      case "event":
        if (isOld) this.skipped.events++;
        else this.#outlet.event(change.line, start);
        return;
      case "console":
        this.#write(change, start, isOld);
        return;
      case "files":
        for (const { path, policy } of change.files) this.#file(path, policy, start, isOld);
        return;
      case "config":
      case "internal":
        this.changed.config = true;
        return;
      case "run":
        this.changed.run = true;
        this.changed.config = true;
        return;
      case "summary":
        this.changed.summary = true;
        return;
      case "exit":
        return;
      default:
        if (change.record.kind === "preempting" && !isOld) this.#outlet.preempting();
        if (change.record.kind === "artifact") {
          this.#outlet.lost("an artifact", "artifacts are not uploaded by wandb-image; use `wandb sync` for this run");
        }
    }
  }

  #row(text: string, step: number, start: number, isOld: boolean): void {
    const bytes = utf8Length(text);
    if (bytes > MAX_LINE_BYTES) {
      const reason = `its history line has ${bytes} bytes, and W&B takes ${MAX_LINE_BYTES}`;
      this.#outlet.lost(`the row of step ${step}`, reason);
      return;
    }
    this.rows++;
    if (isOld) this.skipped.history++;
    else this.#outlet.row({ text, bytes, start });
  }

  #write(output: Extract<Change, { kind: "console" }>, start: number, isOld: boolean): void {
    const timestamp = output.timestamp || this.fold.run?.startTime || 0;
    for (const { number, stamped, text } of this.#console.write(output.stream, output.text, timestamp)) {
      this.#outputCharacters += text.length - (this.#outputLines[number]?.length ?? 0);
      if (this.#outputCharacters <= MAX_OUTPUT_CHARACTERS) this.#outputLines[number] = text;
      if (!isOld) this.#outlet.output(number, stamped, start);
    }
  }

  #file(path: string, policy: "now" | "end" | "live", start: number, isOld: boolean): void {
    if (!/^[^\\/\0]/.test(path) || /(^|\/)\.\.?(\/|$)/.test(path)) {
      throw new UploadError("broken-file", `${JSON.stringify(path)} is not a path inside a run's files/`);
    }
    if (policy !== "now") {
      this.lastFiles.add(path);
      return;
    }
    this.files++;
    if (!isOld) this.#outlet.file(path, start);
  }
}
