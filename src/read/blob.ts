// A file as a Blob, whose bytes are read where they are asked for. Node only.
import { openAsBlob } from "node:fs";
import { open, stat } from "node:fs/promises";
import { checkIsFile, fileError, namingFile } from "./file-error.ts";

/**
 * What `openAsBlob` throws has neither a path nor a code, and a folder becomes a Blob that cannot be read: the file is opened
 * before, which says both.
 * @throws Error naming the path, with the system's `code`
 */
export async function blobOf(path: string): Promise<Blob> {
  checkIsFile(path, await namingFile(path, stat(path), { ENOENT: "no such file" }));
  const file = await open(path).catch((error) => {
    throw fileError(path, error, { ENOENT: "no such file" });
  });
  try {
    return await openAsBlob(path);
  } finally {
    await file.close();
  }
}
