// Arrays of the tensor libraries, by their fields. None is imported; none is disposed of.

import { type ArrayInput, type FrameOptions, frameOf } from "../frame.ts";
import { describe, tagOf, withCode } from "../messages.ts";
import { warn } from "../warnings.ts";
import { type Fields, fieldsOf, hasMethods, isMethod } from "./fields.ts";
import { type AdaptOptions, asyncInputError, type Source } from "./source.ts";

/** A library's array as ours, and how the library orders the axes of pictures. */
export interface Described {
  readonly array: ArrayInput;
  readonly convention?: "HWC" | "CHW" | undefined;
}

function frameSource(described: Described | undefined, options: FrameOptions): Source | undefined {
  if (described === undefined) return undefined;
  const { array, convention } = described;
  return { kind: "frame", frame: frameOf(array, convention === undefined ? options : { ...options, convention }) };
}

/**
 * What any of the tensor libraries' arrays, or `{ data, shape }`, holds; undefined for anything else.
 * @throws what the readers throw: for a tensor that is disposed, or on a GPU
 */
export function describeTensor(input: unknown): Described | undefined {
  for (const describer of [tfjsTensor, onnxTensor, scijsArray, numjsArray, tensorBuffer, ndarray]) {
    const described = describer(input);
    if (described !== undefined) return described;
  }
  return undefined;
}

export const readTfjsTensor = (input: unknown, options: AdaptOptions) => frameSource(tfjsTensor(input), options);
export const readTensorBuffer = (input: unknown, options: AdaptOptions) => frameSource(tensorBuffer(input), options);
export const readOnnxTensor = (input: unknown, options: AdaptOptions) => frameSource(onnxTensor(input), options);
export const readNdarray = (input: unknown, options: AdaptOptions) => frameSource(ndarray(input), options);

/** TensorFlow.js' Tensor (channels last): `dataSync()`, where `data` is a method and `strides` lacks the last axis. */
function tfjsTensor(input: unknown): Described | undefined {
  if (!isTfjsTensor(input)) return undefined;
  const { shape, dtype, isDisposed } = input;
  if (isDisposed === true)
    throw withCode(
      new TypeError("the tensor is disposed; log it before tf.tidy or dispose() frees it"),
      "no-longer-readable",
    );
  let data: ArrayBufferView;
  try {
    data = (input.dataSync as () => ArrayBufferView).call(input);
  } catch (cause) {
    throw new TypeError("the tensor's backend cannot be read synchronously: await Image.from(tensor)", { cause });
  }
  return { array: { data, shape, dtype }, convention: "HWC" };
}

type TfjsTensor = Fields & { readonly shape: number[]; readonly dtype: string };

export function isTfjsTensor(input: unknown): input is TfjsTensor {
  const { shape, dtype } = fieldsOf(input);
  return hasMethods(input, "dataSync") && Array.isArray(shape) && typeof dtype === "string";
}

/** TensorFlow.js' TensorBuffer (channels last). */
function tensorBuffer(input: unknown): Described | undefined {
  const { values, shape, dtype } = fieldsOf(input);
  if (!ArrayBuffer.isView(values) || !Array.isArray(shape)) return undefined;
  return { array: { data: values, shape: shape as number[], dtype: String(dtype) }, convention: "HWC" };
}

/** onnxruntime's Tensor and transformers.js', which is one (a Proxy: no index is probed). Channels first. */
function onnxTensor(input: unknown): Described | undefined {
  if (!isOnnxTensor(input)) return undefined;
  const { dims, type, location } = input;
  // The getter of `data` throws for a tensor on a GPU.
  if (!isOnCpu(location)) throw asyncInputError(`a tensor whose data is on "${String(location)}"`);
  return { array: { data: input.data as ArrayBufferView, shape: dims, dtype: type }, convention: "CHW" };
}

type OnnxTensor = Fields & { readonly dims: readonly number[]; readonly type: string };

export function isOnnxTensor(input: unknown): input is OnnxTensor {
  const { dims, type } = fieldsOf(input);
  return Array.isArray(dims) && typeof type === "string";
}

export function isOnCpu(location: unknown): boolean {
  return location === undefined || location === "cpu" || location === "cpu-pinned";
}

/** numjs' NdArray wraps a scijs one. */
export function readNumjs(input: unknown, options: AdaptOptions): Source | undefined {
  const { selection } = fieldsOf(input);
  return isScijs(selection) ? readScijs(selection, options) : undefined;
}

function numjsArray(input: unknown): Described | undefined {
  return scijsArray(fieldsOf(input).selection);
}

function scijsArray(input: unknown): Described | undefined {
  if (!isScijs(input)) return undefined;
  const { shape, stride, offset, dtype } = input;
  return { array: { data: storeOf(input.data), shape, stride: stride!, offset: offset ?? 0, dtype } };
}

type Scijs = Fields & ArrayInput & { readonly dtype: string };

function isScijs(input: unknown): input is Scijs {
  // Methods first: an OpenCV Mat's `data`, a getter, throws once the Mat is deleted.
  if (!hasMethods(input, "pick", "transpose", "get")) return false;
  const { data, shape, stride } = fieldsOf(input);
  return data !== undefined && Array.isArray(shape) && Array.isArray(stride);
}

/** scijs' ndarray, of any strides. */
export function readScijs(input: unknown, options: AdaptOptions): Source | undefined {
  if (!isScijs(input)) return undefined;
  if (options.layout !== undefined || !isColumnsFirst(input)) return frameSource(scijsArray(input), options);
  warn(
    "ambiguous-layout",
    `ndarray of shape [${input.shape}] whose columns come first in memory is read as [height, width, channels]; if it is ` +
      "[width, height, channels], as get-pixels gives, log pixels.transpose(1, 0, 2). " +
      'layout: "HWC" says that the reading is right',
    options.onWarning,
  );
  // A shape that is ambiguous by itself needs no second warning.
  return frameSource(scijsArray(input), { ...options, onWarning() {} });
}

/** Strides [c, c·w, 1] of a shape [w, h, c]: what get-pixels gives, but also a transposed [h, w, c]. */
function isColumnsFirst({ shape, stride }: Scijs): boolean {
  const [width, , channels] = Array.from(shape);
  const [sx, sy, sc] = Array.from(stride!);
  return shape.length === 3 && sc === 1 && sx === channels && sy === channels! * width! && width! > 1 && shape[1]! > 1;
}

/** ndarray takes any store with get(i) and length for its data. */
function storeOf(data: unknown): ArrayBufferView | readonly number[] {
  if (ArrayBuffer.isView(data) || Array.isArray(data)) return data as ArrayBufferView;
  const store = fieldsOf(data);
  if (!isMethod(store.get) || typeof store.length !== "number")
    throw new TypeError(`data: expected a typed array; got ${describe(data)}`);
  if (store.length > 0 && store.get(store.length - 1) === undefined) {
    throw new TypeError(`data: expected ${store.length} values; its get(${store.length - 1}) gives none`);
  }
  const values = new Float64Array(store.length);
  for (let i = 0; i < values.length; i++) values[i] = Number(store.get(i));
  return values;
}

/** stdlib's ndarray, zarrita's chunks and npyjs' results differ from `{ data, shape }` in a few fields. */
function ndarray(input: unknown): Described | undefined {
  const { data, shape, dtype, strides, stride, offset, fortranOrder } = fieldsOf(input) as Fields & Partial<ArrayInput>;
  if (data === undefined || isMethod(data) || shape === undefined) return undefined;
  const axes = strides ?? stride;
  const bits = booleansOf(data);
  return {
    array: {
      data: bits ?? data,
      shape,
      // stdlib's dtype may be an object that prints its name; npyjs decodes float16 and big-endian data itself.
      ...(bits !== undefined
        ? { dtype: "bool" }
        : fortranOrder !== undefined || dtype === undefined
          ? {}
          : { dtype: String(dtype) }),
      ...(axes !== undefined ? { strides: axes } : fortranOrder === true ? { strides: columnMajor(shape) } : {}),
      ...(offset === undefined ? {} : { offset }),
    },
  };
}

/** BooleanArray of stdlib and BoolArray of zarrita: a byte of 0 or 1 each, behind a class of their own. */
function booleansOf(data: unknown): Uint8Array | undefined {
  const { buffer, byteOffset, length, BYTES_PER_ELEMENT } = fieldsOf(data);
  if (ArrayBuffer.isView(data) || !/ArrayBuffer$/.test(tagOf(buffer)) || typeof length !== "number") return undefined;
  if (BYTES_PER_ELEMENT !== undefined && BYTES_PER_ELEMENT !== 1) return undefined;
  return new Uint8Array(buffer as ArrayBuffer, typeof byteOffset === "number" ? byteOffset : 0, length);
}

/** Fortran's order, in elements. */
export function columnMajor(shape: ArrayLike<number>): number[] {
  let step = 1;
  return Array.from(shape, (axis) => {
    const stride = step;
    step *= axis;
    return stride;
  });
}
