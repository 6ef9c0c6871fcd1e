// Encoded files: PNG, JPEG, BMP, GIF and WebP by their first bytes. Only the header is read.
import { bytesOf, describe, dtypeOf, tagOf } from "../dtype.ts";
import type { AdaptOptions, Source } from "./source.ts";

export const SIGNATURES = "PNG, JPEG, BMP, GIF or WebP";

/** A `Uint8Array`, `Buffer` or `ArrayBuffer` that holds an encoded file. A copy, so that the caller may reuse it. */
export function readBytes(input: unknown, _options: AdaptOptions): Source | undefined {
  const dtype = dtypeOf(input);
  if (dtype === undefined && !["ArrayBuffer", "SharedArrayBuffer", "DataView"].includes(tagOf(input))) return undefined;
  const bytes = bytesOf(input as ArrayBufferView | ArrayBuffer);
  const file = dtype === undefined || dtype === "uint8" ? fileOf(bytes) : undefined;
  if (bytes.length === 0) throw new TypeError(`${describe(input)} is empty: 0 bytes; expected ${SIGNATURES}`);
  if (file === undefined) {
    throw new TypeError(
      `${describe(input)} is no ${SIGNATURES} file, and has no shape. ` +
        "Pass an array as { data, shape: [height, width, channels] }, decoded pixels as { data, width, height }",
    );
  }
  // Not slice(): that of a Buffer is a view.
  return { kind: "file", ...file, bytes: new Uint8Array(bytes) };
}

/** A `data:` URL of an encoded file. */
export function readDataUrl(input: unknown, _options: AdaptOptions): Source | undefined {
  const url = typeof input === "string" ? input : tagOf(input) === "URL" ? String(input) : "";
  if (!/^data:/i.test(url)) return undefined;
  const bytes = decodeDataUrl(url);
  const file = fileOf(bytes);
  if (file === undefined)
    throw new TypeError(`${url.slice(0, 40)}…: ${bytes.length} bytes that are no ${SIGNATURES} file`);
  return { kind: "file", ...file, bytes };
}

/** RFC 2397: what follows the comma, in base64 or percent-encoded. */
function decodeDataUrl(url: string): Uint8Array {
  const comma = url.indexOf(",");
  if (comma < 0) throw new TypeError(`${url.slice(0, 40)}: a data: URL without a comma`);
  let text: string;
  try {
    // Not decodeURIComponent: the bytes are no UTF-8.
    text = url
      .slice(comma + 1)
      .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    if (/;\s*base64\s*$/i.test(url.slice(0, comma))) text = atob(text);
  } catch {
    throw new TypeError(`${url.slice(0, 40)}…: broken base64`);
  }
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** What a file is, by its first bytes. */
export interface FileHeader {
  readonly format: "png" | "jpg" | "bmp" | "gif" | "webp";
  readonly width: number;
  readonly height: number;
}

/**
 * What an encoded file's header says; undefined where the bytes have none of the signatures.
 * @throws RangeError where the header is cut short or names no size
 */
export function fileOf(bytes: Uint8Array): FileHeader | undefined {
  const format = formatOf(bytes);
  if (format === undefined) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let size: Size | undefined;
  try {
    size = SIZE_OF[format](view);
  } catch {
    // DataView's "outside the bounds": the header is cut short.
  }
  if (size === undefined || size.width === 0 || size.height === 0) {
    throw new RangeError(
      `${bytes.length} bytes that begin like a ${format} file, but its header is cut short or broken`,
    );
  }
  return { format, ...size };
}

interface Size {
  readonly width: number;
  readonly height: number;
}

function formatOf(bytes: Uint8Array): FileHeader["format"] | undefined {
  const begins = (text: string, at = 0): boolean => {
    for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
    return true;
  };
  if (begins("\x89PNG\r\n\x1a\n")) return "png";
  if (begins("\xff\xd8\xff")) return "jpg";
  if (begins("GIF87a") || begins("GIF89a")) return "gif";
  if (begins("RIFF") && begins("WEBP", 8)) return "webp";
  // Two letters are little: the reserved words at 6 are zero in every BMP, and the header has one of the known lengths.
  if (begins("BM") && begins("\0\0\0\0", 6) && [12, 16, 40, 52, 56, 64, 108, 124].includes(bytes[14]!)) return "bmp";
  return undefined;
}

const SIZE_OF: Readonly<Record<FileHeader["format"], (view: DataView) => Size | undefined>> = {
  // PNG 11.2.1: IHDR comes first.
  png: (view) =>
    view.getUint32(12) === 0x49484452 ? { width: view.getUint32(16), height: view.getUint32(20) } : undefined,
  jpg: jpegSize,
  gif: (view) => ({ width: view.getUint16(6, true), height: view.getUint16(8, true) }),
  webp: webpSize,
  // OS/2's core header has 16-bit sides; in the others a negative height stands for rows from the top.
  bmp: (view) =>
    view.getUint32(14, true) === 12
      ? { width: view.getUint16(18, true), height: view.getUint16(20, true) }
      : { width: Math.abs(view.getInt32(18, true)), height: Math.abs(view.getInt32(22, true)) },
};

/** ITU-T T.81 B.1: segments until a start of frame, SOF0 … SOF15 without DHT (C4), JPG (C8) and DAC (CC). */
function jpegSize(view: DataView): Size | undefined {
  let at = 2;
  for (;;) {
    // Fill bytes (B.1.1.2), and what some cameras leave between segments.
    while (view.getUint8(at) !== 0xff) at++;
    while (view.getUint8(at) === 0xff) at++;
    const marker = view.getUint8(at++);
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      return { width: view.getUint16(at + 5), height: view.getUint16(at + 3) };
    }
    if (marker === 0xda || marker === 0xd9) return undefined;
    const alone = marker === 0x00 || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
    if (!alone) at += view.getUint16(at);
  }
}

/** RFC 9649: the first chunk is VP8 (frame header), VP8L, or VP8X (canvas size). */
function webpSize(view: DataView): Size | undefined {
  const chunk = view.getUint32(12);
  if (chunk === 0x56503820)
    return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
  if (chunk === 0x5650384c) {
    const bits = view.getUint32(21, true);
    return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
  }
  if (chunk !== 0x56503858) return undefined;
  const uint24 = (at: number): number => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
  return { width: 1 + uint24(24), height: 1 + uint24(27) };
}
