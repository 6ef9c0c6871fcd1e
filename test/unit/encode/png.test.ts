// PNG files against decoders that are not ours (sharp's libpng, pngjs, fast-png) and a strict reader of every chunk.
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { decode as fastPngDecode } from "fast-png";
import sharp from "sharp";
import { kernels } from "../../../src/kernels.ts";
import { BYTES_PER_PIXEL, packedRows, type Rows } from "../../../src/rows.ts";
import { encodePngRows } from "../../support/encoded.ts";
import { FULL, runs } from "../../support/full.ts";
import { CONTENTS, inBandsOf, type Picture, picture, rowsOf, same } from "../../support/pictures.ts";
import {
  ANY_PICTURE,
  COMPRESSIONS,
  encoded,
  expectSamePixels,
  expectShown,
  inMode,
  optionsFor,
} from "../../support/png.ts";
import { random } from "../../support/random.ts";
import { readStrictly } from "../../support/strict-png.ts";

describe("every decoder reads the same pixels", () => {
  for (const name of Object.keys(CONTENTS)) {
    test.each([1, 2, 3, 4] as const)(`${name}, %i channels`, async (channels) => {
      const sizes = [
        [1, 1],
        [17, 5],
        [130, 30],
        [15, 3],
        [16, 4],
        [33, 40],
      ] as const;
      for (const [width, height] of FULL ? sizes : sizes.slice(0, 3)) {
        const image = picture(name, width, height, channels);
        for (const compression of FULL || width > 100 ? COMPRESSIONS : COMPRESSIONS.slice(0, 1)) {
          await expectSamePixels(image, encoded(image, { compression }));
          await expectSamePixels(image, encoded(image, { compression, palette: true, onWarning() {} }));
        }
      }
    });
  }

  test("any size, mode and content", async () => {
    await fc.assert(
      fc.asyncProperty(ANY_PICTURE, async ({ mode, name, seed, compression, palette, ...size }) => {
        const { rows, shown } = inMode(mode, name, size, seed);
        await expectShown(size, shown, encodePngRows(rows, optionsFor(mode, compression, palette)));
      }),
      runs(12, 2000),
    );
  }, 1_800_000);
});

describe("sizes", () => {
  test.each([
    [65500, 1],
    [1, 65500],
    [65500, 3],
  ])(
    "%i × %i",
    async (width, height) => {
      const contents = [
        ["gradient", 3],
        ["noise", 4],
        ["palette", 1],
      ] as const;
      for (const [name, channels] of FULL ? contents : contents.slice(0, 1)) {
        const image = picture(name, width, height, channels);
        await expectSamePixels(image, encoded(image));
      }
    },
    120_000,
  );
});

describe("pictures of several segments, each a stream of its own", () => {
  // Rows of a strip times 39 (one segment), 40 and 80 strips (two and four), a row fewer and a row more.
  test.each([
    ["smooth", 2047, 32 * 39, 4, "fast"],
    ["smooth", 2047, 32 * 39 + 1, 4, "fast"],
    ["palette", 3000, 87 * 40 + 1, 1, "balanced"],
    ["bursts", 3000, 29 * 80 - 1, 3, "fast"],
    ["rows repeated", 65_500, 41, 4, "fast"], // strips of one row
    ["gradient", 30_000, 43 * 2, 2, "small"], // strips of two
    ["noise", 2047, 32 * 40, 4, "fast"],
  ] as const)(
    "%s, %i × %i, %i channels, %s",
    async (name, width, height, channels, compression) => {
      if (!FULL && (name === "smooth" || name === "bursts" || name === "noise")) return; // they take seconds to draw
      const image = picture(name, width, height, channels);
      const file = encoded(image, { compression });
      // Every checksum, and the stream to its last bit; libpng where it gives samples as they are.
      expect(same(Uint8Array.from(readStrictly(file).samples), image.data)).toBe(true);
      if (channels > 2) expect((await sharp(file).raw().toBuffer()).equals(image.data)).toBe(true);
      expect(same(encodePngRows(inBandsOf(3, rowsOf(image)), { compression }), file)).toBe(true);
    },
    120_000,
  );

  test("whose rows can be read downwards alone", async () => {
    const image = picture("gradient", 1000, 87 * 40 + 9, 3);
    let next = 0;
    const rows = rowsOf(image);
    const downwards: Rows = {
      ...rows,
      read(y, count, dst) {
        expect(y).toBe(next);
        next = y + count;
        rows.read(y, count, dst);
      },
    };
    const file = encodePngRows(downwards, {});
    expect((await sharp(file).raw().toBuffer()).equals(image.data)).toBe(true);
  });
});

describe("16 bits", () => {
  test.each(["I;16", "RGB;16"] as const)("%s", async (mode) => {
    const [width, height] = [37, 29];
    const samples = Uint16Array.from({ length: (width * height * BYTES_PER_PIXEL[mode]) / 2 }, (_, i) => i * 977);
    const file = encodePngRows(packedRows(new Uint8Array(samples.buffer), mode, width, height), {});
    const strict = readStrictly(file);
    expect(strict.depth).toBe(16);
    expect(same(strict.samples, samples)).toBe(true);
    expect(same(fastPngDecode(file).data, samples)).toBe(true);
    const bySharp = await sharp(file)
      .toColourspace(mode === "I;16" ? "grey16" : "rgb16")
      .raw({ depth: "ushort" })
      .toBuffer();
    expect(same(new Uint16Array(new Uint8Array(bySharp).buffer), samples)).toBe(true);
  });
});

describe("other modes, as Pillow writes them", () => {
  const [width, height] = [19, 7];

  test("1: a bit a pixel", async () => {
    const data = Uint8Array.from({ length: width * height }, (_, i) => (i % 3 ? 0 : 255));
    const strict = readStrictly(encodePngRows(packedRows(data, "1", width, height), {}));
    expect([strict.depth, strict.colorType]).toEqual([1, 0]);
    expect(
      same(
        strict.samples,
        data.map((v) => v >> 7),
      ),
    ).toBe(true);
  });

  test.each([2, 4, 16, 256])("P with %i colors", (colors) => {
    const palette = Uint8Array.from({ length: colors * 3 }, (_, i) => i * 7);
    const data = Uint8Array.from({ length: width * height }, (_, i) => i % colors);
    const rows: Rows = { ...packedRows(data, "P", width, height), palette };
    const strict = readStrictly(encodePngRows(rows, {}));
    expect([strict.depth, strict.colorType]).toEqual([Math.log2(colors), 3]);
    expect(same(strict.samples, data)).toBe(true);
    expect(same(strict.palette!, palette)).toBe(true);
  });

  test("I: 16 bits of gray, clipped", () => {
    const values = Int32Array.from({ length: width * height }, (_, i) => (i - 20) * 1500);
    const strict = readStrictly(encodePngRows(packedRows(new Uint8Array(values.buffer), "I", width, height), {}));
    expect([strict.depth, strict.colorType]).toEqual([16, 0]);
    expect(
      same(
        strict.samples,
        values.map((v) => Math.min(Math.max(v, 0), 65535)),
      ),
    ).toBe(true);
  });
});

describe("traps", () => {
  test("a value that only the last bytes of a strip have, and no sample sees", async () => {
    for (let width = 1000; width < 1016; width += FULL ? 1 : 5) {
      const data = Uint8Array.from({ length: width * 100 }, (_, i) => (i * 2654435761) % 14);
      data[data.length - 1] = 200;
      const image: Picture = { data, width, height: 100, channels: 1 };
      await expectSamePixels(image, encoded(image));
    }
  }, 60_000);

  test("runs at the edges of a match's length", async () => {
    for (const run of [
      1, 2, 3, 10, 11, 12, 13, 257, 258, 259, 260, 261, 262, 516, 517, 518, 519, 774, 65000, 65001, 65002, 65003, 65004,
      130004,
    ]) {
      const next = random(run);
      const data = Uint8Array.from({ length: run + 400 }, (_, i) => (i < 200 || i >= 200 + run ? 1 + next() * 255 : 0));
      const image: Picture = { data, width: data.length > 60000 ? 4 : data.length, height: 1, channels: 1 };
      const height = Math.floor(data.length / image.width);
      const whole = { ...image, height, data: data.subarray(0, image.width * height) };
      for (const compression of FULL || height < 1000 ? COMPRESSIONS : COMPRESSIONS.slice(0, 1))
        await expectSamePixels(whole, encoded(whole, { compression }));
    }
  }, 60_000);

  test("longer without a match than fflate has room for", async () => {
    const next = random(3);
    // Between Huffman's gain and a match: 40 values, no repeats worth one.
    const data = Uint8Array.from({ length: 1000 * 900 }, () => next() * 40);
    const image: Picture = { data, width: 1000, height: 900, channels: 1 };
    for (const compression of FULL ? COMPRESSIONS : COMPRESSIONS.slice(0, 1)) {
      await expectSamePixels(image, encoded(image, { compression }));
    }
  }, 60_000);
});

test("the file does not depend on how the rows arrive, nor on what memory held", () => {
  for (const name of Object.keys(CONTENTS)) {
    for (const channels of FULL ? ([1, 3, 4] as const) : ([3] as const)) {
      const image = picture(name, 211, FULL ? 1300 : 700, channels);
      const rows = () => rowsOf(image);
      for (const compression of COMPRESSIONS) {
        const expected = encodePngRows(rows(), { compression });
        for (const size of [1, 7, 64]) {
          kernels().scratch(() => kernels().u8.fill((size * 77) & 255, kernels().reserve(0)));
          expect(same(encodePngRows(inBandsOf(size, rows()), { compression }), expected)).toBe(true);
        }
      }
    }
  }
});

test("the file does not depend on where in memory it is made", () => {
  const image = picture("smooth", 900, 700, 3);
  for (let i = 0; i < image.data.length; i++) if (i % 700 < 650) image.data[i]! &= 0xf0;
  for (const compression of FULL ? COMPRESSIONS : COMPRESSIONS.slice(0, 1)) {
    const lengths = [0, 368, 40_000, 1_000_000].map((before) =>
      kernels().scratch(() => {
        const { u8, reserve } = kernels();
        u8.fill(before, reserve(before));
        return encodePngRows(rowsOf(image), { compression }).length;
      }),
    );
    expect(new Set(lengths).size).toBe(1);
  }
});
