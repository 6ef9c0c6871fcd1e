// Input → what it is: a Frame, decoded 8-bit pixels, a file's bytes, or a reference. The first reader that accepts wins;
// the most specific come first.
import { describe } from "../dtype.ts";
import { readArray, readNested } from "./array.ts";
import { readBytes, readDataUrl } from "./bytes.ts";
import { readDecoded } from "./decoded.ts";
import { readReference } from "./reference.ts";
import type { AdaptOptions, Reader, Source } from "./source.ts";

export type { AdaptOptions, Reader, Source } from "./source.ts";

const readers: Reader[] = [readDataUrl, readReference, readArray, readDecoded, readNested, readBytes];

/** Puts a reader before all others: what the doors add (files in Node, canvases in browsers). */
export function addReader(reader: Reader): void {
  readers.unshift(reader);
}

/**
 * What an input is. Nothing is copied but nested numbers and files.
 * @throws TypeError for an input of no known kind, RangeError for one whose sizes disagree
 */
export function adapt(input: unknown, options: AdaptOptions = {}): Source {
  for (const read of readers) {
    const source = read(input, options);
    if (source !== undefined) return source;
  }
  throw new TypeError(
    `${describe(input)} is no image: expected an array { data, shape }, decoded pixels { data, width, height }, ` +
      "rows of numbers, an encoded file's bytes or data: URL, or a path in Node",
  );
}
