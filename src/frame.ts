// What an array is before it is converted: the caller's own memory, described. Never copied, never written.

export type Dtype =
  | "float16"
  | "float32"
  | "float64"
  | "uint8"
  | "int8"
  | "uint16"
  | "int16"
  | "uint32"
  | "int32"
  | "uint64"
  | "int64"
  | "bool";

export type TypedArray =
  | Uint8Array
  | Uint8ClampedArray
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

/** How an array's axes are to be read; N must be 1. */
export type Layout = "HW" | "HWC" | "CHW" | "NHWC" | "NCHW";

/** The caller's array: element (y, x, c) is data[offset + y·strides.y + x·strides.x + c·strides.c]. */
export interface Frame {
  /** A view of the caller's memory; float16 as its 16-bit patterns in a Uint16Array, bool as 0 and 1 in a Uint8Array. */
  readonly data: TypedArray;
  readonly dtype: Dtype;
  readonly height: number;
  readonly width: number;
  /** 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA. */
  readonly channels: 1 | 2 | 3 | 4;
  /** Elements, not bytes. */
  readonly offset: number;
  readonly strides: { readonly y: number; readonly x: number; readonly c: number };
}
