// A run in a folder. Node only.

import { close, closeSync, fstat, open, read } from "node:fs";
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { promisify } from "node:util";
import { blobOf } from "./blob.ts";
import { checkIsFile, fileError, namingFile } from "./file-error.ts";
import { type RunSource, safePath } from "./source.ts";

const [openFile, readFrom, statOf, closeFile] = [promisify(open), promisify(read), promisify(fstat), promisify(close)];

/**
 * Closes the files of runs that a program let go of without closing them. Not FileHandles: from Node 25 on, one that is let go of ends the
 * program.
 */
const abandoned = new FinalizationRegistry((fd: number) => closeSync(fd));

/** How often a file is looked at that may have grown: also where the system tells nobody (NFS, SMB). */
const POLL_MILLISECONDS = 200;

export interface FolderOptions {
  /** Whether links in files/ may lead out of it, as those of Python's `wandb.save` do; default false. */
  readonly followLinks?: boolean | undefined;
}

export interface RunFolder extends RunSource {
  /** The path of its record file. */
  readonly log: string;
}

/**
 * The run in a directory, or that of a .wandb file.
 * @throws Error naming the path, where there is no run
 */
export async function openFolder(path: string, options: FolderOptions = {}): Promise<RunFolder> {
  const log = await findLog(path);
  const dir = dirname(log);
  return new FolderSource(dir, log, await openFile(log, "r"), options.followLinks ?? false);
}

/** The one .wandb file of a run directory. */
async function findLog(path: string): Promise<string> {
  const found = await stat(path).catch((error) => {
    throw fileError(path, error, { ENOENT: "no such file or folder" });
  });
  if (!found.isDirectory()) {
    checkIsFile(path, found);
    return path;
  }
  const logs = (await readdir(path)).filter((name) => name.endsWith(".wandb"));
  if (logs.length === 1) {
    const log = join(path, logs[0]!);
    checkIsFile(log, await namingFile(log, stat(log)));
    return log;
  }
  const problem = logs.length === 0 ? "no .wandb file in this folder" : `${logs.length} .wandb files in this folder`;
  throw new Error(`${path}: ${problem}; expected a run's folder, such as wandb/offline-run-20260131_120000-abcd1234`);
}

class FolderSource implements RunFolder {
  readonly name: string;
  readonly canGrow = true;
  readonly log: string;
  readonly #fd: number;
  readonly #followLinks: boolean;

  constructor(dir: string, log: string, fd: number, followLinks: boolean) {
    this.name = dir;
    this.log = log;
    this.#fd = fd;
    abandoned.register(this, fd, this);
    this.#followLinks = followLinks;
  }

  async size(): Promise<number> {
    return (await namingFile(this.log, statOf(this.#fd))).size;
  }

  async read(start: number, length: number): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafeSlow(length);
    let done = 0;
    while (done < length) {
      const { bytesRead } = await namingFile(this.log, readFrom(this.#fd, bytes, done, length - done, start + done));
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return new Uint8Array(bytes.buffer, bytes.byteOffset, done);
  }

  async modified(): Promise<number | null> {
    return (await namingFile(this.log, statOf(this.#fd))).mtimeMs;
  }

  async changed(size: number, signal?: AbortSignal): Promise<void> {
    while (!signal?.aborted && (await this.size()) === size) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
    }
  }

  async file(path: string): Promise<Uint8Array | null> {
    const place = await this.#place(path);
    return place === null ? null : new Uint8Array(await namingFile(place, readFile(place)));
  }

  async blob(path: string): Promise<Blob | null> {
    const place = await this.#place(path);
    return place === null ? null : blobOf(place);
  }

  async close(): Promise<void> {
    if (abandoned.unregister(this)) await namingFile(this.log, closeFile(this.#fd));
  }

  /** Where files/`path` lies, or null if it is no file in there. */
  async #place(path: string): Promise<string | null> {
    const parts = safePath(path);
    // Elsewhere a backslash is a character of names as any other.
    if (parts === null || (process.platform === "win32" && path.includes("\\"))) return null;
    const files = join(this.name, "files");
    try {
      let place = join(files, ...parts);
      if (!this.#followLinks) {
        place = await realpath(place);
        if (!place.startsWith((await realpath(files)) + sep)) return null;
      }
      return (await stat(place)).isFile() ? place : null;
    } catch {
      return null;
    }
  }
}
