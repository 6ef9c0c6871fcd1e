// Decoded images, W&B's "PIL image": what decoders and canvases give. Taken as they are, never normalized.
import { bytesOf, dtypeOf } from "../dtype.ts";
import { checkSides } from "../frame.ts";
import { describe } from "../messages.ts";
import {
  checkWholeSides,
  eachBand,
  isImageData,
  type Rows,
  rowsOfSamples,
  type SamplePixels,
  samplesOf,
} from "../rows.ts";
import { readBytes } from "./bytes.ts";
import { cameraRows, formatOf } from "./camera.ts";
import { type Fields, fieldsOf, hasMethods, isCount } from "./fields.ts";
import type { AdaptOptions, Source } from "./source.ts";

type DecodedSource = Extract<Source, { kind: "decoded" }>;

/**
 * `{ data, width, height, channels? }`: pngjs, jpeg-js, fast-png, RawImage, ImageData, image-js and Jimp bitmaps, sharp's
 * `{ data, info }`; rows may be padded (`stride`, `bytesPerRow`), and frames of cameras name their `format`.
 */
export function readDecoded(input: unknown, options: AdaptOptions): Source | undefined {
  if (isSharpResult(input)) return readSharpResult(input, options);
  const image = rawOf(input);
  const { data, width, height, channels, format, colorSpace, stride, bytesPerRow } = fieldsOf(image);
  if (data === undefined || typeof data === "function" || width === undefined || height === undefined) return undefined;
  checkWholeSides(width, height);
  const rowBytes = bytesPerRow ?? (typeof stride === "number" ? stride : undefined);
  if (rowBytes !== undefined && !(isCount(rowBytes) && rowBytes > 0)) {
    throw new TypeError(`bytesPerRow: expected a whole number of bytes; got ${describe(rowBytes)}`);
  }
  const pixels = { data, width: width as number, height: height as number, channels, stride: rowBytes };
  const camera = formatOf(format);
  if (camera !== undefined) return { kind: "decoded", rows: cameraRows(camera, pixels, colorSpace) };
  return { ...packedForm(image, pixels), alwaysAlpha: isImageData(input) };
}

/** What sharp's `toBuffer({ resolveWithObject: true })` gives. */
function isSharpResult(input: unknown): input is { data: Uint8Array; info: Fields } {
  const { data, info } = fieldsOf(input);
  const { format, width, height } = fieldsOf(info);
  return dtypeOf(data) === "uint8" && typeof format === "string" && isCount(width) && isCount(height);
}

function readSharpResult(
  { data, info }: { data: Uint8Array; info: Fields },
  options: AdaptOptions,
): Source | undefined {
  if (info.format !== "raw") return readBytes(data, options);
  return decodedSource(rawPixelsOf(data, info));
}

/** sharp's raw pixels; the number of bytes says whether samples have 8 or 16 bits. @throws for any other depth, and for CMYK */
export function rawPixelsOf(data: Uint8Array, info: Fields): SamplePixels {
  const { width, height, channels, hasAlpha } = info as { width: number; height: number } & Fields;
  if (channels === 4 && hasAlpha === false) {
    throw new TypeError('sharp: 4 channels without alpha are CMYK; write .toColourspace("srgb") before .raw()');
  }
  const values = width * height * Number(channels);
  if (data.length === values) return { data, width, height, channels };
  if (data.length === 2 * values) {
    // A copy: a Buffer may begin at an odd address.
    return { data: new Uint16Array(new Uint8Array(data).buffer), width, height, channels };
  }
  throw new TypeError(
    `sharp: ${data.length} bytes for ${values} values; expected raw({ depth: "uchar" }) or raw({ depth: "ushort" }). For other ` +
      "depths pass { data: typedArray, shape: [height, width, channels] }",
  );
}

/** Plain samples: as 8-bit rows, and as what they are, for the options that look at their values. */
export function decodedSource(pixels: SamplePixels): DecodedSource {
  const samples = samplesOf(pixels);
  return { kind: "decoded", rows: rowsOfSamples(samples), samples };
}

/** The plain record inside the images of image-js (its Image, and its Mask of zeros and ones) and Jimp. */
function rawOf(input: unknown): unknown {
  const { bitmap, colorModel, ctype, tabs } = fieldsOf(input);
  if (ctype !== undefined && tabs !== undefined) {
    throw new TypeError(
      "a result of UPNG.decode is packed as in the file: pass { data: UPNG.toRGBA8(image)[0], width, height }",
    );
  }
  if (hasMethods(input, "getRawImage")) {
    const raw = (input as { getRawImage(): object }).getRawImage();
    return colorModel === "BINARY" ? { ...raw, bitDepth: 1 } : raw;
  }
  return fieldsOf(bitmap).data === undefined ? input : bitmap;
}

function packedForm(image: unknown, decoded: SamplePixels): DecodedSource {
  const { depth, bitDepth, palette } = fieldsOf(image);
  if (bitDepth === 1) return { kind: "decoded", rows: bitRows(decoded) };
  // pngjs' results carry the file's depth and palette too, but no channels: their data is RGBA already.
  if (typeof depth === "number" && typeof decoded.channels === "number") {
    // With more channels a palette is a suggestion to displays of few colors (PNG 11.2.2).
    if (Array.isArray(palette) && decoded.channels === 1) {
      return { kind: "decoded", rows: paletteRows(decoded, depth, palette) };
    }
    if (depth < 8) return { kind: "decoded", rows: grayRows(decoded, depth) };
  }
  return decodedSource(decoded);
}

/** Two-valued images (image-js' Mask): a byte of 0 or 1 a pixel. */
function bitRows({ data, width, height }: SamplePixels): Rows {
  checkSides(width, height);
  const bits = bytesOf(data as Uint8Array);
  if (bits.length !== width * height) {
    throw new RangeError(
      `data: expected ${width * height} values for ${width}×${height} pixels of 1 channel; got ${bits.length}`,
    );
  }
  return eachBand("L", width, height, (y, count, dst) => {
    for (let i = 0; i < count * width; i++) dst[i] = bits[y * width + i]! === 0 ? 0 : 255;
  });
}

/** fast-png's gray of 1, 2 or 4 bits: rows packed from the most significant bit, the whole range stretched to 0 … 255. */
function grayRows({ data, width, height, channels }: SamplePixels, depth: number): Rows {
  if (channels !== 1) throw new RangeError(`channels: expected 1 for ${depth} bits a sample; got ${String(channels)}`);
  const index = packedIndices(data, width, height, depth);
  const step = 255 / (2 ** depth - 1);
  return eachBand("L", width, height, (y, count, dst) => {
    for (let i = 0; i < count * width; i++) dst[i] = index(y + Math.floor(i / width), i % width) * step;
  });
}

/** fast-png's palette images: RGB, or RGBA where an entry carries alpha. */
function paletteRows({ data, width, height }: SamplePixels, depth: number, palette: readonly unknown[]): Rows {
  const entries = palette as readonly (readonly number[])[];
  const channels = entries.some((entry) => entry.length === 4) ? 4 : 3;
  const index = packedIndices(data, width, height, depth);
  return eachBand(channels === 4 ? "RGBA" : "RGB", width, height, (y, count, dst) => {
    let next = 0;
    for (let row = y; row < y + count; row++) {
      for (let x = 0; x < width; x++) {
        const entry = entries[index(row, x)];
        // libpng draws an index past the palette as black; a broken file is no reason to lose the step.
        for (let c = 0; c < channels; c++) dst[next++] = entry?.[c] ?? (c === 3 ? 255 : 0);
      }
    }
  });
}

function packedIndices(data: unknown, width: number, height: number, depth: number): (y: number, x: number) => number {
  checkSides(width, height);
  if (![1, 2, 4, 8].includes(depth)) throw new RangeError(`depth: expected 1, 2, 4 or 8 bits; got ${depth}`);
  const bytes = bytesOf(data as Uint8Array);
  const stride = Math.ceil((width * depth) / 8);
  if (bytes.length !== stride * height) {
    throw new RangeError(
      `data: expected ${stride * height} bytes for ${width}×${height} pixels of ${depth} bits; got ${bytes.length}`,
    );
  }
  const perByte = 8 / depth;
  const mask = 2 ** depth - 1;
  return (y, x) => {
    const byte = bytes[y * stride + Math.floor(x / perByte)]!;
    return (byte >> (8 - depth - (x % perByte) * depth)) & mask;
  };
}
