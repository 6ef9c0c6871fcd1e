// Histograms against numpy's, bit for bit; test/fixtures/histograms.py made the expectations.
import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { Histogram } from "../../../src/log/histogram.ts";
import type { Warning } from "../../../src/warnings.ts";

interface Case {
  readonly name: string;
  readonly dtype: string;
  readonly data: string;
  readonly bins: number;
  readonly counts: number[] | null;
  readonly edges: number[] | string;
}

const FIXTURE = new URL("../../fixtures/histograms.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(FIXTURE, "utf8")) as { cases: Case[] };

const ARRAYS: Record<string, new (buffer: ArrayBuffer) => ArrayBufferView & ArrayLike<number | bigint>> = {
  float64: Float64Array,
  float32: Float32Array,
  float16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
};

function dataOf({ dtype, data }: Case): object {
  const values = new ARRAYS[dtype]!(Uint8Array.from(Buffer.from(data, "base64")).buffer);
  // float16 as onnxruntime has it: patterns in a Uint16Array.
  return dtype === "float16" ? { dims: [values.length], type: "float16", data: values } : values;
}

test.each(cases.filter(({ counts }) => counts !== null))("numpy: $name", (known) => {
  const { histogram, bins } = new Histogram(dataOf(known), { numBins: known.bins });
  expect(histogram).toEqual(known.counts);
  expect(bins).toEqual(known.edges);
});

test.each(cases.filter(({ counts }) => counts === null))("where numpy raises, nothing is lost: $name", (known) => {
  const { histogram, bins } = new Histogram(dataOf(known), { numBins: known.bins });
  expect(known.edges).toMatch(/^Too many bins/);
  expect(histogram.reduce((a, b) => a + b)).toBe((dataOf(known) as { dims?: number[]; length: number }).dims?.[0] ?? 4);
  expect(bins.every((edge, i) => Number.isFinite(edge) && (i === 0 || edge > bins[i - 1]!))).toBe(true);
});

test("a Float16Array, where there is one, is computed as numpy's float16", () => {
  const Float16Array = (globalThis as { Float16Array?: new (values: number[]) => ArrayLike<number> }).Float16Array;
  if (Float16Array === undefined) return;
  const known = cases.find(({ name }) => name.startsWith("normal float16"))!;
  const { data } = dataOf(known) as { data: Uint16Array };
  const values = new (Float16Array as never as new (buffer: ArrayBufferLike) => ArrayLike<number>)(data.buffer);
  expect(new Histogram(values, { numBins: known.bins }).histogram).toEqual(known.counts);
});

test("lists and nested lists are float64, as in numpy", () => {
  const known = cases.find(({ name }) => name.startsWith("thirds float64"))!;
  const list = Array.from(dataOf(known) as Float64Array);
  expect(new Histogram(list, { numBins: 32 }).histogram).toEqual(known.counts);
  expect(new Histogram([list.slice(0, 50), list.slice(50)], { numBins: 32 }).histogram).toEqual(known.counts);
});

test("any numbers: each is in one bin, whose edges are around it", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.float64Array({ noNaN: true, noDefaultInfinity: true }),
        fc.float32Array({ noNaN: true, noDefaultInfinity: true }),
      ),
      fc.integer({ min: 1, max: 512 }),
      (array, numBins) => {
        // Between numbers near the smallest, numpy's steps are rounded to multiples of it, and its bins are off as ours are.
        const smallest = array.BYTES_PER_ELEMENT === 4 ? 2 ** -100 : 2 ** -1000;
        fc.pre(array.every((value) => value === 0 || Math.abs(value) > smallest));
        const { histogram, bins } = new Histogram(array, { numBins });
        expect(histogram.length).toBe(numBins);
        expect(bins.every((edge, i) => i === 0 || edge > bins[i - 1]!)).toBe(true);
        const expected = new Array(numBins).fill(0);
        for (const value of array) {
          let bin = bins.findLastIndex((edge) => value >= edge);
          if (bin === numBins) bin--;
          expected[bin]++;
        }
        expect(histogram).toEqual(expected);
      },
    ),
    { numRuns: process.env.FULL ? 5000 : 200 },
  );
});

test("a spread that float64 cannot hold keeps the smallest numbers on their side of zero", () => {
  const { histogram, bins } = new Histogram([1.7976931348623055e308, -5e-324, -1.797693134862306e308], {
    numBins: 220,
  });
  const bin = histogram.findIndex((count, i) => count > 0 && i > 0);
  expect(bins[bin]).toBeLessThanOrEqual(-5e-324);
  expect(bins[bin + 1]).toBeGreaterThan(-5e-324);
});

test("64 bins by default; counts that are there already; what a row says of them", () => {
  expect(new Histogram([1, 2]).bins).toHaveLength(65);
  const counted = new Histogram(null, { npHistogram: [[1, 2], Float64Array.of(0, 0.5, 1)] });
  expect(JSON.stringify(counted)).toBe('{"_type":"histogram","values":[1,2],"bins":[0,0.5,1]}');
});

test("values that are not finite are left out, with a warning", () => {
  const warnings: Warning[] = [];
  const onWarning = (warning: Warning) => warnings.push(warning);
  const { histogram, bins } = new Histogram(Float32Array.of(1, NaN, 2, Infinity, -Infinity), { numBins: 2, onWarning });
  expect([histogram, bins]).toEqual([
    [1, 1],
    [1, 1.5, 2],
  ]);
  expect(new Histogram([NaN], { numBins: 1, onWarning }).bins).toEqual([0, 1]);
  expect(warnings).toEqual([
    { code: "histogram-not-finite", message: "Histogram: 3 of 5 values are NaN or infinite and left out" },
    { code: "histogram-not-finite", message: "Histogram: 1 of 1 values are NaN or infinite and left out" },
  ]);
});

const ITSELF: unknown[] = [1];
ITSELF.push(ITSELF, ITSELF);

test.each<[unknown, object, string]>([
  [[1], { numBins: 0 }, "Histogram: numBins: expected a whole number from 1 to 512; got 0"],
  [[1], { numBins: 513 }, "The maximum length of a histogram is 512"],
  [[1], { num_bins: 3 }, 'Histogram: unknown option "num_bins"; did you mean numBins?'],
  [null, { npHistogram: [[1], [1]] }, "len(bins) must be len(histogram) + 1"],
  [
    [1],
    { npHistogram: [[1], [0, 1]] },
    "Histogram: expected null before npHistogram, which holds the counts; got data too",
  ],
  [null, {}, "Histogram: expected numbers, as a typed array, a list or a tensor; got null"],
  ["abc", {}, 'Histogram: expected numbers, as a typed array, a list or a tensor; got "abc"'],
  [[1, "2"], {}, 'Histogram: expected numbers, as a typed array, a list or a tensor; got "2" at 1'],
  [[{}, {}], {}, "Histogram: expected numbers, as a typed array, a list or a tensor; got an empty object at 0"],
  [ITSELF, {}, "Histogram: expected numbers, as a typed array, a list or a tensor; got lists of more than 64 levels"],
  [{ a: 1 }, {}, "Histogram: expected numbers, as a typed array, a list or a tensor; got an object { a }"],
])("%p with %p is refused", (data, options, words) => {
  expect(() => new Histogram(data as number[], options)).toThrow(words);
});
