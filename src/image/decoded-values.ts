// Decoded pixels are W&B's "PIL image": taken as they are, never normalized. What is asked for by name holds all the same.
import type { Source } from "../adapt/index.ts";
import { type Frame, frameOf } from "../frame.ts";
import { deepRowsOfSamples, type Samples } from "../rows.ts";
import { warn } from "../warnings.ts";
import type { ImageOptions } from "./options.ts";

type Encodable = Extract<Source, { kind: "frame" | "decoded" }>;

export interface Asked {
  readonly source: Encodable;
  readonly options: ImageOptions;
  /** Whether a range rule was asked for: a layout alone leaves the values as they are. */
  readonly isNormalized: boolean;
}

/**
 * The source, and the options that are left for it: an array where `range`, `denormalize` or a layout with channels first asks for
 * its values, rows of 16 bits where `bitDepth` asks for them. Options that cannot be followed get a warning: `normalize` always, for
 * W&B leaves decoded pictures alone, the others where the pixels are no plain samples (a canvas, a palette, a camera's frame).
 * @throws RangeError for a layout that does not fit the channels, and for 16 bits with alpha
 */
export function asAsked(source: Encodable, options: ImageOptions): Asked {
  if (source.kind === "frame") return { source, options, isNormalized: true };
  const { range, denormalize, bitDepth, layout, normalize, ...others } = options;
  const { samples } = source;
  const explicit = range !== undefined || denormalize !== undefined;
  const isDeep = bitDepth === 16;
  const ignored = {
    normalize,
    ...(samples === undefined && { range, denormalize, layout, bitDepth: isDeep || undefined }),
  };
  warnIgnoredFor(source, ignored, options);
  if (samples === undefined) return { source, options: others, isNormalized: false };
  if (layout === "HW" && samples.channels !== 1) {
    throw new RangeError(`layout "HW" has one channel; the picture has ${samples.channels}`);
  }
  if (explicit || layout === "CHW" || layout === "NCHW") {
    const frame = frameOfSamples(samples, layout, denormalize !== undefined);
    // What is read by its layout alone keeps its values: 8 bits as they are, 16 by their upper byte.
    return {
      source: { kind: "frame", frame },
      isNormalized: explicit,
      options: { ...options, normalize: undefined, range: explicit ? range : "dtype" },
    };
  }
  const rows = isDeep ? deepRowsOfSamples(samples) : source.rows;
  return {
    source: { ...source, rows, alwaysAlpha: source.alwaysAlpha === true && !isDeep },
    options: others,
    isNormalized: false,
  };
}

function warnIgnoredFor(
  { samples }: Encodable & { kind: "decoded" },
  ignored: object,
  { onWarning }: ImageOptions,
): void {
  const names = Object.entries(ignored).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (names.length === 0) return;
  const reason =
    samples === undefined
      ? "its pixels are read as 8-bit colors"
      : "decoded pixels are taken as they are, as W&B takes them; pass range, or { data, shape } to normalize their values";
  warn("options-ignored", `${names.join(", ")} ignored: ${reason}`, onWarning);
}

/** @param asFloats a network's values are floats: integers become float32 */
function frameOfSamples(samples: Samples, layout: ImageOptions["layout"], asFloats: boolean): Frame {
  const { width, height, channels, stride, dtype } = samples;
  const isInteger = dtype !== "float16";
  const data = asFloats && isInteger ? Float32Array.from(samples.data) : (samples.data as unknown as Uint8Array);
  const planar = layout === "CHW" || layout === "NCHW";
  const shape = planar ? [channels, height, width] : [height, width, channels];
  const plane = stride === width * channels ? width * height : stride * height;
  const strides = planar ? [plane, stride === width * channels ? width : stride, 1] : [stride, channels, 1];
  return frameOf({ data, shape, strides }, { layout: planar ? "CHW" : "HWC" });
}
