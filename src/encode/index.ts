// Rows → file.
import type { Rows } from "../rows.ts";
import { encodeBmpRows } from "./bmp.ts";
import { encodeJpegRows } from "./jpeg.ts";
import { encodePngRows } from "./png.ts";

export type FileType = "png" | "jpg" | "jpeg" | "bmp";

export const FILE_TYPES: readonly FileType[] = ["png", "jpg", "jpeg", "bmp"];

export interface EncodeOptions {
  /** JPEG: 1 to 100, libjpeg's scale; default 75, Pillow's. */
  readonly quality?: number | undefined;
  /** JPEG: "4:2:0" (default, Pillow's) or "4:4:4". */
  readonly subsampling?: "4:2:0" | "4:4:4" | undefined;
  /** "fast" (default), "balanced" or "small"; or zlib's 0 to 9, of which 0 to 2 are fast, 3 to 5 balanced, 6 to 9 small. */
  readonly compression?: Compression | number | undefined;
}

export type Compression = "fast" | "balanced" | "small";

/** The encoded file. Options must have been checked (`checkEncodeOptions`) and the file type must hold the mode. */
export function encode(rows: Rows, fileType: FileType, options: EncodeOptions): Uint8Array {
  if (fileType === "png") return encodePngRows(rows, options);
  if (fileType === "bmp") return encodeBmpRows(rows);
  return encodeJpegRows(rows, options);
}
