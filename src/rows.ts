// What flows from convert/ (or from a decoded image) into encode/: rows of pixels in a Pillow mode, band by band.
import type { Kernels } from "./kernels.ts";
import { kernels } from "./kernels.ts";

/** Pillow's modes that some file type holds; "RGB;16", which Pillow lacks, is three channels of 16 bits. */
export type Mode = "1" | "L" | "LA" | "P" | "RGB" | "RGBA" | "RGBX" | "CMYK" | "YCbCr" | "I" | "I;16" | "RGB;16";

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
}

/** Rows over 8-bit interleaved pixels that lie packed in the caller's memory. */
export function packedRows(data: Uint8Array, mode: Mode, width: number, height: number): Rows {
  const stride = width * BYTES_PER_PIXEL[mode];
  const memory: Kernels["u8"] = kernels().u8;
  return {
    mode,
    width,
    height,
    read(y, count, dst) {
      memory.set(data.subarray(y * stride, (y + count) * stride), dst);
    },
  };
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
