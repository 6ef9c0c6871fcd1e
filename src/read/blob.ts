// A file as a Blob, whose bytes are read where they are asked for. Node only.
import { openAsBlob } from "node:fs";
import { open } from "node:fs/promises";
import { fileError } from "./file-error.ts";

/**
 * What `openAsBlob` throws has neither a path nor a code, and a folder becomes a Blob that cannot be read: the file is opened
 * before, which says both.
 * @throws Error naming the path, with the system's `code`
 */
export async function blobOf(path: string): Promise<Blob> {
  const file = await open(path).catch((error) => {
    throw fileError(path, error, { ENOENT: "no such file" });
  });
  try {
    if (!(await file.stat()).isFile())
      throw fileError(path, Object.assign(new Error("not a file"), { code: "EISDIR" }));
    return await openAsBlob(path);
  } finally {
    await file.close();
  }
}
