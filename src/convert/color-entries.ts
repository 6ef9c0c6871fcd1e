// Values → entries of a colormap's 256 colors, as matplotlib picks them: the place in [0, 1] times 256, truncated, where gray levels
// are the place times 255. Half of all values would have the neighboring color otherwise.
import { BYTES_PER_ELEMENT, type Dtype, float16Value } from "../dtype.ts";
import { type ConversionKernels, conversionKernels } from "../fallback/index.ts";
import { CLIP, LINEAR, SIGNED, UNIT } from "../fallback/scale.ts";
import type { Frame } from "../frame.ts";
import { kernels } from "../kernels.ts";
import type { Decision } from "./decision.ts";
import { denormalizer } from "./denormalize.ts";
import { valueReader } from "./tiles.ts";

type WriteRows = (tile: number, rows: number, dst: number) => void;

/**
 * A function that writes the entries of a tile's rows, of one channel; undefined where gray levels are the entries: integers that are
 * taken as they are, as matplotlib takes them, or as [0, 1].
 */
export function entryWriter(frame: Frame, decision: Decision): WriteRows | undefined {
  const { dtype, width } = frame;
  const { arithmetic, lo, hi } = decision;
  const isFloat = dtype.startsWith("float");
  if (arithmetic === CLIP || (!isFloat && arithmetic !== LINEAR)) return undefined;
  if (dtype === "float16") return byTable(decision, width);
  if (arithmetic === LINEAR) return byValue(frame, lo, hi);
  // x · 256, or (x + 1) · 128, is exact to the bit of x, or of x + 1; what is past 255 is clipped.
  const restore = denormalizer(frame, arithmetic === UNIT ? { mean: 0, std: 256 } : { mean: 128, std: 128 });
  const { scaleF32, scaleF64 } = conversionKernels();
  const scale = dtype === "float32" ? scaleF32 : scaleF64;
  return (tile, rows, dst) => {
    restore(tile, rows);
    scale(CLIP, tile, rows * width, dst, 0, 255);
  };
}

/** The place of a value in [0, 1] by the rule, in float64. */
function placeOf(x: number, { arithmetic, lo, hi }: Decision): number {
  if (arithmetic === UNIT) return x;
  return arithmetic === SIGNED ? (x + 1) / 2 : (x - lo) / (hi - lo);
}

const entryOf = (place: number): number => (place >= 1 ? 255 : place > 0 ? Math.trunc(place * 256) : 0);

function byTable(decision: Decision, width: number): WriteRows {
  const { u8, reserve } = kernels();
  const { lookup16 }: ConversionKernels = conversionKernels();
  const table = reserve(65536);
  for (let bits = 0; bits < 65536; bits++) u8[table + bits] = entryOf(placeOf(float16Value(bits), decision));
  return (tile, rows, dst) => lookup16(tile, rows * width, dst, table);
}

/** In the array's own precision, as numpy computes it: matplotlib's Normalize, then its Colormap. */
function byValue({ dtype, width }: Frame, lo: number, hi: number): WriteRows {
  const { u8, buffer } = kernels();
  const round: (x: number) => number = dtype === "float32" ? Math.fround : (x) => x;
  const [low, span] = [round(lo), round(round(hi) - round(lo))];
  const valueAt = valueReader(dtype as Dtype, buffer);
  return (tile, rows, dst) => {
    const first = tile / BYTES_PER_ELEMENT[dtype];
    for (let i = 0; i < rows * width; i++) u8[dst + i] = entryOf(round(round(valueAt(first + i) - low) / span));
  };
}
