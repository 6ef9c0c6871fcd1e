// Where a run's bytes come from: a folder (folder.ts, Node only), a zip (zip.ts), or memory.

export interface RunSource {
  /** Where the run lies, as people are told it. */
  readonly name: string;
  /** How many bytes the record file has at present. */
  size(): Promise<number>;
  /** Up to `length` bytes of the record file from `start` on: fewer at its end. */
  read(start: number, length: number): Promise<Uint8Array>;
  /** When the record file last changed, in milliseconds since 1970; null where that is not known. */
  modified(): Promise<number | null>;
  /** Resolves when the record file has other than `size` bytes, or `signal` aborts; never where it cannot change. */
  changed(size: number, signal?: AbortSignal): Promise<void>;
  /** Whether the record file can still grow. */
  readonly canGrow: boolean;
  /** The bytes of files/`path`, or null where there is no such file. A path out of files/ is no such file. */
  file(path: string): Promise<Uint8Array | null>;
  /** The same, read only when it is asked for its bytes; a body for `fetch` that knows its length. */
  blob(path: string): Promise<Blob | null>;
  close(): Promise<void>;
}

/** A path of files/ as a file system takes it, or null if it would lead out of there. */
export function safePath(path: string): string[] | null {
  const parts = path.split("/").filter((part) => part !== "");
  const unsafe = path.startsWith("/") || path.includes("\0") || parts.some((part) => part === "." || part === "..");
  return unsafe || parts.length === 0 ? null : parts;
}

/** A run in memory: one that a page is logging, or the files of one that was unpacked. */
export class MemorySource implements RunSource {
  readonly name: string;
  readonly #parts: Uint8Array[] = [];
  /** Where each part begins, and where the last one ends. */
  readonly #starts: number[] = [0];
  readonly #files = new Map<string, Uint8Array>();
  #modified: number | null = null;
  #growing = true;
  #waiting: (() => void)[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** @param files paths → bytes of a run directory, as `run.toFiles()` gives them, of one run */
  static of(files: ReadonlyMap<string, Uint8Array>): MemorySource {
    const log = [...files.keys()].find((path) => path.endsWith(".wandb"));
    if (log === undefined) throw new TypeError("files of a run: no .wandb file among them");
    const dir = log.slice(0, log.lastIndexOf("/") + 1);
    const source = new MemorySource(dir.slice(0, -1) || log);
    for (const [path, bytes] of files) {
      if (path.startsWith(`${dir}files/`)) source.save(path.slice(dir.length + "files/".length), bytes);
    }
    source.append(files.get(log)!);
    source.seal();
    return source;
  }

  get canGrow(): boolean {
    return this.#growing;
  }

  /** Puts bytes at the end of the record file. They are kept, not copied. */
  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#parts.push(bytes);
    this.#starts.push(this.#starts.at(-1)! + bytes.length);
    this.#modified = Date.now();
    this.#wake();
  }

  /** Puts a file at files/`path`. */
  save(path: string, bytes: Uint8Array): void {
    this.#files.set(path.replace(/\/+/g, "/"), bytes);
  }

  /** Nothing more will come. */
  seal(): void {
    this.#growing = false;
    this.#wake();
  }

  async size(): Promise<number> {
    return this.#starts.at(-1)!;
  }

  async read(start: number, length: number): Promise<Uint8Array> {
    const end = Math.min(start + length, this.#starts.at(-1)!);
    if (end <= start) return new Uint8Array();
    const first = this.#partAt(start);
    const from = this.#starts[first]!;
    if (end <= this.#starts[first + 1]!) return this.#parts[first]!.subarray(start - from, end - from);
    const bytes = new Uint8Array(end - start);
    for (let i = first; i < this.#parts.length && this.#starts[i]! < end; i++) {
      const begins = this.#starts[i]!;
      const part = this.#parts[i]!.subarray(Math.max(start - begins, 0), end - begins);
      bytes.set(part, Math.max(begins - start, 0));
    }
    return bytes;
  }

  async modified(): Promise<number | null> {
    return this.#modified;
  }

  changed(size: number, signal?: AbortSignal): Promise<void> {
    if (size !== this.#starts.at(-1)! || !this.#growing || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        signal?.removeEventListener("abort", done);
        resolve();
      };
      this.#waiting.push(done);
      signal?.addEventListener("abort", done);
    });
  }

  async file(path: string): Promise<Uint8Array | null> {
    const parts = safePath(path);
    return (parts && this.#files.get(parts.join("/"))) ?? null;
  }

  async blob(path: string): Promise<Blob | null> {
    const bytes = await this.file(path);
    return bytes && new Blob([bytes as BlobPart]);
  }

  async close(): Promise<void> {}

  /** The part that holds the byte at `start`. */
  #partAt(start: number): number {
    let low = 0;
    let high = this.#parts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= start) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
