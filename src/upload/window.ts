// What was read from the log and is not acknowledged yet: files on their way, and rows that wait for them. Its size is
// what an upload holds in memory, and reading stops where it is full.
import type { Line, StreamQueue } from "./stream.ts";

/** A row waits this long for its files: then it goes, and the file is late. */
const PATIENCE = 60_000;
const MAX_FILES = 512;
const MAX_BYTES = 10 << 20;

interface PendingFile {
  /** Of all files: rows remember how many came before them. */
  readonly number: number;
  readonly start: number;
  readonly since: number;
  /** It is there, but the server was not told yet. */
  arrived: boolean;
}

interface WaitingRow extends Line {
  readonly files: number;
}

export class Window {
  readonly #queue: StreamQueue;
  /** In the order of the log. */
  readonly #files = new Map<string, PendingFile>();
  #rows: WaitingRow[] = [];
  #rowBytes = 0;
  #count = 0;

  constructor(queue: StreamQueue) {
    this.#queue = queue;
  }

  get isFull(): boolean {
    return this.#files.size >= MAX_FILES || this.#rowBytes + this.#queue.bytes >= MAX_BYTES;
  }

  /** Rows that wait for files. */
  get rows(): number {
    return this.#rows.length;
  }

  /** Up to which byte of the log everything is acknowledged or owed, where it was read to `end`. */
  position(end: number): number {
    const [file] = this.#files.values();
    return Math.min(end, this.#queue.start, this.#rows[0]?.start ?? end, file?.start ?? end);
  }

  /** @returns whether the file is not on its way already */
  addFile(path: string, start: number, now: number): boolean {
    if (this.#files.has(path)) return false;
    this.#files.set(path, { number: this.#count++, start, since: now, arrived: false });
    return true;
  }

  addRow(line: Line): void {
    this.#rows.push({ ...line, files: this.#count });
    this.#rowBytes += line.bytes;
  }

  arrived(path: string): void {
    const file = this.#files.get(path);
    if (file === undefined) return;
    file.arrived = true;
    this.#queue.addUploaded(path);
  }

  /** The server knows that these are there, or they are owed. */
  settle(paths: Iterable<string>): void {
    for (const path of paths) this.#files.delete(path);
  }

  /**
   * Lets go the rows whose files are there: all those that were recorded before the row, for a row names no others.
   * @returns milliseconds until one more may go because its patience ends; Infinity where none waits for that
   */
  release(now: number): number {
    let first: PendingFile | undefined;
    for (const file of this.#files.values()) {
      if (file.arrived || now - file.since >= PATIENCE) continue;
      first = file;
      break;
    }
    let count = 0;
    while (count < this.#rows.length && (first === undefined || this.#rows[count]!.files <= first.number)) count++;
    for (const { files: _, ...line } of this.#rows.splice(0, count)) {
      this.#queue.addHistory(line);
      this.#rowBytes -= line.bytes;
    }
    return this.#rows.length > 0 && first !== undefined ? first.since + PATIENCE - now : Number.POSITIVE_INFINITY;
  }
}
