// Tensor libraries: each picture is compared with the bytes that it was made of, or with the library's own way out.
import { strict as assert } from "node:assert";
import { test } from "node:test";
import * as hf from "@huggingface/transformers";
import ndarrayStdlib from "@stdlib/ndarray-ctor";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import ndarray from "ndarray";
import { dump, parse } from "npyjs";
import nj from "numjs";
import { Tensor } from "onnxruntime-common";
import * as zarr from "zarrita";
import { Image, logged, loggedFrom, pattern, planes, shows } from "./read.mjs";

const [H, W] = [5, 7];
const rgb = pattern(H, W, 3);
const floats = Float32Array.from(rgb, (value) => value / 255);
// W&B's rule for [0, 1], in float32 as numpy computes it.
const scaled = Uint8Array.from(floats, (value) => Math.fround(value * 255));

test("tfjs: float, int and bool tensors are channels last", async () => {
  await tf.ready();
  shows(logged(tf.tensor3d(floats, [H, W, 3])), [H, W, 3], scaled);
  shows(logged(tf.tensor3d(Int32Array.from(rgb), [H, W, 3], "int32")), [H, W, 3], rgb);
  shows(logged(tf.tensor4d(floats, [1, H, W, 3])), [H, W, 3], scaled);
  shows(
    logged(
      tf.tensor2d(
        [
          [true, false],
          [false, true],
        ],
        [2, 2],
        "bool",
      ),
    ),
    [2, 2, 1],
    [255, 0, 0, 255],
  );
  shows(logged(tf.transpose(tf.transpose(tf.tensor3d(floats, [H, W, 3]), [1, 0, 2]), [1, 0, 2])), [H, W, 3], scaled);
});

test("tfjs agrees with its own way out, tf.browser.toPixels", async () => {
  const tensor = tf.tensor3d(Int32Array.from(rgb), [H, W, 3], "int32");
  const rgba = await tf.browser.toPixels(tensor);
  shows(
    logged(tensor),
    [H, W, 3],
    [...rgba].filter((_, i) => i % 4 !== 3),
  );
});

test("tfjs: data is a method, strides lack an axis, and the tensor stays the caller's", async () => {
  const tensor = tf.tensor3d(floats, [H, W, 3]);
  assert.equal(typeof tensor.data, "function");
  assert.equal(tensor.strides.length, 2);
  shows(await loggedFrom(tensor), [H, W, 3], scaled);
  logged(tensor);
  assert.equal(tensor.isDisposed, false);
  assert.deepEqual([...tensor.dataSync()], [...floats]);
  tensor.dispose();
  const words = { message: "the tensor is disposed; log it before tf.tidy or dispose() frees it" };
  assert.throws(() => new Image(tensor), words);
  await assert.rejects(Image.from(tensor), words);
});

test("tfjs: 3×3×3 has a convention, so nothing is ambiguous; a layout overrides it", () => {
  const values = Float32Array.from({ length: 27 }, (_, i) => i);
  const cube = tf.tensor3d(values, [3, 3, 3]);
  const last = logged(cube);
  assert.deepEqual(last.codes, []);
  shows(last, [3, 3, 3], values);
  const first = logged(cube, { layout: "CHW" });
  shows(
    first,
    [3, 3, 3],
    [0, 9, 18, 1, 10, 19, 2, 11, 20, 3, 12, 21, 4, 13, 22, 5, 14, 23, 6, 15, 24, 7, 16, 25, 8, 17, 26],
  );
  assert.throws(
    () => new Image(tf.zeros([3, H, 8])),
    /shape \[3,5,8\]: 8 channels by layout "HWC"; .* pass layout: "CHW"/,
  );
  assert.throws(() => new Image(tf.complex([[1]], [[2]])), /dtype: .*got "complex64"/);
});

test("tfjs: a backend that cannot be read synchronously names Image.from, which reads it", async () => {
  const webgpu = { shape: [H, W, 3], dtype: "float32", dataId: {}, isDisposed: false, data: async () => floats };
  webgpu.dataSync = () => {
    throw new Error("readSync is not supported");
  };
  assert.throws(() => new Image(webgpu), { message: /cannot be read synchronously: await Image.from\(tensor\)/ });
  shows(await loggedFrom(webgpu), [H, W, 3], scaled);
});

test("tfjs: TensorBuffer", () => {
  const buffer = tf.buffer([2, 2, 3], "int32");
  buffer.set(200, 1, 0, 2);
  shows(logged(buffer), [2, 2, 3], [0, 0, 0, 0, 0, 0, 0, 0, 200, 0, 0, 0]);
});

test("onnxruntime: channels first, a batch of one, every type", () => {
  const chw = planes(rgb, H, W, 3);
  shows(logged(new Tensor("uint8", chw, [3, H, W])), [H, W, 3], rgb);
  shows(logged(new Tensor("uint8", chw, [1, 3, H, W])), [H, W, 3], rgb);
  shows(
    logged(
      new Tensor(
        "float32",
        Float32Array.from(chw, (v) => v / 255),
        [1, 3, H, W],
      ),
    ),
    [H, W, 3],
    scaled,
  );
  shows(logged(new Tensor("int64", BigInt64Array.from(chw, BigInt), [3, H, W])), [H, W, 3], rgb);
  shows(logged(new Tensor("bool", Uint8Array.of(1, 0, 0, 1), [2, 2])), [2, 2, 1], [255, 0, 0, 255]);
  shows(logged(new Tensor("uint8", rgb, [H, W, 3]), { layout: "HWC" }), [H, W, 3], rgb);
  assert.deepEqual(logged(new Tensor("uint8", new Uint8Array(27).fill(3), [3, 3, 3])).codes, []);
});

test("onnxruntime: float16 comes as 16-bit patterns", () => {
  // 0, 0.5, 1, 2^-1 + 2^-11
  const tensor = new Tensor("float16", Uint16Array.of(0, 0x3800, 0x3c00, 0x3801), [1, 2, 2]);
  shows(logged(tensor), [2, 2, 1], [0, 127, 255, 127]);
});

test("onnxruntime: wrong axes and packed types are refused", () => {
  assert.throws(() => new Image(new Tensor("uint8", new Uint8Array(H * W * 3), [1, H, W, 3])), {
    message: /shape \[1,5,7,3\]: 5 channels by layout "CHW"; .* pass layout: "NHWC"/,
  });
  assert.throws(() => new Image(new Tensor("string", ["a", "b"], [1, 2])), TypeError);
});

test("onnxruntime: a tensor off the CPU is read by getData", async () => {
  const chw = planes(rgb, H, W, 3);
  const tensor = Tensor.fromGpuBuffer({}, { dataType: "uint8", dims: [3, H, W], download: async () => chw });
  assert.throws(() => tensor.data);
  assert.throws(() => new Image(tensor), {
    name: "TypeError",
    message:
      'a tensor whose data is on "gpu-buffer" is read asynchronously: write await Image.from(x) instead of new Image(x)',
  });
  shows(await loggedFrom(tensor), [H, W, 3], rgb);
});

test("transformers.js: Tensor, a Proxy over onnxruntime's", () => {
  const chw = planes(rgb, H, W, 3);
  shows(logged(new hf.Tensor("uint8", chw, [3, H, W])), [H, W, 3], rgb);
  shows(
    logged(
      new hf.Tensor(
        "float32",
        Float32Array.from(chw, (v) => v / 255),
        [1, 3, H, W],
      ),
    ),
    [H, W, 3],
    scaled,
  );
});

test("transformers.js: RawImage is a decoded image, and its toTensor the same picture", () => {
  const image = new hf.RawImage(new Uint8ClampedArray(rgb), W, H, 3);
  const found = logged(image);
  shows(found, [H, W, 3], rgb);
  assert.equal(found.normalization, null);
  shows(logged(image.toTensor("CHW")), [H, W, 3], rgb);
  shows(logged(image.toTensor("HWC"), { layout: "HWC" }), [H, W, 3], rgb);
  const mask = new hf.RawImage(new Uint8ClampedArray([0, 1, 1, 0]), 2, 2, 1);
  shows(logged(mask), [2, 2, 1], [0, 1, 1, 0]);
});

test("ndarray: crops, steps, negative and transposed strides, generic stores", () => {
  const array = ndarray(rgb, [H, W, 3]);
  const at = (view) => {
    const values = [];
    for (let y = 0; y < view.shape[0]; y++)
      for (let x = 0; x < view.shape[1]; x++) for (let c = 0; c < 3; c++) values.push(view.get(y, x, c));
    return values;
  };
  for (const view of [
    array,
    array.lo(1, 2, 0).hi(3, 4, 3),
    array.step(2, 3, 1),
    array.step(-1, 1, 1),
    array.step(1, -2, -1),
    array.transpose(1, 0, 2),
  ]) {
    shows(logged(view), view.shape, at(view));
  }
  shows(logged(ndarray([...rgb], [H, W, 3])), [H, W, 3], rgb);
  const store = { length: 4, get: (i) => i * 10, set() {} };
  shows(logged(ndarray(store, [2, 2])), [2, 2, 1], [0, 10, 20, 30]);
  shows(logged(ndarray(new Uint8ClampedArray(rgb), [H, W, 3])), [H, W, 3], rgb);
  shows(logged(ndarray(Buffer.from(rgb), [H, W, 3])), [H, W, 3], rgb);
});

test("ndarray: get-pixels' [width, height, channels] is remarked on, and its transpose is right", () => {
  const pixels = ndarray(pattern(H, W, 4), [W, H, 4], [4, 4 * W, 1], 0);
  const found = logged(pixels);
  assert.deepEqual(found.codes, ["ambiguous-layout"]);
  assert.deepEqual(found.shape, [W, H, 4]);
  assert.deepEqual(logged(pixels, { layout: "HWC" }).codes, []);
  const right = logged(pixels.transpose(1, 0, 2));
  assert.deepEqual(right.codes, []);
  shows(right, [H, W, 4], pattern(H, W, 4));
});

test("stdlib: row- and column-major, offsets, its own booleans", () => {
  const shape = [2, 3];
  const column = new ndarrayStdlib("uint8", Uint8Array.of(10, 40, 20, 50, 30, 60), shape, [1, 2], 0, "column-major");
  shows(logged(column), [2, 3, 1], [10, 20, 30, 40, 50, 60]);
  const reversed = new ndarrayStdlib("float64", Float64Array.of(9, 9, 2, 3, 4, 5), [2, 2], [-2, 1], 4, "row-major");
  shows(logged(reversed), [2, 2, 1], [4, 5, 2, 3]);
  const objectDtype = {
    data: Float32Array.of(0, 1),
    shape: [1, 2],
    strides: [2, 1],
    offset: 0,
    dtype: { toString: () => "float32" },
  };
  shows(logged(objectDtype), [1, 2, 1], [0, 255]);
});

test("stdlib: BooleanArray", async () => {
  const { default: BooleanArray } = await import("@stdlib/array-bool");
  const data = new BooleanArray([true, false, false, true]);
  shows(logged({ data, shape: [2, 2], strides: [2, 1], offset: 0, dtype: "bool" }), [2, 2, 1], [255, 0, 0, 255]);
});

test("numjs: arrays and their views", () => {
  shows(
    logged(
      nj.uint8([
        [1, 2, 3],
        [4, 5, 6],
      ]),
    ),
    [2, 3, 1],
    [1, 2, 3, 4, 5, 6],
  );
  shows(
    logged(
      nj.uint8([
        [1, 2, 3],
        [4, 5, 6],
      ]).T,
    ),
    [3, 2, 1],
    [1, 4, 2, 5, 3, 6],
  );
  shows(logged(nj.arange(12).reshape(2, 2, 3)), [2, 2, 3], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
});

test("zarrita: chunks and their slices", async () => {
  const array = await zarr.create(zarr.root(new Map()), { shape: [H, W, 3], chunkShape: [2, 3, 3], dtype: "uint8" });
  await zarr.set(array, null, { data: rgb, shape: [H, W, 3], stride: [W * 3, 3, 1] });
  shows(logged(await zarr.get(array)), [H, W, 3], rgb);
  const green = await zarr.get(array, [zarr.slice(1, 3), null, 1]);
  shows(logged(green), [2, W, 1], [...rgb].filter((_, i) => i % 3 === 1).slice(W, 3 * W));
  const fortran = { data: Uint8Array.of(1, 3, 2, 4), shape: [2, 2], stride: [1, 2] };
  shows(logged(fortran), [2, 2, 1], [1, 2, 3, 4]);
});

test("zarrita: 64-bit, 16-bit and boolean arrays", async () => {
  const bits = new zarr.BoolArray(4);
  bits.set(1, true);
  shows(logged({ data: bits, shape: [2, 2], stride: [2, 1] }), [2, 2, 1], [0, 255, 0, 0]);
  shows(logged({ data: BigInt64Array.of(7n, 300n), shape: [1, 2], stride: [2, 1] }), [1, 2, 1], [7, 255]);
  shows(logged({ data: Uint16Array.of(7, 300), shape: [1, 2], stride: [2, 1] }), [1, 2, 1], [7, 255]);
  assert.throws(() => new Image({ data: new zarr.UnicodeStringArray(4, 4), shape: [2, 2], stride: [2, 1] }), TypeError);
});

/** A .npy file (numpy's format 1.0) with the given header and values. */
function npy(header, values) {
  const text = `${header}${" ".repeat(63 - ((10 + header.length) % 64))}\n`;
  const file = new Uint8Array(10 + text.length + values.byteLength);
  file.set([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, text.length & 255, text.length >> 8]);
  file.set(new TextEncoder().encode(text), 10);
  file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 10 + text.length);
  return file.buffer;
}

test("npyjs: C order, and Fortran's, whose data it leaves column by column", () => {
  shows(logged(parse(dump(rgb, [H, W, 3]))), [H, W, 3], rgb);
  shows(logged(parse(dump(floats, [H, W, 3]))), [H, W, 3], scaled);
  const columns = new Uint8Array(rgb.length);
  for (let y = 0; y < H; y++)
    for (let x = 0; x < W; x++) for (let c = 0; c < 3; c++) columns[(c * W + x) * H + y] = rgb[(y * W + x) * 3 + c];
  const file = npy(`{'descr': '|u1', 'fortran_order': True, 'shape': (${H}, ${W}, 3), }`, columns);
  const parsed = parse(file);
  assert.equal(parsed.fortranOrder, true);
  shows(logged(parsed), [H, W, 3], rgb);
  shows(logged(new Uint8Array(file)), [H, W, 3], rgb);
});

test("npyjs: float16, and big-endian data, which it has turned already", () => {
  const halves = Uint16Array.from(rgb, (value) => [0, 0x3800, 0x3c00][value % 3]);
  const expected = Uint8Array.from(rgb, (value) => [0, 127, 255][value % 3]);
  const header = (descr) => `{'descr': '${descr}', 'fortran_order': False, 'shape': (${H}, ${W}, 3), }`;
  shows(logged(parse(npy(header("<f2"), halves))), [H, W, 3], expected);
  const swapped = new DataView(new ArrayBuffer(floats.byteLength));
  for (const [i, value] of floats.entries()) swapped.setFloat32(i * 4, value, false);
  const bytes = new Uint8Array(swapped.buffer);
  shows(logged(new Uint8Array(npy(header(">f4"), bytes))), [H, W, 3], scaled);
});
