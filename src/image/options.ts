// The options of `new Image`, and their checks: once, at the public door.

import {
  ADJUST_OPTIONS,
  type AdjustOptions,
  checkAdjustOptions,
  checkValueOptions,
  type TargetMode,
  VALUE_OPTIONS,
  type ValueOptions,
} from "../convert/index.ts";
import {
  checkEncodeOptions,
  checkWritable,
  ENCODE_OPTIONS,
  type EncodeOptions,
  FILE_TYPES,
  type FileType,
} from "../encode/index.ts";
import type { Layout } from "../frame.ts";
import { withCode } from "../messages.ts";
import { checkNames, checkOneOf, checkType } from "../options.ts";
import { warn } from "../warnings.ts";
import type { BoundingBoxes2D, BoxSet } from "./boxes.ts";
import type { ClassesInput } from "./classes.ts";
import type { ImageMask, MaskInput } from "./masks.ts";

/** Layers by name: an object or a Map. */
export type Layers<Layer> = Readonly<Record<string, Layer>> | ReadonlyMap<string, Layer>;

export interface ImageOptions extends ValueOptions, AdjustOptions, EncodeOptions {
  /**
   * Pillow's mode of the logged pixels; default by the number of channels: L, LA, RGB, RGBA. PNG holds 1, L, LA, P, I, I;16,
   * RGB and RGBA; JPEG 1, L, RGB, RGBX, CMYK and YCbCr; BMP 1, L, P, RGB and RGBA.
   */
  readonly mode?: TargetMode | undefined;
  /** Shown under the image. */
  readonly caption?: string | null | undefined;
  /** W&B's `grouping`: a number that W&B's panel may group by. */
  readonly grouping?: number | null | undefined;
  /** Class names of the image: a list of { id, name }, names by id, or Classes. */
  readonly classes?: ClassesInput | null | undefined;
  /** Sets of bounding boxes by the name of their layer. */
  readonly boxes?: Layers<BoxSet | BoundingBoxes2D> | null | undefined;
  /** Segmentation masks by the name of their layer, in the size of the image. */
  readonly masks?: Layers<MaskInput | ImageMask> | null | undefined;
  /** "png" (default), "jpg", "jpeg" or "bmp". */
  readonly fileType?: FileType | undefined;
  /** How the array's axes are read; default channels last, or what the source's own convention says. */
  readonly layout?: Layout | undefined;
}

/** Options about pixels or encoding, which a picture that is encoded already has no use for. */
const ENCODING = ["mode", "fileType", "layout", ...VALUE_OPTIONS, ...ADJUST_OPTIONS, ...ENCODE_OPTIONS] as const;

export const IMAGE_OPTIONS = ["caption", "grouping", "classes", "boxes", "masks", "onWarning", ...ENCODING] as const;
IMAGE_OPTIONS satisfies readonly (keyof ImageOptions)[];

/** @throws TypeError for an option of the wrong kind or name, RangeError for a value outside what is accepted */
export function checkImageOptions(options: ImageOptions): void {
  checkNames("Image", options, IMAGE_OPTIONS, '{ caption: "a cat" }');
  const { caption, grouping, fileType = "png", mode, bitDepth, palette } = options;
  // null is what an Image without one has, and what W&B's None becomes.
  checkType("caption", caption ?? undefined, "string");
  checkType("grouping", grouping ?? undefined, "number");
  if (typeof grouping === "number" && !Number.isFinite(grouping)) {
    throw new RangeError(`grouping: expected a finite number; got ${grouping}`);
  }
  checkOneOf("fileType", fileType, FILE_TYPES);
  checkType("mode", mode, "string");
  if (mode !== undefined) checkMode(mode, fileType);
  checkValueOptions(options);
  checkAdjustOptions(options);
  checkEncodeOptions(options);
  const only = 'which only "png" holds';
  if (bitDepth === 16 && fileType !== "png") {
    throw new RangeError(`bitDepth: expected 8 for fileType "${fileType}"; got 16, ${only}`);
  }
  if (palette && fileType !== "png") {
    throw new RangeError(`palette: expected false for fileType "${fileType}"; got true, ${only}`);
  }
  if (palette && (bitDepth === 16 || mode === "I" || mode === "I;16")) {
    const given = bitDepth === 16 ? "bitDepth: 16" : `mode: "${mode}"`;
    throw new RangeError(`palette: expected false with ${given}; got true, and a palette holds 8 bits a sample`);
  }
}

/** "RGB;16" is what `bitDepth: 16` makes of three channels, as Pillow has no such mode. */
function checkMode(mode: string, fileType: FileType): void {
  if (mode === "RGB;16")
    throw withCode(new RangeError("cannot write mode RGB;16 as PNG; pass bitDepth: 16 instead"), "unsupported-mode");
  checkWritable(mode, fileType);
}

/** @param why what becomes of the input instead, and what to do */
export function warnIgnored(options: ImageOptions, why: string): void {
  const given = ENCODING.filter((name) => options[name] !== undefined);
  if (given.length === 0) return;
  warn("options-ignored", `${given.join(", ")} ignored: ${why}`, options.onWarning);
}

/** What the encoder of a file type has no use for. */
const UNUSED: Readonly<Record<FileType, readonly (keyof EncodeOptions)[]>> = {
  png: ["quality", "subsampling"],
  jpg: [],
  jpeg: [],
  bmp: ["quality", "subsampling", "compression"],
};

/** Tells the options of other encoders than the file type's. */
export function warnUnused(options: ImageOptions): void {
  const { fileType = "png", onWarning } = options;
  const given = UNUSED[fileType].filter((name) => options[name] !== undefined);
  if (given.length === 0) return;
  const remedy = given.includes("quality") || given.includes("subsampling") ? '; pass fileType: "jpg"' : "";
  warn("options-ignored", `${given.join(", ")} ignored: a ${fileType} file has none${remedy}`, onWarning);
}
