import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "@jest/globals";
import { PNG } from "pngjs";
import { convertMode, type TargetMode } from "../../../src/convert/mode.ts";
import { encode } from "../../../src/encode/index.ts";
import { type ConversionKernels, conversionKernels, fallbackOver } from "../../../src/fallback/index.ts";
import { kernels, selectKernels } from "../../../src/kernels.ts";
import { BYTES_PER_PIXEL, collect, type Mode, packedRows, type Rows } from "../../../src/rows.ts";
import { ENGINES } from "../../support/engines.ts";

const fixture = (name: string) => readFileSync(new URL(`../../fixtures/${name}`, import.meta.url));

/** All pixels of the conversion, in Pillow's raw form (mode 1 packed), and its palette. */
function convert(pixels: Uint8Array, from: Mode, width: number, height: number, to: TargetMode) {
  return kernels().scratch(() => {
    const rows = convertMode(packedRows(pixels, from, width, height), to);
    expect(rows).toMatchObject({ mode: to, width, height });
    return { pixels: raw(collect(rows), rows), palette: rows.palette, paletteAlpha: rows.paletteAlpha };
  });
}

function raw(pixels: Uint8Array, { mode, width, height }: Rows): Uint8Array {
  if (mode !== "1") return pixels;
  const stride = Math.ceil(width / 8);
  const packed = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // Anything but 0 and 255 spoils the sum.
      packed[y * stride + (x >> 3)]! += (pixels[y * width + x]! / 255) * (128 >> (x & 7));
    }
  }
  return packed;
}

/** The pictures of fixtures/modes.py. */
function picture(kind: string, width: number, height: number, channels: number): Uint8Array {
  const pixels = new Uint8Array(width * height * channels);
  const value = (i: number) => {
    if (kind === "ramp") return channels === 2 ? (i % 2 ? i >> 1 : i >> 9) : i;
    if (kind === "noise") return Math.imul(i, 2654435761) >>> 24;
    const x = Math.floor(i / channels) % width;
    const y = Math.floor(i / channels / width);
    const c = i % channels;
    return kind === "clear" && c === 3 && (x + y) % 3 === 0 ? 0 : (x * (3 + 2 * c) + y * (5 - c)) >> 3;
  };
  for (let i = 0; i < pixels.length; i++) pixels[i] = value(i);
  return pixels;
}

const sha = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex").slice(0, 32);

interface VectorCase {
  id: string;
  mode: TargetMode | null;
  guessMode: Mode;
  uint8: [number, number];
  shape: number[];
  expect: { width: number; height: number; pixels: [number, number] };
}
interface PictureCase {
  kind: string;
  width: number;
  height: number;
  mode: Mode;
  input: string;
  expect: Record<TargetMode, string[]>;
}

const vectors = (JSON.parse(fixture("vectors.json").toString()).cases as VectorCase[]).filter(
  ({ mode, id }) => mode !== null && id.startsWith("mode-"),
);
const vectorBytes = new Uint8Array(fixture("vectors.bin"));
const pictures: { cases: PictureCase[] } = JSON.parse(fixture("modes.json").toString());

describe.each(ENGINES)("%s", (which) => {
  beforeEach(() => selectKernels(which));

  test.each(vectors)("$id: $guessMode → $mode as Pillow", ({ mode, guessMode, uint8, shape, expect: want }) => {
    const [height, width] = shape as [number, number];
    const pixels = vectorBytes.subarray(uint8[0], uint8[0] + uint8[1]);
    const wanted = vectorBytes.subarray(want.pixels[0], want.pixels[0] + want.pixels[1]);
    expect(Buffer.from(convert(pixels, guessMode, width, height, mode!).pixels)).toEqual(Buffer.from(wanted));
  });

  test.each(pictures.cases)("$kind $width×$height $mode → every mode as Pillow", (picturesCase) => {
    const { kind, width, height, mode: from, input, expect: want } = picturesCase;
    const pixels = picture(kind, width, height, BYTES_PER_PIXEL[from]);
    expect(sha(pixels)).toBe(input);
    for (const [to, wanted] of Object.entries(want) as [TargetMode, string[]][]) {
      const got = convert(pixels, from, width, height, to);
      expect([to, sha(got.pixels)]).toEqual([to, wanted[0]]);
      if (wanted.length === 1) {
        expect(got.palette).toBeUndefined();
      } else if (got.paletteAlpha === undefined) {
        expect([to, `RGB ${sha(got.palette!)}`]).toEqual([to, wanted[1]]);
      } else {
        const rgba = Array.from(got.paletteAlpha, (a, i) => [...got.palette!.subarray(3 * i, 3 * i + 3), a]).flat();
        expect([to, `RGBA ${sha(Uint8Array.from(rgba))}`]).toEqual([to, wanted[1]]);
      }
    }
  });

  test.each([
    ["L", "1"],
    ["LA", "1"],
    ["RGB", "1"],
    ["RGBA", "1"],
    ["RGB", "P"],
    ["RGBA", "P"],
    ["RGB", "YCbCr"],
    ["LA", "RGBA"],
  ] as [Mode, TargetMode][])("%s → %s does not depend on the bands, and y = 0 starts anew", (from, to) => {
    const [width, height] = [37, 41];
    const pixels = picture("noise", width, height, BYTES_PER_PIXEL[from]);
    const { scratch, reserve, u8 } = kernels();
    const stride = width * BYTES_PER_PIXEL[to];
    const whole = scratch(() => collect(convertMode(packedRows(pixels, from, width, height), to)));
    for (const bands of [[1], [7, 1], [8], [3, 9, 16], [height]]) {
      scratch(() => {
        const rows = convertMode(packedRows(pixels, from, width, height), to);
        const dst = reserve(stride * height);
        rows.read(0, 13, dst);
        u8.fill(0xaa, dst, dst + stride * height);
        for (let y = 0, k = 0; y < height; k++) {
          const count = Math.min(bands[k % bands.length]!, height - y);
          rows.read(y, count, dst + y * stride);
          y += count;
        }
        expect(u8.slice(dst, dst + stride * height)).toEqual(whole);
      });
    }
  });

  test("RGBA → P keeps its alpha in a PNG", () => {
    const [width, height] = [31, 23];
    const pixels = picture("clear", width, height, 4);
    const { pixels: indices, palette, paletteAlpha } = convert(pixels, "RGBA", width, height, "P");
    const want = Array.from(indices, (i) => [...palette!.subarray(3 * i, 3 * i + 3), paletteAlpha![i]!]).flat();
    const file = kernels().scratch(
      () => encode(convertMode(packedRows(pixels, "RGBA", width, height), "P"), "png").bytes,
    );
    expect(PNG.sync.read(Buffer.from(file)).data).toEqual(Buffer.from(want));
    expect(new Set(paletteAlpha).size).toBeGreaterThan(2);
  });

  test("the same mode is the same Rows", () => {
    const rows = packedRows(Uint8Array.of(1, 2, 3), "RGB", 1, 1);
    expect(convertMode(rows, "RGB")).toBe(rows);
  });

  test("a source that is none of L, LA, RGB, RGBA is refused", () => {
    const rows = packedRows(Uint8Array.of(1, 2, 3, 4), "CMYK", 1, 1);
    expect(() => convertMode(rows, "RGB")).toThrow(new RangeError("conversion from CMYK to RGB not supported"));
  });

  test("the widest rows fit into kernel memory", () => {
    const pixels = picture("noise", 65_500, 2, 4);
    const sizes = { "1": 8188 * 2, P: 131_000, YCbCr: 393_000 };
    for (const to of ["1", "P", "YCbCr"] as const) {
      expect(convert(pixels, "RGBA", 65_500, 2, to).pixels.length).toBe(sizes[to]);
    }
  });
});

describe("kernels and their fallbacks", () => {
  const sizes = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 50];
  const guard = 0x5a;

  /** Runs both over the same memory, at an odd offset and a round one; the bytes in front of dst must stay. */
  function compare(run: (k: ConversionKernels, src: number, n: number, dst: number, extra: number) => number): void {
    selectKernels(ENGINES[0]!);
    const { scratch, reserve, u8 } = kernels();
    const simd = conversionKernels();
    const memory = new ArrayBuffer(1 << 20);
    const fallback = fallbackOver(memory);
    const other = new Uint8Array(memory);
    const noise = picture("noise", 4096, 4, 1);
    const untouched = new Uint8Array(1024).fill(guard);
    for (const n of sizes) {
      for (const offset of [0, 4, 1]) {
        scratch(() => {
          const [src, dst, extra] = [reserve(1024) + offset, reserve(1024) + 16, reserve(6144)];
          for (const bytes of [u8, other]) {
            bytes.set(noise.subarray(7, 7 + 1024), src);
            // Shares of YCbCr below 2¹⁴ together.
            const i16 = new Int16Array(bytes.buffer, extra, 3072);
            for (let i = 0; i < 3072; i++) i16[i] = noise[i]! * 21;
            bytes.fill(guard, dst - 16, dst + 1024);
          }
          const length = run(simd, src, n, dst, extra);
          expect(run(fallback, src, n, dst, extra)).toBe(length);
          expect(u8.slice(dst, dst + length)).toEqual(other.slice(dst, dst + length));
          expect(u8.slice(dst - 16, dst)).toEqual(untouched.subarray(0, 16));
          // Full vectors end within the slack behind a region.
          expect(sha(u8.subarray(dst + length + 64, dst + 1024))).toBe(sha(untouched.subarray(length + 64)));
        });
      }
    }
  }

  test.each(["luma", "lumaTruncated"] as const)("%s", (name) => {
    for (const channels of [3, 4]) {
      compare((k, src, n, dst) => {
        k[name](src, channels, n, dst);
        return n;
      });
    }
  });

  test("yCbCr: sums of table entries", () => {
    for (const channels of [3, 4]) {
      compare((k, src, n, dst, table) => {
        k.yCbCr(src, channels, n, dst, table);
        return 3 * n;
      });
    }
  });

  test("lumaAlpha", () => {
    compare((k, src, n, dst) => {
      k.lumaAlpha(src, n, dst);
      return 2 * n;
    });
  });
});
