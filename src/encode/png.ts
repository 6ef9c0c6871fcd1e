// Rows → PNG (https://www.w3.org/TR/png-3/), strip by strip: rows are filtered, compressed and summed up in kernel memory,
// and only IDAT bytes leave it. Nothing of the size of the picture is allocated but the file.
import { encode as fastPngEncode } from "fast-png";
import type { EncodeKernels, Kernels } from "../kernels.ts";
import { kernels } from "../kernels.ts";
import type { Mode, Rows } from "../rows.ts";
import { BYTES_PER_PIXEL, collect } from "../rows.ts";
import type { Compression, EncodeOptions } from "./index.ts";

/**
 * Filtered bytes of a strip: it stays in the second-level cache, and its Huffman codes fit its part of the picture. Less
 * where rows are so wide that other stages need the memory. By the width alone, so that the file does not depend on them.
 */
const STRIP_BYTES = 262_144;
const WIDE = 16_384;

/** How far back a match may reach. */
const WINDOW = 32768;

const GREY = 0;
const TRUECOLOUR = 2;
const INDEXED = 3;
const GREY_ALPHA = 4;
const TRUECOLOUR_ALPHA = 6;

/** What a row in the file is made of (assembly/deflate): whole samples, a palette's indices, several indices a byte. */
const SAMPLES_FORM = 0;
const INDICES_FORM = 1;
const PACKED_FORM = 2;

/** How the file holds the pixels (PNG 3, table 12). */
interface Form {
  readonly colourType: number;
  readonly depth: number;
  /** Bytes of a row in the file, its filter type aside. */
  readonly stride: number;
  /** RGB triples of colour type 3, and the alpha of its first entries. */
  readonly palette?: Uint8Array;
  readonly alphas?: Uint8Array;
  /** Puts rows of the picture at dst, as the file has them; false where this form does not show them. */
  read(y: number, count: number, dst: number): boolean;
}

const COLOUR_TYPE: Partial<Record<Mode, number>> = {
  "1": GREY,
  L: GREY,
  LA: GREY_ALPHA,
  P: INDEXED,
  I: GREY,
  RGB: TRUECOLOUR,
  RGBA: TRUECOLOUR_ALPHA,
  "I;16": GREY,
  "RGB;16": TRUECOLOUR,
};
const SAMPLES: Readonly<Record<number, 1 | 2 | 3 | 4>> = {
  [GREY]: 1,
  [TRUECOLOUR]: 3,
  [INDEXED]: 1,
  [GREY_ALPHA]: 2,
  [TRUECOLOUR_ALPHA]: 4,
};
/** Bits a sample where they are not 8. */
const DEPTH: Partial<Record<Mode, number>> = { "1": 1, I: 16, "I;16": 16, "RGB;16": 16 };

const LEVEL: Readonly<Record<Compression, number>> = { fast: 0, balanced: 1, small: 2 };

/** Up to so many bytes a palette's own may outweigh what it saves: both forms are tried. */
const SMALL_PICTURE = 65536;

export function encodePngRows(rows: Rows, options: EncodeOptions): Uint8Array {
  const { encode, scratch } = kernels();
  if (encode === null) return encodeWithFastPng(rows);
  return scratch(() => {
    const compression = compressionOf(options);
    const candidates = options.keepForm ? [ownForm(rows, encode)] : forms(rows, encode);
    const pictureBytes = rows.width * BYTES_PER_PIXEL[rows.mode] * rows.height;
    let indexed: Uint8Array | null = null;
    for (const form of candidates) {
      const file = encodeStrips(rows, form, compression, encode);
      if (file === null) continue;
      if (indexed !== null) return file.length < indexed.length ? file : indexed;
      if (form.palette === undefined || pictureBytes > SMALL_PICTURE) return file;
      indexed = file;
    }
    return indexed!;
  });
}

function compressionOf({ compression = "fast" }: EncodeOptions): Compression {
  if (typeof compression === "string") return compression;
  return compression < 3 ? "fast" : compression < 6 ? "balanced" : "small";
}

/** null where the form turns out not to show the picture. */
function encodeStrips(rows: Rows, form: Form, compression: Compression, kernel: EncodeKernels): Uint8Array | null {
  return kernels().scratch(() => strips(rows, form, compression, kernel));
}

function strips(rows: Rows, form: Form, compression: Compression, kernel: EncodeKernels): Uint8Array | null {
  const { u8, reserve } = kernels();
  const { stride, colourType, depth } = form;
  const pixel = Math.max(1, (SAMPLES[colourType]! * depth) >> 3);
  const kind = depth < 8 ? PACKED_FORM : colourType === INDEXED ? INDICES_FORM : SAMPLES_FORM;
  const band = Math.max(
    1,
    Math.min(rows.height, Math.floor((rows.width > WIDE ? STRIP_BYTES / 2 : STRIP_BYTES) / (stride + 1))),
  );
  const bandBytes = band * (stride + 1);

  const above = reserve(stride + band * stride + pixel) + pixel;
  const raw = above + stride;
  const filtered = reserve(WINDOW + bandBytes);
  const plain = reserve(WINDOW + bandBytes);
  const stream = reserve(kernel.streamBytes());
  const sequences = reserve(2 * (Math.ceil(bandBytes / 3) * 8 + 64));
  const packed = reserve(2 * bandBytes + 4096);
  u8.fill(0, above - pixel, raw);

  const file = new PngFile(kernels(), kernel, packed);
  file.header(rows, form);
  file.idat(kernel.deflateBegin(stream, packed), 0);
  for (let y = 0; y < rows.height; y += band) {
    const count = Math.min(band, rows.height - y);
    if (!form.read(y, count, raw)) return null;
    const bytes = kernel.deflateStrip(
      stream,
      raw,
      count,
      stride,
      pixel,
      kind,
      LEVEL[compression],
      filtered,
      plain,
      sequences,
      packed,
    );
    file.idat(bytes, (rows.height - y - count) / (y + count));
    u8.copyWithin(above, raw + (count - 1) * stride, raw + count * stride);
  }
  file.idat(kernel.deflateEnd(stream, packed), 0);
  return file.end();
}

/** Rows handed over at a time where they are not yet as the file has them. */
const STAGE_BYTES = 200_000;

const FIRST_LOOK_BYTES = 8192;

/** Reads rows through a stage, from which `put` makes those of the file; it answers 0 where they do not show the same. */
function staged(rows: Rows, stride: number, put: (src: number, count: number, dst: number) => unknown): Form["read"] {
  const rowBytes = rows.width * BYTES_PER_PIXEL[rows.mode];
  const band = Math.max(1, Math.floor(STAGE_BYTES / rowBytes));
  const stage = kernels().reserve(Math.min(rows.height, band) * rowBytes);
  return (y, count, dst) => {
    for (let done = 0; done < count; done += band) {
      const now = Math.min(band, count - done);
      rows.read(y + done, now, stage);
      if (put(stage, now, dst + done * stride) === 0) return false;
    }
    return true;
  };
}

/** The mode as PNG has it. */
function ownForm(rows: Rows, kernel: EncodeKernels): Form {
  const { mode, width } = rows;
  const colourType = COLOUR_TYPE[mode]!;
  const depth = mode === "P" ? paletteDepth(rows.palette!.length / 3) : (DEPTH[mode] ?? 8);
  const stride = Math.ceil((width * SAMPLES[colourType]! * depth) / 8);
  const { palette, paletteAlpha: alphas } = rows;
  const form = { colourType, depth, stride, ...(mode === "P" && { palette: palette!, ...(alphas && { alphas }) }) };
  if (mode === "I") {
    return { ...form, read: staged(rows, stride, (src, count, dst) => kernel.clip16(src, count * width, dst)) };
  }
  if (depth < 8) {
    return { ...form, read: staged(rows, stride, (src, count, dst) => kernel.packBits(src, width, count, depth, dst)) };
  }
  return {
    ...form,
    read(y, count, dst) {
      rows.read(y, count, dst);
      if (depth === 16) kernel.swapBytes16(dst, (count * stride) >> 1);
      return true;
    },
  };
}

function isOpaque(colour: number): boolean {
  return colour >>> 24 === 255;
}

function isGrey(colour: number): boolean {
  return (colour & 0xffffff) === (colour & 0xff) * 0x010101;
}

function paletteDepth(colours: number): number {
  return colours <= 2 ? 1 : colours <= 4 ? 2 : colours <= 16 ? 4 : 8;
}

/**
 * The forms that may show the picture, the smallest first; the last one does. Grey for grey RGB and RGBA, a palette for up to
 * 256 colours (up to 16 where a pixel is one sample), RGB for RGBA without transparency. A palette's colours are counted;
 * that a picture goes on to be grey or opaque is supposed, until a row tells otherwise: to read it all beforehand
 * costs as much as half the encoding where rows come from a canvas or from floats.
 */
function* forms(rows: Rows, kernel: EncodeKernels): Generator<Form> {
  const { mode, width } = rows;
  const own = ownForm(rows, kernel);
  if (mode === "L" || mode === "RGB" || mode === "RGBA") {
    const samples = BYTES_PER_PIXEL[mode];
    const opaque = (colours: Uint32Array) => samples !== 4 || colours.every(isOpaque);
    const palette = kernels().reserve(kernel.paletteBytes());
    const grey = (colours: Uint32Array) =>
      samples > 1 && colours.length > 16 && colours.every(isGrey) && opaque(colours);
    let { colours, all } = countColours(rows, palette, grey, kernel);
    if (!all && grey(colours)) {
      const read = staged(rows, width, (src, count, dst) => kernel.greySamples(src, count * width, samples, dst));
      yield { colourType: GREY, depth: 8, stride: width, read };
      ({ colours, all } = countColours(rows, palette, () => false, kernel));
    }
    if (all) yield indexedForm(rows, palette, colours, kernel);
    if (samples === 4 && opaque(colours)) {
      const stride = 3 * width;
      const read = staged(rows, stride, (src, count, dst) => kernel.opaqueSamples(src, count * width, dst));
      yield { colourType: TRUECOLOUR, depth: 8, stride, read };
    }
  }
  yield own;
}

/** The colours of a picture, in kernel memory, as they come: `all` of them, or those before there were too many or `enough`. */
function countColours(
  rows: Rows,
  palette: number,
  enough: (colours: Uint32Array) => boolean,
  kernel: EncodeKernels,
): { colours: Uint32Array; all: boolean } {
  const { mode, width, height } = rows;
  const { reserve, scratch, buffer } = kernels();
  const samples = BYTES_PER_PIXEL[mode];
  const most = samples === 1 ? 16 : 256;
  const rowBytes = width * samples;
  const band = Math.max(1, Math.floor(STAGE_BYTES / rowBytes));
  kernel.paletteBegin(palette);
  return scratch(() => {
    const src = reserve(Math.min(height, band) * rowBytes);
    let colours = new Uint32Array(0);
    // Photographs are known by a look at few rows: a whole band of them would be converted for nothing.
    let count = Math.max(1, Math.floor(FIRST_LOOK_BYTES / rowBytes));
    for (let y = 0; y < height; y += count, count = band) {
      count = Math.min(count, height - y);
      rows.read(y, count, src);
      const found = kernel.paletteAdd(palette, src, count * width, samples);
      colours = new Uint32Array(buffer, kernel.paletteColours(palette), Math.min(found, 256));
      if (found > most || enough(colours)) return { colours, all: false };
    }
    return { colours, all: true };
  });
}

function indexedForm(rows: Rows, palette: number, colours: Uint32Array, kernel: EncodeKernels): Form {
  const { mode, width } = rows;
  const samples = BYTES_PER_PIXEL[mode];
  const depth = paletteDepth(colours.length);
  kernel.paletteOrder(palette, samples === 4 ? 1 : 0);
  const triples = Uint8Array.from({ length: colours.length * 3 }, (_, i) => {
    const colour = colours[Math.floor(i / 3)]!;
    return samples === 1 ? colour : colour >>> ((i % 3) * 8);
  });
  const alphas =
    samples === 4 ? Uint8Array.from(colours, (colour) => colour >>> 24).filter((alpha) => alpha < 255) : undefined;
  const stride = Math.ceil((width * depth) / 8);
  const indices = depth < 8 ? kernels().reserve(Math.ceil(STAGE_BYTES / samples) + width) : 0;
  const read = staged(rows, stride, (src, count, dst) => {
    kernel.paletteIndices(palette, src, count * width, samples, depth < 8 ? indices : dst);
    if (depth < 8) kernel.packBits(indices, width, count, depth, dst);
  });
  return { colourType: INDEXED, depth, stride, palette: triples, ...(alphas && { alphas }), read };
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
  const { mode, width, height } = rows;
  const pixels = collect(rows);
  const channels = SAMPLES[COLOUR_TYPE[mode]!]!;
  if (mode === "P") {
    const { palette, paletteAlpha: alpha } = rows;
    // fast-png drops the alphas of 255 from its list, not its tail: what is transparent has to come first.
    const order = Array.from({ length: palette!.length / 3 }, (_, i) => i);
    if (alpha !== undefined) order.sort((i, j) => Number(alpha[i] === 255) - Number(alpha[j] === 255));
    const rank = new Uint8Array(256);
    order.forEach((i, k) => {
      rank[i] = k;
    });
    const entries = order.map((i) => [...palette!.subarray(3 * i, 3 * i + 3), ...(alpha ? [alpha[i]!] : [])]);
    const indexed = { palette: entries as [number, number, number][], depth: 8 as const };
    return fastPngEncode({ data: pixels.map((i) => rank[i]!), width, height, channels, ...indexed });
  }
  if (mode === "1") {
    const stride = Math.ceil(width / 8);
    const data = new Uint8Array(stride * height);
    for (let i = 0; i < pixels.length; i++) {
      const x = i % width;
      if (pixels[i] !== 0) data[Math.floor(i / width) * stride + (x >> 3)]! |= 128 >> (x & 7);
    }
    return fastPngEncode({ data, width, height, channels, depth: 1 });
  }
  if (mode === "I") {
    const data = Uint16Array.from(new Int32Array(pixels.buffer), (value) => Math.min(Math.max(value, 0), 65535));
    return fastPngEncode({ data, width, height, channels, depth: 16 });
  }
  const wide = DEPTH[mode] === 16;
  const data = wide ? new Uint16Array(pixels.buffer) : pixels;
  return fastPngEncode({ data, width, height, channels, depth: wide ? 16 : 8 });
}
