// Numbers in others' objects: arrays and tensors of libraries, recognized by their fields, as adapt/ recognizes pictures. None of the
// libraries is imported.
import { float16Value } from "../dtype.ts";
import { describe, tagOf } from "../messages.ts";

export type Element = number | bigint | boolean | string;

export interface Tensor {
  readonly shape: readonly number[];
  readonly values: ArrayLike<Element>;
  /** "float32", "int64" …, in the library's word. */
  readonly dtype: string;
}

type TensorFields = { readonly [name: string]: unknown };

/**
 * The values of a tensor, in its order; undefined for what is not one. A view where the library has one.
 * @throws TypeError for a tensor that cannot be read at once, with what to write
 */
export function readTensor(value: object): Tensor | undefined {
  const fields = value as TensorFields;
  const { shape, dims, dtype, type, data } = fields;
  if (Array.isArray(dims) && typeof type === "string" && "data" in value) return readOnnx(fields, dims, type);
  // numjs' NdArray wraps a scijs one.
  const { selection } = fields;
  if (typeof selection === "object" && selection !== null && "data" in selection) return readTensor(selection);
  if (!isShape(shape)) return undefined;
  if (typeof fields.dataSync === "function") return readTfjs(value, shape, String(dtype));
  if (ArrayBuffer.isView(fields.values)) return { shape, values: elements(fields.values), dtype: String(dtype) };
  if (typeof data === "function") {
    throw new TypeError("its values have to be waited for: log (await tensor.data())[0], or what you make of them");
  }
  // A list beside a shape is an array where the object has an array's methods; else it may be anything.
  if (!ArrayBuffer.isView(data) && !(Array.isArray(data) && typeof fields.get === "function")) return undefined;
  return readStrided(fields, shape, elements(data), dtype === undefined ? dtypeOf(data) : String(dtype));
}

/** onnxruntime's Tensor and transformers.js'. The getter of `data` throws for a tensor on a GPU. */
function readOnnx(tensor: TensorFields, shape: number[], type: string): Tensor | undefined {
  const { location } = tensor;
  if (typeof location === "string" && location !== "cpu" && location !== "cpu-pinned") {
    throw new TypeError(`its data is on "${location}": log (await tensor.getData())[0], or what you make of it`);
  }
  const { data } = tensor;
  if (!ArrayBuffer.isView(data) && !(type === "string" && Array.isArray(data))) return undefined;
  const values = elements(data);
  return {
    shape,
    dtype: type,
    values: type === "float16" && dtypeOf(data) === "uint16" ? fromFloat16(values) : values,
  };
}

/** TensorFlow.js' Tensor. */
function readTfjs(tensor: object, shape: readonly number[], dtype: string): Tensor {
  const { isDisposed, dataSync } = tensor as { isDisposed?: unknown; dataSync(): unknown };
  if (isDisposed === true) throw new TypeError("it is disposed; log it before tf.tidy or dispose() frees it");
  if (dtype === "complex64") throw new TypeError("its numbers are complex; log tf.real and tf.imag of it");
  try {
    return { shape, values: elements(dataSync.call(tensor)), dtype };
  } catch (cause) {
    throw new TypeError("its backend cannot be read synchronously: log (await tensor.data())[0]", { cause });
  }
}

/** scijs' and stdlib's ndarray, zarrita's chunks, `{ data, shape }`: of any strides. */
function readStrided(
  array: TensorFields,
  shape: readonly number[],
  data: ArrayLike<Element>,
  dtype: string,
): Tensor | undefined {
  const size = sizeOf(shape);
  const strides = array.stride ?? array.strides;
  const offset = typeof array.offset === "number" ? array.offset : 0;
  if (!isShape(strides)) return data.length === size ? { shape, values: data, dtype } : undefined;
  const index = new Array<number>(shape.length).fill(0);
  const values: Element[] = [];
  for (let n = 0; n < size; n++) {
    values.push(data[index.reduce((at, i, axis) => at + i * strides[axis]!, offset)]!);
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis]! === shape[axis]; axis--) index[axis] = 0;
  }
  return { shape, values, dtype };
}

/** Numbers of a typed array, a list or a tensor, and the dtype that numpy would have for them. */
export function numbersOf(data: unknown, caller: string): { values: ArrayLike<number | bigint>; dtype: string } {
  const expected = `${caller}: expected numbers, as a typed array, a list or a tensor; got`;
  if (typeof data !== "object" || data === null) throw new TypeError(`${expected} ${describe(data)}`);
  if (ArrayBuffer.isView(data)) return { values: elements(data) as ArrayLike<number | bigint>, dtype: dtypeOf(data) };
  const list = Array.isArray(data) ? flat(data, expected) : undefined;
  const tensor = list === undefined ? readTensor(data) : { values: list as Element[], dtype: "float64" };
  if (tensor === undefined) throw new TypeError(`${expected} ${describe(data)}`);
  const { values, dtype } = tensor;
  const kind = typeof values[0];
  for (let i = 0; i < values.length; i++) {
    if (typeof values[i] !== kind || !(kind === "number" || kind === "bigint" || kind === "boolean")) {
      throw new TypeError(`${expected} ${describe(values[i])} at ${i}`);
    }
  }
  return { values: values as ArrayLike<number | bigint>, dtype };
}

/** numpy's limit of axes: a list of more levels may hold itself. */
const MAX_LEVELS = 64;

function flat(list: readonly unknown[], expected: string, level = 1, values: unknown[] = []): unknown[] {
  if (level > MAX_LEVELS) throw new TypeError(`${expected} lists of more than ${MAX_LEVELS} levels`);
  for (const each of list) {
    if (Array.isArray(each)) flat(each, expected, level + 1, values);
    else values.push(each);
  }
  return values;
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, side) => size * side, 1);
}

/** Booleans of a tensor of them, which holds bytes. */
export function elementsOf({ values, dtype }: Tensor): Element[] {
  const list = Array.from(values);
  return dtype === "bool" ? list.map(Boolean) : list;
}

function isShape(shape: unknown): shape is readonly number[] {
  return Array.isArray(shape) || (ArrayBuffer.isView(shape) && "length" in shape);
}

function elements(data: unknown): ArrayLike<Element> {
  if (typeof data === "object" && data !== null && "length" in data) return data as ArrayLike<Element>;
  throw new TypeError(`its data is ${describe(data)}; expected a typed array`);
}

function fromFloat16(bits: ArrayLike<Element>): number[] {
  return Array.from(bits as ArrayLike<number>, float16Value);
}

/** "Float32Array" → "float32". */
function dtypeOf(data: unknown): string {
  return tagOf(data)
    .replace(/Array$/, "")
    .toLowerCase();
}
