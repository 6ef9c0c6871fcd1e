// Files on disk, for the Node door: path strings and file: URLs.
import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { tagOf } from "../dtype.ts";
import { fileOf, SIGNATURES } from "./bytes.ts";
import { readNpy } from "./npy.ts";
import type { AdaptOptions, Source } from "./source.ts";

/** A path, or a `file:` URL. The file's format is its extension as written ("JPG" stays so), as in W&B; a .npy is its array. */
export function readPath(input: unknown, options: AdaptOptions): Source | undefined {
  const path = pathOf(input);
  if (path === undefined) return undefined;
  const read = readFileSync(path);
  // A small Buffer is a view of Node's pool and would keep all of it alive.
  const bytes = read.length === read.buffer.byteLength ? new Uint8Array(read.buffer) : new Uint8Array(read);
  const array = readNpy(bytes, options);
  if (array !== undefined) return array;
  const file = fileOf(bytes);
  if (file === undefined)
    throw new TypeError(`${path}: ${bytes.length} bytes that are no ${SIGNATURES} file, and no .npy`);
  return {
    kind: "file",
    bytes,
    format: extname(path).slice(1) || file.format,
    width: file.width,
    height: file.height,
  };
}

function pathOf(input: unknown): string | undefined {
  if (tagOf(input) === "URL" && String(input).startsWith("file:")) return fileURLToPath(String(input));
  if (typeof input !== "string" || input === "") return undefined;
  if (input.startsWith("file:")) return fileURLToPath(input);
  // "data:", "blob:", "s3://" are addresses; "C:\\" is a drive.
  return /^(data:|blob:|[a-z][a-z0-9+.-]+:\/\/)/i.test(input) ? undefined : input;
}
