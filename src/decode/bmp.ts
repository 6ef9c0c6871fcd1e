// BMP: its header, whether it is whole, its pixels, by the rules of Pillow's BmpImagePlugin, which reads Windows' and OS/2's
// headers, palettes of 1, 4 and 8 bits, 16 to 32 bits by eleven sets of bit masks, RLE, and rows from the top.
import { broken, bytesIn, truncated, unsupported } from "./faults.ts";
import type { Pixels } from "./pixels.ts";

export interface BmpHeader {
  readonly width: number;
  readonly height: number;
  /** Rows run from the top to the bottom. */
  readonly topDown: boolean;
  readonly bits: number;
  readonly compression: number;
  /** The palette, of entries of `entryBytes`: blue, green, red (and one that says nothing). A view; empty where there is none. */
  readonly palette: Uint8Array;
  readonly entryBytes: 3 | 4;
  /** Red, green, blue, alpha of BITFIELDS. */
  readonly masks: readonly [number, number, number, number];
  /** Where the pixels begin. */
  readonly start: number;
}

const [RAW, RLE8, RLE4, BITFIELDS] = [0, 1, 2, 3];

/** Lengths of the header: OS/2's core, Windows' of 40 to 124 bytes, and OS/2's second (16 and 64). */
export const BMP_HEADER_BYTES = [12, 16, 40, 52, 56, 64, 108, 124];

/** @throws RangeError where the header is cut, or names a size that no picture has */
export function bmpHeader(bytes: Uint8Array): BmpHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length < 18 ? 4 : view.getUint32(14, true);
  if (bytes.length < 14 + length) throw truncated(`its header lacks ${bytesIn(14 + length - bytes.length)}`);
  if (length === 12) return coreHeader(bytes, view);
  if (length === 16) throw unsupported("a BMP with OS/2's short header of 16 bytes, which Pillow does not read either");
  const width = view.getInt32(18, true);
  const height = view.getInt32(22, true);
  if (width <= 0 || height === 0) throw broken(`a BMP of ${width}×${height} pixels`);
  const bits = view.getUint16(28, true);
  const compression = view.getUint32(30, true);
  const colors = view.getUint32(46, true) || 2 ** bits;
  const masksAfter = compression === BITFIELDS && length === 40 ? 12 : 0;
  return {
    width,
    height: Math.abs(height),
    topDown: height < 0,
    bits,
    compression,
    masks: masksOf(view, length, compression),
    ...paletteIn(bytes, { length: length + masksAfter, bits, colors, entryBytes: 4, start: view.getUint32(10, true) }),
  };
}

/** OS/2's first header: sides of 16 bits, palette entries of three bytes. */
function coreHeader(bytes: Uint8Array, view: DataView): BmpHeader {
  const [width, height, , bits] = [18, 20, 22, 24].map((at) => view.getUint16(at, true)) as [number, number, 0, number];
  if (width === 0 || height === 0) throw broken(`a BMP of ${width}×${height} pixels`);
  const start = view.getUint32(10, true);
  const palette = paletteIn(bytes, { length: 12, bits, colors: 2 ** bits, entryBytes: 3, start });
  return { width, height, topDown: false, bits, compression: RAW!, masks: [0, 0, 0, 0], ...palette };
}

function masksOf(view: DataView, length: number, compression: number): [number, number, number, number] {
  if (compression !== BITFIELDS) return [0, 0, 0, 0];
  const count = length >= 56 ? 4 : 3;
  if (view.byteLength < 54 + 4 * count) throw truncated("its bit masks are missing");
  return [0, 1, 2, 3].map((i) => (i < count ? view.getUint32(54 + 4 * i, true) : 0)) as [
    number,
    number,
    number,
    number,
  ];
}

function paletteIn(
  bytes: Uint8Array,
  at: { length: number; bits: number; colors: number; entryBytes: 3 | 4; start: number },
): Pick<BmpHeader, "palette" | "entryBytes" | "start"> {
  const { length, bits, colors, entryBytes, start } = at;
  if (bits > 8) return { palette: new Uint8Array(), entryBytes, start: start || 14 + length };
  const end = 14 + length + colors * entryBytes;
  // Some writers give the palette's place for that of the pixels.
  const pixels = start === 14 + length ? end : start || end;
  return { palette: bytes.subarray(14 + length, end), entryBytes, start: pixels };
}

const strideOf = ({ width, bits }: BmpHeader) => Math.ceil((width * bits) / 32) * 4;

/** @throws RangeError where rows are missing; the padding behind the last one may be */
export function checkBmpIsWhole(bytes: Uint8Array, header: BmpHeader): void {
  const { width, height, bits, start, compression } = header;
  const present = Math.max(0, bytes.length - start);
  if (compression === RLE8 || compression === RLE4) {
    // Counted without memory for the pixels, which may be claimed by the million.
    const pixels = isRunLength(header) ? fillRuns(bytes, header, new Uint8Array()) : width * height;
    if (pixels < width * height) {
      throw truncated(`its runs hold ${pixels} of ${width * height} pixels`);
    }
    return;
  }
  if (compression !== RAW && compression !== BITFIELDS) return;
  const expected = strideOf(header) * (height - 1) + Math.ceil((width * bits) / 8);
  if (present < expected) throw truncated(`its pixels lack ${bytesIn(expected - present)}`);
}

const isRunLength = ({ compression, bits }: BmpHeader) =>
  (compression === RLE8 || compression === RLE4) && (bits === 8 || bits === 4);

/**
 * The pixels as Pillow gives them: a palette looked up, one of grays in order taken as gray.
 * @param indices true: a palette's indices instead of its colors
 * @throws RangeError for a form that Pillow does not read either
 */
export function bmpPixels(bytes: Uint8Array, indices: boolean): Pixels {
  const header = bmpHeader(bytes);
  checkBmpIsWhole(bytes, header);
  const { width, height, bits, compression } = header;
  const runs = isRunLength(header);
  if (!runs && compression !== RAW && compression !== BITFIELDS) {
    throw unsupported(`a BMP of ${bits} bits and compression ${compression}, whose pixels are not read back`);
  }
  if (bits > 8) return colors(bytes, header);
  if (![1, 4, 8].includes(bits)) throw unsupported(`a BMP of ${bits} bits, whose pixels are not read back`);
  if (compression === BITFIELDS) throw unsupported(`a BMP of ${bits} bits with bit masks, which Pillow refuses`);
  const data = runs ? unpackedRuns(bytes, header) : packedIndices(bytes, header);
  if (indices) return { data, width, height, channels: 1 };
  return isGray(header) ? grays(data, header) : lookedUp(data, header);
}

/** Whether the palette counts from black to white, as Pillow asks; of two colors, whether they are black and white. */
function isGray({ palette, entryBytes }: BmpHeader): boolean {
  const count = Math.floor(palette.length / entryBytes);
  for (let i = 0; i < count; i++) {
    const gray = count === 2 ? i * 255 : i;
    for (let c = 0; c < 3; c++) if (palette[i * entryBytes + c] !== gray) return false;
  }
  return count > 0;
}

/** A gray palette is left out, so that an index is its own level; of two colors, black or white. */
function grays(data: Uint8Array, { width, height, palette, entryBytes }: BmpHeader): Pixels {
  if (palette.length / entryBytes === 2) for (let i = 0; i < data.length; i++) data[i] = data[i] === 0 ? 0 : 255;
  return { data, width, height, channels: 1 };
}

function lookedUp(indices: Uint8Array, { width, height, palette, entryBytes }: BmpHeader): Pixels {
  const data = new Uint8Array(indices.length * 3);
  for (let i = 0, o = 0; i < indices.length; i++) {
    const entry = indices[i]! * entryBytes;
    for (let c = 2; c >= 0; c--) data[o++] = palette[entry + c] ?? 0;
  }
  return { data, width, height, channels: 3 };
}

/** Where row `y`, counted from the top, begins. */
function rowAt(header: BmpHeader, y: number): number {
  return header.start + (header.topDown ? y : header.height - 1 - y) * strideOf(header);
}

function packedIndices(bytes: Uint8Array, header: BmpHeader): Uint8Array {
  const { width, height, bits } = header;
  const mask = 2 ** bits - 1;
  const data = new Uint8Array(width * height);
  for (let y = 0, o = 0; y < height; y++) {
    const row = rowAt(header, y);
    for (let x = 0, bit = 0; x < width; x++, bit += bits) {
      data[o++] = (bytes[row + (bit >> 3)]! >> (8 - bits - (bit & 7))) & mask;
    }
  }
  return data;
}

/** Which byte of a pixel is red, green, blue and (where there is one) alpha, by bits and masks; Pillow's MASK_MODES. */
const BYTE_ORDER: Readonly<Record<string, readonly number[]>> = {
  "24 ff0000 ff00 ff 0": [2, 1, 0],
  "32 ff0000 ff00 ff 0": [2, 1, 0],
  "32 ff000000 ff0000 ff00 0": [3, 2, 1],
  "32 ff000000 ff00 ff 0": [3, 1, 0],
  "32 ff000000 ff0000 ff00 ff": [3, 2, 1, 0],
  "32 ff ff00 ff0000 ff000000": [0, 1, 2, 3],
  "32 ff0000 ff00 ff ff000000": [2, 1, 0, 3],
  "32 ff000000 ff00 ff ff0000": [3, 1, 0, 2],
  "32 0 0 0 0": [2, 1, 0, 3],
};

/** Bits of green in pixels of 16, by masks. */
const GREEN_BITS: Readonly<Record<string, 5 | 6>> = { "f800 7e0 1f": 6, "7c00 3e0 1f": 5 };

function colors(bytes: Uint8Array, header: BmpHeader): Pixels {
  const { bits, compression, masks } = header;
  const hex = masks.map((mask) => mask.toString(16));
  if (bits === 16) {
    const green = compression === RAW ? 5 : GREEN_BITS[hex.slice(0, 3).join(" ")];
    if (green !== undefined) return words(bytes, header, green);
  } else {
    // Of 24 bits the alpha mask says nothing.
    const named = `${bits} ${bits === 24 ? `${hex.slice(0, 3).join(" ")} 0` : hex.join(" ")}`;
    const order = compression === RAW && (bits === 24 || bits === 32) ? [2, 1, 0] : BYTE_ORDER[named];
    if (order !== undefined) return reordered(bytes, header, order);
  }
  const how = compression === BITFIELDS ? `with the bit masks ${hex.join(" ")}` : `of compression ${compression}`;
  throw unsupported(`a BMP of ${bits} bits ${how}, which Pillow does not read either`);
}

function reordered(bytes: Uint8Array, header: BmpHeader, order: readonly number[]): Pixels {
  const { width, height, bits } = header;
  const channels = order.length;
  const data = new Uint8Array(width * height * channels);
  for (let y = 0, o = 0; y < height; y++) {
    for (let x = 0, i = rowAt(header, y); x < width; x++, i += bits >> 3) {
      for (let c = 0; c < channels; c++) data[o++] = bytes[i + order[c]!]!;
    }
  }
  return { data, width, height, channels };
}

/** 5 or 6 bits spread over 0 to 255, as Pillow does. */
function words(bytes: Uint8Array, header: BmpHeader, greenBits: 5 | 6): Pixels {
  const { width, height } = header;
  const data = new Uint8Array(width * height * 3);
  const greenMask = 2 ** greenBits - 1;
  for (let y = 0, o = 0; y < height; y++) {
    for (let x = 0, i = rowAt(header, y); x < width; x++, i += 2, o += 3) {
      const word = bytes[i]! | (bytes[i + 1]! << 8);
      data[o] = Math.floor((((word >> (5 + greenBits)) & 31) * 255) / 31);
      data[o + 1] = Math.floor((((word >> 5) & greenMask) * 255) / greenMask);
      data[o + 2] = Math.floor(((word & 31) * 255) / 31);
    }
  }
  return { data, width, height, channels: 3 };
}

/** Run lengths (Windows' RLE8 and RLE4) as Pillow unpacks them; rows from the top. */
function unpackedRuns(bytes: Uint8Array, header: BmpHeader): Uint8Array {
  const { width, height, topDown } = header;
  const pixels = new Uint8Array(width * height);
  fillRuns(bytes, header, pixels);
  if (topDown) return pixels;
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) data.set(pixels.subarray(y * width, (y + 1) * width), (height - 1 - y) * width);
  return data;
}

/** Writes what fits into `pixels`. @returns how many pixels the runs reach */
function fillRuns(bytes: Uint8Array, header: BmpHeader, pixels: Uint8Array): number {
  const { width, height } = header;
  const isRle4 = header.compression === RLE4;
  let next = 0;
  let x = 0;
  for (let at = header.start; next < width * height && at + 1 < bytes.length; ) {
    const [length, value] = [bytes[at++]!, bytes[at++]!];
    if (length > 0) {
      const fits = Math.max(0, Math.min(length, width - x));
      for (let i = 0; i < fits; i++) pixels[next++] = isRle4 ? (i % 2 === 0 ? value >> 4 : value & 15) : value;
      x += fits;
    } else if (value === 0) {
      next = Math.ceil(next / width) * width;
      x = 0;
    } else if (value === 1) {
      break;
    } else if (value === 2) {
      if (at + 1 >= bytes.length) break;
      next += bytes[at]! + bytes[at + 1]! * width;
      at += 2;
      x = next % width;
    } else {
      // Literal pixels, two a byte in RLE4, padded to an even place in the file.
      const count = isRle4 ? value >> 1 : value;
      const literal = bytes.subarray(at, at + count);
      for (const byte of literal) {
        if (isRle4) pixels[next++] = byte >> 4;
        pixels[next++] = isRle4 ? byte & 15 : byte;
      }
      if (literal.length < count) break;
      at += count;
      x += value;
      at += at % 2;
    }
  }
  return next;
}
