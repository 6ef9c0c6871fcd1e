// What a program holds of a run → where its bytes come from.
import type { HostBlob } from "../host-types.ts";
import type { LoadImage } from "./logged-image.ts";
import { LoggedRun } from "./logged-run.ts";
import { RunIndex } from "./run-index.ts";
import { MemorySource, type RunSource } from "./source.ts";
import { ZipArchive } from "./zip.ts";

/** A run that is not in a file system. */
export type RunFiles =
  /** A zip of a run's folder. */
  | HostBlob
  | Uint8Array
  | ArrayBuffer
  /** Paths and bytes of a run's folder. */
  | ReadonlyMap<string, Uint8Array>
  /** A run that a page is logging: as far as it goes now. */
  | { toFiles(): Promise<ReadonlyMap<string, Uint8Array>> };

/** @throws TypeError for what is none of these; Error in words, where there is no run in it */
export async function sourceOf(run: RunFiles): Promise<RunSource> {
  if (run instanceof Map) return MemorySource.of(run);
  if (typeof run === "object" && run !== null) {
    if ("toFiles" in run) return MemorySource.of(await run.toFiles());
    if (run instanceof Blob) return await (await ZipArchive.open(run, nameOf(run))).source();
    if (run instanceof ArrayBuffer || ArrayBuffer.isView(run)) {
      return await (await ZipArchive.open(new Blob([run as BlobPart]), "zip")).source();
    }
  }
  throw new TypeError("openRun: expected a run's folder, a zip (Blob or bytes), its files (a Map) or a run in memory");
}

function nameOf(blob: Blob): string {
  return "name" in blob && typeof blob.name === "string" ? blob.name : "zip";
}

export async function openSource(source: RunSource, loadImage: LoadImage): Promise<LoggedRun> {
  const index = new RunIndex(source);
  try {
    await index.update();
    if (index.fold.run === null && index.columns.rows === 0) {
      const problem = index.damage[0]?.reason ?? "no run in its records (yet)";
      throw new Error(`${source.name}: ${index.end === 0 ? "the record file is empty" : problem}`);
    }
  } catch (error) {
    await source.close();
    throw error;
  }
  return new LoggedRun(index, loadImage);
}
