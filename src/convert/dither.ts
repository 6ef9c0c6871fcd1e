// Floyd–Steinberg dithering as Pillow does it: gray to black and white, colors to the web's palette.
import { ERROR_MARGIN } from "../fallback/dither.ts";
import { conversionKernels } from "../fallback/index.ts";
import { kernels } from "../kernels.ts";
import { BYTES_PER_PIXEL } from "../rows.ts";
import { type Conversion, chunked } from "./pixelwise.ts";

/** Rows that the dithering kernels take at once. */
const DITHER_ROWS = 8;

/** Floyd–Steinberg over a gray picture. */
export const ditherBilevel: Conversion = (rows) => {
  const { reserve, u8 } = kernels();
  const convert = conversionKernels();
  const { width, height } = rows;
  const errorBytes = 2 * (width + 2 * ERROR_MARGIN);
  const errors = reserve(errorBytes);
  const block = reserve(128);
  const read = chunked(rows, DITHER_ROWS, (src, count, dst) =>
    convert.ditherBilevel(src, width, count, dst, errors, block),
  );
  return {
    mode: "1",
    width,
    height,
    read(y, count, dst) {
      if (y === 0) u8.fill(0, errors, errors + errorBytes);
      read(y, count, dst, width);
    },
  };
};

/** Floyd–Steinberg, each channel for itself, to the 6×6×6 colors that browsers of the nineties shared. */
export const ditherWeb: Conversion = (rows) => {
  const { reserve, u8 } = kernels();
  const convert = conversionKernels();
  const { width, height } = rows;
  const channels = BYTES_PER_PIXEL[rows.mode];
  const errorBytes = 3 * 2 * (width + 2 * ERROR_MARGIN);
  const errors = reserve(errorBytes);
  const block = reserve(384);
  const plane = DITHER_ROWS * width;
  const planes = reserve(3 * plane);
  const read = chunked(rows, DITHER_ROWS, (src, count, dst) => {
    for (let done = 0; done < count; done += DITHER_ROWS) {
      const now = Math.min(DITHER_ROWS, count - done);
      convert.deinterleave(src + done * width * channels, now * width, channels, planes, plane);
      convert.ditherWeb(planes, plane, width, now, dst + done * width, errors, block);
    }
  });
  return {
    mode: "P",
    width,
    height,
    palette: webPalette(),
    read(y, count, dst) {
      if (y === 0) u8.fill(0, errors, errors + errorBytes);
      read(y, count, dst, width);
    },
  };
};

/** Ten entries of black, then the color cube, red fastest. */
function webPalette(): Uint8Array {
  const palette = new Uint8Array(226 * 3);
  for (let i = 0; i < 216; i++) {
    palette.set([(i % 6) * 51, (Math.floor(i / 6) % 6) * 51, Math.floor(i / 36) * 51], (10 + i) * 3);
  }
  return palette;
}
