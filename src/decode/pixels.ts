// An encoded file → its pixels again: PNG by fast-png, JPEG by jpeg-js, BMP here.
import { convertIndexedToRgb, decode as decodePng } from "fast-png";
import { decode as decodeJpeg } from "jpeg-js";
import type { Mode } from "../rows.ts";

export interface Pixels {
  /** Interleaved rows; a copy. */
  readonly data: Uint8Array | Uint16Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/**
 * The pixels of a PNG, JPEG or BMP file in `mode`, which may have other channels than the form that the file stores (a palette,
 * grey for RGB); null: as the file has them. Samples of fewer than 8 bits are spread over 0 to 255, as Pillow does.
 * @throws RangeError for a format that nothing here decodes.
 */
export function decodePixels(bytes: Uint8Array, format: string, mode: Mode | null): Pixels {
  if (bytes[0] === 0x89 && bytes[1] === 0x50) return inChannelsOf(pngPixels(bytes, mode), mode);
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return inChannelsOf(jpegPixels(bytes), mode);
  if (bytes[0] === 0x42 && bytes[1] === 0x4d) return inChannelsOf(bmpPixels(bytes, mode), mode);
  throw new RangeError(`pixels of a ${format} file cannot be read back; expected PNG, JPEG or BMP`);
}

function pngPixels(bytes: Uint8Array, mode: Mode | null): Pixels {
  const png = decodePng(bytes);
  const { width, height, depth, channels } = png;
  if (png.palette !== undefined && mode !== "P") {
    return { data: convertIndexedToRgb(png), width, height, channels: png.palette[0]!.length };
  }
  if (depth < 8) {
    const scale = png.palette === undefined ? 255 / (2 ** depth - 1) : 1;
    return { data: unpack(png.data as Uint8Array, width, height, depth, scale), width, height, channels };
  }
  return { data: png.data as Uint8Array | Uint16Array, width, height, channels };
}

/** Samples of 1, 2 or 4 bits, most significant first, each row padded to a byte (PNG 7.2, BMP). */
function unpack(packed: Uint8Array, width: number, height: number, depth: number, scale: number): Uint8Array {
  const stride = Math.ceil((width * depth) / 8);
  const mask = 2 ** depth - 1;
  const data = new Uint8Array(width * height);
  for (let y = 0, o = 0; y < height; y++) {
    for (let bit = y * stride * 8, x = 0; x < width; x++, bit += depth) {
      data[o++] = ((packed[bit >> 3]! >> (8 - depth - (bit & 7))) & mask) * scale;
    }
  }
  return data;
}

function jpegPixels(bytes: Uint8Array): Pixels {
  // The caps guard against hostile files; these are the user's own.
  const { data, width, height } = decodeJpeg(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    maxResolutionInMP: 65535,
    maxMemoryUsageInMB: 65535,
  });
  if (jpegComponents(bytes) !== 1) return { data, width, height, channels: 3 };
  return { data: data.filter((_, i) => i % 3 === 0), width, height, channels: 1 };
}

/** Nf of the frame header (T.81 B.2.2). */
function jpegComponents(bytes: Uint8Array): number {
  for (let i = 2; i + 9 < bytes.length; ) {
    const marker = bytes[i + 1]!;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return bytes[i + 9]!;
    i += marker === 0xff ? 1 : 2 + ((bytes[i + 2]! << 8) | bytes[i + 3]!);
  }
  return 3;
}

function bmpPixels(bytes: Uint8Array, mode: Mode | null): Pixels {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = view.getUint32(10, true);
  const headerSize = view.getUint32(14, true);
  const width = view.getInt32(18, true);
  const signedHeight = view.getInt32(22, true);
  const bits = view.getUint16(28, true);
  const compression = view.getUint32(30, true);
  if (headerSize < 40 || (compression !== 0 && compression !== 3) || ![1, 8, 24, 32].includes(bits)) {
    throw new RangeError(`pixels of a BMP file of ${bits} bits and compression ${compression} cannot be read back`);
  }
  const height = Math.abs(signedHeight);
  const stride = ((width * bits + 31) >> 5) << 2;
  const rowAt = (y: number) => start + (signedHeight < 0 ? y : height - 1 - y) * stride;
  if (bits > 8) {
    const alpha = bits === 32 && compression === 3 && headerSize >= 108;
    const channels = alpha ? 4 : 3;
    const data = new Uint8Array(width * height * channels);
    for (let y = 0, o = 0; y < height; y++) {
      for (let x = 0, i = rowAt(y); x < width; x++, i += bits >> 3, o += channels) {
        data[o] = bytes[i + 2]!;
        data[o + 1] = bytes[i + 1]!;
        data[o + 2] = bytes[i]!;
        if (alpha) data[o + 3] = bytes[i + 3]!;
      }
    }
    return { data, width, height, channels };
  }

  const packed = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) packed.set(bytes.subarray(rowAt(y), rowAt(y) + stride), y * stride);
  const indices = unpack(packed, stride * (8 / bits), height, bits, 1);
  const palette = bytes.subarray(14 + headerSize, start);
  const grey = palette.every((value, i) => i % 4 === 3 || value === palette[i - (i % 4)]);
  const channels = mode === "P" || grey ? 1 : 3;
  const data = new Uint8Array(width * height * channels);
  for (let y = 0, o = 0; y < height; y++) {
    for (let x = 0; x < width; x++, o += channels) {
      const index = indices[y * stride * (8 / bits) + x]!;
      if (mode === "P") data[o] = index;
      else for (let c = 0; c < channels; c++) data[o + c] = palette[index * 4 + 2 - c]!;
    }
  }
  return { data, width, height, channels };
}

const CHANNELS: Partial<Record<Mode, number>> = { "1": 1, L: 1, LA: 2, RGB: 3, RGBA: 4, "RGB;16": 3 };

/** The mode's channels: grey for RGB and absent alpha filled in, a palette of greys taken as grey. */
export function inChannelsOf(pixels: Pixels, mode: Mode | null): Pixels {
  const channels = (mode !== null && CHANNELS[mode]) || pixels.channels;
  if (channels === pixels.channels) return pixels;
  const { data, width, height } = pixels;
  const from = pixels.channels;
  const opaque = data.BYTES_PER_ELEMENT === 2 ? 65535 : 255;
  const colours = channels - 1 + (channels % 2);
  const fromColours = from - 1 + (from % 2);
  const wide =
    data.BYTES_PER_ELEMENT === 2
      ? new Uint16Array(width * height * channels)
      : new Uint8Array(width * height * channels);
  for (let i = 0, o = 0; o < wide.length; i += from, o += channels) {
    for (let c = 0; c < colours; c++) wide[o + c] = data[i + (fromColours === 1 ? 0 : c)]!;
    if (colours < channels) wide[o + colours] = fromColours < from ? data[i + fromColours]! : opaque;
  }
  return { data: wide, width, height, channels };
}
