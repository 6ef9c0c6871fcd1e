// Encoded files: PNG, JPEG, BMP, GIF and WebP by their first bytes. Only the header is read, and whether the file is whole.
import { fileOf, SIGNATURES } from "../decode/index.ts";
import { bytesOf, dtypeOf } from "../dtype.ts";
import { describe, tagOf } from "../messages.ts";
import { warn } from "../warnings.ts";
import { base64Error, describeBytes, foreignKind, shortened } from "./foreign.ts";
import type { AdaptOptions, Source } from "./source.ts";

/** Bytes that were fetched, with the address or what else they are known by. */
export class NamedBytes {
  readonly bytes: Uint8Array;
  readonly name: string;

  /** @param bytes nobody else's memory */
  constructor(bytes: Uint8Array, name: string) {
    this.bytes = bytes;
    this.name = name;
  }
}

/**
 * The Source of a file that is known by a name; undefined where the bytes are not a picture.
 * @throws RangeError that begins with the name, where the file is broken or not whole
 */
export function fileSource(
  bytes: Uint8Array,
  name: string,
  { onWarning }: AdaptOptions,
): (Source & { readonly kind: "file" }) | undefined {
  let file: ReturnType<typeof fileOf>;
  try {
    file = fileOf(bytes);
  } catch (error) {
    const { message, code } = error as Error & { code: string };
    throw Object.assign(new RangeError(`${shortened(name)}: ${message}`), { code });
  }
  if (file === undefined) return undefined;
  const { format, width, height, incomplete } = file;
  if (incomplete !== undefined) {
    warn("file-incomplete", `${shortened(name)}: a ${format} file without ${incomplete}; logged as it is`, onWarning);
  }
  return { kind: "file", format, width, height, bytes };
}

/** The error for a file that holds something else than a picture. */
export function notAPicture(bytes: Uint8Array, name: string, also = ""): TypeError {
  const kind = foreignKind(bytes);
  const size = `${bytes.length} bytes that are `;
  return new TypeError(
    kind === undefined
      ? `${shortened(name)}: ${size}not a ${SIGNATURES} file${also}`
      : `${shortened(name)}: ${size}${kind}; expected a ${SIGNATURES} file${also}`,
  );
}

/** What was fetched. */
export function readNamed(input: unknown, options: AdaptOptions): Source | undefined {
  if (!(input instanceof NamedBytes)) return undefined;
  const source = fileSource(input.bytes, input.name, options);
  if (source === undefined) throw notAPicture(input.bytes, input.name);
  return source;
}

/** A `Uint8Array`, `Buffer` or `ArrayBuffer` that holds an encoded file. A copy, so that the caller may reuse it. */
export function readBytes(input: unknown, options: AdaptOptions): Source | undefined {
  const dtype = dtypeOf(input);
  if (dtype === undefined && !["ArrayBuffer", "SharedArrayBuffer", "DataView"].includes(tagOf(input))) return undefined;
  const bytes = bytesOf(input as ArrayBufferView | ArrayBuffer);
  if (bytes.length === 0) throw new TypeError(`input: expected ${SIGNATURES}; got ${describe(input)}, which is empty`);
  const source = dtype === undefined || dtype === "uint8" ? fileSource(bytes, describe(input), options) : undefined;
  if (source === undefined) {
    throw new TypeError(
      `${describeBytes(input, bytes)}. ` +
        "Pass an array as { data, shape: [height, width, channels] }, decoded pixels as { data, width, height }",
    );
  }
  // Not slice(): that of a Buffer is a view.
  return { ...source, bytes: new Uint8Array(bytes) };
}

/** A `data:` URL of an encoded file. */
export function readDataUrl(input: unknown, options: AdaptOptions): Source | undefined {
  const url = typeof input === "string" ? input : tagOf(input) === "URL" ? String(input) : "";
  if (!/^data:/i.test(url)) return undefined;
  const bytes = decodeDataUrl(url);
  const name = `${url.slice(0, 40)}…`;
  const source = fileSource(bytes, name, options);
  if (source === undefined) throw notAPicture(bytes, name);
  return source;
}

/** RFC 2397: what follows the comma, in base64 or percent-encoded. */
function decodeDataUrl(url: string): Uint8Array {
  const comma = url.indexOf(",");
  if (comma < 0) throw new TypeError(`${url.slice(0, 40)}: a data: URL without a comma`);
  let text: string;
  try {
    // Not decodeURIComponent: the bytes are not UTF-8.
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

/** A picture's base64 without the prefix that makes a `data:` URL of it: refused by name. */
export function readBase64(input: unknown): undefined {
  const error = typeof input === "string" ? base64Error(input) : undefined;
  if (error !== undefined) throw error;
  return undefined;
}
