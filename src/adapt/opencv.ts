// OpenCV.js' Mat: rows in the heap of its own WebAssembly module.

import { frameOf } from "../frame.ts";
import { withCode } from "../messages.ts";
import { decodedSource } from "./decoded.ts";
import { type Fields, hasMethods } from "./fields.ts";
import type { AdaptOptions, Source } from "./source.ts";

/** The view of each depth, by `type() & 7`. */
const VIEWS = ["data", "data8S", "data16U", "data16S", "data32S", "data32F", "data64F"] as const;

/** 8 and 16 bits are a decoded image in the Mat's own channel order (RGBA from a canvas); other depths are an array. */
export function readMat(input: unknown, options: AdaptOptions): Source | undefined {
  if (!isMat(input)) return undefined;
  if (input.isDeleted())
    throw withCode(new TypeError("the Mat is deleted; log it before delete()"), "no-longer-readable");
  const { rows, cols } = input;
  const channels = input.channels();
  const name = VIEWS[input.type() & 7];
  if (name === undefined)
    throw new TypeError(`Mat: expected 8 to 64-bit numbers, CV_8U to CV_64F; got type ${input.type()}`);
  const data = elementsOf(input, name);
  if (name === "data" || name === "data16U") {
    return decodedSource({ data, width: cols, height: rows, channels });
  }
  return { kind: "frame", frame: frameOf({ data, shape: [rows, cols, channels] }, { ...options, convention: "HWC" }) };
}

interface Mat extends Fields {
  readonly rows: number;
  readonly cols: number;
  /** Bytes from one row to the next, and from one pixel. */
  readonly step: readonly number[];
  channels(): number;
  type(): number;
  isContinuous(): boolean;
  isDeleted(): boolean;
}

/** By methods alone: the getters of a deleted Mat throw. */
function isMat(input: unknown): input is Mat {
  return hasMethods(input, "channels", "type", "isContinuous", "isDeleted", "ucharPtr");
}

/**
 * A view of the heap: it holds until OpenCV allocates, which the work on one picture, all synchronous, does not. A crop
 * has gaps between its rows, which no view of OpenCV's shows: its rows are copied. (Its `clone` is Emscripten's, which
 * copies the handle only.)
 */
function elementsOf(mat: Mat, name: (typeof VIEWS)[number]): ArrayBufferView {
  const view = mat[name] as Uint8Array<ArrayBuffer>;
  if (mat.isContinuous()) return view;
  const { rows, cols, step } = mat;
  const Elements = view.constructor as Uint8ArrayConstructor;
  const width = cols * mat.channels();
  const packed = new Elements(rows * width);
  for (let y = 0; y < rows; y++)
    packed.set(new Elements(view.buffer, view.byteOffset + y * step[0]!, width), y * width);
  return packed;
}
