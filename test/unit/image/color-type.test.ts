// A PNG has the color type of what was given, as W&B's and Pillow's have: readers see the array's channels. Only sources that
// cannot help having alpha become RGB where every pixel is opaque, and a palette is asked for.
import { afterEach, describe, expect, test } from "@jest/globals";
import { selectKernels } from "../../../src/kernels.ts";
import { Image, type ImageOptions, type Warning } from "../../../src/node.ts";
import { ENGINES } from "../../support/engines.ts";
import { readStrictly } from "../../support/strict-png.ts";

const [GRAY, RGB, INDEXED, GRAY_ALPHA, RGBA] = [0, 2, 3, 4, 6];

const typeOf = (image: Image): number => readStrictly(image.bytes).colorType;

/** What getImageData and the canvas libraries give. */
class ImageData {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;

  constructor(data: Uint8ClampedArray, width: number) {
    this.data = data;
    this.width = width;
    this.height = data.length / 4 / width;
  }
}

const canvasOf = (pixels: ImageData) => ({
  width: pixels.width,
  height: pixels.height,
  getContext: () => ({
    getImageData: (_x: number, y: number, width: number, height: number) => ({
      data: pixels.data.slice(y * width * 4, (y + height) * width * 4),
    }),
  }),
});

const rgba = (alphaOfLast: number) => {
  const data = new Uint8ClampedArray(7 * 5 * 4).fill(255);
  data[data.length - 1] = alphaOfLast;
  return new ImageData(data, 7);
};

afterEach(() => selectKernels(ENGINES[0]!));

describe.each(ENGINES)("on %s", (engine) => {
  test.each([
    [1, GRAY],
    [2, GRAY_ALPHA],
    [3, RGB],
    [4, RGBA],
  ] as const)("an array of %i channels, whatever its colors", (channels, type) => {
    selectKernels(engine);
    for (const value of [0, 1, 0.5]) {
      const data = new Float32Array(9 * 8 * channels).fill(value);
      const image = new Image({ data, shape: [9, 8, channels] });
      expect([typeOf(image), image.mode]).toEqual([type, ["L", "LA", "RGB", "RGBA"][channels - 1]]);
      expect(image.pixels().channels).toBe(channels);
    }
    const bytes = new Uint8Array(9 * 8 * channels).fill(255);
    expect(typeOf(new Image({ data: bytes, width: 8, height: 9, channels }))).toBe(type);
    expect(typeOf(new Image({ data: bytes, width: 8, height: 9, channels }, { maxSize: 4 }))).toBe(type);
  });

  test("a canvas and ImageData are RGB where every pixel is opaque, else RGBA", () => {
    selectKernels(engine);
    for (const source of [rgba(255), canvasOf(rgba(255))]) {
      const image = new Image(source);
      expect([typeOf(image), image.mode, image.pixels().channels]).toEqual([RGB, "RGB", 3]);
      expect(typeOf(new Image(source, { flipY: true }))).toBe(RGB);
      expect(typeOf(new Image(source, { maxSize: 3 }))).toBe(RGB);
      const asked = new Image(source, { mode: "RGBA" });
      expect([typeOf(asked), asked.mode]).toEqual([RGBA, "RGBA"]);
    }
    for (const source of [rgba(254), canvasOf(rgba(254))]) {
      const image = new Image(source);
      expect([typeOf(image), image.mode, image.pixels().channels]).toEqual([RGBA, "RGBA", 4]);
    }
    const { data, width, height } = rgba(255);
    expect(typeOf(new Image({ data, width, height }))).toBe(RGBA);
  });

  test("a mask is an 8-bit gray file, as W&B's", () => {
    selectKernels(engine);
    const image = new Image(
      { data: new Uint8Array(12), shape: [3, 4] },
      { masks: { m: { mask_data: { data: Uint8Array.from({ length: 12 }, (_, i) => i % 2), shape: [3, 4] } } } },
    );
    expect(readStrictly(image.masks!.m!.file.bytes)).toMatchObject({ colorType: GRAY, depth: 8 });
  });

  test("palette: true, and what it cannot have", () => {
    selectKernels(engine);
    const warnings: Warning[] = [];
    const options: ImageOptions = { palette: true, onWarning: (warning) => warnings.push(warning) };
    const image = new Image({ data: Uint8Array.from({ length: 768 }, (_, i) => i % 256), shape: [16, 16, 3] }, options);
    expect([typeOf(image), image.mode, image.pixels().channels]).toEqual([INDEXED, "RGB", 3]);
    expect(warnings).toEqual([]);
    const many = { data: Uint8Array.from({ length: 1536 }, (_, i) => (i * 7) ^ (i >> 3)), shape: [16, 32, 3] };
    expect(typeOf(new Image(many, options))).toBe(RGB);
    expect(warnings.map(({ code }) => code)).toEqual(["palette-too-many-colors"]);
  });
});

test.each<[ImageOptions, string]>([
  [{ fileType: "jpg" }, 'palette: expected false for fileType "jpg"; got true, which only "png" holds'],
  [{ fileType: "bmp" }, 'palette: expected false for fileType "bmp"; got true, which only "png" holds'],
  [{ bitDepth: 16 }, "palette: expected false with bitDepth: 16; got true, and a palette holds 8 bits a sample"],
  [{ mode: "I" }, 'palette: expected false with mode: "I"; got true, and a palette holds 8 bits a sample'],
  [{ mode: "I;16" }, 'palette: expected false with mode: "I;16"; got true, and a palette holds 8 bits a sample'],
])("palette: true with %j is refused", (options, message) => {
  const array = { data: new Uint8Array(12), shape: [1, 4, 3] };
  expect(() => new Image(array, { palette: true, ...options })).toThrow(new RangeError(message));
});
