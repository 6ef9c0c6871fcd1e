// Pictures whose parts several threads encode: the file is that of one thread, whoever makes which part. Here a helper goes first, in
// this thread, and leaves the leader as many parts as a test wants.
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Adapted } from "../../src/adapt/index.ts";
import { encode, helpEncode, type RowsOptions } from "../../src/encode/index.ts";
import { frameOf } from "../../src/frame.ts";
import { helpWithPicture } from "../../src/image/picture.ts";
import { kernels } from "../../src/kernels.ts";
import { Image, type ImageInput, type ImageOptions, type Warning } from "../../src/node.ts";
import { packedRows, type Rows } from "../../src/rows.ts";
import { Helper, Leader, recallTeam, resetTeam, type TeamMemory, teamMemory } from "../../src/team.ts";
import { FULL, runs } from "../support/full.ts";
import { CONTENTS, picture, rowsOf, same } from "../support/pictures.ts";

const memory = teamMemory(20_000_000, 2);

/** A helper that is called back when it has made so many parts. */
class TiredHelper extends Helper {
  made = 0;
  readonly #most: number;

  constructor(memory: TeamMemory, number: number, most: number) {
    super(memory, number);
    this.#most = most;
  }

  override work(parts: number, make: (part: number) => readonly number[]): void {
    super.work(parts, (part) => {
      const numbers = make(part);
      if (++this.made === this.#most) recallTeam(this.memory);
      return numbers;
    });
  }
}

/** The file, of which a helper made as many parts as it could, `most` at most; and how many. */
function shared(rows: () => Rows, fileType: "png" | "jpg", options: RowsOptions, most = Infinity) {
  const alone = kernels().scratch(() => encode(rows(), fileType, options));
  resetTeam(memory);
  const helper = new TiredHelper(memory, 2, most);
  kernels().scratch(() => helpEncode(rows(), fileType, options, helper));
  const together = kernels().scratch(() => encode(rows(), fileType, { ...options, team: new Leader(memory) }));
  expect(together.mode).toBe(alone.mode);
  expect(same(together.bytes, alone.bytes)).toBe(true);
  return helper.made;
}

const onWarning = () => {};

describe("the file is that of one thread", () => {
  test("JPEG of any size, mode and content", () => {
    const arbitrary = fc.record({
      name: fc.constantFrom(...Object.keys(CONTENTS)),
      width: fc.integer({ min: 1, max: 1200 }),
      height: fc.integer({ min: 100, max: 300 }),
      mode: fc.constantFrom("L", "RGB", "RGBA", "CMYK", "YCbCr", "LA"),
      subsampling: fc.constantFrom("4:2:0", "4:4:4"),
      compression: fc.constantFrom("fast", "small"),
      quality: fc.integer({ min: 1, max: 100 }),
      most: fc.integer({ min: 1, max: 4 }),
      seed: fc.integer(),
    });
    const channels = { L: 1, LA: 2, RGB: 3, YCbCr: 3, RGBA: 4, CMYK: 4 } as const;
    const property = fc.property(arbitrary, ({ name, width, height, mode, most, seed, ...options }) => {
      const { data } = picture(name, width, height, channels[mode], seed);
      const parts = Math.floor(height / 64);
      const made = shared(() => packedRows(data, mode, width, height), "jpg", { ...options, onWarning }, most);
      expect(made).toBe(mode === "LA" ? 0 : Math.min(most, Math.max(0, parts - 1)));
    });
    fc.assert(property, runs(40, 3000));
  }, 600_000);

  test.each([
    ["gradient", 2047, 32 * 40 + 5, 4, "fast"],
    ["bursts", 3000, 29 * 80 + 1, 3, "fast"],
    ["rows repeated", 65_500, 41, 4, "balanced"], // strips of one row
    ["gradient", 30_000, 43 * 2, 2, "small"], // strips of two
    ["noise", 3000, 87 * 40, 1, "fast"],
  ] as const)(
    "PNG: %s, %i × %i, %i channels, %s",
    (name, width, height, channels, compression) => {
      if (!FULL && channels !== 4) return;
      const image = picture(name, width, height, channels);
      for (const most of [1, Infinity]) {
        expect(shared(() => rowsOf(image), "png", { compression }, most)).toBeGreaterThan(0);
      }
    },
    120_000,
  );

  test("a part for which there is no room, and what cannot be shared", () => {
    const image = picture("noise", 700, 400, 3);
    const small = { ...teamMemory(0, 1), results: new SharedArrayBuffer(40_000) };
    const alone = kernels().scratch(() => encode(rowsOf(image), "jpg", { quality: 95 }));
    kernels().scratch(() => helpEncode(rowsOf(image), "jpg", { quality: 95 }, new Helper(small, 1)));
    const team = new Leader(small);
    const together = kernels().scratch(() => encode(rowsOf(image), "jpg", { quality: 95, team }));
    expect(same(together.bytes, alone.bytes)).toBe(true);
    const large = picture("gradient", 2047, 32 * 40 + 5, 4);
    expect(shared(() => rowsOf(large), "png", { palette: true, onWarning })).toBe(0);
    expect(shared(() => rowsOf(large), "png", { opaqueAsRgb: true })).toBe(0);
  }, 120_000);
});

test("memory is bounded, whatever the picture's size", () => {
  const { control, results } = teamMemory(1e12, 1);
  expect(results.byteLength).toBe(2 ** 29);
  expect(control.byteLength).toBeLessThan(200_000);
  expect(teamMemory(25_000_001, 3).results.byteLength % 24).toBe(0); // shares of whole words
});

describe("arrays: the values that a helper read count like the leader's", () => {
  const [width, height] = [300, 400];
  const floats = () => Float32Array.from({ length: width * height * 3 }, (_, i) => Math.sin(i / 999) * 0.5 + 0.5);
  /** Whether the helper reads the value: its parts come last. */
  const at = (place: "first" | "last") => (place === "first" ? 17 : width * height * 3 - 17);

  const cases: [string, (data: Float32Array) => void, ImageOptions?][] = [
    ["as they are", () => {}],
    ["NaN", (data) => data.fill(NaN, at("last"), at("last") + 3).fill(NaN, at("first"), at("first") + 2)],
    ["NaN in the helper's part", (data) => data.fill(NaN, at("last"), at("last") + 3)],
    ["a value that proves the guess wrong, late", (data) => data.fill(-1, at("last"), at("last") + 1)],
    ["early", (data) => data.fill(-1, at("first"), at("first") + 1)],
    ["clipped, late", (data) => data.fill(9, at("last"), at("last") + 5), { range: "unit" }],
    ["clipped, early", (data) => data.fill(9, at("first"), at("first") + 5), { range: "unit" }],
    ["infinities", (data) => data.fill(Infinity, at("last"), at("last") + 5), { range: "minmax" }],
    ["not normalized", () => {}, { normalize: false }],
    ["upside down, another mode", () => {}, { flipY: true, mode: "L" }],
    ["BGR, optimized tables", () => {}, { channelOrder: "BGR", compression: "small" }],
    ["dithered", () => {}, { mode: "1" }],
    ["made smaller", () => {}, { maxSize: 200 }],
    ["refused", () => {}, { mode: "P" }],
  ];
  test.each(cases)("%s", (name, change, options = {}) => {
    const isShared = !["a value that proves the guess wrong, late", "dithered", "made smaller", "refused"].includes(
      name,
    );
    const data = floats();
    change(data);
    const frame = frameOf({ data, shape: [height, width, 3] }, {});
    const facts = (team?: Leader) => {
      const warnings: Warning[] = [];
      const all = {
        ...options,
        fileType: "jpg" as const,
        onWarning: (warning: Warning) => void warnings.push(warning),
      };
      try {
        const source = { kind: "frame" as const, frame, team };
        const image = new Image(new Adapted(source) as object as ImageInput, all);
        return { bytes: Buffer.from(image.bytes).toString("base64"), normalization: image.normalization, warnings };
      } catch (error) {
        return { error: String(error), warnings };
      }
    };
    const alone = facts();
    for (const most of [1, 3, Infinity]) {
      resetTeam(memory);
      const helper = new TiredHelper(memory, 1, most);
      try {
        helpWithPicture({ kind: "frame", frame }, { ...options, fileType: "jpg" }, helper);
      } catch {}
      expect(helper.made).toBe(isShared ? Math.min(most, 5) : 0);
      expect(facts(new Leader(memory))).toEqual(alone);
    }
  });
});
