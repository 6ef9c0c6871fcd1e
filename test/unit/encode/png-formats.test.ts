// How a PNG holds its pixels: with the color type of what was given, as RGB where alpha says nothing, or as a palette.
import { afterEach, describe, expect, test } from "@jest/globals";
import type { RowsOptions } from "../../../src/encode/index.ts";
import { encodePngRows } from "../../../src/encode/png.ts";
import { selectKernels } from "../../../src/kernels.ts";
import { packedRows } from "../../../src/rows.ts";
import { ENGINES } from "../../support/engines.ts";
import { FULL } from "../../support/full.ts";
import { type Picture, same } from "../../support/pictures.ts";
import { encoded, expectSamePixels, shown } from "../../support/png.ts";
import { readStrictly, rgba16 } from "../../support/strict-png.ts";

afterEach(() => selectKernels(ENGINES[0]!));

/** Color type and depth, where IHDR has them (PNG 3, 11.2.1). */
const formatOf = (file: Uint8Array) => [file[25], file[24]];

/** So many colors, in blocks. */
const colored = (count: number, channels: 1 | 2 | 3 | 4 = 3): Picture => {
  const image = { data: new Uint8Array(200 * 200 * channels), width: 200, height: 200, channels };
  for (let i = 0; i < 200 * 200; i++) {
    const k = ((i >> 2) * 7) % count;
    const color = channels < 3 ? [k, k % 2 ? 255 : 128] : [k, k * 3, 255 - k, k % 2 ? 255 : 128];
    image.data.set(color.slice(0, channels), i * channels);
  }
  return image;
};

/** 16-bit numbers in disorder: more than 256 colors, and all levels of gray, in the first row. */
const many = (channels: 3 | 4, color: (value: number) => number[]): Picture => {
  const [width, height] = [517, 170];
  const data = new Uint8Array(width * height * channels);
  for (let i = 0; i < width * height; i++) data.set(color((i * 40503) & 0xffff).slice(0, channels), i * channels);
  return { data, width, height, channels };
};
const inColor = (value: number) => [value & 255, value >> 8, 7, 255];
const inGray = (value: number) => [value & 255, value & 255, value & 255, 255];

describe("the color type is that of what was given", () => {
  test.each(ENGINES)("few colors, gray RGB, opaque RGBA (%s)", (engine) => {
    selectKernels(engine);
    for (const channels of [1, 2, 3, 4] as const) {
      for (const count of [1, 2, 17, 200]) {
        expect(formatOf(encoded(colored(count, channels)))).toEqual([[0, 4, 2, 6][channels - 1], 8]);
      }
    }
    expect(formatOf(encoded(many(3, inGray)))).toEqual([2, 8]);
    expect(formatOf(encoded(many(4, inGray)))).toEqual([6, 8]);
  });
});

describe("opaqueAsRgb: RGBA of sources that cannot help having alpha", () => {
  const encodedAsRgb = ({ data, width, height }: Picture, options: RowsOptions = {}) =>
    encodePngRows(packedRows(data, "RGBA", width, height), { opaqueAsRgb: true, ...options });

  test.each(ENGINES)("is RGB where every pixel is opaque (%s)", async (engine) => {
    selectKernels(engine);
    for (const color of [inColor, inGray]) {
      const image = many(4, color);
      const { bytes, mode } = encodedAsRgb(image);
      expect([mode, ...formatOf(bytes)]).toEqual(["RGB", 2, 8]);
      await expectSamePixels(image, bytes);
      for (const pixel of FULL ? [0, 40_000, 517 * 170 - 1] : [517 * 170 - 1]) {
        const translucent = many(4, color);
        translucent.data[pixel * 4 + 3] = 254;
        const kept = encodedAsRgb(translucent);
        expect([pixel, kept.mode, ...formatOf(kept.bytes)]).toEqual([pixel, "RGBA", 6, 8]);
        expect(same(rgba16(readStrictly(kept.bytes)), shown(translucent))).toBe(true);
      }
    }
  });

  test.each(ENGINES)("with a palette the mode tells whether alpha was left out (%s)", (engine) => {
    selectKernels(engine);
    expect(encodedAsRgb(colored(40, 4), { palette: true }).mode).toBe("RGBA");
    const image = colored(40, 4);
    for (let i = 3; i < image.data.length; i += 4) image.data[i] = 255;
    const { bytes, mode } = encodedAsRgb(image, { palette: true });
    expect([mode, readStrictly(bytes).alphas]).toEqual(["RGB", undefined]);
  });
});

describe("palette: true", () => {
  test.each([
    [2, 1],
    [3, 2],
    [16, 4],
    [17, 8],
    [256, 8],
  ])("%i colors: a palette of %i bits", async (count, depth) => {
    for (const channels of [1, 2, 3, 4] as const) {
      const image = colored(count, channels);
      const file = encoded(image, { palette: true });
      expect([channels, ...formatOf(file)]).toEqual([channels, 3, depth]);
      if (FULL || channels === 4) await expectSamePixels(image, file);
    }
  });

  test.each(ENGINES)("257 colors: stored without, with a warning (%s)", (engine) => {
    selectKernels(engine);
    const image = colored(256);
    image.data.set([9, 9, 9]);
    const codes: string[] = [];
    expect(formatOf(encoded(image, { palette: true, onWarning: ({ code }) => codes.push(code) }))).toEqual([2, 8]);
    expect(codes).toEqual(["palette-too-many-colors"]);
    encoded(colored(256), { palette: true, onWarning: ({ code }) => codes.push(code) });
    expect(codes).toHaveLength(1);
  });

  test("without SIMD: the same pixels", async () => {
    selectKernels("fallback");
    for (const channels of [1, 2, 3, 4] as const) {
      for (const count of FULL ? [1, 3, 40, 256] : [3, 256]) {
        const image = colored(count, channels);
        const file = encoded(image, { palette: true });
        expect(formatOf(file)[0]).toBe(3);
        await expectSamePixels(image, file);
      }
    }
  });

  test("translucent colors come first, so that tRNS names no others", () => {
    const { alphas } = readStrictly(encoded(colored(40, 4), { palette: true }));
    expect(alphas).toEqual(new Uint8Array(20).fill(128));
  });
});
