// Scores of classes (logits or probabilities) → for each pixel the class of the highest.
import { float16Value, type TypedArray } from "../dtype.ts";
import { conversionKernels } from "../fallback/index.ts";
import { kernels } from "../kernels.ts";

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

/** A copy, one byte a pixel. Of equal scores the first class wins; NaN never does. */
export function argmax(scores: Scores): Uint8Array {
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

/** Elements from `from` on, as float32 at `to`: scores that differ by less than float32 tells count as equal. */
function copier({ data, float16 }: Scores, values: Float32Array): (from: number, n: number, to: number) => void {
  if (float16) {
    const table = Float32Array.from({ length: 65536 }, (_, bits) => float16Value(bits));
    return (from, n, to) => {
      for (let i = 0; i < n; i++) values[to + i] = table[Number(data[from + i])]!;
    };
  }
  if (typeof data[0] === "bigint") {
    return (from, n, to) => {
      for (let i = 0; i < n; i++) values[to + i] = Number(data[from + i]);
    };
  }
  const numbers = data as Float32Array;
  return (from, n, to) => values.set(numbers.subarray(from, from + n), to);
}
