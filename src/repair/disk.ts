// The files of a run's folder. Node only.
import { createHash } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { copyFile, mkdir, open, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

export interface DiskFile {
  /** Below files/, with forward slashes. */
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

const AT_A_TIME = 8;

/** Every file in files/ of a run's folder, by path, hashed. A link to a file counts as that file; one to a folder is not followed. */
export async function inventory(dir: string): Promise<Map<string, DiskFile>> {
  const files = join(dir, "files");
  const paths: string[] = [];
  const folders = [""];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const entries = await readdir(join(files, folder), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) folders.push(path);
      else paths.push(path);
    }
  }
  const found = new Map<string, DiskFile>();
  for (let i = 0; i < paths.length; i += AT_A_TIME) {
    const some = await Promise.all(paths.slice(i, i + AT_A_TIME).map((path) => hashed(files, path)));
    for (const file of some) if (file !== null) found.set(file.path, file);
  }
  return found;
}

/** null for what is no file, or cannot be read. */
async function hashed(files: string, path: string): Promise<DiskFile | null> {
  const place = join(files, path);
  try {
    if (!(await stat(place)).isFile()) return null;
    const hash = createHash("sha256");
    let size = 0;
    for await (const chunk of createReadStream(place) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      size += chunk.length;
    }
    return { path, size, sha256: hash.digest("hex") };
  } catch {
    return null;
  }
}

/** @throws where it is there already */
export async function makeFolder(dir: string): Promise<void> {
  await mkdir(dir);
}

export async function removeFolder(dir: string): Promise<void> {
  await rm(dir, { recursive: true, force: true });
}

/** Copies files/`from` of one run's folder to files/`to` of another. */
export async function copyInto(oldDir: string, from: string, newDir: string, to: string): Promise<void> {
  const place = join(newDir, "files", ...to.split("/"));
  await mkdir(dirname(place), { recursive: true });
  await copyFile(join(oldDir, "files", from), place, constants.COPYFILE_FICLONE);
}

export async function saveJson(path: string, value: unknown): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** A file that has its name only once it is whole. */
export async function writeWhole(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const handle = await open(`${path}.part`, "wx");
  try {
    for await (const piece of pieces) await handle.writeFile(piece);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${path}.part`, path);
}
