// Which of Pillow's modes each file type holds.
import type { Mode } from "../rows.ts";
import type { FileType } from "./index.ts";

const PNG: readonly Mode[] = ["1", "L", "LA", "P", "I", "I;16", "RGB", "RGB;16", "RGBA"];
const JPEG: readonly Mode[] = ["1", "L", "RGB", "RGBX", "YCbCr", "CMYK"];
const BMP: readonly Mode[] = ["1", "L", "P", "RGB", "RGBA"];

/** Whether a file of this type holds pixels of this mode: as Pillow, but that our BMP keeps alpha. */
export function canWrite(mode: Mode, fileType: FileType): boolean {
  return (fileType === "png" ? PNG : fileType === "bmp" ? BMP : JPEG).includes(mode);
}

/** Pillow's words where it cannot: "cannot write mode LA as JPEG". */
export function cannotWrite(mode: Mode, fileType: FileType): RangeError {
  return new RangeError(`cannot write mode ${mode} as ${fileType === "jpg" ? "JPEG" : fileType.toUpperCase()}`);
}
