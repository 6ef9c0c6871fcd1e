// The modes that each file type holds: Pillow's choice, but that our BMP keeps alpha and our PNG also holds three channels
// of 16 bits.
import type { Mode } from "../rows.ts";
import type { FileType } from "./index.ts";

const PNG: readonly Mode[] = ["1", "L", "LA", "P", "I", "I;16", "RGB", "RGBA", "RGB;16"];
const JPEG: readonly Mode[] = ["1", "L", "RGB", "RGBX", "CMYK", "YCbCr"];
const BMP: readonly Mode[] = ["1", "L", "P", "RGB", "RGBA"];

function supportedModes(fileType: FileType): readonly Mode[] {
  return fileType === "png" ? PNG : fileType === "bmp" ? BMP : JPEG;
}

/** @throws RangeError in Pillow's words where a file of this type holds no pixels of this mode */
export function checkWritable(mode: string, fileType: FileType): void {
  const supported = supportedModes(fileType);
  if (supported.includes(mode as Mode)) return;
  const name = fileType === "jpg" || fileType === "jpeg" ? "JPEG" : fileType.toUpperCase();
  // RGB;16 is what bitDepth: 16 gives, not a mode to ask for.
  const expected = supported.filter((one) => one !== "RGB;16").join(", ");
  throw new RangeError(`cannot write mode ${mode} as ${name}; expected one of ${expected}`);
}
