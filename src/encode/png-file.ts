// The chunks of a PNG file (PNG 3, clause 5), the image data in one IDAT that grows as it is compressed.
import { copyRun } from "../copy-run.ts";
import type { Bytes } from "../host-types.ts";
import { kernels } from "../kernels.ts";
import type { SimdKernels } from "../kernels.types.ts";
import type { Rows } from "../rows.ts";
import type { PixelFormat } from "./png-formats.ts";

/** A chunk's data may be 2³¹ - 1 bytes; IDAT is one chunk up to about here. */
const LONGEST_IDAT = 0x4000_0000;

/** The signature, IHDR without its numbers, and IEND. */
const BEGINNING = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52);
const END = Uint8Array.of(0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82);

/** The bytes of the file so far. */
export class PngFile {
  #bytes = new Uint8Array(1024);
  #length = 0;
  /** Where the open IDAT begins, and the CRC of what it has; -1: none is open. */
  #idat = -1;
  #crc = 0;
  readonly #memory: Uint8Array;
  readonly #simd: SimdKernels;
  readonly #packed: number;

  /** @param packed where in kernel memory the compressed bytes are left */
  constructor(simd: SimdKernels, packed: number) {
    this.#memory = kernels().u8;
    this.#simd = simd;
    this.#packed = packed;
  }

  header({ width, height }: Rows, format: PixelFormat): void {
    this.#bytes.set(BEGINNING);
    this.#put32(width, 16);
    this.#put32(height, 20);
    this.#bytes[24] = format.depth;
    this.#bytes[25] = format.colorType;
    this.#endChunk(8, 13);
    if (format.palette !== undefined) this.#chunk("PLTE", format.palette);
    if (format.alphas !== undefined && format.alphas.length > 0) this.#chunk("tRNS", format.alphas);
  }

  /** Appends what the kernels packed; `rest` is how much more picture is to come, as a multiple of what is done. */
  idat(count: number, rest: number): void {
    this.#openIdat(count, rest);
    this.#bytes.set(this.#memory.subarray(this.#packed, this.#packed + count), this.#length);
    this.#crc = this.#simd.crc32(this.#packed, count, this.#crc);
    this.#length += count;
  }

  /** Appends what another thread packed, in shared memory, and its CRC-32. */
  idatOf(bytes: Uint8Array, crc: number, rest: number): void {
    this.#openIdat(bytes.length, rest);
    copyRun(this.#bytes, this.#length, bytes, 0, bytes.length);
    this.#crc = this.#simd.crcCombine(this.#crc, crc, bytes.length);
    this.#length += bytes.length;
  }

  #openIdat(count: number, rest: number): void {
    this.#reserve(count + 12, rest);
    if (this.#idat >= 0) return;
    this.#idat = this.#length;
    this.#bytes.set([0, 0, 0, 0, 0x49, 0x44, 0x41, 0x54], this.#length);
    this.#length += 8;
    this.#crc = 0x35af061e; // of "IDAT"
  }

  /** A segment of the stream has ended: where an IDAT that has become long may end, too. */
  segmentEnd(): void {
    if (this.#length - this.#idat > LONGEST_IDAT) this.#endIdat();
  }

  /** Ends the zlib stream. */
  adler(adler: number): void {
    for (let i = 0; i < 4; i++) this.#memory[this.#packed + i] = adler >>> (24 - 8 * i);
    this.idat(4, 0);
  }

  end(): Bytes {
    this.#endIdat();
    this.#reserve(END.length, 0);
    this.#bytes.set(END, this.#length);
    this.#length += END.length;
    return this.#bytes.subarray(0, this.#length);
  }

  #endIdat(): void {
    this.#reserve(4, 0);
    this.#put32(this.#length - this.#idat - 8, this.#idat);
    this.#put32(this.#crc, this.#length);
    this.#length += 4;
    this.#idat = -1;
  }

  #chunk(type: string, data: ArrayLike<number>): void {
    this.#reserve(data.length + 12, 0);
    const start = this.#length;
    this.#put32(data.length, start);
    for (let i = 0; i < 4; i++) this.#bytes[start + 4 + i] = type.charCodeAt(i);
    this.#bytes.set(data, start + 8);
    this.#endChunk(start, data.length);
  }

  /** The CRC of a chunk's type and data. */
  #endChunk(start: number, length: number): void {
    const end = start + 8 + length;
    this.#memory.set(this.#bytes.subarray(start + 4, end), this.#packed);
    this.#put32(this.#simd.crc32(this.#packed, length + 4, 0), end);
    this.#length = end + 4;
  }

  /**
   * Grows to what the file will take if it goes on like this: memory beyond it would cost, touched or not. A sixteenth of the picture
   * tells it within 8 %; the first strip alone would be wrong on every other photograph, and its whole file be copied.
   */
  #reserve(count: number, rest: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.ceil(rest > 15 ? needed * 8 : needed * (1 + rest * 1.08)) + 4096);
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }

  #put32(value: number, at: number): void {
    this.#bytes[at] = value >>> 24;
    this.#bytes[at + 1] = value >>> 16;
    this.#bytes[at + 2] = value >>> 8;
    this.#bytes[at + 3] = value;
  }
}
