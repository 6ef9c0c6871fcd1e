import { createHash } from "node:crypto";
import { beforeEach, describe, expect, test } from "@jest/globals";
import { PNG } from "pngjs";
import { argmaxFallback } from "../../../src/fallback/argmax.ts";
import { conversionKernels } from "../../../src/fallback/index.ts";
import { kernels, selectKernels } from "../../../src/kernels.ts";
import {
  argmaxMask,
  BoundingBoxes2D,
  type BoxSet,
  box,
  Classes,
  compactMask,
  Image,
  type ImageJson,
  ImageMask,
  type MaskData,
  type MaskInput,
} from "../../../src/node.ts";
import { ENGINES } from "../../support/engines.ts";
import { memoryRun, warningsOf } from "../../support/run.ts";

/** Samples of an 8-bit gray PNG, by a decoder that is not ours. */
function grayPixels(bytes: Uint8Array) {
  expect([...bytes.subarray(24, 26)]).toEqual([8, 0]); // IHDR: 8 bits, gray
  const { width, height, data } = PNG.sync.read(Buffer.from(bytes));
  return { width, height, data: data.filter((_, i) => i % 4 === 0) };
}

const sha = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const pixels = (width: number, height: number) => ({ data: new Uint8Array(width * height * 3), width, height });
const oneBox = { position: { minX: 0.1, maxX: 0.2, minY: 0.3, maxY: 0.4 }, class_id: 1 };
const boxesWith = (change: object): BoxSet => ({ box_data: [oneBox, { ...oneBox, ...change }] });
const gray = (data: ArrayLike<number>, shape: number[]) => ({ data: Uint8Array.from(data), shape });

describe("boxes", () => {
  const boxSet = {
    box_data: [
      {
        position: { minX: 0.1, maxX: 0.2, minY: 0.3, maxY: 0.4 },
        class_id: 2,
        box_caption: "é",
        scores: { acc: 0.1, loss: 1.2 },
      },
      { position: { middle: [15, 2], width: 6, height: 2 }, domain: "pixel" as const, class_id: 1 },
    ],
    class_labels: { 1: "car", 2: "road" },
  };

  test("are saved as W&B saves them: the dictionary as given, and the class names in the config", () => {
    const { run, files, labels, order, text } = memoryRun();
    const image = new Image(pixels(30, 20), { boxes: { predictions: boxSet } });
    image.bindToRun(run, "pic", 3);
    const { boxes } = image.toJson(run);
    const { path, ...rest } = boxes!.predictions!;
    const bytes = files.get(path)!;
    expect(JSON.parse(text(path))).toEqual(boxSet);
    expect(text(path)).not.toMatch(/\s/);
    expect(path).toBe(`media/metadata/boxes2D/pic_3_${sha(bytes).slice(0, 20)}.boxes2D.json`);
    expect(rest).toEqual({ _type: "boxes2D", sha256: sha(bytes), size: bytes.length });
    expect(Object.fromEntries(labels)).toEqual({
      "bounding_box/class_labels pic_wandb_delimeter_predictions": { 1: "car", 2: "road" },
    });
    expect(order).toEqual([
      "media/images/pic_3_#.png",
      "media/metadata/boxes2D/pic_3_#.boxes2D.json",
      "bounding_box/class_labels pic_wandb_delimeter_predictions",
    ]);
  });

  test("without class_labels are class_<id>, in the config only", () => {
    const { run, labels, text } = memoryRun();
    const boxes = new BoundingBoxes2D(
      { box_data: [{ ...oneBox, class_id: 7 }, oneBox, { ...oneBox, class_id: -2 }] },
      "gt",
    );
    expect(boxes.classLabels).toEqual({ 1: "class_1", 7: "class_7", "-2": "class_-2" });
    boxes.bindToRun(run, "k", 0);
    expect(labels.get("bounding_box/class_labels k_wandb_delimeter_gt")).toEqual(boxes.classLabels);
    expect(Object.keys(JSON.parse(text(boxes.toJson(run).path)))).toEqual(["box_data"]);
  });

  test("an empty set is a set", () => {
    const { run, text } = memoryRun();
    const boxes = new BoundingBoxes2D({ box_data: [] }, "none");
    boxes.bindToRun(run, "k", 0);
    expect(text(boxes.toJson(run).path)).toBe('{"box_data":[]}');
  });

  test("typed arrays become lists and BigInt ids numbers; what was given stays the caller's", () => {
    const middle = Float32Array.of(0.5, 0.25);
    const val = { box_data: [{ position: { middle, width: 0.5, height: 0.25 }, class_id: 3n as unknown as number }] };
    const boxes = new BoundingBoxes2D(val, "k");
    middle.fill(9);
    expect(boxes.boxes).toEqual([{ position: { middle: [0.5, 0.25], width: 0.5, height: 0.25 }, class_id: 3 }]);
    expect(val.box_data[0]!.class_id).toBe(3n);
  });

  test("of a class whose fields are getters, as those of a DOMRect, are written whole", () => {
    class Corners {
      get minX() {
        return 0.1;
      }
      get maxX() {
        return 0.2;
      }
      get minY() {
        return 0.3;
      }
      get maxY() {
        return 0.4;
      }
      toJSON() {
        return {};
      }
    }
    class Found {
      score = 0.5;
      get position() {
        return new Corners();
      }
      get class_id() {
        return 1;
      }
    }
    class Detections {
      get box_data() {
        return [new Found()];
      }
    }
    const boxes = new BoundingBoxes2D(new Detections(), "truth");
    const wanted = { score: 0.5, ...oneBox };
    expect(boxes.boxes).toEqual([wanted]);
    expect(JSON.parse(new TextDecoder().decode(boxes.file.bytes))).toEqual({ box_data: [wanted] });
    expect(new Image(pixels(4, 4), { boxes: { truth: new Detections() } }).boxes?.truth?.boxes).toEqual([wanted]);
  });

  test("that hold themselves are refused by name", () => {
    const itself: Record<string, unknown> = { ...oneBox };
    itself.itself = itself;
    expect(() => new BoundingBoxes2D({ box_data: [itself as never] }, "p")).toThrow(
      /^boxes\.p: a box holds something that has no JSON, such as an object that holds itself$/,
    );
  });

  test("that answer another question each time are what they were when they were checked", () => {
    let asked = 0;
    const fickle = new Proxy(boxesWith({}), {
      get: (set, name, self) => (name === "box_data" && asked++ > 0 ? undefined : Reflect.get(set, name, self)),
      ownKeys: () => [],
    });
    expect(new BoundingBoxes2D(fickle, "truth").boxes).toEqual([oneBox, oneBox]);
  });

  test("outside the image: a warning that tells which and where, one a set", () => {
    const warned = (val: BoxSet) =>
      warningsOf((onWarning) => new Image(pixels(30, 20), { boxes: { p: val }, onWarning }));
    const pixel = { domain: "pixel" as const, class_id: 1 };
    expect(warned({ box_data: [{ ...pixel, position: { minX: 0, minY: 0, maxX: 30, maxY: 20 } }, oneBox] })).toEqual(
      [],
    );
    expect(
      warned({
        box_data: [
          oneBox,
          { ...pixel, position: { minX: -1, minY: 0, maxX: 10, maxY: 10 } },
          { ...pixel, position: { middle: [20, 10], width: 22, height: 2 } },
        ],
      }),
    ).toEqual([
      {
        code: "box-outside",
        message:
          "boxes.p: 2 of 3 boxes reach outside the image: box_data[1] minX -1, box_data[2] maxX 31; the image is 30×20",
      },
    ]);
    expect(warned(boxesWith({ position: { minX: 3, minY: 4, maxX: 15, maxY: 16 } }))).toEqual([
      {
        code: "box-outside",
        message:
          "boxes.p: 1 of 2 boxes reach outside the image: box_data[1] minX 3; coordinates without a domain are fractions, " +
          '0 to 1; give domain: "pixel" if these are pixels',
      },
    ]);
    expect(warned(boxesWith({ position: { minX: 0.5, minY: 0, maxX: 0.25, maxY: 1 } }))).toEqual([
      {
        code: "box-inverted",
        message: "boxes.p: 1 of 2 boxes end before they begin (max below min, or a negative size): box_data[1]",
      },
    ]);
  });

  test("builders: one box, and a detector's N×4 with scores and classes", () => {
    expect(box.xyxy(1, 2, 3, 4)).toEqual({ position: { minX: 1, minY: 2, maxX: 3, maxY: 4 } });
    expect(box.xywh(1, 2, 3, 4, { domain: "pixel", classId: 2, scores: { acc: 0.5 }, caption: "a" })).toEqual({
      position: { minX: 1, minY: 2, maxX: 4, maxY: 6 },
      domain: "pixel",
      class_id: 2,
      scores: { acc: 0.5 },
      box_caption: "a",
    });
    expect(box.cxcywh(1, 2, 3, 4).position).toEqual({ middle: [1, 2], width: 3, height: 4 });

    const set = {
      box_data: [
        { position: { minX: 1, minY: 2, maxX: 3, maxY: 4 }, domain: "pixel", class_id: 7, scores: { score: 0.5 } },
        { position: { minX: 5, minY: 6, maxX: 7, maxY: 8 }, domain: "pixel", class_id: 9, scores: { score: 0.25 } },
      ],
      class_labels: { 7: "cat", 9: "dog" },
    };
    const options = {
      domain: "pixel" as const,
      classes: BigInt64Array.of(7n, 9n),
      scores: { data: Float32Array.of(0.5, 0.25), shape: [2] },
      classLabels: { 7: "cat", 9: "dog" },
    };
    const numbers = [1, 2, 3, 4, 5, 6, 7, 8];
    const forms = [
      numbers,
      Float32Array.from(numbers),
      { data: Float64Array.from(numbers), shape: [2, 4] },
      [numbers.slice(0, 4), Int32Array.from(numbers.slice(4))],
    ];
    for (const boxes of forms) expect(box.xyxy(boxes, options)).toEqual(set);
    expect(new BoundingBoxes2D(box.xyxy(numbers, options), "p").classLabels).toEqual({ 7: "cat", 9: "dog" });
    expect(box.xywh(numbers, { scores: { iou: [0.1, 0.2], acc: [1, 0] }, captions: ["a", "b"] }).box_data[1]).toEqual({
      position: { minX: 5, minY: 6, maxX: 12, maxY: 14 },
      class_id: 0,
      scores: { iou: 0.2, acc: 0 },
      box_caption: "b",
    });
    expect(box.cxcywh([], {})).toEqual({ box_data: [] });
    expect(box.cxcywh({ data: new Float32Array(), shape: [0, 4] })).toEqual({ box_data: [] });
  });
});

describe.each(ENGINES)("masks (%s)", (which) => {
  beforeEach(() => selectKernels(which));

  const ids = [0, 1, 2, 255, 7, 0];
  const kinds = {
    uint8: Uint8Array.from(ids),
    uint8c: Uint8ClampedArray.from(ids),
    uint16: Uint16Array.from(ids),
    int16: Int16Array.from(ids),
    uint32: Uint32Array.from(ids),
    int32: Int32Array.from(ids),
    uint64: BigUint64Array.from(ids, BigInt),
    int64: BigInt64Array.from(ids, BigInt),
    float32: Float32Array.from(ids),
    float64: Float64Array.from(ids),
  };

  test.each(Object.entries(kinds))("of %s are an 8-bit gray PNG of class ids", (_, data) => {
    for (const shape of [
      [2, 3],
      [2, 3, 1],
      [1, 2, 3],
    ]) {
      const mask = new ImageMask({ mask_data: { data, shape } }, "m");
      expect(grayPixels(mask.file.bytes)).toEqual({ width: 3, height: 2, data: Buffer.from(ids) });
      expect(mask.classLabels).toEqual({ 0: "class_0", 1: "class_1", 2: "class_2", 7: "class_7", 255: "class_255" });
    }
  });

  test("of float16, bool, nested arrays, decoded pixels, strided views, and -0", () => {
    const float16 = Uint16Array.of(0x0000, 0x3c00, 0x4000, 0x5bf8, 0x4700, 0x8000);
    const expected = Buffer.from(ids);
    const of = (mask_data: MaskData) => grayPixels(new ImageMask({ mask_data }, "m").file.bytes).data;
    expect(of({ data: float16, shape: [2, 3], dtype: "float16" })).toEqual(expected);
    expect(of([ids.slice(0, 3), ids.slice(3)])).toEqual(expected);
    expect(of([Int16Array.from(ids.slice(0, 3)), Int16Array.from(ids.slice(3))])).toEqual(expected);
    expect(of({ data: Uint8Array.from(ids), width: 3, height: 2, channels: 1 })).toEqual(expected);
    expect(of({ data: Float32Array.of(-0, 1), shape: [1, 2] })).toEqual(Buffer.from([0, 1]));
    expect(of({ data: Uint8Array.of(0, 1, 1), shape: [1, 3], dtype: "bool" })).toEqual(Buffer.from([0, 1, 1]));
    const transposed = Int32Array.of(99, 0, 255, 1, 7, 2, 0);
    expect(of({ data: transposed, shape: [2, 3], strides: [1, 2], offset: 1 })).toEqual(expected);
  });

  test("are saved as W&B saves them, class 0 included", () => {
    const { run, files, labels, order } = memoryRun();
    const mask_data = { data: Uint8Array.of(0, 1, 1, 3), shape: [2, 2] };
    const image = new Image(pixels(2, 2), {
      boxes: { b: { box_data: [oneBox] } },
      masks: { gt: { mask_data, class_labels: { 0: "sky", 1: "sea" } }, pred: { mask_data } },
    });
    image.bindToRun(run, "nest/pic", 0);
    const { masks } = image.toJson(run);
    const { path, ...rest } = masks!.gt!;
    const bytes = files.get(path)!;
    expect(path).toBe(`media/images/mask/nest/pic_0_${sha(bytes).slice(0, 20)}.mask.png`);
    expect(rest).toEqual({ _type: "mask", sha256: sha(bytes), size: bytes.length });
    expect(masks!.pred).toEqual(masks!.gt);
    expect(labels.get("mask/class_labels nest/pic_wandb_delimeter_gt")).toEqual({ 0: "sky", 1: "sea" });
    expect(labels.get("mask/class_labels nest/pic_wandb_delimeter_pred")).toEqual({
      0: "class_0",
      1: "class_1",
      3: "class_3",
    });
    expect(order).toEqual([
      "media/images/nest/pic_0_#.png",
      "media/metadata/boxes2D/nest/pic_0_#.boxes2D.json",
      "bounding_box/class_labels nest/pic_wandb_delimeter_b",
      "media/images/mask/nest/pic_0_#.mask.png",
      "mask/class_labels nest/pic_wandb_delimeter_gt",
      "media/images/mask/nest/pic_0_#.mask.png",
      "mask/class_labels nest/pic_wandb_delimeter_pred",
    ]);
  });

  test("by path keep their bytes and extension, and have no labels of their own", () => {
    const { run, files, labels } = memoryRun();
    const file = new ImageMask({ mask_data: gray([1, 2], [1, 2]) }, "m").file.bytes;
    const mask = new ImageMask({ path: file }, "gt");
    expect(mask).toMatchObject({ width: 2, height: 1, classLabels: {} });
    mask.bindToRun(run, "k", 1);
    const { path } = mask.toJson(run);
    expect(path).toBe(`media/images/mask/k_1_${sha(file).slice(0, 20)}.png`);
    expect(files.get(path)).toEqual(file);
    expect(labels.size).toBe(0);
    new ImageMask({ path: file, class_labels: { 1: "one" } }, "gt").bindToRun(run, "k", 1);
    expect(labels.get("mask/class_labels k_wandb_delimeter_gt")).toEqual({ 1: "one" });
  });

  test("from logits, channels last and first: argmax", () => {
    const [height, width, classes] = [3, 5, 4];
    const hwc = Float32Array.from({ length: height * width * classes }, (_, i) => Math.imul(i, 2654435761) >> 8);
    const chw = Float32Array.from({ length: hwc.length }, (_, i) => hwc[(i % 15) * classes + Math.floor(i / 15)]!);
    const want = Uint8Array.from({ length: 15 }, (_, i) => {
      const scores = [...hwc.subarray(i * classes, (i + 1) * classes)];
      return scores.indexOf(Math.max(...scores));
    });
    expect(new Set(want).size).toBeGreaterThan(2);
    const nested = Array.from({ length: height }, (_, y) =>
      Array.from({ length: width }, (_, x) => [
        ...hwc.subarray((y * width + x) * classes, (y * width + x + 1) * classes),
      ]),
    );
    expect(argmaxMask({ data: hwc, shape: [3, 5, 4] })).toEqual({ data: want, shape: [3, 5] });
    expect(argmaxMask(nested)).toEqual({ data: want, shape: [3, 5] });
    expect(argmaxMask({ data: chw, shape: [1, 4, 3, 5] }, { layout: "CHW" }).data).toEqual(want);
    expect(argmaxMask({ data: Float64Array.from(chw), shape: [4, 3, 5] }, { layout: "CHW" }).data).toEqual(want);
    const mask = new ImageMask({ logits: { data: chw, shape: [4, 3, 5] }, layout: "CHW" }, "m");
    expect(grayPixels(mask.file.bytes)).toEqual({ width: 5, height: 3, data: Buffer.from(want) });
    // Of equal scores the first, NaN never, 0 where there is nothing else; float16 patterns of 1, 2, -Infinity.
    expect(argmaxMask({ data: Float32Array.of(1, 1, NaN, 0, NaN, NaN), shape: [1, 3, 2] }).data).toEqual(
      Uint8Array.of(0, 1, 0),
    );
    expect(
      argmaxMask({ data: Uint16Array.of(0x3c00, 0x4000, 0xfc00, 0x3c00), shape: [1, 2, 2], dtype: "float16" }).data,
    ).toEqual(Uint8Array.of(1, 1));
  });

  test("compactMask renumbers labels with gaps and a negative ignore index", () => {
    const compact = compactMask(
      { data: Int32Array.of(-100, 11, 900, 11, 0, 900), shape: [2, 3] },
      { ignoreIndex: -100, classLabels: { 900: "bird" } },
    );
    expect(compact).toEqual({
      mask_data: { data: Uint8Array.of(255, 1, 2, 1, 0, 2), shape: [2, 3] },
      class_labels: { 0: "class_0", 1: "class_11", 2: "bird", 255: "ignored" },
      labels: [0, 11, 900],
    });
    expect(new ImageMask(compact, "m").classLabels[2]).toBe("bird");
    const all = Int16Array.from({ length: 256 }, (_, i) => i * 3 - 300);
    expect(compactMask({ data: all, shape: [16, 16] }).mask_data.data).toEqual(Uint8Array.from(all.keys()));
    expect(compactMask({ data: all, shape: [16, 16] }, { ignoreIndex: 999 }).mask_data.data).toEqual(
      Uint8Array.from(all.keys()),
    );
    expect(() => compactMask({ data: Float32Array.of(0, 0.5), shape: [1, 2] })).toThrow(
      new RangeError("mask: label 0.5 at [0, 1]; expected integers"),
    );
    const tooMany = { data: Int16Array.from({ length: 257 }, (_, i) => i), shape: [1, 257] };
    expect(() => compactMask(tooMany)).toThrow(new RangeError("mask: 257 different labels; an 8-bit mask holds 256"));
    expect(() => compactMask(tooMany, { ignoreIndex: 5 })).toThrow(
      new RangeError("mask: 256 different labels; an 8-bit mask holds 255"),
    );
  });
});

test("argmax kernels are their fallbacks, over sizes, numbers of classes and offsets", () => {
  selectKernels(ENGINES[0]!);
  const { u8, buffer, scratch, reserve } = kernels();
  const convert = conversionKernels();
  const memory = new ArrayBuffer(1 << 20);
  const [other, fallback] = [new Uint8Array(memory), argmaxFallback(memory)];
  for (const n of [0, 1, 3, 4, 5, 15, 16, 17, 33, 47]) {
    for (const classes of [1, 2, 3, 4, 5, 7, 8, 9, 21, 256]) {
      for (const offset of [0, 4]) {
        scratch(() => {
          const src = reserve(4 * (n + 16) * classes) + offset;
          const dst = reserve(64);
          const values = new Float32Array(buffer, src, n * classes);
          for (let i = 0; i < values.length; i++) {
            const r = Math.imul(i + 7 * n + classes, 2654435761) >>> 27;
            values[i] = r === 0 ? NaN : r === 1 ? -Infinity : r === 2 ? Infinity : r % 7;
          }
          new Float32Array(memory, src, n * classes).set(values);
          for (const run of [
            (k: typeof fallback) => k.argmaxPixelsF32(src, n, classes, dst),
            (k: typeof fallback) => k.argmaxPlanesF32(src, n * 4, n, classes, dst),
          ]) {
            run(convert);
            run(fallback);
            expect(u8.slice(dst, dst + n)).toEqual(other.slice(dst, dst + n));
          }
        });
      }
    }
  }
});

describe("class names", () => {
  const labeled = (class_labels?: Record<number, string>) =>
    new ImageMask({ mask_data: gray([0, 1], [1, 2]), ...(class_labels && { class_labels }) }, "m");

  test("of one key and layer merge by id; a conflict warns and the last wins; defaults stand behind given names", () => {
    const { run, labels } = memoryRun();
    const record = () => labels.get("mask/class_labels k_wandb_delimeter_m");
    const log = (mask: ImageMask) => warningsOf((onWarning) => mask.bindToRun(run, "k", 0, onWarning));
    expect(log(labeled())).toEqual([]);
    expect(record()).toEqual({ 0: "class_0", 1: "class_1" });
    expect(log(labeled({ 1: "car", 5: "bus" }))).toEqual([]);
    expect(record()).toEqual({ 0: "class_0", 1: "car", 5: "bus" });
    expect(log(labeled())).toEqual([]);
    expect(record()).toEqual({ 0: "class_0", 1: "car", 5: "bus" });
    expect(log(labeled({ 1: "tree" }))).toEqual([
      {
        code: "class-labels-conflict",
        message:
          'k: class 1 of m was "car" and is now "tree"; W&B keeps one list of names for a key and layer, so images logged ' +
          "before show the new name too",
      },
    ]);
    expect(record()).toEqual({ 0: "class_0", 1: "tree", 5: "bus" });
    // Another run, another key, boxes of the same name: records of their own.
    const second = memoryRun("def");
    labeled({ 1: "x" }).bindToRun(second.run, "k", 0);
    expect(second.labels.get("mask/class_labels k_wandb_delimeter_m")).toEqual({ 1: "x" });
    labeled({ 1: "y" }).bindToRun(run, "other", 0);
    new BoundingBoxes2D({ box_data: [], class_labels: { 1: "z" } }, "m").bindToRun(run, "k", 0);
    expect(record()).toEqual({ 0: "class_0", 1: "tree", 5: "bus" });
  });

  test("of several layers of an image stay apart", () => {
    const { run, labels } = memoryRun();
    const mask_data = gray([1, 1], [1, 2]);
    new Image(pixels(2, 1), {
      masks: { a: { mask_data, class_labels: { 1: "foo" } }, b: { mask_data, class_labels: { 1: "bar" } } },
      boxes: { a: { box_data: [oneBox], class_labels: { 1: "baz" } } },
    }).bindToRun(run, "k", 0);
    expect([...labels.values()]).toEqual([{ 1: "baz" }, { 1: "foo" }, { 1: "bar" }]);
  });

  test("of an image: a list, names by id, or Classes; copied with it, and part of equality", () => {
    const list = [
      { id: 0, name: "sky" },
      { id: 4, name: "sea" },
    ];
    const image = new Image(pixels(2, 1), { classes: list });
    expect(image.classes!.classSet).toEqual(list);
    expect(new Image(pixels(2, 1), { classes: { 0: "sky", 4: "sea" } }).classes!.classSet).toEqual(list);
    expect(new Image(pixels(2, 1), { classes: new Classes(list) }).equals(image)).toBe(true);
    expect(new Image(image).classes).toBe(image.classes);
    expect(new Image(image).equals(image)).toBe(true);
    expect(new Image(image, { classes: list.slice(1) }).equals(image)).toBe(false);
    expect(new Image(pixels(2, 1)).equals(image)).toBe(false);
    expect(image.equals(new Image(pixels(2, 1)))).toBe(false);
    expect(image.classes!.toJson()).toEqual({ _type: "classes", class_set: list });
  });
});

describe("an image with layers", () => {
  const mask_data = gray([0, 1], [1, 2]);
  const layered = (caption?: string) =>
    new Image(pixels(2, 1), { caption, boxes: { p: { box_data: [oneBox] } }, masks: { m: { mask_data } } });

  test("takes instances and plain objects; copying an Image leaves its layers behind, as in W&B", () => {
    const boxes = new BoundingBoxes2D({ box_data: [oneBox] }, "p");
    const masks = new ImageMask({ mask_data }, "m");
    const image = new Image(pixels(2, 1), { boxes: { p: boxes }, masks: { m: masks } });
    expect([image.boxes!.p, image.masks!.m]).toEqual([boxes, masks]);
    expect(new Image(image)).toMatchObject({ boxes: null, masks: null });
    expect(new Image(pixels(2, 1), { boxes: {}, masks: {} })).toMatchObject({ boxes: null, masks: null });
  });

  test("logged again keeps its paths, and names its classes under the new key too", () => {
    const { run, files, labels } = memoryRun();
    const image = layered();
    image.bindToRun(run, "a", 0);
    const before = image.toJson(run);
    image.bindToRun(run, "b", 1);
    expect(image.toJson(run)).toEqual(before);
    expect(files.size).toBe(3);
    expect([...labels.keys()]).toEqual([
      "bounding_box/class_labels a_wandb_delimeter_p",
      "mask/class_labels a_wandb_delimeter_m",
      "bounding_box/class_labels b_wandb_delimeter_p",
      "mask/class_labels b_wandb_delimeter_m",
    ]);
    const second = memoryRun("def");
    image.bindToRun(second.run, "c", 2);
    expect(image.toJson(second.run).masks!.m!.path).toMatch(/^media\/images\/mask\/c_2_/);
    expect(image.toJson(run)).toEqual(before);
  });

  test("in a list: all_boxes and all_masks, null where an image has none", () => {
    const { run, files } = memoryRun();
    const both = layered("x");
    const json = Image.seqToJson([new Image(pixels(2, 1)), both, both], run, "list", 4);
    const single: ImageJson = both.toJson(run);
    expect(json.all_boxes).toEqual([null, single.boxes, single.boxes]);
    expect(json.all_masks).toEqual([null, single.masks, single.masks]);
    expect(single.boxes!.p!.path).toMatch(/^media\/metadata\/boxes2D\/list_4_[0-9a-f]{20}\.boxes2D\.json$/);
    expect(new Set(files.keys())).toEqual(new Set([...json.filenames, single.boxes!.p!.path, single.masks!.m!.path]));
    expect(Image.allBoxes([both], run, "list", 4)).toEqual([single.boxes]);
    expect(Image.allMasks([both], run, "list", 4)).toEqual([single.masks]);
    const plain = Image.seqToJson([new Image(pixels(2, 1))], run, "plain", 4);
    expect([plain.all_boxes, plain.all_masks]).toEqual([undefined, undefined]);
    expect(Image.allBoxes([new Image(pixels(2, 1))], run)).toBe(false);
    expect(Image.allMasks([], run)).toBe(false);
  });

  test("a layer that is not in a run says so", () => {
    const { run } = memoryRun("r1");
    const error = (type: string) => new Error(`${type} is not bound to run r1: call bindToRun first`);
    expect(() => layered().boxes!.p!.toJson(run)).toThrow(error("boxes2D"));
    expect(() => layered().masks!.m!.toJson(run)).toThrow(error("mask"));
  });
});

describe("refused", () => {
  const POSITION = "Each box must contain a position with: middle, width, and height or minX, maxX, minY, maxY";
  const bytes = (data: ArrayLike<number>, shape: number[]) => ({ mask_data: { data: Float32Array.from(data), shape } });
  const { class_id: _, ...withoutClass } = oneBox;
  const boxes: [string, unknown, new (message: string) => Error, string][] = [
    ["no object", null, TypeError, "boxes.k: expected { box_data: [...], class_labels }; got null"],
    ["no box_data", {}, TypeError, "Boxes must be a list: box_data is undefined"],
    ["box_data an object", { box_data: { 0: oneBox } }, TypeError, "Boxes must be a list: box_data is an object { 0 }"],
    [
      "a box that is null",
      { box_data: [null] },
      TypeError,
      "Boxes must be a list of boxes: box_data[0] is null; expected { position, class_id, … }",
    ],
    ["no position", boxesWith({ position: undefined }), TypeError, `${POSITION}. box_data[1].position is undefined`],
    [
      "a position that is text",
      boxesWith({ position: "left" }),
      TypeError,
      `${POSITION}. box_data[1].position is "left"`,
    ],
    [
      "an empty position",
      boxesWith({ position: {} }),
      TypeError,
      `${POSITION}. box_data[1].position has nothing; minX is undefined`,
    ],
    [
      "a missing side",
      boxesWith({ position: { minX: 0, maxX: 1, minY: 0 } }),
      TypeError,
      `${POSITION}. box_data[1].position has minX, maxX, minY; maxY is undefined`,
    ],
    [
      "a side that is text",
      boxesWith({ position: { minX: "0", maxX: 1, minY: 0, maxY: 1 } }),
      TypeError,
      `${POSITION}. box_data[1].position has minX, maxX, minY, maxY; minX is "0"`,
    ],
    [
      "a middle of three",
      boxesWith({ position: { middle: [1, 2, 3], width: 1, height: 1 } }),
      TypeError,
      `${POSITION}. box_data[1].position has middle, width, height; minX is undefined`,
    ],
    [
      "a middle without size",
      boxesWith({ position: { middle: [1, 2] } }),
      TypeError,
      `${POSITION}. box_data[1].position has middle; minX is undefined`,
    ],
    [
      "a middle of text",
      boxesWith({ position: { middle: ["a", 2], width: 1, height: 1 } }),
      TypeError,
      `${POSITION}. box_data[1].position has middle, width, height; middle[0] is "a"`,
    ],
    [
      "a NaN side",
      boxesWith({ position: { minX: NaN, maxX: 1, minY: 0, maxY: 1 } }),
      RangeError,
      "box_data[1].position.minX is NaN: expected a finite number",
    ],
    [
      "an infinite side",
      boxesWith({ position: { minX: 0, maxX: Infinity, minY: 0, maxY: 1 } }),
      RangeError,
      "box_data[1].position.maxX is Infinity: expected a finite number",
    ],
    [
      "a NaN middle",
      boxesWith({ position: { middle: [0, NaN], width: 1, height: 1 } }),
      RangeError,
      "box_data[1].position.middle[1] is NaN: expected a finite number",
    ],
    [
      "an infinite width",
      boxesWith({ position: { middle: [0, 0], width: -Infinity, height: 1 } }),
      RangeError,
      "box_data[1].position.width is -Infinity: expected a finite number",
    ],
    [
      "an unknown domain",
      boxesWith({ domain: "px" }),
      RangeError,
      'box_data[1].domain is "px": expected "pixel", or nothing for fractions of the image',
    ],
    [
      "scores as a number",
      boxesWith({ scores: 0.5 }),
      TypeError,
      "Box scores must be a dictionary: box_data[1].scores is 0.5; expected { name: 0.9 }",
    ],
    [
      "scores as a list",
      boxesWith({ scores: [0.5] }),
      TypeError,
      "Box scores must be a dictionary: box_data[1].scores is an array of 1; expected { name: 0.9 }",
    ],
    [
      "a score of text",
      boxesWith({ scores: { acc: "high" } }),
      TypeError,
      'A score value must be a number: box_data[1].scores.acc is "high"',
    ],
    [
      "a NaN score",
      boxesWith({ scores: { acc: NaN } }),
      RangeError,
      "A score value must be a number: box_data[1].scores.acc is NaN, which JSON cannot hold",
    ],
    [
      "a fractional class_id",
      boxesWith({ class_id: 1.5 }),
      TypeError,
      "A box's class_id must be an integer: box_data[1].class_id is 1.5",
    ],
    [
      "a class_id of text",
      boxesWith({ class_id: "1" }),
      TypeError,
      'A box\'s class_id must be an integer: box_data[1].class_id is "1"',
    ],
    [
      "a null class_id",
      boxesWith({ class_id: null }),
      TypeError,
      "A box's class_id must be an integer: box_data[1].class_id is null",
    ],
    [
      "no class_id and no labels",
      { box_data: [withoutClass] },
      TypeError,
      "box_data[0] has no class_id: give one, or class_labels for the set",
    ],
    [
      "a caption that is a number",
      boxesWith({ box_caption: 3 }),
      TypeError,
      "A box's caption must be a string: box_data[1].box_caption is 3",
    ],
    [
      "class_labels as a list of lists",
      { box_data: [], class_labels: [["a"]] },
      TypeError,
      "Class labels must be a dictionary of numbers to string: 0 is an array of 1; expected a string",
    ],
    [
      "class_labels by name",
      { box_data: [], class_labels: { car: "1" } },
      TypeError,
      'Class labels must be a dictionary of numbers to string: the key "car" is not a whole number',
    ],
    [
      "a label that is a number",
      { box_data: [], class_labels: { 1: 2 } },
      TypeError,
      "Class labels must be a dictionary of numbers to string: 1 is 2; expected a string",
    ],
    [
      "null class_labels",
      { box_data: [], class_labels: null },
      TypeError,
      'Class labels must be a dictionary of numbers to string: got null; expected names by id, such as { 1: "car" }, or a list',
    ],
  ];
  test.each(boxes)("boxes: %s", (_, val, Kind, message) => {
    expect(() => new BoundingBoxes2D(val as BoxSet, "k")).toThrow(new Kind(message));
    expect(() => new BoundingBoxes2D(val as BoxSet, "k")).toThrow(Kind);
  });

  const INTEGERS = "Mask data must be integers between 0 and 255";
  const compact = "compactMask(mask, { ignoreIndex }) renumbers labels into 0 to 255";
  const round = "Round the mask, or pass { logits } for scores of classes";
  const masks: [string, unknown, new (message: string) => Error, string][] = [
    ["no object", 5, TypeError, "masks.k: expected { mask_data, class_labels } or { path }; got 5"],
    [
      "no mask_data",
      {},
      TypeError,
      'Missing key "mask_data": An image mask requires mask data: a 2D array representing the predictions',
    ],
    [
      "null mask_data",
      { mask_data: null },
      TypeError,
      'Missing key "mask_data": An image mask requires mask data: a 2D array representing the predictions',
    ],
    [
      "three channels",
      bytes(new Float32Array(12), [2, 2, 3]),
      TypeError,
      'mask_data must be a 2D array: shape [2,2,3]: layout "HW" has 2 axes; got 3',
    ],
    [
      "one axis",
      bytes([1, 2], [2]),
      TypeError,
      "mask_data must be a 2D array: shape [2]: one axis; expected [height, width] or [height, width, channels]",
    ],
    [
      "a length that is not the shape's",
      bytes([1, 2, 3], [2, 2]),
      TypeError,
      "mask_data must be a 2D array: shape [2,2] has 4 values; the data has 3",
    ],
    [
      "ragged rows",
      { mask_data: [[1, 2], [3]] },
      TypeError,
      "mask_data must be a 2D array: input[1]: expected 2 values, as in input[0] (ragged array); got 1",
    ],
    [
      "colored pixels",
      { mask_data: pixels(1, 1) },
      TypeError,
      "mask_data must be a 2D array of class ids; got an object { data, width, height }",
    ],
    ["a fraction", bytes([0, 1, 2, 0.5], [2, 2]), RangeError, `${INTEGERS}: 0.5 at [1, 1]. ${round}`],
    ["a float below 0", bytes([0, -1], [1, 2]), RangeError, `${INTEGERS}: -1 at [0, 1]. ${compact}`],
    ["a float above 255", bytes([256, 1], [1, 2]), RangeError, `${INTEGERS}: 256 at [0, 0]. ${compact}`],
    ["NaN", bytes([0, NaN], [2, 1]), RangeError, `${INTEGERS}: NaN at [1, 0]. Replace it by a class`],
    ["Infinity", bytes([Infinity], [1, 1]), RangeError, `${INTEGERS}: Infinity at [0, 0]. ${compact}`],
    [
      "int8 below 0",
      { mask_data: { data: Int8Array.of(1, -1), shape: [1, 2] } },
      RangeError,
      `${INTEGERS}: -1 at [0, 1]. ${compact}`,
    ],
    [
      "int16 above 255",
      { mask_data: { data: Int16Array.of(1, 300), shape: [1, 2] } },
      RangeError,
      `${INTEGERS}: 300 at [0, 1]. ${compact}`,
    ],
    [
      "uint16 above 255",
      { mask_data: { data: Uint16Array.of(65535), shape: [1, 1] } },
      RangeError,
      `${INTEGERS}: 65535 at [0, 0]. ${compact}`,
    ],
    [
      "uint32 above 255",
      { mask_data: { data: Uint32Array.of(2 ** 32 - 1), shape: [1, 1] } },
      RangeError,
      `${INTEGERS}: 4294967295 at [0, 0]. ${compact}`,
    ],
    [
      "int32 below 0",
      { mask_data: { data: Int32Array.of(-100), shape: [1, 1] } },
      RangeError,
      `${INTEGERS}: -100 at [0, 0]. ${compact}`,
    ],
    [
      "int64 of a low byte only",
      { mask_data: { data: BigInt64Array.of(2n ** 32n + 1n), shape: [1, 1] } },
      RangeError,
      `${INTEGERS}: 4294967297 at [0, 0]. ${compact}`,
    ],
    [
      "uint64",
      { mask_data: { data: BigUint64Array.of(0n, 256n), shape: [2, 1] } },
      RangeError,
      `${INTEGERS}: 256 at [1, 0]. ${compact}`,
    ],
    [
      "a float64 fraction",
      {
        mask_data: [
          [1, 2],
          [3, 3.25],
        ],
      },
      RangeError,
      `${INTEGERS}: 3.25 at [1, 1]. ${round}`,
    ],
    [
      "a float16 fraction",
      { mask_data: { data: Uint16Array.of(0x3800), shape: [1, 1], dtype: "float16" } },
      RangeError,
      `${INTEGERS}: 0.5 at [0, 0]. ${round}`,
    ],
    [
      "class_labels as text",
      { mask_data: [[1]], class_labels: "car" },
      TypeError,
      'Class labels must be a dictionary of numbers to strings: got "car"; expected names by id, such as { 1: "car" }, or a list',
    ],
    [
      "a label that is null",
      { mask_data: [[1]], class_labels: { 1: null } },
      TypeError,
      "Class labels must be a dictionary of numbers to strings: 1 is null; expected a string",
    ],
    [
      "a path that is an array",
      { path: { data: new Uint8Array(1), shape: [1, 1] } },
      TypeError,
      "masks.k.path: expected an image file, its bytes or data: URL",
    ],
    [
      "logits of two axes",
      { logits: { data: new Float32Array(4), shape: [2, 2] } },
      RangeError,
      'logits: shape [2,2] by layout "HWC"; expected [height, width, classes] with 1 to 256 classes',
    ],
    [
      "257 classes",
      { logits: { data: new Float32Array(257), shape: [257, 1, 1] }, layout: "CHW" },
      RangeError,
      'logits: shape [257,1,1] by layout "CHW"; expected [classes, height, width] with 1 to 256 classes',
    ],
    [
      "logits of another length",
      { logits: { data: new Float32Array(5), shape: [1, 2, 3] } },
      RangeError,
      "logits: shape [1,2,3] has 6 values; the data has 5",
    ],
    [
      "logits in another layout",
      { logits: { data: new Float32Array(6), shape: [1, 2, 3] }, layout: "WHC" },
      RangeError,
      'layout "WHC": expected "HWC" or "CHW"',
    ],
    [
      "logits that are a number",
      { logits: 3 },
      TypeError,
      "logits: expected scores of classes, as an array, rows, a tensor or { data, shape }; got 3",
    ],
    ["ragged logits", { logits: [[[1, 2]], [[1]]] }, RangeError, "logits: row 1, 0 has 1 numbers; expected 2"],
  ];
  test.each(masks)("masks: %s", (_, val, Kind, message) => {
    for (const which of ENGINES) {
      selectKernels(which);
      expect(() => new ImageMask(val as MaskInput, "k")).toThrow(new Kind(message));
      expect(() => new ImageMask(val as MaskInput, "k")).toThrow(Kind);
    }
  });

  const mask = { mask_data: gray([0, 1], [1, 2]) };
  const options: [string, object, new (message: string) => Error, string][] = [
    [
      "a mask of another size",
      { masks: { gt: mask } },
      RangeError,
      "masks.gt is 2×1 and its image 3×2: a mask has a class for each pixel of the image. Pass resize: true with the mask to make it as large",
    ],
    [
      "boxes as a list",
      { boxes: [oneBox] },
      TypeError,
      'Images "boxes" argument must be a dictionary; expected layers by name, { predictions: … }',
    ],
    [
      "masks as text",
      { masks: "m" },
      TypeError,
      'Images "masks" argument must be a dictionary; expected layers by name, { predictions: … }',
    ],
    [
      "masks as an array",
      { masks: new Uint8Array(6) },
      TypeError,
      'Images "masks" argument must be a dictionary; expected layers by name, { predictions: … }',
    ],
    [
      "a layer that is a list",
      { boxes: { p: [oneBox] } },
      TypeError,
      "boxes.p: expected { box_data: [...], class_labels }; got an array of 1",
    ],
    [
      "classes as text",
      { classes: "car" },
      TypeError,
      'classes: expected a list of { id, name }, names by id such as { 1: "car" }, or Classes; got "car"',
    ],
    ["classes of names and numbers", { classes: ["car", 1] }, TypeError, "classes: 1 is 1; expected a string"],
    [
      "a class without a name",
      { classes: [{ id: 1 }] },
      TypeError,
      'Classes: entry 0 is {"id":1}; expected { id: 1, name: "car" }',
    ],
    [
      "a class of a fraction",
      { classes: [{ id: 0.5, name: "a" }] },
      TypeError,
      'Classes: entry 0 is {"id":0.5,"name":"a"}; expected { id: 1, name: "car" }',
    ],
    [
      "a class twice",
      {
        classes: [
          { id: 1, name: "a" },
          { id: 1, name: "b" },
        ],
      },
      RangeError,
      'Classes: id 1 comes twice (entry 1, "b")',
    ],
  ];
  test.each(options)("options: %s", (_, given, Kind, message) => {
    expect(() => new Image(pixels(3, 2), given)).toThrow(new Kind(message));
    expect(() => new Image(pixels(3, 2), given)).toThrow(Kind);
  });

  const built: [string, () => unknown, new (message: string) => Error, string][] = [
    [
      "a fourth number that is missing",
      () => box.xywh(1, 2, 3, undefined as never),
      TypeError,
      "box.xywh: expected four numbers; got 1, 2, 3, undefined",
    ],
    [
      "what is no number",
      () => box.cxcywh(1, 5n as never, Object.create(null), 4),
      TypeError,
      "box.cxcywh: expected four numbers; got 1, 5, an empty object, 4",
    ],
    [
      "a class whose id has no JSON",
      () => new Classes([{ id: 1n, name: "x" } as never]),
      TypeError,
      'Classes: entry 0 is an object { id, name }; expected { id: 1, name: "car" }',
    ],
    ["numbers that are no fours", () => box.xyxy([1, 2, 3]), RangeError, "boxes: 3 numbers; expected 4 for each box"],
    [
      "a row of three",
      () =>
        box.xywh([
          [1, 2, 3, 4],
          [1, 2, 3],
        ]),
      RangeError,
      "boxes: row 1 has 3 numbers; expected 4",
    ],
    [
      "a tensor N×5",
      () => box.xyxy({ data: new Float32Array(10), shape: [2, 5] }),
      RangeError,
      "boxes: shape [2,5] of 10 numbers; expected [N, 4] of N·4",
    ],
    [
      "scores of another length",
      () => box.xyxy([1, 2, 3, 4], { scores: [1, 2] }),
      RangeError,
      "scores.score: 2 values for 1 boxes",
    ],
    [
      "classes of another length",
      () => box.xyxy([1, 2, 3, 4], { classes: [] }),
      RangeError,
      "classes: 0 values for 1 boxes",
    ],
    [
      "nothing",
      () => box.xyxy(undefined as unknown as number[]),
      TypeError,
      "boxes: expected N×4 numbers, as an array, rows, a tensor or { data, shape }; got undefined",
    ],
  ];
  test.each(built)("builders: %s", (_, make, Kind, message) => {
    expect(make).toThrow(new Kind(message));
    expect(make).toThrow(Kind);
  });
});
