// The image data of a PNG as segments of a zlib stream: each begins anew, so that threads may share a picture.
import { kernels } from "../kernels.ts";
import type { SimdKernels } from "../kernels.types.ts";
import { partsOf, type RowParts, type Rows } from "../rows.ts";
import { INDEXED, SAMPLES } from "./modes.ts";
import type { PixelFormat } from "./png-formats.ts";

/** Filtered bytes of a strip: it stays in the second-level cache, and its Huffman codes fit its part of the picture. */
const STRIP_BYTES = 262_144;

/** Rows so wide that a strip is halved, to leave memory for other stages. By the width alone, so that the file is deterministic. */
const WIDE = 16_384;

/**
 * Strips of two segments at least. Their number is even, for two threads. More segments would be larger: each begins without
 * the window of the one before, 0.04 % of a 4K picture's file in all.
 */
const TWO_SEGMENTS = 40;

/** How far back a match may reach. */
const WINDOW = 32768;

/** What a row in the file is made of (assembly/deflate): whole samples, a palette's indices, several samples a byte. */
const SAMPLES_FORM = 0;
const INDICES_FORM = 1;
const PACKED_FORM = 2;

/** Takes compressed bytes, `count` at `packed`, that end with row `y`. */
type Take = (count: number, y: number) => void;

/** Deflates segments of a picture. Reserves kernel memory: to be made, and used, inside one `scratch`. */
export class Segments {
  /** The first row of each segment, and the height. */
  readonly starts: readonly number[];
  /** Where compressed bytes are left. */
  readonly packed: number;
  readonly #parts: RowParts | undefined;
  readonly #simd: SimdKernels;
  readonly #format: PixelFormat;
  readonly #level: number;
  readonly #stride: number;
  readonly #pixel: number;
  readonly #form: number;
  readonly #band: number;
  /** The row above the rows at #raw. */
  readonly #above: number;
  readonly #raw: number;
  readonly #filtered: number;
  readonly #plain: number;
  readonly #stream: number;
  readonly #sequences: number;
  /** The row after those that were read last. */
  #readTo = 0;

  constructor(rows: Rows, format: PixelFormat, level: number, simd: SimdKernels) {
    const { u8, reserve } = kernels();
    const { width, height } = rows;
    this.#parts = partsOf(rows);
    const { stride, colorType, depth } = format;
    this.#simd = simd;
    this.#format = format;
    this.#level = level;
    this.#stride = stride;
    this.#pixel = Math.max(1, (SAMPLES[colorType] * depth) >> 3);
    this.#form = depth < 8 ? PACKED_FORM : colorType === INDEXED ? INDICES_FORM : SAMPLES_FORM;
    const stripBytes = width > WIDE ? STRIP_BYTES / 2 : STRIP_BYTES;
    const band = Math.max(1, Math.min(height, Math.floor(stripBytes / (stride + 1))));
    const bandBytes = band * (stride + 1);
    this.#band = band;
    const strips = Math.ceil(height / band);
    const segments = Math.max(1, 2 * Math.floor(strips / TWO_SEGMENTS));
    const starts = [0];
    for (let i = 1; i <= segments; i++) starts.push(Math.min(height, Math.floor((i * strips) / segments) * band));
    this.starts = starts;

    this.#above = reserve(stride + band * stride + this.#pixel) + this.#pixel;
    this.#raw = this.#above + stride;
    this.#filtered = reserve(WINDOW + bandBytes);
    this.#plain = reserve(WINDOW + bandBytes);
    this.#stream = reserve(simd.streamBytes());
    this.#sequences = reserve(2 * (Math.ceil(bandBytes / 3) * 8 + 64));
    this.packed = reserve(2 * bandBytes + 4096);
    u8.fill(0, this.#above - this.#pixel, this.#raw);
  }

  get count(): number {
    return this.starts.length - 1;
  }

  /** Bytes of rows with their filter types. */
  bytesOf(segment: number): number {
    return (this.starts[segment + 1]! - this.starts[segment]!) * (this.#stride + 1);
  }

  /** Of the segment encoded last. */
  get adler(): number {
    return this.#simd.deflateAdler(this.#stream) >>> 0;
  }

  /** false where the format turns out not to show the picture. */
  encode(segment: number, take: Take): boolean {
    const [first, end] = [this.starts[segment]!, this.starts[segment + 1]!];
    const header = this.#simd.deflateBegin(this.#stream, this.packed);
    if (segment === 0) take(header, 0);
    else if (!this.#rehearse(first)) return false;
    for (let y = first; y < end; ) {
      const count = Math.min(this.#band, end - y);
      if (!this.#read(y, count, this.#raw)) return false;
      const bytes = this.#deflate(this.#raw, count);
      kernels().u8.copyWithin(this.#above, this.#raw + (count - 1) * this.#stride, this.#raw + count * this.#stride);
      y += count;
      take(bytes, y);
    }
    take(this.#simd.deflateEnd(this.#stream, segment === this.count - 1 ? 1 : 0, this.packed), end);
    return true;
  }

  /** What comes before a segment teaches its prices; a quarter of a strip is enough. The row above the segment is #above then. */
  #rehearse(first: number): boolean {
    const count = this.#band >> 2;
    const rows = this.#raw + (this.#band - count) * this.#stride;
    if (this.#readTo !== first) {
      const last = this.#raw + (this.#band - 1) * this.#stride;
      // Not in memory: another thread has the segment before, and the rows can be read from any one on.
      const read = () => this.#read(first - count - 1, count + 1, rows - this.#stride);
      if (!this.#parts!.uncounted(read)) return false;
      kernels().u8.copyWithin(this.#above, last, last + this.#stride);
    }
    if (count === 0) return true;
    this.#deflate(rows, count);
    this.#simd.deflateRestart(this.#stream);
    return true;
  }

  #read(y: number, count: number, dst: number): boolean {
    this.#readTo = y + count;
    return this.#format.read(y, count, dst);
  }

  /** Deflates rows at `rows`; the row above them is before them. */
  #deflate(rows: number, count: number): number {
    return this.#simd.deflateStrip(
      this.#stream,
      rows,
      count,
      this.#stride,
      this.#pixel,
      this.#form,
      this.#level,
      this.#filtered,
      this.#plain,
      this.#sequences,
      this.packed,
    );
  }
}
