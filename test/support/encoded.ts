// The encoders' files alone, without the mode that they hold.
import { encodeJpegRows as encodeJpeg } from "../../src/encode/jpeg.ts";
import type { RowsOptions } from "../../src/encode/options.ts";
import { encodePngRows as encodePng } from "../../src/encode/png.ts";
import type { Rows } from "../../src/rows.ts";

export const encodePngRows = (rows: Rows, options: RowsOptions): Uint8Array => encodePng(rows, options).bytes;
export const encodeJpegRows = (rows: Rows, options: RowsOptions): Uint8Array => encodeJpeg(rows, options).bytes;
