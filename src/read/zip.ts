// The runs in a zip: one that a page made (`run.toZip()`), or a zipped wandb folder (APPNOTE.TXT 4.3, with zip64). Only
// its directory is read at first; each file when it is asked for.
import { crc32 } from "../crc32.ts";
import { CENTRAL_HEADER, END, LOCAL_HEADER } from "../zip-format.ts";
import { type RunSource, safePath } from "./source.ts";

const END_64_LOCATOR = 0x07064b50;
const END_64 = 0x06064b50;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 1;

/** What one file may have unpacked: a small zip may ask for any amount of memory. */
const MAX_FILE_BYTES = 1 << 30;

interface Entry {
  readonly method: number;
  readonly flags: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  /** Of its local header. */
  readonly offset: number;
}

/** The runs in a zip, by their folders' paths ("" for one that lies at the top). */
export class ZipArchive {
  readonly name: string;
  readonly #bytes: Blob;
  readonly #entries: ReadonlyMap<string, Entry>;
  /** Folders of runs → their record files. */
  readonly #logs = new Map<string, string>();

  private constructor(name: string, bytes: Blob, entries: ReadonlyMap<string, Entry>) {
    this.name = name;
    this.#bytes = bytes;
    this.#entries = entries;
    for (const path of entries.keys()) {
      // latest-run may have been zipped as another copy.
      if (!/\.wandb$/.test(path) || /(^|\/)latest-run\//.test(path) || /\/files\//.test(path)) continue;
      const folder = path.slice(0, path.lastIndexOf("/") + 1);
      if (!this.#logs.has(folder)) this.#logs.set(folder, path);
    }
  }

  /**
   * @param name as people are told it
   * @throws Error in words, for a file that is not a zip, or a broken one
   */
  static async open(bytes: Blob, name: string): Promise<ZipArchive> {
    return new ZipArchive(name, bytes, await readDirectory(bytes, name));
  }

  get runs(): string[] {
    return [...this.#logs.keys()];
  }

  /**
   * @param folder one of `runs`; it may be left out where there is but one
   * @throws Error in words, where there is no run, or more than one and none was named
   */
  async source(folder?: string): Promise<RunSource> {
    const { runs } = this;
    if (runs.length === 0) throw new Error(`${this.name}: no .wandb file in this zip`);
    if (folder === undefined && runs.length > 1) {
      const some = runs.slice(0, 3).map((run) => JSON.stringify(run));
      throw new Error(`${this.name}: ${runs.length} runs in this zip (${some.join(", ")} …); name one of them`);
    }
    const chosen = folder ?? runs[0]!;
    const log = this.#logs.get(chosen);
    if (log === undefined) throw new Error(`${this.name}: no run ${JSON.stringify(folder)} in this zip`);
    return new ZipSource(
      chosen === "" ? this.name : `${this.name}/${chosen.slice(0, -1)}`,
      chosen,
      this,
      await this.read(log),
    );
  }

  has(path: string): boolean {
    return this.#entries.has(path);
  }

  /** @throws Error in words, for what is broken, encrypted, or too large when unpacked */
  async read(path: string): Promise<Uint8Array> {
    const entry = this.#entries.get(path)!;
    const where = `${this.name}: ${path}`;
    if (entry.flags & ENCRYPTED) throw new Error(`${where}: is encrypted`);
    if (entry.size > MAX_FILE_BYTES) throw new Error(`${where}: ${entry.size} bytes unpacked; expected at most 1 GiB`);
    const header = await view(this.#bytes, entry.offset, entry.offset + 30);
    if (header.byteLength < 30 || header.getUint32(0, true) !== LOCAL_HEADER) throw new Error(`${where}: broken zip`);
    const start = entry.offset + 30 + header.getUint16(26, true) + header.getUint16(28, true);
    const packed = this.#bytes.slice(start, start + entry.packed);
    const bytes =
      entry.method === STORED ? new Uint8Array(await packed.arrayBuffer()) : await inflated(packed, entry, where);
    if (bytes.length !== entry.size || crc32(bytes) !== entry.crc) throw new Error(`${where}: broken in the zip`);
    return bytes;
  }
}

class ZipSource implements RunSource {
  readonly name: string;
  readonly canGrow = false;
  readonly #folder: string;
  readonly #archive: ZipArchive;
  readonly #log: Uint8Array;

  constructor(name: string, folder: string, archive: ZipArchive, log: Uint8Array) {
    this.name = name;
    this.#folder = folder;
    this.#archive = archive;
    this.#log = log;
  }

  async size(): Promise<number> {
    return this.#log.length;
  }

  async read(start: number, length: number): Promise<Uint8Array> {
    return this.#log.subarray(start, start + length);
  }

  async modified(): Promise<null> {
    return null;
  }

  changed(_size: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) resolve();
      signal?.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  async file(path: string): Promise<Uint8Array | null> {
    const parts = safePath(path);
    const place = parts && `${this.#folder}files/${parts.join("/")}`;
    return place !== null && this.#archive.has(place) ? this.#archive.read(place) : null;
  }

  async blob(path: string): Promise<Blob | null> {
    const bytes = await this.file(path);
    return bytes && new Blob([bytes as BlobPart]);
  }

  async close(): Promise<void> {}
}

async function view(bytes: Blob, start: number, end: number): Promise<DataView> {
  return new DataView(await bytes.slice(Math.max(0, start), Math.max(0, end)).arrayBuffer());
}

async function readDirectory(bytes: Blob, name: string): Promise<Map<string, Entry>> {
  const { start, size, count } = await findDirectory(bytes, name);
  const directory = await view(bytes, start, start + size);
  const entries = new Map<string, Entry>();
  const text = new TextDecoder();
  for (let at = 0, i = 0; i < count; i++) {
    if (at + 46 > directory.byteLength || directory.getUint32(at, true) !== CENTRAL_HEADER) {
      throw new Error(`${name}: broken zip: its directory ends after ${i} of ${count} files`);
    }
    const nameLength = directory.getUint16(at + 28, true);
    const extraLength = directory.getUint16(at + 30, true);
    const end = at + 46 + nameLength + extraLength;
    if (end > directory.byteLength) throw new Error(`${name}: broken zip: its directory is cut short`);
    const path = text.decode(new Uint8Array(directory.buffer, at + 46, nameLength));
    const [size, packed, offset] = largeFields(directory, at, at + 46 + nameLength, end);
    if (!path.endsWith("/")) {
      const method = directory.getUint16(at + 10, true);
      if (method !== STORED && method !== DEFLATED) throw new Error(`${name}: ${path}: packed by method ${method}`);
      const flags = directory.getUint16(at + 8, true);
      entries.set(path, { method, flags, crc: directory.getUint32(at + 16, true), packed, size, offset });
    }
    at = end + directory.getUint16(at + 32, true);
  }
  return entries;
}

/** Size, packed size and offset: 32 bits of the entry, or 64 of its zip64 field where those are full. */
function largeFields(directory: DataView, at: number, extra: number, end: number): [number, number, number] {
  const fields = [24, 20, 42].map((offset) => directory.getUint32(at + offset, true));
  for (let field = extra; field + 4 <= end; field += 4 + directory.getUint16(field + 2, true)) {
    if (directory.getUint16(field, true) !== 1) continue;
    let next = field + 4;
    for (let i = 0; i < fields.length; i++) {
      if (fields[i] !== 0xffffffff || next + 8 > end) continue;
      fields[i] = Number(directory.getBigUint64(next, true));
      next += 8;
    }
  }
  return fields as [number, number, number];
}

async function findDirectory(bytes: Blob, name: string): Promise<{ start: number; size: number; count: number }> {
  // The end record lies at the end, before a comment of up to 64 KiB.
  const base = Math.max(0, bytes.size - 22 - 65535 - 20);
  const tail = await view(bytes, base, bytes.size);
  let at = tail.byteLength - 22;
  while (at >= 0 && tail.getUint32(at, true) !== END) at--;
  if (at < 0) throw new Error(`${name}: not a zip, or cut short`);
  let [count, size, start] = [
    tail.getUint16(at + 10, true),
    tail.getUint32(at + 12, true),
    tail.getUint32(at + 16, true),
  ];
  if (at >= 20 && tail.getUint32(at - 20, true) === END_64_LOCATOR) {
    const offset = Number(tail.getBigUint64(at - 12, true));
    const end = await view(bytes, offset, offset + 56);
    if (end.byteLength < 56 || end.getUint32(0, true) !== END_64) throw new Error(`${name}: broken zip`);
    [count, size, start] = [32, 40, 48].map((field) => Number(end.getBigUint64(field, true))) as [
      number,
      number,
      number,
    ];
  }
  if (!(start + size <= bytes.size)) throw new Error(`${name}: broken zip: its directory lies behind its end`);
  return { start, size, count };
}

async function inflated(packed: Blob, { size }: Entry, where: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let end = 0;
  try {
    const stream = packed.stream().pipeThrough(new DecompressionStream("deflate-raw"));
    for (const reader = stream.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) return bytes.subarray(0, end);
      if (end + value.length > size) {
        await reader.cancel();
        throw new Error("more bytes than it says");
      }
      bytes.set(value, end);
      end += value.length;
    }
  } catch (cause) {
    throw new Error(`${where}: broken in the zip: ${(cause as Error).message}`, { cause });
  }
}
