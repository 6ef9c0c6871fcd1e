// Small files that ask for much.
import { constants, crc32, deflateRawSync } from "node:zlib";
import { encodeJpeg } from "../../../dist/encoders.js";

const MB = 2 ** 20;
const be32 = (value) => Buffer.of(value >>> 24, value >>> 16, value >>> 8, value);
const le32 = (...values) => Buffer.concat(values.map((value) => be32(value).reverse()));
const le16 = (...values) => Buffer.concat(values.map((value) => Buffer.of(value, value >>> 8)));

/** A megabyte of zeros, a block that stands by itself. */
const ZEROS = deflateRawSync(Buffer.alloc(MB), { finishFlush: constants.Z_FULL_FLUSH });

/** A zlib stream of so many zeros, whole megabytes: a thousandth of their length. */
export function deflated(length) {
  const adler = Buffer.concat([be32(length % 65521).subarray(2), Buffer.of(0, 1)]);
  return Buffer.concat([Buffer.of(0x78, 1), ...Array(length / MB).fill(ZEROS), Buffer.of(3, 0), adler]);
}

function chunk(name, ...parts) {
  const body = Buffer.concat([Buffer.from(name), ...parts]);
  return Buffer.concat([be32(body.length - 4), body, be32(crc32(body))]);
}

/** A gray PNG; `before`: chunks before its pixels, [name, …parts]. */
export function png({ width = 1, height = 1, interlaced = 0, data = deflateSmall, before = [], tail = Buffer.of() }) {
  const header = [be32(width), be32(height), Buffer.of(8, 0, 0, 0, interlaced)];
  const chunks = before.map(([name, ...parts]) => chunk(name, ...parts));
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", ...header),
    ...chunks,
    chunk("IDAT", data),
    tail,
    chunk("IEND"),
  ]);
}
const deflateSmall = Buffer.concat([Buffer.of(0x78, 1), deflateRawSync(Buffer.alloc(2)), Buffer.of(0, 2, 0, 1)]);

const jpeg = (options) =>
  Buffer.from(encodeJpeg({ data: new Uint8Array(8 * 8 * 3), width: 8, height: 8, channels: 3 }, options));

/** A JPEG of 8 × 8 that says another size. */
export function jpegOf(width, height, file = jpeg()) {
  const frame = Math.max(file.indexOf(Buffer.of(0xff, 0xc0)), file.indexOf(Buffer.of(0xff, 0xc2)));
  file.writeUInt16BE(height, frame + 5);
  file.writeUInt16BE(width, frame + 7);
  return file;
}

export const pictures = {
  /** A header of 54 bytes, and four. */
  bmp(width, height, bits, compression = 0) {
    const colors = bits <= 8 ? Buffer.alloc(4 << bits) : Buffer.of();
    const header = [le32(40, width, height), le16(1, bits), le32(compression, 0, 0, 0, 0, 0)];
    const start = 54 + colors.length;
    return Buffer.concat([Buffer.from("BM"), le32(start + 4, 0, start), ...header, colors, Buffer.alloc(4)]);
  },

  /** A gray progressive JPEG: a scan of all DC values at once, and the same scan of AC values, of nothing but ends of blocks, again and again. */
  scans(count, side = 8) {
    const segment = (marker, ...bytes) => {
      const body = Buffer.concat(bytes.map((each) => (typeof each === "number" ? Buffer.of(each) : each)));
      return Buffer.concat([Buffer.of(0xff, marker), Buffer.of((body.length + 2) >> 8, body.length + 2), body]);
    };
    const size = Buffer.of(side >> 8, side, side >> 8, side);
    const table = (kind, symbol) => segment(0xc4, kind, Buffer.of(1), Buffer.alloc(15), symbol);
    const scan = (from, to) => [segment(0xda, 1, 1, 0, from, to, 0), Buffer.alloc(1)];
    return Buffer.concat([
      Buffer.of(0xff, 0xd8),
      segment(0xdb, 0, Buffer.alloc(64, 1)),
      segment(0xc2, 8, size, 1, 1, 0x11, 0),
      table(0x00, 0),
      table(0x10, 0),
      ...scan(0, 0),
      ...Array(count).fill(Buffer.concat(scan(1, 63))),
      Buffer.of(0xff, 0xd9),
    ]);
  },

  /** A JPEG with so many 0xFF before its end. */
  filled(length) {
    const file = jpeg();
    return Buffer.concat([file.subarray(0, -2), Buffer.alloc(length, 0xff), file.subarray(-2)]);
  },

  gif(width, height) {
    const start = [Buffer.from("GIF89a"), le16(width, height), Buffer.of(0, 0, 0)];
    const image = [Buffer.of(0x2c), le16(0, 0, width, height), Buffer.of(0, 2, 2, 0x4c, 1, 0, 0x3b)];
    return Buffer.concat([...start, ...image]);
  },

  webp(width, height) {
    const data = Buffer.concat([Buffer.of(0x2f), le32((width - 1) | ((height - 1) << 14)), Buffer.alloc(7)]);
    return Buffer.concat([
      Buffer.from("RIFF"),
      le32(4 + 8 + data.length),
      Buffer.from("WEBPVP8L"),
      le32(data.length),
      data,
    ]);
  },
};

/** A .npy array of version 2 without values. */
export function npy(shape) {
  const header = Buffer.from(`{'descr': '<f8', 'fortran_order': False, 'shape': ${shape}, }\n`);
  return Buffer.concat([Buffer.from("\x93NUMPY\x02\x00", "latin1"), le32(header.length), header]);
}

/** A zip of one deflated file that says its size. */
export function zipOf(name, bytes, size) {
  const fields = [le16(20, 0, 8, 0, 0), le32(0, bytes.length, size), le16(Buffer.byteLength(name), 0)];
  const local = Buffer.concat([le32(0x04034b50), ...fields, Buffer.from(name), bytes]);
  const central = Buffer.concat([le32(0x02014b50), le16(20), ...fields, Buffer.alloc(14), Buffer.from(name)]);
  const end = Buffer.concat([le32(0x06054b50), le16(0, 0, 1, 1), le32(central.length, local.length), le16(0)]);
  return Buffer.concat([local, central, end]);
}
