// Rows → PNG (https://www.w3.org/TR/png-3/), strip by strip: rows are filtered, compressed and summed up in kernel memory,
// and only IDAT bytes leave it. Nothing of the size of the picture is allocated but the file.
import type { Bytes } from "../host-types.ts";
import { kernels } from "../kernels.ts";
import type { SimdKernels } from "../kernels.types.ts";
import type { Rows } from "../rows.ts";
import { encodeByFastPng } from "./fallback.ts";
import { type Encoded, levelOf, type RowsOptions } from "./options.ts";
import { PngFile } from "./png-file.ts";
import { nativeFormat, opaqueFormat, type PixelFormat, paletteFormat, warnTooManyColors } from "./png-formats.ts";
import { Segments } from "./png-segments.ts";

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
    const segments = new Segments(width, height, format, level, simd);
    const file = new PngFile(simd, segments.packed);
    file.header(rows, format);
    const take = (count: number, y: number) => file.idat(count, y === 0 ? 0 : (height - y) / y);
    let adler = 1;
    for (let i = 0; i < segments.starts.length - 1; i++) {
      if (!segments.encode(i, take)) return null;
      file.segmentEnd();
      adler = simd.adlerCombine(adler, segments.adler, segments.bytesOf(i));
    }
    file.adler(adler);
    return file.end();
  });
}
