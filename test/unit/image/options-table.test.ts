import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { encodePng } from "../../../src/encoders.ts";
import {
  type GridOptions,
  Image,
  type ImageInput,
  type ImageOptions,
  makeGrid,
  type Warning,
} from "../../../src/node.ts";
import { ENGINES } from "../../support/engines.ts";

// Every option with every kind of input: it is honored (something of the Image changes), told (the warning "options-ignored" names
// it), or refused (an error names it). None is dropped in silence.

/** Without SIMD a JPEG is 4:4:4 always. */
const hasSimd = ENGINES.includes("simd");

type Cell = "honored" | "told" | "refused";

const bytes = (count: number, scale = 1) => Uint8Array.from({ length: count }, (_, i) => (i * 37 * scale) % 251);
const floats = (count: number, scale = 1) =>
  Float32Array.from({ length: count }, (_, i) => (((i * 37) % 251) / 300) * scale);
const words = (count: number) =>
  Uint16Array.from({ length: count }, (_, i) => (i % 3 === 0 ? i * 5 : (i * 3701) % 40_000));
const rgb = { data: bytes(36), width: 4, height: 3 };
const rgba = { data: bytes(48), width: 4, height: 3 };
const png = encodePng(rgb);

/** The inputs; each of 4×3 pixels, so that no option is empty for them. */
const INPUTS: Record<string, () => unknown> = {
  "float32 HWC": () => ({ data: floats(36), shape: [3, 4, 3] }),
  "float64 HW": () => ({ data: Float64Array.from(floats(12)), shape: [3, 4] }),
  "uint8 HWC": () => ({ data: bytes(36), shape: [3, 4, 3] }),
  "uint16 HW": () => ({ data: words(12), shape: [3, 4] }),
  "int64 HW": () => ({ data: BigInt64Array.from(words(12), BigInt), shape: [3, 4] }),
  "float32 with alpha": () => ({ data: floats(48), shape: [3, 4, 4] }),
  "nested rows": () => Array.from({ length: 3 }, (_, y) => Array.from({ length: 4 }, (_, x) => (x + 4 * y) / 20)),
  tensor: () => ({ dims: [1, 3, 3, 4], type: "float32", data: floats(36) }),
  "decoded RGB": () => rgb,
  "decoded RGBA": () => rgba,
  "decoded gray": () => ({ data: bytes(12), width: 4, height: 3 }),
  "decoded 16 bits": () => ({ data: words(12), width: 4, height: 3 }),
  "decoded palette": () => ({
    data: bytes(12).map((_, i) => (i === 0 ? 1 : i % 3)),
    width: 4,
    height: 3,
    depth: 8,
    channels: 1,
    palette: [
      [1, 2, 3],
      [90, 80, 70],
      [200, 100, 50],
    ],
  }),
  "padded rows": () => ({ data: bytes(60), width: 4, height: 3, channels: 3, stride: 20 }),
  "camera frame": () => ({ data: bytes(24), width: 4, height: 3, format: "NV12" }),
  "file bytes": () => png,
  "data: URL": () => `data:image/png;base64,${Buffer.from(png).toString("base64")}`,
  path: () => path,
  "another Image": () => new Image(rgb),
  reference: () => "https://example.com/a.png",
};

/** The options, each with a value that differs from the default's effect wherever it can have one. */
const OPTIONS: Record<string, ImageOptions> = {
  mode: { mode: "1" },
  fileType: { fileType: "bmp" },
  normalize: { normalize: false },
  range: { range: "minmax" },
  denormalize: { denormalize: { mean: 0.3, std: 0.01 } },
  bitDepth: { bitDepth: 16 },
  layout: { layout: "CHW" },
  channelOrder: { channelOrder: "BGR" },
  flipY: { flipY: true },
  maxSize: { maxSize: 2 },
  colormap: { colormap: "viridis" },
  background: { background: "#ff8000" },
  quality: { quality: 50 },
  subsampling: { subsampling: "4:4:4" },
  compression: { compression: 0 },
  palette: { palette: true },
  caption: { caption: "a caption" },
  grouping: { grouping: 7 },
  classes: { classes: ["cat"] },
  boxes: { boxes: { b: { box_data: [{ position: { minX: 0, minY: 0, maxX: 1, maxY: 1 }, class_id: 1 }] } } },
  masks: { masks: { m: { mask_data: [[1]], resize: true } } },
};

/**
 * Cells where an option leaves a picture as it is because there is nothing to change, each with the reason; everything else has to
 * show.
 */
const NOTHING_TO_DO: Record<string, (input: string) => boolean> = {
  // An array of integers, or of values beyond 1, is clipped with and without the range rule; bytes are stretched to themselves.
  normalize: (input) => /^(uint8|uint16|int64)/.test(input),
  // Only pictures with alpha are laid on a background.
  background: (input) => !/alpha|RGBA/.test(input) && !/^(file|data|path|another|reference)/.test(input),
  // The smallest file of so few pixels may be the same.
  compression: () => true,
  // A tensor of ONNX has its channels first anyway, and one channel lies the same either way.
  layout: (input) => /tensor|HW$|nested|gray|16 bits/.test(input),
};

let path = "";
beforeAll(() => {
  path = join(mkdtempSync(join(tmpdir(), "table-")), "a.png");
  writeFileSync(path, png);
});
afterAll(() => rmSync(join(path, ".."), { recursive: true }));

/** All that an Image shows of itself. */
function shown(image: Image): string {
  const { caption, grouping, classes, boxes, masks, mode, format, width, height } = image;
  const layers = [boxes, masks].map((layer) => layer && Object.keys(layer));
  return JSON.stringify([caption, grouping, classes?.classSet, layers, mode, format, width, height, [...image.bytes]]);
}

/** @returns the cell, and the words of a refusal */
function outcome(
  make: (options: ImageOptions) => Image,
  name: string,
  options: ImageOptions,
): [Cell | "silent", string] {
  const plain = shown(make({ onWarning: () => {} }));
  const warnings: Warning[] = [];
  try {
    const changed = shown(make({ ...options, onWarning: (warning) => warnings.push(warning) }));
    const told = warnings.find(({ code, message }) => code === "options-ignored" && message.includes(name));
    if (told !== undefined) return ["told", told.message];
    return [changed === plain ? "silent" : "honored", ""];
  } catch (error) {
    expect(error instanceof TypeError || error instanceof RangeError).toBe(true);
    return ["refused", (error as Error).message];
  }
}

/** What a refusal names, where it is not the option. */
const NAMED: Record<string, RegExp> = {
  layout: /shape|layout/,
  masks: /masks/,
};

const cells = Object.keys(INPUTS).flatMap((input) =>
  Object.keys(OPTIONS).map((option): [string, string] => [input, option]),
);

describe("new Image", () => {
  const counts: Record<string, number> = { honored: 0, told: 0, refused: 0, silent: 0 };
  test.each(cells)("%s, %s", (input, option) => {
    const make = (options: ImageOptions) => new Image(INPUTS[input]!() as ImageInput, options);
    const [cell, words] = outcome(make, option, OPTIONS[option]!);
    counts[cell]!++;
    if (cell === "silent")
      expect([input, option, NOTHING_TO_DO[option]?.(input) ?? false]).toEqual([input, option, true]);
    if (cell === "refused") expect(words).toMatch(NAMED[option] ?? new RegExp(option));
  });

  test("all three happen, and little is left to reasons", () => {
    expect(counts.honored).toBeGreaterThan(200);
    expect(counts.told).toBeGreaterThan(60);
    expect(counts.refused).toBeGreaterThan(20);
    expect(counts.silent).toBeLessThan(50);
  });
});

describe("jpg", () => {
  const jpg = { fileType: "jpg" } as const;
  test.each(cells.filter(([input]) => !/^(file|data|path|another|reference)/.test(input)))(
    "%s, %s",
    (input, option) => {
      const options = OPTIONS[option]!;
      const make = (given: ImageOptions) => new Image(INPUTS[input]!() as ImageInput, { ...jpg, ...given });
      const [cell, words] = outcome(make, option, options);
      const nothing =
        NOTHING_TO_DO[option]?.(input) ||
        (option === "subsampling" && (!hasSimd || /gray|HW$|nested|16 bits/.test(input))) ||
        option === "quality";
      if (cell === "silent") expect([input, option, nothing]).toEqual([input, option, true]);
      if (cell === "refused") expect(words).toMatch(NAMED[option] ?? new RegExp(`${option}|JPEG`));
    },
  );
});

describe("makeGrid of two", () => {
  const grids: Record<string, GridOptions> = {
    ...OPTIONS,
    columns: { columns: 1 },
    padding: { padding: 5 },
    masks: { masks: { m: { mask_data: [[1]], resize: true } } },
  };
  const pairs = Object.keys(INPUTS).flatMap((input) =>
    Object.keys(grids).map((option): [string, string] => [input, option]),
  );
  test.each(pairs)("%s, %s", (input, option) => {
    if (input === "reference") {
      expect(() => makeGrid([INPUTS[input]!() as ImageInput])).toThrow("is a reference");
      return;
    }
    const make = (options: GridOptions) => makeGrid([INPUTS[input]!(), INPUTS[input]!()] as ImageInput[], options);
    const [cell, words] = outcome(make, option, grids[option]!);
    // Files are decoded, so that what an Image tells has its effect here; the background fills what no picture covers.
    const nothing =
      NOTHING_TO_DO[option]?.(input) ||
      (option === "normalize" && /^(file|data|path|another)/.test(input)) ||
      option === "palette";
    if (cell === "silent") expect([input, option, nothing]).toEqual([input, option, true]);
    if (cell === "refused") expect(words).toMatch(NAMED[option] ?? new RegExp(option));
  });
});

describe("fromBatch", () => {
  const batches: Record<string, () => unknown> = {
    "float32 NHWC": () => ({ data: floats(72), shape: [2, 3, 4, 3] }),
    "uint16 NHW": () => ({ data: words(24), shape: [2, 3, 4] }),
    "float32 with alpha": () => ({ data: floats(96), shape: [2, 3, 4, 4] }),
    tensor: () => ({ dims: [2, 3, 3, 4], type: "float32", data: floats(72) }),
  };
  const pairs = Object.keys(batches).flatMap((input) =>
    Object.keys(OPTIONS).map((option): [string, string] => [input, option]),
  );
  test.each(pairs)("%s, %s", (input, option) => {
    const make = (options: ImageOptions) => Image.fromBatch(batches[input]!() as never, options)[1]!;
    const [cell, words] = outcome(make, option, OPTIONS[option]!);
    if (cell === "silent")
      expect([input, option, NOTHING_TO_DO[option]?.(input) ?? false]).toEqual([input, option, true]);
    if (cell === "refused") expect(words).toMatch(NAMED[option] ?? new RegExp(option));
  });
});

test("unknown options are refused by every function, with what was meant", () => {
  const image = new Image(rgb);
  const calls: Record<string, (options: never) => unknown> = {
    "new Image": (options) => new Image(rgb, options),
    fromBatch: (options) => Image.fromBatch({ data: bytes(36), shape: [1, 3, 4, 3] }, options),
    makeGrid: (options) => makeGrid([image], options),
    guessMode: (options) => Image.guessMode({ data: bytes(36), shape: [3, 4, 3] }, options),
    toUint8: (options) => Image.toUint8({ data: bytes(36), shape: [3, 4, 3] }, options),
    toDataArray: (options) => image.toDataArray(options),
    equals: (options) => image.equals(new Image(rgba), options),
    fromJson: (options) => Image.fromJson({ _type: "image-file" } as never, options),
    encodePng: (options) => encodePng(rgb, options),
  };
  for (const [name, call] of Object.entries(calls)) {
    expect([name, () => call({ layuot: "HWC" } as never)]).toEqual([name, expect.any(Function)]);
    expect(() => call({ layuot: "HWC", dri: "" } as never)).toThrow(/unknown option "(layuot|dri)"/);
  }
  expect(() => image.toDataArray({ Layout: "CHW" } as never)).toThrow("did you mean layout?");
  return expect(Image.from(rgb, { max_bytes: 1 } as never)).rejects.toThrow(/unknown option "max_bytes"/);
});
