// Frame → 8-bit Rows: which rule an array's range asks for, and the rule applied band by band.
//
// W&B's rule: all values in [0,1] → x · 255; else all in [-1,1] → 127.5 · (x + 1); else clip to [0,255]; truncated. NaN is
// left out of the test and drawn 0. Two passes over the array, each through a tile of kernel memory: a scan that stops as
// soon as only clipping is left, then the conversion, which goes on counting what the scan did not see.
import type { Dtype, Frame } from "../frame.ts";
import type { ConvertKernels } from "../kernels.ts";
import { kernels } from "../kernels.ts";
import type { Mode, Rows } from "../rows.ts";
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

export interface NormalizeOptions {
  /** false: clip to [0,255] and truncate, whatever the range. Never rescales, never wraps. */
  readonly normalize?: boolean | undefined;
  readonly onWarning?: OnWarning | undefined;
}

export interface Normalized {
  readonly rows: Rows;
  /** Exact after `rows` have been read to their end; null with `normalize: false`. */
  readonly normalization: Normalization | null;
}

const MODES: readonly Mode[] = ["L", "LA", "RGB", "RGBA"];

/** What a tile of the caller's elements takes of kernel memory: leaves the second-level cache room for the output. */
const TILE_BYTES = 1 << 18;

// The rules as assembly/scale.ts numbers them.
const UNIT = 0;
const SIGNED = 1;
const CLIP = 2;
const LINEAR = 3;

/** How values become bytes, settled before any byte is made. */
interface Decision {
  readonly rule: Normalization["rule"];
  readonly arithmetic: number;
  /** Values that become 0 and 255. */
  readonly lo: number;
  readonly hi: number;
}

/** The array as 8-bit rows of mode L, LA, RGB or RGBA. Warns when the last row has been read. */
export function normalize(frame: Frame, options: NormalizeOptions): Normalized {
  const source = new Source(frame);
  const seen = new Seen();
  const raw = options.normalize === false;
  const decision = raw ? clip : decide(source, seen);
  const write = source.scaler(decision);
  const { height, width } = frame;
  let told = false;

  return {
    rows: {
      mode: MODES[frame.channels - 1]!,
      width,
      height,
      read(y, count, dst) {
        if (y === 0 && seen.rows < height) seen.adopt(new Seen());
        for (const end = y + count; y < end; ) {
          const rows = Math.min(source.rows, end - y);
          const tile = source.load(y, rows, dst);
          // Rows come downwards, so the first reading sees each value once.
          if (y === seen.rows) source.scan(tile, rows, seen, decision);
          write(tile, rows, dst);
          y += rows;
          dst += rows * width * frame.channels;
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

const clip: Decision = { rule: "clip", arithmetic: CLIP, lo: 0, hi: 255 };
const unit: Decision = { rule: "unit", arithmetic: UNIT, lo: 0, hi: 1 };
const signed: Decision = { rule: "signed", arithmetic: SIGNED, lo: -1, hi: 1 };

/** W&B's rule; leaves `seen` as it was, for the conversion to count. */
function decide(source: Source, seen: Seen): Decision {
  const scout = new Seen();
  const { height } = source.frame;
  for (let y = 0; y < height; y += source.rows) {
    const rows = Math.min(source.rows, height - y);
    source.scan(source.load(y, rows, null), rows, scout, null);
    if (scout.min < -1 || scout.max > 1) return clip;
  }
  seen.adopt(scout);
  return scout.min < 0 ? signed : unit;
}

/** What the scan has seen so far. */
class Seen {
  rows = 0;
  min = Infinity;
  max = -Infinity;
  nan = 0;
  clipped = 0;

  adopt(other: Seen): void {
    Object.assign(this, other);
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

type Range = (src: number, n: number, out: number) => number;
type Scale = (rule: number, src: number, n: number, dst: number, lo: number, hi: number) => void;
type CountOutside = (src: number, n: number, lo: number, hi: number) => number;

/** A frame in kernel memory, tile by tile, with the kernels of its dtype. */
class Source {
  readonly frame: Frame;
  /** Rows of a tile. */
  readonly rows: number;
  readonly #kernels: ConvertKernels;
  readonly #range: Range;
  readonly #pull: (y: number, count: number, dst: number) => void;
  readonly #planar: boolean;
  /** Bytes that are already packed pixels need no tile between: they go where the rows are wanted. */
  readonly #direct: boolean;
  readonly #tile: number;
  readonly #out: number;

  constructor(frame: Frame) {
    const { reserve, convert } = kernels();
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
    this.#out = reserve(16);
  }

  /** Pointer to rows y … y + count − 1: in the tile, or at `dst` where that is as good. */
  load(y: number, count: number, dst: number | null): number {
    const at = this.#direct && dst !== null ? dst : this.#tile;
    this.#pull(y, count, at);
    return at;
  }

  /** Adds what the tile holds to `seen`; with a decision also the values it clips. */
  scan(tile: number, rows: number, seen: Seen, decision: Decision | null): void {
    const n = rows * this.frame.width * this.frame.channels;
    seen.nan += this.#range(tile, n, this.#out);
    const range = new Float64Array(kernels().buffer, this.#out, 2);
    const [min, max] = range as unknown as [number, number];
    if (min < seen.min) seen.min = min;
    if (max > seen.max) seen.max = max;
    if (decision !== null && (min < decision.lo || max > decision.hi)) {
      const count = OUTSIDE[this.frame.dtype](this.#kernels);
      seen.clipped += count(tile, n, decision.lo, decision.hi);
    }
    seen.rows += rows;
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

  #scale(arithmetic: number, lo: number, hi: number): Scale {
    const kernel = SCALE[this.frame.dtype];
    if (kernel !== null) return kernel(this.#kernels);
    const { tableF16, lookup16 } = this.#kernels;
    const table = kernels().reserve(65536);
    tableF16(arithmetic, table, lo, hi);
    return (_rule, src, n, dst) => lookup16(src, n, dst, table);
  }
}

const RANGE: Readonly<Record<Dtype, (kernels: ConvertKernels) => Range>> = {
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

const OUTSIDE: Readonly<Record<Dtype, (kernels: ConvertKernels) => CountOutside>> = {
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
const SCALE: Readonly<Record<Dtype, ((kernels: ConvertKernels) => Scale) | null>> = {
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
      ? `normalize: false takes values as 0 to 255, and these are ${min} to ${max}`
      : `values ${min} to ${max} fit neither [0, 1] nor [-1, 1], so they were taken as 0 to 255`;
    const remedy = raw
      ? "Leave normalize out, or multiply the values by 255."
      : `Clamp them to ${min < -0.5 ? "[-1, 1]" : "[0, 1]"} before logging.`;
    warn("almost-black", `${why}: the image is nearly black. ${remedy}`, onWarning);
  } else if (clipped > 0) {
    warn(
      "clipped",
      `${clipped} of ${total} values lie outside [${decision.lo}, ${decision.hi}] (they are ${min} to ${max}) and were clipped. ` +
        "Scale them to [0, 1] or to 0 to 255 before logging to keep them.",
      onWarning,
    );
  }
}
