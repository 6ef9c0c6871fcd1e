// File bytes → what it is, its size, whether it is whole; and, when asked for, its pixels.
//
//   bytes ─ fileOf ─▶ format, width, height, what is missing        (the header, and where the parts end; no pixels)
//         └ decodePixels ─▶ { data, width, height, channels }        (png*.ts · jpeg*.ts · bmp.ts)
import type { Mode } from "../rows.ts";
import { BMP_HEADER_BYTES, bmpHeader, bmpPixels, checkBmpIsWhole } from "./bmp.ts";
import { fileError, unsupported } from "./faults.ts";
import { readGif } from "./gif.ts";
import { jpegPixels } from "./jpeg.ts";
import { jpegFrame, whatJpegLacks } from "./jpeg-segments.ts";
import { inChannelsOf, type Pixels } from "./pixels.ts";
import { pngPixels } from "./png.ts";
import { openPng, pngHeader, whatPngLacks } from "./png-chunks.ts";
import { readWebp } from "./webp.ts";

export { type FileFault, fileError } from "./faults.ts";
export { inChannelsOf, type Pixels } from "./pixels.ts";

export type FileFormat = "png" | "jpg" | "bmp" | "gif" | "webp";

/** The formats that are known by their first bytes, for error messages. */
export const SIGNATURES = "PNG, JPEG, BMP, GIF or WebP";

export interface FileHeader {
  readonly format: FileFormat;
  readonly width: number;
  readonly height: number;
  /** What is missing behind the pixels, which are whole; undefined: nothing. */
  readonly incomplete?: string | undefined;
}

/** What a file is, by its first bytes; undefined where they are no signature that is known here. */
export function formatOf(bytes: Uint8Array): FileFormat | undefined {
  const begins = (text: string, at = 0): boolean => {
    for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
    return true;
  };
  if (begins("\x89PNG\r\n\x1a\n")) return "png";
  if (begins("\xff\xd8\xff")) return "jpg";
  if (begins("GIF87a") || begins("GIF89a")) return "gif";
  if (begins("RIFF") && begins("WEBP", 8)) return "webp";
  // Two letters are little: the header has one of the known lengths. The words before are OS/2's hotspot.
  if (begins("BM") && BMP_HEADER_BYTES.includes(bytes[14]!) && begins("\0\0\0", 15)) return "bmp";
  return undefined;
}

/**
 * What a file says of itself, and what it lacks; undefined where the bytes have none of the signatures.
 * @throws RangeError (with a `code`, see FileFault) where Pillow's `open` or `load` would refuse it: a header that is broken
 *   or of no known form, and pixels that end early
 */
export function fileOf(bytes: Uint8Array): FileHeader | undefined {
  const format = formatOf(bytes);
  if (format === undefined) return undefined;
  const { width, height, incomplete } = HEADER_OF[format](bytes);
  if (width === 0 || height === 0) throw fileError("file-broken", `a ${format} file of ${width}×${height} pixels`);
  return { format, width, height, incomplete };
}

type Size = Omit<FileHeader, "format">;

const HEADER_OF: Readonly<Record<FileFormat, (bytes: Uint8Array) => Size>> = {
  png: (bytes) => {
    const png = openPng(bytes);
    return { width: png.width, height: png.height, incomplete: whatPngLacks(bytes, png) };
  },
  jpg: (bytes) => {
    const { frame, scan } = jpegFrame(bytes);
    return { width: frame.width, height: frame.height, incomplete: whatJpegLacks(bytes, frame, scan) };
  },
  bmp: (bytes) => {
    const header = bmpHeader(bytes);
    checkBmpIsWhole(bytes, header);
    return header;
  },
  gif: readGif,
  webp: readWebp,
};

/** Twice Pillow's MAX_IMAGE_PIXELS, from where on it refuses to open a file. */
const MAX_PIXELS = 178_956_970;

export interface DecodeOptions {
  /** The mode whose channels are wanted, where the file stores another form (a palette, gray for RGB); null: the file's. */
  readonly mode: Mode | null;
  /** More pixels than these are refused before memory is asked for. Default: Pillow's limit, 178 956 970. */
  readonly maxPixels?: number | undefined;
}

/**
 * The pixels of a PNG, JPEG or BMP file, as Pillow gives them. Samples of fewer than 8 bits are spread over 0 to 255; CMYK is
 * converted to RGB.
 * @throws RangeError (with a `code`, see FileFault) that names the file's size and format, for one that is broken, cut, too
 *   large, or of a kind whose pixels are not decoded here
 */
export function decodePixels(bytes: Uint8Array, { mode, maxPixels = MAX_PIXELS }: DecodeOptions): Pixels {
  const format = formatOf(bytes);
  const pixels = format === undefined ? undefined : PIXELS_OF[format];
  if (format === undefined || pixels === undefined) {
    throw unsupported(`pixels of a ${format ?? "foreign"} file cannot be read back; expected PNG, JPEG or BMP`);
  }
  let named = `the ${format} file of ${bytes.length} bytes`;
  try {
    const { width, height } = sizeOf(bytes, format);
    named = `the ${width}×${height} ${format} file of ${bytes.length} bytes`;
    if (width * height > maxPixels) {
      throw fileError(
        "file-too-large",
        `Image size (${width * height} pixels) exceeds limit of ${maxPixels} pixels, could be decompression bomb DOS ` +
          "attack. Pass maxPixels to raise the limit",
      );
    }
    return inChannelsOf(pixels(bytes, mode === "P"), mode);
  } catch (error) {
    throw fileError((error as { code?: "file-broken" }).code ?? "file-broken", `${named}: ${(error as Error).message}`);
  }
}

const PIXELS_OF: Partial<Record<FileFormat, (bytes: Uint8Array, indices: boolean) => Pixels>> = {
  png: pngPixels,
  jpg: jpegPixels,
  bmp: bmpPixels,
};

/** Without a look at the pixels, so that a giant is refused at once. */
function sizeOf(bytes: Uint8Array, format: FileFormat): Size {
  if (format === "bmp") return bmpHeader(bytes);
  if (format === "jpg") return jpegFrame(bytes).frame;
  return pngHeader(bytes);
}
