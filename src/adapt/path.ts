// Files on disk, for the Node door: path strings and file: URLs.
import { readFileSync } from "node:fs";
import { extname, isAbsolute } from "node:path";
import { fileURLToPath } from "node:url";
import { tagOf } from "../messages.ts";
import { fileSource, notAPicture } from "./bytes.ts";
import { base64Error, shortened } from "./foreign.ts";
import { readNpy } from "./npy.ts";
import type { AdaptOptions, Source } from "./source.ts";

/** A path, or a `file:` URL. The file's format is its extension as written ("JPG" stays so), as in W&B; a .npy is its array. */
export function readPath(input: unknown, options: AdaptOptions): Source | undefined {
  const path = pathOf(input);
  if (path === undefined) return undefined;
  const bytes = bytesAt(path);
  const array = readNpy(bytes, options);
  if (array !== undefined) return array;
  const source = fileSource(bytes, path, options);
  if (source === undefined) throw notAPicture(bytes, path, ", and no .npy");
  return { ...source, format: extname(path).slice(1) || source.format };
}

/** @throws Error with the file system's code, and what was probably meant */
function bytesAt(path: string): Uint8Array {
  try {
    const read = readFileSync(path);
    // A small Buffer is a view of Node's pool and would keep all of it alive.
    return read.length === read.buffer.byteLength ? new Uint8Array(read.buffer) : new Uint8Array(read);
  } catch (cause) {
    const code = (cause as { code?: string }).code ?? "";
    const remedy = REMEDY[code]?.(path);
    if (remedy instanceof Error) throw remedy;
    if (remedy === undefined) throw cause;
    throw Object.assign(new Error(`${code}: ${shortened(path)}: ${remedy}`, { cause }), { code, path });
  }
}

const missing = (path: string): string | Error => {
  if (path.startsWith("~")) {
    return 'no such file: only a shell knows "~"; write join(homedir(), …) of node:path and node:os';
  }
  return (
    base64Error(path) ?? `no such file${isAbsolute(path) ? "" : `, looked for in ${shortened(process.cwd(), 80)}`}`
  );
};

const REMEDY: Readonly<Record<string, (path: string) => string | Error>> = {
  ENOENT: missing,
  ENAMETOOLONG: (path) => base64Error(path) ?? `${path.length} characters, too long for a path`,
  ENOTDIR: missing,
  EISDIR: () => "a folder; expected a picture's file, or one Image for each of its files",
};

function pathOf(input: unknown): string | undefined {
  if (tagOf(input) === "URL" && String(input).startsWith("file:")) return fileURLToPath(String(input));
  if (typeof input !== "string" || input === "") return undefined;
  if (input.startsWith("file:")) return fileURLToPath(input);
  // "data:", "blob:", "s3://" are addresses; "C:\\" is a drive.
  return /^(data:|blob:|[a-z][a-z0-9+.-]+:\/\/)/i.test(input) ? undefined : input;
}
