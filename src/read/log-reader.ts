// A source's record file → its records, from the start or from the end of any record, as far as it goes by now.
import { BlockReader, type Damage, MAX_DAMAGE_KEPT } from "./blocks.ts";
import { decodeRecord, kindOf, type LogRecord, RecordError } from "./records.ts";
import type { RunSource } from "./source.ts";

export interface PlacedRecord {
  readonly record: LogRecord;
  /** Its bytes: a view, good until the next record is taken. */
  readonly payload: Uint8Array;
  /** Where it begins in the file, in bytes. */
  readonly start: number;
  /** Where it ends: reading can be taken up again here. */
  readonly end: number;
}

export interface LogReaderOptions {
  /** Where to begin: 0 (default), or where a record ends. */
  readonly offset?: number | undefined;
  /** Which records are read; the others cost little. Default all. */
  readonly wants?: ((kind: LogRecord["kind"], start: number) => boolean) | undefined;
  /** How many bytes are read at a time; at least 64 KiB. */
  readonly windowBytes?: number | undefined;
}

export class LogReader {
  readonly #source: RunSource;
  readonly #blocks: BlockReader;
  readonly #wants: LogReaderOptions["wants"];
  readonly #windowBytes: number;
  readonly #undecoded: Damage[] = [];
  #undecodedCount = 0;

  constructor(source: RunSource, { offset = 0, wants, windowBytes = 1 << 20 }: LogReaderOptions = {}) {
    this.#source = source;
    this.#blocks = new BlockReader(offset);
    this.#wants = wants;
    this.#windowBytes = windowBytes;
  }

  /** Where the last record that was given ends. */
  get end(): number {
    return this.#blocks.end;
  }

  /** How many places of the file could not be read. */
  get damageCount(): number {
    return this.#blocks.damageCount + this.#undecodedCount;
  }

  /** What could not be read, in order: the first 1,000 places of either kind. */
  get damage(): Damage[] {
    return [...this.#blocks.damage, ...this.#undecoded].sort((a, b) => a.start - b.start);
  }

  /**
   * The records that are whole by now, a window of the file at a time; call it again when the file has grown. Each batch
   * is decoded while it is iterated: records that are held in numbers cost the garbage collector more than their decoding.
   * @param last whether the file will not grow: a record that is not whole is damage then
   */
  async *batches(last = !this.#source.canGrow): AsyncGenerator<Iterable<PlacedRecord>, void, undefined> {
    for (;;) {
      const before = this.#blocks.position;
      const size = await this.#source.size();
      const bytes = await this.#source.read(before, this.#windowBytes);
      const atEnd = before + bytes.length >= size;
      yield this.#records(bytes, last && atEnd);
      if (atEnd || this.#blocks.position === before) return;
    }
  }

  *#records(bytes: Uint8Array, last: boolean): Generator<PlacedRecord, void, undefined> {
    for (const { payload, start, end } of this.#blocks.read(bytes, last)) {
      if (this.#wants !== undefined && !this.#wants(kindOf(payload), start)) continue;
      const record = this.#decode(payload, start, end);
      if (record !== null) yield { record, payload, start, end };
    }
  }

  #decode(payload: Uint8Array, start: number, end: number): LogRecord | null {
    try {
      return decodeRecord(payload);
    } catch (error) {
      if (!(error instanceof RecordError)) throw error;
      this.#undecodedCount++;
      const reason = `a record that is not protobuf: ${error.message}`;
      if (this.#undecoded.length < MAX_DAMAGE_KEPT) this.#undecoded.push({ start, end, reason });
      return null;
    }
  }
}
