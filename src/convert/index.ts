// Frame → 8-bit Rows.
import type { Frame } from "../frame.ts";
import { kernels } from "../kernels.ts";
import type { Mode } from "../rows.ts";
import { collect } from "../rows.ts";
import type { Normalized, NormalizeOptions } from "./normalize.ts";
import { normalize } from "./normalize.ts";

export type { Background } from "./background.ts";
export type { Colormap } from "./colormap.ts";
export { flippedFrame, flippedRows } from "./flip.ts";
export type { LookOptions } from "./look.ts";
export { checkLook, look } from "./look.ts";
export type { Decision, Denormalize, Normalization, Normalized, Range } from "./normalize.ts";
export { checkRange, decideRange, speculate } from "./normalize.ts";

export type ConvertOptions = NormalizeOptions;

/**
 * The array's pixels as rows of mode L, LA, RGB or RGBA, by its channels. To be called, and read, inside `scratch`.
 * Warnings come with the last row.
 */
export function convert(frame: Frame, options: ConvertOptions = {}): Normalized {
  return normalize(frame, options);
}

/** The mode that W&B gives an array: by its channels, but RGB where a JPEG would have to hold RGBA. */
export function guessMode({ channels }: Frame, fileType?: string): Mode {
  if (channels === 1) return "L";
  if (channels === 2) return "LA";
  return channels === 4 && fileType !== "jpg" && fileType !== "jpeg" ? "RGBA" : "RGB";
}

/** The array after the range rule: a packed copy, channels last ([height, width] where there is one channel). */
export function toUint8(frame: Frame, options: ConvertOptions = {}): { data: Uint8Array; shape: number[] } {
  const { height, width, channels } = frame;
  return {
    data: kernels().scratch(() => collect(convert(frame, options).rows)),
    shape: channels === 1 ? [height, width] : [height, width, channels],
  };
}
