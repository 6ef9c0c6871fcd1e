// The chunks of a PNG file (PNG 3, clause 5), the image data in one IDAT that grows as it is compressed.
import type { Bytes } from "../host-types.ts";
import { kernels } from "../kernels.ts";
import type { SimdKernels } from "../kernels.types.ts";
import type { Rows } from "../rows.ts";
import type { PixelFormat } from "./png-formats.ts";

/** A chunk's data may be 2³¹ - 1 bytes; IDAT is one chunk up to about here. */
const LONGEST_IDAT = 0x4000_0000;

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
    this.#bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    this.#length = 8;
    this.#chunk("IHDR", [...be32(width), ...be32(height), format.depth, format.colorType, 0, 0, 0]);
    if (format.palette !== undefined) this.#chunk("PLTE", format.palette);
    if (format.alphas !== undefined && format.alphas.length > 0) this.#chunk("tRNS", format.alphas);
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
    this.#crc = this.#simd.crc32(this.#packed, count, this.#crc);
    this.#length += count;
  }

  end(): Bytes {
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
    this.#bytes.set(be32(this.#simd.crc32(this.#packed, body.length, 0)), this.#length + 4 + body.length);
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
