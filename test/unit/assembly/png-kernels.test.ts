// The kernels behind PNG files one by one: checksums, palettes, fewer samples, the Paeth filter.
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { kernels } from "../../../src/kernels.ts";
import { packedRows } from "../../../src/rows.ts";
import { encodePngRows } from "../../support/encoded.ts";
import { FULL, runs } from "../../support/full.ts";
import { type Picture, same } from "../../support/pictures.ts";
import { encoded } from "../../support/png.ts";
import { random } from "../../support/random.ts";
import { plainAdler32, plainCrc32, readStrictly } from "../../support/strict-png.ts";

describe("kernels", () => {
  /** The checksum's and the palette's kernels answer for lengths around a vector and its block; filters in every file above. */
  const { u8, simd, reserve, scratch } = kernels();

  test("CRC-32 of any length, in one piece or two", () => {
    scratch(() => {
      const at = reserve(100_000);
      const next = random(5);
      for (const n of [0, 1, 15, 16, 17, 63, 64, 127, 128, 129, 191, 192, 1000, 4096, 99_999]) {
        const bytes = Uint8Array.from({ length: n }, () => next() * 256);
        u8.set(bytes, at);
        const half = n >> 1;
        expect(simd!.crc32(at, n, 0) >>> 0).toBe(plainCrc32(bytes));
        expect(simd!.crc32(at + half, n - half, simd!.crc32(at, half, 0)) >>> 0).toBe(plainCrc32(bytes));
      }
    });
  });

  test("checksums of two pieces, from those of each", () => {
    const next = random(6);
    for (const [m, n] of [
      [0, 0],
      [0, 5],
      [5, 0],
      [1, 1],
      [100, 65_521],
      [65_521, 70_000],
      [3, 200_000],
    ] as const) {
      const bytes = Uint8Array.from({ length: m + n }, () => 250 + next() * 6);
      const [first, second] = [bytes.subarray(0, m), bytes.subarray(m)];
      expect(simd!.crcCombine(plainCrc32(first), plainCrc32(second), n) >>> 0).toBe(plainCrc32(bytes));
      expect(simd!.adlerCombine(plainAdler32(first), plainAdler32(second), n) >>> 0).toBe(plainAdler32(bytes));
    }
  });

  test("palettes and first samples of any pixels, as plain loops have them", () => {
    const arbitrary = fc.record({
      samples: fc.constantFrom(1, 3, 4),
      colors: fc.integer({ min: 1, max: 260 }),
      run: fc.integer({ min: 1, max: 40 }),
      pixels: fc.integer({ min: 0, max: 700 }),
      offset: fc.integer({ min: 0, max: 17 }),
      seed: fc.integer(),
    });
    const property = fc.property(arbitrary, ({ samples, colors, run, pixels, offset, seed }) => {
      const next = random(seed);
      // 0 and 1 are what an empty table holds.
      const known = Array.from({ length: colors }, (_, i) => (i < 2 ? i : (next() * 2 ** 32) >>> 0));
      const bytes = new Uint8Array(pixels * samples);
      for (let i = 0, color = 0; i < pixels; i++) {
        if (i % run === 0 || next() < 0.1) color = known[Math.floor(next() * colors)]!;
        for (let c = 0; c < samples; c++) bytes[i * samples + c] = color >>> (8 * c);
      }
      const values = Uint32Array.from({ length: pixels }, (_, i) =>
        bytes.subarray(i * samples, (i + 1) * samples).reduce((sum, byte, c) => sum + byte * 2 ** (8 * c), 0),
      );
      const distinct = [...new Set(values)];
      scratch(() => {
        const palette = reserve(simd!.paletteBytes());
        const src = reserve(bytes.length + offset) + offset;
        const dst = reserve(pixels);
        u8.fill(seed, src - offset, src + bytes.length + 64);
        u8.set(bytes, src);
        simd!.paletteBegin(palette);
        const half = pixels >> 1;
        if (simd!.paletteAdd(palette, src, half, samples) <= 256) {
          const count = simd!.paletteAdd(palette, src + half * samples, pixels - half, samples);
          expect(count).toBe(Math.min(distinct.length, 257));
          if (count <= 256) {
            if (seed & 1) simd!.paletteOrder(palette, samples === 4 ? 1 : 0);
            const entries = new Uint32Array(u8.buffer, simd!.paletteColors(palette), count);
            expect([...entries].sort()).toEqual(distinct.sort());
            simd!.paletteIndices(palette, src, pixels, samples, dst);
            expect(
              same(
                Uint32Array.from(u8.subarray(dst, dst + pixels), (i) => entries[i]!),
                values,
              ),
            ).toBe(true);
          }
        } else expect(distinct.length).toBeGreaterThan(256);
      });
    });
    fc.assert(property, runs(300, 100_000));
  }, 600_000);

  test("RGBA without its alpha, and whether one alpha anywhere is below 255", () => {
    scratch(() => {
      const [src, dst] = [reserve(4 * 70), reserve(4 * 70)];
      const next = random(9);
      for (let n = 0; n < 70; n += FULL || n < 36 ? 1 : 5) {
        const opaque = Uint8Array.from({ length: 4 * n }, (_, i) => (i % 4 === 3 ? 255 : next() * 256));
        for (let other = -1; other < opaque.length; other++) {
          const pixels = opaque.slice();
          if (other >= 0) pixels[other]! ^= 1 << (other % 8);
          u8.fill(other & 255, src, src + 4 * 70 + 32).set(pixels, src);
          expect(simd!.opaqueSamples(src, n, dst)).toBe(other >= 0 && other % 4 === 3 ? 0 : 1);
          const colors = pixels.filter((_, i) => i % 4 < 3);
          expect(same(u8.subarray(dst, dst + 3 * n), colors)).toBe(true);
        }
      }
    });
  });

  test("Adler-32 of the largest sums", () => {
    for (const n of [1, 15, 16, 17, 5439, 5440, 5441, 5552, 70_000, 399_999]) {
      const image: Picture = { data: new Uint8Array(n).fill(255), width: n > 65500 ? 1 : n, height: 1, channels: 1 };
      const whole = { ...image, height: n / image.width };
      // The strict reader computes it byte by byte.
      readStrictly(encoded(whole, {}));
    }
  });

  test("Paeth of every left, up and corner", () => {
    // 16 triples side by side in two rows, each around a pixel of the second row. Rows narrower than 64 bytes take Paeth unseen, blank
    // ones no filter: hence the 1. The triples come in no order (odd factors and shifts visit all) and smooth columns stand beside them, as rows that repeat, and
    // noise, are not filtered.
    const [width, height] = [62, (2 * (256 * 256)) / 16];
    for (let corner = 0; corner < 256; corner += FULL ? 1 : 51) {
      const data = Uint8Array.from({ length: width * height }, (_, i) => {
        const [x, y] = [i % width, Math.floor(i / width)];
        return 5 * x + ((7 * y * y) >> 4);
      });
      for (let triple = 0; triple < 256 * 256; triple++) {
        let shuffled = Math.imul(triple, 0x9e3779b1) & 0xffff;
        shuffled = Math.imul(shuffled ^ (shuffled >> 7), 0x85ebca6b) & 0xffff;
        shuffled ^= shuffled >> 9;
        const [left, up] = [shuffled >> 8, shuffled & 255];
        const at = (triple >> 4) * 2 * width + (triple & 15) * 2;
        data.set([corner, up], at);
        data.set([left, (left * up + 1) & 255], at + width);
      }
      const strict = readStrictly(encodePngRows(packedRows(data, "L", width, height), {}));
      expect(strict.filters.filter((filter, y) => y % 2 === 1 && filter === 4).length).toBe(height / 2);
      expect(same(strict.samples, data)).toBe(true);
    }
  }, 300_000);
});
