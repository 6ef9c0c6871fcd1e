// The values of a tensor as they were before a network's normalization.
import { conversionKernels } from "../fallback/index.ts";
import type { Frame } from "../frame.ts";
import { kernels } from "../kernels.ts";
import { shown } from "../messages.ts";
import { checkOptionNames } from "../option-names.ts";
import { isPlanar } from "./copy-rows.ts";

/** A number a channel, or one for all; the alpha of 4 channels with 3 numbers stays as it is. */
export interface Denormalize {
  readonly mean: number | readonly number[];
  readonly std: number | readonly number[];
}

/** @throws TypeError for anything but { mean, std }, each a finite number or a list of them */
export function checkDenormalize(denormalize: unknown): void {
  if (denormalize === undefined) return;
  checkOptionNames("denormalize", denormalize, ["mean", "std"], "{ mean: 0.5, std: 0.5 }");
  for (const name of ["mean", "std"] as const) {
    const given = (denormalize as Readonly<Record<string, unknown>>)[name];
    const values: readonly unknown[] = Array.isArray(given) ? given : [given];
    if (values.length > 0 && values.every((value) => Number.isFinite(value))) continue;
    throw new TypeError(`denormalize.${name}: expected a number, or one a channel; got ${shown(given)}`);
  }
}

/**
 * A function that puts the values of a tile back where they were. Reserves kernel memory.
 * @throws TypeError for a dtype other than float32 and float64; RangeError for too many or too few means or stds
 */
export function denormalizer(frame: Frame, { mean, std }: Denormalize): (tile: number, rows: number) => void {
  const { dtype, channels, width } = frame;
  if (dtype !== "float32" && dtype !== "float64") {
    throw new TypeError(`denormalize: expected float32 or float64; got an array of ${dtype}`);
  }
  const means = perChannel("mean", mean, channels, 0);
  const stds = perChannel("std", std, channels, 1);
  const { buffer, reserve } = kernels();
  const { multiplyAddF32, multiplyAddF64 } = conversionKernels();
  const Elements = dtype === "float32" ? Float32Array : Float64Array;
  const size = Elements.BYTES_PER_ELEMENT;
  const kernel = dtype === "float32" ? multiplyAddF32 : multiplyAddF64;
  // The kernel's patterns repeat every 12 values: one for interleaved channels, one a plane otherwise.
  const planes = isPlanar(frame) ? channels : 1;
  const channelOf = (i: number) => (planes === 1 ? i % channels : Math.floor(i / 12));
  const patternOf = (values: readonly number[]) => {
    const pattern = reserve(planes * 12 * size);
    const elements = new Elements(buffer, pattern, planes * 12);
    for (let i = 0; i < elements.length; i++) elements[i] = values[channelOf(i)]!;
    return pattern;
  };
  const [factors, terms] = [patternOf(stds), patternOf(means)];
  return (tile, rows) => {
    const n = (rows * width * channels) / planes;
    for (let c = 0; c < planes; c++) kernel(tile + c * n * size, n, factors + c * 12 * size, terms + c * 12 * size);
  };
}

function perChannel(
  name: string,
  given: number | readonly number[],
  channels: number,
  alpha: number,
): readonly number[] {
  const values = typeof given === "number" ? new Array<number>(channels).fill(given) : given;
  if (values.length === 3 && channels === 4) return [...values, alpha];
  if (values.length !== channels) {
    throw new RangeError(`denormalize.${name}: expected ${channels} numbers, one a channel; got ${values.length}`);
  }
  return values;
}
