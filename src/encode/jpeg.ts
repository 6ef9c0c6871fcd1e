// Rows → JPEG (ITU-T T.81, JFIF 1.01).
import { encode as jpegJsEncode } from "jpeg-js";
import type { Rows } from "../rows.ts";
import { collect } from "../rows.ts";
import type { EncodeOptions } from "./index.ts";

export function encodeJpegRows(rows: Rows, options: EncodeOptions): Uint8Array {
  if (rows.mode !== "L" && rows.mode !== "RGB") throw new RangeError(`cannot write mode ${rows.mode} as JPEG`);
  const pixels = collect(rows);
  const step = rows.mode === "L" ? 0 : 1;
  const rgba = new Uint8Array(rows.width * rows.height * 4);
  for (let i = 0, o = 0; o < rgba.length; i += 1 + 2 * step, o += 4) {
    rgba[o] = pixels[i]!;
    rgba[o + 1] = pixels[i + step]!;
    rgba[o + 2] = pixels[i + 2 * step]!;
    rgba[o + 3] = 255;
  }
  return jpegJsEncode({ data: rgba, width: rows.width, height: rows.height }, options.quality ?? 75).data;
}
