// The door `wandb-image/read` for Node: runs read back, from folders and zips.
//
//   import { openRun } from "wandb-image/read";
//   const run = await openRun("wandb/latest-run");
//   console.log(run.config, run.summary, run.keys, run.scalars("loss").values);
//   for await (const picture of run.images("val/pred")) console.log(picture.step, picture.caption);

import type { HostUrl } from "./host-types.ts";
import { blobOf } from "./read/blob.ts";
import { openFolder } from "./read/folder.ts";
import type { LoggedRun, Row } from "./read/logged-run.ts";
import { openSource, type RunFiles, sourceOf } from "./read/open.ts";
import type { RunSource } from "./read/source.ts";
import { type WatchOptions, watchSource } from "./read/watch.ts";
import { ZipArchive } from "./read/zip.ts";

export type { ConsoleLine } from "./read/console-lines.ts";
export type { Exit, RunInfo } from "./read/fold.ts";
export { listRuns, type RunListing } from "./read/list.ts";
export type { LoggedBoxes, LoggedImage, LoggedLayer } from "./read/logged-image.ts";
export type { StepRange } from "./read/logged-run.ts";
export type { RunState } from "./read/peek.ts";
export type { Picture, PictureLayer } from "./read/pictures.ts";
export type { Changes, FileItem, Item, RunFields } from "./read/records.ts";
export type { LoggedRun, Row, RunFiles, WatchOptions };

const loadImage = async () => (await import("./node.ts")).Image;

/**
 * Opens a run and reads its records, up to their present end.
 * @param run a run's folder, its .wandb file or a zip of it, by path; or what a page has: a zip's Blob or bytes, the Map
 * of `toFiles()`, a run that is logging in memory
 * @throws Error naming the place, where there is no run
 */
export async function openRun(run: string | HostUrl | RunFiles): Promise<LoggedRun> {
  return await openSource(await find(run), loadImage);
}

/**
 * The rows of a run, then each as it is logged, until the run ends (or `signal` aborts).
 *
 *   for await (const row of watchRun("wandb/latest-run")) console.log(row._step, row.loss);
 */
export async function* watchRun(
  run: string | HostUrl | RunFiles,
  options?: WatchOptions,
): AsyncGenerator<Row, void, undefined> {
  const source = await find(run);
  try {
    yield* watchSource(source, options);
  } finally {
    await source.close();
  }
}

async function find(run: string | HostUrl | RunFiles): Promise<RunSource> {
  if (typeof run !== "string" && !(run instanceof URL)) return await sourceOf(run);
  const path = run instanceof URL ? (await import("node:url")).fileURLToPath(run) : run;
  if (!/\.zip$/i.test(path)) return await openFolder(path);
  return await (await ZipArchive.open(await blobOf(path), path)).source();
}
