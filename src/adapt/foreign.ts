// What was handed over in place of a picture, so that an error can name it.
import { SIGNATURES } from "../decode/index.ts";
import { describe } from "../messages.ts";

/** First bytes of contents that are not logged as a picture, with what to do where that is not obvious. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/^\s*<(!doctype html|html|head|body)/i, "an HTML page (a login or error page?)"],
  [/^\s*(<\?xml[^>]*>\s*)?(<!--[^>]*-->\s*)?<svg/i, "an SVG drawing; draw it on a canvas first"],
  [/^\s*<[?!a-z]/i, "XML"],
  [/^version https:\/\/git-lfs/, "a Git LFS pointer; run git lfs pull"],
  [/^....ftyp(avif|avis)/s, "an AVIF picture; convert it first"],
  [/^....ftyp(heic|heix|mif1|hevc)/s, "a HEIC picture; convert it first"],
  [/^....ftyp/s, "an MP4 film"],
  [/^\s*[{[]/, "JSON"],
];

const BEGINNINGS: readonly (readonly [string, string])[] = [
  ["II*\0", "a TIFF picture; convert it first"],
  ["MM\0*", "a TIFF picture; convert it first"],
  ["\xff\x0a", "a JPEG XL picture; convert it first"],
  ["\0\0\0\x0cJXL ", "a JPEG XL picture; convert it first"],
  ["\0\0\x01\0", "an icon (.ico); convert it first"],
  ["%PDF", "a PDF"],
  ["PK\x03\x04", "a zip file"],
  ["\x1f\x8b", "gzip; unpack it first"],
];

/** The base64 of the first bytes of each format that is logged as a file. */
const BASE64: readonly (readonly [string, string])[] = [
  ["iVBORw0KGgo", "png"],
  ["/9j/", "jpeg"],
  ["R0lGOD", "gif"],
  ["UklGR", "webp"],
  ["Qk", "bmp"],
];

/** "an HTML page …"; undefined where the bytes say nothing. */
export function foreignKind(bytes: Uint8Array): string | undefined {
  const text = String.fromCharCode(...bytes.subarray(0, 200));
  const found =
    BEGINNINGS.find(([begins]) => text.startsWith(begins)) ?? PATTERNS.find(([pattern]) => pattern.test(text));
  if (found !== undefined) return found[1];
  return base64Format(text) === undefined ? undefined : 'base64; decode it first: Buffer.from(text, "base64")';
}

/** The format whose base64 a text begins with, where it is nothing but base64. */
function base64Format(text: string): string | undefined {
  if (text.length < 24 || !/^[A-Za-z0-9+/\s_-]+={0,2}\s*$/.test(text)) return undefined;
  return BASE64.find(([begins]) => text.startsWith(begins))?.[1];
}

/** The error for a picture's base64 without the prefix that distinguishes it from a path; undefined where the text is something else. */
export function base64Error(text: string): TypeError | undefined {
  const format = base64Format(text.length > 4096 ? text.slice(0, 4096) : text);
  if (format === undefined) return undefined;
  return new TypeError(
    `${shortened(text, 24)} (${text.length} characters) looks like the base64 of a ${format} file: pass ` +
      `"data:image/${format};base64," + it, or Buffer.from(it, "base64")`,
  );
}

/** A path, an address or a name of at most `limit` characters, its middle left out. */
export function shortened(text: string, limit = 120): string {
  if (text.length <= limit) return text;
  const end = Math.floor(limit / 3);
  return `${text.slice(0, limit - end - 1)}…${text.slice(-end)}`;
}

/** What bytes without a shape are, for an error: their kind where it shows, else how many. */
export function describeBytes(input: unknown, bytes: Uint8Array): string {
  const kind = foreignKind(bytes);
  return kind === undefined
    ? `${describe(input)} is not a ${SIGNATURES} file, and has no shape`
    : `${describe(input)} holds ${kind}; expected a ${SIGNATURES} file`;
}
