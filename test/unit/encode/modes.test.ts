// Which modes a file type holds, by what Pillow writes (vectors.json, `written`). Our BMP also keeps alpha.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { encode, type FileType } from "../../../src/encode/index.ts";
import { Image, type ImageOptions } from "../../../src/node.ts";
import { BYTES_PER_PIXEL, type Mode, packedRows } from "../../../src/rows.ts";

interface Written {
  readonly mode: Mode;
  readonly fileType: FileType;
  /** Pillow's words. */
  readonly error?: string;
}

const { written } = JSON.parse(readFileSync(new URL("../../fixtures/vectors.json", import.meta.url), "utf8")) as {
  written: readonly Written[];
};

const messageOf = (run: () => unknown): string | undefined => {
  try {
    run();
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError);
    return (error as Error).message.split("; ")[0];
  }
};

describe("modes that a file type holds", () => {
  test.each(written)("mode: $mode as $fileType", ({ mode, fileType, error }) => {
    const options = { mode, fileType } as ImageOptions;
    expect(messageOf(() => new Image({ data: new Float32Array(48), shape: [2, 8, 3] }, options))).toBe(error);
    // Before any work: nothing can be read here.
    if (error !== undefined) expect(messageOf(() => new Image("/no/such/file.png", options))).toBe(error);
  });

  // A JPEG leaves out the alpha that was not asked for by mode.
  const withoutAlpha = ({ mode, fileType }: Written) => fileType === "jpg" && (mode === "LA" || mode === "RGBA");
  const ofRows = written.filter((one) => one.mode in BYTES_PER_PIXEL && !withoutAlpha(one));

  test.each(ofRows)("rows of $mode as $fileType", (one) => {
    const rows = packedRows(new Uint8Array(BYTES_PER_PIXEL[one.mode]), one.mode, 1, 1);
    const palette = one.mode === "P" ? { palette: Uint8Array.of(0, 0, 0) } : {};
    expect(messageOf(() => encode({ ...rows, ...palette }, one.fileType, {}))).toBe(one.error);
  });

  test("the remedy follows: the modes that the file type holds", () => {
    const picture = { data: new Uint8Array(4), width: 1, height: 1 };
    const run = (options: object) => () => new Image(picture, options as ImageOptions);
    expect(run({ mode: "RGBA", fileType: "jpg" })).toThrow(
      "cannot write mode RGBA as JPEG; expected one of 1, L, RGB, RGBX, CMYK, YCbCr",
    );
    expect(run({ mode: "rgb" })).toThrow(
      "cannot write mode rgb as PNG; expected one of 1, L, LA, P, I, I;16, RGB, RGBA",
    );
    expect(run({ mode: "RGB;16" })).toThrow("cannot write mode RGB;16 as PNG; pass bitDepth: 16 instead");
    expect(run({ bitDepth: 16, fileType: "jpg" })).toThrow(
      'bitDepth: expected 8 for fileType "jpg"; got 16, which only "png" holds',
    );
  });
});
