// Where a run is kept: folder.ts on disk, memory.ts in a page.

import type { Media } from "./values.ts";

export interface Store {
  /** The run's directory, as people are told it. */
  readonly dir: string;
  /** When the run began; milliseconds since 1970. */
  readonly startTime: number;
  /**
   * Does, in order, what saves media or appends records: at once, or, where hashing has to be awaited, when the run is
   * written out. `media` are those that `work` asks for a hash.
   */
  perform(work: () => void, media?: Iterable<Media>): void;
  /** Puts `bytes` whole at files/`path`, or throws naming the place. */
  saveMedia(path: string, bytes: Uint8Array): void;
  /** Puts `bytes` at `offset`, the end of the .wandb file so far. Throws naming the file, which then ends at `offset`. */
  append(bytes: Uint8Array, offset: number): void;
  close(): void;
}

/** What `mode: "disabled"` gets. */
export function nowhere(): Store {
  return { dir: "", startTime: Date.now(), perform() {}, saveMedia() {}, append() {}, close() {} };
}

/** offline-run-<local time>-<id>: `wandb sync` and its viewer take no other form. */
export function runDirectoryName(id: string, startTime: number): string {
  const date = new Date(startTime);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`;
  return `offline-run-${day}_${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}-${id}`;
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
    throw new RangeError(`${JSON.stringify(path)} is no path inside a run's files/`);
  }
}
