// Protobuf messages, read with care: pbf trusts its bytes. It reads on behind the end of a message, and takes a field for
// whatever it is asked for; here both are checked.
import { PbfReader } from "pbf";

/** Bytes that are no record, though their checksum is right. */
export class RecordError extends Error {
  override name = "RecordError";
}

/** Shorter texts are mostly ASCII, for which calling a decoder takes longer than the work. */
const SHORT_BYTES = 12;

export class RecordReader extends PbfReader {
  readonly #utf8: TextDecoder;

  /** @param strict whether text that is not UTF-8 is an error; else its bad bytes become U+FFFD */
  constructor(message: Uint8Array, strict = false) {
    super(message);
    this.#utf8 = strict ? STRICT : LENIENT;
  }

  // pbf's own takes a byte order mark off the beginning of longer texts, and cannot be strict.
  override readString(): string {
    const bytes = this.readBytes();
    if (bytes.length >= SHORT_BYTES) return this.#utf8.decode(bytes);
    let text = "";
    for (let i = 0; i < bytes.length; i++) {
      if (bytes[i]! >= 0x80) return this.#utf8.decode(bytes);
      text += String.fromCharCode(bytes[i]!);
    }
    return text;
  }
}

const LENIENT = new TextDecoder("utf-8", { ignoreBOM: true });
const STRICT = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

export function eachField(pbf: RecordReader, end: number, read: (field: number) => void): void {
  for (;;) {
    const field = pbf.nextField(end);
    if (pbf.pos > end) throw new RecordError("a field runs out of its message");
    if (field === 0) return;
    read(field);
  }
}

/** Where the message ends that begins here with its length. */
export function messageEnd(pbf: RecordReader): number {
  if (pbf.type !== 2) throw new RecordError(`a message of wire type ${pbf.type}`);
  const end = pbf.readVarint() + pbf.pos;
  if (!(end <= pbf.length)) throw new RecordError("a field runs out of its message");
  return end;
}

/** A copy of all up to `end`. */
export function bytes(pbf: RecordReader, end: number): Uint8Array {
  const copy = pbf.buf.slice(pbf.pos, end);
  pbf.pos = end;
  return copy;
}

export function integer(pbf: RecordReader): number {
  return pbf.type === 0 ? pbf.readVarint(true) : 0;
}

export function text(pbf: RecordReader): string {
  return pbf.type === 2 ? pbf.readString() : "";
}

/** A google.protobuf.Timestamp in milliseconds. */
export function time(pbf: RecordReader): number {
  let seconds = 0;
  let nanos = 0;
  eachField(pbf, messageEnd(pbf), (field) => {
    if (field === 1) seconds = integer(pbf);
    else if (field === 2) nanos = integer(pbf) | 0;
  });
  return seconds * 1000 + nanos / 1e6;
}

/** An sint64, every digit of it. */
export function zigzag(pbf: RecordReader): string {
  if (pbf.type !== 0) return "0";
  let bits = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = pbf.buf[pbf.pos++] ?? 0;
    bits |= BigInt(byte & 127) << shift;
    if (byte < 128) break;
  }
  return String((bits >> 1n) ^ -(bits & 1n));
}
