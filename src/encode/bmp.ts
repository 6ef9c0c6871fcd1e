// Rows → BMP: BITMAPFILEHEADER, a DIB header, perhaps a palette, then rows from the bottom up, each padded to four bytes.
// Modes 1, L, P and RGB are Pillow's file byte for byte. RGBA, which Pillow writes in a form that drops alpha, has a
// BITMAPV4HEADER with a mask for each channel, so that alpha survives.
import type { Bytes } from "../host-types.ts";
import { kernels } from "../kernels.ts";
import { BAND_BYTES, BYTES_PER_PIXEL, type Rows } from "../rows.ts";
import { BMP_MODES, type BmpMode } from "./modes.ts";

const FILE_HEADER = 14;
const INFO_HEADER = 40;
const V4_HEADER = 108;
/** 96 dots an inch, Pillow's default, in pixels a metre. */
const RESOLUTION = 3780;
const BITFIELDS = 3;
const SRGB = 0x73524742;

export function encodeBmpRows(rows: Rows): Bytes {
  const { width, height } = rows;
  const mode = rows.mode as BmpMode;
  const palette = paletteOf(mode, rows.palette);
  const pitch = 4 * Math.ceil((width * BMP_MODES[mode]) / 32);
  const header = mode === "RGBA" ? V4_HEADER : INFO_HEADER;
  const start = FILE_HEADER + header + palette.length;
  const size = start + pitch * height;
  if (size > 0xffffffff) {
    throw new RangeError(
      `fileType: expected "png" or "jpg" for ${width}×${height} pixels; got "bmp", whose files end at 2^32 bytes`,
    );
  }
  const file = new Uint8Array(size);
  const view = new DataView(file.buffer);
  file[0] = 0x42;
  file[1] = 0x4d;
  view.setUint32(2, size, true);
  view.setUint32(10, start, true);
  view.setUint32(14, header, true);
  view.setInt32(18, width, true);
  view.setInt32(22, height, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, BMP_MODES[mode], true);
  view.setUint32(30, mode === "RGBA" ? BITFIELDS : 0, true);
  view.setUint32(34, pitch * height, true);
  view.setInt32(38, RESOLUTION, true);
  view.setInt32(42, RESOLUTION, true);
  view.setUint32(46, palette.length / 4, true);
  view.setUint32(50, palette.length / 4, true);
  if (mode === "RGBA") {
    [0x00ff0000, 0x0000ff00, 0x000000ff, 0xff000000, SRGB].forEach((word, i) => {
      view.setUint32(54 + 4 * i, word, true);
    });
  }
  file.set(palette, FILE_HEADER + header);
  writePixels(rows, mode, file, start, pitch);
  return file;
}

/** Blue, green, red, 0 for each color. */
function paletteOf(mode: BmpMode, colors: Uint8Array | undefined): Uint8Array {
  if (mode === "1") return Uint8Array.of(0, 0, 0, 0, 255, 255, 255, 0);
  if (mode === "L") return Uint8Array.from({ length: 1024 }, (_, i) => (i % 4 === 3 ? 0 : i >> 2));
  if (mode !== "P" || colors === undefined) return new Uint8Array();
  const palette = new Uint8Array((colors.length / 3) * 4);
  for (let i = 0, o = 0; i < colors.length; i += 3, o += 4) {
    palette[o] = colors[i + 2]!;
    palette[o + 1] = colors[i + 1]!;
    palette[o + 2] = colors[i]!;
  }
  return palette;
}

function writePixels(rows: Rows, mode: BmpMode, file: Uint8Array, start: number, pitch: number): void {
  const { u8, simd, scratch, reserve } = kernels();
  const swap = simd?.swapRedBlue ?? swapRedBlue;
  const { width, height } = rows;
  const stride = width * BYTES_PER_PIXEL[mode];
  scratch(() => {
    const band = Math.max(1, Math.min(height, Math.floor(BAND_BYTES / stride)));
    const src = reserve(band * stride);
    for (let y = 0; y < height; y += band) {
      const count = Math.min(band, height - y);
      rows.read(y, count, src);
      if (mode === "RGB" || mode === "RGBA") swap(src, count * stride, BYTES_PER_PIXEL[mode]);
      for (let row = 0; row < count; row++) {
        const from = src + row * stride;
        const to = start + (height - 1 - y - row) * pitch;
        if (mode === "1") packRow(u8, from, file, to, width);
        else file.set(u8.subarray(from, from + stride), to);
      }
    }
  });
}

/** Does what the kernel of this name does, for engines without SIMD. */
function swapRedBlue(at: number, bytes: number, pixel: number): void {
  const { u8 } = kernels();
  for (const end = at + bytes; at < end; at += pixel) {
    const red = u8[at]!;
    u8[at] = u8[at + 2]!;
    u8[at + 2] = red;
  }
}

/** A bit a pixel, the leftmost the most significant. */
function packRow(src: Uint8Array, from: number, dst: Uint8Array, to: number, width: number): void {
  for (let x = 0; x < width; x++) {
    if (src[from + x] !== 0) dst[to + (x >> 3)]! |= 0x80 >> (x & 7);
  }
}
