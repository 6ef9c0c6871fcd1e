// The modes that each file type holds, and how: Pillow's choice, but that our BMP keeps alpha and our PNG also holds three
// channels of 16 bits.
import { withCode } from "../messages.ts";
import type { Mode } from "../rows.ts";
import type { FileType } from "./options.ts";

/** The color types of PNG 3, table 8. */
export const GRAY = 0;
export const TRUECOLOR = 2;
export const INDEXED = 3;
export const GRAY_ALPHA = 4;
export const TRUECOLOR_ALPHA = 6;

export type ColorType = typeof GRAY | typeof TRUECOLOR | typeof INDEXED | typeof GRAY_ALPHA | typeof TRUECOLOR_ALPHA;

/** Samples of a pixel. */
export const SAMPLES: Readonly<Record<ColorType, 1 | 2 | 3 | 4>> = {
  [GRAY]: 1,
  [TRUECOLOR]: 3,
  [INDEXED]: 1,
  [GRAY_ALPHA]: 2,
  [TRUECOLOR_ALPHA]: 4,
};

/** Color type, and bits of a sample. A palette of few colors takes fewer bits. */
export const PNG_MODES = {
  "1": { colorType: GRAY, depth: 1 },
  L: { colorType: GRAY, depth: 8 },
  LA: { colorType: GRAY_ALPHA, depth: 8 },
  P: { colorType: INDEXED, depth: 8 },
  I: { colorType: GRAY, depth: 16 },
  "I;16": { colorType: GRAY, depth: 16 },
  RGB: { colorType: TRUECOLOR, depth: 8 },
  RGBA: { colorType: TRUECOLOR_ALPHA, depth: 8 },
  "RGB;16": { colorType: TRUECOLOR, depth: 16 },
} as const satisfies Partial<Record<Mode, { colorType: ColorType; depth: number }>>;

/** Components of the frame. */
export const JPEG_MODES = { "1": 1, L: 1, RGB: 3, RGBX: 3, CMYK: 4, YCbCr: 3 } as const satisfies Partial<
  Record<Mode, number>
>;

/** Bits of a pixel. */
export const BMP_MODES = { "1": 1, L: 8, P: 8, RGB: 24, RGBA: 32 } as const satisfies Partial<Record<Mode, number>>;

export type PngMode = keyof typeof PNG_MODES;
export type JpegMode = keyof typeof JPEG_MODES;
export type BmpMode = keyof typeof BMP_MODES;

/** The mode of a picture whose alpha was left out. */
export function opaqueMode(mode: Mode): Mode {
  return mode === "LA" ? "L" : mode === "RGBA" ? "RGB" : mode;
}

/** @throws RangeError in Pillow's words where a file of this type holds no pixels of this mode */
export function checkWritable(mode: string, fileType: FileType): void {
  const [format, modes] =
    fileType === "png" ? ["PNG", PNG_MODES] : fileType === "bmp" ? ["BMP", BMP_MODES] : ["JPEG", JPEG_MODES];
  if (Object.hasOwn(modes, mode)) return;
  // RGB;16 is what bitDepth: 16 gives, not a mode to ask for.
  const expected = Object.keys(modes).filter((name) => name !== "RGB;16");
  throw withCode(
    new RangeError(`cannot write mode ${mode} as ${format}; expected one of ${expected.join(", ")}`),
    "unsupported-mode",
  );
}
