// Rows → file.
import type { Rows } from "../rows.ts";
import type { OnWarning } from "../warnings.ts";
import { encodeBmpRows } from "./bmp.ts";
import { encodeJpegRows } from "./jpeg.ts";
import { checkWritable } from "./modes.ts";
import { encodePngRows } from "./png.ts";

export { checkWritable } from "./modes.ts";

export type FileType = "png" | "jpg" | "jpeg" | "bmp";

export const FILE_TYPES: readonly FileType[] = ["png", "jpg", "jpeg", "bmp"];

export interface EncodeOptions {
  /** JPEG: 1 to 100, libjpeg's scale; default 75, Pillow's. */
  readonly quality?: number | undefined;
  /** JPEG: "4:2:0" (default, Pillow's) or "4:4:4". */
  readonly subsampling?: "4:2:0" | "4:4:4" | undefined;
  /** "fast" (default), "balanced" or "small"; or zlib's 0 to 9, of which 0 to 2 are fast, 3 to 5 balanced, 6 to 9 small. */
  readonly compression?: Compression | number | undefined;
  /**
   * PNG: the file holds the mode as it is. Otherwise up to 256 colours become a palette, grey RGB grey, opaque RGBA RGB: smaller,
   * and read back as the same pixels. For masks and modes that were asked for.
   */
  readonly keepForm?: boolean | undefined;
  /** Told what is done otherwise than asked for, where an engine lacks SIMD. */
  readonly onWarning?: OnWarning | undefined;
}

export type Compression = "fast" | "balanced" | "small";

const COMPRESSIONS: readonly unknown[] = ["fast", "balanced", "small"];
const SUBSAMPLINGS: readonly unknown[] = ["4:2:0", "4:4:4"];

/** Throws a RangeError naming the accepted values, whatever file type they would serve. */
export function checkEncodeOptions({ quality, subsampling, compression }: EncodeOptions): void {
  if (quality !== undefined && !isInteger(quality, 1, 100)) {
    throw new RangeError(`quality ${show(quality)}: expected an integer from 1 to 100`);
  }
  if (subsampling !== undefined && !SUBSAMPLINGS.includes(subsampling)) {
    throw new RangeError(`subsampling ${show(subsampling)}: expected "4:2:0" or "4:4:4"`);
  }
  if (compression !== undefined && !COMPRESSIONS.includes(compression) && !isInteger(compression, 0, 9)) {
    throw new RangeError(
      `compression ${show(compression)}: expected "fast", "balanced" or "small", or an integer from 0 to 9`,
    );
  }
}

function isInteger(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/**
 * The encoded file. Options must have been checked (`checkEncodeOptions`).
 * @throws RangeError where the file type does not hold the mode, in Pillow's words
 */
export function encode(rows: Rows, fileType: FileType, options: EncodeOptions): Uint8Array {
  checkWritable(rows.mode, fileType);
  if (fileType === "png") return encodePngRows(rows, options);
  if (fileType === "bmp") return encodeBmpRows(rows);
  return encodeJpegRows(rows, options);
}
