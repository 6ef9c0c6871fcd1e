// A PNG's chunks (PNG third edition, 5): its header, and whether it is whole. Faults are judged as Pillow judges them
// (PngImagePlugin): chunks before the pixels by length and checksum, chunks after them by length alone.
import { crc32 } from "../crc32.ts";
import { broken, bytesIn, truncated, unsupported } from "./faults.ts";
import { inflatedBytes } from "./inflate.ts";

export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits of a sample. */
  readonly depth: number;
  readonly colorType: number;
  readonly interlaced: boolean;
}

export interface PngFile extends PngHeader {
  /** The data of the IDAT chunks: views. */
  readonly data: readonly Uint8Array[];
  /** The chunks before the first IDAT, by their names: views. Of several with one name the last. */
  readonly chunks: ReadonlyMap<string, Uint8Array>;
  /** Where the chunk behind the last IDAT begins. */
  readonly end: number;
}

/** Samples of a pixel by color type (PNG 11.2.1). */
export const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Bit depths that each color type may have (PNG table 12). */
const DEPTHS: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

/** The least that a chunk has to hold, where Pillow reads that far. */
const LEAST_BYTES: Readonly<Record<string, number>> = {
  IHDR: 13,
  gAMA: 4,
  pHYs: 9,
  sRGB: 1,
  acTL: 8,
  fcTL: 26,
  fdAT: 4,
};

const FIRST_CHUNK = 8;

/**
 * The header, the chunks before the pixels, and where the pixels lie.
 * @throws RangeError for what Pillow refuses when it opens the file
 */
export function openPng(bytes: Uint8Array): PngFile {
  const { chunks, end } = chunksBeforePixels(bytes);
  return { ...headerIn(chunks), chunks, ...imageData(viewOf(bytes), end) };
}

/** The header alone. */
export function pngHeader(bytes: Uint8Array): PngHeader {
  return headerIn(chunksBeforePixels(bytes).chunks);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function chunksBeforePixels(bytes: Uint8Array): { chunks: Map<string, Uint8Array>; end: number } {
  const view = viewOf(bytes);
  const chunks = new Map<string, Uint8Array>();
  for (let at = FIRST_CHUNK; ; ) {
    const chunk = chunkAt(view, at);
    if (chunk === undefined) throw truncated("it ends before its pixels begin");
    if (chunk.name === "CgBI") {
      throw unsupported(
        "a PNG in Apple's CgBI form (Xcode's optimized PNG), which only Apple's software reads. " +
          "Convert it back: xcrun pngcrush -revert-iphone-optimizations in.png out.png",
      );
    }
    if (!/^\w{4}$/.test(chunk.name)) throw broken(`a PNG with a chunk named ${JSON.stringify(chunk.name)}`);
    if (chunk.name === "IDAT") return { chunks, end: at };
    if (chunk.name === "IEND") throw broken("a PNG without pixels: it has no IDAT chunk");
    checkChunk(bytes, chunk);
    chunks.set(chunk.name, bytes.subarray(chunk.start, chunk.start + chunk.length));
    at = chunk.start + chunk.length + 4;
  }
}

interface Chunk {
  readonly name: string;
  /** Where its data begins. */
  readonly start: number;
  readonly length: number;
}

/** The chunk that begins at a place; undefined where the file ends within its length and name. */
function chunkAt(view: DataView, at: number): Chunk | undefined {
  if (at + 8 > view.byteLength) return undefined;
  const name = String.fromCharCode(...[4, 5, 6, 7].map((i) => view.getUint8(at + i)));
  return { name, start: at + 8, length: view.getUint32(at) };
}

function checkChunk(bytes: Uint8Array, { name, start, length }: Chunk): void {
  const present = bytes.length - start;
  if (present < length + 4) {
    throw truncated(`its ${name} chunk lacks ${bytesIn(length + 4 - Math.max(0, present))}`);
  }
  const least = LEAST_BYTES[name] ?? 0;
  if (length < least) throw broken(`a PNG whose ${name} chunk has ${bytesIn(length)}; expected ${least}`);
  if ((name === "iCCP" || name === "zTXt") && !isDeflated(bytes.subarray(start, start + length), name)) {
    throw broken(`a PNG whose ${name} chunk has an unknown compression method`);
  }
  const end = start + length;
  const sum = new DataView(bytes.buffer, bytes.byteOffset + end, 4).getUint32(0);
  if (crc32(bytes.subarray(start - 4, end)) !== sum) {
    throw broken(`a PNG whose ${name} chunk has a wrong checksum: the file is damaged`);
  }
}

/** A name, a zero, the compression method 0. Pillow forgives a zTXt that ends before. */
function isDeflated(data: Uint8Array, name: string): boolean {
  const method = data[data.indexOf(0) + 1];
  return method === 0 || (name === "zTXt" && (data.indexOf(0) < 0 || method === undefined));
}

function headerIn(chunks: ReadonlyMap<string, Uint8Array>): PngHeader {
  const data = chunks.get("IHDR");
  if (data === undefined) throw broken("a PNG without a header: it has no IHDR chunk before its pixels");
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth = 0, colorType = 0, , filter, interlace] = data.subarray(8);
  if (width === 0 || height === 0) throw broken(`a PNG of ${width}×${height} pixels`);
  if (!DEPTHS[colorType]?.includes(depth)) {
    throw broken(`a PNG of color type ${colorType} and bit depth ${depth}, which the format does not know`);
  }
  if (filter !== 0) throw broken(`a PNG of filter method ${filter}, which the format does not know`);
  const transparency = chunks.get("tRNS")?.length ?? 6;
  if ((colorType === 0 && transparency < 2) || (colorType === 2 && transparency < 6)) {
    throw broken(`a PNG whose tRNS chunk has ${bytesIn(transparency)}; expected ${colorType === 0 ? 2 : 6}`);
  }
  return { width, height, depth, colorType, interlaced: interlace !== 0 };
}

/** The IDAT chunks that follow each other from `at`, the last perhaps cut, and where the chunk after them begins. */
function imageData(view: DataView, at: number): { data: Uint8Array[]; end: number } {
  const data: Uint8Array[] = [];
  for (;;) {
    const chunk = chunkAt(view, at);
    if (chunk?.name !== "IDAT") return { data, end: at };
    const present = Math.min(chunk.length, view.byteLength - chunk.start);
    data.push(new Uint8Array(view.buffer, view.byteOffset + chunk.start, present));
    at = chunk.start + chunk.length + 4;
  }
}

/** Packed pixels that are always unpacked to see whether they are whole: about a millisecond. */
const SMALL = 1 << 16;

/**
 * What the file lacks behind its pixels; undefined: nothing.
 * Only where the end is missing, or the file is small, the pixels are unpacked to see whether all rows are there: doing it
 * always would cost more than logging the file does.
 * @throws RangeError where rows are missing, or a chunk behind them is cut
 */
export function whatPngLacks(bytes: Uint8Array, png: PngFile): string | undefined {
  const view = viewOf(bytes);
  let at = png.end;
  let missing: string | undefined;
  for (;;) {
    const chunk = chunkAt(view, at);
    if (chunk?.name === "IEND") break;
    if (chunk === undefined || !/^\w{4}$/.test(chunk.name)) {
      missing = "its end, the IEND chunk";
      break;
    }
    const lacking = chunk.start + chunk.length - view.byteLength;
    if (lacking > 0) throw truncated(`its ${chunk.name} chunk lacks ${bytesIn(lacking)}`);
    at = chunk.start + chunk.length + 4;
  }
  const packed = packedBytes(png);
  if (missing !== undefined || packed <= SMALL) checkRows(png, packed, bytes.length);
  return missing;
}

/** Bytes of the IDAT chunks. */
export function packedBytes({ data }: PngFile): number {
  return data.reduce((total, { length }) => total + length, 0);
}

function checkRows(png: PngFile, packed: number, length: number): void {
  const expected = rawBytes(png);
  const came = expected > MOST_PACKED * packed ? 0 : inflatedBytes(png.data, expected);
  const cut = png.end - 4 - length;
  // Pillow wants chunks behind the last row whole, of whatever kind.
  if (came === expected && (cut <= 0 || inflatedBytes(png.data.slice(0, -1), expected) < expected)) return;
  if (cut > 0) throw truncated(`its IDAT chunk lacks ${bytesIn(cut)}`);
  throw truncated(`its compressed pixels end early, ${bytesIn(expected - came)} before the last row's end`);
}

/** Bytes that deflate packs into one at most: rows that claim more need no memory to be found out. */
export const MOST_PACKED = 1032;

/** Bytes of the filtered rows: of the picture, or of the seven pictures that an interlaced one is made of (PNG 8.2). */
export function rawBytes(header: PngHeader): number {
  const bits = header.depth * SAMPLES[header.colorType]!;
  return passesOf(header).reduce((total, { columns, rows }) => total + rows * (1 + Math.ceil((columns * bits) / 8)), 0);
}

export interface Pass {
  readonly columns: number;
  readonly rows: number;
  readonly x: number;
  readonly y: number;
  readonly stepX: number;
  readonly stepY: number;
}

/** First column and row, and the steps, of Adam7's passes (PNG 8.2). */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** The passes that hold pixels. */
export function passesOf({ width, height, interlaced }: PngHeader): Pass[] {
  const grids = interlaced ? ADAM7 : ([[0, 0, 1, 1]] as const);
  return grids
    .map(([x, y, stepX, stepY]) => ({
      x,
      y,
      stepX,
      stepY,
      columns: Math.ceil((width - x) / stepX),
      rows: Math.ceil((height - y) / stepY),
    }))
    .filter(({ columns, rows }) => columns > 0 && rows > 0);
}
