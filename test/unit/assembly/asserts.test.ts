// The encoders on the debug build, whose asserts watch the bounds of every load and store: `npm run build:debug` makes it.
import { existsSync, readFileSync, statSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { selectKernels } from "../../../src/kernels.ts";
import { BYTES_PER_PIXEL, packedRows } from "../../../src/rows.ts";
import { encodeJpegRows, encodePngRows } from "../../support/encoded.ts";
import { FULL, runs } from "../../support/full.ts";
import { expectSharps } from "../../support/jpeg.ts";
import { CONTENTS, picture, same } from "../../support/pictures.ts";
import { ANY_PICTURE, COMPRESSIONS, inMode, optionsFor } from "../../support/png.ts";

const [debug, release] = ["debug", "release"].map((name) => new URL(`../../../build/${name}.wasm`, import.meta.url));
const isFresh = existsSync(debug!) && statSync(debug!).mtimeMs >= statSync(release!).mtimeMs;

// A full run without the debug build fails: it would leave tests out unnoticed.
(FULL || isFresh ? describe : describe.skip)("on the debug build", () => {
  let wasm: Uint8Array;
  beforeEach(() => {
    if (!isFresh) throw new Error("build/debug.wasm is missing or older than build/release.wasm: npm run build:debug");
    wasm = readFileSync(debug!);
  });
  afterEach(() => selectKernels("simd"));

  test("PNG files are those of the release build", () => {
    const names = Object.keys(CONTENTS);
    const edges = names.flatMap((name, i) =>
      (["L", "LA", "RGB", "RGBA"] as const).flatMap((mode, c) =>
        COMPRESSIONS.map((compression) => {
          const size = { width: 50 + i * 31 * (c + 1), height: 90 + i };
          return { mode, name, ...size, compression, palette: i % 2 === 0, seed: 1 };
        }),
      ),
    );
    const cases = [...(FULL ? edges : edges.filter((_, i) => i % 7 === 0)), ...fc.sample(ANY_PICTURE, runs(20, 2000))];
    const files = () =>
      cases.map(({ mode, name, seed, compression, palette, ...size }) =>
        encodePngRows(inMode(mode, name, size, seed).rows, optionsFor(mode, compression, palette)),
      );
    const expected = files();
    selectKernels("simd", wasm);
    const actual = files();
    expect(cases.filter((_, i) => !same(actual[i]!, expected[i]!))).toEqual([]);
  }, 1_800_000);

  test("JPEG files are those of sharp", async () => {
    selectKernels("simd", wasm);
    const sizes = [
      [17, 9, 100],
      [530, 35, 100],
      [1, 1, 75],
      [600, 20, 1],
    ] as const;
    for (const name of FULL ? Object.keys(CONTENTS) : ["noise", "smooth"]) {
      for (const [width, height, quality] of FULL ? sizes : sizes.slice(0, 2)) {
        for (const subsampling of ["4:2:0", "4:4:4"] as const) {
          for (const compression of ["fast", "small"] as const) {
            await expectSharps(picture(name, width, height, 3), { quality, subsampling, compression });
          }
        }
        for (const mode of ["L", "YCbCr", "RGBX", "CMYK"] as const) {
          const pixels = new Uint8Array(width * height * BYTES_PER_PIXEL[mode]);
          pixels.set(picture(name, width, height, 1).data);
          encodeJpegRows(packedRows(pixels, mode, width, height), { quality, compression: "small" });
        }
      }
    }
  }, 600_000);
});
