// Rows made of other rows a few at a time, so that what is read is still in the first-level cache when it is converted.
import { type ConversionKernels, conversionKernels } from "../fallback/index.ts";
import { kernels } from "../kernels.ts";
import { BYTES_PER_PIXEL, type Mode, partsOf, type Rows } from "../rows.ts";

export type Conversion = (rows: Rows) => Rows;

/** Pixels that depend on nothing but themselves. `channels` is the bytes of a source pixel. */
export function pixelwise(
  mode: Mode,
  kernel: (kernels: ConversionKernels, src: number, n: number, dst: number, channels: number) => void,
): Conversion {
  return (rows) => {
    const conversion = conversionKernels();
    const { width, height } = rows;
    const channels = BYTES_PER_PIXEL[rows.mode];
    const stride = width * BYTES_PER_PIXEL[mode];
    const readChunks = chunked(rows, 1, (src, count, dst) => kernel(conversion, src, count * width, dst, channels));
    const read: Rows["read"] = (y, count, dst) => readChunks(y, count, dst, stride);
    const parts = partsOf(rows);
    return { mode, width, height, read, parts: parts && { ...parts, read } };
  };
}

/** Source rows that stay in the first-level cache between being read and being converted. */
const L1_BYTES = 16_384;

/** Pulls the source through a small buffer of its own, a multiple of `group` rows where there is room, and converts it. */
export function chunked(
  rows: Rows,
  group: number,
  convertRows: (src: number, count: number, dst: number) => void,
): (y: number, count: number, dst: number, stride: number) => void {
  const inStride = rows.width * BYTES_PER_PIXEL[rows.mode];
  const chunk = group * Math.max(1, Math.min(Math.ceil(rows.height / group), Math.floor(L1_BYTES / inStride / group)));
  const src = kernels().reserve(chunk * inStride);
  return (y, count, dst, stride) => {
    for (let done = 0; done < count; done += chunk) {
      const now = Math.min(chunk, count - done);
      rows.read(y + done, now, src);
      convertRows(src, now, dst + done * stride);
    }
  };
}
