// run.log of the real libraries' tensors: one element is its number, a vector its list, more is refused with what to write.
import { strict as assert } from "node:assert";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import * as hf from "@huggingface/transformers";
import ndarrayStdlib from "@stdlib/ndarray-ctor";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import cv from "@techstark/opencv-js";
import { Image as ImageJs } from "image-js";
import { Jimp } from "jimp";
import ndarray from "ndarray";
import nj from "numjs";
import { Tensor } from "onnxruntime-common";
import sharp from "sharp";
import { init } from "../../../dist/node.js";

process.env.WANDB_SILENT = "true";
const dir = mkdtempSync(join(tmpdir(), "wandb-image-log-"));
const run = init({ dir });
after(async () => {
  await run.finish();
  rmSync(dir, { recursive: true });
});

/** What the run then has under the key. */
function logged(value) {
  run.log({ value });
  return run.summary.value;
}

await tf.ready();
if (cv.Mat === undefined) await new Promise((resolve) => (cv.onRuntimeInitialized = resolve));
const values = Float32Array.from({ length: 40 }, (_, i) => i / 4);
const pixels = { data: new Uint8Array(48).fill(7), width: 4, height: 4 };

const SCALARS = {
  tfjs: [tf.scalar(3.5), 3.5],
  "tfjs, an int": [tf.tensor1d([7], "int32"), 7],
  "tfjs, a bool": [tf.scalar(true), true],
  onnxruntime: [new Tensor("float32", [0.5], []), 0.5],
  "onnxruntime, int64": [new Tensor("int64", [5n], [1]), 5n],
  "onnxruntime, a bool": [new Tensor("bool", [true], [1]), true],
  "onnxruntime, a string": [new Tensor("string", ["cat"], [1]), "cat"],
  "transformers.js": [new hf.Tensor("float32", Float32Array.of(0.25), [1, 1]), 0.25],
  scijs: [
    ndarray(Float32Array.of(1, 2, 3), [3])
      .lo(1)
      .hi(1),
    2,
  ],
  "scijs, no axes": [ndarray(Float32Array.of(9), []), 9],
  numjs: [nj.array([4]), 4],
  stdlib: [new ndarrayStdlib("float64", Float64Array.of(6), [1], [1], 0, "row-major"), 6],
};
for (const [name, [value, number]] of Object.entries(SCALARS)) {
  test(`${name}: one element is its number`, () => assert.equal(logged(value), number));
}

const VECTORS = {
  tfjs: tf.tensor1d([1, 2, 3]),
  onnxruntime: new Tensor("float32", [1, 2, 3], [3]),
  "transformers.js": new hf.Tensor("float32", Float32Array.of(1, 2, 3), [1, 3]),
  scijs: ndarray(Float32Array.of(1, 9, 2, 9, 3), [3], [2]),
  numjs: nj.array([1, 2, 3]),
  stdlib: new ndarrayStdlib("float64", Float64Array.of(3, 2, 1), [3], [-1], 2, "row-major"),
};
for (const [name, vector] of Object.entries(VECTORS)) {
  test(`${name}: a vector is its list`, () => assert.deepEqual([...logged(vector)], [1, 2, 3]));
}

const LONG = {
  tfjs: tf.tensor1d(values),
  onnxruntime: new Tensor("float32", values, [40]),
  scijs: ndarray(values, [40]),
};
for (const [name, vector] of Object.entries(LONG)) {
  test(`${name}: over 32 values are a histogram`, () => {
    run.log({ [name]: vector, plain: values });
    assert.deepEqual({ ...run.summary[name] }, { ...run.summary.plain });
    assert.equal(run.summary[name]._type, "histogram");
  });
}

const mat = new cv.Mat(4, 4, cv.CV_8UC3);
const REFUSED = {
  "a tfjs matrix": [tf.zeros([4, 4]), /Tensor of shape \[4, 4\] cannot be logged as it is; pass new Image\(value\)/],
  "an onnxruntime batch": [new Tensor("float32", new Float32Array(48), [1, 3, 4, 4]), /of shape \[1, 3, 4, 4\]/],
  "a transformers.js image": [new hf.RawImage(pixels.data, 4, 4, 3), /a picture of 4×4 .*pass new Image\(value\)/],
  "a scijs picture": [ndarray(new Uint8Array(48), [4, 4, 3]), /of shape \[4, 4, 3\]/],
  "an OpenCV Mat": [mat, /a picture of 4×4/],
  "a Jimp": [new Jimp({ width: 4, height: 4 }), /a picture of 4×4/],
  "an image-js Image": [new ImageJs(4, 4), /cannot be logged/],
  "a sharp pipeline": [sharp({ create: { width: 4, height: 4, channels: 3, background: "red" } }), /cannot be logged/],
  "a disposed tensor": [
    (() => {
      const tensor = tf.zeros([2]);
      tensor.dispose();
      return tensor;
    })(),
    /it is disposed/,
  ],
};
for (const [name, [value, words]] of Object.entries(REFUSED)) {
  test(`${name} is refused with what to write`, () => {
    assert.throws(
      () => run.log({ deep: { key: value } }),
      (error) => {
        assert.match(error.message, /^key "deep\.key": /);
        assert.match(error.message, words);
        return true;
      },
    );
  });
}
