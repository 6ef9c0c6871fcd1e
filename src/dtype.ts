// What the elements of an array are: numpy's dtype names, and typed arrays over raw bytes.
import { describe, tagOf, withCode } from "./messages.ts";

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

/** float16 has no typed array in every engine yet: its 16-bit patterns travel in a Uint16Array. */
export const ARRAYS = {
  float16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
  bool: Uint8Array,
} as const;

/** What a typed array holds, by its tag: `instanceof` fails for arrays of another realm. */
const DTYPE_OF_TAG: Readonly<Record<string, Dtype>> = {
  Float16Array: "float16",
  Float32Array: "float32",
  Float64Array: "float64",
  Uint8Array: "uint8",
  Uint8ClampedArray: "uint8",
  Int8Array: "int8",
  Uint16Array: "uint16",
  Int16Array: "int16",
  Uint32Array: "uint32",
  Int32Array: "int32",
  BigUint64Array: "uint64",
  BigInt64Array: "int64",
};

/** Names that are not `kind` + `bits`: numpy's aliases, and those of scijs and stdlib for what JavaScript calls an array. */
const ALIASES: Readonly<Record<string, Dtype>> = {
  bool_: "bool",
  boolean: "bool",
  "?": "bool",
  b1: "bool",
  half: "float16",
  single: "float32",
  double: "float64",
  float: "float64",
  int: "int64",
  uint: "uint64",
  bigint64: "int64",
  biguint64: "uint64",
  uint8c: "uint8",
  uint8_clamped: "uint8",
  buffer: "uint8",
};

const KINDS: Readonly<Record<string, string>> = { f: "float", i: "int", u: "uint" };

/**
 * The dtype that a name means and, for numpy's ">f4", that its bytes are big-endian.
 * @throws TypeError for a name of no number type (complex64, string …)
 */
export function parseDtype(name: unknown): { dtype: Dtype; bigEndian: boolean } {
  const [, order, plain] = /^([<>=|]?)(.*)$/s.exec(textOf(name))!;
  const code = /^([fiu])([1248])$/.exec(plain!);
  const dtype = code ? `${KINDS[code[1]!]}${Number(code[2]) * 8}` : (ALIASES[plain!] ?? plain!);
  if (!Object.hasOwn(ARRAYS, dtype)) {
    throw new TypeError(`dtype: expected ${Object.keys(ARRAYS).join(", ")}; got ${describe(name)}`);
  }
  return { dtype: dtype as Dtype, bigEndian: order === ">" && BYTES_PER_ELEMENT[dtype as Dtype] > 1 };
}

/** Libraries name a dtype by an object of theirs. */
function textOf(name: unknown): string {
  try {
    return String(name);
  } catch {
    return ""; // an object without a name
  }
}

/** A new typed array for `length` elements, of this realm. */
export function arrayOf(dtype: Dtype, length: number): TypedArray {
  return new ARRAYS[dtype](length);
}

export const BYTES_PER_ELEMENT = Object.fromEntries(
  Object.entries(ARRAYS).map(([dtype, Elements]) => [dtype, Elements.BYTES_PER_ELEMENT]),
) as Readonly<Record<Dtype, 1 | 2 | 4 | 8>>;

/** What a typed array holds; undefined for anything else. */
export function dtypeOf(data: unknown): Dtype | undefined {
  return ArrayBuffer.isView(data) ? DTYPE_OF_TAG[tagOf(data)] : undefined;
}

/**
 * `data` as elements of `dtype`: a view of it. Raw bytes that are big-endian or unaligned are copied, and so is a flat
 * array of numbers, which becomes float64.
 * @throws TypeError where data holds something else
 */
export function elementsOf(data: unknown, name: unknown): { data: TypedArray; dtype: Dtype } {
  const held = dtypeOf(data);
  const generic = name === undefined || name === "array" || name === "generic";
  if (Array.isArray(data)) return flatNumbers(data, generic ? "float64" : parseDtype(name).dtype);
  if (held !== undefined && generic) return { data: plainView(data as TypedArray), dtype: held };
  if (held === undefined && !isRawBytes(data)) {
    throw new TypeError(`data: expected a typed array; got ${describe(data)}`);
  }
  if (generic)
    throw new TypeError(`data: expected a typed array, or dtype: "float32" …; got ${describe(data)} without a dtype`);
  const { dtype, bigEndian } = parseDtype(name);
  if (held !== undefined && held !== "uint8")
    return { data: viewAs(data as TypedArray, held, dtype, bigEndian, name), dtype };
  return { data: fromBytes(bytesOf(data as ArrayBufferView | ArrayBuffer), dtype, bigEndian), dtype };
}

function isRawBytes(data: unknown): boolean {
  return ["ArrayBuffer", "SharedArrayBuffer", "DataView"].includes(tagOf(data));
}

/**
 * The bytes under a view or a buffer, as a view of them.
 * @throws TypeError where the memory was transferred away
 */
export function bytesOf(data: ArrayBufferView | ArrayBufferLike): Uint8Array {
  try {
    return ArrayBuffer.isView(data)
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : new Uint8Array(data as ArrayBuffer);
  } catch {
    throw withCode(
      new TypeError(`${describe(data)} is detached: log it before its memory is transferred, or a copy of it`),
      "no-longer-readable",
    );
  }
}

/**
 * A view of this realm's own class: a subclass may have a constructor of its own, which `subarray` would call, and float16 travels
 * as its patterns.
 */
function plainView(data: TypedArray): TypedArray {
  const dtype = DTYPE_OF_TAG[tagOf(data)]!;
  if (dtype === "uint8") return bytesOf(data);
  if (Object.getPrototypeOf(data) === ARRAYS[dtype].prototype) return data;
  return new ARRAYS[dtype](data.buffer as ArrayBuffer, data.byteOffset, data.length);
}

/** float16 patterns are the one thing that a typed array wider than a byte may hold under another name. */
function viewAs(data: TypedArray, held: Dtype, dtype: Dtype, bigEndian: boolean, name: unknown): TypedArray {
  if (bigEndian) {
    throw new TypeError(
      `dtype: expected this machine's byte order for a ${tagOf(data)}; got "${name}". Pass its bytes instead`,
    );
  }
  if (held === dtype || (dtype === "float16" && held === "uint16") || (dtype === "bool" && held === "int8")) {
    return dtype === "bool" ? bytesOf(data) : plainView(data);
  }
  throw new TypeError(`dtype: expected ${held}, which a ${tagOf(data)} holds; got "${name}"`);
}

function fromBytes(bytes: Uint8Array, dtype: Dtype, bigEndian: boolean): TypedArray {
  const Elements = ARRAYS[dtype];
  const width = Elements.BYTES_PER_ELEMENT;
  if (bytes.length % width !== 0) {
    throw new RangeError(`data: expected a whole number of ${dtype}, ${width} bytes each; got ${bytes.length} bytes`);
  }
  const aligned = bytes.byteOffset % width === 0;
  if (aligned && !bigEndian) return new Elements(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length / width);
  const copy = new Uint8Array(bytes);
  if (bigEndian) reverseEach(copy, width);
  return new Elements(copy.buffer);
}

function reverseEach(bytes: Uint8Array, width: number): void {
  for (let i = 0; i < bytes.length; i += width) bytes.subarray(i, i + width).reverse();
}

/** numpy's asarray(list, dtype), but that a value which the dtype does not hold is an error instead of another value. */
function flatNumbers(data: readonly unknown[], dtype: Dtype): { data: TypedArray; dtype: Dtype } {
  if (dtype === "float16") {
    throw new TypeError(
      'dtype: expected float32 or float64 for an array of numbers; got "float16". Pass its 16-bit patterns in a Uint16Array',
    );
  }
  const odd = data.findIndex((value) => typeof value !== "number" && typeof value !== "boolean");
  if (odd >= 0) throw new TypeError(`data[${odd}]: expected a number; got ${describe(data[odd])}`);
  const numbers = Float64Array.from(data as readonly number[]);
  if (dtype === "float64") return { data: numbers, dtype };
  const whole = WHOLE[dtype];
  if (whole === undefined) return { data: Float32Array.from(numbers), dtype };
  const wrong = numbers.findIndex((value) => !(Number.isInteger(value) && value >= whole[0] && value <= whole[1]));
  if (wrong >= 0)
    throw new RangeError(
      `data[${wrong}]: expected ${dtype}, a whole number from ${whole[0]} to ${whole[1]}; got ${numbers[wrong]}`,
    );
  const typed = arrayOf(dtype, numbers.length);
  const big = dtype.endsWith("64");
  numbers.forEach((value, i) => {
    typed[i] = (big ? BigInt(value) : value) as never;
  });
  return { data: typed, dtype };
}

/** Smallest and largest number of the integer dtypes; of 64 bits, those that a JavaScript number holds exactly. */
const WHOLE: Partial<Readonly<Record<Dtype, readonly [number, number]>>> = {
  bool: [0, 1],
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
  uint32: [0, 2 ** 32 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint64: [0, Number.MAX_SAFE_INTEGER],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
};

/** The number that a float16's 16-bit pattern stands for (IEEE 754 binary16). */
export function float16Value(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}
