// A file as a Blob, whose bytes are read where they are asked for. Node only.
import { openAsBlob } from "node:fs";
import { open } from "node:fs/promises";

/**
 * What `openAsBlob` throws has neither a path nor a code, and a folder becomes a Blob that cannot be read: the file is opened
 * before, which says both.
 * @throws Error naming the path, with the system's `code`
 */
export async function blobOf(path: string): Promise<Blob> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw fileError(path, error.code === "ENOENT" ? "no such file" : error.message, error.code);
  });
  try {
    if (!(await file.stat()).isFile()) throw fileError(path, "not a file", "EISDIR");
    return await openAsBlob(path);
  } finally {
    await file.close();
  }
}

function fileError(path: string, words: string, code: string | undefined): Error {
  return Object.assign(new Error(`${path}: ${words}`), { code });
}
