// Which runs there are below a folder. Node only.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe } from "../messages.ts";
import { fileError } from "./file-error.ts";
import { openFolder } from "./folder.ts";
import { type Peek, peek } from "./peek.ts";

/** How many files are open at a time. */
const AT_A_TIME = 32;

export interface RunListing extends Peek {
  /** The run's folder. */
  readonly dir: string;
  /** The run's id: the file's, where its records do not say it. */
  readonly id: string;
}

/**
 * The runs in a folder, the one that began last first: `path` may be a run's folder, a wandb folder of many, or the folder
 * that it lies in. A run that cannot be read is listed, too, and `problem` says why.
 * @throws TypeError for anything but a path; Error naming the path, where there is no such folder
 */
export async function listRuns(path: string): Promise<RunListing[]> {
  if (typeof path !== "string") throw new TypeError(`listRuns: expected a folder's path; got ${describe(path)}`);
  const dirs = await findRuns(path);
  const runs: RunListing[] = [];
  for (let i = 0; i < dirs.length; i += AT_A_TIME) {
    runs.push(...(await Promise.all(dirs.slice(i, i + AT_A_TIME).map(listing))));
  }
  return runs.sort((a, b) => (b.run?.startTime ?? b.modified ?? 0) - (a.run?.startTime ?? a.modified ?? 0));
}

const WORDS: Readonly<Record<string, string>> = { ENOENT: "no such folder", ENOTDIR: "not a folder" };

/** The run folders below a path: itself, its folders, those of its wandb/ or .wandb/. */
export async function findRuns(path: string): Promise<string[]> {
  const names = await readdir(path).catch((error) => {
    throw fileError(path, error, WORDS);
  });
  if (names.some(isLog)) return [path];
  const found: string[] = [];
  for (const name of ["wandb", ".wandb"]) {
    if (names.includes(name)) found.push(...(await runFolders(join(path, name))));
  }
  return found.length > 0 ? found : runFolders(path);
}

/** Folders with W&B's names, run-<time>-<id> and offline-run-…; where there are none, those that hold a record file. */
async function runFolders(parent: string): Promise<string[]> {
  const folders = (await readdir(parent, { withFileTypes: true }).catch(() => []))
    .filter((entry) => entry.isDirectory()) // latest-run is a link
    .map(({ name }) => name)
    .sort();
  const named = folders.filter((name) => /^(offline-)?run-\d{8}_\d{6}-/.test(name)).map((name) => join(parent, name));
  if (named.length > 0) return named;
  const held: string[] = [];
  for (const name of folders) {
    const names = await readdir(join(parent, name)).catch(() => []);
    if (names.some(isLog)) held.push(join(parent, name));
  }
  return held;
}

function isLog(name: string): boolean {
  return name.endsWith(".wandb") && name !== ".wandb";
}

async function listing(dir: string): Promise<RunListing> {
  const id = dir.replace(/.*[\\/](?:offline-)?run-\d{8}_\d{6}-/, "");
  try {
    const source = await openFolder(dir);
    try {
      const found = await peek(source);
      return { ...found, dir, id: found.run?.id || id };
    } finally {
      await source.close();
    }
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { dir, id, run: null, state: "stopped", exit: null, lastStep: null, bytes: 0, modified: null, problem };
  }
}
