// `wandb-image/encode`: the encoders alone, for programs that have pixels and want a file.
//
//   import { encodePng } from "wandb-image/encode";
//   const file = encodePng(context.getImageData(0, 0, width, height));
import { checkEncodeOptions, encode } from "./encode/index.ts";
import { JPEG_OPTIONS, type JpegOptions, PNG_OPTIONS, type PngOptions } from "./encode/options.ts";
import { warmUp } from "./encode/warm-up.ts";
import type { Bytes } from "./host-types.ts";
import { compileKernels, kernels, type WasmSource } from "./kernels.ts";
import { describe } from "./messages.ts";
import { checkNames, checkOneOf } from "./options.ts";
import { deepRowsOfSamples, isImageData, rowsOfSamples, type Samples, samplesOf } from "./rows.ts";

export type { Compression, JpegOptions, PngOptions } from "./encode/options.ts";
export type { WasmSource } from "./kernels.ts";
export { type OnWarning, setOnWarning, type Warning } from "./warnings.ts";

/** Pixels of 8 or 16 bits as decoders and canvases give them (`ImageData` is one); encoded as they are, never normalized. */
export interface PixelData {
  /** Rows from the top, channels interleaved: width · height · channels values. Neither kept nor written. */
  readonly data: Uint8Array | Uint8ClampedArray | Uint16Array;
  readonly width: number;
  readonly height: number;
  /** 1 gray, 2 gray and alpha, 3 RGB, 4 RGBA; default: as many as the data has. */
  readonly channels?: 1 | 2 | 3 | 4;
  /** Bytes from one row to the next, where rows are padded. */
  readonly stride?: number;
}

export interface EncodePngOptions extends PngOptions {
  /** 16 keeps 16 bits a sample, of gray and RGB, and stretches 8; default 8: of 16-bit samples the upper byte. */
  readonly bitDepth?: 8 | 16 | undefined;
}

/**
 * A PNG file of pixels with the channels that they have, 8 bits a sample unless `bitDepth` says 16; an `ImageData` whose pixels are all opaque becomes RGB.
 * @returns memory of its own
 * @throws TypeError for pixels or an option of the wrong kind, RangeError for sizes that disagree or exceed 65500
 */
export function encodePng(pixels: PixelData, options: EncodePngOptions = {}): Bytes {
  checkOptions("encodePng", options, [...PNG_OPTIONS, "bitDepth"], '{ compression: "small" }');
  const { bitDepth, ...others } = options;
  checkOneOf("bitDepth", bitDepth, [8, 16]);
  return kernels().scratch(() => {
    const samples = samplesIn("encodePng", pixels);
    if (bitDepth === 16) return encode(deepRowsOfSamples(samples), "png", others).bytes;
    const rows = rowsOfSamples(samples);
    return encode(rows, "png", { ...others, opaqueAsRgb: isImageData(pixels) }).bytes;
  });
}

/**
 * A baseline JPEG file of 8-bit pixels. Alpha is dropped, not blended, as W&B does.
 * @returns memory of its own
 * @throws as `encodePng` does
 */
export function encodeJpeg(pixels: PixelData, options: JpegOptions = {}): Bytes {
  checkOptions("encodeJpeg", options, JPEG_OPTIONS, "{ quality: 90 }");
  return kernels().scratch(() => encode(rowsOfSamples(samplesIn("encodeJpeg", pixels)), "jpg", options).bytes);
}

let warm: Promise<void> | undefined;

/**
 * Compiles the kernels off this thread, has the engine optimize them on a small picture, and returns which are used. Nobody has to call it:
 * the first picture compiles the copy embedded in this package, and takes longer than the others.
 * @param options.wasm where the kernels are; default: the embedded copy
 * @returns "simd", or "javascript" where the engine has no SIMD or the page's Content-Security-Policy lacks 'wasm-unsafe-eval'
 * @throws TypeError for an unknown option
 * @throws Error if the address cannot be fetched or leads to something else than this version's `kernels.wasm`
 */
export async function ready(options: { readonly wasm?: WasmSource | undefined } = {}): Promise<"simd" | "javascript"> {
  checkNames("ready", options, ["wasm"], '{ wasm: "/kernels.wasm" }');
  const used = await compileKernels(options.wasm);
  if (used === "simd") {
    warm ??= warmUp([encodePng, encodeJpeg]);
    await warm;
  }
  return used;
}

function checkOptions(name: string, options: PngOptions | JpegOptions, known: readonly string[], example: string) {
  checkNames(name, options, known, example);
  checkEncodeOptions(options);
}

function samplesIn(name: string, pixels: PixelData): Samples {
  if (typeof pixels !== "object" || pixels === null || !("width" in pixels) || !("height" in pixels)) {
    throw new TypeError(
      `${name}: expected pixels { data, width, height }; got ${describe(pixels)}. An array to be normalized goes to new Image(…)`,
    );
  }
  return samplesOf(pixels);
}
