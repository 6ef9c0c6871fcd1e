// A smaller picture: each pixel the mean of the area that it covers. A mean has no ringing and no aliasing, and a picture
// logged to be looked at needs no more.
import { conversionKernels } from "../../fallback/index.ts";
import { kernels } from "../../kernels.ts";
import { describe } from "../../messages.ts";
import { BYTES_PER_PIXEL, MODE_OF_CHANNELS, type Rows } from "../../rows.ts";

/** Width and height fitted into a square of `maxSize`, the shape kept, at least 1 × 1; never larger than they are. */
export function fitted(width: number, height: number, maxSize: number): { width: number; height: number } {
  const scale = Math.min(1, maxSize / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** @throws TypeError, RangeError for anything but a whole number of pixels from 1 */
export function checkMaxSize(maxSize: unknown): void {
  if (maxSize === undefined) return;
  if (typeof maxSize !== "number")
    throw new TypeError(`maxSize: expected a number of pixels; got ${describe(maxSize)}`);
  if (!Number.isInteger(maxSize) || maxSize < 1) {
    throw new RangeError(`maxSize: expected a whole number of pixels from 1; got ${maxSize}`);
  }
}

/**
 * Rows of L, LA, RGB or RGBA whose longer side is at most `maxSize`; as they are where they fit. Colors count as much as
 * they are opaque, so that what lies hidden under transparent pixels does not bleed. To be called inside `scratch`.
 */
export function downscaled(rows: Rows, maxSize: number): Rows {
  const { width, height } = fitted(rows.width, rows.height, maxSize);
  if (width === rows.width && height === rows.height) return rows;
  if (!MODE_OF_CHANNELS.includes(rows.mode as "L")) {
    throw new RangeError(`maxSize: expected a picture of 8 bits a sample; got mode ${rows.mode}`);
  }
  const channels = BYTES_PER_PIXEL[rows.mode];
  const alpha = channels % 2 === 0 ? 1 : 0;
  const { buffer, reserve } = kernels();
  const convert = conversionKernels();
  const stride = rows.width * channels;
  const chunk = Math.max(1, Math.min(rows.height, Math.floor(SOURCE_BYTES / stride)));
  const source = reserve(chunk * stride);
  // A pixel more, of zeros: a span that ends at the border has no last part.
  const sumsAt = reserve((stride + channels) * 4);
  const sums = new Float32Array(buffer, sumsAt, stride + channels);
  const step = { x: rows.width / width, y: rows.height / height };
  const spans = reserve(16 * width);
  writeSpans(new DataView(buffer, spans, 16 * width), rows.width, step.x);
  const scale = Math.fround(1 / (step.x * step.y));

  // Rows first … loaded − 1 are in `source`.
  let first = 0;
  let loaded = 0;

  /** Adds row y, or as many whole rows from there below `end` as are at hand; how many these were. */
  function add(y: number, weight: number, end: number): number {
    if (y >= loaded) {
      const count = Math.min(chunk, rows.height - y);
      rows.read(y, count, source);
      first = y;
      loaded = y + count;
    }
    const pixels = source + (y - first) * stride;
    if (alpha) {
      convert.accumulateAlpha(pixels, rows.width, channels, Math.fround(weight), sumsAt);
      return 1;
    }
    const count = weight === 1 ? Math.min(loaded, Math.floor(end), y + 256) - y : 1;
    convert.accumulate(pixels, stride, count, stride, Math.fround(weight), sumsAt);
    return count;
  }

  return {
    mode: rows.mode,
    width,
    height,
    read(y, count, dst) {
      if (y === 0) loaded = 0;
      for (const end = y + count; y < end; y++, dst += width * channels) {
        const [top, bottom] = [y * step.y, Math.min(rows.height, (y + 1) * step.y)];
        sums.fill(0);
        // A row at the border of two results counts for each in part, and is still in `source` when it comes again.
        for (let from = Math.floor(top); from < bottom; ) {
          from += add(from, Math.min(bottom, from + 1) - Math.max(top, from), bottom);
        }
        convert.reduce(sumsAt, spans, width, channels, scale, alpha, dst);
      }
    },
  };
}

/** The pixels of a row that each pixel of the result covers, as the `reduce` kernel reads them. */
function writeSpans(spans: DataView, length: number, step: number): void {
  for (let i = 0; 16 * i < spans.byteLength; i++) {
    const [start, end] = [i * step, Math.min(length, (i + 1) * step)];
    const [first, last] = [Math.floor(start), Math.floor(end)];
    spans.setInt32(16 * i, first, true);
    spans.setInt32(16 * i + 4, Math.max(0, last - first - 1), true);
    spans.setFloat32(16 * i + 8, Math.min(end, first + 1) - start, true);
    spans.setFloat32(16 * i + 12, last > first ? end - last : 0, true);
  }
}

/** Rows at hand at a time: some tens, so that most of a result's rows are summed in one call. */
const SOURCE_BYTES = 131_072;
