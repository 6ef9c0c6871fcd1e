// A run's folder as an upload needs it: its files, and the cursor beside its log, which no other process moves meanwhile. Node only.
import { readFileSync, statSync } from "node:fs";
import { lstat, mkdir, open, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { checkIsFile, fileError, namingFile } from "../read/file-error.ts";
import { safePath } from "../read/source.ts";
import { type Cursor, type CursorStore, parseCursor } from "./cursor.ts";
import { UploadError } from "./errors.ts";
import type { LocalFile } from "./files.ts";
import { openLargeFile } from "./large-file.ts";

/** Files up to this are read at once, synchronously: they are in the page cache, and a stream costs several turns of the loop. */
const SMALL = 1 << 20;
/** What a file that is read while it is sent costs, buffers and garbage: a few of them fill a line as well as many do. */
const IN_FLIGHT = 6 << 20;

/** Opens files of a run's folder by their paths in files/. Links are followed: `wandb.save` makes them. */
export function fileOpener(dir: string): (path: string) => Promise<LocalFile | null> {
  return async (path) => {
    const parts = safePath(path);
    if (parts === null) return null;
    const place = join(dir, "files", ...parts);
    const found = statSync(place, { throwIfNoEntry: false });
    if (found === undefined || !found.isFile()) return null;
    const { size } = found;
    if (size <= SMALL) return { size, held: size, body: async () => readFileSync(place) };
    return { size, held: IN_FLIGHT, body: () => openLargeFile(place) };
  };
}

const REFRESH = 20_000;
/** A lock that was not refreshed for so long is nobody's: its process died, or its machine sleeps. */
const STALE = 120_000;
/** A lock without an owner in it for so long was left by a process that was killed as it made it. */
const UNFINISHED = 2000;

/** Locks of this process: its own pid lives, of course. */
const held = new Set<string>();

interface Lock {
  readonly pid: number;
  readonly host: string;
}

/**
 * The cursor of a .wandb file, beside it, which no other process may move at the same time.
 * @throws UploadError where another process uploads this run
 */
export async function openCursor(log: string): Promise<CursorStore & { release(): Promise<void> }> {
  const path = `${log}.upload`;
  const lock = `${path}.lock`;
  await takeLock(lock, log);
  held.add(lock);
  const timer = setInterval(() => {
    const now = new Date();
    utimes(lock, now, now).catch(() => {});
  }, REFRESH);
  timer.unref();
  return {
    async load() {
      const found = await lstat(path).catch(() => undefined);
      if (found === undefined) return undefined;
      checkIsFile(path, found);
      const text = await namingFile(path, readFile(path, "utf8"));
      return parseCursor(text, path);
    },
    save: (cursor: Cursor) => namingFile(path, replace(path, `${JSON.stringify(cursor, null, 1)}\n`)),
    markSynced: () => made(`${log}.synced`),
    async release() {
      clearInterval(timer);
      held.delete(lock);
      await removeLock(lock);
    },
  };
}

async function takeLock(lock: string, log: string): Promise<void> {
  while (!(await madeLock(lock))) {
    const state = await stateOf(lock);
    if (state === "held") {
      throw new UploadError("locked", `${log}: another process is uploading this run (${lock})`);
    }
    if (state === "stale") {
      await rm(lock, { force: true });
      left.delete(lock);
    } else await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** @returns false where there is one */
async function madeLock(lock: string): Promise<boolean> {
  const file = await open(lock, "wx").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EEXIST") return undefined;
    throw fileError(lock, error);
  });
  if (file === undefined) return false;
  try {
    await file.writeFile(JSON.stringify({ pid: process.pid, host: hostname() } satisfies Lock));
    await file.close();
    return true;
  } catch (error) {
    await file.close().catch(() => {});
    await removeLock(lock);
    throw fileError(lock, error);
  }
}

/** Locks of this process that could not be removed: they may not hold up its next upload, as they would while it lives. */
const left = new Set<string>();

async function removeLock(lock: string): Promise<void> {
  await rm(lock, { force: true }).then(
    () => left.delete(lock),
    () => left.add(lock),
  );
}

async function stateOf(lock: string): Promise<"held" | "stale" | "unclear"> {
  if (held.has(lock)) return "held";
  const found = await lstat(lock).catch(() => undefined);
  if (found === undefined) return "unclear"; // gone meanwhile
  checkIsFile(lock, found);
  const age = Date.now() - found.mtimeMs;
  if (age > STALE) return "stale";
  let owner: Lock;
  try {
    owner = JSON.parse(await readFile(lock, "utf8"));
  } catch {
    // Half written: by a process that is about to write the rest, or that was killed before it could.
    return age > UNFINISHED ? "stale" : "unclear";
  }
  if (owner.host !== hostname()) return "held";
  // Our own number: another thread of ours has it, or we could not remove it, or a process before us had our number.
  if (owner.pid === process.pid) {
    return left.has(lock) || found.mtimeMs < Date.now() - process.uptime() * 1000 ? "stale" : "held";
  }
  return isAlive(owner.pid) ? "held" : "stale";
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** An empty file, unless there is something: what a link leads to is left alone. */
async function made(path: string): Promise<void> {
  await writeFile(path, "", { flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw fileError(path, error);
  });
}

/** Whole or not at all, also where the machine dies: the bytes are on disk before the name is. */
async function replace(path: string, text: string): Promise<void> {
  const part = `${path}.part`;
  await mkdir(dirname(path), { recursive: true });
  await rm(part, { recursive: true, force: true }); // of an upload that was killed; no link is written through
  const file = await open(part, "wx");
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(part, path);
}
