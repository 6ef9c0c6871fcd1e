import { describe, expect, test } from "@jest/globals";
import { decode as decodePng } from "fast-png";
import { PNG } from "pngjs";
import sharp from "sharp";
import { encodePng } from "../../../src/encoders.ts";
import { Image, type ImageOptions, type Warning } from "../../../src/node.ts";

// Decoded pixels: taken as they are, and what is asked for by name holds, or is told, or is refused.

const warnings: Warning[] = [];
const read = (input: unknown, options: ImageOptions = {}) => {
  warnings.length = 0;
  const image = new Image(input as never, { onWarning: (warning) => warnings.push(warning), ...options });
  return { mode: image.mode, pixels: image.toDataArray(), normalization: image.normalization };
};
const codes = () => warnings.map(({ code }) => code);

/** 12 bits, as a camera gives them. */
const frame = { data: Uint16Array.of(0, 1000, 2000, 4095), width: 2, height: 2 };

describe("16 bits", () => {
  const deep = [
    [0, 1000],
    [2000, 65535],
  ];
  const data = Uint16Array.of(0, 1000, 2000, 65535);

  test("are kept by bitDepth: 16: fast-png, pngjs, image-js, OpenCV, plain", () => {
    const file = encodePng({ data, width: 2, height: 2 }, { bitDepth: 16 });
    expect(decodePng(file).data).toEqual(data);
    const rgba = PNG.sync.read(Buffer.from(file), { skipRescale: true });
    expect(rgba.data).toHaveLength(16);
    const raw = { data, width: 2, height: 2, channels: 1, bitDepth: 16 };
    const mat = {
      rows: 2,
      cols: 2,
      data16U: data,
      channels: () => 1,
      type: () => 2,
      isContinuous: () => true,
      isDeleted: () => false,
      ucharPtr: () => null,
    };
    for (const input of [
      decodePng(file),
      { width: 2, height: 2, data: rgba.data },
      { colorModel: "GREY", getRawImage: () => raw },
      mat,
      { data, width: 2, height: 2 },
    ]) {
      const { mode, pixels } = read(input, { bitDepth: 16 });
      const gray = mode === "I;16" ? pixels : (pixels as number[][][]).map((row) => row.map(([red]) => red));
      expect([gray, codes()]).toEqual([deep, []]);
      expect((read(input).pixels as never[]).flat(9)).toContain(255); // the upper byte
    }
  });

  test("of encodePng; 8 bits are stretched, alpha that shows is refused", () => {
    const rgb = { data: Uint16Array.of(1, 2, 3, 256, 512, 65535), width: 2, height: 1 };
    expect(decodePng(encodePng(rgb, { bitDepth: 16 }))).toMatchObject({ depth: 16, channels: 3, data: rgb.data });
    expect(decodePng(encodePng(rgb))).toMatchObject({ depth: 8, data: Uint8Array.of(0, 0, 0, 1, 2, 255) });
    expect(read({ data: Uint8Array.of(0, 1, 255), width: 3, height: 1 }, { bitDepth: 16 }).pixels).toEqual([
      [0, 257, 65535],
    ]);
    const opaque = { data: Uint16Array.of(1, 2, 3, 65535), width: 1, height: 1 };
    expect(read(opaque, { bitDepth: 16 })).toMatchObject({ mode: "RGB;16", pixels: [[[1, 2, 3]]] });
    expect(() => read({ data: Uint16Array.of(1, 2, 3, 4), width: 1, height: 1 }, { bitDepth: 16 })).toThrow(
      "bitDepth: 16 holds 1 or 3 channels; the picture has alpha, 4 at [0, 0]. Drop it, or pass bitDepth: 8",
    );
    expect(() => encodePng(rgb, { bitDepth: 12 } as never)).toThrow("bitDepth: expected 8 or 16; got 12");
  });

  test("of sharp, raw ushort", async () => {
    const raw = { width: 4, height: 1, channels: 1 } as const;
    const values = Uint16Array.of(0, 256, 4096, 65535);
    const pipeline = sharp(values, { raw }).toColourspace("grey16").raw({ depth: "ushort" });
    expect((await Image.from(pipeline)).toDataArray()).toEqual([[0, 1, 16, 255]]);
    expect((await Image.from(pipeline, { bitDepth: 16 })).toDataArray()).toEqual([[...values]]);
    const result = await pipeline.toBuffer({ resolveWithObject: true });
    expect(read(result, { bitDepth: 16 }).pixels).toEqual([[...values]]);
  });
});

describe("values", () => {
  test.each<[string, ImageOptions, number[][]]>([
    [
      "range of two numbers",
      { range: [0, 4095] },
      [
        [0, 62],
        [124, 255],
      ],
    ],
    [
      "minmax",
      { range: "minmax" },
      [
        [0, 62],
        [124, 255],
      ],
    ],
    [
      "byte",
      { range: "byte" },
      [
        [0, 255],
        [255, 255],
      ],
    ],
    [
      "dtype",
      { range: "dtype" },
      [
        [0, 3],
        [7, 15],
      ],
    ],
    [
      "16 bits",
      { range: [0, 4095], bitDepth: 16 },
      [
        [0, 16003],
        [32007, 65535],
      ],
    ],
    [
      "flipped",
      { range: [0, 4095], flipY: true },
      [
        [124, 255],
        [0, 62],
      ],
    ],
  ])("are scaled where asked for: %s", (_, options, want) => {
    const { pixels, normalization } = read(frame, options);
    expect(pixels).toEqual(want);
    expect(normalization).not.toBeNull();
    // As the same numbers in an array.
    expect(read({ data: frame.data, shape: [2, 2] }, options).pixels).toEqual(want);
  });

  test("normalize is told, for W&B leaves decoded pictures alone", () => {
    for (const normalize of [true, false]) {
      expect(read(frame, { normalize })).toEqual({
        mode: "L",
        pixels: [
          [0, 3],
          [7, 15],
        ],
        normalization: null,
      });
      expect(warnings).toEqual([
        {
          code: "options-ignored",
          message:
            "normalize ignored: decoded pixels are taken as they are, as W&B takes them; pass range, or { data, shape } to normalize their values",
        },
      ]);
    }
  });

  test("denormalize: integers are taken as floats", () => {
    // numpy: (x.astype(float32) * 0.25 + 0.5) as [0, 1]
    const input = { data: Uint8Array.of(0, 1, 2, 255), width: 4, height: 1 };
    expect(read(input, { denormalize: { mean: 0.5, std: 0.25 } }).pixels).toEqual([[127, 191, 255, 255]]);
    expect(read(frame, { denormalize: { mean: 0, std: 1 / 4096 } }).pixels).toEqual([
      [0, 62],
      [124, 254],
    ]);
  });

  test("pixels that are no plain samples tell what they ignore", () => {
    const packed = { data: Uint8Array.of(0b10000000), width: 2, height: 1, depth: 1, channels: 1 };
    const options: ImageOptions = { range: "minmax", layout: "HW", bitDepth: 16, normalize: true };
    expect(read(packed, options).pixels).toEqual([[255, 0]]);
    expect(warnings[0]!.message).toBe(
      "normalize, range, layout, bitDepth ignored: its pixels are read as 8-bit colors",
    );
  });
});

describe("where samples lie", () => {
  const rgb = [1, 2, 3, 4, 5, 6];
  test("layout: channels first", () => {
    const planar = { data: Uint8Array.of(1, 4, 2, 5, 3, 6), width: 2, height: 1, channels: 3 };
    for (const layout of ["CHW", "NCHW"] as const) {
      expect(read(planar, { layout })).toEqual({
        mode: "RGB",
        pixels: [
          [
            [1, 2, 3],
            [4, 5, 6],
          ],
        ],
        normalization: null,
      });
    }
    expect(read({ ...planar, data: Uint16Array.from(planar.data, (v) => v << 8) }, { layout: "CHW" }).pixels).toEqual([
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ]);
    for (const layout of ["HWC", "NHWC"] as const)
      expect(read({ ...planar, data: Uint8Array.from(rgb) }, { layout }).pixels).toEqual([
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
      ]);
    expect(() => read(planar, { layout: "HW" })).toThrow('layout "HW" has one channel; the picture has 3');
  });

  test("channelOrder, colormap", () => {
    const deep = { data: Uint16Array.of(1, 2, 3, 400, 500, 600), width: 2, height: 1 };
    expect(read(deep, { channelOrder: "BGR", bitDepth: 16 }).pixels).toEqual([
      [
        [3, 2, 1],
        [600, 500, 400],
      ],
    ]);
    expect(read({ data: Uint8Array.from(rgb), width: 2, height: 1 }, { channelOrder: "BGR" }).pixels).toEqual([
      [
        [3, 2, 1],
        [6, 5, 4],
      ],
    ]);
    expect(read({ data: Uint8Array.of(0, 255), width: 2, height: 1 }, { colormap: "viridis" }).pixels).toEqual([
      [
        [68, 1, 84],
        [253, 231, 36],
      ], // matplotlib's ends
    ]);
  });

  test.each(["stride", "bytesPerRow"])("%s: padded rows", (name) => {
    const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10, 11, 12, 0, 0);
    const want = [
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      [
        [7, 8, 9],
        [10, 11, 12],
      ],
    ];
    const padded = { data: bytes, width: 2, height: 2, channels: 3, [name]: 8 };
    expect(read(padded).pixels).toEqual(want);
    // The last row's padding may be missing.
    expect(read({ ...padded, data: bytes.subarray(0, 14) }).pixels).toEqual(want);
    expect(read(padded, { flipY: true }).pixels).toEqual([...want].reverse());
    expect(read(padded, { range: [0, 12] }).pixels[0]![0]).toEqual([21, 42, 63]);
    // Bytes, of 16 bits too.
    const words = { data: Uint16Array.of(256, 512, 0, 768, 1024, 0), width: 2, height: 2, channels: 1, [name]: 6 };
    expect(read(words).pixels).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(read(words, { bitDepth: 16 }).pixels).toEqual([
      [256, 512],
      [768, 1024],
    ]);
    // A frame of zeros and ones stays one: no range rule.
    const ones = { data: new Uint8Array(2048 * 2).fill(1), width: 640, height: 2, [name]: 2048 };
    expect((read(ones).pixels as number[][][])[1]![639]).toEqual([1, 1, 1]);
    expect(() => read({ ...padded, [name]: 5 })).toThrow("2×2 pixels of 3 channels in rows of 5 bytes are 11 values");
    expect(() => read({ ...padded, channels: undefined, width: 1, height: 2 })).toThrow("leave open how many channels");
    expect(() => read({ ...words, [name]: 5 })).toThrow(
      "stride: expected bytes from one row to the next, whole samples of 2; got 5",
    );
    expect(() => read({ ...padded, [name]: -8 })).toThrow("bytesPerRow: expected a whole number of bytes; got -8");
  });
});

describe("sharp", () => {
  const red = () => sharp({ create: { width: 2, height: 1, channels: 3, background: "#e01020" } });

  test("its { data, info }, raw and encoded", async () => {
    expect(read(await red().raw().toBuffer({ resolveWithObject: true })).pixels).toEqual([
      [
        [224, 16, 32],
        [224, 16, 32],
      ],
    ]);
    const png = await red().png().toBuffer({ resolveWithObject: true });
    const image = new Image(png as never);
    expect([image.format, image.mode, Buffer.compare(image.bytes, png.data)]).toEqual(["png", null, 0]);
    const inks = await red().toColourspace("cmyk").raw().toBuffer({ resolveWithObject: true });
    expect(() => read(inks)).toThrow(
      'sharp: 4 channels without alpha are CMYK; write .toColourspace("srgb") before .raw()',
    );
    const floats = await red().raw({ depth: "float" }).toBuffer({ resolveWithObject: true });
    expect(() => read(floats)).toThrow(
      'sharp: 24 bytes for 6 values; expected raw({ depth: "uchar" }) or raw({ depth: "ushort" })',
    );
  });

  test.each(["cmyk", "lab", "srgb", "hsv"])("pipelines in %s become sRGB", async (space) => {
    const pixels = (await Image.from(red().toColourspace(space).raw() as never)).toDataArray() as number[][][];
    const far = pixels[0]![0]!.map((value, c) => Math.abs(value - [224, 16, 32][c]!));
    expect(Math.max(...far)).toBeLessThan(space === "cmyk" ? 30 : 3);
    expect(pixels[0]![0]).toHaveLength(3);
  });

  test("other depths of sRGB are its 8 bits; gray stays gray; the pipeline can go on", async () => {
    const pipeline = red().raw({ depth: "ushort" });
    expect((await Image.from(pipeline)).toDataArray()[0]![0]).toEqual([224, 16, 32]);
    expect((await pipeline.toBuffer()).length).toBe(12);
    expect((await Image.from(red().raw({ depth: "float" }))).toDataArray()[0]![0]).toEqual([224, 16, 32]);
    expect((await Image.from(red().toColourspace("b-w").raw())).mode).toBe("L");
  });
});

describe("frames of cameras", () => {
  // numpy, by the inverse of the matrices of BT.601-7 and BT.709-6, chroma repeated, values rounded.
  const [width, height] = [5, 3];
  const luma = Array.from({ length: 15 }, (_, i) => (i * 37 + 11) % 256);
  const blue = Array.from({ length: 6 }, (_, i) => (i * 91 + 40) % 256);
  const red = Array.from({ length: 6 }, (_, i) => (i * 53 + 200) % 256);
  const WANT: Record<string, number[]> = {
    "bt601 limited": [
      ...[109, 0, 0, 152, 13, 0, 255, 0, 86, 255, 21, 129, 42, 193, 255, 255, 186, 32, 255, 229, 75, 197, 0, 4, 240],
      ...[0, 47, 0, 110, 255, 87, 175, 0, 130, 218, 27, 255, 182, 253, 255, 226, 255, 130, 0, 225],
    ],
    "bt601 full": [
      ...[112, 0, 0, 149, 27, 0, 255, 0, 90, 255, 32, 127, 50, 182, 255, 255, 175, 40, 255, 212, 77, 189, 0, 19, 226],
      ...[0, 56, 0, 111, 255, 90, 167, 0, 127, 204, 36, 238, 172, 234, 255, 209, 255, 131, 0, 214],
    ],
    "bt709 limited": [
      ...[123, 0, 0, 166, 18, 0, 255, 13, 87, 255, 56, 130, 27, 188, 255, 255, 190, 24, 255, 233, 67, 222, 0, 4, 255],
      ...[0, 47, 0, 105, 255, 82, 155, 0, 125, 198, 20, 255, 194, 255, 255, 237, 255, 146, 0, 236],
    ],
    "bt709 full": [
      ...[124, 0, 0, 161, 31, 0, 255, 26, 91, 255, 63, 128, 36, 178, 255, 255, 179, 33, 255, 216, 70, 211, 0, 20, 248],
      ...[0, 57, 0, 107, 255, 86, 150, 0, 123, 187, 30, 243, 182, 236, 255, 219, 255, 145, 0, 223],
    ],
  };
  const i420 = Uint8Array.of(...luma, ...blue, ...red);
  const nv12 = Uint8Array.of(...luma, ...blue.flatMap((u, i) => [u, red[i]!]));
  const padded = (values: number[], columns: number, stride: number) =>
    Array.from({ length: values.length / columns }, (_, y) => [
      ...values.slice(y * columns, (y + 1) * columns),
      ...new Array<number>(stride - columns).fill(9),
    ]).flat();

  const flat = (input: object, options: ImageOptions = {}) => (read(input, options).pixels as number[][][]).flat(2);

  test.each(Object.keys(WANT))("%s", (name) => {
    const [matrix, range] = name.split(" ");
    const colorSpace = { matrix, fullRange: range === "full" };
    expect(flat({ data: i420, width, height, format: "I420", colorSpace })).toEqual(WANT[name]);
    expect(flat({ data: nv12, width, height, format: "NV12", colorSpace })).toEqual(WANT[name]);
  });

  test("YUY2: chroma of each pair of pixels in a row", () => {
    const yuy2 = Uint8Array.of(11, 40, 48, 200, 85, 131, 122, 253);
    const rgb = flat({ data: yuy2, width: 4, height: 1, format: "YUY2" });
    expect(rgb).toEqual(WANT["bt601 limited"]!.slice(0, 12));
    const rows = Uint8Array.of(...yuy2, 0, 0, ...yuy2, 0, 0);
    expect(flat({ data: rows, width: 4, height: 2, format: "yuyv422", stride: 10 })).toEqual([...rgb, ...rgb]);
  });

  test("by default BT.601 limited; names of WebCodecs; padded rows; options", () => {
    expect(flat({ data: i420, width, height, format: "yuv420p" })).toEqual(WANT["bt601 limited"]);
    const colorSpace = { matrix: "smpte170m", fullRange: false };
    expect(flat({ data: i420.buffer, width, height, format: "I420", colorSpace })).toEqual(WANT["bt601 limited"]);
    const wide = Uint8Array.of(...padded(luma, 5, 8), ...padded(blue, 3, 4), ...padded(red, 3, 4));
    expect(flat({ data: wide, width, height, format: "I420", bytesPerRow: 8 })).toEqual(WANT["bt601 limited"]);
    const pairs = padded(
      blue.flatMap((u, i) => [u, red[i]!]),
      6,
      8,
    );
    expect(
      flat({ data: Uint8Array.of(...padded(luma, 5, 8), ...pairs), width, height, format: "NV12", stride: 8 }),
    ).toEqual(WANT["bt601 limited"]);
    expect(flat({ data: i420, width, height, format: "I420" }, { channelOrder: "BGR" }).slice(0, 3)).toEqual([
      0, 0, 109,
    ]);
    read({ data: i420, width, height, format: "I420" }, { range: "minmax" });
    expect(codes()).toEqual(["options-ignored"]);
  });

  test("what does not fit is refused by name", () => {
    expect(() => read({ data: i420.subarray(1), width, height, format: "I420" })).toThrow(
      "data: expected 27 bytes for 5×3 pixels as I420; got 26",
    );
    expect(() => read({ data: i420, width, height, format: "NV21" })).toThrow(
      'format: expected "I420", "NV12" or "YUY2"; got "NV21". Convert it first',
    );
    expect(() => read({ data: i420, width, height, format: "I420", colorSpace: { matrix: "rgb" } })).toThrow(
      "colorSpace.matrix",
    );
    expect(() => read({ data: new Float32Array(27), width, height, format: "I420" })).toThrow(
      "the bytes of a I420 frame",
    );
  });
});

test("a truecolor picture with a suggested palette, as fast-png decodes it", () => {
  const palette = Array.from({ length: 4 }, (_, i) => [i, i, i]);
  const pixels = { data: Uint8Array.of(10, 20, 30, 40, 50, 60), width: 2, height: 1, depth: 8, channels: 3, palette };
  expect(read(pixels).pixels).toEqual([
    [
      [10, 20, 30],
      [40, 50, 60],
    ],
  ]);
});
