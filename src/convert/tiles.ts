// A frame in kernel memory, tile by tile, and the kernels of its dtype: a scan of its values, their scaling to 8 or 16 bits.
import { ARRAYS, BYTES_PER_ELEMENT, type Dtype, float16Value } from "../dtype.ts";
import { type ConversionKernels, conversionKernels } from "../fallback/index.ts";
import { LINEAR } from "../fallback/scale.ts";
import type { Frame } from "../frame.ts";
import { kernels } from "../kernels.ts";
import { frameCopier, isPlanar } from "./copy-rows.ts";
import type { Decision } from "./decision.ts";
import { type Denormalize, denormalizer } from "./denormalize.ts";
import type { ValueStats } from "./value-stats.ts";

/** What a tile of the caller's elements takes of kernel memory: leaves the second-level cache room for the output. */
const TILE_BYTES = 1 << 18;

/** What the kernels of a dtype are named after. */
const SUFFIX = {
  bool: "U8",
  uint8: "U8",
  int8: "I8",
  uint16: "U16",
  int16: "I16",
  uint32: "U32",
  int32: "I32",
  uint64: "U64",
  int64: "I64",
  float16: "F16",
  float32: "F32",
  float64: "F64",
} as const satisfies Record<Dtype, string>;

type WriteRows = (tile: number, rows: number, dst: number) => void;
type Scale = (arithmetic: number, src: number, n: number, dst: number, lo: number, hi: number) => void;

export class TileReader {
  readonly frame: Frame;
  /** Rows of a tile. */
  readonly rows: number;
  readonly #kernels: ConversionKernels;
  readonly #copy: (y: number, count: number, dst: number) => void;
  readonly #restore: ((tile: number, rows: number) => void) | null;
  readonly #planar: boolean;
  /** Bytes that are already packed pixels need no tile between: they go where the rows are wanted. */
  readonly #direct: boolean;
  readonly #tile: number;
  /** min and max, as a range kernel leaves them. */
  readonly #out: Float64Array;

  /** Reserves kernel memory: to be made, and used, inside one `scratch`. */
  constructor(frame: Frame, denormalize?: Denormalize) {
    const { reserve, buffer } = kernels();
    const size = BYTES_PER_ELEMENT[frame.dtype];
    const rowBytes = frame.width * frame.channels * size;
    this.frame = frame;
    this.rows = Math.max(1, Math.min(frame.height, Math.floor(TILE_BYTES / rowBytes)));
    this.#kernels = conversionKernels();
    this.#copy = frameCopier(frame);
    this.#planar = isPlanar(frame);
    this.#direct = size === 1 && !this.#planar;
    this.#tile = reserve(this.rows * rowBytes);
    this.#restore = denormalize === undefined ? null : denormalizer(frame, denormalize);
    this.#out = new Float64Array(buffer, reserve(16), 2);
  }

  /** Pointer to rows y … y + count − 1: in the tile, or at `dst` where they already are as the output has them. */
  load(y: number, count: number, dst: number | null): number {
    const at = this.#direct && dst !== null ? dst : this.#tile;
    this.#copy(y, count, at);
    this.#restore?.(at, count);
    return at;
  }

  /** Adds what the tile holds to `stats`. */
  scan(tile: number, rows: number, stats: ValueStats): void {
    const { dtype, width, channels } = this.frame;
    stats.nan += this.#kernels[`range${SUFFIX[dtype]}`](tile, rows * width * channels, this.#out.byteOffset);
    const [min, max] = this.#out as unknown as [number, number];
    if (min < stats.min) stats.min = min;
    if (max > stats.max) stats.max = max;
    stats.rows += rows;
  }

  /** The same without infinities, which no range can be stretched from; slower. */
  scanFinite(tile: number, rows: number, stats: ValueStats): void {
    const { dtype, width, channels } = this.frame;
    const valueAt = valueReader(dtype, kernels().buffer);
    const first = tile / BYTES_PER_ELEMENT[dtype];
    for (let i = first; i < first + rows * width * channels; i++) {
      const value = valueAt(i);
      if (!Number.isFinite(value)) continue;
      if (value < stats.min) stats.min = value;
      if (value > stats.max) stats.max = value;
    }
  }

  /** How many values of the tile the decision clips. */
  outside(tile: number, rows: number, { lo, hi }: Decision): number {
    const { dtype, width, channels } = this.frame;
    return this.#kernels[`outside${SUFFIX[dtype]}`](tile, rows * width * channels, lo, hi);
  }

  /** A function that writes `rows` rows of the tile as packed pixels. */
  scaler({ arithmetic, lo, hi }: Decision): WriteRows {
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
    const suffix = SUFFIX[this.frame.dtype];
    if (suffix !== "F16") return this.#kernels[`scale${suffix}`];
    const { tableF16, lookup16 } = this.#kernels;
    const table = kernels().reserve(65536);
    tableF16(arithmetic, table, lo, hi);
    return (_arithmetic, src, n, dst) => lookup16(src, n, dst, table);
  }

  /** A function that writes `rows` rows of the tile as packed pixels of 16 bits a channel. */
  scaler16({ lo, hi }: Decision): WriteRows {
    const { width, channels, dtype } = this.frame;
    const { buffer, u8, reserve } = kernels();
    const count = this.rows * width * channels;
    // Rows may be wanted at an odd address, where no Uint16Array can be.
    const words = reserve(2 * count);
    const scaled = this.#planar ? reserve(2 * count) : words;
    const [out, from] = [new Uint16Array(buffer, words, count), new Uint16Array(buffer, scaled, count)];
    const { deepF32 } = this.#kernels;
    const valueAt = dtype === "float32" ? null : valueReader(dtype, buffer);
    return (tile, rows, dst) => {
      const n = rows * width * channels;
      if (valueAt === null) deepF32(tile, n, scaled, lo, hi);
      else {
        const first = tile / BYTES_PER_ELEMENT[dtype];
        for (let i = 0; i < n; i++) {
          const x = ((valueAt(first + i) - lo) / (hi - lo)) * 65535;
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
}

/** Elements of kernel memory as numbers. */
export function valueReader(dtype: Dtype, memory: ArrayBuffer): (i: number) => number {
  const elements = new ARRAYS[dtype](memory);
  if (dtype === "float16") return (i) => float16Value(elements[i] as number);
  return (i) => Number(elements[i]);
}
