// PNG files against decoders that are not ours (sharp's libpng, pngjs, fast-png) and a strict reader of every chunk.
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { decode as fastPngDecode } from "fast-png";
import { PNG } from "pngjs";
import sharp from "sharp";
import { type Compression, checkEncodeOptions, type EncodeOptions } from "../../../src/encode/index.ts";
import { encodePngRows } from "../../../src/encode/png.ts";
import { kernels, selectKernels } from "../../../src/kernels.ts";
import { BYTES_PER_PIXEL, packedRows, type Rows } from "../../../src/rows.ts";
import { plainCrc32, readStrictly, rgba16 } from "../../support/strict-png.ts";

const COMPRESSIONS: readonly Compression[] = ["fast", "balanced", "small"];
const EIGHT_BIT = { 1: "L", 2: "LA", 3: "RGB", 4: "RGBA" } as const;
const FULL = process.env.FULL === "1";

type Channels = 1 | 2 | 3 | 4;
interface Picture {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: Channels;
}

/** A small generator with a seed (mulberry32), so that a failing picture can be made again. */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Content = (x: number, y: number, c: number, next: () => number) => number;
const CONTENTS: Readonly<Record<string, Content>> = {
  constant: (_x, _y, c) => 40 * c + 7,
  black: () => 0,
  gradient: (x, y, c) => x + 2 * y + c,
  noise: (_x, _y, _c, next) => next() * 256,
  palette: (x, y, c) => [12, 200, 77, 255][((((x >> 3) * 7 + (y >> 2) * 5) % 4) ^ c) & 3]!,
  dither: (_x, _y, _c, next) => (next() < 0.5 ? 0 : 255),
  "rows repeated": (x, _y, c) => (x * 73 + c * 31) ^ (x >> 2),
  "rows zero": (x, y, c) => (y % 3 === 0 ? x * c : 0),
  alternating: (x, y) => ((x + y) % 2) * 255,
  speckles: (_x, _y, _c, next) => (next() < 0.01 ? 200 : 3),
  smooth: (x, y, c, next) => 128 + 60 * Math.sin(x / 17 + c) + 50 * Math.cos(y / 23) + next() * 3,
  grey: (x, y) => (x * y) >> 3,
  // Huffman codes of every length, and the longest ones in a row: 9 of 10 values are few, then 16 are anything.
  bursts: (x, y, _c, next) => (((x >> 4) * 7 + y * 3) % 10 === 0 ? next() * 256 : -Math.log2(1 - next())),
};

function picture(name: string, width: number, height: number, channels: Channels, seed = 1): Picture {
  const data = new Uint8Array(width * height * channels);
  const next = random(seed);
  const content = CONTENTS[name]!;
  for (let i = 0, y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) for (let c = 0; c < channels; c++) data[i++] = content(x, y, c, next);
  }
  return { data, width, height, channels };
}

function encoded({ data, width, height, channels }: Picture, options: EncodeOptions = {}): Uint8Array {
  return encodePngRows(packedRows(data, EIGHT_BIT[channels], width, height), options);
}

/** RGBA, 16 bits a sample, of rows in 8 bits. */
function shown({ data, width, height, channels }: Picture): Uint16Array {
  return rgba16({
    width,
    height,
    depth: 8,
    colourType: [0, 4, 2, 6][channels - 1]!,
    samples: Uint16Array.from(data),
    palette: undefined,
    alphas: undefined,
    filters: new Uint8Array(),
  });
}

function same(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

async function expectSamePixels(image: Picture, file: Uint8Array): Promise<void> {
  await expectShown(image, shown(image), file);
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** All four decoders see these pixels: RGBA, 16 bits a sample. */
async function expectShown({ width, height }: Size, expected: Uint16Array, file: Uint8Array): Promise<void> {
  const strict = readStrictly(file);
  expect([strict.width, strict.height]).toEqual([width, height]);
  expect(same(rgba16(strict), expected)).toBe(true);
  const wide = strict.depth === 16;
  const eight = Uint8Array.from(expected, (sample) => sample >> 8);
  const byPngjs = PNG.sync.read(Buffer.from(file), { skipRescale: wide });
  expect(same(byPngjs.data, wide ? expected : eight)).toBe(true);
  const bySharp = sharp(file, { failOn: "warning", limitInputPixels: false });
  if (wide) {
    const { data } = await bySharp
      .toColourspace(strict.colourType === 0 ? "grey16" : "rgb16")
      .raw({ depth: "ushort" })
      .toBuffer({ resolveWithObject: true });
    expect(same(new Uint16Array(new Uint8Array(data).buffer), strict.samples)).toBe(true);
  } else {
    expect(same(await bySharp.ensureAlpha().toColourspace("srgb").raw().toBuffer(), eight)).toBe(true);
  }
  const byFastPng = fastPngDecode(file, { checkCrc: true });
  if (strict.depth >= 8) expect(same(byFastPng.data, strict.samples)).toBe(true);
}

const MODES = ["1", "L", "LA", "P", "I", "I;16", "RGB", "RGB;16", "RGBA"] as const;

/** Rows of any mode made of a content's samples, and what they show. */
function inMode(mode: (typeof MODES)[number], name: string, { width, height }: Size, seed: number) {
  const channels = ({ LA: 2, RGB: 3, "RGB;16": 3, RGBA: 4 } as const)[mode as "LA"] ?? 1;
  const image = picture(name, width, height, channels, seed);
  const { data } = image;
  const rows = (pixels: Uint8Array) => packedRows(pixels, mode, width, height);
  const size = { width, height, palette: undefined, alphas: undefined, filters: new Uint8Array() };
  const colourType = [0, 4, 2, 6][channels - 1]!;
  if (mode === "1") {
    const samples = Uint16Array.from(data, (value) => value >> 7);
    const bits = Uint8Array.from(samples, (bit) => bit * 255);
    return { rows: rows(bits), shown: rgba16({ ...size, depth: 1, colourType, samples }) };
  }
  if (mode === "I;16" || mode === "RGB;16") {
    const samples = Uint16Array.from(data, (value, i) => value * 256 + ((value * 89) & (i % 5 === 0 ? 255 : 0)));
    return { rows: rows(new Uint8Array(samples.buffer)), shown: rgba16({ ...size, depth: 16, colourType, samples }) };
  }
  if (mode === "I") {
    // Some below 0, some above 65535: clipped.
    const values = Int32Array.from(data, (value) => (value - 20) * 300);
    const samples = Uint16Array.from(values, (value) => Math.min(Math.max(value, 0), 65535));
    return { rows: rows(new Uint8Array(values.buffer)), shown: rgba16({ ...size, depth: 16, colourType, samples }) };
  }
  if (mode === "P") {
    const colours = [1, 2, 3, 4, 15, 16, 17, 200, 256][Math.abs(seed) % 9]!;
    const palette = Uint8Array.from({ length: colours * 3 }, (_, i) => i * 7 + (seed & 3));
    const alphas = seed & 4 ? Uint8Array.from({ length: colours }, (_, i) => 255 - (i % 3) * 100) : undefined;
    const indices = data.map((value) => value % colours);
    return {
      rows: { ...rows(indices), palette, ...(alphas && { paletteAlpha: alphas }) },
      shown: rgba16({ ...size, depth: 8, colourType: 3, samples: Uint16Array.from(indices), palette, alphas }),
    };
  }
  return { rows: rows(data), shown: shown(image) };
}

const ANY_PICTURE = fc.record({
  mode: fc.constantFrom(...MODES),
  name: fc.constantFrom(...Object.keys(CONTENTS)),
  width: fc.integer({ min: 1, max: 600 }),
  height: fc.integer({ min: 1, max: 300 }),
  compression: fc.constantFrom(...COMPRESSIONS),
  keepForm: fc.boolean(),
  seed: fc.integer(),
});

describe("every decoder reads the same pixels", () => {
  for (const name of Object.keys(CONTENTS)) {
    test.each([1, 2, 3, 4] as const)(`${name}, %i channels`, async (channels) => {
      for (const [width, height] of [
        [1, 1],
        [15, 3],
        [16, 4],
        [17, 5],
        [33, 40],
        [130, 30],
      ] as const) {
        const image = picture(name, width, height, channels);
        for (const compression of COMPRESSIONS) {
          await expectSamePixels(image, encoded(image, { compression }));
          await expectSamePixels(image, encoded(image, { compression, keepForm: true }));
        }
      }
    });
  }

  test("any size, mode and content", async () => {
    await fc.assert(
      fc.asyncProperty(ANY_PICTURE, async ({ mode, name, seed, compression, keepForm, ...size }) => {
        const { rows, shown } = inMode(mode, name, size, seed);
        await expectShown(size, shown, encodePngRows(rows, { compression, keepForm }));
      }),
      FULL ? { numRuns: 2000 } : { numRuns: 60, seed: 4 },
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
      for (const [name, channels] of [
        ["gradient", 3],
        ["noise", 4],
        ["palette", 1],
      ] as const) {
        const image = picture(name, width, height, channels);
        await expectSamePixels(image, encoded(image));
      }
    },
    120_000,
  );
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
    expect([strict.depth, strict.colourType]).toEqual([1, 0]);
    expect(
      same(
        strict.samples,
        data.map((v) => v >> 7),
      ),
    ).toBe(true);
  });

  test.each([2, 4, 16, 256])("P with %i colours", (colours) => {
    const palette = Uint8Array.from({ length: colours * 3 }, (_, i) => i * 7);
    const data = Uint8Array.from({ length: width * height }, (_, i) => i % colours);
    const rows: Rows = { ...packedRows(data, "P", width, height), palette };
    const strict = readStrictly(encodePngRows(rows, {}));
    expect([strict.depth, strict.colourType]).toEqual([Math.log2(colours), 3]);
    expect(same(strict.samples, data)).toBe(true);
    expect(same(strict.palette!, palette)).toBe(true);
  });

  test("I: 16 bits of grey, clipped", () => {
    const values = Int32Array.from({ length: width * height }, (_, i) => (i - 20) * 1500);
    const strict = readStrictly(encodePngRows(packedRows(new Uint8Array(values.buffer), "I", width, height), {}));
    expect([strict.depth, strict.colourType]).toEqual([16, 0]);
    expect(
      same(
        strict.samples,
        values.map((v) => Math.min(Math.max(v, 0), 65535)),
      ),
    ).toBe(true);
  });
});

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

describe("traps", () => {
  test("a value that only the last bytes of a strip have, and no sample sees", async () => {
    for (let width = 1000; width < 1016; width += FULL ? 1 : 5) {
      const data = Uint8Array.from({ length: width * 100 }, (_, i) => (i * 2654435761) % 14);
      data[data.length - 1] = 200;
      const image: Picture = { data, width, height: 100, channels: 1 };
      await expectSamePixels(image, encoded(image, { keepForm: true }));
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
      for (const compression of COMPRESSIONS)
        await expectSamePixels(whole, encoded(whole, { compression, keepForm: true }));
    }
  }, 60_000);

  test("longer without a match than fflate has room for", async () => {
    const next = random(3);
    // Between Huffman's gain and a match: 40 values, no repeats worth one.
    const data = Uint8Array.from({ length: 1000 * 900 }, () => next() * 40);
    const image: Picture = { data, width: 1000, height: 900, channels: 1 };
    for (const compression of COMPRESSIONS) await expectSamePixels(image, encoded(image, { compression }));
  }, 60_000);
});

/** The same rows, handed over in bands of another height. */
function inBandsOf(size: number, rows: Rows): Rows {
  const stride = rows.width * BYTES_PER_PIXEL[rows.mode];
  return {
    ...rows,
    read(y, count, dst) {
      for (let done = 0; done < count; done += size)
        rows.read(y + done, Math.min(size, count - done), dst + done * stride);
      // What lies behind the rows is anyone's: it must not show.
      kernels().u8.fill(Math.random() * 256, dst + count * stride, dst + count * stride + 32);
    },
  };
}

test("the file does not depend on how the rows arrive, nor on what memory held", () => {
  for (const name of Object.keys(CONTENTS)) {
    for (const channels of [1, 3, 4] as const) {
      const image = picture(name, 211, 1300, channels);
      const rows = () => packedRows(image.data, EIGHT_BIT[channels], image.width, image.height);
      for (const compression of COMPRESSIONS) {
        const expected = encodePngRows(rows(), { compression });
        for (const size of [1, 7, 64]) {
          kernels().u8.fill(Math.random() * 256, 6 << 20);
          expect(same(encodePngRows(inBandsOf(size, rows()), { compression }), expected)).toBe(true);
        }
      }
    }
  }
});

describe("kernels", () => {
  /** The checksum's and the palette's kernels answer for lengths around a vector and its block; filters in every file above. */
  const { u8, encode, reserve, scratch } = kernels();

  test("CRC-32 of any length, in one piece or two", () => {
    scratch(() => {
      const at = reserve(100_000);
      const next = random(5);
      for (const n of [0, 1, 15, 16, 17, 63, 64, 127, 128, 129, 191, 192, 1000, 4096, 99_999]) {
        const bytes = Uint8Array.from({ length: n }, () => next() * 256);
        u8.set(bytes, at);
        const half = n >> 1;
        expect(encode!.crc32(at, n, 0) >>> 0).toBe(plainCrc32(bytes));
        expect(encode!.crc32(at + half, n - half, encode!.crc32(at, half, 0)) >>> 0).toBe(plainCrc32(bytes));
      }
    });
  });

  test("palettes and first samples of any pixels, as plain loops have them", () => {
    const arbitrary = fc.record({
      samples: fc.constantFrom(1, 3, 4),
      colours: fc.integer({ min: 1, max: 260 }),
      run: fc.integer({ min: 1, max: 40 }),
      pixels: fc.integer({ min: 0, max: 700 }),
      offset: fc.integer({ min: 0, max: 17 }),
      seed: fc.integer(),
    });
    const property = fc.property(arbitrary, ({ samples, colours, run, pixels, offset, seed }) => {
      const next = random(seed);
      // 0 and 1 are what an empty table holds.
      const known = Array.from({ length: colours }, (_, i) => (i < 2 ? i : (next() * 2 ** 32) >>> 0));
      const bytes = new Uint8Array(pixels * samples);
      for (let i = 0, colour = 0; i < pixels; i++) {
        if (i % run === 0 || next() < 0.1) colour = known[Math.floor(next() * colours)]!;
        for (let c = 0; c < samples; c++) bytes[i * samples + c] = colour >>> (8 * c);
      }
      const firsts = bytes.filter((_, i) => i % samples === 0);
      const values = Uint32Array.from(firsts, (_, i) =>
        bytes.subarray(i * samples, (i + 1) * samples).reduce((sum, byte, c) => sum + byte * 2 ** (8 * c), 0),
      );
      const distinct = [...new Set(values)];
      scratch(() => {
        const palette = reserve(encode!.paletteBytes());
        const src = reserve(bytes.length + offset) + offset;
        const dst = reserve(pixels);
        u8.fill(seed, src - offset, src + bytes.length + 64);
        u8.set(bytes, src);
        encode!.paletteBegin(palette);
        const half = pixels >> 1;
        if (encode!.paletteAdd(palette, src, half, samples) <= 256) {
          const count = encode!.paletteAdd(palette, src + half * samples, pixels - half, samples);
          expect(count).toBe(Math.min(distinct.length, 257));
          if (count <= 256) {
            if (seed & 1) encode!.paletteOrder(palette, samples === 4 ? 1 : 0);
            const entries = new Uint32Array(u8.buffer, encode!.paletteColours(palette), count);
            expect([...entries].sort()).toEqual(distinct.sort());
            encode!.paletteIndices(palette, src, pixels, samples, dst);
            expect(
              same(
                Uint32Array.from(u8.subarray(dst, dst + pixels), (i) => entries[i]!),
                values,
              ),
            ).toBe(true);
          }
        } else expect(distinct.length).toBeGreaterThan(256);
        if (samples === 1) return;
        encode!.greySamples(src, pixels, samples, dst);
        expect(same(u8.subarray(dst, dst + pixels), firsts)).toBe(true);
      });
    });
    fc.assert(property, FULL ? { numRuns: 100_000 } : { numRuns: 500, seed: 6 });
  }, 600_000);

  test("fewer samples, and whether one of them anywhere tells more", () => {
    scratch(() => {
      const [src, dst] = [reserve(4 * 70), reserve(4 * 70)];
      const samplesOf = (pixels: Uint8Array, channels: number, kept: number) =>
        pixels.filter((_, i) => i % channels < kept);
      const next = random(9);
      for (let n = 0; n < 70; n++) {
        const levels = Uint8Array.from({ length: n }, () => next() * 256);
        for (const channels of [3, 4]) {
          const grey = Uint8Array.from({ length: n * channels }, (_, i) =>
            i % channels === 3 ? 255 : levels[Math.floor(i / channels)]!,
          );
          for (let other = -1; other < grey.length; other++) {
            const pixels = grey.slice();
            if (other >= 0) pixels[other]! ^= 1 << (other % 8);
            u8.fill(other & 255, src, src + 4 * 70 + 32).set(pixels, src);
            expect(encode!.greySamples(src, n, channels, dst)).toBe(other < 0 ? 1 : 0);
            expect(same(u8.subarray(dst, dst + n), samplesOf(pixels, channels, 1))).toBe(true);
            if (channels === 3) continue;
            expect(encode!.opaqueSamples(src, n, dst)).toBe(other >= 0 && other % 4 === 3 ? 0 : 1);
            expect(same(u8.subarray(dst, dst + 3 * n), samplesOf(pixels, 4, 3))).toBe(true);
          }
        }
      }
    });
  });

  test("Adler-32 of the largest sums", () => {
    for (const n of [1, 15, 16, 17, 5439, 5440, 5441, 5552, 70_000, 399_999]) {
      const image: Picture = { data: new Uint8Array(n).fill(255), width: n > 65500 ? 1 : n, height: 1, channels: 1 };
      const whole = { ...image, height: n / image.width };
      // The strict reader computes it byte by byte.
      readStrictly(encoded(whole, { keepForm: true }));
    }
  });

  test("Paeth of every left, up and corner", () => {
    // Two rows hold a triple in the second's second pixel; its filter is Paeth where the row is too short to choose.
    for (let corner = 0; corner < 256; corner += FULL ? 1 : 15) {
      const [width, height] = [32, 2 * 2048];
      const data = new Uint8Array(width * height);
      let i = 0;
      for (let left = 0; left < 256; left++) {
        for (let up = 0; up < 256; up++, i++) {
          const at = (i >> 4) * 2 * width + (i & 15) * 2;
          if (at + width + 1 >= data.length) continue;
          data.set([corner, up], at);
          data.set([left, (left * up) & 255], at + width);
        }
      }
      const strict = readStrictly(encodePngRows(packedRows(data, "L", width, height), { keepForm: true }));
      expect(strict.filters).toContain(4);
      expect(same(strict.samples, data)).toBe(true);
    }
  }, 300_000);
});

/** The asserts of the debug build hold; `npm run build -- --debug` makes it. */
const DEBUG_WASM = new URL("../../../build/debug.wasm", import.meta.url);
(existsSync(DEBUG_WASM) ? test : test.skip)(
  "the debug build, whose asserts watch the bounds, writes the same files",
  () => {
    const edges = Object.keys(CONTENTS).flatMap((name, i) =>
      (["L", "LA", "RGB", "RGBA"] as const).flatMap((mode, c) =>
        COMPRESSIONS.map((compression) => {
          const size = { width: 50 + i * 31 * (c + 1), height: 90 + i };
          return { mode, name, ...size, compression, keepForm: false, seed: 1 };
        }),
      ),
    );
    const cases = [...edges, ...fc.sample(ANY_PICTURE, FULL ? { numRuns: 2000 } : { numRuns: 60, seed: 5 })];
    const digests = () =>
      cases.map(({ mode, name, seed, compression, keepForm, ...size }) => {
        const file = encodePngRows(inMode(mode, name, size, seed).rows, { compression, keepForm });
        return createHash("sha256").update(file).digest("hex");
      });
    const expected = digests();
    try {
      selectKernels("simd", readFileSync(DEBUG_WASM));
      const got = digests();
      expect(cases.filter((_, i) => got[i] !== expected[i])).toEqual([]);
    } finally {
      selectKernels("simd");
    }
  },
  1_800_000,
);

describe("options", () => {
  test.each<[EncodeOptions]>([
    [{}],
    [{ quality: 1, subsampling: "4:4:4", compression: "small" }],
    [{ quality: 100, compression: 0 }],
    [{ compression: 9 }],
  ])("%j", (options) => {
    expect(() => checkEncodeOptions(options)).not.toThrow();
  });

  test.each([
    [{ quality: 0 }, "quality 0: expected an integer from 1 to 100"],
    [{ quality: 101 }, "quality 101: expected an integer from 1 to 100"],
    [{ quality: 75.5 }, "quality 75.5: expected an integer from 1 to 100"],
    [{ quality: "75" }, 'quality "75": expected an integer from 1 to 100'],
    [{ subsampling: "4:2:2" }, 'subsampling "4:2:2": expected "4:2:0" or "4:4:4"'],
    [{ compression: "best" }, 'compression "best": expected "fast", "balanced" or "small", or an integer from 0 to 9'],
    [{ compression: 10 }, 'compression 10: expected "fast", "balanced" or "small", or an integer from 0 to 9'],
  ])("%j", (options, message) => {
    expect(() => checkEncodeOptions(options as EncodeOptions)).toThrow(new RangeError(message));
  });
});
