// What run.log makes of arrays and tensors: a number of one element, a list of few, a histogram of many, words for pictures.
import { expect, test } from "@jest/globals";
import { Histogram } from "../../../src/log/histogram.ts";
import { type SnapshotOptions, snapshot } from "../../../src/log/snapshot.ts";
import { Image } from "../../../src/node.ts";
import type { Warning } from "../../../src/warnings.ts";

const logged = (value: unknown, options?: SnapshotOptions) => snapshot({ value }, "run.log", options).value;
const range = (n: number) => Float32Array.from({ length: n }, (_, i) => i);

/** TensorFlow.js' Tensor, as far as it is looked at: a class with much beside its values. */
class Tensor {
  kept = false;
  scopeId = 7;
  isDisposed = false;
  readonly shape: number[];
  readonly dtype: string;
  readonly #data: unknown;
  constructor(data: unknown, shape: number[], dtype = "float32") {
    this.#data = data;
    this.shape = shape;
    this.dtype = dtype;
  }
  dataSync() {
    if (this.#data === "on the GPU") throw new Error("await data() instead");
    return this.#data;
  }
}

/** onnxruntime's and transformers.js'. */
const onnx = (data: unknown, dims: number[], type: string, location = "cpu") => ({
  dims,
  type,
  data,
  location,
  cpuData: data,
});

const scijs = (data: unknown, shape: number[], stride: number[], offset = 0) =>
  new (class View1dfloat32 {
    data = data;
    shape = shape;
    stride = stride;
    offset = offset;
    dtype = "float32";
    get() {}
  })();

test.each<[string, unknown, unknown]>([
  ["a typed array of one", Float32Array.of(0.5), 0.5],
  ["a BigInt64Array of one", BigInt64Array.of(-3n), -3n],
  ["a typed array of none", new Float32Array(0), []],
  ["a typed array of 32", range(32), [...range(32)]],
  ["a tfjs scalar", new Tensor(Float32Array.of(3), []), 3],
  ["a tfjs tensor of one", new Tensor(Int32Array.of(3), [1, 1], "int32"), 3],
  ["a tfjs boolean", new Tensor(Uint8Array.of(1), [], "bool"), true],
  ["a tfjs string", new Tensor(["ok"], [], "string"), "ok"],
  ["a tfjs vector", new Tensor(Float32Array.of(1, 2, 3), [3]), [1, 2, 3]],
  ["a tfjs vector in a batch of one", new Tensor(Float32Array.of(1, 2), [1, 2]), [1, 2]],
  ["an onnxruntime scalar", onnx(Float32Array.of(0.25), [], "float32"), 0.25],
  ["an onnxruntime int64", onnx(BigInt64Array.of(5n), [1], "int64"), 5n],
  ["an onnxruntime float16", onnx(Uint16Array.of(0x3c00), [1], "float16"), 1],
  ["an onnxruntime bool vector", onnx(Uint8Array.of(1, 0), [2], "bool"), [true, false]],
  ["an onnxruntime string", onnx(["cat"], [1], "string"), "cat"],
  ["a scijs scalar of a larger store", scijs(range(9), [], [], 4), 4],
  ["a scijs column", scijs(range(9), [3], [3], 1), [1, 4, 7]],
  ["a numjs array", { selection: scijs(Float32Array.of(7), [1], [1]) }, 7],
  [
    "a numjs array of a list",
    Object.assign(
      new (class {
        selection = scijs([7], [1], [1]);
      })(),
      { shape: [1] },
    ),
    7,
  ],
  ["a tfjs TensorBuffer", { values: Float32Array.of(7), shape: [1], dtype: "float32" }, 7],
  ["data with a shape", { data: Float32Array.of(7), shape: [1, 1] }, 7],
  ["a list of scalars", [new Tensor(Float32Array.of(1), []), onnx(Float32Array.of(2), [], "float32")], [1, 2]],
  [
    "an object that only looks like it",
    { shape: [3, 4], data: "train", dims: [1], type: "x" },
    { shape: [3, 4], data: "train", dims: [1], type: "x" },
  ],
  ["a list in a shape", { shape: [2], data: [1, 2] }, { shape: [2], data: [1, 2] }],
])("%s", (_, value, expected) => {
  expect(logged(value)).toEqual(expected);
});

const PIXELS = { data: new Uint8ClampedArray(64), width: 4, height: 4 };
const PNG = new Image(PIXELS).bytes;

test("numbers that begin like a BMP file are numbers", () => {
  expect(logged(Uint8Array.from({ length: 40 }, (_, i) => [66, 77][i] ?? i))).toMatchObject({ _type: "histogram" });
});

const GRID = "pass new Image(value), new Histogram(value), or its numbers";
test.each<[string, unknown, string]>([
  ["a tfjs matrix", new Tensor(range(16), [4, 4]), `a Tensor of shape [4, 4] cannot be logged as it is; ${GRID}`],
  [
    "an onnxruntime batch",
    onnx(range(48), [1, 3, 4, 4], "float32"),
    `an object { dims, type, data, location, cpuData } of shape [1, 3, 4, 4] cannot be logged as it is; ${GRID}`,
  ],
  [
    "data with a shape",
    { data: range(12), shape: [2, 2, 3] },
    `an object { data, shape } of shape [2, 2, 3] cannot be logged as it is; ${GRID}`,
  ],
  [
    "a disposed tensor",
    Object.assign(new Tensor(null, [2]), { isDisposed: true }),
    "a Tensor: it is disposed; log it before tf.tidy or dispose() frees it",
  ],
  [
    "a tfjs tensor on a GPU",
    new Tensor("on the GPU", []),
    "a Tensor: its backend cannot be read synchronously: log (await tensor.data())[0]",
  ],
  [
    "complex numbers",
    new Tensor(range(2), [], "complex64"),
    "a Tensor: its numbers are complex; log tf.real and tf.imag of it",
  ],
  [
    "an onnxruntime tensor on a GPU",
    onnx(null, [1], "float32", "gpu-buffer"),
    'an object { dims, type, data, location, cpuData }: its data is on "gpu-buffer": log (await tensor.getData())[0], or what you make of it',
  ],
  [
    "a tensor that is only awaited",
    { shape: [1], dtype: "float32", data: async () => 1 },
    "an object { shape, dtype, data }: its values have to be waited for: log (await tensor.data())[0], or what you make of them",
  ],
  [
    "decoded pixels",
    { data: new Uint8ClampedArray(16), width: 2, height: 2 },
    "a picture of 2×2 cannot be logged as it is; pass new Image(value)",
  ],
  [
    "a RawImage",
    new (class RawImage {
      data = new Uint8Array(12);
      width = 2;
      height = 2;
      channels = 3;
    })(),
    "a picture of 2×2 cannot be logged as it is; pass new Image(value)",
  ],
  [
    "a Jimp",
    new (class Jimp {
      bitmap = { data: new Uint8Array(16), width: 2, height: 2 };
    })(),
    "a picture of 2×2 cannot be logged as it is; pass new Image(value)",
  ],
  [
    "an OpenCV Mat",
    new (class Mat {
      rows = 3;
      cols = 2;
      data = new Uint8Array(6);
    })(),
    "a picture of 2×3 cannot be logged as it is; pass new Image(value)",
  ],
  [
    "sharp's result",
    { data: new Uint8Array(12), info: { width: 2, height: 2, channels: 3 } },
    "a picture of 2×2 cannot be logged as it is; pass new Image(value)",
  ],
  [
    "a canvas",
    new (class Canvas {
      width = 2;
      height = 2;
      getContext() {}
    })(),
    "a picture of 2×2 cannot be logged as it is; pass new Image(value)",
  ],
  ["a PNG file", PNG, "the bytes of a PNG file cannot be logged as they are; pass new Image(bytes)"],
  [
    "a JPEG file",
    new Image(PIXELS, { fileType: "jpg" }).bytes,
    "the bytes of a JPEG file cannot be logged as they are; pass new Image(bytes)",
  ],
  [
    "a BMP file",
    Buffer.from(new Image(PIXELS, { fileType: "bmp" }).bytes),
    "the bytes of a BMP file cannot be logged as they are; pass new Image(bytes)",
  ],
  ["a Blob", new Blob(["x"]), "a Blob cannot be logged; pass await Image.from(blob), if it is a picture"],
  ["a Response", new Response("x"), "a Response cannot be logged; pass await Image.from(response), if it is a picture"],
])("refused: %s", (_, value, words) => {
  expect(() => logged({ deep: [value] })).toThrow(`key "value.deep[0]": ${words}`);
});

test.each<[string, unknown]>([
  ["a typed array of 33", range(33)],
  ["a tensor of 33", new Tensor(range(33), [33])],
  ["in a list", [range(33)]],
])("%s is W&B's histogram of 32 bins", (_, value) => {
  const found = logged(value);
  const { histogram, bins } = new Histogram(range(33), { numBins: 32 });
  const expected = { _type: "histogram", values: histogram, bins };
  expect(found).toEqual(Array.isArray(value) ? [expected] : expected);
});

test("in config arrays stay lists, of any length", () => {
  expect(logged(range(33), { arrays: "list" })).toEqual([...range(33)]);
  expect(logged(new Tensor(range(33), [33]), { arrays: "list" })).toEqual([...range(33)]);
  expect(logged(Float32Array.of(1), { arrays: "list" })).toBe(1);
});

test("NaN in a logged array: the warning names the key", () => {
  const warnings: Warning[] = [];
  const array = range(40);
  array.set([Number.NaN, Infinity, -Infinity], 10);
  const found = logged({ grads: array }, { onWarning: (warning) => warnings.push(warning) }) as {
    grads: { values: number[] };
  };
  expect(found.grads.values.reduce((a, b) => a + b)).toBe(37);
  expect(warnings).toEqual([
    {
      code: "histogram-not-finite",
      message: 'key "value.grads": Histogram: 3 of 40 values are NaN or infinite and left out',
    },
  ]);
});
