// The door `wandb-image/read` where there is no file system: runs read back from zips and memory.
import type { LoggedRun, Row } from "./read/logged-run.ts";
import { openSource, type RunFiles, sourceOf } from "./read/open.ts";
import { type WatchOptions, watchSource } from "./read/watch.ts";

export type { ConsoleLine } from "./read/console-lines.ts";
export type { Exit, RunInfo } from "./read/fold.ts";
export type { LoggedBoxes, LoggedImage, LoggedLayer } from "./read/logged-image.ts";
export type { StepRange } from "./read/logged-run.ts";
export type { Picture, PictureLayer } from "./read/pictures.ts";
export type { Changes, FileItem, Item, RunFields } from "./read/records.ts";
export type { LoggedRun, Row, RunFiles, WatchOptions };

const loadImage = async () => (await import("./browser.ts")).Image;

/**
 * Reads a run.
 * @param run a zip's Blob or bytes, the Map of `toFiles()`, or a run that is logging in memory
 * @throws Error in words, where there is no run in it
 */
export async function openRun(run: RunFiles): Promise<LoggedRun> {
  return await openSource(await sourceOf(run), loadImage);
}

/** The rows of a run. */
export async function* watchRun(run: RunFiles, options?: WatchOptions): AsyncGenerator<Row, void, undefined> {
  yield* watchSource(await sourceOf(run), options);
}
