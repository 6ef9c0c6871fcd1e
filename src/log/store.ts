// Where a run is kept: folder.ts on disk, memory.ts in a page.
import { printable, quoted } from "../messages.ts";
import type { LoggedImage } from "./values.ts";

export interface Store {
  readonly id: string;
  /** The run's directory, as people read it. */
  readonly dir: string;
  /** When the run began; milliseconds since 1970. */
  readonly startTime: number;
  /** Bytes in the .wandb file. It holds the run's first record from the start. */
  readonly length: number;
  /**
   * Does, in order, what saves media or appends records: at once, or, where hashing has to be awaited, when the run is
   * written out. `media` are those that `work` asks for a hash.
   */
  enqueue(work: () => void, media?: Iterable<LoggedImage>): void;
  /** Puts `bytes` whole at files/`path`. @throws StorageError */
  saveMedia(path: string, bytes: Uint8Array): void;
  /** Puts `bytes` behind the .wandb file, or nothing of them. @throws StorageError */
  append(bytes: Uint8Array): void;
  close(): void;
  /** All files of the run, by paths that begin with the name of its directory. */
  files(): Promise<Map<string, Uint8Array>>;
}

/** A file or folder of a run cannot be written. The same call succeeds once the cause is gone. */
export class StorageError extends Error {
  /** The system's name of the cause ("ENOSPC", "EACCES", "EROFS" …), or "run-folder-gone". */
  readonly code: string;

  constructor(code: string, message: string) {
    super(printable(message));
    this.name = "StorageError";
    this.code = code;
  }
}

/** What `mode: "disabled"` gets. */
export function nullStore(id: string): Store {
  const nothing = { enqueue() {}, saveMedia() {}, append() {}, close() {}, files: async () => new Map() };
  return { id, dir: "", startTime: Date.now(), length: 0, ...nothing };
}

/**
 * offline-run-<local time>-<id>: `wandb sync` and its viewer take no other form. A run that is uploaded as it goes on has W&B's name
 * for such, run-<local time>-<id>, which `wandb sync` leaves alone.
 * @throws RangeError where the clock is outside the years 1000 to 9999, which that form cannot hold
 */
export function runDirectoryName(id: string, startTime: number, online = false): string {
  const date = new Date(startTime);
  const year = date.getFullYear();
  if (!(year >= 1000 && year <= 9999)) {
    throw new RangeError(`init: the clock: expected a date in the years 1000 to 9999; got ${startTime} ms since 1970`);
  }
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${year}${two(date.getMonth() + 1)}${two(date.getDate())}`;
  return `${online ? "" : "offline-"}run-${day}_${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}-${id}`;
}

/** 8 characters a–z 0–9, as W&B makes them. */
export function randomRunId(): string {
  const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  let id = "";
  while (id.length < 8) {
    const [byte] = crypto.getRandomValues(new Uint8Array(1));
    if (byte! < 252) id += letters[byte! % 36]; // 252 = 7·36: every letter as likely
  }
  return id;
}

/** Refuses what would not lie inside files/, whoever built the path. */
export function checkMediaPath(path: string): void {
  if (/^\/|\0|(^|\/)\.{0,2}$|(^|\/)\.\.?\//.test(path)) {
    throw new RangeError(`${quoted(path)}: expected a path inside the run's files/`);
  }
}
