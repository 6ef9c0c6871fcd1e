// Which form a PNG is stored in: the smallest that shows the same.
import { describe, expect, test } from "@jest/globals";
import type { EncodeOptions } from "../../../src/encode/index.ts";
import { FULL } from "../../support/full.ts";
import { type Picture, same } from "../../support/pictures.ts";
import { encoded, expectSamePixels, shown } from "../../support/png.ts";
import { readStrictly, rgba16 } from "../../support/strict-png.ts";

describe("the smallest form that shows the same", () => {
  const form = (image: Picture, options: EncodeOptions = {}) => {
    const { colourType, depth } = readStrictly(encoded(image, options));
    return [colourType, depth];
  };
  /** RGB of so many colours, in blocks. */
  const coloured = (count: number, channels: 3 | 4 = 3): Picture => {
    const image = { data: new Uint8Array(200 * 200 * channels), width: 200, height: 200, channels };
    for (let i = 0; i < 200 * 200; i++) {
      const k = ((i >> 2) * 7) % count;
      image.data.set([k, k * 3, 255 - k, k % 2 ? 255 : 128].slice(0, channels), i * channels);
    }
    return image;
  };

  test.each([
    [2, 1],
    [3, 2],
    [16, 4],
    [17, 8],
    [256, 8],
  ])("%i colours: a palette of %i bits", async (count, depth) => {
    expect(form(coloured(count))).toEqual([3, depth]);
    await expectSamePixels(coloured(count), encoded(coloured(count)));
    await expectSamePixels(coloured(count, 4), encoded(coloured(count, 4)));
    expect(form(coloured(count), { keepForm: true })).toEqual([2, 8]);
  });

  test("257 colours: none", () => {
    const image = coloured(256);
    image.data.set([9, 9, 9]);
    expect(form(image)).toEqual([2, 8]);
  });

  /** 16-bit numbers in disorder: more than 256 colours, and all levels of grey, in the first row. */
  const many = (channels: 3 | 4, colour: (value: number) => number[]): Picture => {
    const [width, height] = [517, 170];
    const data = new Uint8Array(width * height * channels);
    for (let i = 0; i < width * height; i++) data.set(colour((i * 40503) & 0xffff).slice(0, channels), i * channels);
    return { data, width, height, channels };
  };
  const inColour = (value: number) => [value & 255, value >> 8, 7, 255];
  const inGrey = (value: number) => [value & 255, value & 255, value & 255, 255];

  test("grey RGB and opaque grey RGBA are grey", async () => {
    for (const channels of [3, 4] as const) {
      const image = many(channels, inGrey);
      expect(form(image)).toEqual([0, 8]);
      expect(form(image, { keepForm: true })).toEqual([channels === 3 ? 2 : 6, 8]);
      await expectSamePixels(image, encoded(image));
    }
  });

  test("opaque RGBA is RGB", async () => {
    const image = many(4, inColour);
    expect(form(image)).toEqual([2, 8]);
    expect(form(image, { keepForm: true })).toEqual([6, 8]);
    await expectSamePixels(image, encoded(image));
    const translucent = many(4, (value) => [...inColour(value).slice(0, 3), 254]);
    expect(form(translucent)).toEqual([6, 8]);
  });

  test("one sample anywhere tells that it is not so", async () => {
    const { width, height } = many(4, inGrey);
    for (const pixel of FULL ? [0, 1, 77 * width + 5, width * height - 1] : [width * height - 1]) {
      for (const channels of [3, 4] as const) {
        for (let c = 0; c < 3; c++) {
          const image = many(channels, inGrey);
          image.data[pixel * channels + c]! ^= 1;
          const strict = readStrictly(encoded(image));
          expect([pixel, c, strict.colourType]).toEqual([pixel, c, 2]);
          expect(same(rgba16(strict), shown(image))).toBe(true);
        }
      }
      for (const colour of [inGrey, inColour]) {
        const image = many(4, colour);
        image.data[pixel * 4 + 3] = 254;
        const strict = readStrictly(encoded(image));
        expect([pixel, strict.colourType]).toEqual([pixel, 6]);
        expect(same(rgba16(strict), shown(image))).toBe(true);
      }
    }
  }, 120_000);

  test("translucent colours come first, so that tRNS names no others", () => {
    const { alphas } = readStrictly(encoded(coloured(40, 4)));
    expect(alphas).toEqual(new Uint8Array(20).fill(128));
  });
});
