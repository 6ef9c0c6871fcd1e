// Numbers that are not a picture (boxes, scores, class ids, logits): any array or tensor that new Image takes, as packed elements with
// their shape, whatever its axes mean.
import { arrayOf, bytesOf, type Dtype, dtypeOf, elementsOf, float16Value, type TypedArray } from "../dtype.ts";
import { locate } from "../frame.ts";
import { describe } from "../messages.ts";
import { describeTensor } from "./tensor.ts";

export interface Packed {
  /** In row-major order: a view of the caller's memory where it lies so, else a copy. float16 as its 16-bit patterns. */
  readonly data: TypedArray;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** How the library that it comes from orders the axes of pictures. */
  readonly convention?: "HWC" | "CHW" | undefined;
}

/**
 * @param name what the numbers are, which errors begin with
 * @param expected what was hoped for, for the error: "N×4 numbers"
 * @throws TypeError for anything but an array, RangeError where its shape does not fit its data
 */
export function packedArray(input: unknown, name: string, expected: string): Packed {
  try {
    const packed = packedList(input) ?? packedTensor(input);
    if (packed !== undefined) {
      bytesOf(packed.data); // refuses memory that was moved away
      return packed;
    }
  } catch (error) {
    const { constructor: Kind, message } = error as Error;
    throw new (Kind === RangeError ? RangeError : TypeError)(`${name}: ${message}`);
  }
  throw new TypeError(
    `${name}: expected ${expected}, as an array, rows, a tensor or { data, shape }; got ${describe(input)}`,
  );
}

/** The elements as numbers: a copy. 64-bit integers beyond 2^53 lose their last digits. */
export function numbersIn({ data, dtype }: Packed): Float64Array {
  if (dtype === "float16") return Float64Array.from(data as Uint16Array, float16Value);
  return Float64Array.from(data as ArrayLike<number | bigint>, Number);
}

function packedTensor(input: unknown): Packed | undefined {
  const described = describeTensor(input);
  if (described === undefined) return undefined;
  const { array, convention } = described;
  const { data, dtype } = elementsOf(array.data, array.dtype);
  const { shape, strides, offset, isPacked } = locate(array, data.length);
  return { data: isPacked ? data : gathered(data, dtype, shape, strides, offset), dtype, shape, convention };
}

function gathered(data: TypedArray, dtype: Dtype, shape: number[], strides: number[], offset: number): TypedArray {
  const packed = arrayOf(
    dtype,
    shape.reduce((product, axis) => product * axis, 1),
  );
  let next = 0;
  const walk = (axis: number, at: number): void => {
    if (axis === shape.length) {
      packed[next++] = data[at]! as never;
      return;
    }
    for (let i = 0; i < shape[axis]!; i++) walk(axis + 1, at + i * strides[axis]!);
  };
  walk(0, offset);
  return packed;
}

/** No array of numpy has more axes (NPY_MAXDIMS); an array that holds itself has no end of them. */
export const MAX_LEVELS = 64;

/** A typed array, or (nested) lists of numbers. A list of other things, or with a made-up length, is none. */
function packedList(input: unknown): Packed | undefined {
  if (dtypeOf(input) !== undefined) {
    const { data, dtype } = elementsOf(input, undefined);
    return { data, dtype, shape: [data.length] };
  }
  if (!Array.isArray(input)) return undefined;
  const shape: number[] = [];
  for (let level: unknown = input; Array.isArray(level) || dtypeOf(level) !== undefined; ) {
    const row = level as ArrayLike<unknown>;
    shape.push(row.length);
    if (shape.length > MAX_LEVELS) return undefined;
    if (row.length === 0) break;
    level = row[0];
  }
  const values: number[] = [];
  fill(input, shape, 0, "", values);
  return { data: Float64Array.from(values), dtype: "float64", shape };
}

function fill(level: unknown, shape: readonly number[], axis: number, path: string, values: number[]): void {
  if (axis === shape.length) {
    if (typeof level !== "number" && typeof level !== "bigint" && typeof level !== "boolean") {
      throw new TypeError(`${path}: expected a number; got ${describe(level)}`);
    }
    values.push(Number(level));
    return;
  }
  if (!Array.isArray(level) && dtypeOf(level) === undefined) {
    throw new TypeError(`${path}: expected a row of ${shape[axis]} numbers; got ${describe(level)}`);
  }
  const row = level as ArrayLike<unknown>;
  if (row.length !== shape[axis]) {
    throw new RangeError(
      `row ${path.slice(1, -1).split("][").join(", ")} has ${row.length} numbers; expected ${shape[axis]}`,
    );
  }
  for (let i = 0; i < row.length; i++) {
    const value = row[i];
    fill(dtypeOf(row) === "float16" ? Number(value) : value, shape, axis + 1, `${path}[${i}]`, values);
  }
}
