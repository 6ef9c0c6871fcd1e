// BMP files against Pillow's own bytes, and RGBA, which Pillow writes without alpha, against a strict reader.
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { encodeBmpRows } from "../../../src/encode/bmp.ts";
import type { FileType } from "../../../src/encode/index.ts";
import { selectKernels } from "../../../src/kernels.ts";
import { type Mode, packedRows } from "../../../src/rows.ts";
import { ENGINES } from "../../support/engines.ts";

interface Case {
  readonly fileType: FileType;
  readonly mode: Mode;
  readonly width: number;
  readonly height: number;
  readonly pixels: string;
  readonly palette?: string;
  readonly file: string;
}

const read = (name: string) => JSON.parse(readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), "utf8"));
const bytes = (base64: string) => new Uint8Array(Buffer.from(base64, "base64"));
const cases = (read("pillow-files.json").cases as Case[]).filter(({ fileType }) => fileType === "bmp");

describe.each(ENGINES)("BMP, %s", (which) => {
  beforeAll(() => selectKernels(which));
  test.each(cases)("$mode $width x $height is Pillow's file", ({ mode, width, height, pixels, palette, file }) => {
    const rows = packedRows(bytes(pixels), mode, width, height);
    const made = encodeBmpRows(palette === undefined ? rows : { ...rows, palette: bytes(palette) });
    expect(Buffer.from(made).equals(Buffer.from(file, "base64"))).toBe(true);
  });

  test.each([
    [1, 1],
    [3, 2],
    [641, 300],
    [20_001, 17],
  ])("RGBA %i x %i keeps its alpha, by a V4 header", (width, height) => {
    const pixels = Uint8Array.from({ length: width * height * 4 }, (_, i) => (i * 2654435761) >>> 24);
    const file = encodeBmpRows(packedRows(pixels, "RGBA", width, height));
    const view = new DataView(file.buffer);
    expect(String.fromCharCode(file[0]!, file[1]!)).toBe("BM");
    expect(view.getUint32(2, true)).toBe(file.length);
    expect(view.getUint32(10, true)).toBe(14 + 108);
    expect([14, 18, 22].map((at) => view.getInt32(at, true))).toEqual([108, width, height]);
    expect([26, 28].map((at) => view.getUint16(at, true))).toEqual([1, 32]);
    expect(view.getUint32(30, true)).toBe(3); // BI_BITFIELDS
    expect(view.getUint32(34, true)).toBe(width * height * 4);
    const shifts = [54, 58, 62, 66].map((at) => Math.log2(view.getUint32(at, true) / 255));
    expect(shifts).toEqual([16, 8, 0, 24]);
    const back = new Uint8Array(pixels.length);
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const word = view.getUint32(122 + 4 * ((height - 1 - y) * width + x), true);
        for (const shift of shifts) back[i++] = word >>> shift;
      }
    }
    expect(Buffer.compare(back, pixels)).toBe(0);
  });

  test("larger than its 32-bit size field is refused", () => {
    const rows = { mode: "RGB", width: 65500, height: 65500, read: () => {} } as const;
    expect(() => encodeBmpRows(rows)).toThrow(
      'fileType: expected "png" or "jpg" for 65500×65500 pixels; got "bmp", whose files end at 2^32 bytes',
    );
  });
});
