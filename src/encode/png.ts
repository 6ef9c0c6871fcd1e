// Rows → PNG (https://www.w3.org/TR/png-3/), strip by strip: rows are filtered, compressed and summed up in kernel memory,
// and only IDAT bytes leave it. Nothing of the size of the picture is allocated but the file.
import type { Bytes } from "../host-types.ts";
import { kernels } from "../kernels.ts";
import type { SimdKernels } from "../kernels.types.ts";
import { partsOf, type Rows } from "../rows.ts";
import type { Helper, Leader } from "../team.ts";
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
  const maybeOpaque = isMaybeOpaque(rows, options);
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
  const team = hasPngParts(rows, options) ? options.team : undefined;
  return { bytes: encodeStrips(rows, nativeFormat(rows, simd), level, simd, team)!, mode };
}

function isMaybeOpaque({ mode }: Rows, options: RowsOptions): boolean {
  return options.opaqueAsRgb === true && mode === "RGBA";
}

/** Whether threads may share the picture: its form is known beforehand, and its rows can be read from any one on. */
function hasPngParts(rows: Rows, options: RowsOptions): boolean {
  return partsOf(rows) !== undefined && !options.palette && !isMaybeOpaque(rows, options);
}

/** null where the format turns out not to show the picture. */
function encodeStrips(rows: Rows, format: PixelFormat, level: number, simd: SimdKernels, team?: Leader): Bytes | null {
  return kernels().scratch(() => {
    const { height } = rows;
    const segments = new Segments(rows, format, level, simd);
    const isShared = segments.count > 1 && team?.begins();
    const file = new PngFile(simd, segments.packed);
    file.header(rows, format);
    const rest = (y: number) => (y === 0 ? 0 : (height - y) / y);
    const take = (count: number, y: number) => file.idat(count, rest(y));
    let adler = 1;
    for (let i = 0; i < segments.count; i++) {
      const result = isShared ? team!.resultOf(i) : null;
      if (result !== null) {
        const [crc, ownAdler, ...found] = result.numbers;
        file.idatOf(result.bytes, crc!, rest(segments.starts[i + 1]!));
        partsOf(rows)!.add(found);
        adler = simd.adlerCombine(adler, ownAdler!, segments.bytesOf(i));
      } else {
        if (!segments.encode(i, take)) return null;
        adler = simd.adlerCombine(adler, segments.adler, segments.bytesOf(i));
      }
      file.segmentEnd();
    }
    file.adler(adler);
    return file.end();
  });
}

/** A helper's part of `encodePngRows`: segments. */
export function helpEncodePng(rows: Rows, options: RowsOptions, helper: Helper): void {
  const { simd, scratch } = kernels();
  if (simd === null || !hasPngParts(rows, options)) return;
  const parts = partsOf(rows)!;
  scratch(() => {
    const segments = new Segments(rows, nativeFormat(rows, simd), levelOf(options.compression), simd);
    helper.work(segments.count, (segment) => {
      parts.start(segments.starts[segment]!);
      let crc = 0;
      segments.encode(segment, (count) => {
        crc = simd.crc32(segments.packed, count, crc);
        helper.write(segments.packed, count);
      });
      return [crc >>> 0, segments.adler, ...parts.found()];
    });
  });
}
