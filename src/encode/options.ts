// The options of the encoders, and their checks.
import type { Bytes } from "../host-types.ts";
import { describe } from "../messages.ts";
import { checkInteger, checkOneOf, checkType, isInteger } from "../options.ts";
import type { Mode } from "../rows.ts";
import type { Leader } from "../team.ts";
import type { OnWarning } from "../warnings.ts";

export type FileType = "png" | "jpg" | "jpeg" | "bmp";

export const FILE_TYPES: readonly FileType[] = ["png", "jpg", "jpeg", "bmp"];

export type Compression = "fast" | "balanced" | "small";

const COMPRESSIONS: readonly unknown[] = ["fast", "balanced", "small"] satisfies Compression[];

export interface PngOptions {
  /** "fast" (default), "balanced" or "small"; or zlib's 0 to 9: 0 to 2 are fast, 3 to 5 balanced, 6 to 9 small. */
  readonly compression?: Compression | number | undefined;
  /**
   * true: up to 256 colors are stored as a palette, which is smaller. More colors are stored without one, with the warning
   * "palette-too-many-colors". Default false: the file has the channels of what was given.
   */
  readonly palette?: boolean | undefined;
  /** Receives the warnings; default: each code once a process, on stderr. */
  readonly onWarning?: OnWarning | undefined;
}

export interface JpegOptions {
  /** 1 to 100, libjpeg's scale; default 75, Pillow's. */
  readonly quality?: number | undefined;
  /** How chroma is sampled: "4:2:0" (default, Pillow's) or "4:4:4". */
  readonly subsampling?: "4:2:0" | "4:4:4" | undefined;
  /** "fast" (default) writes the standard Huffman tables, "balanced" and "small" the picture's own; or zlib's 0 to 9. */
  readonly compression?: Compression | number | undefined;
  /** Receives the warnings; default: each code once a process, on stderr. */
  readonly onWarning?: OnWarning | undefined;
}

export interface EncodeOptions extends Omit<PngOptions, "compression">, Omit<JpegOptions, "compression"> {
  /**
   * "fast" (default), "balanced" or "small"; or zlib's 0 to 9: 0 to 2 are fast, 3 to 5 balanced, 6 to 9 small. A JPEG that
   * is not fast has Huffman tables made for it.
   */
  readonly compression?: Compression | number | undefined;
}

/** What the encoders take beside the options of the public doors. */
export interface RowsOptions extends EncodeOptions {
  /** PNG: RGBA rows become RGB where every pixel is opaque. For sources that cannot help having alpha, such as a canvas. */
  readonly opaqueAsRgb?: boolean | undefined;
  /** Other threads that encode parts of the picture. */
  readonly team?: Leader | undefined;
}

/** What they give. */
export interface Encoded {
  readonly bytes: Bytes;
  /** The mode of the pixels in the file: that of the rows, but for alpha that was left out. A palette does not change it. */
  readonly mode: Mode;
}

export const PNG_OPTIONS = ["compression", "palette", "onWarning"] as const satisfies readonly (keyof PngOptions)[];
/** All of them that concern the file, whatever its type. */
export const ENCODE_OPTIONS = [
  "quality",
  "subsampling",
  "compression",
  "palette",
] as const satisfies readonly (keyof EncodeOptions)[];

export const JPEG_OPTIONS = [
  "quality",
  "subsampling",
  "compression",
  "onWarning",
] as const satisfies readonly (keyof JpegOptions)[];

/** @throws TypeError for a value of the wrong kind, RangeError for one outside what is accepted, whatever the file type */
export function checkEncodeOptions({ quality, subsampling, compression, palette, onWarning }: EncodeOptions): void {
  checkInteger("quality", quality, 1, 100);
  checkOneOf("subsampling", subsampling, ["4:2:0", "4:4:4"]);
  if (compression !== undefined && !COMPRESSIONS.includes(compression) && !isInteger(compression, 0, 9)) {
    throw new RangeError(
      `compression: expected "fast", "balanced", "small" or a whole number from 0 to 9; got ${describe(compression)}`,
    );
  }
  checkType("palette", palette, "boolean");
  checkType("onWarning", onWarning, "function");
}

/** 0 fast, 1 balanced, 2 small: the level of the deflate kernels. */
export function levelOf(compression: Compression | number = "fast"): 0 | 1 | 2 {
  if (typeof compression === "string") return compression === "fast" ? 0 : compression === "balanced" ? 1 : 2;
  return compression < 3 ? 0 : compression < 6 ? 1 : 2;
}
