// JPEG files against Pillow's bytes, sharp's entropy-coded bytes, and decoders that are not ours (sharp's libjpeg, jpeg-js).
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { decode as decodeByJpegJs } from "jpeg-js";
import sharp from "sharp";
import type { EncodeOptions } from "../../../src/encode/index.ts";
import { encodeJpegRows } from "../../../src/encode/jpeg.ts";
import { optimalTable, quantisers } from "../../../src/encode/jpeg-tables.ts";
import { kernels, selectKernels } from "../../../src/kernels.ts";
import { BYTES_PER_PIXEL, type Mode, packedRows, type Rows } from "../../../src/rows.ts";
import type { Warning } from "../../../src/warnings.ts";

const FULL = process.env.FULL === "1";

interface Picture {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

/** Mulberry32. */
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
  gradient: (x, y, c) => x + 2 * y + c,
  noise: (_x, _y, _c, next) => next() * 256,
  extremes: (_x, _y, _c, next) => (next() < 0.5 ? 0 : 255),
  palette: (x, y, c) => [12, 200, 77, 255][((((x >> 3) * 7 + (y >> 2) * 5) % 4) ^ c) & 3]!,
  checkerboard: (x, y) => ((x + y) % 2) * 255,
  "rows repeated": (x, _y, c) => (x * 73 + c * 31) ^ (x >> 2),
  "rows zero": (x, y, c) => (y % 3 === 0 ? x * c : 0),
  smooth: (x, y, c, next) => 128 + 60 * Math.sin(x / 17 + c) + 50 * Math.cos(y / 23) + next() * 3,
};

function picture(name: string, width: number, height: number, channels: 1 | 3 = 3, seed = 1): Picture {
  const data = new Uint8Array(width * height * channels);
  const next = random(seed);
  const content = CONTENTS[name]!;
  for (let i = 0, y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) for (let c = 0; c < channels; c++) data[i++] = content(x, y, c, next);
  }
  return { data, width, height, channels };
}

function rowsOf({ data, width, height, channels }: Picture): Rows {
  return packedRows(data, channels === 1 ? "L" : "RGB", width, height);
}

function bySharp({ data, width, height, channels }: Picture, options: EncodeOptions): Promise<Buffer> {
  return sharp(data, { raw: { width, height, channels } })
    .toColourspace(channels === 1 ? "b-w" : "srgb")
    .jpeg({
      quality: options.quality ?? 75,
      chromaSubsampling: options.subsampling ?? "4:2:0",
      optimiseCoding: options.compression === "small",
    })
    .toBuffer();
}

/** From the scan's header on: sharp leaves JFIF's segment out. */
function scan(file: Uint8Array): Buffer {
  let at = 2;
  while (file[at + 1] !== 0xda) at += 2 + file[at + 2]! * 256 + file[at + 3]!;
  return Buffer.from(file.buffer, file.byteOffset + at, file.length - at);
}

function psnr(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return sum === 0 ? Infinity : 10 * Math.log10((255 * 255 * a.length) / sum);
}

async function decoded(file: Uint8Array, channels: number): Promise<Uint8Array> {
  const image = sharp(file).toColourspace(channels === 1 ? "b-w" : "srgb");
  return image.raw().toBuffer();
}

/** Stronger than any PSNR: sharp's own coefficients, coded as sharp codes them. And both decoders read them. */
async function expectSharps(made: Picture, options: EncodeOptions): Promise<void> {
  const file = encodeJpegRows(rowsOf(made), options);
  const other = await bySharp(made, options);
  expect(scan(file).equals(scan(other))).toBe(true);
  const pixels = await decoded(file, made.channels);
  expect(pixels.length).toBe(made.data.length);
  const difference = psnr(made.data, await decoded(other, made.channels)) - psnr(made.data, pixels);
  expect(difference > 0.1).toBe(false);
  const { width, height } = decodeByJpegJs(file, { useTArray: true, maxMemoryUsageInMB: 2048 });
  expect([width, height]).toEqual([made.width, made.height]);
}

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

  test("mode 1 is grey", () => {
    const data = picture("extremes", 19, 11, 1).data;
    expect(encodeJpegRows(packedRows(data, "1", 19, 11), {})).toEqual(
      encodeJpegRows(packedRows(data, "L", 19, 11), {}),
    );
  });
});

describe("sharp's coefficients and codes", () => {
  const sizes = [1, 2, 7, 8, 9, 15, 16, 17, 31, 33];
  test.each(Object.keys(CONTENTS))(
    "%s at every edge of a block",
    async (name) => {
      for (const [i, width] of sizes.entries()) {
        for (const [j, height] of sizes.entries()) {
          if ((i + j) % 3 !== 0) continue;
          const subsampling = (i * 3 + j) % 2 === 0 ? "4:2:0" : "4:4:4";
          await expectSharps(picture(name, width, height), { subsampling, quality: 90 });
        }
      }
    },
    60_000,
  );

  test("any picture", async () => {
    const arbitrary = fc.record({
      name: fc.constantFrom(...Object.keys(CONTENTS)),
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
      { numRuns: FULL ? 2000 : 60, seed: 4 },
    );
  }, 1_800_000);

  test.each([
    [65500, 1],
    [1, 65500],
    [65500, 3],
  ])(
    "%i x %i",
    async (width, height) => {
      for (const name of ["noise", "smooth"]) await expectSharps(picture(name, width, height), { quality: 75 });
    },
    60_000,
  );

  test("photographs", async () => {
    for (const name of ["astronaut", "chelsea"]) {
      const source = sharp(new URL(`../../fixtures/photographs/${name}.png`, import.meta.url).pathname).removeAlpha();
      const { data, info } = await source.raw().toBuffer({ resolveWithObject: true });
      const made = { data: new Uint8Array(data), width: info.width, height: info.height, channels: 3 } as const;
      for (const quality of [1, 24, 50, 75, 92, 100]) {
        for (const compression of ["fast", "small"] as const) await expectSharps(made, { quality, compression });
      }
    }
  }, 60_000);
});

(FULL ? test : test.skip)(
  "with the kernels' asserts",
  async () => {
    const root = fileURLToPath(new URL("../../..", import.meta.url));
    const folder = mkdtempSync(join(tmpdir(), "wandb-image-"));
    const wasm = join(folder, "debug.wasm");
    const asc = join(root, "node_modules/assemblyscript/bin/asc.js");
    execFileSync(process.execPath, [asc, "--config", "asconfig.json", "--target", "debug", "--outFile", wasm], {
      cwd: root,
    });
    selectKernels("simd", readFileSync(wasm));
    rmSync(folder, { recursive: true });
    for (const name of Object.keys(CONTENTS)) {
      for (const [width, height, quality] of [
        [1, 1, 75],
        [17, 9, 100],
        [530, 35, 100],
        [600, 20, 1],
      ] as const) {
        for (const subsampling of ["4:2:0", "4:4:4"] as const) {
          for (const compression of ["fast", "small"] as const) {
            await expectSharps(picture(name, width, height), { quality, subsampling, compression });
          }
        }
        for (const mode of ["L", "YCbCr", "RGBX", "CMYK"] as const) {
          const pixels = new Uint8Array(width * height * BYTES_PER_PIXEL[mode]);
          pixels.set(picture(name, width, height, 1).data);
          encodeJpegRows(packedRows(pixels, mode, width, height), { quality, compression: "small" });
        }
      }
    }
  },
  300_000,
);

describe("extremes", () => {
  test("flat corners of the colour cube stay what they are", async () => {
    for (let corner = 0; corner < 8; corner++) {
      const colour = [corner & 1, (corner >> 1) & 1, corner >> 2].map((bit) => bit * 255);
      const data = Uint8Array.from({ length: 24 * 24 * 3 }, (_, i) => colour[i % 3]!);
      for (const subsampling of ["4:2:0", "4:4:4"] as const) {
        const file = encodeJpegRows(packedRows(data, "RGB", 24, 24), { quality: 100, subsampling });
        const worst = (await decoded(file, 3)).reduce((most, x, i) => Math.max(most, Math.abs(x - data[i]!)), 0);
        expect(worst).toBeLessThanOrEqual(2);
      }
    }
  });

  test("every 255 of the scan is stuffed", () => {
    const file = scan(encodeJpegRows(rowsOf(picture("noise", 300, 200)), { quality: 100 }));
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
    const made = picture("noise", 1000, 1000);
    for (const compression of ["fast", "small"] as const) {
      const options = { quality: 100, subsampling: "4:4:4", compression } as const;
      expect(scan(encodeJpegRows(rowsOf(made), options)).equals(scan(await bySharp(made, options)))).toBe(true);
    }
  }, 60_000);

  test("more tokens than are kept: the rows are read again", async () => {
    const noise = picture("noise", 500, 481).data;
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
  for (const name of Object.keys(CONTENTS)) {
    for (const channels of [1, 3] as const) {
      const made = picture(name, 531, 77, channels);
      for (const subsampling of ["4:2:0", "4:4:4"] as const) {
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

/** The same rows, handed over in bands of another height. */
function inBandsOf(size: number, rows: Rows): Rows {
  const stride = rows.width * BYTES_PER_PIXEL[rows.mode];
  return {
    ...rows,
    read(y, count, dst) {
      for (let done = 0; done < count; done += size)
        rows.read(y + done, Math.min(size, count - done), dst + done * stride);
    },
  };
}

describe("tables", () => {
  test("quantisers of quality 50 are Annex K's, of 100 all 1, of 1 all 255", () => {
    expect([...quantisers(50)[0]!.subarray(0, 6)]).toEqual([16, 11, 12, 14, 12, 10]);
    expect(quantisers(100).every((table) => table.every((divisor) => divisor === 1))).toBe(true);
    expect(quantisers(1).every((table) => table.every((divisor) => divisor === 255))).toBe(true);
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
  test("jpeg-js writes grey, RGB, RGBX and YCbCr at 4:4:4, and says so", async () => {
    const made = picture("smooth", 40, 30);
    selectKernels("twins");
    const warnings: Warning[] = [];
    const onWarning = (warning: Warning) => warnings.push(warning);
    const file = encodeJpegRows(rowsOf(made), { quality: 95, subsampling: "4:2:0", onWarning });
    expect(warnings.map(({ code }) => code)).toEqual(["subsampling"]);
    expect(psnr(made.data, await decoded(file, 3))).toBeGreaterThan(35);
    expect((await sharp(file).metadata()).chromaSubsampling).toBe("4:4:4");
    encodeJpegRows(rowsOf(made), { subsampling: "4:4:4", onWarning });
    encodeJpegRows(rowsOf(made), { onWarning });
    expect(warnings).toHaveLength(1);

    const grey = picture("smooth", 40, 30, 1);
    expect(psnr(grey.data, await decoded(encodeJpegRows(rowsOf(grey), { quality: 95 }), 1))).toBeGreaterThan(35);
    const ycc = Uint8Array.from(made.data);
    selectKernels("simd");
    const wanted = await decoded(encodeJpegRows(packedRows(ycc, "YCbCr", 40, 30), { quality: 98 }), 3);
    selectKernels("twins");
    const got = await decoded(encodeJpegRows(packedRows(ycc, "YCbCr", 40, 30), { quality: 98 }), 3);
    expect(psnr(wanted, got)).toBeGreaterThan(25);
  });

  test("CMYK is refused in words", () => {
    selectKernels("twins");
    expect(() => encodeJpegRows(packedRows(new Uint8Array(4), "CMYK", 1, 1), {})).toThrow(
      new RangeError(
        "cannot write mode CMYK as JPEG without SIMD, which this engine lacks or refuses; convert to RGB first",
      ),
    );
  });

  test("where there is no Buffer", async () => {
    selectKernels("twins");
    const scope = globalThis as { Buffer?: unknown };
    const buffer = scope.Buffer;
    let file: Uint8Array;
    try {
      delete scope.Buffer;
      file = encodeJpegRows(rowsOf(picture("smooth", 20, 10)), {});
      expect(scope.Buffer).toBeUndefined();
    } finally {
      scope.Buffer = buffer;
    }
    expect((await sharp(file).metadata()).width).toBe(20);
  });
});
