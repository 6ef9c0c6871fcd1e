// Input → Source: shapes, strides and dtypes by their elements, decoded images by their pixels, files by their headers,
// and every refusal by its words.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { encode } from "fast-png";
import { PNG } from "pngjs";
import sharp from "sharp";
import { adapt, type Source } from "../../../src/adapt/index.ts";
import { readPath } from "../../../src/adapt/path.ts";
import type { ArrayInput, Frame, Layout } from "../../../src/frame.ts";
import { collect, type Rows } from "../../../src/rows.ts";

const PHOTOGRAPHS = join(import.meta.dirname, "../../fixtures/photographs");

function frame(input: unknown, layout?: Layout): Frame {
  const source = adapt(input, layout === undefined ? {} : { layout });
  if (source.kind !== "frame") throw new Error(`a ${source.kind}`);
  return source.frame;
}

function rows(input: unknown): Rows {
  const source = adapt(input);
  if (source.kind !== "decoded") throw new Error(`a ${source.kind}`);
  return source.rows;
}

/** The frame's elements, channels last, read one by one through its strides. */
function elements({ data, height, width, channels, offset, strides }: Frame): number[] {
  const values: number[] = [];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < channels; c++)
        values.push(Number(data[offset + y * strides.y + x * strides.x + c * strides.c]));
  return values;
}

function count(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

function array(...shape: number[]): ArrayInput {
  return { data: Uint8Array.from(count(shape.reduce((a, b) => a * b, 1))), shape };
}

function warnings(input: unknown, layout?: Layout): { codes: string[]; messages: string[] } {
  const seen: { code: string; message: string }[] = [];
  adapt(input, { layout, onWarning: (warning) => void seen.push(warning) });
  return { codes: seen.map(({ code }) => code), messages: seen.map(({ message }) => message) };
}

describe("shapes", () => {
  // [shape, layout, height, width, channels]
  const readings: [number[], Layout | undefined, number, number, number][] = [
    [[5, 7], undefined, 5, 7, 1],
    [[5, 7], "HW", 5, 7, 1],
    [[5, 7], "HWC", 5, 7, 1],
    [[5, 7], "CHW", 5, 7, 1],
    [[5, 7, 1], undefined, 5, 7, 1],
    [[5, 7, 2], undefined, 5, 7, 2],
    [[5, 7, 3], undefined, 5, 7, 3],
    [[5, 7, 4], undefined, 5, 7, 4],
    [[1, 1], undefined, 1, 1, 1],
    [[1, 7, 4], undefined, 1, 7, 4],
    [[1, 7, 5], undefined, 7, 5, 1],
    [[1, 7, 3], "HW", 7, 3, 1],
    [[1, 7, 3], "CHW", 7, 3, 1],
    [[1, 7, 1], "HW", 1, 7, 1],
    [[5, 7, 1], "HW", 5, 7, 1],
    [[3, 5, 7], "CHW", 5, 7, 3],
    [[2, 5, 7], "CHW", 5, 7, 2],
    [[1, 5, 7, 3], undefined, 5, 7, 3],
    [[1, 5, 7, 3], "HWC", 5, 7, 3],
    [[1, 5, 7, 3], "NHWC", 5, 7, 3],
    [[1, 3, 5, 7], "NCHW", 5, 7, 3],
    [[1, 3, 5, 7], "CHW", 5, 7, 3],
    [[1, 1, 5, 7], "NCHW", 5, 7, 1],
  ];
  test.each(readings)("%j read as %s", (shape, layout, height, width, channels) => {
    const input = array(...shape);
    const read = frame(input, layout);
    expect([read.height, read.width, read.channels]).toEqual([height, width, channels]);
    const values = elements(read);
    const planes = layout?.endsWith("CHW") && shape.length > 2;
    const at = (y: number, x: number, c: number) =>
      planes ? (c * height + y) * width + x : (y * width + x) * channels + c;
    const expected = count(height * width * channels).map((i) =>
      at(Math.floor(i / channels / width), Math.floor(i / channels) % width, i % channels),
    );
    expect(values).toEqual(expected);
    expect(read.data.buffer).toBe((input.data as Uint8Array).buffer);
  });

  // [shape, layout, words]
  const refusals: [number[], Layout | undefined, string][] = [
    [
      [3, 224, 224],
      undefined,
      'shape [3,224,224]: 224 channels; expected 1, 2, 3 or 4. For channels-first data pass layout: "CHW"',
    ],
    [[5, 7, 5], undefined, "shape [5,7,5]: 5 channels; expected 1, 2, 3 or 4"],
    [
      [1, 3, 8, 8],
      undefined,
      'shape [1,3,8,8]: 8 channels; expected 1, 2, 3 or 4. For a channels-first batch of one pass layout: "NCHW"',
    ],
    [
      [8, 8, 3],
      "CHW",
      'shape [8,8,3]: 8 channels by layout "CHW"; expected 1, 2, 3 or 4. For channels-last data pass layout: "HWC"',
    ],
    [
      [1, 8, 8, 3],
      "NCHW",
      'shape [1,8,8,3]: 8 channels by layout "NCHW"; expected 1, 2, 3 or 4. For a channels-last batch of one pass layout: "NHWC"',
    ],
    [[8, 8, 3], "HW", 'shape [8,8,3]: layout "HW" has 2 axes; got 3. For channels-last data pass layout: "HWC"'],
    [[8, 8, 3], "NHWC", 'shape [8,8,3]: layout "NHWC" has 4 axes; got 3. For channels-last data pass layout: "HWC"'],
    [[8, 8], "NCHW", 'shape [8,8]: layout "NCHW" has 4 axes; got 2. For a gray image pass layout: "HW"'],
    [[2, 8, 8, 3], undefined, "shape [2,8,8,3]: a batch of 2 images; an Image holds one: log a list of them"],
    [[12], undefined, "shape [12]: one axis; expected [height, width] or [height, width, channels]"],
    [[], undefined, "shape []: no axes; expected [height, width] or [height, width, channels]"],
    [[1, 1, 1, 5, 7], undefined, "shape [1,1,1,5,7]: 5 axes; an image has 2 to 4, such as [height, width, channels]"],
    [[0, 7], undefined, "width, height: expected at least one pixel; got 7×0"],
    [[5, 0, 3], undefined, "width, height: expected at least one pixel; got 0×5"],
    [[5, 7, 0], undefined, "shape [5,7,0]: 0 channels; expected 1, 2, 3 or 4"],
    [[65501, 1], undefined, "width, height: expected at most 65500 pixels a side (Image.MAX_DIMENSION); got 1×65501"],
    [
      [1, 65501, 1],
      undefined,
      "width, height: expected at most 65500 pixels a side (Image.MAX_DIMENSION); got 65501×1",
    ],
  ];
  test.each(refusals)("%j as %s is refused", (shape, layout, words) => {
    expect(() => frame(array(...shape), layout)).toThrow(new RangeError(words));
  });

  test.each<[unknown, string]>([
    [[Object.create(null), 2], "an empty object,2"],
    [[Symbol("s"), 2], "Symbol(s),2"],
    [[[[Object.create(null)]], 2], "an array of 1,2"],
    [[null, 2], "null,2"],
  ])("what is no number in a shape or in strides is named: %#", (list, words) => {
    const data = new Uint8Array(4);
    const input = (fields: object) => () => adapt({ data, shape: [2, 2], ...fields });
    expect(input({ shape: list })).toThrow(new RangeError(`shape: expected whole numbers; got [${words}]`));
    expect(input({ strides: list })).toThrow(
      new RangeError(`strides: expected whole numbers of elements; got [${words}]`),
    );
    expect(input({ strides: [list, list, list] })).toThrow(
      /^strides \[an array of 2,an array of 2,an array of 2\] has 3 axes/,
    );
  });

  test("a shape or strides whose memory was moved away are named", () => {
    const gone = Int32Array.of(2, 2);
    structuredClone(gone, { transfer: [gone.buffer] });
    const data = new Uint8Array(4);
    expect(() => adapt({ data, shape: gone })).toThrow(/^shape/);
    expect(() => adapt({ data, shape: [2, 2], strides: gone })).toThrow(/^strides \[\] has 0 axes/);
  });

  test("a shape is an array of whole numbers", () => {
    const data = new Uint8Array(6);
    expect(() => adapt({ data, shape: 6 })).toThrow(
      new TypeError("shape: expected an array such as [height, width, channels]; got 6"),
    );
    expect(() => adapt({ data, shape: [2.5, 2] })).toThrow(
      new RangeError("shape: expected whole numbers; got [2.5,2]"),
    );
    expect(() => adapt({ data, shape: [-2, -3] })).toThrow(
      new RangeError("shape: expected whole numbers; got [-2,-3]"),
    );
    expect(frame({ data, shape: Int32Array.of(2, 3) }).width).toBe(3);
    expect(() => frame({ data, shape: [2, 3] }, "WHC" as Layout)).toThrow(
      new RangeError('layout: expected "HW", "HWC", "CHW", "NHWC", "NCHW"; got "WHC"'),
    );
  });

  test("the data's length must be the shape's product", () => {
    const words = "shape [2,3,3] has 18 values; the data has 17";
    expect(() => adapt({ data: new Uint8Array(17), shape: [2, 3, 3] })).toThrow(new RangeError(words));
    expect(() => adapt({ data: new Uint8Array(19), shape: [2, 3, 3] })).toThrow("has 18 values; the data has 19");
    expect(() => adapt({ data: new Uint8Array(19), shape: [2, 3, 3], offset: 2 })).toThrow(
      "shape [2,3,3] has 18 values from offset 2; the data has 19",
    );
    expect(elements(frame({ data: Uint8Array.from(count(9)), shape: [2, 2], offset: 3 }))).toEqual([3, 4, 5, 6]);
  });

  test("what the shape cannot tell is said, naming both readings", () => {
    expect(warnings(array(3, 3, 3))).toEqual({
      codes: ["ambiguous-layout"],
      messages: [
        "shape [3,3,3] is read channels last, 3 × 3×3 pixels; channels first it would be 3 × 3×3 pixels. " +
          'Say which: layout: "HWC" or layout: "CHW"',
      ],
    });
    expect(warnings(array(4, 6, 3)).messages).toEqual([
      "shape [4,6,3] is read channels last, 3 × 6×4 pixels; channels first it would be 4 × 3×6 pixels. " +
        'Say which: layout: "HWC" or layout: "CHW"',
    ]);
    expect(warnings(array(1, 3, 6, 3)).codes).toEqual(["ambiguous-layout"]);
    expect(warnings(array(3, 3, 3), "HWC").codes).toEqual([]);
    expect(warnings(array(3, 3, 3), "CHW").codes).toEqual([]);
    expect(warnings(array(3, 3)).codes).toEqual([]);
    expect(warnings(array(5, 3, 3)).codes).toEqual([]);
  });
});

describe("strides", () => {
  const data = Int16Array.from(count(60));
  // The same pixels as numpy's slice, spelled out.
  const views: [string, Partial<ArrayInput>, number[]][] = [
    [
      "a crop [1:3, 2:4] of 5×4×3",
      { shape: [2, 2, 3], strides: [12, 3, 1], offset: 18 },
      [18, 19, 20, 21, 22, 23, 30, 31, 32, 33, 34, 35],
    ],
    ["a transposed view", { shape: [3, 2], stride: [1, 30] }, [0, 30, 1, 31, 2, 32]],
    ["upside down", { shape: [3, 2], strides: [-2, 1], offset: 4 }, [4, 5, 2, 3, 0, 1]],
    ["mirrored, BGR", { shape: [1, 2, 3], strides: [6, -3, -1], offset: 5 }, [5, 4, 3, 2, 1, 0]],
    ["broadcast", { shape: [2, 3], strides: [0, 1] }, [0, 1, 2, 0, 1, 2]],
    ["every second column", { shape: [2, 2], strides: [10, 2], offset: 1 }, [1, 3, 11, 13]],
  ];
  test.each(views)("%s", (_, view, expected) => {
    const input = { data, shape: [], ...view };
    const read = frame(input);
    expect(read.data).toBe(data);
    expect(elements(read)).toEqual(expected);
  });

  const outside: [Partial<ArrayInput>, string][] = [
    [
      { shape: [6, 10], strides: [10, 1], offset: 1 },
      "strides [10,1] from offset 1 over shape [6,10] reach elements 1 to 60; the data has 0 to 59",
    ],
    [
      { shape: [6, 10], strides: [-10, 1] },
      "strides [-10,1] from offset 0 over shape [6,10] reach elements -50 to 9; the data has 0 to 59",
    ],
    [{ shape: [6, 10], strides: [10] }, "strides [10] has 1 axes; shape [6,10] has 2"],
    [{ shape: [6, 10], strides: [10, 0.5] }, "strides: expected whole numbers of elements; got [10,0.5]"],
    [{ shape: [6, 10], offset: -1 }, "offset: expected a whole number; got -1"],
  ];
  test.each(outside)("%j is refused", (view, words) => {
    expect(() => frame({ data, shape: [], ...view })).toThrow(new RangeError(words));
  });
});

describe("dtypes", () => {
  const held: [string, ArrayBufferView, string][] = [
    ["Uint8Array", Uint8Array.of(1, 2), "uint8"],
    ["Uint8ClampedArray", Uint8ClampedArray.of(1, 2), "uint8"],
    ["Int8Array", Int8Array.of(1, 2), "int8"],
    ["Uint16Array", Uint16Array.of(1, 2), "uint16"],
    ["Int16Array", Int16Array.of(1, 2), "int16"],
    ["Uint32Array", Uint32Array.of(1, 2), "uint32"],
    ["Int32Array", Int32Array.of(1, 2), "int32"],
    ["Float32Array", Float32Array.of(1, 2), "float32"],
    ["Float64Array", Float64Array.of(1, 2), "float64"],
    ["BigInt64Array", BigInt64Array.of(1n, 2n), "int64"],
    ["BigUint64Array", BigUint64Array.of(1n, 2n), "uint64"],
    ["Buffer", Buffer.from([1, 2]), "uint8"],
  ];
  test.each(held)("%s", (_, data, dtype) => {
    const read = frame({ data, shape: [1, 2] });
    expect(read.dtype).toBe(dtype);
    expect(elements(read)).toEqual([1, 2]);
  });

  const names: [string, ArrayBufferView, string][] = [
    ["float16", Uint16Array.of(0x3c00), "float16"],
    ["<f2", Uint16Array.of(0x3c00), "float16"],
    ["half", Uint16Array.of(0x3c00), "float16"],
    ["bool", Uint8Array.of(1), "bool"],
    ["|b1", Uint8Array.of(1), "bool"],
    ["?", Uint8Array.of(1), "bool"],
    ["<f4", Float32Array.of(1), "float32"],
    ["=f8", Float64Array.of(1), "float64"],
    ["|u1", Uint8Array.of(1), "uint8"],
    [">u1", Uint8Array.of(1), "uint8"],
    ["<i8", BigInt64Array.of(1n), "int64"],
    ["uint8_clamped", Uint8ClampedArray.of(1), "uint8"],
    ["generic", Int32Array.of(1), "int32"],
  ];
  test.each(names)("named %s", (name, data, dtype) => {
    expect(frame({ data, shape: [1, 1], dtype: name }).dtype).toBe(dtype);
  });

  test("a Float16Array of the engine is its patterns", () => {
    const data = { [Symbol.toStringTag]: "Float16Array" };
    // Engines without one have nothing to try; the tag is all that is looked at.
    const Float16 = (globalThis as { Float16Array?: new (values: number[]) => ArrayBufferView }).Float16Array;
    if (Float16 === undefined) return expect(() => adapt({ data, shape: [1, 1] })).toThrow("expected a typed array");
    const read = frame({ data: new Float16([1, 0.5]), shape: [1, 2] });
    expect([read.dtype, ...elements(read)]).toEqual(["float16", 0x3c00, 0x3800]);
  });

  test("raw bytes hold what the dtype says, unaligned and big-endian ones too", () => {
    const bytes = new Uint8Array(13);
    const view = new DataView(bytes.buffer);
    [0.5, -1, 2].forEach((value, i) => {
      view.setFloat32(1 + 4 * i, value, true);
    });
    const unaligned = bytes.subarray(1);
    expect(elements(frame({ data: unaligned, shape: [1, 3], dtype: "float32" }))).toEqual([0.5, -1, 2]);
    expect(elements(frame({ data: bytes.slice(1).buffer, shape: [1, 3], dtype: "<f4" }))).toEqual([0.5, -1, 2]);
    expect(elements(frame({ data: Uint8Array.of(0x3f, 0x80, 0, 0), shape: [1, 1], dtype: ">f4" }))).toEqual([1]);
    expect(elements(frame({ data: Buffer.from([1, 0, 0, 2]), shape: [1, 2], dtype: ">u2" }))).toEqual([256, 2]);
    expect(elements(frame({ data: new DataView(Uint8Array.of(255).buffer), shape: [1, 1], dtype: "i1" }))).toEqual([
      -1,
    ]);
    expect([...bytes.subarray(1, 5)]).toEqual([0, 0, 0, 0x3f]);
  });

  const refusals: [unknown, string][] = [
    [
      { data: new Uint8Array(7), shape: [1, 1], dtype: "float32" },
      "data: expected a whole number of float32, 4 bytes each; got 7 bytes",
    ],
    [{ data: new Uint8Array(4), shape: [2, 2], dtype: "float32" }, "shape [2,2] has 4 values; the data has 1"],
    [
      { data: new Float32Array(4), shape: [2, 2], dtype: "int32" },
      'dtype: expected float32, which a Float32Array holds; got "int32"',
    ],
    [
      { data: new Float32Array(4), shape: [2, 2], dtype: ">f4" },
      'dtype: expected this machine\'s byte order for a Float32Array; got ">f4". Pass its bytes instead',
    ],
    [
      { data: new Float32Array(4), shape: [2, 2], dtype: "complex64" },
      "dtype: expected float16, float32, float64, uint8, int8, uint16, int16, uint32, int32, uint64, int64, bool",
    ],
    [
      { data: new ArrayBuffer(4), shape: [2, 2] },
      'data: expected a typed array, or dtype: "float32" …; got an ArrayBuffer without a dtype',
    ],
    [{ data: "abcd", shape: [2, 2] }, 'data: expected a typed array; got "abcd"'],
    [{ data: [1, 2, "3", 4], shape: [2, 2] }, 'data[2]: expected a number; got "3"'],
    [{ data: null, shape: [2, 2] }, "data: expected a typed array; got null"],
  ];
  test.each(refusals)("refused %#", (input, words) => {
    expect(() => adapt(input)).toThrow(words);
  });

  test("arrays of another realm, offset views and shared memory", () => {
    const foreign = runInNewContext("({ data: new Float32Array([1, 2, 3, 4]).subarray(1), shape: [1, 3] })");
    expect(elements(frame(foreign))).toEqual([2, 3, 4]);
    const shared = new Uint8Array(new SharedArrayBuffer(4));
    shared.set([9, 8, 7, 6]);
    expect(elements(frame({ data: shared.subarray(1), shape: [1, 3] }))).toEqual([8, 7, 6]);
  });
});

describe("flat arrays of numbers", () => {
  const data = [0, 1, 1, 0.7];
  test("are float64, or what their dtype says, as numpy's asarray makes them", () => {
    expect(frame({ data, shape: [2, 2] }).dtype).toBe("float64");
    const single = frame({ data, shape: [2, 2], dtype: "float32" });
    expect([single.dtype, ...elements(single)]).toEqual(["float32", ...data.map(Math.fround)]);
    for (const dtype of ["bool", "uint8", "int16", "uint32", "int64", "uint64"]) {
      const whole = frame({ data: [0, true, 1], shape: [1, 3], dtype } as never);
      expect([whole.dtype, ...elements(whole)]).toEqual([dtype, 0, 1, 1]);
    }
  });
  test.each([
    [{ data, shape: [2, 2], dtype: "uint8" }, "data[3]: expected uint8, a whole number from 0 to 255; got 0.7"],
    [
      { data: [0, 256], shape: [1, 2], dtype: "uint8" },
      "data[1]: expected uint8, a whole number from 0 to 255; got 256",
    ],
    [
      { data: [-129], shape: [1, 1], dtype: "int8" },
      "data[0]: expected int8, a whole number from -128 to 127; got -129",
    ],
    [{ data: [2], shape: [1, 1], dtype: "bool" }, "data[0]: expected bool, a whole number from 0 to 1; got 2"],
    [
      { data: [2 ** 53], shape: [1, 1], dtype: "int64" },
      "data[0]: expected int64, a whole number from -9007199254740991 to 9007199254740991; got 9007199254740992",
    ],
    [{ data: [1], shape: [1, 1], dtype: "float16" }, "Pass its 16-bit patterns in a Uint16Array"],
    [{ data: [1], shape: [1, 1], dtype: "complex64" }, "dtype: expected float16"],
  ])("refused %#", (input, words) => {
    expect(() => adapt(input)).toThrow(words);
  });
});

describe("nested arrays", () => {
  test("rows of several kinds are float64 together, as in numpy", () => {
    const mixed = [BigInt64Array.of(5n, 6n), Uint8Array.of(1, 2), [3, true]];
    expect(frame(mixed).dtype).toBe("float64");
    expect(elements(frame(mixed))).toEqual([5, 6, 1, 2, 3, 1]);
  });

  test("two, three and four levels", () => {
    expect(
      elements(
        frame([
          [1, 2],
          [3, 4],
          [5, 6],
        ]),
      ),
    ).toEqual([1, 2, 3, 4, 5, 6]);
    const rgb = frame([
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ]);
    expect([rgb.height, rgb.width, rgb.channels, rgb.dtype]).toEqual([1, 2, 3, "float64"]);
    expect(
      frame([
        [
          [
            [1, 2, 3],
            [4, 5, 6],
          ],
        ],
      ]).channels,
    ).toBe(3);
    expect(
      frame(
        [
          [[1], [2]],
          [[3], [4]],
          [[5], [6]],
        ],
        "CHW",
      ).height,
    ).toBe(2);
    expect(elements(frame([[true, false]]))).toEqual([1, 0]);
  });

  test("rows may be typed arrays, and keep their arithmetic", () => {
    const input = [Float32Array.of(0.1, 0.2), Float32Array.of(0.3, 0.4)];
    expect(frame(input).dtype).toBe("float32");
    expect(elements(frame(input))).toEqual([0.1, 0.2, 0.3, 0.4].map(Math.fround));
    expect(frame([[Uint8Array.of(1, 2, 3)], [Uint8Array.of(4, 5, 6)]]).dtype).toBe("uint8");
    expect(frame([Uint8Array.of(1), Float32Array.of(2)]).dtype).toBe("float64");
    expect(frame([BigInt64Array.of(1n), BigInt64Array.of(2n)]).dtype).toBe("int64");
    // Buffer's own constructor is deprecated and leaves old memory in place.
    const buffers = frame([Buffer.of(1, 2), Buffer.of(3, 4)]);
    expect([Buffer.isBuffer(buffers.data), ...elements(buffers)]).toEqual([false, 1, 2, 3, 4]);
  });

  const refusals: [unknown, string][] = [
    [[[1, 2], [3]], "input[1]: expected 2 values, as in input[0] (ragged array); got 1"],
    [[[[1], [2]], [[3]]], "input[1]: expected 2 values, as in input[0] (ragged array); got 1"],
    [[[[1, 2]], [[3]]], "input[1][0]: expected 2 values, as in input[0][0] (ragged array); got 1"],
    [[[1, 2], 3], "input[1]: expected a row of 2 numbers, as in the first; got 3"],
    [[[[1]], [2]], "input[1][0]: expected a row of 1 numbers, as in the first; got 2"],
    [[[[1]], 2], "input[1]: expected an array, as in input[0]; got 2"],
    [[[1, "2"]], 'input[0][1]: expected a number; got "2"'],
    [[[1, null]], "input[0][1]: expected a number; got null"],
    // biome-ignore lint/suspicious/noSparseArray: a hole is what is tested
    [[[1, , 2]], "input[0][1]: expected a number; got undefined"],
    [[[[1]], [["a"]]], 'input[1][0][0]: expected a number; got "a"'],
    // biome-ignore lint/suspicious/noSparseArray: a hole is what is tested
    [[[1, 2], , [3, 4]], "input[1]: expected a row of 2 numbers, as in the first; got undefined"],
    // biome-ignore lint/suspicious/noSparseArray: a hole is what is tested
    [[[[1]], , [[2]]], "input[1]: expected an array, as in input[0]; got undefined"],
    [[[], []], "width, height: expected at least one pixel; got 0×2"],
    [
      [1, 2, 3],
      "input: expected rows of pixels, or { data, shape: [height, width, channels] }; got 3 numbers along one axis",
    ],
    [
      [{ data: [1], shape: [1, 1] }],
      "input: expected one picture; got an array of 1, of an object { data, shape }. " +
        "Several are logged as a list: run.log({ key: images.map((image) => new Image(image)) })",
    ],
  ];
  test.each(refusals)("refused %#", (input, words) => {
    expect(() => adapt(input)).toThrow(words);
  });
});

describe("decoded images", () => {
  test.each([
    [1, "L"],
    [2, "LA"],
    [3, "RGB"],
    [4, "RGBA"],
  ])("%d channels are %s, by count or by length", (channels, mode) => {
    const data = Uint8Array.from(count(6 * channels));
    for (const input of [
      { data, width: 3, height: 2, channels },
      { data, width: 3, height: 2 },
    ]) {
      const { mode: found, width, height } = rows(input);
      expect([found, width, height]).toEqual([mode, 3, 2]);
      expect([...collect(rows(input))]).toEqual([...data]);
    }
  });

  test("ImageData by its shape, Buffers, offset and shared views", () => {
    const pool = Uint8ClampedArray.from(count(20));
    expect([...collect(rows({ data: pool.subarray(4, 12), width: 2, height: 1, colorSpace: "srgb" }))]).toEqual(
      count(8).map((i) => i + 4),
    );
    const shared = new Uint8Array(new SharedArrayBuffer(3)).fill(7);
    expect([...collect(rows({ data: shared, width: 3, height: 1 }))]).toEqual([7, 7, 7]);
    expect([...collect(rows({ data: Buffer.from([1, 2, 3]), width: 1, height: 1 }))]).toEqual([1, 2, 3]);
  });

  test("16 bits give their upper byte", () => {
    const data = Uint16Array.of(0, 255, 256, 32767, 32768, 65535);
    expect([...collect(rows({ data, width: 3, height: 2, channels: 1 }))]).toEqual([0, 0, 1, 127, 128, 255]);
  });

  test("float16 is scaled and rounded as a canvas stores it, NaN and what lies outside clipped", () => {
    // Not every engine has Float16Array: one that only carries its name, over the same numbers.
    class Float16Array extends Float32Array {
      override get [Symbol.toStringTag]() {
        return "Float16Array" as "Float32Array";
      }
    }
    const data = Float16Array.of(0, 1, 0.2, 7 / 255, 1.5, -1, Number.NaN, 0.998);
    const image = { data, width: 2, height: 1, colorSpace: "srgb", pixelFormat: "rgba-float16" };
    expect([...collect(rows(image))]).toEqual([0, 255, 51, 7, 255, 0, 0, 254]);
  });

  test("a band at a time, each from its own rows", () => {
    const width = 1000;
    const height = 500;
    const data = Uint16Array.from({ length: width * height }, (_, i) => (i * 7919) & 0xffff);
    expect(collect(rows({ data, width, height }))).toEqual(Uint8Array.from(data, (value) => value >> 8));
  });

  test("fast-png's packed gray and palettes", () => {
    // Two rows of five pixels, two bits each: 0 1 2 3 0 and 3 2 1 0 3.
    const data = Uint8Array.of(0b00011011, 0b00000000, 0b11100100, 0b11000000);
    const size = { width: 5, height: 2, depth: 2, channels: 1 };
    expect([...collect(rows({ data, ...size }))]).toEqual([0, 85, 170, 255, 0, 255, 170, 85, 0, 255]);
    const palette = [
      [255, 0, 0],
      [0, 255, 0],
      [0, 0, 255],
      [9, 8, 7],
    ];
    const colored = rows({ data, ...size, palette });
    expect(colored.mode).toBe("RGB");
    expect([...collect(colored).subarray(9, 15)]).toEqual([9, 8, 7, 255, 0, 0]);
    const alpha = rows({ data, ...size, palette: palette.map((entry, i) => [...entry, i * 10]) });
    expect(alpha.mode).toBe("RGBA");
    expect([...collect(alpha).subarray(16, 24)]).toEqual([255, 0, 0, 0, 9, 8, 7, 30]);
    expect(() => rows({ ...size, data: new Uint8Array(3) })).toThrow(
      "data: expected 4 bytes for 5×2 pixels of 2 bits; got 3",
    );
  });

  test("pngjs' own palette and depth fields say nothing about its data, which is RGBA", () => {
    const image = PNG.sync.read(
      Buffer.from(encode({ width: 2, height: 1, data: Uint16Array.of(0, 65535), depth: 16, channels: 1 })),
    );
    expect((image as unknown as { depth: number }).depth).toBe(16);
    expect([...collect(rows(image))]).toEqual([0, 0, 0, 255, 255, 255, 255, 255]);
  });

  const refusals: [unknown, string][] = [
    [
      { data: new Uint8Array(5), width: 2, height: 2 },
      "data: expected 2×2 pixels of 1, 2, 3 or 4 channels; got 5 values",
    ],
    [
      { data: new Uint8Array(20), width: 2, height: 2 },
      "data: expected 2×2 pixels of 1, 2, 3 or 4 channels; got 20 values",
    ],
    [
      { data: new Uint8Array(12), width: 2, height: 2, channels: 4 },
      "data: expected 16 values for 2×2 pixels of 4 channels; got 12",
    ],
    [{ data: new Uint8Array(20), width: 2, height: 2, channels: 5 }, "channels: expected 1, 2, 3 or 4; got 5"],
    [{ data: new Uint8Array(0), width: 0, height: 2 }, "width, height: expected at least one pixel; got 0×2"],
    [
      { data: new Uint8Array(65501), width: 65501, height: 1 },
      "width, height: expected at most 65500 pixels a side (Image.MAX_DIMENSION); got 65501×1",
    ],
    [{ data: new Uint8Array(4), width: "2", height: 2 }, 'width, height: expected whole numbers of pixels; got "2", 2'],
    [{ data: [0, 0, 0, 0], width: 2, height: 2 }, "data: expected a Uint8Array of pixels; got an array of 4"],
    [
      { data: new Float32Array(4), width: 2, height: 2 },
      "data: expected 8 or 16 bits a sample; got Float32Array(4). " +
        "For values to be normalized pass { data, shape: [2, 2, channels] }",
    ],
  ];
  test.each(refusals)("refused %#", (input, words) => {
    expect(() => adapt(input)).toThrow(words);
  });
});

describe("files", () => {
  let directory = "";
  let files: Record<string, Buffer> = {};
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "adapt-"));
    const image = () => sharp({ create: { width: 31, height: 17, channels: 3, background: "#246" } });
    files = {
      png: await image().png().toBuffer(),
      jpg: await image().jpeg().toBuffer(),
      progressive: await image()
        .jpeg({ progressive: true })
        .withExif({ IFD0: { Copyright: "x".repeat(3000) } })
        .toBuffer(),
      gif: await image().gif().toBuffer(),
      webp: await image().webp().toBuffer(),
      lossless: await image().webp({ lossless: true }).toBuffer(),
      extended: await image()
        .ensureAlpha(0.5)
        .webp()
        .withExif({ IFD0: { Copyright: "x" } })
        .toBuffer(),
    };
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  function file(input: unknown): Extract<Source, { kind: "file" }> {
    const source = adapt(input);
    if (source.kind !== "file") throw new Error(`a ${source.kind}`);
    return source;
  }

  test.each([
    ["png", "png"],
    ["jpg", "jpg"],
    ["progressive", "jpg"],
    ["gif", "gif"],
    ["webp", "webp"],
    ["lossless", "webp"],
    ["extended", "webp"],
  ])("%s bytes", (name, format) => {
    const bytes = files[name]!;
    for (const input of [
      bytes,
      new Uint8Array(bytes),
      new Uint8Array(bytes).buffer,
      new DataView(new Uint8Array(bytes).buffer),
    ]) {
      const read = file(input);
      expect([read.format, read.width, read.height]).toEqual([format, 31, 17]);
      expect(Buffer.compare(read.bytes, bytes)).toBe(0);
    }
    const url = file(`data:image/x;base64,${bytes.toString("base64")}`);
    expect([url.format, url.width, Buffer.compare(url.bytes, bytes)]).toEqual([format, 31, 0]);
  });

  test("a photograph's header says what sharp reads", async () => {
    for (const name of ["astronaut.png", "rocket.jpg", "retina.jpg", "camera.png"]) {
      const bytes = readFileSync(join(PHOTOGRAPHS, name));
      const { width, height } = await sharp(bytes).metadata();
      expect([file(bytes).width, file(bytes).height]).toEqual([width, height]);
    }
  });

  test("the bytes are a copy, and a view's own", () => {
    const pool = new Uint8Array(files.png!.length + 20);
    pool.set(files.png!, 7);
    const read = file(pool.subarray(7, 7 + files.png!.length));
    pool.fill(0);
    expect(Buffer.compare(read.bytes, files.png!)).toBe(0);
    const shared = new Uint8Array(new SharedArrayBuffer(files.png!.length));
    shared.set(files.png!);
    expect(Object.prototype.toString.call(file(shared).bytes.buffer)).toBe("[object ArrayBuffer]");
  });

  test("BMP headers old and new, rows from the top", () => {
    const bmp = (header: number, write: (view: DataView) => void): Uint8Array => {
      const bytes = new Uint8Array(64 + 40 * 200);
      const view = new DataView(bytes.buffer);
      bytes.set([0x42, 0x4d]);
      view.setUint32(14, header, true);
      write(view);
      return bytes;
    };
    const modern = file(
      bmp(40, (view) => [view.setInt32(18, 300, true), view.setInt32(22, -200, true), view.setUint16(28, 1, true)]),
    );
    expect([modern.format, modern.width, modern.height]).toEqual(["bmp", 300, 200]);
    const old = file(
      bmp(12, (view) => [view.setUint16(18, 300, true), view.setUint16(20, 200, true), view.setUint16(24, 1, true)]),
    );
    expect([old.format, old.width, old.height]).toEqual(["bmp", 300, 200]);
  });

  test("data: URLs may be percent-encoded, and URL objects", () => {
    const escaped = `data:image/png,${[...files.png!].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("")}`;
    expect(file(escaped).width).toBe(31);
    expect(file(new URL(`data:image/gif;base64,${files.gif!.toString("base64")}`)).format).toBe("gif");
    expect(() => adapt("data:text/plain,hello")).toThrow(
      "data:text/plain,hello…: 5 bytes that are not a PNG, JPEG, BMP, GIF or WebP file",
    );
    expect(() => adapt("data:image/png;base64,***")).toThrow("data:image/png;base64,***…: broken base64");
    expect(() => adapt("data:image/png;base64")).toThrow("data:image/png;base64: a data: URL without a comma");
  });

  test.each(["png", "jpg", "gif", "webp", "lossless", "extended"])(
    "a %s cut short is refused, wherever it lies",
    (name) => {
      // A pooled view, so that a reader which runs past the view would find plausible bytes.
      const whole = files[name]!;
      const signature = name === "gif" ? 6 : name === "png" ? 8 : name === "jpg" ? 3 : 12;
      for (let length = signature; length < 21 && length < whole.length; length++) {
        if (name === "gif" && length >= 10) break;
        expect(() => adapt(whole.subarray(0, length))).toThrow(/^Uint8Array\(\d+\): image file is truncated: /);
      }
    },
  );

  test("bytes that are no file are refused, with the ways to pass pixels", () => {
    expect(() => adapt(new Uint8Array(12))).toThrow(
      "Uint8Array(12) is not a PNG, JPEG, BMP, GIF or WebP file, and has no shape. " +
        "Pass an array as { data, shape: [height, width, channels] }, decoded pixels as { data, width, height }",
    );
    expect(() => adapt(new Float32Array(12))).toThrow("Float32Array(12) is not a PNG");
    expect(() => adapt(new ArrayBuffer(4))).toThrow("an ArrayBuffer is not a PNG");
  });

  test("paths: the extension is the format, as in W&B", () => {
    const read = (input: unknown) => {
      const source = readPath(input, {});
      return source?.kind === "file" ? [source.format, source.width, source.height, source.bytes.length] : source;
    };
    const path = join(directory, "a picture.JPEG");
    writeFileSync(path, files.png!);
    expect(read(path)).toEqual(["JPEG", 31, 17, files.png!.length]);
    expect(read(pathToFileURL(path))).toEqual(["JPEG", 31, 17, files.png!.length]);
    expect(read(pathToFileURL(path).href)).toEqual(["JPEG", 31, 17, files.png!.length]);
    writeFileSync(join(directory, "plain"), files.gif!);
    expect(read(join(directory, "plain"))).toEqual(["gif", 31, 17, files.gif!.length]);
    for (const other of ["https://a/b.png", "data:,", "blob:x", "s3://a", "", 7, null])
      expect(read(other)).toBeUndefined();
    const text = join(directory, "text.png");
    writeFileSync(text, "hello");
    expect(() => read(text)).toThrow(`${text}: 5 bytes that are not a PNG, JPEG, BMP, GIF or WebP file, and no .npy`);
    expect(() => read(join(directory, "none.png"))).toThrow(/ENOENT.*none\.png/);
  });
});

test.each(["http://a/b.png", "https://a/b", "gs://bucket/b.jpg", "S3://bucket/b"])("%s is a reference", (url) => {
  expect(adapt(url)).toEqual({ kind: "reference", url });
});

test.each([
  [undefined, "undefined"],
  [null, "null"],
  [7, "7"],
  [Symbol("x"), "Symbol(x)"],
  [{}, "an empty object"],
  [new Map(), "a Map"],
  [() => 1, "a function"],
  ["", '""'],
  ["cat.png", '"cat.png"'],
  [{ data: new Uint8Array(4) }, "an object { data }"],
])("%p is not an image", (input, words) => {
  expect(() => adapt(input)).toThrow(
    new TypeError(
      `${words} is not an image: expected an array { data, shape }, decoded pixels { data, width, height }, ` +
        "rows of numbers, an encoded file's bytes or data: URL, or a path in Node",
    ),
  );
});
