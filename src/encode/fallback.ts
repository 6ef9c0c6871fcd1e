// The same files where an engine has no SIMD: by fast-png, and by jpeg-js in 4:4:4 only.

import { encode as fastPng, type ImageData } from "fast-png";
import jpegJs from "jpeg-js/lib/encoder.js";
import type { Bytes } from "../host-types.ts";
import { withCode } from "../messages.ts";
import { BYTES_PER_PIXEL, collect, type Mode, type Rows } from "../rows.ts";
import { warn } from "../warnings.ts";
import { warnAlphaDropped } from "./alpha.ts";
import { opaqueMode, PNG_MODES, type PngMode, SAMPLES } from "./modes.ts";
import type { Encoded, RowsOptions } from "./options.ts";
import { warnTooManyColors } from "./png-formats.ts";

interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

export function encodeByFastPng(rows: Rows, options: RowsOptions): Encoded {
  const { width, height } = rows;
  const mode = rows.mode as PngMode;
  const picture = { width, height, pixels: collect(rows) };
  const opaque = options.opaqueAsRgb === true && mode === "RGBA" && isOpaque(picture.pixels, 4);
  const shown = opaque ? "RGB" : mode;
  if (mode === "P") {
    const { palette, paletteAlpha } = rows;
    return { bytes: indexedPng(picture, palette!, paletteAlpha), mode };
  }
  if (options.palette) {
    const indexed = indexedByColor(picture, mode);
    if (indexed !== null) return { bytes: indexedPng(indexed, indexed.palette, indexed.alphas), mode: shown };
    warnTooManyColors(options.onWarning);
  }
  if (opaque) return { bytes: plainPng({ width, height, pixels: withoutFourth(picture.pixels) }, "RGB"), mode: "RGB" };
  return { bytes: plainPng(picture, mode), mode };
}

const pngBytes = (image: ImageData) => fastPng(image) as Bytes;

function plainPng({ width, height, pixels }: Picture, mode: PngMode): Bytes {
  const { colorType, depth } = PNG_MODES[mode];
  const channels = SAMPLES[colorType];
  if (mode === "1") {
    const stride = Math.ceil(width / 8);
    const data = new Uint8Array(stride * height);
    for (let i = 0; i < pixels.length; i++) {
      const x = i % width;
      if (pixels[i] !== 0) data[Math.floor(i / width) * stride + (x >> 3)]! |= 128 >> (x & 7);
    }
    return pngBytes({ data, width, height, channels, depth: 1 });
  }
  if (mode === "I") {
    const data = Uint16Array.from(new Int32Array(pixels.buffer), (value) => Math.min(Math.max(value, 0), 65535));
    return pngBytes({ data, width, height, channels, depth: 16 });
  }
  return pngBytes({ data: depth === 16 ? new Uint16Array(pixels.buffer) : pixels, width, height, channels, depth });
}

function indexedPng({ width, height, pixels }: Picture, palette: Uint8Array, alphas?: Uint8Array): Bytes {
  // fast-png drops the alphas of 255 from its list, not its tail: what is transparent has to come first.
  const order = Array.from({ length: palette.length / 3 }, (_, i) => i);
  if (alphas !== undefined) order.sort((i, j) => Number(alphas[i] === 255) - Number(alphas[j] === 255));
  const rank = new Uint8Array(256);
  order.forEach((i, k) => {
    rank[i] = k;
  });
  const entries = order.map((i) => [...palette.subarray(3 * i, 3 * i + 3), ...(alphas ? [alphas[i]!] : [])]);
  const data = pixels.map((i) => rank[i]!);
  return pngBytes({ data, width, height, channels: 1, depth: 8, palette: entries as [number, number, number][] });
}

/** Pixels as indices into their up to 256 colors; null for more. */
function indexedByColor({ width, height, pixels }: Picture, mode: Mode) {
  const samples = BYTES_PER_PIXEL[mode];
  const hasAlpha = samples % 2 === 0;
  const indices = new Uint8Array(width * height);
  const indexOf = new Map<number, number>();
  for (let i = 0, o = 0; i < pixels.length; i += samples, o++) {
    const [gray, last] = [pixels[i]!, pixels[i + samples - 1]!];
    const [green, blue] = samples < 3 ? [gray, gray] : [pixels[i + 1]!, pixels[i + 2]!];
    const color = gray + 256 * (green + 256 * (blue + 256 * (hasAlpha ? last : 255)));
    let index = indexOf.get(color);
    if (index === undefined) {
      if (indexOf.size === 256) return null;
      indexOf.set(color, (index = indexOf.size));
    }
    indices[o] = index;
  }
  const colors = [...indexOf.keys()];
  const bytes = (shifts: readonly number[]) =>
    Uint8Array.from(colors.flatMap((color) => shifts.map((shift) => Math.floor(color / 2 ** shift) & 255)));
  const alphas = bytes([24]);
  const isTranslucent = alphas.some((alpha) => alpha < 255);
  return { width, height, pixels: indices, palette: bytes([0, 8, 16]), alphas: isTranslucent ? alphas : undefined };
}

export function encodeByJpegJs(rows: Rows, options: RowsOptions): Encoded {
  const { mode, width, height } = rows;
  if (mode === "CMYK") {
    throw withCode(
      new RangeError(
        "cannot write mode CMYK as JPEG without SIMD, which this engine lacks or refuses; convert to RGB first",
      ),
      "unsupported-mode",
    );
  }
  const isGray = mode === "L" || mode === "LA" || mode === "1";
  if (options.subsampling === "4:2:0" && !isGray) {
    warn(
      "subsampling",
      'subsampling "4:2:0" needs SIMD, which this engine lacks or refuses; the JPEG is written as 4:4:4',
      options.onWarning,
    );
  }
  const pixels = collect(rows);
  const hasAlpha = mode === "LA" || mode === "RGBA";
  const { data: file } = jpegJs({ data: rgbxOf(pixels, mode), width, height }, options.quality ?? 75);
  if (hasAlpha && !isOpaque(pixels, BYTES_PER_PIXEL[mode])) warnAlphaDropped(options.onWarning);
  return { bytes: new Uint8Array(file.buffer as ArrayBuffer, file.byteOffset, file.length), mode: opaqueMode(mode) };
}

function isOpaque(pixels: Uint8Array, samples: number): boolean {
  for (let i = samples - 1; i < pixels.length; i += samples) if (pixels[i] !== 255) return false;
  return true;
}

function withoutFourth(pixels: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((pixels.length / 4) * 3);
  for (let i = 0, o = 0; o < rgb.length; i++) if (i % 4 !== 3) rgb[o++] = pixels[i]!;
  return rgb;
}

/** Four bytes a pixel; jpeg-js ignores the last. */
function rgbxOf(pixels: Uint8Array, mode: Mode): Uint8Array {
  if (mode === "RGBX" || mode === "RGBA") return pixels;
  const pixel = BYTES_PER_PIXEL[mode];
  const next = pixel < 3 ? 0 : 1;
  const rgbx = new Uint8Array((pixels.length / pixel) * 4);
  for (let i = 0, o = 0; i < pixels.length; i += pixel, o += 4) {
    rgbx[o] = pixels[i]!;
    rgbx[o + 1] = pixels[i + next]!;
    rgbx[o + 2] = pixels[i + 2 * next]!;
  }
  return mode === "YCbCr" ? colorsOf(rgbx) : rgbx;
}

/** YCbCr to RGB, in place (JFIF's equations): jpeg-js converts in the other direction. */
function colorsOf(pixels: Uint8Array): Uint8Array {
  const clamped = new Uint8ClampedArray(pixels.buffer);
  for (let i = 0; i < pixels.length; i += 4) {
    const y = pixels[i]!;
    const blue = pixels[i + 1]! - 128;
    const red = pixels[i + 2]! - 128;
    clamped[i] = y + 1.402 * red;
    clamped[i + 1] = y - 0.344136 * blue - 0.714136 * red;
    clamped[i + 2] = y + 1.772 * blue;
  }
  return pixels;
}
