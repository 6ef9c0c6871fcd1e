// W&B's Histogram: how many of many numbers fall into each of some equal bins, as numpy.histogram counts them.
import { describe } from "../messages.ts";
import { checkNames } from "../options.ts";
import { type OnWarning, warn } from "../warnings.ts";
import { numbersOf } from "./tensors.ts";

/** Numbers: a typed array, a list, or a tensor of a library whose values are on the CPU. */
export type HistogramData = ArrayLike<number> | ArrayLike<bigint> | object;

export interface HistogramOptions {
  /** How many bins, 1 to 512; default 64, as in W&B. */
  readonly numBins?: number | undefined;
  /** Counts and edges, one more, as numpy.histogram gives them: then `data` is null. */
  readonly npHistogram?: readonly [counts: ArrayLike<number>, edges: ArrayLike<number>] | undefined;
  /** Takes the warning `histogram-not-finite`; else the process's handler. */
  readonly onWarning?: OnWarning | undefined;
}

/** What a row says of a histogram. */
export interface HistogramJson {
  readonly _type: "histogram";
  readonly values: readonly number[];
  readonly bins: readonly number[];
}

const OPTIONS = ["numBins", "npHistogram", "onWarning"] as const satisfies readonly (keyof HistogramOptions)[];

/**
 * A histogram: `run.log({ gradients: new Histogram(array) })`. A typed array of more than 32 numbers becomes one of 32 bins by itself.
 *
 * Counts and edges are numpy's to the bit, computed in the dtype of the data as there. Where numpy raises this does not: NaN and
 * infinities are left out with the warning `histogram-not-finite`, and numbers too close together for that many bins get a wider
 * range.
 */
export class Histogram {
  /** W&B's limit for the number of bins. */
  static readonly MAX_LENGTH = 512;

  /** How many numbers each bin holds. */
  readonly histogram: readonly number[];
  /** The edges of the bins. Each bin has its left edge, the last one both. */
  readonly bins: readonly number[];

  /**
   * @param data the numbers, copied; null where `npHistogram` is given
   * @throws TypeError for data that are not numbers; RangeError for `numBins` outside 1 to 512, and in W&B's words where
   *   `npHistogram` does not fit
   */
  constructor(data: HistogramData | null, options: HistogramOptions = {}) {
    checkNames("Histogram", options, OPTIONS, "{ numBins: 32 }");
    const { numBins = 64, npHistogram, onWarning } = options;
    if (!(Number.isInteger(numBins) && numBins >= 1)) {
      throw new RangeError(
        `Histogram: numBins: expected a whole number from 1 to ${Histogram.MAX_LENGTH}; got ${describe(numBins)}`,
      );
    }
    if (npHistogram !== undefined && data !== null) {
      throw new TypeError("Histogram: expected null before npHistogram, which holds the counts; got data too");
    }
    const [counts, edges] = npHistogram ?? countsAndEdges(data, numBins, onWarning);
    if (counts.length > Histogram.MAX_LENGTH) {
      throw new RangeError(`The maximum length of a histogram is ${Histogram.MAX_LENGTH}`);
    }
    if (counts.length + 1 !== edges.length) throw new RangeError("len(bins) must be len(histogram) + 1");
    this.histogram = Array.from(counts);
    this.bins = Array.from(edges);
  }

  /** What `run.log` writes. */
  toJSON(): HistogramJson {
    return { _type: "histogram", values: this.histogram, bins: this.bins };
  }
}

function countsAndEdges(data: unknown, bins: number, onWarning: OnWarning | undefined) {
  const { values, dtype } = numbersOf(data, "Histogram");
  const range = rangeOf(values);
  const left = values.length - range.count;
  if (left > 0) {
    warn(
      "histogram-not-finite",
      `Histogram: ${left} of ${values.length} values are NaN or infinite and left out`,
      onWarning,
    );
  }
  const { edges: scaled, span, first, round, scale } = binning(range, bins, ROUND[dtype] ?? ((value) => value));
  const edges = scaled.map((edge) => edge / scale);
  const counts = new Array<number>(bins).fill(0);
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]);
    if (!Number.isFinite(value)) continue;
    let bin = Math.trunc(round(round(round(value * scale - first) / span) * bins));
    if (bin === bins) bin--;
    // numpy's words: the index computation is not guaranteed to give exactly consistent results within ~1 ULP of the bin edges.
    if (value < edges[bin]!) bin--;
    if (value >= edges[bin + 1]! && bin !== bins - 1) bin++;
    counts[bin]!++;
  }
  return [counts, edges] as const;
}

/** What numpy computes in the dtype of the data; whole numbers it computes in float64. */
const ROUND: Readonly<Record<string, (value: number) => number>> = { float32: Math.fround, float16: roundToFloat16 };

interface Range {
  readonly first: number | bigint;
  readonly last: number | bigint;
  /** How many values are finite. */
  readonly count: number;
}

function rangeOf(values: ArrayLike<number | bigint>): Range {
  let [first, last, count]: [number | bigint, number | bigint, number] = [Infinity, -Infinity, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (typeof value === "number" && !Number.isFinite(value)) continue;
    count++;
    if (value < first) first = value;
    if (value > last) last = value;
  }
  return count === 0 ? { first: 0, last: 1, count } : { first, last, count }; // 0 to 1 is numpy's range of no numbers
}

interface Binning {
  readonly edges: readonly number[];
  readonly first: number;
  /** The width of all bins together. */
  readonly span: number;
  readonly round: (value: number) => number;
  /** What values are multiplied by, so that `span` is finite. */
  readonly scale: number;
}

/** numpy's _get_bin_edges and linspace. */
function binning(range: Range, bins: number, round: (value: number) => number): Binning {
  let [first, last] = [Number(range.first), Number(range.last)];
  if (range.count === 0) return { ...float64Binning(first, last, bins, round), scale: 1 };
  if (range.first === range.last) [first, last] = [round(first - 0.5), round(last + 0.5)];
  // The difference of 64-bit integers is exact in numpy, by unsigned arithmetic.
  const exact = typeof range.first === "bigint" && range.first !== range.last;
  const span = exact ? Number(BigInt(range.last) - BigInt(range.first)) : round(last - first);
  if (!Number.isFinite(span)) return { ...float64Binning(first / 4, last / 4, bins), scale: 1 / 4 };
  const step = round(round(last - first) / bins);
  const edges = Array.from({ length: bins }, (_, i) => round(round(i * step) + first));
  edges.push(last);
  if (edges.every((edge, i) => i === 0 || edge > edges[i - 1]!)) return { edges, first, span, round, scale: 1 };
  // Here numpy finds "too many bins for data range": so much wider that the edges differ.
  const middle = first / 2 + last / 2;
  const half = Math.max((last - first) / 2, 0.5, Math.abs(middle) * 2 ** -30);
  const [low, high] = [Math.max(middle - half, -Number.MAX_VALUE), Math.min(middle + half, Number.MAX_VALUE)];
  return { ...float64Binning(low, high, bins), scale: 1 };
}

function float64Binning(first: number, last: number, bins: number, rounded = (edge: number) => edge) {
  const span = last - first;
  const edges = Array.from({ length: bins + 1 }, (_, i) => (i === bins ? last : rounded(first + i * (span / bins))));
  return { edges, first, span, round: (value: number) => value };
}

/** The nearest float16 (IEEE 754 binary16, ties to even). */
function roundToFloat16(value: number): number {
  const size = Math.abs(value);
  if (!(size < 65520)) return value * Infinity; // also NaN
  const exponent = Math.max(Math.floor(Math.log2(size)), -14);
  const unit = 2 ** (exponent - 10);
  const units = size / unit;
  const low = Math.floor(units);
  const up = units - low > 0.5 || (units - low === 0.5 && low % 2 === 1);
  return Math.sign(value) * (low + (up ? 1 : 0)) * unit;
}
