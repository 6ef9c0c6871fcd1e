// A run's record file, read once and then as it grows: what the run is (fold.ts) and where its rows lie (columns.ts).
import type { Damage } from "./blocks.ts";
import { Columns } from "./columns.ts";
import { RunFold } from "./fold.ts";
import { LogReader } from "./log-reader.ts";
import { type RunState, stateOf } from "./peek.ts";
import type { LogRecord } from "./records.ts";
import type { RunSource } from "./source.ts";

/** Read again when they are wanted (`ReadRun.files`, `console`), for they may be many. */
const LEFT_OUT: readonly LogRecord["kind"][] = ["files", "output", "logger", "stats", "artifact", "request"];

export class RunIndex {
  readonly source: RunSource;
  fold = new RunFold();
  columns = new Columns();
  /** How often all was read anew, because the file had become shorter. */
  generation = 0;
  #reader: LogReader;
  #modified: number | null = null;
  #updated: Promise<boolean> = Promise.resolve(false);

  constructor(source: RunSource) {
    this.source = source;
    this.#reader = this.#newReader();
  }

  /** Reads what has come since the last call, and says whether there was anything. */
  update(): Promise<boolean> {
    // One after the other: each begins where the one before ended.
    this.#updated = this.#updated.catch(() => {}).then(() => this.#update());
    return this.#updated;
  }

  /** As of the last `update`: `live` where the file changed within the last minute. */
  state(now: number = Date.now()): RunState {
    return stateOf(this.fold.exit, this.source.canGrow, this.#modified, now);
  }

  /** How many bytes of the file were read: up to the end of the last whole record. */
  get end(): number {
    return this.#reader.end;
  }

  /** What could not be read, in order: the first 1,000 places. */
  get damage(): readonly Damage[] {
    return this.#reader.damage;
  }

  get damageCount(): number {
    return this.#reader.damageCount;
  }

  async #update(): Promise<boolean> {
    const before = this.#reader.end;
    this.#modified = await this.source.modified();
    const shrunk = (await this.source.size()) < before;
    if (shrunk) {
      this.fold = new RunFold();
      this.columns = new Columns();
      this.#reader = this.#newReader();
      this.generation++;
    }
    for await (const batch of this.#reader.batches()) {
      for (const { record, start } of batch) {
        if (record.kind === "history") {
          this.columns.add(record.items, this.fold.countRow(record.items, record.step), start);
        } else {
          this.fold.add(record);
        }
      }
    }
    return shrunk || this.#reader.end > before;
  }

  #newReader(): LogReader {
    return new LogReader(this.source, { wants: (kind) => !LEFT_OUT.includes(kind) });
  }
}
