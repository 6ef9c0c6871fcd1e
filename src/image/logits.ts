// Scores of classes, as networks give them → a mask's class ids.
import type { TensorInput } from "../adapt/input.ts";
import { packedArray } from "../adapt/packed.ts";
import { argmax, argmaxResized } from "../convert/argmax.ts";
import { checkSides } from "../frame.ts";
import { describe } from "../messages.ts";
import { checkOptionNames } from "../option-names.ts";

/** Scores of classes: `{ data, shape }`, a tensor or nested numbers; a leading batch of 1 may stand before the axes. */
export type Logits = TensorInput;

/** The size that a mask is wanted in. */
export interface MaskSize {
  readonly width: number;
  readonly height: number;
}

export interface ArgmaxOptions {
  /** "HWC": height × width × classes; "CHW": classes × height × width. Default HWC, but CHW for a tensor of ONNX. */
  readonly layout?: "HWC" | "CHW" | undefined;
  /** Interpolates the scores (bilinear, as PyTorch does) to another size before they are compared. */
  readonly resize?: MaskSize | undefined;
}

/**
 * The class of the highest score for each pixel, of logits or probabilities, compared in their own dtype. Of equal scores the
 * first class wins, NaN never does.
 * @returns a copy, to be given as `mask_data`
 * @throws TypeError for anything but an array, RangeError for another shape and for more than 256 classes
 */
export function argmaxMask(logits: Logits, options: ArgmaxOptions = {}): { data: Uint8Array; shape: [number, number] } {
  checkOptionNames("argmaxMask", options, ["layout", "resize"]);
  const { resize } = options;
  const packed = packedArray(logits, "logits", "scores of classes");
  const layout = options.layout ?? packed.convention ?? "HWC";
  if (layout !== "HWC" && layout !== "CHW") {
    throw new RangeError(`layout ${describe(layout)}: expected "HWC" or "CHW"`);
  }
  const shape = packed.shape.length === 4 && packed.shape[0] === 1 ? packed.shape.slice(1) : packed.shape;
  const [height = 0, width = 0, classes = 0] =
    layout === "CHW" ? [shape[1], shape[2], shape[0]] : [shape[0], shape[1], shape[2]];
  if (shape.length !== 3 || classes < 1 || classes > 256) {
    throw new RangeError(
      `logits: shape [${packed.shape}] by layout "${layout}"; expected ` +
        `${layout === "CHW" ? "[classes, height, width]" : "[height, width, classes]"} with 1 to 256 classes`,
    );
  }
  checkSides(width, height);
  const { data, dtype } = packed;
  const scores = { data, float16: dtype === "float16", height, width, classes, planar: layout === "CHW" };
  if (resize === undefined) return { data: argmax(scores), shape: [height, width] };
  checkMaskSize(resize);
  return { data: argmaxResized(scores, resize), shape: [resize.height, resize.width] };
}

/** @throws TypeError, RangeError for anything but a size */
export function checkMaskSize(size: unknown): asserts size is MaskSize {
  const { width, height } = (size ?? {}) as Partial<MaskSize>;
  if (!Number.isInteger(width) || !Number.isInteger(height)) {
    throw new TypeError(`resize: expected true or { width, height }; got ${describe(size)}`);
  }
  checkSides(width!, height!);
}
