import { describe, expect, test } from "@jest/globals";
import { encode as encodePalette } from "fast-png";
import {
  argmaxMask,
  BoundingBoxes2D,
  box,
  Classes,
  compactMask,
  Image,
  ImageMask,
  makeGrid,
  masksOf,
} from "../../../src/node.ts";

// Boxes, scores, classes, logits and masks as networks and libraries give them: any array or tensor that new Image takes.

const corners = [
  [1, 2, 3, 4],
  [5, 6, 7, 8],
];
const flat = corners.flat();

/** The same N numbers as each library would hold them. */
function forms(values: readonly number[], shape: readonly number[]): [string, unknown][] {
  const onnx = (type: string, data: unknown) => ({ dims: shape, type, data, location: "cpu" });
  return [
    ["{ data, shape }", { data: Float32Array.from(values), shape }],
    ["float64", { data: Float64Array.from(values), shape }],
    ["raw bytes", { data: Float32Array.from(values).buffer, shape, dtype: "float32" }],
    ["int64", { data: BigInt64Array.from(values, BigInt), shape }],
    ["tfjs", { shape, dtype: "float32", dataSync: () => Float32Array.from(values), data: async () => null }],
    ["onnxruntime", onnx("float32", Float32Array.from(values))],
    ["onnxruntime int64", onnx("int64", BigInt64Array.from(values, BigInt))],
    [
      "strided",
      { data: Float32Array.from([...values].reverse()), shape, strides: reversed(shape), offset: values.length - 1 },
    ],
    ["a batch of one", { data: Float32Array.from(values), shape: [1, ...shape] }],
    ["float16", { data: Uint16Array.from(values, float16), shape, dtype: "float16" }],
  ];
}

function reversed(shape: readonly number[]): number[] {
  return shape.map((_, axis) => -shape.slice(axis + 1).reduce((product, length) => product * length, 1));
}

/** Whole numbers of up to 11 bits. */
function float16(value: number): number {
  const exponent = 31 - Math.clz32(value);
  return value === 0 ? 0 : ((exponent + 15) << 10) | ((value << (10 - exponent)) & 1023);
}

const positions = (set: { box_data: readonly { position: unknown }[] }) => set.box_data.map(({ position }) => position);

describe("boxes", () => {
  const want = corners.map(([minX, minY, maxX, maxY]) => ({ minX, minY, maxX, maxY }));
  test.each([
    ...forms(flat, [2, 4]),
    ["rows", corners],
    ["rows of typed arrays", corners.map((row) => Float32Array.from(row))],
    ["rows of 64-bit integers", corners.map((row) => BigInt64Array.from(row, BigInt))],
    ["flat", flat],
    ["a typed array", Float32Array.from(flat)],
    ["a BigInt64Array", BigInt64Array.from(flat, BigInt)],
  ] as [string, unknown][])("of %s", (_, boxes) => {
    expect(positions(box.xyxy(boxes as never, { domain: "pixel" }))).toEqual(want);
    expect(() => new BoundingBoxes2D(box.xyxy(boxes as never), "p")).not.toThrow();
  });

  test.each([...forms([1, 0], [2]), ["a column", { data: Float32Array.of(1, 0), shape: [2, 1] }]] as [
    string,
    unknown,
  ][])("scores and classes of %s", (_, values) => {
    const { box_data } = box.xyxy(corners, { classes: values as never, scores: values as never });
    expect(box_data.map(({ class_id, scores }) => [class_id, scores])).toEqual([
      [1, { score: 1 }],
      [0, { score: 0 }],
    ]);
    const named = box.xyxy(corners, { scores: new Map([["iou", values]]) as never });
    expect(named.box_data.map(({ scores }) => scores)).toEqual([{ iou: 1 }, { iou: 0 }]);
  });

  test("no boxes", () => {
    for (const none of [
      [],
      { data: new Float32Array(), shape: [0, 4] },
      { data: new Float32Array(), shape: [1, 0, 4] },
    ]) {
      expect(box.xyxy(none)).toEqual({ box_data: [] });
    }
  });

  test("64-bit coordinates in W&B's own words", () => {
    const made = new BoundingBoxes2D(
      {
        box_data: [
          { position: { middle: BigInt64Array.of(1n, 2n) as never, width: 3n as never, height: 4 }, class_id: 1 },
          {
            position: { minX: 1n, maxX: 2, minY: 3, maxY: 4n } as never,
            class_id: 2n as never,
            scores: new Map([["a", 0.5]]),
          },
        ],
        class_labels: new Map([[1, "cat"]]),
      },
      "p",
    );
    expect(JSON.parse(new TextDecoder().decode(made.file.bytes))).toEqual({
      box_data: [
        { position: { middle: [1, 2], width: 3, height: 4 }, class_id: 1 },
        { position: { minX: 1, maxX: 2, minY: 3, maxY: 4 }, class_id: 2, scores: { a: 0.5 } },
      ],
      class_labels: { 1: "cat" },
    });
    expect(made.boxes[0]!.position).toEqual({ middle: [1, 2], width: 3, height: 4 });
  });

  test("class names: lists by their places, names for ids", () => {
    const labels = { 0: "cat", 1: "dog" };
    expect(box.xyxy(corners, { classLabels: ["cat", "dog"] }).class_labels).toEqual(labels);
    const named = box.xyxy(corners, { classes: ["dog", "cat"] });
    expect([named.box_data.map((one) => one.class_id), named.class_labels]).toEqual([[0, 1], { 0: "dog", 1: "cat" }]);
    const known = box.xyxy(corners, { classes: ["dog", "bird"], classLabels: { 0: "cat", 7: "dog" } });
    expect([known.box_data.map((one) => one.class_id), known.class_labels]).toEqual([
      [7, 1],
      { 0: "cat", 1: "bird", 7: "dog" },
    ]);
    const pixel = { data: new Uint8Array(3), width: 1, height: 1 };
    expect(new Image(pixel, { classes: ["cat", "dog"] }).classes!.classSet).toEqual([
      { id: 0, name: "cat" },
      { id: 1, name: "dog" },
    ]);
    expect(new Image(pixel, { classes: new Map([[3, "cat"]]) }).classes!.classSet).toEqual([{ id: 3, name: "cat" }]);
  });

  test("transformers.js' detections", () => {
    const list = [
      { score: 0.9, label: "cat", box: { xmin: 1, ymin: 2, xmax: 3, ymax: 4 } },
      { score: 0.8, label: "remote", box: { xmin: 5, ymin: 6, xmax: 7, ymax: 8 } },
      { score: 0.7, label: "cat", box: { xmin: 0, ymin: 0, xmax: 1, ymax: 1 } },
    ];
    const { box_data, class_labels } = box.detections(list);
    expect(class_labels).toEqual({ 0: "cat", 1: "remote" });
    expect(box_data[2]).toEqual({
      position: { minX: 0, minY: 0, maxX: 1, maxY: 1 },
      domain: "pixel",
      class_id: 0,
      box_caption: "cat",
      scores: { score: 0.7 },
    });
    expect(box.detections(list, { classLabels: { 17: "cat", 75: "remote" } }).box_data[1]!.class_id).toBe(75);
    expect(box.detections(list, { fractions: true }).box_data[0]!.domain).toBeUndefined();
    expect(box.detections([])).toEqual({ box_data: [] });
    expect(() => box.detections([{ label: "cat" }] as never)).toThrow(
      /^box\.detections\[0\]: expected \{ label, score, box: \{ xmin, ymin, xmax, ymax \} \}; got an? /,
    );
  });

  test("what is no array is refused, before memory is asked for", () => {
    const claims = { length: 1e9 };
    expect(() => box.xyxy(claims as never)).toThrow("boxes: expected N×4 numbers, as an array, rows, a tensor");
    expect(() => box.xyxy({ data: new Float32Array(4), shape: claims } as never)).toThrow("boxes: shape");
    expect(() => box.xyxy({ data: new Float32Array(4), shape: new Array(3e7) } as never)).toThrow("30000000 axes");
    expect(() => box.xyxy({ data: new Float32Array(4), shape: [1, 4], strides: claims } as never)).toThrow("strides");
    expect(() => box.xyxy(corners, { scores: claims as never })).toThrow("scores");
    expect(() => box.xyxy({ data: new Float32Array(10), shape: [2, 5] })).toThrow(
      "boxes: shape [2,5] of 10 numbers; expected [N, 4] of N·4",
    );
    expect(() => box.xyxy(corners, { scores: [1, 2, 3] })).toThrow("scores.score: 3 values for 2 boxes");
    expect(() => box.xyxy([[1, 2, 3, "4"]] as never)).toThrow('boxes: [0][3]: expected a number; got "4"');
  });
});

describe("logits", () => {
  const scores = [1, 9, 2, 8, 0, 3, 5, 5, 6, 4, 2, 7];
  const want = { data: Uint8Array.of(1, 0, 2, 2), shape: [2, 2] };

  test.each(forms(scores, [2, 2, 3]))("of %s", (name, logits) => {
    const layout = name.startsWith("onnx") ? "HWC" : undefined;
    expect(argmaxMask(logits as never, { layout })).toEqual(want);
    const image = new Image(
      { data: new Uint8Array(12), width: 2, height: 2 },
      { masks: { m: { logits: logits as never, layout } } },
    );
    expect(image.masks!.m!.classLabels).toEqual({ 0: "class_0", 1: "class_1", 2: "class_2" });
  });

  test("a tensor of ONNX has its classes first", () => {
    const planes = { dims: [1, 2, 1, 2], type: "float32", data: Float32Array.of(0, 1, 2, 0) };
    expect(argmaxMask(planes as never)).toEqual({ data: Uint8Array.of(1, 0), shape: [1, 2] });
  });

  test("are compared in their own dtype", () => {
    const last = 1 + 2 ** -40;
    expect(argmaxMask({ data: Float64Array.of(1, last, 1), shape: [1, 1, 3] }).data[0]).toBe(1);
    expect(argmaxMask({ data: Int32Array.of(2 ** 30, 2 ** 30 + 1), shape: [1, 1, 2] }).data[0]).toBe(1);
    expect(
      argmaxMask({ data: Uint32Array.of(2 ** 32 - 2, 2 ** 32 - 1), shape: [2, 1, 1] }, { layout: "CHW" }).data[0],
    ).toBe(1);
    expect(argmaxMask({ data: BigInt64Array.of(2n ** 60n, 2n ** 60n + 1n), shape: [1, 1, 2] }).data[0]).toBe(1);
    expect(argmaxMask({ data: BigUint64Array.of(2n ** 63n, 2n ** 63n + 1n), shape: [1, 1, 2] }).data[0]).toBe(1);
    expect(argmaxMask({ data: Float64Array.of(NaN, -1, NaN, NaN, 3, 3), shape: [2, 1, 3] }).data).toEqual(
      Uint8Array.of(1, 1),
    );
  });

  test("subclasses of typed arrays with a constructor of their own", () => {
    class Managed extends Float32Array {
      constructor(values: readonly number[]) {
        if (!Array.isArray(values)) throw new Error("made in one way only");
        super(values as never);
      }
    }
    const data = new Managed(scores);
    expect(argmaxMask({ data, shape: [2, 2, 3] })).toEqual(want);
    const unit = new Managed([0, 0.5, 1, 0.25]);
    expect(new Image({ data: unit, shape: [2, 2] }).toDataArray()).toEqual([
      [0, 127],
      [255, 63],
    ]);
    expect(positions(box.xyxy(new Managed(flat)))).toHaveLength(2);
  });

  test("resize: bilinear on scores, as PyTorch's interpolate does", () => {
    const data = Float32Array.from({ length: 36 }, (_, i) => (i * 7919) % 31);
    const resized = argmaxMask({ data, shape: [3, 4, 3] }, { resize: { width: 9, height: 7 } });
    expect([resized.shape, Array.from({ length: 7 }, (_, y) => [...resized.data.subarray(9 * y, 9 * y + 9)])]).toEqual([
      [7, 9],
      BILINEAR,
    ]);
    const planes = new Float32Array(36);
    for (let c = 0; c < 3; c++) for (let i = 0; i < 12; i++) planes[c * 12 + i] = data[i * 3 + c]!;
    expect(argmaxMask({ data: planes, shape: [3, 3, 4] }, { layout: "CHW", resize: { width: 9, height: 7 } })).toEqual(
      resized,
    );
    const image = new Image(
      { data: new Uint8Array(189), width: 9, height: 7 },
      { masks: { m: { logits: { data, shape: [3, 4, 3] }, resize: true } } },
    );
    expect([image.masks!.m!.width, image.masks!.m!.height]).toEqual([9, 7]);
    expect(new Image(image.masks!.m!.file.bytes).toDataArray()).toEqual(BILINEAR);
  });
});

/** numpy, float64: `((i * 7919) % 31)` in [3, 4, 3] to 7 × 9 by PyTorch's rule (align_corners=False), then argmax. */
const BILINEAR = [
  [2, 2, 1, 1, 0, 0, 2, 2, 2],
  [2, 2, 1, 1, 0, 0, 2, 2, 2],
  [1, 1, 1, 0, 0, 1, 1, 1, 1],
  [1, 1, 0, 0, 0, 1, 1, 1, 1],
  [1, 0, 0, 0, 0, 1, 1, 1, 1],
  [0, 0, 1, 1, 0, 0, 0, 0, 0],
  [0, 0, 1, 1, 0, 0, 0, 0, 0],
];

describe("masks", () => {
  test.each([
    ...forms([0, 1, 2, 3, 4, 5], [2, 3]),
    ["[1, 1, H, W]", { data: Int32Array.of(0, 1, 2, 3, 4, 5), shape: [1, 1, 2, 3] }],
    ["[1, H, W, 1]", { data: Int32Array.of(0, 1, 2, 3, 4, 5), shape: [1, 2, 3, 1] }],
    ["decoded pixels", { data: Uint8Array.of(0, 1, 2, 3, 4, 5), width: 3, height: 2 }],
  ] as [string, unknown][])("of %s", (_, mask_data) => {
    const mask = new ImageMask({ mask_data: mask_data as never, class_labels: ["a", "b", "c", "d", "e", "f"] }, "m");
    expect(new Image(mask.file.bytes).toDataArray()).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    expect(mask.classLabels[5]).toBe("f");
  });

  test("resize: ids by the nearest", () => {
    const small = { mask_data: [[1, 2]], resize: true };
    const pixels = { data: new Uint8Array(18), width: 3, height: 2 };
    const image = new Image(pixels, { masks: new Map([["m", small]]) as never });
    expect(new Image(image.masks!.m!.file.bytes).toDataArray()).toEqual([
      [1, 2, 2],
      [1, 2, 2],
    ]);
    expect(new ImageMask({ mask_data: [[1, 2]], resize: { width: 4, height: 1 } }, "m").width).toBe(4);
    expect(() => new ImageMask({ mask_data: [[1]], resize: true }, "m")).toThrow(
      "masks.m: resize: true means the size of an image; pass { width, height } without one",
    );
    expect(() => new Image(pixels, { masks: { m: { mask_data: [[1, 2]] } } })).toThrow(
      "masks.m is 2×1 and its image 3×2: a mask has a class for each pixel of the image. Pass resize: true",
    );
  });

  test("with maxSize a mask is made as large as the input, and follows it", () => {
    const image = new Image(
      { data: new Uint8Array(48), width: 4, height: 4 },
      {
        maxSize: 2,
        masks: {
          m: {
            mask_data: [
              [1, 2],
              [3, 4],
            ],
            resize: true,
          },
        },
      },
    );
    expect(new Image(image.masks!.m!.file.bytes).toDataArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  test("a palette's file keeps its class ids where it follows its image", () => {
    const palette: [number, number, number][] = [
      [0, 0, 0],
      [128, 0, 0],
      [0, 128, 0],
      [128, 128, 0],
    ];
    const ids = Uint8Array.of(0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3);
    const path = encodePalette({ width: 4, height: 4, depth: 8, channels: 1, data: ids, palette });
    const image = new Image(
      { data: new Uint8Array(16), width: 4, height: 4 },
      { maxSize: 2, flipY: true, masks: { m: { path } } },
    );
    expect(new Image(image.masks!.m!.file.bytes).toDataArray()).toEqual([
      [2, 3],
      [0, 1],
    ]);
  });

  test("transformers.js' segments", () => {
    const mask = (...data: number[]) => ({ data: Uint8Array.from(data), width: 2, height: 2, channels: 1 });
    const segments = [
      { label: "cat", score: 0.9, mask: mask(255, 255, 0, 0) },
      { label: "sky", score: null, mask: mask(0, 255, 0, 0) },
      { label: "cat", score: 0.5, mask: mask(0, 0, 255, 0) },
    ];
    expect(masksOf(segments)).toEqual({
      mask_data: { data: Uint8Array.of(1, 2, 1, 0), shape: [2, 2] },
      class_labels: { 0: "background", 1: "cat", 2: "sky" },
    });
    expect(masksOf(segments, { classLabels: { 0: "none", 15: "cat" } })).toMatchObject({
      mask_data: { data: Uint8Array.of(15, 16, 15, 0) },
    });
    expect(() => masksOf([])).toThrow("masksOf: expected a list of { label, score, mask }; got an array of 0");
    expect(() => masksOf([null] as never)).toThrow("masksOf[0]: expected { label, score, mask }; got null");
    expect(() => masksOf([...segments, { label: "x", mask: [[1]] }])).toThrow("masksOf[3].mask is 1×1, the first 2×2");
  });
});

describe("unknown names are refused, with what was meant", () => {
  const pixel = { data: new Uint8Array(3), width: 1, height: 1 };
  test.each<[string, () => unknown, string]>([
    [
      "box.xyxy",
      () => box.xyxy(corners, { domian: "pixel" } as never),
      'box.xyxy: unknown option "domian"; did you mean domain?',
    ],
    ["box.xywh", () => box.xywh(corners, { class_labels: {} } as never), "did you mean classLabels?"],
    ["box.cxcywh", () => box.cxcywh(corners, { score: [1, 2] } as never), "did you mean scores?"],
    ["one box", () => box.xyxy(1, 2, 3, 4, { class_id: 1 } as never), "did you mean classId?"],
    ["box.detections", () => box.detections([], { class_labels: {} } as never), "did you mean classLabels?"],
    [
      "boxes",
      () => new Image(pixel, { boxes: { p: { boxData: [] } as never } }),
      'boxes.p: unknown option "boxData"; did you mean box_data?',
    ],
    ["masks", () => new Image(pixel, { masks: { p: { maskData: [[1]] } as never } }), "did you mean mask_data?"],
    ["argmaxMask", () => argmaxMask([[[1]]], { Layout: "HWC" } as never), "did you mean layout?"],
    ["compactMask", () => compactMask([[1]], { ignore_index: 255 } as never), "did you mean ignoreIndex?"],
    ["masksOf", () => masksOf([], { class_labels: {} } as never), "did you mean classLabels?"],
  ])("%s", (_, call, words) => {
    expect(call).toThrow(words);
  });

  test("dictionaries that are none: Sets, lists, instances", () => {
    class Layers {
      p = { box_data: [] };
    }
    for (const boxes of [new Set(), [], new Layers(), new Uint8Array(1)]) {
      expect(() => new Image(pixel, { boxes: boxes as never })).toThrow('Images "boxes" argument must be a dictionary');
    }
    expect(() => new Image(pixel, { classes: new Set(["a"]) as never })).toThrow("classes: got a Set");
    expect(() => new Classes(new Map() as never)).toThrow("Classes: expected a list of { id, name }; got a Map");
    expect(() => makeGrid(new Map() as never)).toThrow("a Map is not an image");
  });
});

test("memory that was moved away is refused by the name of what it was given for", () => {
  const moved = new Float32Array(8);
  structuredClone(moved, { transfer: [moved.buffer] });
  expect(() => box.xyxy(moved)).toThrow(/boxes: .* is detached/);
  expect(() => box.xyxy([[0, 0, 1, 1]], { scores: moved })).toThrow(/scores.* is detached/);
  expect(() => argmaxMask({ data: moved, shape: [2, 2, 2] })).toThrow(
    "logits: shape [2,2,2] has 8 values; the data has 0",
  );
});
