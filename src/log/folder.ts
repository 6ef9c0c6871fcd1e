// A run on disk: <dir>/wandb/offline-run-<time>-<id>/ with run-<id>.wandb and files/. Node only.
import {
  accessSync,
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { printable } from "../messages.ts";
import { randomRunId, runDirectoryName, StorageError, type Store } from "./store.ts";

/** How often an open run looks whether its folder is still there; milliseconds. */
const WATCH_INTERVAL = 500;
/** Drafts of runs that are older than this were left by programs that were killed; milliseconds. */
const STALE_DRAFT = 10 * 60_000;
const DRAFT = ".init-";

/** What a run survives: the death of the process, or ("sync") that of the machine too. */
type Durability = "process" | "sync";

/**
 * Makes a run's folder under `root`, whole or not at all: it is built beside its place and then renamed, for a folder whose
 * .wandb file is missing or empty would stop `wandb sync` for all runs beside it.
 * @param wanted the run's id, or undefined for a new one
 * @param firstBytes what the .wandb file begins with
 * @param online whether it is uploaded as it goes on, which its name says
 * @throws StorageError naming what cannot be written; nothing is left behind
 */
export function makeRunFolder(
  root: string,
  wanted: string | undefined,
  firstBytes: (id: string, startTime: number) => Uint8Array,
  durability: Durability = "process",
  online = false,
): RunFolder {
  const hidden = join(resolve(root), ".wandb"); // W&B's rule: used where it is there already
  const parent = existsSync(hidden) ? hidden : join(resolve(root), "wandb");
  const startTime = Date.now();
  const id = wanted ?? randomRunId();
  const name = runDirectoryName(id, startTime, online); // refuses a clock that is out of range before anything is made
  const bytes = firstBytes(id, startTime);
  const made: string[] = [];
  const draft = join(parent, DRAFT + randomRunId());
  let dir = join(parent, name);
  try {
    namingPath(parent, () => makeFolders(parent, made));
    const log = `run-${id}.wandb`;
    namingPath(dir, () => {
      mkdirSync(draft);
      mkdirSync(join(draft, "files"));
      writeNew(join(draft, "log"), bytes, durability);
      renameSync(join(draft, "log"), join(draft, log));
      syncFolders([draft], durability);
    });
    // Two runs may begin in the same second, even with the same id: the first to rename has the name, the other takes the
    // next second's.
    for (let second = startTime; !renamed(draft, dir); second += 1000)
      dir = join(parent, runDirectoryName(id, second, online));
    namingPath(dir, () => syncFolders([parent, dirname(parent), ...made.map(dirname)], durability));
    syncAncestors(parent, durability);
    const file = join(dir, log);
    const fd = namingPath(
      file,
      () => openSync(file, "r+"),
      () => removeWhatWasMade(dir),
    );
    linkLatest(parent, dir);
    removeStaleDrafts(parent);
    return new RunFolder({ id, dir, startTime, log: file, fd, length: bytes.length, durability });
  } catch (error) {
    removeWhatWasMade(draft);
    removeEmpty(made);
    throw error;
  }
}

interface OpenFolder {
  readonly id: string;
  readonly dir: string;
  readonly startTime: number;
  /** The .wandb file, its descriptor and its length in bytes. */
  readonly log: string;
  readonly fd: number;
  readonly length: number;
  readonly durability: Durability;
}

export class RunFolder implements Store {
  readonly id: string;
  readonly dir: string;
  readonly startTime: number;
  readonly log: string;
  /** The folder of media, with a separator behind it. */
  readonly #files: string;
  readonly #fd: number;
  #length: number;
  /** A failed write may have left part of a record, on which nothing may follow. */
  #partialWrite = false;
  #watch: ReturnType<typeof setInterval> | undefined;
  /** How many media files were begun: names of parts. */
  #parts = 0;
  readonly #hasLinks: boolean;
  readonly #durability: Durability;
  /** Folders whose own names are on the disk. */
  readonly #syncedNames: Set<string>;

  constructor(folder: OpenFolder) {
    this.id = folder.id;
    this.dir = folder.dir;
    this.#files = join(folder.dir, "files") + sep;
    this.startTime = folder.startTime;
    this.log = folder.log;
    this.#fd = folder.fd;
    this.#hasLinks = fstatSync(folder.fd).nlink > 0;
    this.#length = folder.length;
    this.#durability = folder.durability;
    this.#syncedNames = new Set([folder.dir, join(folder.dir, "files")]);
  }

  get length(): number {
    return this.#length;
  }

  /** Calls `onGone` once, within a second, when the folder was removed or moved. Does not keep the program running. */
  watch(onGone: (error: StorageError) => void): void {
    this.#watch = setInterval(() => {
      const gone = this.#goneError();
      if (gone === undefined) return;
      clearInterval(this.#watch);
      onGone(gone);
    }, WATCH_INTERVAL);
    this.#watch.unref?.();
  }

  enqueue(work: () => void): void {
    const gone = this.#goneError();
    if (gone !== undefined) throw gone; // else rows would go to an unlinked file, and pictures to a folder without one
    work();
  }

  saveMedia(path: string, bytes: Uint8Array): void {
    if (process.platform === "win32" && /[\\:*?"<>|]/.test(path)) {
      // W&B's words (util.py, make_file_path_upload_safe).
      throw new RangeError(
        `Path ${printable(path)} is invalid. Please remove invalid filename characters (\\, :, *, ?, ", <, >, |)`,
      );
    }
    // `join` and `dirname` would look for dots and doubled separators, of which a run's paths have none.
    const place = `${this.#files}${sep === "/" ? path : path.replaceAll("/", sep)}`;
    const folder = place.slice(0, place.lastIndexOf(sep));
    // A name of its own, for the file's may be as long as the file system takes.
    const part = `${folder}${sep}.${++this.#parts}.part`;
    namingPath(place, () => {
      try {
        writeNew(part, bytes, this.#durability, () => makeFolders(folder));
        renameSync(part, place); // so that a file is there whole or not at all
        this.#syncNames(folder);
      } catch (error) {
        removeWhatWasMade(part);
        throw error;
      }
    });
  }

  // One write call for each step's records: what is written so survives the death of the process. That of the machine takes an fsync of
  // milliseconds.
  append(bytes: Uint8Array): void {
    const end = this.#length;
    namingPath(this.log, () => {
      if (this.#partialWrite) this.#cut(end);
      this.#partialWrite = true;
      try {
        writeAll(this.#fd, bytes, end);
        if (this.#durability === "sync") fdatasyncSync(this.#fd);
        this.#partialWrite = false;
      } catch (error) {
        try {
          this.#cut(end);
        } catch {
          // Then the next append must do it first; readers stop before an incomplete record.
        }
        throw error;
      }
    });
    this.#length = end + bytes.length;
  }

  close(): void {
    clearInterval(this.#watch);
    namingPath(this.log, () => closeSync(this.#fd));
  }

  async files(): Promise<Map<string, Uint8Array>> {
    const name = basename(this.dir);
    const files = new Map<string, Uint8Array>();
    for (const entry of readdirSync(this.dir, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || entry.name.endsWith(".part")) continue;
      const path = join(entry.parentPath, entry.name);
      files.set([name, ...relative(this.dir, path).split(sep)].join("/"), new Uint8Array(readFileSync(path)));
    }
    return files;
  }

  /**
   * The names in `folder`, its own and those around it. Not only of what this call made: an earlier one may have made folders and then
   * failed.
   */
  #syncNames(folder: string): void {
    if (this.#durability !== "sync") return;
    const unsynced: string[] = [];
    for (let each = folder; !this.#syncedNames.has(each); each = dirname(each)) unsynced.push(each);
    syncFolders([folder, ...unsynced.map(dirname)], this.#durability);
    for (const each of unsynced) this.#syncedNames.add(each);
  }

  #cut(length: number): void {
    ftruncateSync(this.#fd, length);
    this.#partialWrite = false;
  }

  // By the path and by the number of links, not by inode numbers, which some network file systems make up anew.
  #goneError(): StorageError | undefined {
    try {
      accessSync(this.log);
      // Some file systems (of FUSE, of other engines) count no links at all.
      if (!this.#hasLinks || fstatSync(this.#fd).nlink > 0) return undefined;
    } catch (error) {
      // ENOTDIR: a file lies where a folder of the path was. Else it is not readable just now, and the write will say more.
      if (codeOf(error) !== "ENOENT" && codeOf(error) !== "ENOTDIR") return undefined;
    }
    return new StorageError(
      "run-folder-gone",
      `${this.dir} is gone: the run's folder was removed or moved while the run was open. ` +
        "What is logged from now on cannot be written; begin another run",
    );
  }
}

/** @param makeFolder called where the file's folder is not there */
function writeNew(path: string, bytes: Uint8Array, durability: Durability, makeFolder?: () => void): void {
  const fd = openNew(path, makeFolder);
  try {
    writeAll(fd, bytes, 0);
    if (durability === "sync") fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function openNew(path: string, makeFolder?: () => void): number {
  try {
    return openSync(path, "wx");
  } catch (error) {
    if (makeFolder === undefined || codeOf(error) !== "ENOENT") throw error;
    makeFolder();
    return openSync(path, "wx");
  }
}

/** The system may write less than it is given. */
function writeAll(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(fd, bytes, done, bytes.length - done, position + done);
  }
}

/** A new name is in its folder's blocks, which have to be synced as the file's are (fsync(2)). Windows syncs no folders. */
function syncFolders(folders: readonly string[], durability: Durability): void {
  if (durability !== "sync" || process.platform === "win32") return;
  for (const folder of new Set(folders)) {
    const fd = openSync(folder, "r");
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
}

/**
 * Whoever made the folders around a run, another program a moment ago perhaps, may not have synced their names. As far as that is ours
 * to do: not every folder may be read.
 */
function syncAncestors(folder: string, durability: Durability): void {
  for (let each = folder; each !== dirname(each); each = dirname(each)) {
    try {
      syncFolders([dirname(each)], durability);
    } catch {
      return;
    }
  }
}

/** Level by level: Node 20's recursive mkdirSync never returns where a level cannot be made, as under /proc. */
function makeFolders(dir: string, made: string[] = []): void {
  if (existsSync(dir)) return;
  makeFolders(dirname(dir), made);
  if (tryMkdir(dir)) made.push(dir);
}

/** Whether `dir` is new. */
function tryMkdir(dir: string): boolean {
  try {
    mkdirSync(dir);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Whether `dir` was free and is now what `draft` was. */
function renamed(draft: string, dir: string): boolean {
  if (existsSync(dir)) return false;
  try {
    renameSync(draft, dir);
    return true;
  } catch (error) {
    if (existsSync(dir)) return false; // ENOTEMPTY, EEXIST or EPERM, by platform: another program was faster
    throw storageError(dir, error);
  }
}

function removeWhatWasMade(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // Of a file system that takes nothing any more; the error that led here says so, and this one must not take its place.
  }
}

function removeEmpty(folders: readonly string[]): void {
  for (const folder of folders.toReversed()) {
    try {
      rmdirSync(folder);
    } catch {
      return; // another program has put something there
    }
  }
}

function removeStaleDrafts(parent: string): void {
  try {
    for (const name of readdirSync(parent)) {
      if (!name.startsWith(DRAFT)) continue;
      const draft = join(parent, name);
      if (Date.now() - statSync(draft).mtimeMs > STALE_DRAFT) removeWhatWasMade(draft);
    }
  } catch {
    // Another program removes them too.
  }
}

function namingPath<T>(path: string, work: () => T, undo = () => {}): T {
  try {
    return work();
  } catch (error) {
    undo();
    throw storageError(path, error);
  }
}

/** Without the error as its cause, which holds the path with its control characters, and which Node prints. */
function storageError(path: string, error: unknown): StorageError {
  const message = error instanceof Error ? error.message : String(error);
  return new StorageError(codeOf(error) ?? "EIO", `${path} cannot be written: ${message}`);
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | null)?.code;
}

/** wandb/latest-run, which W&B's users know; best effort, for not every file system has links. */
function linkLatest(parent: string, dir: string): void {
  const fresh = join(parent, `latest-run.${process.pid}.${randomRunId()}`);
  try {
    symlinkSync(dir.slice(parent.length + 1), fresh);
    renameSync(fresh, join(parent, "latest-run"));
  } catch {
    removeWhatWasMade(fresh);
  }
}
