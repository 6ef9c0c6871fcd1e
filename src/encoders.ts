// `wandb-image/encode`: the encoders alone, for programs that have pixels and want a file.
//
//   import { encodePng } from "wandb-image/encode";
//   const file = encodePng(context.getImageData(0, 0, width, height));
import { describe } from "./dtype.ts";
import type { Compression, FileType } from "./encode/index.ts";
import type { Bytes } from "./host-types.ts";
import { Image } from "./image/image.ts";
import type { OnWarning } from "./warnings.ts";

export { ready, type WasmSource } from "./kernels.ts";
export { type OnWarning, setOnWarning, type Warning } from "./warnings.ts";
export type { Compression };

/** 8-bit pixels as decoders and canvases give them (`ImageData` is one); encoded as they are, never normalised. */
export interface PixelData {
  /** Rows from the top, channels interleaved: width · height · channels values. Neither kept nor written. */
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA; default: as many as the data has. */
  readonly channels?: 1 | 2 | 3 | 4;
}

export interface PngOptions {
  /** "fast" (default), "balanced" or "small"; or zlib's 0 to 9. */
  readonly compression?: Compression | number | undefined;
}

export interface JpegOptions {
  /** 1 to 100, libjpeg's scale; default 75, Pillow's. */
  readonly quality?: number | undefined;
  /** "4:2:0" (default, Pillow's) or "4:4:4". */
  readonly subsampling?: "4:2:0" | "4:4:4" | undefined;
  /** "fast" (default) has the standard Huffman tables, "balanced" and "small" have the picture's own; or zlib's 0 to 9. */
  readonly compression?: Compression | number | undefined;
  /** Takes the warning that an alpha below 255 was dropped; default: once a process, on stderr. */
  readonly onWarning?: OnWarning | undefined;
}

/**
 * A PNG file of 8-bit pixels; decoded again it gives the same pixels, though up to 256 colours may be stored as a palette.
 * @returns memory of its own
 * @throws TypeError for pixels or an option of the wrong kind, RangeError for sizes that disagree or exceed 65500
 */
export function encodePng(pixels: PixelData, options: PngOptions = {}): Bytes {
  return encoded("encodePng", pixels, options, "png");
}

/**
 * A baseline JPEG file of 8-bit pixels. Alpha is dropped, not blended, as W&B does.
 * @returns memory of its own
 * @throws as `encodePng` does
 */
export function encodeJpeg(pixels: PixelData, options: JpegOptions = {}): Bytes {
  return encoded("encodeJpeg", pixels, options, "jpg");
}

function encoded(name: string, pixels: PixelData, options: PngOptions | JpegOptions, fileType: FileType): Bytes {
  // An Image would also read, and normalise, { data, shape }.
  if (typeof pixels !== "object" || pixels === null || !("width" in pixels) || !("height" in pixels)) {
    throw new TypeError(`${name}: expected pixels { data, width, height }; arrays to be normalised go to new Image(…)`);
  }
  // The 90 of encodeJpeg(pixels, 90) would be lost in the spread.
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `${name}: options: expected an object such as { compression: "small" }; got ${describe(options)}`,
    );
  }
  return new Image(pixels, { ...options, fileType }).bytes;
}
