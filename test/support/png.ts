// PNG files as four decoders see them, none of them ours, and pictures of every mode with what they show.
import { expect } from "@jest/globals";
import fc from "fast-check";
import { decode as fastPngDecode } from "fast-png";
import { PNG } from "pngjs";
import sharp from "sharp";
import type { Compression, EncodeOptions } from "../../src/encode/index.ts";
import { packedRows } from "../../src/rows.ts";
import { encodePngRows } from "./encoded.ts";
import { CONTENTS, type Picture, picture, rowsOf, same } from "./pictures.ts";
import { readStrictly, rgba16 } from "./strict-png.ts";

export const COMPRESSIONS: readonly Compression[] = ["fast", "balanced", "small"];

export function encoded(image: Picture, options: EncodeOptions = {}): Uint8Array {
  return encodePngRows(rowsOf(image), options);
}

/** RGBA, 16 bits a sample, of rows in 8 bits. */
export function shown({ data, width, height, channels }: Picture): Uint16Array {
  return rgba16({
    width,
    height,
    depth: 8,
    colorType: [0, 4, 2, 6][channels - 1]!,
    samples: Uint16Array.from(data),
    palette: undefined,
    alphas: undefined,
    filters: new Uint8Array(),
  });
}

export async function expectSamePixels(image: Picture, file: Uint8Array): Promise<void> {
  await expectShown(image, shown(image), file);
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** All four decoders see these pixels: RGBA, 16 bits a sample. */
export async function expectShown({ width, height }: Size, expected: Uint16Array, file: Uint8Array): Promise<void> {
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
      .toColourspace(strict.colorType === 0 ? "grey16" : "rgb16")
      .raw({ depth: "ushort" })
      .toBuffer({ resolveWithObject: true });
    expect(same(new Uint16Array(new Uint8Array(data).buffer), strict.samples)).toBe(true);
  } else {
    expect(same(await bySharp.ensureAlpha().toColourspace("srgb").raw().toBuffer(), eight)).toBe(true);
  }
  const byFastPng = fastPngDecode(file, { checkCrc: true });
  if (strict.depth >= 8) expect(same(byFastPng.data, strict.samples)).toBe(true);
}

export const MODES = ["1", "L", "LA", "P", "I", "I;16", "RGB", "RGB;16", "RGBA"] as const;

/** Rows of any mode made of a content's samples, and what they show. */
export function inMode(mode: (typeof MODES)[number], name: string, { width, height }: Size, seed: number) {
  const channels = ({ LA: 2, RGB: 3, "RGB;16": 3, RGBA: 4 } as const)[mode as "LA"] ?? 1;
  const image = picture(name, width, height, channels, seed);
  const { data } = image;
  const rows = (pixels: Uint8Array) => packedRows(pixels, mode, width, height);
  const size = { width, height, palette: undefined, alphas: undefined, filters: new Uint8Array() };
  const colorType = [0, 4, 2, 6][channels - 1]!;
  if (mode === "1") {
    const samples = Uint16Array.from(data, (value) => value >> 7);
    const bits = Uint8Array.from(samples, (bit) => bit * 255);
    return { rows: rows(bits), shown: rgba16({ ...size, depth: 1, colorType, samples }) };
  }
  if (mode === "I;16" || mode === "RGB;16") {
    const samples = Uint16Array.from(data, (value, i) => value * 256 + ((value * 89) & (i % 5 === 0 ? 255 : 0)));
    return { rows: rows(new Uint8Array(samples.buffer)), shown: rgba16({ ...size, depth: 16, colorType, samples }) };
  }
  if (mode === "I") {
    // Some below 0, some above 65535: clipped.
    const values = Int32Array.from(data, (value) => (value - 20) * 300);
    const samples = Uint16Array.from(values, (value) => Math.min(Math.max(value, 0), 65535));
    return { rows: rows(new Uint8Array(values.buffer)), shown: rgba16({ ...size, depth: 16, colorType, samples }) };
  }
  if (mode === "P") {
    const colors = [1, 2, 3, 4, 15, 16, 17, 200, 256][Math.abs(seed) % 9]!;
    const palette = Uint8Array.from({ length: colors * 3 }, (_, i) => i * 7 + (seed & 3));
    const alphas = seed & 4 ? Uint8Array.from({ length: colors }, (_, i) => 255 - (i % 3) * 100) : undefined;
    const indices = data.map((value) => value % colors);
    return {
      rows: { ...rows(indices), palette, ...(alphas && { paletteAlpha: alphas }) },
      shown: rgba16({ ...size, depth: 8, colorType: 3, samples: Uint16Array.from(indices), palette, alphas }),
    };
  }
  return { rows: rows(data), shown: shown(image) };
}

/** A palette is refused for 16 bits before there are rows. */
export const optionsFor = (
  mode: (typeof MODES)[number],
  compression: Compression,
  palette: boolean,
): EncodeOptions => ({
  compression,
  palette: palette && !/^I|16/.test(mode),
  onWarning() {},
});

export const ANY_PICTURE = fc.record({
  mode: fc.constantFrom(...MODES),
  name: fc.constantFrom(...Object.keys(CONTENTS)),
  width: fc.integer({ min: 1, max: 600 }),
  height: fc.integer({ min: 1, max: 300 }),
  compression: fc.constantFrom(...COMPRESSIONS),
  palette: fc.boolean(),
  seed: fc.integer(),
});
