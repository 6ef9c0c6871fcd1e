// A zip of files as they are, in the order given (APPNOTE.TXT 4.3): pictures are compressed already. A library would bring
// its own deflate into the page; the checksum is there for the .wandb file anyway.
import { crc32 } from "../crc32.ts";
import { CENTRAL_HEADER, END, LOCAL_HEADER } from "../zip-format.ts";

const VERSION = 20;
const UNIX = 3 << 8;
const UTF8_NAMES = 1 << 11;
const FILE_ATTRIBUTES = 0o100644 * 65536;
const DIRECTORY_ATTRIBUTES = 0o040755 * 65536 + 0x10;

export interface ZipEntry {
  /** With forward slashes; a directory ends with one. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** @throws RangeError from 65,535 entries or 4 GiB on, which this plain form cannot hold */
export function zip(entries: readonly ZipEntry[], time: Date): Blob {
  const total = entries.reduce((sum, { path, bytes }) => sum + bytes.length + 2 * 3 * path.length + 76, 22);
  if (entries.length >= 65535 || total >= 2 ** 32 - 1) {
    throw new RangeError(`a zip of ${entries.length} entries, ${total} bytes: it holds 65534 and 4 GiB; use writeTo`);
  }
  const [dosTime, dosDate] = dosStamp(time);
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { path, bytes } of entries) {
    const name = new TextEncoder().encode(path);
    // What both headers say of an entry: version, flags, method 0 (stored), time, CRC, sizes, length of the name.
    const common = [
      2,
      VERSION,
      2,
      UTF8_NAMES,
      2,
      0,
      2,
      dosTime,
      2,
      dosDate,
      4,
      crc32(bytes),
      4,
      bytes.length,
      4,
      bytes.length,
    ];
    const lengths = [2, name.length, 2, 0];
    parts.push(little(4, LOCAL_HEADER, ...common, ...lengths), name, bytes);
    const attributes = path.endsWith("/") ? DIRECTORY_ATTRIBUTES : FILE_ATTRIBUTES;
    const place = [2, 0, 2, 0, 2, 0, 4, attributes, 4, offset]; // comment, disk, internal, external, local header
    directory.push(little(4, CENTRAL_HEADER, 2, UNIX + VERSION, ...common, ...lengths, ...place), name);
    offset += 30 + name.length + bytes.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const count = entries.length;
  const end = little(4, END, 2, 0, 2, 0, 2, count, 2, count, 4, size, 4, offset, 2, 0);
  return new Blob([...parts, ...directory, end] as Uint8Array<ArrayBuffer>[], { type: "application/zip" });
}

/** Pairs of byte count and value, little-endian. */
function little(...fields: number[]): Uint8Array {
  const bytes: number[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    for (let shift = 0; shift < fields[i]!; shift++) bytes.push((fields[i + 1]! / 256 ** shift) & 255);
  }
  return Uint8Array.from(bytes);
}

function dosStamp(time: Date): [time: number, date: number] {
  return [
    (time.getHours() << 11) | (time.getMinutes() << 5) | (time.getSeconds() >> 1),
    ((time.getFullYear() - 1980) << 9) | ((time.getMonth() + 1) << 5) | time.getDate(),
  ];
}
