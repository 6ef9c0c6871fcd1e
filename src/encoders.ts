// `wandb-image/encode`: the encoders alone, for programs that have pixels and want a file.
//
//   import { encodePng } from "wandb-image/encode";
//   const file = encodePng(context.getImageData(0, 0, width, height));
import { checkEncodeOptions, encode } from "./encode/index.ts";
import { JPEG_OPTIONS, type JpegOptions, PNG_OPTIONS, type PngOptions } from "./encode/options.ts";
import type { Bytes } from "./host-types.ts";
import { kernels } from "./kernels.ts";
import { describe } from "./messages.ts";
import { checkNames } from "./options.ts";
import { isImageData, pixelRows, type Rows } from "./rows.ts";

export type { Compression, JpegOptions, PngOptions } from "./encode/options.ts";
export { ready, type WasmSource } from "./kernels.ts";
export { type OnWarning, setOnWarning, type Warning } from "./warnings.ts";

/** 8-bit pixels as decoders and canvases give them (`ImageData` is one); encoded as they are, never normalized. */
export interface PixelData {
  /** Rows from the top, channels interleaved: width · height · channels values. Neither kept nor written. */
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  /** 1 gray, 2 gray and alpha, 3 RGB, 4 RGBA; default: as many as the data has. */
  readonly channels?: 1 | 2 | 3 | 4;
}

/**
 * A PNG file of 8-bit pixels with the channels that they have; an `ImageData` whose pixels are all opaque becomes RGB.
 * @returns memory of its own
 * @throws TypeError for pixels or an option of the wrong kind, RangeError for sizes that disagree or exceed 65500
 */
export function encodePng(pixels: PixelData, options: PngOptions = {}): Bytes {
  checkOptions("encodePng", options, PNG_OPTIONS, '{ compression: "small" }');
  return kernels().scratch(() => {
    const rows = rowsOf("encodePng", pixels);
    return encode(rows, "png", { ...options, opaqueAsRgb: isImageData(pixels) }).bytes;
  });
}

/**
 * A baseline JPEG file of 8-bit pixels. Alpha is dropped, not blended, as W&B does.
 * @returns memory of its own
 * @throws as `encodePng` does
 */
export function encodeJpeg(pixels: PixelData, options: JpegOptions = {}): Bytes {
  checkOptions("encodeJpeg", options, JPEG_OPTIONS, "{ quality: 90 }");
  return kernels().scratch(() => encode(rowsOf("encodeJpeg", pixels), "jpg", options).bytes);
}

function checkOptions(name: string, options: PngOptions | JpegOptions, known: readonly string[], example: string) {
  checkNames(name, options, known, example);
  checkEncodeOptions(options);
}

function rowsOf(name: string, pixels: PixelData): Rows {
  if (typeof pixels !== "object" || pixels === null || !("width" in pixels) || !("height" in pixels)) {
    throw new TypeError(
      `${name}: expected pixels { data, width, height }; got ${describe(pixels)}. An array to be normalized goes to new Image(…)`,
    );
  }
  return pixelRows(pixels);
}
