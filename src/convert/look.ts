// What a picture may be made to look like, between its 8-bit rows and its mode.
import type { Rows } from "../rows.ts";
import type { Background } from "./background.ts";
import { onBackground, parseBackground } from "./background.ts";
import type { Colormap } from "./colormap.ts";
import { colormapped, coloursOf } from "./colormap.ts";
import { redBlueSwapped } from "./mode.ts";
import { checkMaxSize, downscaled } from "./resize.ts";

export interface LookOptions {
  /** true: the first row of the data is the lowest of the picture (WebGL's readPixels). */
  readonly flipY?: boolean | undefined;
  /** Order of an array's channels where it is not RGB or RGBA (OpenCV's is "BGR"). */
  readonly channelOrder?: "RGB" | "RGBA" | "BGR" | "BGRA" | undefined;
  /** Colours for one-channel data: a map of matplotlib's by name, or 256 RGB colours. */
  readonly colormap?: Colormap | undefined;
  /** Colour that a picture with alpha is laid on; default: alpha is kept, and for JPEG dropped, as in W&B. */
  readonly background?: Background | undefined;
  /** Longest side in pixels: a larger picture is made smaller, each pixel the mean of the area it covers. */
  readonly maxSize?: number | undefined;
}

/** @throws TypeError, RangeError for an option of the wrong kind or value */
export function checkLook({ channelOrder, colormap, background, maxSize }: LookOptions): void {
  if (channelOrder !== undefined && !["RGB", "RGBA", "BGR", "BGRA"].includes(channelOrder)) {
    throw new RangeError(`channelOrder ${JSON.stringify(channelOrder)}: expected "RGB", "RGBA", "BGR" or "BGRA"`);
  }
  if (colormap !== undefined) coloursOf(colormap);
  if (background !== undefined) parseBackground(background);
  checkMaxSize(maxSize);
}

/** The rows with the looks asked for. To be called inside `scratch`. @throws where the channels do not fit an option */
export function look(rows: Rows, { channelOrder, colormap, background, maxSize }: LookOptions): Rows {
  if (channelOrder?.startsWith("BGR")) {
    if (rows.mode !== "RGB" && rows.mode !== "RGBA") {
      throw new RangeError(`channelOrder "${channelOrder}": the picture is ${rows.mode}; expected 3 or 4 channels`);
    }
    rows = redBlueSwapped(rows);
  }
  if (maxSize !== undefined) rows = downscaled(rows, maxSize);
  if (colormap !== undefined) rows = colormapped(rows, colormap);
  if (background !== undefined) rows = onBackground(rows, background);
  return rows;
}
