// What may be changed about a picture between its 8-bit rows and its mode: channel order, size, colors, background.
import { kernels } from "../../kernels.ts";
import { checkOneOf, checkType } from "../../options.ts";
import type { Rows } from "../../rows.ts";
import { redBlueSwapped } from "../mode.ts";
import { type Background, onBackground, parseBackground } from "./background.ts";
import { type Colormap, colormapped, colorsOf } from "./colormap.ts";
import { checkMaxSize, downscaled } from "./resize.ts";

export interface AdjustOptions {
  /** true: the first row of the data is the lowest of the picture (WebGL's readPixels). */
  readonly flipY?: boolean | undefined;
  /** Order of an array's channels where it is not RGB or RGBA (OpenCV's is "BGR"). */
  readonly channelOrder?: "RGB" | "RGBA" | "BGR" | "BGRA" | undefined;
  /** Colors for one-channel data: a map of matplotlib's by name, or 256 RGB colors. */
  readonly colormap?: Colormap | undefined;
  /** Color that a picture with alpha is laid on; default: alpha is kept, and for JPEG dropped, as in W&B. */
  readonly background?: Background | undefined;
  /** Longest side in pixels: a larger picture is made smaller, each pixel the mean of the area it covers. */
  readonly maxSize?: number | undefined;
}

export const ADJUST_OPTIONS = [
  "flipY",
  "channelOrder",
  "colormap",
  "background",
  "maxSize",
] as const satisfies readonly (keyof AdjustOptions)[];

/** @throws TypeError, RangeError for an option of the wrong kind or value */
export function checkAdjustOptions({ flipY, channelOrder, colormap, background, maxSize }: AdjustOptions): void {
  checkType("flipY", flipY, "boolean");
  checkOneOf("channelOrder", channelOrder, ["RGB", "RGBA", "BGR", "BGRA"]);
  if (colormap !== undefined) colorsOf(colormap);
  if (background !== undefined) parseBackground(background);
  checkMaxSize(maxSize);
}

/** The same of 16 bits a channel. */
function deepRedBlueSwapped(rows: Rows): Rows {
  const { u8 } = kernels();
  const swap = (at: number) => {
    for (let byte = at; byte < at + 2; byte++) [u8[byte], u8[byte + 4]] = [u8[byte + 4]!, u8[byte]!];
  };
  return {
    ...rows,
    read(y, count, dst) {
      rows.read(y, count, dst);
      for (let i = 0; i < count * rows.width; i++) swap(dst + 6 * i);
    },
  };
}

/** The rows with the changes asked for; `flipY` comes before. To be called inside `scratch`. @throws where the channels do not fit an option */
export function adjusted(rows: Rows, { channelOrder, colormap, background, maxSize }: AdjustOptions): Rows {
  if (channelOrder?.startsWith("BGR")) {
    if (rows.mode !== "RGB" && rows.mode !== "RGBA" && rows.mode !== "RGB;16") {
      throw new RangeError(
        `channelOrder: expected 3 or 4 channels for "${channelOrder}"; got a picture of mode ${rows.mode}`,
      );
    }
    rows = rows.mode === "RGB;16" ? deepRedBlueSwapped(rows) : redBlueSwapped(rows);
  }
  if (maxSize !== undefined) rows = downscaled(rows, maxSize);
  if (colormap !== undefined) rows = colormapped(rows, colormap);
  if (background !== undefined) rows = onBackground(rows, background);
  return rows;
}
