// A run on disk: <dir>/wandb/offline-run-<time>-<id>/ with run-<id>.wandb and files/. Node only.
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Store } from "./store.ts";
import { randomRunId, runDirectoryName } from "./store.ts";

/** A directory of its own for a run under `root`, and its id: `wanted` or a new one. Throws naming what it cannot make. */
export function makeRunFolder(root: string, wanted: string | undefined): { id: string; store: Store } {
  const hidden = join(resolve(root), ".wandb"); // W&B's rule: used where it is there already
  const parent = existsSync(hidden) ? hidden : join(resolve(root), "wandb");
  attempt(parent, () => makeFolders(parent));

  // Two runs may begin in the same second, even with the same id: the one who makes the directory has it, and the other
  // takes the next second's name.
  const startTime = Date.now();
  for (let second = startTime; ; second += 1000) {
    const id = wanted ?? randomRunId();
    const dir = join(parent, runDirectoryName(id, second));
    if (!made(dir)) continue;
    const log = join(dir, `run-${id}.wandb`);
    attempt(dir, () => mkdirSync(join(dir, "files")));
    const fd = attempt(log, () => openSync(log, "wx"));
    linkLatest(parent, dir);
    return { id, store: new RunFolder(dir, startTime, log, fd) };
  }
}

class RunFolder implements Store {
  readonly dir: string;
  readonly startTime: number;
  readonly #log: string;
  readonly #fd: number;
  /** A failed write may have left part of a record, on which nothing may follow. */
  #torn = false;

  constructor(dir: string, startTime: number, log: string, fd: number) {
    this.dir = dir;
    this.startTime = startTime;
    this.#log = log;
    this.#fd = fd;
  }

  perform(work: () => void): void {
    work();
  }

  saveMedia(path: string, bytes: Uint8Array): void {
    if (process.platform === "win32" && /[\\:*?"<>|]/.test(path)) {
      // W&B's words (util.py, make_file_path_upload_safe).
      throw new RangeError(
        `Path ${path} is invalid. Please remove invalid filename characters (\\, :, *, ?, ", <, >, |)`,
      );
    }
    const place = join(this.dir, "files", ...path.split("/"));
    const part = `${place}.part`;
    attempt(place, () => {
      makeFolders(dirname(place));
      try {
        writeFileSync(part, bytes, { flag: "wx" });
        renameSync(part, place); // so that a file is there whole or not at all
      } catch (error) {
        rmSync(part, { force: true });
        throw error;
      }
    });
  }

  // One write call for each step's records: what is written so survives the death of the process, though not of the
  // machine (that would take an fsync of milliseconds).
  append(bytes: Uint8Array, offset: number): void {
    attempt(this.#log, () => {
      if (this.#torn) this.#cut(offset);
      this.#torn = true;
      try {
        for (let done = 0; done < bytes.length; ) {
          done += writeSync(this.#fd, bytes, done, bytes.length - done, offset + done);
        }
        this.#torn = false;
      } catch (error) {
        try {
          this.#cut(offset);
        } catch {
          // Then the next append must do it first; readers stop before an incomplete record.
        }
        throw error;
      }
    });
  }

  close(): void {
    closeSync(this.#fd);
  }

  #cut(offset: number): void {
    ftruncateSync(this.#fd, offset);
    this.#torn = false;
  }
}

/** Level by level: Node 20's recursive mkdirSync never returns where a level cannot be made, as under /proc. */
function makeFolders(dir: string): void {
  if (existsSync(dir)) return;
  makeFolders(dirname(dir));
  try {
    mkdirSync(dir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/** Whether `dir` is new. */
function made(dir: string): boolean {
  try {
    mkdirSync(dir);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw unwritable(dir, error);
  }
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw unwritable(path, error);
  }
}

function unwritable(path: string, cause: unknown): Error {
  const { code, message } = cause as NodeJS.ErrnoException;
  return Object.assign(new Error(`${path} cannot be written: ${message}`, { cause }), { code });
}

/** wandb/latest-run, which W&B's users know; best effort, for not every file system has links. */
function linkLatest(parent: string, dir: string): void {
  const fresh = join(parent, `latest-run.${process.pid}.${randomRunId()}`);
  try {
    symlinkSync(dir.slice(parent.length + 1), fresh);
    renameSync(fresh, join(parent, "latest-run"));
  } catch {
    rmSync(fresh, { force: true });
  }
}
