// Rows → BMP: BITMAPFILEHEADER (14 bytes), a DIB header, a palette, then the rows bottom-up, each padded to four bytes.
// Modes 1, L and P have a palette, RGB is 24 bits, RGBA 32 bits under a BITMAPV4HEADER, whose alpha mask makes readers keep
// the alpha that a BITMAPINFOHEADER leaves undefined.
import { kernels } from "../kernels.ts";
import { BAND_BYTES, BYTES_PER_PIXEL, type Mode, type Rows } from "../rows.ts";

const BITS: Partial<Record<Mode, 1 | 8 | 24 | 32>> = { "1": 1, L: 8, P: 8, RGB: 24, RGBA: 32 };
const FILE_HEADER = 14;
const INFO_HEADER = 40;
const V4_HEADER = 108;
/** 96 dots an inch in pixels a metre, Pillow's. */
const PIXELS_PER_METRE = 3780;

export function encodeBmpRows(rows: Rows): Uint8Array {
  const { mode, width, height } = rows;
  const bits = BITS[mode];
  if (bits === undefined) throw new RangeError(`cannot write mode ${mode} as BMP`);
  const header = bits === 32 ? V4_HEADER : INFO_HEADER;
  const colours = bits === 1 ? 2 : bits === 8 ? 256 : 0;
  const start = FILE_HEADER + header + colours * 4;
  const stride = ((width * bits + 31) >> 5) << 2;

  const file = new Uint8Array(start + stride * height);
  const view = new DataView(file.buffer);
  view.setUint16(0, 0x424d);
  view.setUint32(2, file.length, true);
  view.setUint32(10, start, true);
  view.setUint32(14, header, true);
  view.setInt32(18, width, true);
  view.setInt32(22, height, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, bits, true);
  view.setUint32(30, bits === 32 ? 3 : 0, true);
  view.setUint32(34, stride * height, true);
  view.setInt32(38, PIXELS_PER_METRE, true);
  view.setInt32(42, PIXELS_PER_METRE, true);
  view.setUint32(46, colours, true);
  view.setUint32(50, colours, true);
  if (bits === 32) {
    // Masks of red, green, blue and alpha, then the colour space: LCS_sRGB.
    for (const [i, mask] of [0x00ff0000, 0x0000ff00, 0x000000ff, 0xff000000].entries())
      view.setUint32(54 + i * 4, mask, true);
    view.setUint32(70, 0x73524742, true);
  }
  for (let i = 0; i < colours; i++) {
    const grey = Math.round((i * 255) / (colours - 1));
    const [red, green, blue] = mode === "P" ? rgbOf(rows.palette!, i) : [grey, grey, grey];
    view.setUint32(FILE_HEADER + header + i * 4, (red << 16) | (green << 8) | blue, true);
  }
  writeRows(rows, bits, file, start, stride);
  return file;
}

function rgbOf(palette: Uint8Array, index: number): [number, number, number] {
  return [palette[index * 3] ?? 0, palette[index * 3 + 1] ?? 0, palette[index * 3 + 2] ?? 0];
}

/** Rows come downwards and each goes to its place, from the end of the file up. */
function writeRows(rows: Rows, bits: number, file: Uint8Array, start: number, stride: number): void {
  const { u8, reserve } = kernels();
  const { width, height } = rows;
  const bytes = width * BYTES_PER_PIXEL[rows.mode];
  const band = Math.max(1, Math.min(height, Math.floor(BAND_BYTES / bytes)));
  const src = reserve(band * bytes);
  for (let y = 0; y < height; y++) {
    if (y % band === 0) rows.read(y, Math.min(band, height - y), src);
    const from = src + (y % band) * bytes;
    const to = start + (height - 1 - y) * stride;
    if (bits === 8) file.set(u8.subarray(from, from + bytes), to);
    else if (bits === 1) packBits(u8, from, width, file, to);
    else swapRedBlue(u8, from, width, bits >> 3, file, to);
  }
}

function packBits(u8: Uint8Array, from: number, width: number, file: Uint8Array, to: number): void {
  for (let x = 0; x < width; x++) if (u8[from + x] !== 0) file[to + (x >> 3)]! |= 0x80 >> (x & 7);
}

/** R, G, B (, A) → B, G, R (, A). */
function swapRedBlue(
  u8: Uint8Array,
  from: number,
  width: number,
  channels: number,
  file: Uint8Array,
  to: number,
): void {
  for (const end = from + width * channels; from < end; from += channels, to += channels) {
    file[to] = u8[from + 2]!;
    file[to + 1] = u8[from + 1]!;
    file[to + 2] = u8[from]!;
    if (channels === 4) file[to + 3] = u8[from + 3]!;
  }
}
