// What is wrong with a file, as an error that a program can tell from another by its `code`.

/**
 * - "file-truncated": the file ends before its pixels do; what Pillow refuses as "image file is truncated".
 * - "file-broken": the file says something impossible.
 * - "file-unsupported": a form of the format that Pillow does not read either, or whose pixels are not decoded here.
 * - "file-too-large": more pixels than `maxPixels`, or more bytes than `maxBytes`.
 */
export type FileFault = "file-truncated" | "file-broken" | "file-unsupported" | "file-too-large";

export function fileError(code: FileFault, message: string): RangeError & { readonly code: FileFault } {
  return Object.assign(new RangeError(message), { code });
}

/** Pillow's words, and what is missing. */
export function truncated(missing: string): RangeError {
  return fileError("file-truncated", `image file is truncated: ${missing}`);
}

export function broken(what: string): RangeError {
  return fileError("file-broken", what);
}

export function unsupported(what: string): RangeError {
  return fileError("file-unsupported", what);
}

/** "1 byte", "31 bytes". */
export function bytesIn(count: number): string {
  return `${count} byte${count === 1 ? "" : "s"}`;
}
