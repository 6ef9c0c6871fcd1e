// Rows → file.
import type { Rows } from "../rows.ts";
import type { Helper } from "../team.ts";
import { encodeBmpRows } from "./bmp.ts";
import { encodeJpegRows, helpEncodeJpeg } from "./jpeg.ts";
import { checkWritable } from "./modes.ts";
import type { Encoded, FileType, RowsOptions } from "./options.ts";
import { encodePngRows, helpEncodePng } from "./png.ts";

export { checkWritable } from "./modes.ts";
export * from "./options.ts";

/**
 * The encoded file. Options must have been checked (`checkEncodeOptions`). A JPEG leaves out the alpha of LA and RGBA rows.
 * @throws RangeError where the file type does not hold the mode, in Pillow's words
 */
export function encode(rows: Rows, fileType: FileType, options: RowsOptions = {}): Encoded {
  if (fileType === "jpg" || fileType === "jpeg") return encodeJpegRows(rows, options);
  checkWritable(rows.mode, fileType);
  return fileType === "png" ? encodePngRows(rows, options) : { bytes: encodeBmpRows(rows), mode: rows.mode };
}

/** Encodes parts of a picture that another thread, the leader of the team, makes into a file; for the same rows and options. */
export function helpEncode(rows: Rows, fileType: FileType, options: RowsOptions, helper: Helper): void {
  if (fileType === "png") helpEncodePng(rows, options, helper);
  else if (fileType !== "bmp") helpEncodeJpeg(rows, options, helper);
}
