// Scores of classes (logits or probabilities) → for each pixel the class of the highest; resized on the way where asked for.
import { float16Value, type TypedArray } from "../dtype.ts";
import { conversionKernels } from "../fallback/index.ts";
import { kernels } from "../kernels.ts";
import { tagOf } from "../messages.ts";

/** Scores as they lie packed in the caller's memory. */
export interface Scores {
  readonly data: TypedArray;
  /** Values are float16 patterns. */
  readonly float16: boolean;
  readonly height: number;
  readonly width: number;
  readonly classes: number;
  readonly planar: boolean;
}

/** Bytes of scores that are copied into kernel memory at once. */
const TILE_BYTES = 1 << 18;

/**
 * A copy, one byte a pixel. Of equal scores the first class wins; NaN never does. Scores are compared in their own dtype: those of
 * up to 16 bits and float32 by the kernel, which holds them all exactly; wider ones here.
 */
export function argmax(scores: Scores): Uint8Array {
  const size = scores.data.BYTES_PER_ELEMENT;
  const isFloat32 = size <= 2 || tagOf(scores.data) === "Float32Array";
  return isFloat32 ? argmaxFloat32(scores) : argmaxWide(scores);
}

/** float64 and integers of 32 and 64 bits, which float32 would take for equal where they differ by little. */
function argmaxWide({ data, height, width, classes, planar }: Scores): Uint8Array {
  const pixels = height * width;
  const mask = new Uint8Array(pixels);
  const [pixel, step] = planar ? [1, pixels] : [classes, 1];
  for (let i = 0, start = 0; i < pixels; i++, start += pixel) {
    let best = data[start]!;
    for (let c = 1, at = start + step; c < classes; c++, at += step) {
      const score = data[at]!;
      // The first may be NaN, which no comparison is true of.
      if (score > best || (isNan(best) && !isNan(score))) {
        best = score;
        mask[i] = c;
      }
    }
  }
  return mask;
}

const isNan = (value: number | bigint) => typeof value === "number" && Number.isNaN(value);

function argmaxFloat32(scores: Scores): Uint8Array {
  const { height, width, classes, planar } = scores;
  const pixels = height * width;
  const mask = new Uint8Array(pixels);
  const { scratch, reserve, buffer, u8 } = kernels();
  const convert = conversionKernels();
  return scratch(() => {
    // A multiple of 16 pixels, the vector's width, so that planes stay apart.
    const tile = Math.max(16, Math.floor(TILE_BYTES / (4 * classes)) & ~15);
    const src = reserve(tile * classes * 4);
    const dst = reserve(tile);
    const values = new Float32Array(buffer, src, tile * classes);
    const copy = copier(scores, values);
    for (let start = 0; start < pixels; start += tile) {
      const n = Math.min(tile, pixels - start);
      if (planar) {
        for (let c = 0; c < classes; c++) copy(c * pixels + start, n, c * tile);
        convert.argmaxPlanesF32(src, tile * 4, n, classes, dst);
      } else {
        copy(start * classes, n * classes, 0);
        convert.argmaxPixelsF32(src, n, classes, dst);
      }
      mask.set(u8.subarray(dst, dst + n), start);
    }
    return mask;
  });
}

/** Elements from `from` on, as float32 at `to`. */
function copier({ data, float16 }: Scores, values: Float32Array): (from: number, n: number, to: number) => void {
  if (float16) {
    const table = Float32Array.from({ length: 65536 }, (_, bits) => float16Value(bits));
    return (from, n, to) => {
      for (let i = 0; i < n; i++) values[to + i] = table[Number(data[from + i])]!;
    };
  }
  const numbers = data as Float32Array;
  return (from, n, to) => values.set(numbers.subarray(from, from + n), to);
}

/**
 * The class of the highest score for each pixel of another size: scores are interpolated bilinearly between the middles of
 * pixels, as PyTorch's interpolate(mode="bilinear", align_corners=False) does, and compared then. NaN spreads to its neighbors.
 */
export function argmaxResized(scores: Scores, to: { readonly width: number; readonly height: number }): Uint8Array {
  const { height, width, classes, planar } = scores;
  const values = floats(scores);
  const [pixel, step] = planar ? [1, height * width] : [classes, 1];
  const mask = new Uint8Array(to.width * to.height);
  const columns = samplesAlong(width, to.width);
  const rows = samplesAlong(height, to.height);
  const best = new Float64Array(to.width);
  for (let y = 0; y < to.height; y++) {
    const { near, far, weight } = rows;
    const [top, low, down] = [near[y]! * width * pixel, far[y]! * width * pixel, weight[y]!];
    best.fill(-Infinity);
    for (let c = 0; c < classes; c++) {
      for (let x = 0; x < to.width; x++) {
        const left = columns.near[x]! * pixel + c * step;
        const right = columns.far[x]! * pixel + c * step;
        const across = columns.weight[x]!;
        const above = values[top + left]! * (1 - across) + values[top + right]! * across;
        const below = values[low + left]! * (1 - across) + values[low + right]! * across;
        const score = above * (1 - down) + below * down;
        if (score <= best[x]! || Number.isNaN(score)) continue;
        best[x] = score;
        mask[y * to.width + x] = c;
      }
    }
  }
  return mask;
}

function floats({ data, float16 }: Scores): ArrayLike<number> {
  if (float16) return Float32Array.from(data as Uint16Array, float16Value);
  return typeof data[0] === "bigint" ? Float64Array.from(data as BigInt64Array, Number) : (data as Float32Array);
}

/** The two samples that each place lies between, and how far it is towards the second. */
function samplesAlong(from: number, to: number): { near: Int32Array; far: Int32Array; weight: Float64Array } {
  const [near, far, weight] = [new Int32Array(to), new Int32Array(to), new Float64Array(to)];
  for (let i = 0; i < to; i++) {
    const place = Math.max(0, ((i + 0.5) * from) / to - 0.5);
    near[i] = Math.floor(place);
    far[i] = Math.min(from - 1, near[i]! + 1);
    weight[i] = place - near[i]!;
  }
  return { near, far, weight };
}
