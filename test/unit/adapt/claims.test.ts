import { expect, test } from "@jest/globals";
import { box, Image, type ImageOptions, makeGrid } from "../../../src/node.ts";

// What claims a length that it does not have, or sizes that its data cannot fill, is refused before memory is asked for.

const gray = { data: new Uint8Array(4), width: 2, height: 2 };

const itself: unknown[] = [];
itself.push(itself);

test.each<[string, unknown, ImageOptions, string]>([
  [
    "an array that holds itself",
    itself,
    {},
    "input: expected rows of pixels; got arrays in arrays, more than 64 levels",
  ],
  ["boxes of an array that holds itself", gray, { boxes: { b: { box_data: itself as never } } }, "position"],
  ["a sparse list", new Array(3e7), {}, "input: expected a value at every place; got an array of 30000000 with holes"],
  ["a sparse row", [new Array(1e8)], {}, "got an array of 100000000 with holes"],
  ["sparse data", { data: new Array(1e8), shape: [1e4, 1e4] }, {}, "data[0]: expected a number; got undefined"],
  ["data that is a length", { data: { length: 1e9 }, shape: [1e4, 1e4] }, {}, "data: expected a typed array"],
  ["a shape that is a length", { data: new Uint8Array(4), shape: { length: 1e9 } }, {}, "shape: expected an array"],
  ["a sparse shape", { data: new Uint8Array(4), shape: new Array(1e8) }, {}, "shape: 100000000 axes; expected 1 to 64"],
  ["strides", { data: new Uint8Array(4), shape: [2, 2], strides: { length: 1e9 } }, {}, "strides has 1000000000 axes"],
  ["decoded sides", { data: new Uint8Array(4), width: 60000, height: 60000 }, {}, "data: expected"],
  [
    "rows",
    { data: new Uint8Array(4), width: 60000, height: 60000, channels: 3, stride: 180_000 },
    {},
    "values at least",
  ],
  [
    "a raster",
    Object.assign([new Uint8Array(4)], { width: 1e5, height: 1e5 }),
    {},
    "input[0]: expected 10000000000 values",
  ],
  ["a mask", gray, { masks: { m: { mask_data: { length: 1e9 } as never } } }, "mask_data must be a 2D array"],
  ["logits", gray, { masks: { m: { logits: { length: 1e9 } as never } } }, "logits: expected scores of classes"],
  ["a colormap", gray, { colormap: { length: 1e9 } }, "colormap: expected 256 RGB colors"],
  [
    "a middle",
    gray,
    { boxes: { b: { box_data: [{ position: { middle: { length: 1e9 }, width: 1, height: 1 } }] } } },
    "position",
  ],
])("%s", (_, input, options, words) => {
  const before = process.memoryUsage().rss;
  expect(() => new Image(input as never, options)).toThrow(words);
  expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
});

test("a batch whose layout is not one", () => {
  const batch = { data: new Uint8Array(8), shape: [2, 2, 2] };
  for (const layout of [7, {}, null, "N"]) {
    expect(() => makeGrid(batch, { layout: layout as never })).toThrow("layout: expected");
    expect(() => Image.fromBatch(batch, { layout: layout as never })).toThrow("layout: expected");
  }
});

test("boxes of an array that holds itself", () => {
  expect(() => box.xyxy(itself as never)).toThrow("boxes: expected");
  expect(() => box.xyxy([[0, 0, 1, 1]], { classes: itself as never })).toThrow("classes");
});

test("a store of ndarray that ends in NaN is no such claim", () => {
  const values = [0, 1, 0.5, NaN];
  const store = { length: 4, get: (i: number) => values[i] };
  const array = {
    data: store,
    shape: [2, 2],
    stride: [2, 1],
    offset: 0,
    dtype: "generic",
    pick() {},
    transpose() {},
    get() {},
  };
  expect(new Image(array as never, { onWarning: () => {} }).toDataArray()).toEqual([
    [0, 255],
    [127, 0],
  ]);
  const claim = { ...array, data: { length: 1e9, get: (i: number) => values[i] } };
  expect(() => new Image(claim as never)).toThrow("data: expected 1000000000 values; its get(999999999) gives none");
});

test("raw bytes whose dtype does not fit the shape: what was given is said", () => {
  expect(() => new Image({ data: new ArrayBuffer(100), shape: [10, 10], dtype: "float32" })).toThrow(
    "shape [10,10] has 100 values; the data has 25: its 100 bytes taken as float32",
  );
  expect(() => new Image({ data: new Uint8Array(50), shape: [5, 5], dtype: "<f8" } as never)).toThrow("50");
  expect(() => new Image({ data: new Uint8Array(8), width: 2, height: 2, channels: 1 } as never)).toThrow(
    "got 8. For samples of 16 bits pass a Uint16Array of them",
  );
});
