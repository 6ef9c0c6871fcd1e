// Where runs are looked for: folders, of one run or of many, and zips. Node only.
import { basename, dirname } from "node:path";
import { blobOf } from "../read/blob.ts";
import { openFolder } from "../read/folder.ts";
import { findRuns, listRuns, type RunListing } from "../read/list.ts";
import { peek } from "../read/peek.ts";
import type { RunSource } from "../read/source.ts";
import { ZipArchive } from "../read/zip.ts";

export interface FoundRun {
  readonly listing: RunListing;
  readonly open: () => Promise<RunSource>;
}

const isZip = (path: string) => /\.zip$/i.test(path);

/** The runs below a root. @throws Error naming the root, where it is not there */
export async function runsBelow(path: string): Promise<FoundRun[]> {
  const root = /\.wandb$/.test(path) && basename(path) !== ".wandb" ? dirname(path) : path; // a run by its record file
  if (!isZip(root)) {
    const listings = await listRuns(root);
    return listings.map((listing) => ({ listing, open: () => openFolder(listing.dir) }));
  }
  const archive = await ZipArchive.open(await blobOf(root), root);
  return Promise.all(archive.runs.map((folder) => runInZip(archive, folder, root)));
}

async function runInZip(archive: ZipArchive, folder: string, root: string): Promise<FoundRun> {
  const open = () => archive.source(folder);
  const dir = folder === "" ? root : `${root}/${folder.slice(0, -1)}`;
  const id = basename(dir).replace(/^(?:offline-)?run-\d{8}_\d{6}-|\.zip$/g, "");
  try {
    const found = await peek(await open());
    return { listing: { ...found, dir, id: found.run?.id || id }, open };
  } catch (error) {
    const problem = (error as Error).message;
    const nothing = { run: null, state: "stopped", exit: null, lastStep: null, bytes: 0, modified: null } as const;
    return { listing: { ...nothing, dir, id, problem }, open };
  }
}

/** Another text whenever a run's folder came or went. */
export async function fingerprint(roots: readonly string[]): Promise<string> {
  const found = await Promise.all(roots.map((root) => (isZip(root) ? [root] : findRuns(root).catch(() => []))));
  return found.flat().join("\n");
}
