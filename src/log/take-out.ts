// A run's files → a zip, or a directory that the user of a page chose.
import type { Bytes, HostBlob } from "../host-types.ts";
import { zip } from "./zip.ts";

/** As much of FileSystemDirectoryHandle as is used: File System Access, OPFS, or one's own. */
export interface DirectoryHandle {
  /** The directory of that name in this one. */
  getDirectoryHandle(name: string, options: { create: true }): Promise<DirectoryHandle>;
  /** The file of that name in this directory. */
  getFileHandle(
    name: string,
    options: { create: true },
  ): Promise<{
    createWritable(): Promise<{ write(bytes: Bytes): Promise<void>; close(): Promise<void> }>;
  }>;
}

/** Files by their paths, which begin with the name of the run's directory. */
export type RunFileMap = Map<string, Uint8Array>;

/** The zip of the directory `name`, with files/ in it even where there are none. */
export function zipOf(name: string, files: RunFileMap, startTime: number): HostBlob {
  const entries = [...files].map(([path, bytes]) => ({ path, bytes }));
  const folder = { path: `${name}/files/`, bytes: new Uint8Array() };
  return zip(files.size === 0 ? [] : [folder, ...entries], new Date(startTime));
}

/** Writes the directory `name` into `directory`. */
export async function writeInto(directory: DirectoryHandle, name: string, files: RunFileMap): Promise<void> {
  if (files.size === 0) return;
  const run = await directory.getDirectoryHandle(name, { create: true });
  await run.getDirectoryHandle("files", { create: true });
  for (const [path, bytes] of files) {
    try {
      await writeFile(directory, path.split("/"), bytes);
    } catch (cause) {
      throw new Error(`${path} cannot be written: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
  }
}

async function writeFile(directory: DirectoryHandle, path: readonly string[], bytes: Uint8Array): Promise<void> {
  for (const name of path.slice(0, -1)) directory = await directory.getDirectoryHandle(name, { create: true });
  const file = await directory.getFileHandle(path.at(-1)!, { create: true });
  const writable = await file.createWritable();
  await writable.write(bytes as Bytes);
  await writable.close();
}
