// Rows → PNG (https://www.w3.org/TR/png-3/), strip by strip: rows are filtered, compressed and summed up in kernel memory,
// and only IDAT bytes leave it. Nothing of the size of the picture is allocated but the file.
import { encode as fastPngEncode } from "fast-png";
import type { EncodeKernels, Kernels } from "../kernels.ts";
import { kernels } from "../kernels.ts";
import type { Mode, Rows } from "../rows.ts";
import { BYTES_PER_PIXEL, collect } from "../rows.ts";
import type { Compression, EncodeOptions } from "./index.ts";

/** Filtered bytes of a strip: it stays in the second-level cache, and its Huffman codes fit its part of the picture. */
const STRIP_BYTES = 400_000;

const GREY = 0;
const TRUECOLOUR = 2;
const GREY_ALPHA = 4;
const TRUECOLOUR_ALPHA = 6;

/** How the file holds the pixels (PNG 3, table 12). */
interface Form {
  readonly colourType: number;
  readonly depth: 1 | 2 | 4 | 8 | 16;
  /** Bytes of a row in the file, its filter type aside. */
  readonly stride: number;
  /** RGB triples of colour type 3, and the alpha of its first entries. */
  readonly palette?: Uint8Array;
  readonly alphas?: Uint8Array;
  /** Puts rows of the picture at dst, as the file has them. */
  read(y: number, count: number, dst: number): void;
}

const COLOUR_TYPE: Partial<Record<Mode, number>> = {
  L: GREY,
  LA: GREY_ALPHA,
  RGB: TRUECOLOUR,
  RGBA: TRUECOLOUR_ALPHA,
  "I;16": GREY,
  "RGB;16": TRUECOLOUR,
};
const SAMPLES: Partial<Record<number, number>> = { [GREY]: 1, [TRUECOLOUR]: 3, [GREY_ALPHA]: 2, [TRUECOLOUR_ALPHA]: 4 };

const LEVEL: Readonly<Record<Compression, number>> = { fast: 0, balanced: 1, small: 2 };
/** One vector in how many is looked at to choose a row's filter. */
const FILTER_STEP: Readonly<Record<Compression, number>> = { fast: 4, balanced: 1, small: 1 };

export function encodePngRows(rows: Rows, options: EncodeOptions): Uint8Array {
  const { encode, scratch } = kernels();
  if (COLOUR_TYPE[rows.mode] === undefined) throw new RangeError(`cannot write mode ${rows.mode} as PNG`);
  if (encode === null) return encodeWithFastPng(rows);
  return scratch(() => encodeStrips(rows, compressionOf(options), encode));
}

function compressionOf({ compression = "fast" }: EncodeOptions): Compression {
  if (typeof compression === "string") return compression;
  return compression < 3 ? "fast" : compression < 6 ? "balanced" : "small";
}

function encodeStrips(rows: Rows, compression: Compression, kernel: EncodeKernels): Uint8Array {
  const { u8, reserve } = kernels();
  const form = formOf(rows, kernel);
  const { stride } = form;
  const pixel = Math.max(1, ((SAMPLES[form.colourType] ?? 1) * form.depth) >> 3);
  const band = Math.max(1, Math.min(rows.height, Math.floor(STRIP_BYTES / (stride + 1))));
  const bandBytes = band * (stride + 1);

  const above = reserve(stride + band * stride + pixel) + pixel;
  const raw = above + stride;
  const filtered = reserve(bandBytes);
  const stream = reserve(kernel.streamBytes());
  const sequences = reserve(Math.ceil(bandBytes / 3) * 8 + 64);
  const packed = reserve(2 * bandBytes + 4096);
  u8.fill(0, above - pixel, raw);

  const file = new PngFile(kernels(), kernel, packed);
  file.header(rows, form);
  file.idat(kernel.deflateBegin(stream, packed), 0);
  for (let y = 0; y < rows.height; y += band) {
    const count = Math.min(band, rows.height - y);
    form.read(y, count, raw);
    kernel.filterRows(raw, count, stride, pixel, FILTER_STEP[compression], filtered);
    const bytes = count * (stride + 1);
    file.idat(
      kernel.deflateStrip(stream, filtered, bytes, LEVEL[compression], sequences, packed),
      y + count < rows.height ? (rows.height - y - count) / (y + count) : 0,
    );
    u8.copyWithin(above, raw + (count - 1) * stride, raw + count * stride);
  }
  file.idat(kernel.deflateEnd(stream, packed), 0);
  return file.end();
}

function formOf(rows: Rows, kernel: EncodeKernels): Form {
  const stride = rows.width * BYTES_PER_PIXEL[rows.mode];
  const colourType = COLOUR_TYPE[rows.mode]!;
  if (rows.mode === "I;16" || rows.mode === "RGB;16") {
    return {
      colourType,
      depth: 16,
      stride,
      read(y, count, dst) {
        rows.read(y, count, dst);
        kernel.swapBytes16(dst, (count * stride) >> 1);
      },
    };
  }
  return { colourType, depth: 8, stride, read: (y, count, dst) => rows.read(y, count, dst) };
}

/** A chunk's data may be 2³¹ - 1 bytes; IDAT is one chunk up to about here. */
const LONGEST_IDAT = 0x4000_0000;

/** The bytes of the file so far. */
class PngFile {
  #bytes = new Uint8Array(1024);
  #length = 0;
  /** Where the open IDAT begins, and the CRC of what it has; -1: none is open. */
  #idat = -1;
  #crc = 0;
  readonly #memory: Uint8Array;
  readonly #kernel: EncodeKernels;
  readonly #packed: number;

  constructor(memory: Kernels, kernel: EncodeKernels, packed: number) {
    this.#memory = memory.u8;
    this.#kernel = kernel;
    this.#packed = packed;
  }

  header({ width, height }: Rows, form: Form): void {
    this.#bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    this.#length = 8;
    this.#chunk("IHDR", [...be32(width), ...be32(height), form.depth, form.colourType, 0, 0, 0]);
    if (form.palette !== undefined) this.#chunk("PLTE", form.palette);
    if (form.alphas !== undefined && form.alphas.length > 0) this.#chunk("tRNS", form.alphas);
  }

  /** Appends what the kernels packed; `rest` is how much more picture is to come, as a multiple of what is done. */
  idat(count: number, rest: number): void {
    if (this.#idat >= 0 && this.#length - this.#idat > LONGEST_IDAT) this.#endIdat();
    if (this.#idat < 0) {
      this.#reserve(count + 12, rest);
      this.#idat = this.#length;
      this.#bytes.set([0, 0, 0, 0, 0x49, 0x44, 0x41, 0x54], this.#length);
      this.#length += 8;
      this.#crc = 0x35af061e; // of "IDAT"
    }
    this.#reserve(count, rest);
    this.#bytes.set(this.#memory.subarray(this.#packed, this.#packed + count), this.#length);
    this.#crc = this.#kernel.crc32(this.#packed, count, this.#crc);
    this.#length += count;
  }

  end(): Uint8Array {
    this.#endIdat();
    this.#chunk("IEND", []);
    return this.#bytes.subarray(0, this.#length);
  }

  #endIdat(): void {
    this.#reserve(4, 0);
    this.#bytes.set(be32(this.#length - this.#idat - 8), this.#idat);
    this.#bytes.set(be32(this.#crc), this.#length);
    this.#length += 4;
    this.#idat = -1;
  }

  #chunk(type: string, data: ArrayLike<number>): void {
    const body = Uint8Array.of(...Array.from(type, (letter) => letter.charCodeAt(0)), ...Array.from(data));
    this.#reserve(body.length + 8, 0);
    this.#bytes.set(be32(data.length), this.#length);
    this.#bytes.set(body, this.#length + 4);
    this.#memory.set(body, this.#packed);
    this.#bytes.set(be32(this.#kernel.crc32(this.#packed, body.length, 0)), this.#length + 4 + body.length);
    this.#length += body.length + 8;
  }

  /** Grows to what the file will take if it goes on like this: memory beyond it would cost, touched or not. */
  #reserve(count: number, rest: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.ceil(needed * (1 + rest * 1.05)) + 4096);
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

function be32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

function encodeWithFastPng(rows: Rows): Uint8Array {
  const colourType = COLOUR_TYPE[rows.mode]!;
  const pixels = collect(rows);
  const channels = SAMPLES[colourType] as 1 | 2 | 3 | 4;
  const wide = rows.mode === "I;16" || rows.mode === "RGB;16";
  const data = wide ? new Uint16Array(pixels.buffer) : pixels;
  return fastPngEncode({ data, width: rows.width, height: rows.height, channels, depth: wide ? 16 : 8 });
}
