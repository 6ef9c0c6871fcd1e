// What flows from convert/ (or from a decoded image) into encode/: rows of pixels in a Pillow mode, band by band.
import { copyRun } from "./copy-run.ts";
import { bytesOf, dtypeOf } from "./dtype.ts";
import { checkSides } from "./frame.ts";
import { type Kernels, kernels } from "./kernels.ts";
import { describe, tagOf, withCode } from "./messages.ts";

/** Pillow's modes that some file type holds; "RGB;16", which Pillow lacks, is three channels of 16 bits. */
export type Mode = "1" | "L" | "LA" | "P" | "RGB" | "RGBA" | "RGBX" | "CMYK" | "YCbCr" | "I" | "I;16" | "RGB;16";

/** What 1 to 4 channels of 8 bits are. */
export const MODE_OF_CHANNELS: readonly ("L" | "LA" | "RGB" | "RGBA")[] = ["L", "LA", "RGB", "RGBA"];

/** Bytes of a pixel as Rows hold it. Mode 1 is a byte of 0 or 255 a pixel here; I;16, RGB;16 and I are little-endian. */
export const BYTES_PER_PIXEL: Readonly<Record<Mode, number>> = {
  "1": 1,
  L: 1,
  LA: 2,
  P: 1,
  RGB: 3,
  RGBA: 4,
  RGBX: 4,
  CMYK: 4,
  YCbCr: 3,
  I: 4,
  "I;16": 2,
  "RGB;16": 6,
};

export interface Rows {
  readonly mode: Mode;
  readonly width: number;
  readonly height: number;
  /** RGB triples of mode P. */
  readonly palette?: Uint8Array;
  /** Alpha of each entry of `palette`, where not all are opaque (RGBA → P). */
  readonly paletteAlpha?: Uint8Array;
  /**
   * Writes rows y … y + count − 1, packed, to `dst` in kernel memory. Calls follow each other downwards without a gap;
   * y = 0 starts anew, so an encoder may read a picture twice. Valid inside the `scratch` call that made the Rows.
   */
  read(y: number, count: number, dst: number): void;
  /** For `partsOf` and `packedPixels`; of no use where `read` was replaced. */
  readonly parts?: RowParts | undefined;
  readonly packed?: { readonly read: Rows["read"]; readonly data: Uint8Array } | undefined;
}

/**
 * What rows that can be read from any row on keep of their values, so that several threads may read a picture's parts. Those of
 * rows made of other rows, a pixel of a pixel, are the same.
 */
export interface RowParts {
  /** The `read` of the rows that this is about: whose `read` is another has no parts. */
  readonly read: Rows["read"];
  /** The rows to come begin at y; nothing has been found. */
  start(y: number): void;
  /** Runs `read`, which reads rows that are another part's: their values do not count. */
  uncounted<T>(read: () => T): T;
  /** What was found in the rows read since `start`. */
  found(): readonly number[];
  /** The next rows were read by another thread, which found this. */
  add(found: readonly number[]): void;
}

/** undefined: these rows are read downwards from the first one. */
export function partsOf({ read, parts }: Rows): RowParts | undefined {
  return parts?.read === read ? parts : undefined;
}

const NOTHING_FOUND: Omit<RowParts, "read"> = { start() {}, uncounted: (read) => read(), found: () => [], add() {} };

/** Rows over 8-bit interleaved pixels that lie packed in the caller's memory. */
export function packedRows(data: Uint8Array, mode: Mode, width: number, height: number): Rows {
  const stride = width * BYTES_PER_PIXEL[mode];
  const memory: Kernels["u8"] = kernels().u8;
  const read: Rows["read"] = (y, count, dst) => copyRun(memory, dst, data, y * stride, count * stride);
  return { mode, width, height, read, parts: { ...NOTHING_FOUND, read }, packed: { read, data } };
}

/** The caller's memory that `packedRows` made these rows over; undefined for other rows. */
export function packedPixels({ read, packed }: Rows): Uint8Array | undefined {
  return packed?.read === read ? packed.data : undefined;
}

/** Interleaved samples, as decoders and canvases give them. */
export interface SamplePixels {
  readonly data: unknown;
  readonly width: number;
  readonly height: number;
  readonly channels?: unknown;
  /** Bytes from one row to the next, where rows are padded; default: none are. */
  readonly stride?: number | undefined;
}

/** Samples that were checked: 8 or 16 bits, or float16, and where they lie. */
export interface Samples {
  readonly data: ArrayBufferView & ArrayLike<number>;
  readonly dtype: "uint8" | "uint16" | "float16";
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 2 | 3 | 4;
  /** Samples from one row to the next. */
  readonly stride: number;
}

/**
 * @throws where the samples are of another kind, or not as many as the sides say
 */
export function samplesOf({ data: source, width, height, channels: given, stride }: SamplePixels): Samples {
  const data = /ArrayBuffer$/.test(tagOf(source)) ? bytesOf(source as ArrayBuffer) : source;
  const dtype = dtypeOf(data);
  if (dtype === undefined) throw new TypeError(`data: expected a Uint8Array of pixels; got ${describe(data)}`);
  if (dtype !== "uint8" && dtype !== "uint16" && dtype !== "float16") {
    throw new TypeError(
      `data: expected 8 or 16 bits a sample; got ${describe(data)}. ` +
        `For values to be normalized pass { data, shape: [${height}, ${width}, channels] }`,
    );
  }
  checkWholeSides(width, height);
  checkSides(width, height);
  const samples = data as Uint8Array;
  const bytes = bytesOf(samples); // refuses detached memory, whose length would mislead
  const plain = dtype === "uint8" ? bytes : samples;
  const size = { width, height, length: samples.length };
  if (stride === undefined) {
    const channels = checkChannels(size, given);
    return { data: plain, dtype, width, height, channels, stride: width * channels };
  }
  return { data: plain, dtype, width, height, ...checkStride(size, given, stride, samples.BYTES_PER_ELEMENT) };
}

interface Size {
  readonly width: number;
  readonly height: number;
  /** Samples that the data holds. */
  readonly length: number;
}

function checkChannels({ width, height, length }: Size, given: unknown): Samples["channels"] {
  const channels = given ?? length / (width * height);
  const size = `${width}×${height}`;
  if (!isChannels(channels)) {
    if (given !== undefined) throw new RangeError(`channels: expected 1, 2, 3 or 4; got ${describe(given)}`);
    throw withCode(
      new RangeError(`data: expected ${size} pixels of 1, 2, 3 or 4 channels; got ${length} values`),
      "shape-mismatch",
    );
  }
  if (length !== width * height * channels) {
    const expected = width * height * channels;
    throw withCode(
      new RangeError(
        `data: expected ${expected} values for ${size} pixels of ${channels} channels; got ${length}` +
          (length === 2 * expected ? ". For samples of 16 bits pass a Uint16Array of them" : ""),
      ),
      "shape-mismatch",
    );
  }
  return channels;
}

function isChannels(value: unknown): value is Samples["channels"] {
  return value === 1 || value === 2 || value === 3 || value === 4;
}

/** Rows of `bytes`, padded: as many channels as given, else as many as fit. The last row's padding may be missing. */
function checkStride({ width, height, length }: Size, given: unknown, bytes: number, size: number) {
  const stride = bytes / size;
  if (!Number.isInteger(bytes) || !Number.isInteger(stride)) {
    throw new RangeError(`stride: expected bytes from one row to the next, whole samples of ${size}; got ${bytes}`);
  }
  const channels = given ?? Math.floor(stride / width);
  if (!isChannels(channels)) {
    if (given !== undefined) throw new RangeError(`channels: expected 1, 2, 3 or 4; got ${describe(given)}`);
    throw new RangeError(
      `rows of ${bytes} bytes for ${width} pixels leave open how many channels there are; pass channels`,
    );
  }
  const least = (height - 1) * stride + width * channels;
  if (stride < width * channels || length < least) {
    throw new RangeError(
      `${width}×${height} pixels of ${channels} channels in rows of ${bytes} bytes are ${least} values at least; ` +
        `the data has ${length}`,
    );
  }
  return { channels, stride };
}

/**
 * Rows over interleaved samples in the caller's memory: 8 bits as they are, 16 bits by their upper byte (as libpng's
 * strip_16 does), float16 · 255 rounded (as a canvas stores it).
 */
export function rowsOfSamples({ data, dtype, width, height, channels, stride }: Samples): Rows {
  const mode = MODE_OF_CHANNELS[channels - 1]!;
  const values = width * channels;
  if (dtype === "uint8" && stride === values) return packedRows(data as Uint8Array, mode, width, height);
  const read8 = dtype === "uint8" ? readBytes : dtype === "uint16" ? readUpperByte : readUnit;
  return eachBand(mode, width, height, (y, count, dst) => {
    for (let row = 0; row < count; row++) {
      read8(data, (y + row) * stride, dst.subarray(row * values, (row + 1) * values));
    }
  });
}

/**
 * Rows of 16 bits, mode I;16 or RGB;16: of 16-bit samples as they are, of 8 bits stretched, as `bitDepth: 16` does to arrays.
 * Alpha that is opaque all over is left out.
 * @throws RangeError for alpha that is not
 */
export function deepRowsOfSamples(samples: Samples): Rows {
  const { data, dtype, width, height, channels, stride } = samples;
  const colors = channels > 2 ? 3 : 1;
  if (colors < channels) checkOpaque(samples);
  const read =
    dtype === "float16"
      ? (value: number) => clampedRound(value * 65535)
      : (value: number) => value * (dtype === "uint8" ? 257 : 1);
  return eachBand(colors === 3 ? "RGB;16" : "I;16", width, height, (y, count, dst) => {
    let next = 0;
    for (let row = y; row < y + count; row++) {
      for (let x = 0, at = row * stride; x < width; x++, at += channels) {
        for (let c = 0; c < colors; c++) {
          const value = read(data[at + c]!);
          dst[next++] = value;
          dst[next++] = value >> 8;
        }
      }
    }
  });
}

const clampedRound = (value: number) => Math.min(65535, Math.max(0, Math.round(value)));

function checkOpaque({ data, dtype, width, height, channels, stride }: Samples): void {
  const opaque = dtype === "uint8" ? 255 : dtype === "uint16" ? 65535 : 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0, at = y * stride + channels - 1; x < width; x++, at += channels) {
      if (data[at] === opaque) continue;
      throw new RangeError(
        `bitDepth: 16 holds 1 or 3 channels; the picture has alpha, ${data[at]} at [${y}, ${x}]. Drop it, or pass bitDepth: 8`,
      );
    }
  }
}

function readBytes(samples: ArrayLike<number>, start: number, dst: Uint8Array): void {
  copyRun(dst, 0, samples as Uint8Array, start, dst.length);
}

function readUpperByte(samples: ArrayLike<number>, start: number, dst: Uint8Array): void {
  for (let i = 0; i < dst.length; i++) dst[i] = samples[start + i]! >> 8;
}

function readUnit(samples: ArrayLike<number>, start: number, dst: Uint8Array): void {
  const clamped = new Uint8ClampedArray(dst.buffer, dst.byteOffset, dst.length);
  for (let i = 0; i < dst.length; i++) clamped[i] = samples[start + i]! * 255;
}

/** A canvas' pixels: the DOM's class, or that of a canvas library. */
export function isImageData(value: unknown): boolean {
  return tagOf(value) === "ImageData" || (value as object | null)?.constructor?.name === "ImageData";
}

/** @throws RangeError for sides that are not whole numbers */
export function checkWholeSides(width: unknown, height: unknown): void {
  if (Number.isInteger(width) && Number.isInteger(height)) return;
  throw new RangeError(`width, height: expected whole numbers of pixels; got ${describe(width)}, ${describe(height)}`);
}

/** Rows that `write` makes in kernel memory, a band at a time. */
export function eachBand(
  mode: Mode,
  width: number,
  height: number,
  write: (y: number, count: number, dst: Uint8Array) => void,
): Rows {
  const { u8 } = kernels();
  return { mode, width, height, read: (y, count, dst) => write(y, count, u8.subarray(dst)) };
}

/** All of a picture in one array of its own, for encoders and callers that need it whole. A copy. */
export function collect(rows: Rows): Uint8Array {
  const { u8, scratch, reserve } = kernels();
  const stride = rows.width * BYTES_PER_PIXEL[rows.mode];
  const pixels = new Uint8Array(stride * rows.height);
  return scratch(() => {
    const band = Math.max(1, Math.min(rows.height, Math.floor(BAND_BYTES / stride)));
    const src = reserve(band * stride);
    for (let y = 0; y < rows.height; y += band) {
      const count = Math.min(band, rows.height - y);
      rows.read(y, count, src);
      pixels.set(u8.subarray(src, src + count * stride), y * stride);
    }
    return pixels;
  });
}

/** About what stays in the second-level cache: 8-bit rows handed over at a time. */
export const BAND_BYTES = 400_000;
