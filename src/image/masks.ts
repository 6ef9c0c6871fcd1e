// Segmentation masks drawn over an image: W&B's ImageMask, and what prepares their data.
import { adapt, type Source } from "../adapt/index.ts";
import type { PixelInput, TensorInput } from "../adapt/input.ts";
import { describeTensor } from "../adapt/tensor.ts";
import { normalizedRows } from "../convert/index.ts";
import { decodePixels } from "../decode/index.ts";
import { float16Value } from "../dtype.ts";
import { encode } from "../encode/index.ts";
import { type ArrayInput, type Frame, frameOf } from "../frame.ts";
import type { HostUrl } from "../host-types.ts";
import { kernels } from "../kernels.ts";
import { describe, withCode } from "../messages.ts";
import { checkOptionNames } from "../option-names.ts";
import { collect, packedRows } from "../rows.ts";
import type { OnWarning } from "../warnings.ts";
import { checkLabels, defaultLabels, type LabelsInput, saveLabels } from "./classes.ts";
import { isLayerClone, type LayerClone, type MaskClone } from "./clone.ts";
import { argmaxMask, checkMaskSize, type Logits, type MaskSize } from "./logits.ts";
import type { ClassLabels, MediaRun } from "./media-run.ts";
import { OverlayFile, type OverlayJson } from "./overlay.ts";
import { type Placement, placedIds } from "./placement.ts";

const BRAND = Symbol.for("wandb-image.ImageMask");

/** A class id for each pixel: `{ data, shape }` of any dtype, rows of numbers; height × width, or one channel. */
export type MaskData = TensorInput | PixelInput;

export type MaskInput = {
  /** Names by class id; default `class_<id>` of the ids present. */
  readonly class_labels?: LabelsInput | undefined;
  /**
   * true: made as large as its image, where a network gives a smaller one: logits bilinearly, class ids by the nearest. A size: made
   * as large as that.
   */
  readonly resize?: boolean | MaskSize | undefined;
} & (
  | { readonly mask_data: MaskData }
  /** A mask's file, or its bytes: taken as it is. */
  | { readonly path: string | HostUrl | Uint8Array }
  /** Logits or probabilities: each pixel's class is that of the highest. */
  | { readonly logits: Logits; readonly layout?: "HWC" | "CHW" | undefined }
);

/** A mask: one layer of an image, an 8-bit gray PNG whose pixels are class ids. */
export class ImageMask {
  readonly key: string;
  readonly width: number;
  readonly height: number;
  /** Empty for a mask given by path without labels. */
  readonly classLabels: ClassLabels;
  readonly file: OverlayFile;
  /** Whether `classLabels` were given, instead of the default `class_<id>`. */
  readonly hasGivenLabels: boolean;

  /**
   * @param val W&B's `{ mask_data | path, class_labels }`, or `{ logits, layout, class_labels }`; with `resize`
   * @param key the layer's name, such as "ground_truth"
   * @param image the size that `resize: true` means; Image gives its own
   * @throws TypeError in W&B's words; RangeError for a value that is not an integer from 0 to 255, naming it and where it is
   */
  constructor(val: MaskInput, key: string, image?: MaskSize) {
    if (typeof key !== "string") throw new TypeError(`key: expected the layer's name; got ${describe(key)}`);
    if (typeof val !== "object" || val === null) {
      throw new TypeError(`masks.${key}: expected { mask_data, class_labels } or { path }; got ${describe(val)}`);
    }
    this.key = key;
    const { width, height, file, classLabels, hasGivenLabels } = isLayerClone(val)
      ? clonedMask(val as LayerClone as MaskClone)
      : maskOf(val, key, image);
    this.width = width;
    this.height = height;
    this.file = file;
    this.classLabels = classLabels;
    this.hasGivenLabels = hasGivenLabels;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** Saves the mask's file and its class names; `key` is the image's. */
  bindToRun(run: MediaRun, key: string, step: number, onWarning?: OnWarning): void {
    this.file.save(run, key, step);
    this.saveLabels(run, key, onWarning);
  }

  saveLabels(run: MediaRun, key: string, onWarning?: OnWarning): void {
    if (Object.keys(this.classLabels).length === 0) return;
    saveLabels(run, "mask/class_labels", key, this.key, this.classLabels, this.hasGivenLabels, onWarning);
  }

  toJson(run: MediaRun): OverlayJson {
    return this.file.toJson(run);
  }

  /** @internal The same mask where the pixels of its input went. @throws RangeError where its size is not the input's */
  placed(placement: Placement): ImageMask {
    this.checkSize(placement.from.width, placement.from.height);
    const { data, channels } = decodePixels(this.file.bytes, { mode: "P" });
    if (channels !== 1 || data.BYTES_PER_ELEMENT !== 1) {
      throw new RangeError(`masks.${this.key}: a mask that follows its image wants an 8-bit file of one channel`);
    }
    const { width, height } = placement.to;
    const class_labels = this.hasGivenLabels ? this.classLabels : undefined;
    const mask_data = { data: placedIds(data as Uint8Array, placement), shape: [height, width] };
    return new ImageMask({ mask_data, class_labels }, this.key);
  }

  /** @throws RangeError naming both sizes */
  checkSize(width: number, height: number): void {
    if (this.width === width && this.height === height) return;
    const error = new RangeError(
      `masks.${this.key} is ${this.width}×${this.height} and its image ${width}×${height}: ` +
        "a mask has a class for each pixel of the image. Pass resize: true with the mask to make it as large",
    );
    throw withCode(error, "mask-size");
  }
}

export function isImageMask(value: unknown): value is ImageMask {
  return typeof value === "object" && value !== null && Reflect.get(value, BRAND) === true;
}

type MaskFields = Pick<ImageMask, "width" | "height" | "file" | "classLabels" | "hasGivenLabels">;

/** `labels` is what compactMask adds for its caller. */
const MASK_FIELDS = ["mask_data", "path", "logits", "layout", "resize", "class_labels", "labels"];

function maskOf(val: MaskInput, key: string, image: MaskSize | undefined): MaskFields {
  checkOptionNames(`masks.${key}`, val, MASK_FIELDS);
  const hasGivenLabels = val.class_labels !== undefined;
  const labels = hasGivenLabels
    ? checkLabels(val.class_labels, "Class labels must be a dictionary of numbers to strings")
    : null;
  const size = targetOf(val, key, image);
  if ("path" in val) {
    if (size !== undefined)
      throw new TypeError(`masks.${key}: resize: a mask's file is taken as it is; pass mask_data`);
    const source = adapt(val.path);
    if (source.kind !== "file")
      throw new TypeError(`masks.${key}.path: expected an image file, its bytes or data: URL`);
    const { width, height, bytes, format } = source;
    return { width, height, file: maskFile(bytes, `.${format}`), classLabels: labels ?? {}, hasGivenLabels };
  }
  const { data, width, height } = classIds(val, size);
  const { bytes } = kernels().scratch(() => encode(packedRows(data, "L", width, height), "png"));
  const classLabels = labels ?? defaultLabels(idsIn(data));
  return { width, height, file: maskFile(bytes, ".mask.png"), classLabels, hasGivenLabels };
}

/** The size that a mask is to be made in; undefined: its own. */
function targetOf({ resize }: MaskInput, key: string, image: MaskSize | undefined): MaskSize | undefined {
  if (resize === undefined || resize === false) return undefined;
  if (resize !== true) {
    checkMaskSize(resize);
    return resize;
  }
  // A reference's picture is not here: 0×0.
  if (image === undefined || image.width === 0) {
    throw new TypeError(`masks.${key}: resize: true means the size of an image; pass { width, height } without one`);
  }
  return image;
}

function clonedMask({ file: { bytes, extension }, ...fields }: MaskClone): MaskFields {
  return { ...fields, file: maskFile(bytes, extension) };
}

const maskFile = (bytes: Uint8Array, extension: string) => new OverlayFile(bytes, "mask", "images/mask", extension);

export interface Mask {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

function classIds(val: MaskInput, size: MaskSize | undefined): Mask {
  if ("logits" in val) {
    const { data, shape } = argmaxMask(val.logits, { layout: val.layout, resize: size });
    return { data, height: shape[0], width: shape[1] };
  }
  if ("layout" in val && val.layout !== undefined) {
    throw new TypeError("layout says how logits lie; mask_data has an axis for rows and one for columns");
  }
  if (!("mask_data" in val) || val.mask_data === undefined || val.mask_data === null) {
    throw new TypeError(
      'Missing key "mask_data": An image mask requires mask data: a 2D array representing the predictions',
    );
  }
  const mask = bytesOfMask(val.mask_data);
  if (size === undefined) return mask;
  const { width, height } = size;
  return { data: placedIds(mask.data, { from: mask, to: size, flipY: false }), width, height };
}

/** The ids of a mask in any form that `mask_data` takes. @throws as ImageMask, beginning with `name` */
export function idsOfMask(mask: unknown, name: string): Mask {
  try {
    return bytesOfMask(mask);
  } catch (error) {
    const { message } = error as Error;
    throw error instanceof RangeError ? new RangeError(`${name}: ${message}`) : new TypeError(`${name}: ${message}`);
  }
}

function frameOfMask(mask: unknown): Frame {
  try {
    const plane = planeOf(mask);
    const source: Source =
      plane === undefined ? adapt(mask, { layout: "HW" }) : { kind: "frame", frame: frameOf(plane, { layout: "HW" }) };
    if (source.kind === "frame") return source.frame;
    if (source.kind === "decoded" && source.rows.mode === "L") {
      const { width, height } = source.rows;
      const data = kernels().scratch(() => collect(source.rows));
      return { data, dtype: "uint8", width, height, channels: 1, offset: 0, strides: { y: width, x: 1, c: 1 } };
    }
  } catch (error) {
    // Without the advice to name a layout that has channels.
    const [fault] = (error as Error).message.split(". For ");
    throw new TypeError(`mask_data must be a 2D array: ${fault}`);
  }
  throw new TypeError(`mask_data must be a 2D array of class ids; got ${describe(mask)}`);
}

/** A tensor's two axes that are not 1, of [1, 1, H, W], [1, H, W, 1] …; undefined for anything but a tensor. */
function planeOf(mask: unknown): ArrayInput | undefined {
  const array = describeTensor(mask)?.array;
  if (array === undefined || !Array.isArray(array.shape)) return undefined;
  const shape = [...array.shape];
  const strides = array.strides ?? array.stride;
  const axes = [...shape.keys()];
  while (axes.length > 2 && shape[axes[0]!] === 1) axes.shift();
  while (axes.length > 2 && shape[axes.at(-1)!] === 1) axes.pop();
  return {
    ...array,
    shape: axes.map((axis) => shape[axis]!),
    ...(strides === undefined
      ? {}
      : { strides: axes.map((axis) => strides[axis]!), stride: axes.map((axis) => strides[axis]!) }),
  };
}

function bytesOfMask(mask: unknown): Mask {
  const frame = frameOfMask(mask);
  const { width, height } = frame;
  const quiet = () => {};
  const data = kernels().scratch(() => collect(normalizedRows(frame, { normalize: false, onWarning: quiet }).rows));
  checkUnchanged(frame, data);
  return { data, width, height };
}

/** Class ids are what clipping and truncating to a byte leaves as it was; any other value is refused, saying where it is. */
function checkUnchanged(frame: Frame, bytes: Uint8Array): void {
  const { data, dtype, width, height, offset, strides } = frame;
  if (dtype === "uint8" || dtype === "bool") return;
  // Compared as words, not as values: three element kinds only, whatever the dtype, keep the loop fast in V8.
  const size = data.BYTES_PER_ELEMENT;
  const Words = size === 1 ? Uint8Array : size === 2 ? Uint16Array : Uint32Array;
  const words = new Words(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength / Words.BYTES_PER_ELEMENT);
  const perElement = size === 8 ? 2 : 1;
  const expected = wordsOfBytes(frame);
  for (let y = 0, i = 0; y < height; y++) {
    let at = (offset + y * strides.y) * perElement;
    const step = strides.x * perElement;
    for (let x = 0; x < width; x++, i++, at += step) {
      const byte = bytes[i]! * perElement;
      if (words[at] === expected[byte] && (perElement === 1 || words[at + 1] === expected[byte + 1])) continue;
      const value = labelAt(frame, y, x);
      if (value === bytes[i]) continue; // -0
      throw new RangeError(
        `Mask data must be integers between 0 and 255: ${value} at [${y}, ${x}]. ${remedyFor(value)}`,
      );
    }
  }
}

function remedyFor(value: number): string {
  if (value < 0 || value > 255) return "compactMask(mask, { ignoreIndex }) renumbers labels into 0 to 255";
  return Number.isNaN(value) ? "Replace it by a class" : "Round the mask, or pass { logits } for scores of classes";
}

/** What 0 to 255 look like in the frame's dtype, in the words that they are compared in. */
function wordsOfBytes({ data, dtype }: Frame): ArrayLike<number> {
  if (dtype === "float16") {
    return Uint16Array.from({ length: 256 }, (_, v) => {
      const exponent = 31 - Math.clz32(v);
      return v === 0 ? 0 : ((exponent + 15) << 10) | ((v << (10 - exponent)) & 1023);
    });
  }
  const Elements = data.constructor as new (length: number) => typeof data;
  const values = new Elements(256);
  for (let v = 0; v < 256; v++) values[v] = (dtype.endsWith("int64") ? BigInt(v) : v) as never;
  const { buffer, BYTES_PER_ELEMENT: size } = values;
  if (size === 1) return new Uint8Array(buffer);
  return size === 2 ? new Uint16Array(buffer) : new Uint32Array(buffer);
}

function labelAt({ data, dtype, offset, strides }: Frame, y: number, x: number): number {
  const value = Number(data[offset + y * strides.y + x * strides.x]);
  return dtype === "float16" ? float16Value(value) : value;
}

function idsIn(mask: Uint8Array): number[] {
  const present = new Uint8Array(256);
  for (let i = 0; i < mask.length; i++) present[mask[i]!] = 1;
  return Array.from(present.keys()).filter((id) => present[id]);
}

export interface CompactMask {
  readonly mask_data: { readonly data: Uint8Array; readonly shape: [number, number] };
  readonly class_labels: ClassLabels;
  /** The label that each new id stands for. */
  readonly labels: readonly number[];
}

/**
 * Labels of any integers, with gaps, above 255 or with a negative index for pixels to be ignored, renumbered 0, 1, 2 … in
 * their order; what is ignored becomes 255. To be given as a mask.
 * @param options.ignoreIndex the label, or labels, of pixels that have no class
 * @param options.classLabels names by the labels as they were; default `class_<label>`, so that ids stay recognizable
 * @throws RangeError for more labels than ids (255 beside ignored pixels, else 256), and for a label that is not an integer
 */
export function compactMask(
  mask: MaskData,
  options: { ignoreIndex?: number | readonly number[] | undefined; classLabels?: LabelsInput | undefined } = {},
): CompactMask {
  checkOptionNames("compactMask", options, ["ignoreIndex", "classLabels"]);
  const { ignoreIndex, classLabels } = options;
  const frame = frameOfMask(mask);
  const { width, height } = frame;
  const ignored = new Set(typeof ignoreIndex === "number" ? [ignoreIndex] : ignoreIndex);
  const names: ClassLabels =
    classLabels === undefined
      ? {}
      : checkLabels(classLabels, "Class labels must be a dictionary of numbers to strings");
  const seen = new Set<number>();
  let last = NaN;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const label = labelAt(frame, y, x);
      if (label === last) continue;
      last = label;
      if (!Number.isSafeInteger(label) && !ignored.has(label)) {
        throw new RangeError(`mask: label ${label} at [${y}, ${x}]; expected integers`);
      }
      seen.add(label);
    }
  }
  const labels = [...seen].filter((label) => !ignored.has(label)).sort((a, b) => a - b);
  const hasIgnored = labels.length < seen.size;
  if (labels.length > (hasIgnored ? 255 : 256)) {
    throw new RangeError(`mask: ${labels.length} different labels; an 8-bit mask holds ${hasIgnored ? 255 : 256}`);
  }
  const idOf = new Map(labels.map((label, id) => [label, id]));
  const data = new Uint8Array(width * height);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data[i++] = idOf.get(labelAt(frame, y, x)) ?? 255;
  }
  const entries = labels.map((label, id): [number, string] => [id, names[label] ?? `class_${label}`]);
  if (hasIgnored) entries.push([255, "ignored"]);
  return { mask_data: { data, shape: [height, width] }, class_labels: Object.fromEntries(entries), labels };
}
