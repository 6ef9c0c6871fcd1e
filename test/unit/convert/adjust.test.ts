// Color maps, backgrounds, channel order, flips, smaller sizes and denormalized tensors, on SIMD and on the fallback,
// against loops written here; matplotlib's tables by the digests of its own bytes.
import { createHash } from "node:crypto";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { PNG } from "pngjs";
import { onBackground, parseBackground } from "../../../src/convert/adjust/background.ts";
import { colormapped, colorsOf } from "../../../src/convert/adjust/colormap.ts";
import { flippedFrame, flippedRows } from "../../../src/convert/adjust/flip.ts";
import { adjusted, checkAdjustOptions } from "../../../src/convert/adjust/index.ts";
import { downscaled, fitted } from "../../../src/convert/adjust/resize.ts";
import { normalizedRows, toUint8 } from "../../../src/convert/index.ts";
import type { NormalizeOptions } from "../../../src/convert/normalize.ts";
import type { Dtype, TypedArray } from "../../../src/dtype.ts";
import type { Frame } from "../../../src/frame.ts";
import { Image } from "../../../src/image/image.ts";
import type { ImageOptions } from "../../../src/image/options.ts";
import { kernels, selectKernels } from "../../../src/kernels.ts";
import type { Mode, Rows } from "../../../src/rows.ts";
import { BYTES_PER_PIXEL, collect, packedRows } from "../../../src/rows.ts";
import { ENGINES } from "../../support/engines.ts";
import { FULL } from "../../support/full.ts";

const SIZES = [[1, 1], [3, 2], [4, 1], [5, 7], [16, 3], [17, 5], [33, 9], FULL ? [200, 131] : [70, 41]] as const;

function noise(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed >>> 24;
  });
}

function picture(mode: Mode, width: number, height: number): { data: Uint8Array; rows: () => Rows } {
  const data = noise(width * height * BYTES_PER_PIXEL[mode], width * 31 + height);
  return { data, rows: () => packedRows(data, mode, width, height) };
}

function read(make: () => Rows): { mode: Mode; width: number; height: number; data: number[] } {
  return kernels().scratch(() => {
    const rows = make();
    // Twice, as an encoder may, and in bands of an odd height.
    const data = collect(rows);
    const { u8, reserve } = kernels();
    const stride = rows.width * BYTES_PER_PIXEL[rows.mode];
    const dst = reserve(3 * stride + 32);
    for (let y = 0; y < rows.height; y += 3) {
      const count = Math.min(3, rows.height - y);
      u8.fill(0xaa, dst, dst + 3 * stride + 32);
      rows.read(y, count, dst);
      expect(
        Buffer.compare(u8.subarray(dst, dst + count * stride), data.subarray(y * stride, (y + count) * stride)),
      ).toBe(0);
      // Past its end a stage may write into the slack that every region has, no further.
      expect(u8.subarray(dst + count * stride + 16, dst + 3 * stride + 32).every((byte) => byte === 0xaa)).toBe(true);
    }
    return { mode: rows.mode, width: rows.width, height: rows.height, data: Array.from(data) };
  });
}

describe.each(ENGINES)("on %s", (which) => {
  beforeAll(() => selectKernels(which));

  test("a color map", () => {
    const table = noise(768, 5);
    for (const [width, height] of SIZES) {
      const { data, rows } = picture("L", width, height);
      const { mode, data: colors } = read(() => colormapped(rows(), table));
      expect(mode).toBe("RGB");
      expect(colors).toEqual(Array.from(data).flatMap((value) => Array.from(table.subarray(3 * value, 3 * value + 3))));
    }
    expect(() => read(() => colormapped(picture("RGB", 2, 2).rows(), "viridis"))).toThrow(
      "colormap: expected one channel; got a picture of mode RGB",
    );
  });

  test("a background, rounded as Pillow's paste", () => {
    for (const [width, height] of SIZES) {
      for (const [mode, channels] of [
        ["LA", 2],
        ["RGBA", 4],
      ] as const) {
        const { data, rows } = picture(mode, width, height);
        const color = mode === "LA" ? [77, 77, 77] : [200, 3, 90];
        const expected: number[] = [];
        for (let i = 0; i < data.length; i += channels) {
          const alpha = data[i + channels - 1]!;
          for (let c = 0; c < channels - 1; c++) {
            expected.push(Math.round((data[i + c]! * alpha + color[c]! * (255 - alpha)) / 255));
          }
        }
        const actual = read(() => onBackground(rows(), color as [number, number, number]));
        expect(actual.mode).toBe(mode === "LA" ? "L" : "RGB");
        expect(actual.data).toEqual(expected);
      }
    }
    expect(read(() => onBackground(picture("LA", 5, 2).rows(), "#f00")).mode).toBe("RGB");
    const { data, rows } = picture("RGB", 5, 2);
    expect(read(() => onBackground(rows(), 9)).data).toEqual(Array.from(data));
  });

  test("BGR and BGRA", () => {
    for (const [width, height] of SIZES) {
      for (const channels of [3, 4] as const) {
        const { data, rows } = picture(channels === 3 ? "RGB" : "RGBA", width, height);
        const swapped = Array.from(data, (_, i) => data[i - (i % channels) + ([2, 1, 0, 3][i % channels] as number)]!);
        expect(read(() => adjusted(rows(), { channelOrder: channels === 3 ? "BGR" : "BGRA" })).data).toEqual(swapped);
      }
    }
    expect(() => read(() => adjusted(picture("L", 2, 2).rows(), { channelOrder: "BGR" }))).toThrow(
      'channelOrder: expected 3 or 4 channels for "BGR"; got a picture of mode L',
    );
  });

  test("upside down", () => {
    const { data, rows } = picture("RGB", 17, 5);
    const flipped = [4, 3, 2, 1, 0].flatMap((y) => Array.from(data.subarray(y * 51, (y + 1) * 51)));
    expect(read(() => flippedRows(rows())).data).toEqual(flipped);
    const frame: Frame = {
      data,
      dtype: "uint8",
      height: 5,
      width: 17,
      channels: 3,
      offset: 0,
      strides: { y: 51, x: 3, c: 1 },
    };
    expect(Array.from(toUint8(flippedFrame(frame)).data)).toEqual(flipped);
  });

  test.each(["L", "LA", "RGB", "RGBA"] as const)("a smaller %s, each pixel the mean of its area", (mode) => {
    const channels = BYTES_PER_PIXEL[mode];
    for (const [width, height] of SIZES) {
      for (const maxSize of [1, 2, 3, 7, 16, 100, 199]) {
        const { data, rows } = picture(mode, width, height);
        const actual = read(() => downscaled(rows(), maxSize));
        const size = fitted(width, height, maxSize);
        expect([actual.width, actual.height]).toEqual([size.width, size.height]);
        if (size.width === width && size.height === height) {
          expect(actual.data).toEqual(Array.from(data));
          continue;
        }
        // In float64, pixel by pixel: at most 1 apart where rounding to float32 crosses a half.
        const [sx, sy] = [width / size.width, height / size.height];
        let apart = 0;
        for (let y = 0; y < size.height; y++) {
          for (let x = 0; x < size.width; x++) {
            const sums = new Float64Array(channels);
            let weight = 0;
            for (let v = Math.floor(y * sy); v < Math.min(height, Math.ceil((y + 1) * sy)); v++) {
              for (let u = Math.floor(x * sx); u < Math.min(width, Math.ceil((x + 1) * sx)); u++) {
                const covered =
                  (Math.min(v + 1, (y + 1) * sy) - Math.max(v, y * sy)) *
                  (Math.min(u + 1, (x + 1) * sx) - Math.max(u, x * sx));
                const at = (v * width + u) * channels;
                const alpha = channels % 2 === 0 ? data[at + channels - 1]! : 1;
                for (let c = 0; c < channels; c++) {
                  sums[c]! += covered * data[at + c]! * (channels % 2 === 0 && c === channels - 1 ? 1 : alpha);
                }
                weight += covered;
              }
            }
            for (let c = 0; c < channels; c++) {
              const last = c === channels - 1;
              const mean = channels % 2 === 0 && !last ? sums[c]! / sums[channels - 1]! : sums[c]! / weight;
              const got = actual.data[(y * size.width + x) * channels + c]!;
              apart = Math.max(apart, Math.abs(got - (Number.isNaN(mean) ? 0 : mean)));
            }
          }
        }
        expect(apart).toBeLessThan(0.502);
      }
    }
  });

  test("a network's normalization undone", () => {
    const [mean, std] = [
      [0.485, 0.456, 0.406],
      [0.229, 0.224, 0.225],
    ];
    for (const [width, height] of SIZES) {
      const bytes = noise(width * height * 3, 3);
      for (const [dtype, Elements, round] of [
        ["float32", Float32Array, Math.fround],
        ["float64", Float64Array, (x: number) => x],
      ] as const) {
        const hwc = new Elements(Array.from(bytes, (value, i) => (value / 200 - mean[i % 3]!) / std[i % 3]!));
        const chw = new Elements(
          Array.from(hwc, (_, i) => hwc[(i % (width * height)) * 3 + Math.floor(i / (width * height))]!),
        );
        const expected = Array.from(hwc, (x, i) => {
          const restored = round(round(x * round(std[i % 3]!)) + round(mean[i % 3]!));
          return Math.trunc(Math.min(255, Math.max(0, round(restored * 255))));
        });
        const frame: Frame = {
          data: hwc,
          dtype,
          height,
          width,
          channels: 3,
          offset: 0,
          strides: { y: 3 * width, x: 3, c: 1 },
        };
        const planar: Frame = { ...frame, data: chw, strides: { y: width, x: 1, c: width * height } };
        const options = { denormalize: { mean, std }, onWarning: () => {} };
        expect(Array.from(toUint8(frame, options).data)).toEqual(expected);
        expect(Array.from(toUint8(planar, options).data)).toEqual(expected);
      }
    }
  });
});

describe("16 bits kept", () => {
  function words(data: TypedArray, dtype: Dtype, options: NormalizeOptions = {}, channels: 1 | 3 = 1, planar = false) {
    const width = data.length / channels;
    const strides = planar ? { y: width, x: 1, c: width } : { y: data.length, x: channels, c: 1 };
    const frame: Frame = { data, dtype, height: 1, width, channels, offset: 0, strides };
    return kernels().scratch(() => {
      const { rows, normalization } = normalizedRows(frame, { bitDepth: 16, onWarning: () => {}, ...options });
      expect(rows.mode).toBe(channels === 1 ? "I;16" : "RGB;16");
      const bytes = collect(rows);
      return {
        words: Array.from(new Uint16Array(bytes.buffer)),
        rule: normalization?.().rule,
        clipped: normalization?.().clipped,
      };
    });
  }

  test.each(ENGINES)("on %s", (which) => {
    selectKernels(which);
    const depths = Uint16Array.of(0, 1, 255, 256, 40000, 65535);
    expect(words(depths, "uint16")).toEqual({ words: Array.from(depths), rule: "clip", clipped: 0 });
    expect(words(depths, "uint16", {}, 3, true).words).toEqual([0, 255, 40000, 1, 256, 65535]);
    expect(words(depths, "uint16", { range: [0, 40000] }).words).toEqual([0, 1, 417, 419, 65535, 65535]);
    expect(words(depths, "uint16", { range: "dtype" }).words).toEqual(Array.from(depths));
    expect(words(Uint8Array.of(0, 1, 255), "uint8").words).toEqual([0, 257, 65535]);
    expect(words(Int32Array.of(-5, 7, 70000), "int32")).toEqual({ words: [0, 7, 65535], rule: "clip", clipped: 2 });
    const floats = Float32Array.from({ length: 37 }, (_, i) => i / 36);
    const scaled = Array.from(floats, (x) => Math.trunc(Math.fround(x * 65535)));
    expect(words(floats, "float32")).toEqual({ words: scaled, rule: "unit", clipped: 0 });
    expect(words(Float64Array.of(-1, 0, 1, Number.NaN), "float64").words).toEqual([0, 32767, 65535, 0]);
    expect(words(Uint16Array.of(0x3c00, 0x3800), "float16").words).toEqual([65535, 32767]);
    expect(words(Float32Array.of(2, 3, 4), "float32", { range: "minmax" }).words).toEqual([0, 32767, 65535]);
    expect(words(Float32Array.of(-1, 300.7, 7e4), "float32", { normalize: false }).words).toEqual([0, 300, 65535]);
  });

  test("not of 2 or 4 channels", () => {
    const frame: Frame = {
      data: new Float32Array(4),
      dtype: "float32",
      height: 1,
      width: 1,
      channels: 4,
      offset: 0,
      strides: { y: 4, x: 4, c: 1 },
    };
    expect(() => normalizedRows(frame, { bitDepth: 16 })).toThrow(
      "bitDepth: expected an array of 1 or 3 channels for 16; got 4 channels",
    );
  });
});

describe("as options of an Image", () => {
  test("each has its effect, in the file", () => {
    const data = noise(6 * 4 * 4, 9);
    const input = { data, shape: [4, 6, 4] };
    const png = (options: ImageOptions) =>
      PNG.sync.read(Buffer.from(new Image(input, { onWarning: () => {}, ...options }).bytes));
    const plain = png({}).data;
    const flipped = png({ flipY: true }).data;
    expect(Buffer.compare(flipped.subarray(0, 24), plain.subarray(72, 96))).toBe(0);
    const swapped = png({ channelOrder: "BGRA" }).data;
    expect([swapped[0], swapped[2], swapped[3]]).toEqual([plain[2], plain[0], plain[3]]);
    const laid = png({ background: "#fff" });
    expect(laid.data[0]).toBe(Math.round((plain[0]! * plain[3]! + 255 * (255 - plain[3]!)) / 255));
    const small = new Image(input, { maxSize: 3 });
    expect([small.width, small.height, small.mode]).toEqual([3, 2, "RGBA"]);
    const heat = new Image({ data: Float32Array.of(5, 6, 9), shape: [1, 3] }, { range: "minmax", colormap: "viridis" });
    expect(heat.mode).toBe("RGB");
    expect(Array.from(heat.toDataArray({ layout: "HWC" }).data)).toEqual(
      [0, 64, 255].flatMap((value) => Array.from(colorsOf("viridis").subarray(3 * value, 3 * value + 3))),
    );
    const depth = new Image({ data: Uint16Array.of(1, 300, 65535), shape: [1, 3] }, { bitDepth: 16 });
    expect(depth.mode).toBe("I;16");
    expect(Array.from(depth.toDataArray({ layout: "HWC" }).data)).toEqual([1, 300, 65535]);
    expect(() => new Image(input, { range: "minmax", normalize: false })).toThrow(
      "range: expected none together with normalize: false",
    );
    expect(() => new Image(input, { bitDepth: 12 as 16 })).toThrow("bitDepth: expected 8 or 16; got 12");
  });
});

describe("boxes and masks follow their image", () => {
  const input = { data: noise(8 * 4 * 3), shape: [4, 8, 3] };
  const ids = Uint8Array.from({ length: 32 }, (_, i) => i);
  const masks = { m: { mask_data: { data: ids, shape: [4, 8] } } };
  const boxes = {
    b: {
      box_data: [
        { position: { minX: 2, maxX: 6, minY: 1, maxY: 4 }, domain: "pixel" as const, class_id: 1, box_caption: "a" },
        { position: { middle: [4, 1], width: 4, height: 2 }, domain: "pixel" as const, class_id: 2 },
        { position: { minX: 0.25, maxX: 0.5, minY: 0.25, maxY: 1 }, class_id: 1 },
      ],
    },
  };

  function placed(options: ImageOptions) {
    const image = new Image(input, { boxes, masks, onWarning: () => {}, ...options });
    const layer = image.boxes!.b!;
    expect(JSON.parse(new TextDecoder().decode(layer.file.bytes)).box_data).toEqual(layer.boxes);
    const png = PNG.sync.read(Buffer.from(image.masks!.m!.file.bytes));
    expect([png.width, png.height]).toEqual([image.width, image.height]);
    return {
      positions: layer.boxes.map(({ position }) => position),
      mask: Array.from(png.data).filter((_, i) => i % 4 === 0),
    };
  }

  test("made smaller", () => {
    expect(placed({ maxSize: 4 })).toEqual({
      positions: [
        { minX: 1, maxX: 3, minY: 0.5, maxY: 2 },
        { middle: [2, 0.5], width: 2, height: 1 },
        { minX: 0.25, maxX: 0.5, minY: 0.25, maxY: 1 },
      ],
      mask: [9, 11, 13, 15, 25, 27, 29, 31],
    });
  });

  test("turned upside down", () => {
    expect(placed({ flipY: true })).toEqual({
      positions: [
        { minX: 2, maxX: 6, minY: 0, maxY: 3 },
        { middle: [4, 3], width: 4, height: 2 },
        { minX: 0.25, maxX: 0.5, minY: 0, maxY: 0.75 },
      ],
      mask: [3, 2, 1, 0].flatMap((y) => Array.from(ids.subarray(8 * y, 8 * y + 8))),
    });
  });

  test("a mask of another size than the input's is refused", () => {
    expect(
      () => new Image(input, { maxSize: 4, masks: { m: { mask_data: { data: new Uint8Array(8), shape: [2, 4] } } } }),
    ).toThrow("masks.m is 4×2 and its image 8×4");
  });
});

test("matplotlib's tables, byte for byte", () => {
  // sha256 of colormaps[name](range(256), bytes=True)[:, :3].tobytes(), matplotlib 3.11.2
  const digests = {
    viridis: "96a1f6f37d4041f953def955ffb8b9ea2110a9b4e3c9b701182d48f7a9774c58",
    magma: "e2e7c21b2cdebd6f55d07fae05ea13bb4b4f0908509892384b87c747b9f319f6",
    inferno: "8092f65256023cefa85fe1136f4f398a2a9f35e9fdf414176b33cce639c44318",
    plasma: "3c079586af5e937166b831cf38703adbeb1198aa6bb3f176495e231423a3c14c",
    turbo: "8f5d5edf6af4af0550fd7189cf2626a96a084c245b8aefc59835ba5ab66c3f11",
    gray: "c15598e2bf5c6ff32034b4c7b3ce668b7993d7b986349e2b676be4f87c2502c3",
  } as const;
  for (const [name, digest] of Object.entries(digests)) {
    expect(
      createHash("sha256")
        .update(colorsOf(name as "gray"))
        .digest("hex"),
    ).toBe(digest);
  }
});

test("colors are read and refused", () => {
  expect(parseBackground("#1aF")).toEqual([17, 170, 255]);
  expect(parseBackground("#102030")).toEqual([16, 32, 48]);
  expect(parseBackground("white")).toEqual([255, 255, 255]);
  expect(parseBackground(7)).toEqual([7, 7, 7]);
  expect(() => checkAdjustOptions({ background: "salmon" })).toThrow('background: expected "#rgb", "#rrggbb", "white"');
  expect(() => checkAdjustOptions({ background: [1, 2, 300] })).toThrow(
    "background: expected whole numbers from 0 to 255; got [1,2,300]",
  );
  expect(() => checkAdjustOptions({ colormap: "jet" as "gray" })).toThrow("colormap: expected viridis, magma");
  expect(() => checkAdjustOptions({ colormap: [1, 2, 3] })).toThrow(
    "colormap: expected 256 RGB colors, 768 numbers; got an array of 3",
  );
  expect(() => checkAdjustOptions({ colormap: new Array(256).fill([0, 0, 256]) })).toThrow(
    "colormap[0]: expected numbers from 0 to 255; got 256",
  );
  expect(() => checkAdjustOptions({ channelOrder: "GBR" as "BGR" })).toThrow(
    'channelOrder: expected "RGB", "RGBA", "BGR" or "BGRA"; got "GBR"',
  );
  expect(() => checkAdjustOptions({ maxSize: 0 })).toThrow("maxSize: expected a whole number of pixels from 1; got 0");
  expect(() => checkAdjustOptions({ maxSize: "5" as unknown as number })).toThrow(
    'maxSize: expected a number of pixels; got "5"',
  );
});
