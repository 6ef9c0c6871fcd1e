// A source's record file → its records, from the start or from the end of any record, as far as it goes by now.
import { BlockReader, type Damage } from "./blocks.ts";
import { decodeRecord, type LogRecord, RecordError } from "./records.ts";
import type { RunSource } from "./source.ts";

const WINDOW_BYTES = 1 << 20;

export interface PlacedRecord {
  readonly record: LogRecord;
  /** Where it begins in the file, in bytes. */
  readonly start: number;
  /** Where it ends: reading can be taken up again here. */
  readonly end: number;
}

export class LogReader {
  readonly #source: RunSource;
  readonly #blocks: BlockReader;
  readonly #undecoded: Damage[] = [];

  /** @param offset where to begin: 0, or the `end` of a record */
  constructor(source: RunSource, offset = 0) {
    this.#source = source;
    this.#blocks = new BlockReader(offset);
  }

  /** Where the last record that was given ends. */
  get end(): number {
    return this.#blocks.end;
  }

  /** How many places of the file could not be read. */
  get damageCount(): number {
    return this.#blocks.damageCount + this.#undecoded.length;
  }

  /** What could not be read, in order. */
  get damage(): Damage[] {
    return [...this.#blocks.damage, ...this.#undecoded].sort((a, b) => a.start - b.start);
  }

  /**
   * The records that are whole by now, a few hundred at a time; call it again when the file has grown.
   * @param last whether the file will not grow: a record that is not whole is damage then
   */
  async *batches(last = !this.#source.canGrow): AsyncGenerator<PlacedRecord[], void, undefined> {
    for (;;) {
      const before = this.#blocks.position;
      const size = await this.#source.size();
      const bytes = await this.#source.read(before, WINDOW_BYTES);
      const atEnd = before + bytes.length >= size;
      const batch: PlacedRecord[] = [];
      for (const { payload, start, end } of this.#blocks.read(bytes, last && atEnd)) {
        const record = this.#decode(payload, start, end);
        if (record !== null) batch.push({ record, start, end });
      }
      if (batch.length > 0) yield batch;
      if (atEnd || this.#blocks.position === before) return;
    }
  }

  #decode(payload: Uint8Array, start: number, end: number): LogRecord | null {
    try {
      return decodeRecord(payload);
    } catch (error) {
      if (!(error instanceof RecordError)) throw error;
      this.#undecoded.push({ start, end, reason: `a record that is no protobuf: ${error.message}` });
      return null;
    }
  }
}
