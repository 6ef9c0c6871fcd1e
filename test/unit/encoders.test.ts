// The door `wandb-image/encode`, with SIMD and without it: pixels by sharp's decoding, and what it refuses, word for word.
import { afterEach, describe, expect, test } from "@jest/globals";
import sharp from "sharp";
import { encodeJpeg, encodePng, type PixelData } from "../../src/encoders.ts";
import { selectKernels } from "../../src/kernels.ts";
import { packedRows } from "../../src/rows.ts";
import type { Warning } from "../../src/warnings.ts";
import { encodePngRows } from "../support/encoded.ts";
import { ENGINES } from "../support/engines.ts";
import { readStrictly } from "../support/strict-png.ts";

const CHANNELS = [1, 2, 3, 4] as const;
const SIZES = [
  [1, 1],
  [3, 2],
  [17, 9],
  [33, 40],
] as const;

function smooth(width: number, height: number, channels: 1 | 2 | 3 | 4): Omit<Required<PixelData>, "stride"> {
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) => {
    const [x, y] = [Math.floor(i / channels) % width, Math.floor(i / channels / width)];
    return 128 + 60 * Math.sin(x / 9 + (i % channels)) + 50 * Math.cos(y / 11);
  });
  return { data, width, height, channels };
}

/** RGB or, with alpha, RGBA as sharp decodes it. */
async function bySharp(file: Uint8Array, alpha: boolean): Promise<Uint8Array> {
  const image = sharp(file, { failOn: "warning" });
  const full = alpha ? image.ensureAlpha() : image.removeAlpha();
  return new Uint8Array(await full.toColourspace("srgb").raw().toBuffer());
}

/** The same by a plain loop. */
function colors({ data, width, height, channels }: Omit<Required<PixelData>, "stride">, alpha: boolean): Uint8Array {
  const gray = channels < 3;
  return Uint8Array.from(
    Array.from({ length: width * height }, (_, i) => {
      const at = i * channels;
      const rgb = [data[at]!, data[at + (gray ? 0 : 1)]!, data[at + (gray ? 0 : 2)]!];
      return alpha ? [...rgb, channels % 2 === 0 ? data[at + channels - 1]! : 255] : rgb;
    }).flat(),
  );
}

function psnr(a: Uint8Array, b: Uint8Array): number {
  const sum = a.reduce((total, value, i) => total + (value - b[i]!) ** 2, 0);
  return 10 * Math.log10((255 * 255 * a.length) / sum);
}

afterEach(() => selectKernels(ENGINES[0]!));

describe.each(ENGINES)("on %s", (engine) => {
  test.each(CHANNELS)("PNG of %i channels holds the same pixels", async (channels) => {
    selectKernels(engine);
    for (const [width, height] of SIZES) {
      const pixels = smooth(width, height, channels);
      for (const compression of ["fast", "balanced", "small", 0, 9] as const) {
        const file = encodePng(pixels, { compression });
        readStrictly(file);
        expect(await bySharp(file, true)).toEqual(colors(pixels, true));
      }
    }
  });

  test.each(CHANNELS)("JPEG of %i channels holds nearly the same, without alpha", async (channels) => {
    selectKernels(engine);
    for (const [width, height] of SIZES) {
      const pixels = smooth(width, height, channels);
      const warnings: Warning[] = [];
      const options = { quality: 95, subsampling: "4:4:4", onWarning: (w: Warning) => warnings.push(w) } as const;
      const decoded = await bySharp(encodeJpeg(pixels, options), false);
      expect(psnr(decoded, colors(pixels, false))).toBeGreaterThan(37);
      expect(warnings.map(({ code }) => code)).toEqual(channels % 2 === 0 ? ["alpha-dropped"] : []);
    }
  });

  test("PNG of the modes that only an Image makes", async () => {
    selectKernels(engine);
    const [width, height] = [19, 7];
    const values = Uint8Array.from({ length: width * height }, (_, i) => i * 37);
    const read = (mode: "1" | "I;16" | "RGB;16" | "I", bytes: Uint8Array) =>
      readStrictly(encodePngRows(packedRows(bytes, mode, width, height), {}));

    const bits = values.map((value) => (value & 4) * 63.75);
    expect(read("1", bits)).toMatchObject({ depth: 1, samples: Uint16Array.from(bits, (bit) => bit / 255) });
    for (const [mode, samples] of [
      ["I;16", 1],
      ["RGB;16", 3],
    ] as const) {
      const wide = Uint16Array.from({ length: width * height * samples }, (_, i) => i * 977);
      expect(read(mode, new Uint8Array(wide.slice().buffer))).toMatchObject({ depth: 16, samples: wide });
    }
    const integers = Int32Array.from(values, (_, i) => (i - 20) * 1500);
    const clipped = Uint16Array.from(integers, (value) => Math.min(Math.max(value, 0), 65535));
    expect(read("I", new Uint8Array(integers.buffer))).toMatchObject({ depth: 16, samples: clipped });

    const palette = Uint8Array.from({ length: 12 * 3 }, (_, i) => i * 7);
    const paletteAlpha = Uint8Array.from({ length: 12 }, (_, i) => (i % 3 === 1 ? 100 : 255));
    const indices = values.map((value) => value % 12);
    const shown = Array.from(indices, (i) => [...palette.subarray(3 * i, 3 * i + 3), paletteAlpha[i]!]).flat();
    const file = encodePngRows({ ...packedRows(indices, "P", width, height), palette, paletteAlpha }, {});
    expect(await bySharp(file, true)).toEqual(Uint8Array.from(shown));
  });

  test("pixels behind an offset, clamped ones and an ImageData's like are read, not written", () => {
    selectKernels(engine);
    const { data, ...size } = smooth(17, 9, 4);
    const expected = encodePng({ data, ...size });
    const padded = new Uint8Array(data.length + 5);
    padded.set(data, 5);
    for (const same of [padded.subarray(5), new Uint8ClampedArray(data)]) {
      const before = same.slice();
      const { width, height } = size;
      expect(encodePng({ data: same, width, height })).toEqual(expected);
      encodeJpeg({ data: same, width, height }, { onWarning() {} });
      expect(same).toEqual(before);
    }
  });
});

describe.each([
  ["encodePng", encodePng],
  ["encodeJpeg", encodeJpeg],
] as const)("%s refuses", (name, encode) => {
  const four = { data: new Uint8Array(12), width: 2, height: 2 };

  test.each<[unknown, string]>([
    [undefined, "undefined"],
    [null, "null"],
    [5, "5"],
    ["x", '"x"'],
    [[], "an array of 0"],
    [new Uint8Array(12), "Uint8Array(12)"],
    [{}, "an empty object"],
    [{ data: new Uint8Array(12), shape: [2, 2, 3] }, "an object { data, shape }"],
  ])("%p", (pixels, got) => {
    const message = `${name}: expected pixels { data, width, height }; got ${got}. An array to be normalized goes to new Image(…)`;
    expect(() => encode(pixels as never)).toThrow(new TypeError(message));
  });

  test.each<[string, object, string]>([
    ["no data", { data: null }, "data: expected a Uint8Array of pixels; got null"],
    ["a plain array", { data: [1, 2] }, "data: expected a Uint8Array of pixels; got an array of 2"],
    [
      "a DataView",
      { data: new DataView(new ArrayBuffer(12)) },
      "data: expected a Uint8Array of pixels; got a DataView",
    ],
    [
      "floats",
      { data: new Float32Array(12) },
      "data: expected 8 or 16 bits a sample; got Float32Array(12). For values to be normalized pass { data, shape: [2, 2, channels] }",
    ],
  ])("%s", (_what, change, message) => {
    expect(() => encode({ ...four, ...change } as never)).toThrow(new TypeError(message));
  });

  test.each<[object, string]>([
    [{ data: new Uint8Array(11) }, "data: expected 2×2 pixels of 1, 2, 3 or 4 channels; got 11 values"],
    [{ data: new Uint8Array(20) }, "data: expected 2×2 pixels of 1, 2, 3 or 4 channels; got 20 values"],
    [{ data: new Uint8Array(16), channels: 3 }, "data: expected 12 values for 2×2 pixels of 3 channels; got 16"],
    [{ data: new Uint8Array(20), channels: 5 }, "channels: expected 1, 2, 3 or 4; got 5"],
    [{ channels: 0 }, "channels: expected 1, 2, 3 or 4; got 0"],
    [{ channels: 1.5 }, "channels: expected 1, 2, 3 or 4; got 1.5"],
    [{ width: 0 }, "width, height: expected at least one pixel; got 0×2"],
    [{ height: 0 }, "width, height: expected at least one pixel; got 2×0"],
    [{ width: -2 }, "width, height: expected at least one pixel; got -2×2"],
    [{ width: 1.5 }, "width, height: expected whole numbers of pixels; got 1.5, 2"],
    [{ width: Number.NaN }, "width, height: expected whole numbers of pixels; got NaN, 2"],
    [{ height: Infinity }, "width, height: expected whole numbers of pixels; got 2, Infinity"],
    [
      { data: new Uint8Array(65501), width: 65501, height: 1 },
      "width, height: expected at most 65500 pixels a side (Image.MAX_DIMENSION); got 65501×1",
    ],
    [
      { data: new Uint8Array(65501), width: 1, height: 65501 },
      "width, height: expected at most 65500 pixels a side (Image.MAX_DIMENSION); got 1×65501",
    ],
  ])("%p", (change, message) => {
    expect(() => encode({ ...four, ...change })).toThrow(new RangeError(message));
  });

  const QUALITY = "quality: expected a whole number from 1 to 100; got";
  const SUBSAMPLING = 'subsampling: expected "4:2:0" or "4:4:4"; got';
  const COMPRESSION = 'compression: expected "fast", "balanced", "small" or a whole number from 0 to 9; got';
  const own = (option: object) => name === "encodeJpeg" || "compression" in option;
  test.each<[object, string]>(
    (
      [
        [{ quality: 0 }, `${QUALITY} 0`],
        [{ quality: 101 }, `${QUALITY} 101`],
        [{ quality: 1.5 }, `${QUALITY} 1.5`],
        [{ quality: Number.NaN }, `${QUALITY} NaN`],
        [{ quality: "75" }, `${QUALITY} "75"`],
        [{ quality: null }, `${QUALITY} null`],
        [{ subsampling: "4:2:2" }, `${SUBSAMPLING} "4:2:2"`],
        [{ subsampling: 420 }, `${SUBSAMPLING} 420`],
        [{ compression: -1 }, `${COMPRESSION} -1`],
        [{ compression: 10 }, `${COMPRESSION} 10`],
        [{ compression: 1.5 }, `${COMPRESSION} 1.5`],
        [{ compression: "x" }, `${COMPRESSION} "x"`],
      ] as [object, string][]
    ).filter(([option]) => own(option)),
  )("option %p", (options, message) => {
    expect(() => encode(four, options)).toThrow(new RangeError(message));
  });

  const EXAMPLE = name === "encodePng" ? '{ compression: "small" }' : "{ quality: 90 }";
  test.each([
    [90, "90"],
    ["small", '"small"'],
    [null, "null"],
  ])("options %p", (options, got) => {
    expect(() => encode(four, options as never)).toThrow(
      new TypeError(`${name}: options: expected an object such as ${EXAMPLE}; got ${got}`),
    );
  });

  const KNOWN =
    name === "encodePng" ? "compression, palette, onWarning, bitDepth" : "quality, subsampling, compression, onWarning";
  test.each(["maxSize", "colormap", "caption", "mode", "fileType", "keepForm", "opaqueAsRgb"])(
    "the option %s, which it does not have",
    (option) => {
      expect(() => encode(four, { [option]: 5 })).toThrow(
        new TypeError(`${name}: unknown option "${option}"; expected ${KNOWN}`),
      );
    },
  );

  test("an option of the wrong kind, and another encoder's", () => {
    expect(() => encode(four, { onWarning: 5 } as never)).toThrow(
      new TypeError("onWarning: expected a function; got 5"),
    );
    const other = name === "encodePng" ? "quality" : "palette";
    expect(() => encode(four, { [other]: 5 })).toThrow(/^encode(Png|Jpeg): unknown option "(quality|palette)"; /);
    expect(() => encode(four, { on_warning() {} } as never)).toThrow(
      new TypeError(`${name}: unknown option "on_warning"; did you mean onWarning?`),
    );
  });
});

test("encodePng: an ImageData whose pixels are opaque is RGB, other pixels keep their channels", () => {
  class ImageData {
    readonly width = 3;
    readonly height = 2;
    readonly data = new Uint8ClampedArray(24).fill(255);
  }
  const opaque = new ImageData();
  expect(readStrictly(encodePng(opaque)).colorType).toBe(2);
  expect(readStrictly(encodePng({ ...opaque })).colorType).toBe(6);
  opaque.data[23] = 254;
  expect(readStrictly(encodePng(opaque)).colorType).toBe(6);
});

test("encodePng: palette", () => {
  const pixels = { data: Uint8Array.of(1, 2, 3, 4, 5, 6), width: 2, height: 1 };
  expect(readStrictly(encodePng(pixels)).colorType).toBe(2);
  expect(readStrictly(encodePng(pixels, { palette: true })).colorType).toBe(3);
  expect(() => encodePng(pixels, { palette: "yes" } as never)).toThrow(
    new TypeError('palette: expected a boolean; got "yes"'),
  );
});
