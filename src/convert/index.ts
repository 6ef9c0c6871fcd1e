// Frame, or decoded pixels → Rows in their final mode.
import type { Frame } from "../frame.ts";
import { kernels } from "../kernels.ts";
import { collect, MODE_OF_CHANNELS, type Mode, type Rows } from "../rows.ts";
import { flippedFrame, flippedRows } from "./adjust/flip.ts";
import { type AdjustOptions, adjusted } from "./adjust/index.ts";
import { convertMode, type TargetMode } from "./mode.ts";
import { type Normalization, type Normalized, type NormalizeOptions, normalize, normalizedRows } from "./normalize.ts";

export type { Background } from "./adjust/background.ts";
export type { Colormap } from "./adjust/colormap.ts";
export { ADJUST_OPTIONS, type AdjustOptions, checkAdjustOptions } from "./adjust/index.ts";
export type { Decision } from "./decision.ts";
export type { Denormalize } from "./denormalize.ts";
export type { TargetMode } from "./mode.ts";
export { type Normalization, type Normalized, normalizedRows } from "./normalize.ts";
export { checkValueOptions, decideRange, type Range, VALUE_OPTIONS, type ValueOptions } from "./rule.ts";

export interface ConvertOptions extends NormalizeOptions, AdjustOptions {
  /** Pillow's mode of the rows; default by the number of channels. */
  readonly mode?: TargetMode | undefined;
}

/** An array, whose values are normalized, or decoded pixels, which are taken as they are. */
export type Convertible =
  | { readonly kind: "frame"; readonly frame: Frame }
  | { readonly kind: "decoded"; readonly rows: Rows };

export interface Converted {
  /** To be read inside `use`. */
  readonly rows: Rows;
  /** To be called after the rows have been read to their end; null where nothing was normalized. */
  readonly normalization: (() => Normalization) | null;
  /** The size before `maxSize`. */
  readonly originalSize: { readonly width: number; readonly height: number };
}

/**
 * `use`, given the rows that the options make of an array or of decoded pixels. It may run anew: see `normalize`.
 * @throws where the channels do not fit an option
 */
export function convert<T>(source: Convertible, options: ConvertOptions, use: (converted: Converted) => T): T {
  const { mode, flipY = false } = options;
  const finish = ({ rows: { width, height }, rows, normalization }: Normalized): T => {
    const changed = adjusted(rows, options);
    const final = mode === undefined ? changed : convertMode(changed, mode);
    return use({ rows: final, normalization, originalSize: { width, height } });
  };
  if (source.kind === "frame") return normalize(flipY ? flippedFrame(source.frame) : source.frame, options, finish);
  const { scratch } = kernels();
  return scratch(() => finish({ rows: flipY ? flippedRows(source.rows) : source.rows, normalization: null }));
}

/** The mode that W&B gives an array: by its channels, but RGB where a JPEG would have to hold RGBA. */
export function guessMode({ channels }: Frame, fileType?: string): Mode {
  return channels === 4 && (fileType === "jpg" || fileType === "jpeg") ? "RGB" : MODE_OF_CHANNELS[channels - 1]!;
}

/** The array after the range rule: a packed copy, channels last ([height, width] where there is one channel). */
export function toUint8(frame: Frame, options: NormalizeOptions = {}): { data: Uint8Array; shape: number[] } {
  const { height, width, channels } = frame;
  return {
    data: kernels().scratch(() => collect(normalizedRows(frame, options).rows)),
    shape: channels === 1 ? [height, width] : [height, width, channels],
  };
}
