// JPEG files against Pillow's bytes, sharp's entropy-coded bytes, and decoders that are not ours (sharp's libjpeg, jpeg-js).
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import sharp from "sharp";
import type { EncodeOptions } from "../../../src/encode/index.ts";
import { optimalTable } from "../../../src/encode/jpeg-huffman.ts";
import { quantTables } from "../../../src/encode/jpeg-tables.ts";
import { kernels, selectKernels } from "../../../src/kernels.ts";
import { type Mode, packedRows, type Rows } from "../../../src/rows.ts";
import type { Warning } from "../../../src/warnings.ts";
import { encodeJpegRows } from "../../support/encoded.ts";
import { FULL, runs } from "../../support/full.ts";
import { bySharp, decoded, expectSharps, psnr, scan } from "../../support/jpeg.ts";
import { inBandsOf, picture, rowsOf } from "../../support/pictures.ts";

/** Contents that JPEG treats each in its own way. */
const NAMES = [
  "constant",
  "gradient",
  "noise",
  "dither",
  "palette",
  "alternating",
  "rows repeated",
  "rows zero",
  "smooth",
] as const;

afterEach(() => selectKernels("simd"));

describe("Pillow's file, byte for byte", () => {
  interface Case extends Required<Pick<EncodeOptions, "quality" | "subsampling" | "compression">> {
    readonly fileType: string;
    readonly mode: Mode;
    readonly width: number;
    readonly height: number;
    readonly pixels: string;
    readonly file: string;
  }
  const fixtures = readFileSync(new URL("../../fixtures/pillow-files.json", import.meta.url), "utf8");
  const cases = (JSON.parse(fixtures).cases as Case[]).filter(({ fileType }) => fileType === "jpg");

  test.each(cases)("$mode $width x $height, quality $quality, $subsampling, $compression", (c) => {
    const rows = packedRows(new Uint8Array(Buffer.from(c.pixels, "base64")), c.mode, c.width, c.height);
    expect(Buffer.from(encodeJpegRows(rows, c)).equals(Buffer.from(c.file, "base64"))).toBe(true);
  });

  test("mode 1 is gray", () => {
    const data = picture("dither", 19, 11, 1).data;
    expect(encodeJpegRows(packedRows(data, "1", 19, 11), {})).toEqual(
      encodeJpegRows(packedRows(data, "L", 19, 11), {}),
    );
  });
});

describe("sharp's coefficients and codes", () => {
  const sizes = [1, 2, 7, 8, 9, 15, 16, 17, 31, 33];
  test.each(NAMES)(
    "%s at every edge of a block",
    async (name) => {
      for (const [i, width] of sizes.entries()) {
        for (const [j, height] of sizes.entries()) {
          if ((i + j) % 3 !== 0) continue;
          const subsampling = (i * 3 + j) % 2 === 0 ? "4:2:0" : "4:4:4";
          await expectSharps(picture(name, width, height, 3), { subsampling, quality: 90 });
        }
      }
    },
    60_000,
  );

  test("any picture", async () => {
    const arbitrary = fc.record({
      name: fc.constantFrom(...NAMES),
      width: fc.integer({ min: 1, max: 600 }),
      height: fc.integer({ min: 1, max: FULL ? 500 : 60 }),
      channels: fc.constantFrom(1 as const, 3 as const),
      seed: fc.nat(),
      quality: fc.integer({ min: 1, max: 100 }),
      subsampling: fc.constantFrom("4:2:0" as const, "4:4:4" as const),
      compression: fc.constantFrom("fast" as const, "small" as const),
    });
    await fc.assert(
      fc.asyncProperty(arbitrary, async ({ name, width, height, channels, seed, ...options }) => {
        await expectSharps(picture(name, width, height, channels, seed), options);
      }),
      runs(40, 2000),
    );
  }, 1_800_000);

  test.each([
    [65500, 1],
    [1, 65500],
    [65500, 3],
  ])(
    "%i x %i",
    async (width, height) => {
      for (const name of FULL ? ["noise", "smooth"] : ["noise"])
        await expectSharps(picture(name, width, height, 3), { quality: 75 });
    },
    60_000,
  );

  test("photographs", async () => {
    for (const name of ["astronaut", "chelsea"]) {
      const source = sharp(new URL(`../../fixtures/photographs/${name}.png`, import.meta.url).pathname).removeAlpha();
      const { data, info } = await source.raw().toBuffer({ resolveWithObject: true });
      const made = { data: new Uint8Array(data), width: info.width, height: info.height, channels: 3 } as const;
      for (const quality of FULL ? [1, 24, 50, 75, 92, 100] : [24, 92]) {
        for (const compression of ["fast", "small"] as const) await expectSharps(made, { quality, compression });
      }
    }
  }, 60_000);
});

describe("extremes", () => {
  test("flat corners of the color cube stay what they are", async () => {
    for (let corner = 0; corner < 8; corner++) {
      const color = [corner & 1, (corner >> 1) & 1, corner >> 2].map((bit) => bit * 255);
      const data = Uint8Array.from({ length: 24 * 24 * 3 }, (_, i) => color[i % 3]!);
      for (const subsampling of ["4:2:0", "4:4:4"] as const) {
        const file = encodeJpegRows(packedRows(data, "RGB", 24, 24), { quality: 100, subsampling });
        const worst = (await decoded(file, 3)).reduce((most, x, i) => Math.max(most, Math.abs(x - data[i]!)), 0);
        expect(worst).toBeLessThanOrEqual(2);
      }
    }
  });

  test("every 255 of the scan is stuffed", () => {
    const file = scan(encodeJpegRows(rowsOf(picture("noise", 300, 200, 3)), { quality: 100 }));
    let stuffed = 0;
    for (let i = 14; i < file.length - 2; i++) {
      if (file[i] !== 255) continue;
      expect(file[i + 1]).toBe(0);
      stuffed++;
    }
    expect(stuffed).toBeGreaterThan(100);
    expect([...file.subarray(-2)]).toEqual([0xff, 0xd9]);
  });

  test("more bytes and tokens than kernel memory holds leave in pieces", async () => {
    const made = picture("noise", 1000, 1000, 3);
    for (const compression of ["fast", "small"] as const) {
      const options = { quality: 100, subsampling: "4:4:4", compression } as const;
      expect(scan(encodeJpegRows(rowsOf(made), options)).equals(scan(await bySharp(made, options)))).toBe(true);
    }
  }, 60_000);

  test("more tokens than are kept: the rows are read again", async () => {
    const noise = picture("noise", 500, 481, 3).data;
    const data = Uint8Array.from({ length: 2500 * 2400 * 3 }, (_, i) => noise[i % noise.length]!);
    const made = { data, width: 2500, height: 2400, channels: 3 } as const;
    const options = { quality: 100, subsampling: "4:4:4", compression: "small" } as const;
    const rows = rowsOf(made);
    let starts = 0;
    const counted: Rows = {
      ...rows,
      read(y, count, dst) {
        if (y === 0) starts++;
        rows.read(y, count, dst);
      },
    };
    expect(scan(encodeJpegRows(counted, options)).equals(scan(await bySharp(made, options)))).toBe(true);
    expect(starts).toBe(2);
  }, 60_000);

  test("the widest CMYK leaves kernel memory to the stages before", () => {
    const { available, scratch } = kernels();
    let least = Infinity;
    const read = () => {
      least = Math.min(least, available());
    };
    for (const compression of ["fast", "small"] as const) {
      scratch(() => encodeJpegRows({ mode: "CMYK", width: 65500, height: 9, read }, { compression }));
      scratch(() => encodeJpegRows({ mode: "RGBX", width: 65500, height: 17, read }, { compression }));
    }
    expect(least).toBeGreaterThan(990_000);
  });
});

test("the file does not depend on how the rows arrive, nor on what memory held", () => {
  for (const name of NAMES) {
    for (const channels of [1, 3] as const) {
      const made = picture(name, 531, 77, channels);
      for (const subsampling of FULL ? (["4:2:0", "4:4:4"] as const) : (["4:2:0"] as const)) {
        for (const compression of ["fast", "small"] as const) {
          const options = { subsampling, compression, quality: 90 };
          const expected = encodeJpegRows(rowsOf(made), options);
          for (const size of [1, 3, 8]) {
            kernels().u8.fill(size * 77, 2 << 20);
            expect(Buffer.compare(encodeJpegRows(inBandsOf(size, rowsOf(made)), options), expected)).toBe(0);
          }
        }
      }
    }
  }
});

describe("tables", () => {
  test("quantization tables of quality 50 are Annex K's, of 100 all 1, of 1 all 255", () => {
    expect([...quantTables(50)[0]!.subarray(0, 6)]).toEqual([16, 11, 12, 14, 12, 10]);
    expect(quantTables(100).every((table) => table.every((divisor) => divisor === 1))).toBe(true);
    expect(quantTables(1).every((table) => table.every((divisor) => divisor === 255))).toBe(true);
  });

  test("optimal tables are prefix codes of at most 16 bits, whatever the frequencies", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 2 ** 20 }), { minLength: 256, maxLength: 256 }), fc.nat(3), (list, kind) => {
        // Fibonacci's numbers make the longest codes.
        const fibonacci = [1, 1];
        while (fibonacci.length < 40) fibonacci.push(fibonacci.at(-1)! + fibonacci.at(-2)!);
        const frequency = list.map((f, i) =>
          kind === 0 ? f : kind === 1 ? (f % 7 === 0 ? 1 : 0) : (fibonacci[i] ?? 0),
        );
        const { counts, symbols } = optimalTable(frequency);
        expect([...symbols].sort((a, b) => a - b)).toEqual(frequency.flatMap((f, i) => (f > 0 ? [i] : [])));
        expect(counts.reduce((sum, n) => sum + n, 0)).toBe(symbols.length);
        // Kraft, with room for the code of all ones, which JPEG forbids.
        expect(counts.reduce((sum, n, i) => sum + n * 2 ** (15 - i), 0)).toBeLessThan(2 ** 16);
      }),
      { numRuns: 50, seed: 1 },
    );
  });
});

describe("without SIMD", () => {
  test("jpeg-js writes gray, RGB, RGBX and YCbCr at 4:4:4, and says so", async () => {
    const made = picture("smooth", 40, 30, 3);
    selectKernels("fallback");
    const warnings: Warning[] = [];
    const onWarning = (warning: Warning) => warnings.push(warning);
    const file = encodeJpegRows(rowsOf(made), { quality: 95, subsampling: "4:2:0", onWarning });
    expect(warnings.map(({ code }) => code)).toEqual(["subsampling"]);
    expect(psnr(made.data, await decoded(file, 3))).toBeGreaterThan(35);
    expect((await sharp(file).metadata()).chromaSubsampling).toBe("4:4:4");
    encodeJpegRows(rowsOf(made), { subsampling: "4:4:4", onWarning });
    encodeJpegRows(rowsOf(made), { onWarning });
    expect(warnings).toHaveLength(1);

    const gray = picture("smooth", 40, 30, 1);
    expect(psnr(gray.data, await decoded(encodeJpegRows(rowsOf(gray), { quality: 95 }), 1))).toBeGreaterThan(35);
    const ycc = Uint8Array.from(made.data);
    selectKernels("simd");
    const wanted = await decoded(encodeJpegRows(packedRows(ycc, "YCbCr", 40, 30), { quality: 98 }), 3);
    selectKernels("fallback");
    const got = await decoded(encodeJpegRows(packedRows(ycc, "YCbCr", 40, 30), { quality: 98 }), 3);
    expect(psnr(wanted, got)).toBeGreaterThan(25);
  });

  test("CMYK is refused in words", () => {
    selectKernels("fallback");
    expect(() => encodeJpegRows(packedRows(new Uint8Array(4), "CMYK", 1, 1), {})).toThrow(
      new RangeError(
        "cannot write mode CMYK as JPEG without SIMD, which this engine lacks or refuses; convert to RGB first",
      ),
    );
  });
});
