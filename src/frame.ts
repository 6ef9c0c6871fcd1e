// What an array is before it is converted: the caller's own memory, described. Never copied, never written.
import { BYTES_PER_ELEMENT, type Dtype, dtypeOf, elementsOf, parseDtype, type TypedArray } from "./dtype.ts";
import { describe, withCode } from "./messages.ts";
import { type OnWarning, warn } from "./warnings.ts";

export type { Dtype, TypedArray } from "./dtype.ts";

/** How an array's axes are to be read; N must be 1. */
export type Layout = "HW" | "HWC" | "CHW" | "NHWC" | "NCHW";

/** The caller's array: element (y, x, c) is data[offset + y·strides.y + x·strides.x + c·strides.c]. */
export interface Frame {
  /** A view of the caller's memory; float16 as its 16-bit patterns in a Uint16Array, bool as 0 and 1 in a Uint8Array. */
  readonly data: TypedArray;
  readonly dtype: Dtype;
  readonly height: number;
  readonly width: number;
  /** 1 gray, 2 gray and alpha, 3 RGB, 4 RGBA. */
  readonly channels: 1 | 2 | 3 | 4;
  /** Elements, not bytes. */
  readonly offset: number;
  readonly strides: { readonly y: number; readonly x: number; readonly c: number };
  /** How many frames the array holds, this being the first, and the elements from one to the next. */
  readonly batch?: { readonly count: number; readonly stride: number };
  /** The rows are those of pictures below each other, each of so many rows, and the elements from one picture to the next. */
  readonly stacked?: { readonly height: number; readonly stride: number };
}

/** Longest side of a picture that is encoded here (W&B's MAX_DIMENSION; JPEG itself ends at 65535). */
export const MAX_DIMENSION = 65500;

/** An array as numpy would describe it. */
export interface ArrayInput {
  /**
   * A typed array of any kind (float16 as its 16-bit patterns in a Uint16Array with dtype "float16", or a Float16Array),
   * a flat array of numbers, or raw bytes (ArrayBuffer, Uint8Array, Buffer, DataView) with the dtype that they hold.
   */
  readonly data: ArrayBufferView | ArrayBuffer | SharedArrayBuffer | readonly number[];
  /** 2 to 4 axes; how they are read is `layout`'s. */
  readonly shape: ArrayLike<number>;
  /** numpy's names ("float32", "<f4", "|u1", "bool" …). Default: what the typed array holds. */
  readonly dtype?: string;
  /** Elements (not bytes) from one index to the next, an axis each; negative and zero ones too. Default: row-major. */
  readonly strides?: ArrayLike<number>;
  /** scijs' and zarrita's name for `strides`. */
  readonly stride?: ArrayLike<number>;
  /** Element of `data` at index 0, 0 … Default 0. */
  readonly offset?: number;
}

export interface FrameOptions {
  /** How the axes are read; wins over everything. */
  readonly layout?: Layout | undefined;
  /** How the library that the array comes from orders its axes; a shape that it cannot fit is an error. */
  readonly convention?: "HWC" | "CHW" | undefined;
  /** The first axis counts pictures. */
  readonly batch?: boolean | undefined;
  readonly onWarning?: OnWarning | undefined;
}

/**
 * Describes an array as a picture, without copying it (raw bytes that are unaligned or big-endian aside).
 * @throws TypeError for data, shape or dtype of the wrong kind; RangeError for a shape that fits no reading, for data that
 *   does not hold it, for no pixels, and for a side over MAX_DIMENSION
 */
export function frameOf(array: ArrayInput, options: FrameOptions = {}): Frame {
  const shape = checkShape(array.shape);
  if (options.batch) return firstOfBatch(array, shape, options);
  const { data, dtype } = elementsOf(array.data, array.dtype);
  const { strides, offset } = checkStrides(array, shape, data.length);
  const reading = readShape(shape, options);
  const stride = (axis: number | null): number => (axis === null ? 0 : strides[axis]!);
  const channels = reading.c === null ? 1 : shape[reading.c]!;
  return {
    data,
    dtype,
    height: shape[reading.y]!,
    width: shape[reading.x]!,
    channels: channels as Frame["channels"],
    offset,
    // A single channel is never stepped over; 1 lets packed gray rows be recognized as such.
    strides: { y: stride(reading.y), x: stride(reading.x), c: channels === 1 ? 1 : stride(reading.c) },
  };
}

/**
 * Where the elements of an array lie, whatever its axes mean.
 * @param length how many elements its data holds
 * @throws as frameOf
 */
export function locate(
  array: ArrayInput,
  length: number,
): { shape: number[]; strides: number[]; offset: number; isPacked: boolean } {
  const shape = checkShape(array.shape);
  const { strides, offset } = checkStrides(array, shape, length);
  const packed = packedStrides(shape);
  const isPacked = offset === 0 && strides.every((stride, axis) => stride === packed[axis] || shape[axis]! <= 1);
  return { shape, strides, offset, isPacked: isPacked && length === shape.reduce((total, axis) => total * axis, 1) };
}

function firstOfBatch(array: ArrayInput, shape: number[], { layout, ...options }: FrameOptions): Frame {
  checkLayout(layout);
  const [count = 0, ...picture] = shape;
  if (count === 0 || picture.length < 2 || picture.length > 3) {
    throw withCode(
      new RangeError(
        `shape [${shape}]: a batch is [n, height, width, channels], [n, channels, height, width] or [n, height, width]`,
      ),
      "shape-mismatch",
    );
  }
  if (layout === undefined) warnIfOnePicture(shape, options);
  const { data, dtype } = elementsOf(array.data, array.dtype);
  const { strides, offset } = checkStrides(array, shape, data.length);
  const first = frameOf(
    { data, dtype, shape: picture, strides: strides.slice(1), offset },
    { ...options, batch: false, layout: layout?.replace(/^N/, "") as Layout | undefined },
  );
  return { ...first, batch: { count, stride: strides[0]! } };
}

/** [H, W, 3], and [3, H, W] of a library that puts channels first: more likely one picture than a batch of gray ones. */
function warnIfOnePicture(shape: readonly number[], { convention, onWarning }: FrameOptions): void {
  if (shape.length !== 3) return;
  const [count, height, width] = shape as [number, number, number];
  const isPlanar = convention === "CHW" && (count === 3 || count === 4);
  if (!isPlanar && width !== 3 && width !== 4) return;
  const one = isPlanar ? `${width}×${height}` : `${height}×${count}`;
  warn(
    "ambiguous-layout",
    `a batch of shape [${shape}] is read as ${count} gray pictures of ${width}×${height}. For one picture of ${one} pixels and ` +
      `${isPlanar ? count : width} channels write shape: [1, ${shape.join(", ")}]; layout: "HW" says that the reading is right`,
    onWarning,
  );
}

/** @throws RangeError for a side over MAX_DIMENSION, and for no pixels */
export function checkSides(width: number, height: number): void {
  if (!(width >= 1 && height >= 1))
    throw new RangeError(`width, height: expected at least one pixel; got ${width}×${height}`);
  if (Math.max(width, height) > MAX_DIMENSION) {
    throw withCode(
      new RangeError(
        `width, height: expected at most ${MAX_DIMENSION} pixels a side (Image.MAX_DIMENSION); got ${width}×${height}`,
      ),
      "image-too-large",
    );
  }
}

/** numpy's limit. */
const MOST_AXES = 64;

function checkShape(shape: unknown): number[] {
  if (!Array.isArray(shape) && !(ArrayBuffer.isView(shape) && "length" in shape)) {
    throw new TypeError(`shape: expected an array such as [height, width, channels]; got ${describe(shape)}`);
  }
  // Before memory is asked for: a list may claim a length that it does not have.
  const { length } = shape as ArrayLike<unknown>;
  if (length > MOST_AXES) throw new RangeError(`shape: ${length} axes; expected 1 to ${MOST_AXES}`);
  const axes = itemsOf(shape as ArrayLike<unknown>).map(numberOf);
  if (!axes.every((length) => Number.isSafeInteger(length) && length >= 0)) {
    throw new RangeError(`shape: expected whole numbers; got [${joined(shape as ArrayLike<unknown>)}]`);
  }
  return axes;
}

/** NaN for what is no number: a list, a symbol or an object without a prototype would throw the engine's words, null would be 0. */
function numberOf(value: unknown): number {
  return typeof value === "number" || typeof value === "bigint" || typeof value === "string"
    ? Number(value)
    : Number.NaN;
}

function joined(list: ArrayLike<unknown>): string {
  return itemsOf(list)
    .map((each) => (typeof each === "string" ? each : describe(each)))
    .join();
}

/** By index: a typed array whose memory was moved away cannot be iterated over, and has no items. */
function itemsOf(list: ArrayLike<unknown>): unknown[] {
  return Array.from({ length: list.length }, (_, i) => list[i]);
}

// --- which axis is which

/** The axes that are rows, columns and channels; null: there is no channel axis. */
interface Reading {
  readonly y: number;
  readonly x: number;
  readonly c: number | null;
}

const LAYOUTS: readonly Layout[] = ["HW", "HWC", "CHW", "NHWC", "NCHW"];

function checkLayout(layout: Layout | undefined): void {
  if (layout === undefined || LAYOUTS.includes(layout)) return;
  throw new RangeError(`layout: expected ${LAYOUTS.map((name) => `"${name}"`).join(", ")}; got ${describe(layout)}`);
}

function readShape(shape: readonly number[], { layout, convention, onWarning }: FrameOptions): Reading {
  checkLayout(layout);
  const reading =
    layout === undefined
      ? readByConvention(shape, convention ?? "HWC", convention !== undefined)
      : readAs(shape, layout);
  if (reading === null) throw withCode(new RangeError(explainShape(shape, layout ?? convention)), "shape-mismatch");
  checkSides(shape[reading.x]!, shape[reading.y]!);
  if (layout === undefined && convention === undefined) warnIfAmbiguous(shape, reading, onWarning);
  return reading;
}

function readByConvention(shape: readonly number[], convention: "HWC" | "CHW", certain: boolean): Reading | null {
  // numpy programs hold a gray picture with a batch axis as often as one row of pixels; more than 4 channels decide it.
  if (!certain && shape.length === 3 && shape[0] === 1 && shape[2]! > 4) return { y: 1, x: 2, c: null };
  return readAs(shape, convention);
}

/** The shape read by a layout; a leading batch of 1, and a trailing channel of 1 for HW, may stand beside it. */
function readAs(shape: readonly number[], layout: Layout): Reading | null {
  const batch = layout.startsWith("N") || shape.length === layout.length + 1 ? 1 : 0;
  if (batch === 1 && !(shape[0] === 1 && shape.length >= 3)) {
    return layout === "HW" && shape.length === 3 && shape[2] === 1 ? { y: 0, x: 1, c: 2 } : null;
  }
  if (layout === "HW") {
    if (shape.length === 3 && shape[2] === 1) return { y: 0, x: 1, c: 2 };
    return shape.length === 2 + batch ? { y: batch, x: batch + 1, c: null } : null;
  }
  if (shape.length === 2 && batch === 0) return { y: 0, x: 1, c: null };
  if (shape.length !== 3 + batch) return null;
  const reading = layout.endsWith("CHW")
    ? { c: batch, y: batch + 1, x: batch + 2 }
    : { y: batch, x: batch + 1, c: batch + 2 };
  return isChannelCount(shape[reading.c]!) ? reading : null;
}

function isChannelCount(length: number): boolean {
  return length >= 1 && length <= 4;
}

/** 3×3×3, or four leading channels with few columns: the shape does not show whether channels come first or last. */
function warnIfAmbiguous(shape: readonly number[], reading: Reading, onWarning: OnWarning | undefined): void {
  if (reading.c !== shape.length - 1) return;
  const first = shape[shape.length - 3]!;
  if (first !== 3 && first !== 4) return;
  const [height, width, channels] = shape.slice(-3);
  warn(
    "ambiguous-layout",
    `shape [${shape}] is read channels last, ${channels} × ${width}×${height} pixels; channels first it would be ` +
      `${first} × ${channels}×${width} pixels. Say which: layout: "HWC" or layout: "CHW"`,
    onWarning,
  );
}

function explainShape(shape: readonly number[], layout: Layout | undefined): string {
  const fitting = LAYOUTS.filter((name) => name.length === shape.length && readAs(shape, name) !== null);
  const remedy = fitting.map((name) => `${MEANING[name]} pass layout: "${name}"`).join("; for ");
  return `shape [${shape}]: ${faultOf(shape, layout)}${remedy === "" ? "" : `. For ${remedy}`}`;
}

const MEANING: Readonly<Record<Layout, string>> = {
  HW: "a gray image",
  HWC: "channels-last data",
  CHW: "channels-first data",
  NHWC: "a channels-last batch of one",
  NCHW: "a channels-first batch of one",
};

function faultOf(shape: readonly number[], layout: Layout | undefined): string {
  const axes = shape.length;
  if (layout === "HW" && axes === 3) return `layout "HW" has 2 axes; got 3`;
  if (axes < 2) return `${axes === 1 ? "one axis" : "no axes"}; expected [height, width] or [height, width, channels]`;
  if (axes > 4) return `${axes} axes; an image has 2 to 4, such as [height, width, channels]`;
  if (axes === 3 && layout?.startsWith("N")) return `layout "${layout}" has 4 axes; got 3`;
  if (axes === 2) return `layout "${layout}" has 4 axes; got 2`;
  if (axes === 4 && shape[0] !== 1) return `a batch of ${shape[0]} images; an Image holds one: log a list of them`;
  const channels = layout?.endsWith("CHW") ? shape[axes - 3] : shape[axes - 1];
  return `${channels} channels${layout === undefined ? "" : ` by layout "${layout}"`}; expected 1, 2, 3 or 4`;
}

// --- where the elements lie

/** How raw bytes come to be so many values: ", 100 bytes of float32". */
function heldBy({ data, dtype }: ArrayInput): string {
  const held = dtypeOf(data);
  if (dtype === undefined || Array.isArray(data) || (held !== undefined && held !== "uint8")) return "";
  const { byteLength } = data as ArrayBuffer;
  const name = parseDtype(dtype).dtype;
  return BYTES_PER_ELEMENT[name] === 1 ? "" : `: its ${byteLength} bytes taken as ${name}`;
}

function checkStrides(
  array: ArrayInput,
  shape: readonly number[],
  length: number,
): { strides: number[]; offset: number } {
  const offset = array.offset ?? 0;
  if (!Number.isSafeInteger(offset) || offset < 0)
    throw new RangeError(`offset: expected a whole number; got ${describe(offset)}`);
  const given = array.strides ?? array.stride;
  const product = shape.reduce((total, axis) => total * axis, 1);
  if (given === undefined) {
    if (product + offset !== length && !(offset > 0 && product + offset < length)) {
      const from = offset === 0 ? "" : ` from offset ${offset}`;
      throw withCode(
        new RangeError(`shape [${shape}] has ${product} values${from}; the data has ${length}${heldBy(array)}`),
        "shape-mismatch",
      );
    }
    return { strides: packedStrides(shape), offset };
  }
  if (given.length !== shape.length) {
    const values = given.length > MOST_AXES ? "" : ` [${joined(given)}]`;
    throw new RangeError(`strides${values} has ${given.length} axes; shape [${shape}] has ${shape.length}`);
  }
  const strides = itemsOf(given).map(numberOf);
  if (!strides.every(Number.isSafeInteger))
    throw new RangeError(`strides: expected whole numbers of elements; got [${joined(given)}]`);
  if (product > 0) checkReach(shape, strides, offset, length);
  return { strides, offset };
}

function checkReach(shape: readonly number[], strides: readonly number[], offset: number, length: number): void {
  let first = offset;
  let last = offset;
  shape.forEach((axis, i) => {
    const reach = (axis - 1) * strides[i]!;
    if (reach < 0) first += reach;
    else last += reach;
  });
  if (first >= 0 && last < length) return;
  throw withCode(
    new RangeError(
      `strides [${strides}] from offset ${offset} over shape [${shape}] reach elements ${first} to ${last}; ` +
        `the data has 0 to ${length - 1}`,
    ),
    "shape-mismatch",
  );
}

/** Row-major, in elements. */
function packedStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis]!;
  }
  return strides;
}
