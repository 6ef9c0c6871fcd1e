import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { encodePng } from "../../../src/encoders.ts";
import { type GridOptions, Image, type ImageOptions, makeGrid, type Warning } from "../../../src/node.ts";
import { ENGINES } from "../../support/engines.ts";

const warnings: Warning[] = [];
const grid = (input: unknown, options: GridOptions = {}) => {
  warnings.length = 0;
  return makeGrid(input as never, { padding: 0, columns: 1, onWarning: (one) => warnings.push(one), ...options });
};
const pixels = (input: unknown, options?: GridOptions) => grid(input, options).toDataArray();
const codes = () => warnings.map(({ code }) => code);

/** Two pictures of 2×2 RGB. */
const batch = (data = Uint8Array.from({ length: 24 }, (_, i) => i * 10)) => ({ data, shape: [2, 2, 2, 3] });

describe("an option has the effect that it has on an Image", () => {
  const floats = { data: Float32Array.from({ length: 24 }, (_, i) => i / 12 - 1), shape: [2, 2, 2, 3] };
  const planar = { data: floats.data, shape: [2, 3, 2, 2] };
  const gray = { data: Uint16Array.from({ length: 8 }, (_, i) => i * 9000), shape: [2, 2, 2] };
  test.each<[string, object, ImageOptions]>([
    [
      "denormalize",
      planar,
      { layout: "NCHW", denormalize: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } },
    ],
    ["normalize: false", floats, { normalize: false }],
    ["range of two numbers", floats, { range: [-0.5, 0.5] }],
    ["minmax, shared", floats, { range: "minmax" }],
    ["unit", floats, { range: "unit" }],
    ["bitDepth", batch(), { bitDepth: 16 }],
    ["bitDepth of 16-bit gray", gray, { bitDepth: 16, layout: "HW" }],
    ["bitDepth with a range", gray, { bitDepth: 16, range: [0, 30000], layout: "HW" }],
    ["layout", planar, { layout: "NCHW" }],
    ["channelOrder", batch(), { channelOrder: "BGR" }],
    ["flipY", batch(), { flipY: true }],
    ["colormap", gray, { colormap: "viridis", range: "minmax", layout: "HW" }],
  ])("%s", (_, input, options) => {
    const images = Image.fromBatch(input as never, { ...options, onWarning: () => {} });
    const rows = images.flatMap((image) => image.toDataArray() as unknown[]);
    expect(pixels(input, options)).toEqual(rows);
    expect(grid(input, options).mode).toBe(images[0]!.mode);
    // And of a list of such pictures, where nothing is shared.
    if (options.range !== "minmax") {
      const step = (input as { data: Uint8Array }).data.length / 2;
      const list = [0, 1].map((n) => ({
        data: (input as { data: Uint8Array }).data.slice(n * step, (n + 1) * step),
        shape: (input as { shape: number[] }).shape.slice(1),
      }));
      const layout = options.layout?.replace(/^N/, "") as ImageOptions["layout"];
      const alone = { ...options, layout };
      const want = list.flatMap(
        (one) => new Image(one as never, { ...alone, onWarning: () => {} }).toDataArray() as unknown[],
      );
      expect(pixels(list, alone)).toEqual(want);
    }
  });

  test("colormap does not color the padding, background does", () => {
    const one = { data: Uint8Array.of(0, 255), shape: [1, 1, 2] };
    expect(pixels(one, { colormap: "viridis", padding: 1 })[0]).toEqual(Array(4).fill([0, 0, 0]));
    expect(pixels(one, { colormap: "viridis", padding: 1, background: "#123456" })[0]![0]).toEqual([18, 52, 86]);
    expect(pixels(one, { padding: 1, background: 9 })).toEqual([Array(4).fill(9), [9, 0, 255, 9], Array(4).fill(9)]);
    expect(
      pixels(
        [one.data].map((data) => ({ data, width: 2, height: 1 })),
        { padding: 1, background: [1, 2, 3] },
      )[1],
    ).toEqual([
      [1, 2, 3],
      [0, 0, 0],
      [255, 255, 255],
      [1, 2, 3],
    ]);
  });

  test("background lies under pictures with alpha, which stay so without it", () => {
    const half = { data: Uint8Array.of(200, 100, 0, 128), width: 1, height: 1 };
    const want = new Image(half, { background: "white" }).toDataArray();
    expect(pixels([half], { background: "white" })).toEqual(want);
    expect(grid([half], { background: "white" }).mode).toBe("RGB");
    expect(pixels([half])).toEqual([[[200, 100, 0, 128]]]);
  });

  test("the grid's own: mode, fileType, maxSize, palette, caption, boxes, masks", () => {
    expect(grid(batch(), { mode: "L", fileType: "bmp", caption: "two" })).toMatchObject({
      mode: "L",
      format: "bmp",
      caption: "two",
    });
    expect(grid(batch(), { maxSize: 2 })).toMatchObject({ width: 1, height: 2, originalSize: { width: 2, height: 4 } });
    const boxed = grid(batch(), { boxes: { p: { box_data: [] } }, masks: { m: { mask_data: [[1]], resize: true } } });
    expect([boxed.masks!.m!.height, boxed.boxes!.p!.boxes]).toEqual([4, []]);
    expect(grid(batch(), { palette: true }).bytes[25]).toBe(3);
  });
});

describe("pictures of every kind", () => {
  let path = "";
  beforeAll(() => {
    path = join(mkdtempSync(join(tmpdir(), "grid-")), "a.png");
    writeFileSync(path, encodePng({ data: Uint8Array.of(7, 8, 9), width: 1, height: 1 }));
  });
  afterAll(() => rmSync(join(path, ".."), { recursive: true }));

  test("16 bits by their upper byte, or kept", () => {
    const deep = new Image({ data: Uint16Array.of(0, 256, 511, 65535), shape: [2, 2] }, { bitDepth: 16 });
    expect(pixels([deep])).toEqual([
      [0, 1],
      [1, 255],
    ]);
    expect(pixels([deep], { bitDepth: 16 })).toEqual([
      [0, 256],
      [511, 65535],
    ]);
    const shallow = { data: Uint8Array.of(1, 2, 3), width: 1, height: 1 };
    expect(pixels([deep, shallow], { bitDepth: 16 })[2]![0]).toEqual([257, 514, 771]);
    expect(grid([deep, shallow], { bitDepth: 16 }).mode).toBe("RGB;16");
  });

  test("modes 1, P, LA, I;16, I, CMYK, YCbCr: as RGB shows them", () => {
    const data = Uint8Array.of(255, 0, 0, 0, 0, 255);
    const input = { data, width: 2, height: 1 };
    const of = (options: ImageOptions) => pixels([new Image(input, options)]);
    expect(of({ mode: "1" })).toEqual(new Image(input, { mode: "1" }).toDataArray());
    expect(of({ mode: "P" })).toEqual([
      [
        [255, 0, 0],
        [0, 0, 255],
      ],
    ]);
    expect(of({ palette: true })).toEqual([
      [
        [255, 0, 0],
        [0, 0, 255],
      ],
    ]);
    expect(of({ mode: "LA" })).toEqual([
      [
        [76, 255],
        [29, 255],
      ],
    ]);
    expect(of({ mode: "RGBA" })).toEqual([
      [
        [255, 0, 0, 255],
        [0, 0, 255, 255],
      ],
    ]);
    // Without SIMD no CMYK file can be made.
    if (ENGINES.includes("simd")) {
      expect(of({ mode: "CMYK", fileType: "jpg", quality: 100 })).toEqual(
        new Image(input, { mode: "CMYK", fileType: "jpg", quality: 100 }).toDataArray(),
      );
    }
    const deep = new Image(input, { mode: "I;16" });
    expect(of({ mode: "I;16" })).toEqual(
      (deep.toDataArray() as number[][]).map((row) => row.map((value) => value >> 8)),
    );
  });

  test("lists of arrays, decoded pixels, paths, URLs, bytes, nested rows; mixed", () => {
    const one = (value: number) => ({ data: new Float32Array(4).fill(value), shape: [2, 2] });
    expect(pixels([one(0.1), one(0.5)])).toEqual([
      [25, 25],
      [25, 25],
      [127, 127],
      [127, 127],
    ]);
    const file = [[[7, 8, 9]]];
    expect(pixels([path])).toEqual(file);
    expect(pixels([pathToFileURL(path)])).toEqual(file);
    expect(pixels([new Image(path), encodePng({ data: Uint8Array.of(7, 8, 9), width: 1, height: 1 })])).toEqual([
      ...file,
      ...file,
    ]);
    // A list of nested numbers is a batch: one range decision.
    expect(pixels([[[0, 1]], [[0, 200]]])).toEqual([
      [0, 1],
      [0, 200],
    ]);
    expect(pixels([[[[1, 0, 0]]], [[[0, 0, 1]]]])).toEqual([[[255, 0, 0]], [[0, 0, 255]]]);
    // Mixed sizes and channels: cells as large as the largest.
    const mixed = pixels([one(1), { data: Uint8Array.of(1, 2, 3), width: 1, height: 1 }, path], { columns: 2 });
    expect(mixed).toEqual([
      [
        [255, 255, 255],
        [255, 255, 255],
        [1, 2, 3],
        [0, 0, 0],
      ],
      [
        [255, 255, 255],
        [255, 255, 255],
        [0, 0, 0],
        [0, 0, 0],
      ],
      [
        [7, 8, 9],
        [0, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
      ],
      [
        [0, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
      ],
    ]);
  });

  test("layout of the grid: columns and padding as torchvision's", () => {
    const data = Uint8Array.of(1, 2, 3);
    const three = pixels({ data, shape: [3, 1, 1] }, { columns: 2, padding: 1 });
    expect(three).toEqual(
      [
        [0, 0, 0, 0, 0],
        [0, 255, 0, 255, 0],
        [0, 0, 0, 0, 0],
        [0, 255, 0, 0, 0],
        [0, 0, 0, 0, 0],
      ].map((row, y) => row.map((value, x) => (value === 0 ? 0 : data[(y >> 1) * 2 + (x >> 1)]!))),
    );
  });

  test("references, and what is no picture, are refused with their place", () => {
    const url = new Image("https://example.com/a.png");
    expect(() => grid([batch().data, url])).toThrow("makeGrid[0]: ");
    expect(() => grid([path, url])).toThrow(
      "makeGrid[1]: https://example.com/a.png is a reference: its pixels are not here. Fetch it first: await Image.from(url)",
    );
    expect(() => grid(["s3://a/b.png"])).toThrow("makeGrid[0]: s3://a/b.png is a reference");
    expect(() => grid([path, 7])).toThrow(/^makeGrid\[1\]: .*is not an image|^makeGrid\[1\]: 7/);
    expect(() => grid([Promise.resolve(1)])).toThrow("makeGrid[0]: a Promise is read asynchronously");
    expect(() => grid([])).toThrow("makeGrid: no pictures");
    expect(() => grid(batch(), { colums: 2 } as never)).toThrow(
      'makeGrid: unknown option "colums"; did you mean columns?',
    );
    expect(() => grid(batch(), { padding: -1 })).toThrow("padding: expected a whole number from 0; got -1");
    expect(() => grid([path], { maxPixels: 0.5 })).toThrow("exceeds limit of 0.5 pixels");
    expect(() => grid([batch()])).toThrow("makeGrid[0]: shape [2,2,2,3]: ");
  });

  test("options that a picture cannot follow are told", () => {
    grid([path], { normalize: true });
    expect(codes()).toEqual(["options-ignored"]);
    const palette = { data: Uint8Array.of(0), width: 1, height: 1, depth: 8, channels: 1, palette: [[1, 2, 3]] };
    grid([palette], { range: "minmax" });
    expect(codes()).toEqual(["options-ignored"]);
  });

  test("one [H, W, 3] given as a batch is said aloud", () => {
    grid({ data: new Uint8Array(4 * 5 * 3), shape: [4, 5, 3] });
    expect(warnings[0]).toEqual({
      code: "ambiguous-layout",
      message:
        "a batch of shape [4,5,3] is read as 4 gray pictures of 3×5. For one picture of 5×4 pixels and 3 channels write " +
        'shape: [1, 4, 5, 3]; layout: "HW" says that the reading is right',
    });
    grid({ data: new Uint8Array(4 * 5 * 3), shape: [4, 5, 3] }, { layout: "HW" });
    expect(codes()).toEqual([]);
    grid({ dims: [3, 4, 5], type: "uint8", data: new Uint8Array(60) });
    expect(codes()).toEqual(["ambiguous-layout"]);
    const said: Warning[] = [];
    Image.fromBatch({ data: new Uint8Array(60), shape: [4, 5, 3] }, { onWarning: (one) => said.push(one) });
    expect(said.map(({ code }) => code)).toEqual(["ambiguous-layout"]);
  });

  test.each<[string, number[], number[] | undefined, ImageOptions]>([
    ["NCHW", [5, 3, 61, 70], undefined, { layout: "NCHW" }],
    ["NHWC", [5, 61, 70, 3], undefined, { layout: "NHWC" }],
    ["gray", [7, 90, 50], undefined, { layout: "HW" }],
    ["rows upside down", [4, 40, 30, 3], [3600, -90, 3, 1], { layout: "NHWC" }],
    ["with gaps", [3, 30, 20, 3], [4000, 100, 4, 1], { layout: "NHWC" }],
    ["transposed", [4, 3, 33, 44], [4356, 1, 3, 99], { layout: "NCHW" }],
    ["one picture repeated", [4, 20, 20, 3], [0, 60, 3, 1], { layout: "NHWC" }],
  ])("a batch as its pictures by themselves, whatever lies how: %s", (_, shape, strides, options) => {
    for (const Values of [Float32Array, Float64Array, Uint8Array, Int32Array, BigInt64Array]) {
      const length = 20_000 * 7;
      const data = new Values(length);
      const big = Values === BigInt64Array;
      for (let i = 0; i < length; i++) {
        const value =
          Values === Float32Array || Values === Float64Array ? ((i * 7919) % 1009) / 1009 : (i * 7919) % 251;
        data[i] = (big ? BigInt(value) : value) as never;
      }
      const size = shape.reduce((product, axis) => product * axis, 1);
      const offset = strides === undefined ? 0 : 3600;
      const batch = strides === undefined ? { data: data.slice(0, size), shape } : { data, shape, strides, offset };
      for (const more of [{}, { range: "minmax" }, { flipY: true }] as const) {
        const all = { ...options, ...more, onWarning: () => {} };
        const want = Image.fromBatch(batch as never, all).flatMap((image) => [
          ...image.toDataArray({ layout: "HWC" }).data,
        ]);
        const got = makeGrid(batch as never, { ...all, columns: 1, padding: 0 }).toDataArray({ layout: "HWC" }).data;
        expect(Buffer.compare(Buffer.from(got), Buffer.from(want))).toBe(0);
      }
    }
  });

  test("a picture is read once, whatever its range rule guesses", () => {
    let reads = 0;
    const data = Float32Array.from({ length: 64 * 64 }, (_, i) => i / 4096);
    data[4000] = 300;
    const counted = {
      get data() {
        reads++;
        return data;
      },
      shape: [64, 64],
    };
    expect((pixels([counted]) as number[][])[62]![32]).toBe(255);
    expect(reads).toBeLessThan(6);
    expect(codes()).toEqual(["clipped"]);
  });

  test("boxes and masks of given Images are not copied, which is said, unless the grid has its own", () => {
    const onWarning = () => {};
    const boxes = { p: { box_data: [] } };
    const masks = { m: { mask_data: [[1]] } };
    const both = new Image({ data: Uint8Array.of(0), shape: [1, 1] }, { boxes, masks, onWarning });
    expect([grid([both]).boxes, grid([both]).masks]).toEqual([null, null]);
    const said = (make: (options: ImageOptions) => unknown, options: ImageOptions = {}): string[] => {
      const messages: string[] = [];
      make({ ...options, onWarning: ({ code, message }) => messages.push(`${code}: ${message}`) });
      return messages;
    };
    expect(said((options) => makeGrid([[[0]], both], options))).toEqual([
      "layers-left: makeGrid[1]: boxes and masks of the given Image are not copied; a grid has its own",
    ]);
    expect(said((options) => makeGrid([both], { ...options, padding: 0 }), { boxes })).toEqual([
      "layers-left: makeGrid[0]: masks of the given Image are not copied; a grid has its own",
    ]);
    expect(said((options) => new Image(both, options), { boxes, masks })).toEqual([]);
    expect(said((options) => new Image(both, options), { masks: both.masks! })).toEqual([
      "layers-left: Image: boxes of the given Image are not copied; pass { boxes: image.boxes }",
    ]);
    expect(new Image(both, { boxes: both.boxes!, masks: both.masks! }).masks!.m!.key).toBe("m");
    const pictures = [[[0]], new Image([[1]], { caption: "one" }), new Image([[2]], { caption: "two" })];
    expect(said((options) => makeGrid(pictures, options))).toEqual([
      "captions-left: makeGrid: captions of 2 pictures are left out; pass { caption } for the grid, or log the Images as a list",
    ]);
    expect(said((options) => makeGrid(pictures, options), { caption: "all" })).toEqual([]);
  });
});
