// Runs that lie in folders and zips, uploaded one after the other or some at a time: `npx wandb-image sync`. Node only.
import { access, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { blobOf } from "../read/blob.ts";
import { openFolder } from "../read/folder.ts";
import { findRuns } from "../read/list.ts";
import { type Peek, peek } from "../read/peek.ts";
import type { RunSource } from "../read/source.ts";
import { ZipArchive } from "../read/zip.ts";
import { realClock } from "./clock.ts";
import { type ConnectOptions, connect } from "./connect.ts";
import { Pace } from "./pace.ts";
import { machine } from "./process.ts";
import type { UploadProgress } from "./progress.ts";
import type { Target } from "./remote-run.ts";
import { fileOpener, openCursor } from "./run-folder.ts";
import { Upload } from "./upload.ts";

export interface SyncOptions extends ConnectOptions {
  /** Run folders, folders of many, .wandb files, zips. */
  readonly paths: readonly string[];
  /** Goes along with runs that are being written, to their end. */
  readonly live?: boolean | undefined;
  readonly target?: Target | undefined;
  /** Uploads also what was uploaded whole, to the places where it is. */
  readonly includeSynced?: boolean | undefined;
  /** Whether a run that is on the server whole gets the marker that W&B's `wandb sync` heeds; default true. */
  readonly markSynced?: boolean | undefined;
  /** Runs at a time. */
  readonly parallel?: number | undefined;
  /** Ends a run that has no end, as it was killed, with exit code 1. */
  readonly endKilled?: boolean | undefined;
  readonly producer: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((run: FoundRun, progress: UploadProgress) => void) | undefined;
}

/** A run that was found at one of the paths. */
export interface FoundRun extends Peek {
  readonly path: string;
  readonly id: string;
  /** Beside which the cursor is kept. */
  readonly log: string;
  /** Why it is left alone, in words; undefined where it is to be uploaded. */
  readonly skipped: string | undefined;
  /** Its folder; undefined for one in a zip. */
  readonly folder: string | undefined;
  open(): Promise<RunSource>;
}

export interface SyncedRun {
  readonly run: FoundRun;
  /** "uploaded": every row and file is on the server. "open": so far, for the run has no end. "owed": something is not. */
  readonly outcome: "uploaded" | "open" | "owed" | "failed" | "skipped";
  /** What went wrong, or why it was left alone. */
  readonly reason: string | undefined;
  readonly progress: UploadProgress | undefined;
}

/** @throws Error naming a path where there is no run */
export async function findUploads(paths: readonly string[], includeSynced: boolean): Promise<FoundRun[]> {
  const found = (await Promise.all(paths.map((path) => findAt(path, includeSynced)))).flat();
  return found.sort((a, b) => (a.run?.startTime ?? 0) - (b.run?.startTime ?? 0));
}

async function findAt(path: string, includeSynced: boolean): Promise<FoundRun[]> {
  const isFile = (await stat(path).catch(() => undefined))?.isFile() ?? false;
  if (isFile && !path.endsWith(".wandb")) return findInZip(path, includeSynced);
  const folders = isFile ? [path] : await findRuns(path);
  if (folders.length === 0) throw new Error(`${path}: no run in this folder`);
  const named = folders.length === 1 && folders[0] === path;
  return Promise.all(folders.map((folder) => describe(folder, folder, named, includeSynced, () => openRun(folder))));
}

const openRun = (path: string) => openFolder(path, { followLinks: true }); // what wandb.save linked is part of the run

async function findInZip(path: string, includeSynced: boolean): Promise<FoundRun[]> {
  const archive = await ZipArchive.open(await blobOf(path), path);
  if (archive.runs.length === 0) throw new Error(`${path}: no run in this zip`);
  return Promise.all(
    archive.runs.map((folder) => {
      const log = archive.runs.length === 1 ? path : `${path}.${basename(folder)}`;
      return describe(`${path}/${folder}`, log, true, includeSynced, () => archive.source(folder));
    }),
  );
}

async function describe(
  path: string,
  place: string,
  named: boolean,
  includeSynced: boolean,
  open: () => Promise<RunSource>,
): Promise<FoundRun> {
  const source = await open().catch((error: Error) => error);
  if (source instanceof Error) return { ...unreadable(source.message), path, log: place, folder: undefined, open };
  try {
    const log = "log" in source ? String(source.log) : place;
    const folder = "log" in source ? dirname(log) : undefined;
    const seen = await peek(source);
    const id = seen.run?.id || basename(log).replace(/^run-|\.wandb$/g, "");
    const skipped = seen.problem ?? (await reasonToSkip(path, log, named, includeSynced));
    return { ...seen, path, id, log, folder, skipped, open };
  } finally {
    await source.close();
  }
}

function unreadable(problem: string): Omit<FoundRun, "path" | "log" | "folder" | "open"> {
  const nothing = { run: null, state: "stopped", exit: null, lastStep: null, bytes: 0, modified: null } as const;
  return { ...nothing, id: "", problem, skipped: problem };
}

async function reasonToSkip(path: string, log: string, named: boolean, includeSynced: boolean) {
  const exists = (file: string) =>
    access(file).then(
      () => true,
      () => false,
    );
  if (!includeSynced && (await exists(`${log}.synced`))) return "it was uploaded; --include-synced does so again";
  // W&B's name of a run that its own client was uploading; one of ours has a cursor.
  if (!named && /^run-/.test(basename(path)) && !(await exists(`${log}.upload`))) {
    return "it was logged online by another client; name its folder to upload it";
  }
  return undefined;
}

/** Uploads all that is to be uploaded; the result says of each run what became of it. */
export async function syncRuns(runs: readonly FoundRun[], options: SyncOptions): Promise<SyncedRun[]> {
  const results = new Map<FoundRun, SyncedRun>();
  for (const run of runs) {
    if (run.skipped === undefined) continue;
    const outcome = run.problem === null ? "skipped" : "failed";
    results.set(run, { run, outcome, reason: run.skipped, progress: undefined });
  }
  // Parts of one run (it was resumed) follow each other; runs of a project share its pace.
  const groups = [
    ...groupBy(
      runs.filter((run) => run.skipped === undefined),
      placeOf,
    ).values(),
  ];
  const paces = new Map<string, Pace>();
  const worker = async () => {
    for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
      for (const run of group) results.set(run, await syncRun(run, options, paceOf(run, paces)));
    }
  };
  await Promise.all(Array.from({ length: options.parallel ?? 5 }, worker));
  return runs.map((run) => results.get(run)!);
}

function placeOf({ run, id }: FoundRun): string {
  return `${run?.entity}/${run?.project}/${id}`;
}

function groupBy(runs: readonly FoundRun[], key: (run: FoundRun) => string): Map<string, FoundRun[]> {
  const groups = new Map<string, FoundRun[]>();
  for (const run of runs) groups.set(key(run), [...(groups.get(key(run)) ?? []), run]);
  return groups;
}

function paceOf({ run }: FoundRun, paces: Map<string, Pace>): Pace {
  const project = `${run?.entity}/${run?.project}`;
  const pace = paces.get(project) ?? new Pace();
  paces.set(project, pace);
  return pace;
}

async function syncRun(run: FoundRun, options: SyncOptions, pace: Pace): Promise<SyncedRun> {
  const { clock = realClock, live = false, endKilled, target, producer, signal, onProgress } = options;
  const failed = (error: unknown): SyncedRun => ({
    run,
    outcome: "failed",
    reason: error instanceof Error ? error.message : String(error),
    progress: undefined,
  });
  let cursor: Awaited<ReturnType<typeof openCursor>>;
  try {
    cursor = await openCursor(run.log);
  } catch (error) {
    return failed(error);
  }
  try {
    const upload: Upload = new Upload({
      server: connect({ ...options, onRetry: (trouble) => upload.trouble(trouble) }, machine),
      source: await run.open(),
      openFile: run.folder === undefined ? undefined : fileOpener(run.folder),
      cursor: options.markSynced === false ? { ...cursor, async markSynced() {} } : cursor,
      clock,
      pace,
      concurrency: 16,
      live,
      again: options.includeSynced,
      target,
      endAs: endKilled ? 1 : undefined,
      producer,
      onChange: onProgress && ((progress) => onProgress(run, progress)),
    });
    signal?.addEventListener("abort", () => upload.stop(), { once: true });
    if (signal?.aborted) upload.stop();
    const progress = await upload.run();
    return { run, outcome: outcomeOf(progress), reason: progress.error?.message, progress };
  } catch (error) {
    return failed(error);
  } finally {
    await cursor.release();
  }
}

function outcomeOf({ state, owed, complete }: UploadProgress): SyncedRun["outcome"] {
  if (state !== "done") return "failed";
  if (owed.length > 0) return "owed";
  return complete ? "uploaded" : "open";
}
