// Rows → PNG (https://www.w3.org/TR/png-3/), strip by strip: rows are filtered, compressed and summed up in kernel memory,
// and only IDAT bytes leave it. Nothing of the size of the picture is allocated but the file.
import type { Bytes } from "../host-types.ts";
import { kernels } from "../kernels.ts";
import type { SimdKernels } from "../kernels.types.ts";
import type { Rows } from "../rows.ts";
import { encodeByFastPng } from "./fallback.ts";
import { INDEXED, SAMPLES } from "./modes.ts";
import { type Encoded, levelOf, type RowsOptions } from "./options.ts";
import { PngFile } from "./png-file.ts";
import { nativeFormat, opaqueFormat, type PixelFormat, paletteFormat, warnTooManyColors } from "./png-formats.ts";

/** Filtered bytes of a strip: it stays in the second-level cache, and its Huffman codes fit its part of the picture. */
const STRIP_BYTES = 262_144;

/** Rows so wide that a strip is halved, to leave memory for other stages. By the width alone, so that the file is deterministic. */
const WIDE = 16_384;

/** How far back a match may reach. */
const WINDOW = 32768;

/** What a row in the file is made of (assembly/deflate): whole samples, a palette's indices, several samples a byte. */
const SAMPLES_FORM = 0;
const INDICES_FORM = 1;
const PACKED_FORM = 2;

export function encodePngRows(rows: Rows, options: RowsOptions): Encoded {
  const { simd, scratch } = kernels();
  return simd === null ? encodeByFastPng(rows, options) : scratch(() => encodeBySimd(rows, options, simd));
}

function encodeBySimd(rows: Rows, options: RowsOptions, simd: SimdKernels): Encoded {
  const { mode } = rows;
  const level = levelOf(options.compression);
  const maybeOpaque = options.opaqueAsRgb === true && mode === "RGBA";
  if (options.palette && mode !== "P") {
    const format = paletteFormat(rows, simd);
    if (format !== null) {
      const opaque = maybeOpaque && format.alphas!.length === 0;
      return { bytes: encodeStrips(rows, format, level, simd)!, mode: opaque ? "RGB" : mode };
    }
    warnTooManyColors(options.onWarning);
  }
  if (maybeOpaque) {
    // To read all rows beforehand would cost as much as half the encoding where they come from a canvas.
    const bytes = encodeStrips(rows, opaqueFormat(rows, simd), level, simd);
    if (bytes !== null) return { bytes, mode: "RGB" };
  }
  return { bytes: encodeStrips(rows, nativeFormat(rows, simd), level, simd)!, mode };
}

/** null where the format turns out not to show the picture. */
function encodeStrips(rows: Rows, format: PixelFormat, level: number, simd: SimdKernels): Bytes | null {
  return kernels().scratch(() => {
    const { width, height } = rows;
    const { u8, reserve } = kernels();
    const { stride, colorType, depth } = format;
    const pixel = Math.max(1, (SAMPLES[colorType] * depth) >> 3);
    const form = depth < 8 ? PACKED_FORM : colorType === INDEXED ? INDICES_FORM : SAMPLES_FORM;
    const stripBytes = width > WIDE ? STRIP_BYTES / 2 : STRIP_BYTES;
    const band = Math.max(1, Math.min(height, Math.floor(stripBytes / (stride + 1))));
    const bandBytes = band * (stride + 1);

    const above = reserve(stride + band * stride + pixel) + pixel;
    const raw = above + stride;
    const filtered = reserve(WINDOW + bandBytes);
    const plain = reserve(WINDOW + bandBytes);
    const stream = reserve(simd.streamBytes());
    const sequences = reserve(2 * (Math.ceil(bandBytes / 3) * 8 + 64));
    const packed = reserve(2 * bandBytes + 4096);
    u8.fill(0, above - pixel, raw);

    const file = new PngFile(simd, packed);
    file.header(rows, format);
    file.idat(simd.deflateBegin(stream, packed), 0);
    for (let y = 0; y < height; y += band) {
      const count = Math.min(band, height - y);
      if (!format.read(y, count, raw)) return null;
      const bytes = simd.deflateStrip(
        stream,
        raw,
        count,
        stride,
        pixel,
        form,
        level,
        filtered,
        plain,
        sequences,
        packed,
      );
      file.idat(bytes, (height - y - count) / (y + count));
      u8.copyWithin(above, raw + (count - 1) * stride, raw + count * stride);
    }
    file.idat(simd.deflateEnd(stream, packed), 0);
    return file.end();
  });
}
