// GIF89a: its size, and whether its first picture, which is what W&B shows and Pillow loads, is whole.
import { broken, truncated } from "./faults.ts";

export interface GifFile {
  readonly width: number;
  readonly height: number;
  /** What is missing after the first picture; undefined: nothing. */
  readonly incomplete?: string | undefined;
}

const [EXTENSION, IMAGE, TRAILER] = [0x21, 0x2c, 0x3b];

/**
 * Walks the blocks (GIF89a, appendix A); the first picture's pixels are counted as Pillow's decoder meets them. The size is
 * the logical screen's, made wider where the first picture reaches past it, as Pillow does.
 * @throws RangeError where the file ends before the first picture does
 */
export function readGif(bytes: Uint8Array): GifFile {
  const word = (at: number) => bytes[at]! | (bytes[at + 1]! << 8);
  if (bytes.length < 13) throw truncated("its header is cut short");
  let size = { width: word(6), height: word(8) };
  let at = 13 + paletteBytes(bytes[10]!);
  let pictures = 0;
  for (;;) {
    const block = bytes[at++];
    if (block === TRAILER && pictures > 0) return size;
    if (block === undefined || block === TRAILER) {
      if (pictures === 0) throw truncated("it ends before its first picture");
      return { ...size, incomplete: "its end, the trailer" };
    }
    if (block === EXTENSION) {
      const end = endOfBlocks(bytes, at + 1);
      // Nothing but a picture after it would show that an extension is cut.
      at = end ?? bytes.length;
    } else if (block === IMAGE) {
      const place = at;
      if (place + 10 > bytes.length && pictures === 0) throw truncated("its first picture's header is cut short");
      at += 9 + paletteBytes(bytes[at + 8] ?? 0);
      if (pictures++ === 0) {
        const [x, y, width, height] = [0, 2, 4, 6].map((i) => word(place + i)) as [number, number, number, number];
        size = { width: Math.max(size.width, x + width), height: Math.max(size.height, y + height) };
        checkPicture(bytes, at, width, height);
      }
      at = endOfBlocks(bytes, at + 1) ?? bytes.length;
    }
  }
}

/** Of the flags of a screen or picture: three bytes for each color of its palette. */
function paletteBytes(flags: number): number {
  return flags & 0x80 ? 3 << ((flags & 7) + 1) : 0;
}

/** Behind the blocks of up to 255 bytes each that begin at a place; undefined where they are cut. */
function endOfBlocks(bytes: Uint8Array, at: number): number | undefined {
  for (;;) {
    const length = bytes[at++];
    if (length === undefined) return undefined;
    if (length === 0) return at;
    at += length;
  }
}

function checkPicture(bytes: Uint8Array, at: number, width: number, height: number): void {
  const pixels = countPixels(bytes, at, width * height);
  if (pixels < width * height) throw truncated(`its first picture has ${pixels} of ${width * height} pixels`);
}

/** Longest table of codes, of 12 bits. */
const CODES = 4096;

/**
 * How many pixels the codes of Lempel, Ziv and Welch stand for, up to `limit`. Only lengths are followed: a code's string is
 * one longer than that of the code before it.
 * @throws RangeError for a code that the table does not have yet
 */
function countPixels(bytes: Uint8Array, at: number, limit: number): number {
  const bits = bytes[at++] ?? 13;
  if (bits > 12) throw broken(`a GIF with codes of ${bits} bits; expected at most 12`);
  const clear = 1 << bits;
  const lengths = new Uint16Array(CODES).fill(1, 0, clear);
  const read = codeReader(bytes, at);
  let width = bits + 1;
  let next = clear + 2;
  let previous = -1;
  let pixels = 0;
  while (pixels < limit) {
    const code = read(width);
    if (code === undefined) return pixels;
    // Pillow reads on after the end code, until it has all rows.
    if (code === clear + 1) continue;
    if (code === clear) {
      width = bits + 1;
      next = clear + 2;
      previous = -1;
      continue;
    }
    if (code > (previous < 0 ? clear : next))
      throw broken("a GIF whose first picture has a code that it did not define");
    const length = previous < 0 ? 1 : code === next ? lengths[previous]! + 1 : lengths[code]!;
    pixels += length;
    if (previous >= 0 && next < CODES) {
      lengths[next] = lengths[previous]! + 1;
      if (next === 2 ** width - 1 && width < 12) width++;
      next++;
    }
    previous = code;
  }
  return pixels;
}

/** Takes codes, lowest bit first, out of the blocks from `at` on; a block counts only where all of it is there. */
function codeReader(bytes: Uint8Array, at: number): (width: number) => number | undefined {
  let left = 0;
  let buffer = 0;
  let held = 0;
  return (width) => {
    while (held < width) {
      if (left === 0) {
        const length = bytes[at];
        if (length === undefined || at + length >= bytes.length) return undefined;
        left = length;
        at++;
        continue;
      }
      buffer |= bytes[at++]! << held;
      held += 8;
      left--;
    }
    const code = buffer & ((1 << width) - 1);
    buffer >>>= width;
    held -= width;
    return code;
  };
}
