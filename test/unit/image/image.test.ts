import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { inspect } from "node:util";
import { afterEach, describe, expect, test } from "@jest/globals";
import sharp from "sharp";
import { selectKernels } from "../../../src/kernels.ts";
import { Image, type MediaRun, makeGrid, setOnWarning, type Warning } from "../../../src/node.ts";
import { ENGINES } from "../../support/engines.ts";
import { codesOf, memoryRun } from "../../support/run.ts";

const photograph = (name: string) => new URL(`../../fixtures/photographs/${name}`, import.meta.url);

async function sharpPixels(bytes: Uint8Array) {
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  return { data: new Uint8Array(data), width: info.width, height: info.height, channels: info.channels };
}

afterEach(() => setOnWarning(undefined));

describe.each(ENGINES)("on %s", (which) => {
  test.each([
    ["astronaut.png", "RGB"],
    ["camera.png", "L"],
  ])("%s as an array comes back from its file pixel for pixel", async (name, mode) => {
    selectKernels(which);
    const { data, width, height, channels } = await sharpPixels(readFileSync(photograph(name)));
    const pixels = mode === "L" ? data.filter((_, i) => i % channels === 0) : data;
    const shape = mode === "L" ? [height, width] : [height, width, 3];
    const floats = { data: Float32Array.from(pixels, (value) => value / 255), shape };
    for (const image of [new Image({ data: pixels, shape }), new Image(floats)]) {
      expect({ mode: image.mode, width: image.width, height: image.height, format: image.format }).toEqual({
        mode,
        width,
        height,
        format: "png",
      });
      const back = image.toDataArray({ layout: "HWC" });
      // k/255 in float32 times 255 truncates to k for every k (notes on the range rule in convert/normalize.ts).
      expect(Buffer.compare(back.data as Uint8Array, pixels)).toBe(0);
      const decoded = await sharpPixels(image.bytes);
      expect(decoded.data[12345]).toBe(mode === "L" && decoded.channels === 3 ? pixels[4115] : pixels[12345]);
    }
  });

  test("RGBA for jpg: alpha dropped, said only where some alpha is below 255", async () => {
    selectKernels(which);
    const data = new Uint8Array(37 * 5 * 4).fill(255);
    const decoded = { data, width: 37, height: 5 };
    expect(codesOf((onWarning) => new Image(decoded, { fileType: "jpg", onWarning, subsampling: "4:4:4" }))).toEqual(
      [],
    );
    data[data.length - 1] = 254;
    expect(codesOf((onWarning) => new Image(decoded, { fileType: "jpg", onWarning, subsampling: "4:4:4" }))).toEqual([
      "alpha-dropped",
    ]);
    expect(new Image(decoded, { fileType: "jpg", onWarning: () => {} }).mode).toBe("RGB");
  });
});

describe("files", () => {
  test.each([
    ["rocket.jpg", "jpg", 640, 427],
    ["astronaut.png", "png", 512, 512],
  ])("%s is logged byte for byte", (name, format, width, height) => {
    const bytes = readFileSync(photograph(name));
    for (const input of [
      photograph(name),
      photograph(name).pathname,
      bytes,
      `data:image/x;base64,${bytes.toString("base64")}`,
    ]) {
      const image = new Image(input);
      expect(Buffer.compare(image.bytes, bytes)).toBe(0);
      expect([image.format, image.width, image.height, image.mode, image.normalization]).toEqual([
        format,
        width,
        height,
        null,
        null,
      ]);
      expect(image.sha256).toBe(createHash("sha256").update(bytes).digest("hex"));
    }
  });

  test("options about pixels are ignored, and it is said which", () => {
    const messages: string[] = [];
    new Image(photograph("rocket.jpg"), {
      fileType: "png",
      quality: 3,
      onWarning: ({ message }) => messages.push(message),
    });
    expect(messages).toEqual([
      "fileType, quality ignored: an encoded file is logged byte for byte. Decode it first and pass { data, width, height } to change it",
    ]);
  });
});

describe("another Image", () => {
  const source = new Image(
    { data: Uint8Array.of(1, 2, 3, 4), shape: [2, 2] },
    { caption: "a", grouping: 3, fileType: "bmp" },
  );

  test("is the same file with its caption and grouping", () => {
    const copy = new Image(source);
    expect(copy.bytes).toBe(source.bytes);
    expect([copy.caption, copy.grouping, copy.format, copy.mode]).toEqual(["a", 3, "bmp", "L"]);
    expect(copy.equals(source)).toBe(true);
  });

  test("null stands for not given, as an Image without a caption has it", () => {
    const none = { caption: null, grouping: null, classes: null, boxes: null, masks: null };
    const { caption, grouping, classes } = new Image([[0, 1]], none);
    expect([caption, grouping, classes]).toEqual([null, null, null]);
    const copy = new Image(source, none);
    expect([copy.caption, copy.grouping]).toEqual(["a", 3]);
  });

  test("takes a caption given anew", () => {
    const copy = new Image(source, { caption: "b" });
    expect([copy.caption, copy.grouping]).toEqual(["b", 3]);
    expect(copy.equals(source)).toBe(false);
  });
});

describe("JSON", () => {
  const image = (value: number, options = {}) => new Image({ data: Uint8Array.of(value, 200), shape: [1, 2] }, options);

  test("of one image, bound once", () => {
    const { run, files } = memoryRun();
    const one = image(7, { caption: "", grouping: 2 });
    expect(() => one.toJson(run)).toThrow("the image is not bound to run abc: call bindToRun first");
    one.bindToRun(run, "a/../b", 5);
    one.bindToRun(run, "later", 6);
    const path = `media/images/a/__/b_5_${one.sha256.slice(0, 20)}.png`;
    expect([...files.keys()]).toEqual([path]);
    expect(one.toJson(run)).toEqual({
      _type: "image-file",
      sha256: createHash("sha256").update(one.bytes).digest("hex"),
      size: one.bytes.length,
      path,
      format: "png",
      width: 2,
      height: 1,
      caption: "",
      grouping: 2,
    });
  });

  test("of a list: captions if any image has one, saved again under the list's key", () => {
    const { run, files } = memoryRun();
    const [a, b] = [image(1), image(2, { caption: "second" })];
    b.bindToRun(run, "alone", 0);
    const json = Image.seqToJson([a, b, a], run, "list", 4);
    const path = (one: Image) => `media/images/list_4_${one.sha256.slice(0, 20)}.png`;
    expect(json).toEqual({
      _type: "images/separated",
      width: 2,
      height: 1,
      format: "png",
      count: 3,
      filenames: [path(a), path(b), path(a)],
      captions: [null, "second", null],
    });
    expect([...files.keys()]).toEqual([`media/images/alone_0_${b.sha256.slice(0, 20)}.png`, path(a), path(b)]);
    expect(Image.seqToJson([a], run, "list", 5)).not.toHaveProperty("captions");
    expect(Image.allCaptions([a, a])).toBe(false);
    for (const all of ["allCaptions", "allBoxes", "allMasks", "seqToJson"] as const) {
      const call = (images: unknown) => () => Image[all](images as Image[], run, "list", 4);
      expect(call(a)).toThrow(new TypeError(`Image.${all}: expected a list of Images; got an Image`));
      expect(call([a, null])).toThrow(new TypeError(`Image.${all}: expected an Image at 1; got null`));
    }
  });

  test("of more than 108 images: the first 108, said aloud", () => {
    const { run } = memoryRun();
    const warnings: Warning[] = [];
    setOnWarning((warning) => warnings.push(warning));
    const json = Image.seqToJson(
      Array.from({ length: 110 }, (_, i) => image(i)),
      run,
      "many",
      0,
    );
    expect([json.count, json.filenames.length]).toEqual([108, 108]);
    expect(warnings).toEqual([
      { code: "max-items", message: "many: only 108 of 110 images are logged, W&B's limit for a list" },
    ]);
  });

  test("a reference is kept and refused by a run in W&B's words", () => {
    const { run, files } = memoryRun();
    const reference = new Image("https://example.com/cats/cat.jpeg?size=1");
    expect([reference.reference, reference.format, reference.size]).toEqual([
      "https://example.com/cats/cat.jpeg?size=1",
      "jpeg",
      0,
    ]);
    expect(() => reference.bindToRun(run, "k", 0)).toThrow(
      "Image media created by a reference to external storage cannot currently be added to a run",
    );
    expect(files.size).toBe(0);
    expect(reference.equals(new Image("https://example.com/cats/cat.jpeg?size=1"))).toBe(true);
    expect(reference.equals(new Image("https://example.com/dogs/dog.jpeg"))).toBe(false);
  });
});

describe("read back from a run directory", () => {
  test("file, caption, grouping, boxes and masks", () => {
    const dir = mkdtempSync(join(tmpdir(), "from-json-"));
    const run: MediaRun = {
      id: "abc",
      saveMedia: (path, bytes) => {
        mkdirSync(dirname(join(dir, "files", path)), { recursive: true });
        writeFileSync(join(dir, "files", path), bytes);
      },
      saveClassLabels: () => {},
    };
    const image = new Image(
      { data: Uint8Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] },
      {
        fileType: "jpg",
        caption: "cap",
        grouping: 4,
        boxes: { found: { box_data: [{ position: { minX: 0, maxX: 0.5, minY: 0, maxY: 1 }, class_id: 7 }] } },
        masks: { truth: { mask_data: { data: Uint8Array.of(0, 1, 2, 3, 4, 5), shape: [2, 3] } } },
      },
    );
    image.bindToRun(run, "key", 3);
    const json = image.toJson(run);
    const back = Image.fromJson(JSON.parse(JSON.stringify(json)), { dir });
    back.bindToRun(memoryRun().run, "key", 3);
    expect(Buffer.compare(back.bytes, image.bytes)).toBe(0);
    expect([back.format, back.caption, back.grouping, back.width, back.height]).toEqual(["jpg", "cap", 4, 3, 2]);
    expect(back.equals(image)).toBe(true);
    expect(Buffer.compare(back.masks!.truth!.file.bytes, image.masks!.truth!.file.bytes)).toBe(0);
    expect(JSON.parse(Buffer.from(back.boxes!.found!.file.bytes).toString())).toEqual(
      JSON.parse(Buffer.from(image.boxes!.found!.file.bytes).toString()),
    );
    expect(() => Image.fromJson({ _type: "images/separated" } as never, { dir })).toThrow(
      'fromJson: expected _type "image-file"; got "images/separated"',
    );
    rmSync(dir, { recursive: true });
  });

  test("its file in every form", async () => {
    const image = new Image({ data: Uint8Array.of(1, 2, 3, 4), shape: [2, 2] }, { caption: "four" });
    expect(Buffer.from(image.toDataURL().replace("data:image/png;base64,", ""), "base64").equals(image.bytes)).toBe(
      true,
    );
    expect(new Image(image.toDataURL()).equals(new Image(image.bytes))).toBe(true);
    const blob = image.toBlob();
    expect([blob.type, blob.size]).toEqual(["image/png", image.size]);
    expect(inspect(image)).toBe(`Image 2×2 L png ${image.size} B "four"`);
    const path = join(tmpdir(), `wandb-image-save-${process.pid}.png`);
    image.save(path);
    expect(Buffer.compare(readFileSync(path), image.bytes)).toBe(0);
    rmSync(path);
  });
});

describe("a batch", () => {
  // Frame 0 is dark: alone it would be read as [0, 1]; with frame 1 beside it the rule is clip for both.
  const data = Float32Array.of(0, 1, 0.5, 1, 0, 200, 40, 255);

  test("shares one range decision", () => {
    const images = Image.fromBatch({ data, shape: [2, 2, 2] }, { caption: ["dark", "light"], onWarning: () => {} });
    expect(images.map((image) => [image.caption, image.toDataArray()])).toEqual([
      [
        "dark",
        [
          [0, 1],
          [0, 1],
        ],
      ],
      [
        "light",
        [
          [0, 200],
          [40, 255],
        ],
      ],
    ]);
    expect(images.map((image) => image.normalization!.rule)).toEqual(["clip", "clip"]);
    const [minmax] = Image.fromBatch({ data, shape: [2, 2, 2] }, { range: "minmax" });
    expect([minmax!.normalization!.rule, minmax!.toDataArray()]).toEqual([
      "minmax",
      [
        [0, 1],
        [0, 1],
      ],
    ]);
  });

  test("channels last and first give the same images", () => {
    const nhwc = Float32Array.from({ length: 2 * 3 * 5 * 3 }, (_, i) => i / 89);
    const nchw = new Float32Array(nhwc.length);
    for (let i = 0; i < nhwc.length; i++) {
      const [c, pixel, n] = [i % 3, Math.floor(i / 3) % 15, Math.floor(i / 45)];
      nchw[n * 45 + c * 15 + pixel] = nhwc[i]!;
    }
    const last = Image.fromBatch({ data: nhwc, shape: [2, 3, 5, 3] }, { layout: "NHWC" });
    const first = Image.fromBatch({ data: nchw, shape: [2, 3, 3, 5] }, { layout: "NCHW" });
    expect(last.map((image, n) => image.equals(first[n]))).toEqual([true, true]);
    expect(last[1]!.toDataArray()[0]![0]).toEqual(
      [45, 46, 47].map((k) => Math.trunc(Math.fround(Math.fround(k / 89) * 255))),
    );
  });

  test("what is no batch is refused", () => {
    expect(() => Image.fromBatch({ data, shape: [2, 4] })).toThrow(
      "shape [2,4]: a batch is [n, height, width, channels]",
    );
    expect(() => Image.fromBatch({ data, shape: [2, 2, 2] }, { caption: ["one"] })).toThrow(
      "caption: 1 captions for a batch of 2 images",
    );
  });

  test("makes a grid", () => {
    const grid = makeGrid({ data, shape: [2, 2, 2] }, { columns: 2, padding: 1, background: 9, onWarning: () => {} });
    expect(grid.toDataArray()).toEqual([
      [9, 9, 9, 9, 9, 9, 9],
      [9, 0, 1, 9, 0, 200, 9],
      [9, 0, 1, 9, 40, 255, 9],
      [9, 9, 9, 9, 9, 9, 9],
    ]);
    const red = new Image({ data: Uint8Array.of(255, 0, 0), width: 1, height: 1 });
    const half = new Image({ data: Uint8Array.of(7, 128), width: 1, height: 1, channels: 2 });
    const mixed = makeGrid([red, half], { columns: 1, padding: 0, caption: "two" });
    expect([mixed.mode, mixed.caption, mixed.toDataArray()]).toEqual([
      "RGBA",
      "two",
      [[[255, 0, 0, 255]], [[7, 7, 7, 128]]],
    ]);
    expect(() => makeGrid([], {})).toThrow("makeGrid: no pictures");
    expect(() => makeGrid([red], { columns: 0 })).toThrow("columns: expected a whole number from 1; got 0");
    const text = "3" as unknown as number;
    expect(() => makeGrid([red], { columns: text })).toThrow('columns: expected a whole number from 1; got "3"');
  });
});

describe("pixels back", () => {
  const data = Uint8Array.from({ length: 5 * 3 * 3 }, (_, i) => i * 5);
  const image = new Image({ data, shape: [5, 3, 3] });

  // A PNG of few grays is a palette of 1, 2, 4 or 8 bits: three channels in the file, and still one in the mode.
  test.each([2, 4, 16, 40])("of %i grays, in the channels of the mode", (grays) => {
    const few = Uint8Array.from({ length: 20 * 300 }, (_, i) => (i * 31) % grays);
    const gray = new Image({ data: few, width: 300, height: 20 });
    expect([gray.mode, gray.toDataArray({ layout: "HWC" })]).toEqual(["L", { data: few, shape: [20, 300, 1] }]);
    expect(gray.toDataArray()[0]!.slice(0, 3)).toEqual([...few.subarray(0, 3)]);
    const pairs = Uint8Array.from({ length: 20 * 300 * 2 }, (_, i) => (i % 2 ? 255 - few[i >> 1]! : few[i >> 1]!));
    const faded = new Image({ data: pairs, width: 300, height: 20, channels: 2 });
    expect([faded.mode, faded.toDataArray({ layout: "HWC" })]).toEqual(["LA", { data: pairs, shape: [20, 300, 2] }]);
  });

  test("nested rows as W&B's, HWC and CHW", () => {
    expect(image.toDataArray()[1]).toEqual([
      [45, 50, 55],
      [60, 65, 70],
      [75, 80, 85],
    ]);
    expect(image.toDataArray({ layout: "HWC" })).toEqual({ data, shape: [5, 3, 3] });
    const chw = image.toDataArray({ layout: "CHW" });
    expect(chw.shape).toEqual([3, 5, 3]);
    expect([...chw.data]).toEqual([0, 1, 2].flatMap((c) => Array.from({ length: 15 }, (_, i) => data[i * 3 + c])));
  });

  test.each([
    ["L", [4, 7]],
    ["LA", [4, 7, 2]],
    ["RGB", [4, 7, 3]],
    ["RGBA", [4, 7, 4]],
  ])("mode %s through png", (mode, shape) => {
    const values = Uint8Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => (i * 37) % 251);
    const one = new Image({ data: values, shape });
    expect([one.mode, [...one.toDataArray({ layout: "HWC" }).data]]).toEqual([mode, [...values]]);
  });

  test.each(["L", "RGB", "RGBA"] as const)("mode %s through bmp", (mode) => {
    const channels = { L: 1, RGB: 3, RGBA: 4 }[mode];
    const values = Uint8Array.from({ length: 5 * 7 * channels }, (_, i) => (i * 37) % 251);
    const one = new Image({ data: values, shape: [5, 7, channels] }, { fileType: "bmp" });
    expect([one.mode, [...one.toDataArray({ layout: "HWC" }).data]]).toEqual([mode, [...values]]);
  });

  test("of what nothing here decodes is an error that names it", () => {
    const gif = Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64");
    const image = new Image(gif);
    expect([image.width, image.height, image.format]).toEqual([1, 1, "gif"]);
    expect(() => image.toDataArray()).toThrow("pixels of a gif file cannot be read back; expected PNG, JPEG or BMP");
    expect(image.equals(new Image(gif))).toBe(true);
  });
});

describe("bad options, word for word", () => {
  const input = { data: new Uint8Array(4), shape: [2, 2] };
  test.each<[object, string]>([
    [{ caption: 3 }, "caption: expected a string; got 3"],
    [{ grouping: "a" }, 'grouping: expected a number; got "a"'],
    [{ grouping: Number.NaN }, "grouping: expected a finite number; got NaN"],
    [{ normalize: "no" }, 'normalize: expected a boolean; got "no"'],
    [{ fileType: "gif" }, 'fileType: expected "png", "jpg", "jpeg" or "bmp"; got "gif"'],
    [{ file_type: "png" }, 'Image: unknown option "file_type"; did you mean fileType?'],
    [{ onWarning: 1 }, "onWarning: expected a function; got 1"],
  ])("%j", (options, message) => {
    expect(() => new Image(input, options)).toThrow(message);
  });

  test("options that are no object", () => {
    expect(() => new Image(input, "a caption" as never)).toThrow(
      'Image: options: expected an object such as { caption: "a cat" }; got "a caption"',
    );
  });
});

test("JSON.stringify tells what an image is, without its bytes, in less than 1 kB", () => {
  const image = new Image([[0, 1]], { caption: "a cat" });
  expect(JSON.parse(JSON.stringify(image))).toEqual({
    format: "png",
    width: 2,
    height: 1,
    mode: "L",
    size: image.size,
    sha256: image.sha256,
    caption: "a cat",
  });
  for (const caption of [
    "x".repeat(1e6),
    "漢".repeat(1e6),
    "😀".repeat(1e6),
    "\u0001".repeat(1e6),
    "\ud800".repeat(1e6),
  ]) {
    const text = JSON.stringify({ image: new Image([[0, 1]], { caption }) });
    expect(Buffer.byteLength(text)).toBeLessThan(1000);
    expect(text.isWellFormed()).toBe(true);
  }
  const reference = `https://example.com/${"x".repeat(3000)}`;
  expect(JSON.parse(JSON.stringify(new Image(reference)))).toMatchObject({
    caption: null,
    reference: `${reference.slice(0, 99)}…`,
  });
});

test("save takes a path alone, as the file is encoded already", () => {
  const image = new Image([[0, 1]]);
  expect(() => (image.save as (path: string, options: object) => void)("x.jpg", { quality: 80 })).toThrow(
    new TypeError(
      "save: expected a path alone; got an object { quality }. Give options such as fileType and quality to new Image",
    ),
  );
  for (const path of [5, null, Symbol("x"), 5n]) {
    expect(() => new Image([[0]]).save(path as unknown as string)).toThrow(/^save: expected a path; got /);
  }
});

test.each<[unknown, string]>([
  [null, "denormalize: options: expected an object such as { mean: 0.5, std: 0.5 }; got null"],
  ["imagenet", 'denormalize: options: expected an object such as { mean: 0.5, std: 0.5 }; got "imagenet"'],
  [{ mean: 0.5 }, "denormalize.std: expected a number, or one a channel; got undefined"],
  [{ mean: [0.5, "a"], std: 1 }, 'denormalize.mean: expected a number, or one a channel; got [0.5,"a"]'],
  [{ mean: [], std: 1 }, "denormalize.mean: expected a number, or one a channel; got []"],
  [{ mean: 0.5, standard: 1 }, 'denormalize: unknown option "standard"; expected mean, std'],
])("denormalize: %j is refused at the door, whatever the input", (denormalize, words) => {
  const options = { denormalize: denormalize as { mean: number; std: number } };
  for (const input of [
    { data: new Float32Array(1), shape: [1, 1] },
    { data: new Uint8Array(4), shape: [2, 2] },
  ]) {
    expect(() => new Image(input, options)).toThrow(words);
    expect(() => makeGrid([input], options)).toThrow(words);
  }
});
