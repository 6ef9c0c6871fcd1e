// Frame → 8-bit Rows: which rule an array's range asks for, and the rule applied band by band.
//
// W&B's rule: all values in [0,1] → x · 255; else all in [-1,1] → 127.5 · (x + 1); else clip to [0,255]; truncated. NaN is
// left out of the test and drawn 0. Scanning the array first would read it twice; instead the rule is guessed from a few
// of its values, and the scan runs band by band just before the conversion (`speculate`).
import { ARRAYS, float16Value } from "../dtype.ts";
import { type ConversionKernels, conversionKernels } from "../fallback/index.ts";
import type { Dtype, Frame } from "../frame.ts";
import { kernels } from "../kernels.ts";
import type { Mode, Rows } from "../rows.ts";
import { BYTES_PER_PIXEL } from "../rows.ts";
import type { OnWarning } from "../warnings.ts";
import { warn } from "../warnings.ts";
import { BYTES_PER_ELEMENT, isPlanar, puller } from "./pull.ts";

/** What was done to an array's values, and what they were. Exact once the Rows have been read to their end. */
export interface Normalization {
  /** [0,1] → ·255; [-1,1] → 127.5·(x + 1); clipped to [0,255]; the array's own or a given range stretched; by type. */
  readonly rule: "unit" | "signed" | "clip" | "minmax" | "range" | "dtype";
  /** Smallest and largest value, NaN left out; NaN if there is no other value. A 64-bit integer as the nearest number. */
  readonly min: number;
  readonly max: number;
  /** How many values are NaN (drawn 0). */
  readonly nan: number;
  /** How many values lay outside what 0 … 255 stand for, and became 0 or 255. */
  readonly clipped: number;
}

/** How values become 0 … 255. */
export type Range = "auto" | "unit" | "signed" | "byte" | "minmax" | "dtype" | readonly [lo: number, hi: number];

/** A number a channel, or one for all; the alpha of 4 channels with 3 numbers stays as it is. */
export interface Denormalize {
  readonly mean: number | readonly number[];
  readonly std: number | readonly number[];
}

export interface NormalizeOptions {
  /** false: clip to [0,255] and truncate, whatever the range. Never rescales, never wraps. */
  readonly normalize?: boolean | undefined;
  /**
   * What becomes 0 … 255, values outside it clipped: "auto" (W&B's rule, the default), "unit" [0,1], "signed" [-1,1],
   * "byte" [0,255], "minmax" from the smallest to the largest value, [lo, hi], or "dtype": integers by their type's top 8
   * bits, floats as "unit".
   */
  readonly range?: Range | undefined;
  /**
   * Undoes a network's normalisation, (x − mean) / std by channel, before anything else: x · std + mean, then taken as
   * [0,1] unless `range` says otherwise. float32 and float64.
   */
  readonly denormalize?: Denormalize | undefined;
  /**
   * 16: keep 16 bits, as mode I;16 or RGB;16: integers clipped to 0 … 65535 (uint8 stretched to it), floats of [0,1] or
   * [-1,1] scaled to it, or whatever `range` says. For arrays of 1 or 3 channels.
   */
  readonly bitDepth?: 8 | 16 | undefined;
  /** A decision made over several frames (`decideRange`); instead of `range`. */
  readonly decision?: Decision | undefined;
  readonly onWarning?: OnWarning | undefined;
}

export interface Normalized {
  readonly rows: Rows;
  /** Exact after `rows` have been read to their end; null with `normalize: false`. */
  readonly normalization: Normalization | null;
}

const MODES: readonly Mode[] = ["L", "LA", "RGB", "RGBA"];
const DEEP_MODES: Partial<Record<number, Mode>> = { 1: "I;16", 3: "RGB;16" };

/** What a tile of the caller's elements takes of kernel memory: leaves the second-level cache room for the output. */
const TILE_BYTES = 1 << 18;

// The rules as assembly/scale.ts numbers them.
const UNIT = 0;
const SIGNED = 1;
const CLIP = 2;
const LINEAR = 3;

/** How values become bytes, settled before any byte is made. */
export interface Decision {
  readonly rule: Normalization["rule"];
  readonly arithmetic: number;
  /** Values that become 0 and 255. */
  readonly lo: number;
  readonly hi: number;
}

const clip: Decision = { rule: "clip", arithmetic: CLIP, lo: 0, hi: 255 };
const unit: Decision = { rule: "unit", arithmetic: UNIT, lo: 0, hi: 1 };
const signed: Decision = { rule: "signed", arithmetic: SIGNED, lo: -1, hi: 1 };

/** @throws TypeError, RangeError for a range that is none, or together with `normalize: false` */
export function checkRange(range: unknown, normalize?: boolean): void {
  if (range === undefined) return;
  if (normalize === false) {
    throw new TypeError("range together with normalize: false: nothing is scaled then; leave one of them out");
  }
  if (Array.isArray(range)) {
    const [lo, hi] = range;
    if (range.length !== 2 || typeof lo !== "number" || typeof hi !== "number") {
      throw new TypeError(`range ${JSON.stringify(range)}: expected two numbers [lo, hi]`);
    }
    if (!(lo < hi && hi - lo < Infinity)) throw new RangeError(`range [${lo}, ${hi}]: expected finite lo < hi`);
  } else if (!["auto", "unit", "signed", "byte", "minmax", "dtype"].includes(range as string)) {
    throw new TypeError(
      `range ${JSON.stringify(range)}: expected "auto", "unit", "signed", "byte", "minmax", "dtype" or [lo, hi]`,
    );
  }
}

/** One decision for all frames (of one dtype), from all of their values. To be called inside `scratch`. */
export function decideRange(
  frames: readonly Frame[],
  range: Range | undefined = undefined,
  denormalize: Denormalize | undefined = undefined,
): Decision {
  range ??= denormalize === undefined ? "auto" : "unit";
  const { dtype } = frames[0]!;
  // float16 rounds at each step, in a table that also clips; elsewhere a given range may have values outside it, which
  // UNIT and SIGNED do not clip, and LINEAR has the same results.
  const half = dtype === "float16";
  if (range === "byte") return clip;
  if (range === "unit") return half ? unit : { ...unit, arithmetic: LINEAR };
  if (range === "signed") return half ? signed : { ...signed, arithmetic: LINEAR };
  if (range === "dtype") return rangeOfDtype(dtype);
  if (Array.isArray(range)) return { rule: "range", arithmetic: LINEAR, lo: range[0], hi: range[1] };

  const seen = new Seen();
  for (const frame of frames) {
    const { scratch } = kernels();
    scratch(() => {
      const source = new Source(frame, denormalize);
      for (let y = 0; y < frame.height && !(range === "auto" && classOf(seen) === clip); y += source.rows) {
        const rows = Math.min(source.rows, frame.height - y);
        source.scan(source.load(y, rows, null), rows, seen);
      }
    });
  }
  if (range === "auto") return classOf(seen);
  const empty = seen.min > seen.max;
  return { rule: "minmax", arithmetic: LINEAR, lo: empty ? 0 : seen.min, hi: empty ? 1 : seen.max };
}

/** W&B's rule, from what has been seen. */
function classOf({ min, max }: { readonly min: number; readonly max: number }): Decision {
  if (min < -1 || max > 1) return clip;
  return min < 0 ? signed : unit;
}

/** Integers by their top 8 bits: steps of equal width, black at the least value that the type holds. */
function rangeOfDtype(dtype: Dtype): Decision {
  const bits = 8 * BYTES_PER_ELEMENT[dtype];
  const integer = dtype.includes("int");
  const lo = dtype.startsWith("int") ? -(2 ** (bits - 1)) : 0;
  return { rule: "dtype", arithmetic: LINEAR, lo, hi: integer ? lo + 255 * 2 ** (bits - 8) : 1 };
}

/** Thrown by Rows that were converted by a guess when a value refutes it. */
class Refuted extends Error {
  readonly decision: Decision;

  constructor(decision: Decision) {
    super("the range was guessed wrong");
    this.decision = decision;
  }
}

/**
 * `use`, given the array as 8-bit rows, by W&B's rule guessed from some of its values: 1.4 to 1.7 times as fast as a scan
 * of the whole before it. A value that refutes the guess ends `use` by an error from `read`, and it runs anew; as a guess
 * only ever moves from [0,1] to [-1,1] to clipping, at most twice. Opens a `scratch` for each run.
 */
export function speculate<T>(frame: Frame, options: NormalizeOptions, use: (normalized: Normalized) => T): T {
  const { scratch } = kernels();
  const { normalize: wanted, range = "auto", decision, denormalize, bitDepth = 8 } = options;
  const known = wanted === false || range !== "auto" || decision !== undefined;
  if (known || denormalize !== undefined || bitDepth === 16) return scratch(() => use(normalize(frame, options)));
  for (let guess = decideRange([sampled(frame)]); ; ) {
    try {
      return scratch(() => use(convertBy(frame, guess, true, options)));
    } catch (error) {
      if (!(error instanceof Refuted)) throw error;
      guess = error.decision;
    }
  }
}

/** At most 32 × 32 pixels of a frame, evenly spread: a view. */
function sampled(frame: Frame): Frame {
  const { strides } = frame;
  const height = Math.min(32, frame.height);
  const width = Math.min(32, frame.width);
  const y = strides.y * Math.floor(frame.height / height);
  const x = strides.x * Math.floor(frame.width / width);
  return { ...frame, height, width, strides: { y, x, c: strides.c } };
}

/**
 * The array as rows of mode L, LA, RGB or RGBA, or I;16 or RGB;16. Warns when the last row has been read.
 * @throws RangeError for 2 or 4 channels of 16 bits
 */
export function normalize(frame: Frame, options: NormalizeOptions): Normalized {
  const { decision, range, denormalize, bitDepth } = options;
  const raw = options.normalize === false;
  if (bitDepth === 16) return convertBy(frame, decide16(frame, raw ? { range: "byte" } : options), false, options);
  return convertBy(frame, raw ? clip : (decision ?? decideRange([frame], range, denormalize)), false, options);
}

/** As decideRange, for 65536 levels: what 8 bits would clip to [0,255] may use them all. */
function decide16(frame: Frame, { range, denormalize, decision: shared }: NormalizeOptions): Decision {
  const { dtype } = frame;
  const integer = dtype.includes("int");
  const words: Decision = { rule: "clip", arithmetic: LINEAR, lo: 0, hi: dtype === "uint8" ? 255 : 65535 };
  if (range === "byte" || (integer && (range ?? "auto") === "auto" && denormalize === undefined)) return words;
  const decision = shared ?? decideRange([frame], range, denormalize);
  if (decision.rule === "clip") return words;
  const { lo, hi } = decision;
  // 65535 of 65536 equal steps of an integer type, where 8 bits take 255 of 256.
  return decision.rule === "dtype" && integer && dtype !== "uint8" && dtype !== "int8"
    ? { ...decision, hi: lo + ((hi - lo) / 255 / 256) * 65535 }
    : decision;
}

function convertBy(frame: Frame, decision: Decision, guessed: boolean, options: NormalizeOptions): Normalized {
  const { height, width, channels } = frame;
  const deep = options.bitDepth === 16;
  const mode = deep ? DEEP_MODES[channels] : MODES[channels - 1];
  if (mode === undefined) throw new RangeError(`bitDepth: 16 holds 1 or 3 channels; the array has ${channels}`);
  const source = new Source(frame, options.denormalize);
  const seen = new Seen();
  const raw = options.normalize === false;
  const write = deep ? source.deepScaler(decision) : source.scaler(decision);
  const stride = width * BYTES_PER_PIXEL[mode];
  let told = false;

  return {
    rows: {
      mode,
      width,
      height,
      read(y, count, dst) {
        if (y === 0 && seen.rows < height) seen.clear();
        for (const end = y + count; y < end; ) {
          const rows = Math.min(source.rows, end - y);
          const tile = source.load(y, rows, deep ? null : dst);
          // Rows come downwards, so the first reading sees each value once.
          if (y === seen.rows) {
            source.scan(tile, rows, seen);
            if (seen.min < decision.lo || seen.max > decision.hi) {
              if (guessed && decision.rule !== "clip") throw new Refuted(classOf(seen));
              seen.clipped += source.outside(tile, rows, decision);
            }
          }
          write(tile, rows, dst);
          y += rows;
          dst += rows * stride;
        }
        if (y === height && !told) {
          told = true;
          tell(frame, seen, decision, raw, options.onWarning);
        }
      },
    },
    normalization: raw ? null : report(decision, seen),
  };
}

/** What the scan has seen so far. */
class Seen {
  rows = 0;
  min = Infinity;
  max = -Infinity;
  nan = 0;
  clipped = 0;

  clear(): void {
    Object.assign(this, new Seen());
  }
}

function report(decision: Decision, seen: Seen): Normalization {
  return {
    rule: decision.rule,
    get min() {
      return seen.min <= seen.max ? seen.min : NaN;
    },
    get max() {
      return seen.min <= seen.max ? seen.max : NaN;
    },
    get nan() {
      return seen.nan;
    },
    get clipped() {
      return seen.clipped;
    },
  };
}

/** A function that puts the values of a tile back where they were before a network's normalisation. */
function denormalizer(frame: Frame, { mean, std }: Denormalize): (tile: number, rows: number) => void {
  const { dtype, channels, width } = frame;
  if (dtype !== "float32" && dtype !== "float64") {
    throw new TypeError(`denormalize: the array is ${dtype}; expected float32 or float64`);
  }
  const means = perChannel("mean", mean, channels, 0);
  const stds = perChannel("std", std, channels, 1);
  const { buffer, reserve } = kernels();
  const convert = conversionKernels();
  const Elements = dtype === "float32" ? Float32Array : Float64Array;
  const size = Elements.BYTES_PER_ELEMENT;
  const kernel = dtype === "float32" ? convert.multiplyAddF32 : convert.multiplyAddF64;
  // The kernel's patterns repeat every 12 values: one for interleaved channels, one a plane otherwise.
  const planes = isPlanar(frame) ? channels : 1;
  const factors = reserve(planes * 12 * size);
  const terms = reserve(planes * 12 * size);
  const channelOf = (i: number) => (planes === 1 ? i % channels : Math.floor(i / 12));
  new Elements(buffer, factors, planes * 12).forEach((_, i, all) => {
    all[i] = stds[channelOf(i)]!;
  });
  new Elements(buffer, terms, planes * 12).forEach((_, i, all) => {
    all[i] = means[channelOf(i)]!;
  });
  return (tile, rows) => {
    const n = (rows * width * channels) / planes;
    for (let c = 0; c < planes; c++) kernel(tile + c * n * size, n, factors + c * 12 * size, terms + c * 12 * size);
  };
}

function perChannel(name: string, given: unknown, channels: number, alpha: number): readonly number[] {
  const values = typeof given === "number" ? new Array<number>(channels).fill(given) : given;
  if (!Array.isArray(values) || !values.every((value) => typeof value === "number" && Number.isFinite(value))) {
    throw new TypeError(`denormalize.${name} ${JSON.stringify(given)}: expected a number, or one a channel`);
  }
  if (values.length === 3 && channels === 4) return [...values, alpha];
  if (values.length !== channels) {
    throw new RangeError(`denormalize.${name}: ${values.length} numbers for ${channels} channels`);
  }
  return values;
}

/** Elements of kernel memory as numbers. */
function reader(dtype: Dtype, memory: ArrayBuffer): (i: number) => number {
  const elements = new ARRAYS[dtype](memory);
  if (dtype === "float16") return (i) => float16Value(elements[i] as number);
  return (i) => Number(elements[i]);
}

type RangeKernel = (src: number, n: number, out: number) => number;
type Scale = (rule: number, src: number, n: number, dst: number, lo: number, hi: number) => void;
type CountOutside = (src: number, n: number, lo: number, hi: number) => number;

/** A frame in kernel memory, tile by tile, with the kernels of its dtype. */
class Source {
  readonly frame: Frame;
  /** Rows of a tile. */
  readonly rows: number;
  readonly #kernels: ConversionKernels;
  readonly #range: RangeKernel;
  readonly #pull: (y: number, count: number, dst: number) => void;
  readonly #planar: boolean;
  /** Bytes that are already packed pixels need no tile between: they go where the rows are wanted. */
  readonly #direct: boolean;
  readonly #tile: number;
  /** min and max, as a range kernel leaves them. */
  readonly #out: Float64Array;

  readonly #restore: ((tile: number, rows: number) => void) | null;

  constructor(frame: Frame, denormalize?: Denormalize) {
    const { reserve, buffer } = kernels();
    const convert = conversionKernels();
    const size = BYTES_PER_ELEMENT[frame.dtype];
    const rowBytes = frame.width * frame.channels * size;
    this.frame = frame;
    this.rows = Math.max(1, Math.min(frame.height, Math.floor(TILE_BYTES / rowBytes)));
    this.#kernels = convert;
    this.#range = RANGE[frame.dtype](convert);
    this.#pull = puller(frame);
    this.#planar = isPlanar(frame);
    this.#direct = size === 1 && !this.#planar;
    this.#tile = reserve(this.rows * rowBytes);
    this.#restore = denormalize === undefined ? null : denormalizer(frame, denormalize);
    this.#out = new Float64Array(buffer, reserve(16), 2);
  }

  /** Pointer to rows y … y + count − 1: in the tile, or at `dst` where that is as good. */
  load(y: number, count: number, dst: number | null): number {
    const at = this.#direct && dst !== null ? dst : this.#tile;
    this.#pull(y, count, at);
    this.#restore?.(at, count);
    return at;
  }

  /** Adds what the tile holds to `seen`. */
  scan(tile: number, rows: number, seen: Seen): void {
    seen.nan += this.#range(tile, rows * this.frame.width * this.frame.channels, this.#out.byteOffset);
    const [min, max] = this.#out as unknown as [number, number];
    if (min < seen.min) seen.min = min;
    if (max > seen.max) seen.max = max;
    seen.rows += rows;
  }

  /** How many values of the tile the decision clips. */
  outside(tile: number, rows: number, { lo, hi }: Decision): number {
    const count = OUTSIDE[this.frame.dtype](this.#kernels);
    return count(tile, rows * this.frame.width * this.frame.channels, lo, hi);
  }

  /** A function that writes `rows` rows of the tile as packed pixels. */
  scaler({ arithmetic, lo, hi }: Decision): (tile: number, rows: number, dst: number) => void {
    const { width, channels, dtype } = this.frame;
    const { reserve } = kernels();
    const { interleave, scalePlanesF32 } = this.#kernels;
    const scale = this.#scale(arithmetic, lo, hi);
    if (!this.#planar) return (tile, rows, dst) => scale(arithmetic, tile, rows * width * channels, dst, lo, hi);

    if (dtype === "float32" && channels > 2 && arithmetic !== LINEAR) {
      return (tile, rows, dst) => scalePlanesF32(arithmetic, tile, rows * width, rows * width, channels, dst);
    }
    const planes = BYTES_PER_ELEMENT[dtype] === 1 ? this.#tile : reserve(this.rows * width * channels);
    return (tile, rows, dst) => {
      const n = rows * width;
      scale(arithmetic, tile, n * channels, planes, lo, hi);
      interleave(planes, n, n, channels, dst);
    };
  }

  /** A function that writes `rows` rows of the tile as packed pixels of 16 bits a channel. */
  deepScaler({ lo, hi }: Decision): (tile: number, rows: number, dst: number) => void {
    const { width, channels, dtype } = this.frame;
    const { buffer, u8, reserve } = kernels();
    const count = this.rows * width * channels;
    // Rows may be wanted at an odd address, where no Uint16Array can be.
    const words = reserve(2 * count);
    const scaled = this.#planar ? reserve(2 * count) : words;
    const [out, from] = [new Uint16Array(buffer, words, count), new Uint16Array(buffer, scaled, count)];
    const { deepF32 } = this.#kernels;
    const read = dtype === "float32" ? null : reader(dtype, buffer);
    return (tile, rows, dst) => {
      const n = rows * width * channels;
      if (read === null) deepF32(tile, n, scaled, lo, hi);
      else {
        const first = tile / BYTES_PER_ELEMENT[dtype];
        for (let i = 0; i < n; i++) {
          const x = ((read(first + i) - lo) / (hi - lo)) * 65535;
          from[i] = x > 65535 ? 65535 : x > 0 ? x : 0;
        }
      }
      if (this.#planar) {
        const pixels = rows * width;
        for (let i = 0; i < n; i++) out[i] = from[(i % channels) * pixels + Math.floor(i / channels)]!;
      }
      u8.copyWithin(dst, words, words + 2 * n);
    };
  }

  #scale(arithmetic: number, lo: number, hi: number): Scale {
    const kernel = SCALE[this.frame.dtype];
    if (kernel !== null) return kernel(this.#kernels);
    const { tableF16, lookup16 } = this.#kernels;
    const table = kernels().reserve(65536);
    tableF16(arithmetic, table, lo, hi);
    return (_rule, src, n, dst) => lookup16(src, n, dst, table);
  }
}

const RANGE: Readonly<Record<Dtype, (kernels: ConversionKernels) => RangeKernel>> = {
  bool: (k) => k.rangeU8,
  uint8: (k) => k.rangeU8,
  int8: (k) => k.rangeI8,
  uint16: (k) => k.rangeU16,
  int16: (k) => k.rangeI16,
  uint32: (k) => k.rangeU32,
  int32: (k) => k.rangeI32,
  uint64: (k) => k.rangeU64,
  int64: (k) => k.rangeI64,
  float16: (k) => k.rangeF16,
  float32: (k) => k.rangeF32,
  float64: (k) => k.rangeF64,
};

const OUTSIDE: Readonly<Record<Dtype, (kernels: ConversionKernels) => CountOutside>> = {
  bool: (k) => k.outsideU8,
  uint8: (k) => k.outsideU8,
  int8: (k) => k.outsideI8,
  uint16: (k) => k.outsideU16,
  int16: (k) => k.outsideI16,
  uint32: (k) => k.outsideU32,
  int32: (k) => k.outsideI32,
  uint64: (k) => k.outsideU64,
  int64: (k) => k.outsideI64,
  float16: (k) => k.outsideF16,
  float32: (k) => k.outsideF32,
  float64: (k) => k.outsideF64,
};

// float16 goes by table.
const SCALE: Readonly<Record<Dtype, ((kernels: ConversionKernels) => Scale) | null>> = {
  bool: (k) => k.scaleU8,
  uint8: (k) => k.scaleU8,
  int8: (k) => k.scaleI8,
  uint16: (k) => k.scaleU16,
  int16: (k) => k.scaleI16,
  uint32: (k) => k.scaleU32,
  int32: (k) => k.scaleI32,
  uint64: (k) => k.scaleU64,
  int64: (k) => k.scaleI64,
  float16: null,
  float32: (k) => k.scaleF32,
  float64: (k) => k.scaleF64,
};

/** As numpy prints it: the fewest digits that give the same float32 (a float64 is a JavaScript number as it is). */
function shown(value: number, { dtype }: Frame): string {
  for (let digits = 1; dtype !== "float64" && digits < 10; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(value);
}

/** The warnings that an array's values call for. */
function tell(frame: Frame, seen: Seen, decision: Decision, raw: boolean, onWarning: OnWarning | undefined): void {
  const { min, max, nan, clipped } = seen;
  const total = frame.height * frame.width * frame.channels;
  if (nan > 0) {
    warn(
      "nan",
      `${nan} of ${total} values are NaN; they are left out of the range and drawn as 0 (black). ` +
        "Replace them before logging to choose another value.",
      onWarning,
    );
  }
  const nearlyBlack = frame.dtype.startsWith("float") && decision.rule === "clip" && min >= -2 && max > 0 && max <= 2;
  if (nearlyBlack) {
    const why = raw
      ? `normalize: false takes values as 0 to 255, and these are ${shown(min, frame)} to ${shown(max, frame)}`
      : `values ${shown(min, frame)} to ${shown(max, frame)} fit neither [0, 1] nor [-1, 1], so they were taken as 0 to 255`;
    const remedy = raw
      ? "Leave normalize out, or multiply the values by 255."
      : `Pass range: "${min < -0.5 ? "signed" : "unit"}", or clamp them before logging.`;
    warn("almost-black", `${why}: the image is nearly black. ${remedy}`, onWarning);
  } else if (clipped > 0) {
    warn(
      "clipped",
      `${clipped} of ${total} values lie outside [${decision.lo}, ${decision.hi}] (they are ${shown(min, frame)} to ${shown(max, frame)}) and were clipped. ` +
        'Scale them to [0, 1] or to 0 to 255 before logging, or pass range: "minmax" or range: [lo, hi].',
      onWarning,
    );
  }
}
