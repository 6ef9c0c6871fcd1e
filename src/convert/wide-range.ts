// Ranges that an array's dtype cannot hold the width of: 64-bit integers beyond 2^53, of which a number keeps no neighbors apart,
// and floats whose spread overflows. Their values are moved or made smaller first, exactly, which changes no pixel.
import { ARRAYS, type TypedArray } from "../dtype.ts";
import type { Frame } from "../frame.ts";

/** How values are brought into reach: x − base, or x · factor with a power of two. */
export interface Reach {
  readonly base: bigint;
  readonly factor: number;
}

/** The reach that the range needs; undefined: none. */
export function reachOf({ dtype }: Frame, lo: number, hi: number): Reach | undefined {
  const width = dtype === "float32" ? Math.fround(Math.fround(hi) - Math.fround(lo)) : hi - lo;
  const overflows = (dtype === "float32" || dtype === "float64") && Number.isFinite(lo) && !Number.isFinite(width);
  return overflows ? { base: 0n, factor: 0.25 } : undefined;
}

export function isBeyondNumbers({ dtype }: Frame, min: number, max: number): boolean {
  return (dtype === "int64" || dtype === "uint64") && Math.max(-min, max) > Number.MAX_SAFE_INTEGER;
}

/** Smallest and largest of 64-bit integers, to the last digit. */
export function exactExtremes(frames: readonly Frame[]): { min: bigint; max: bigint } {
  let min = 2n ** 64n;
  let max = -(2n ** 64n);
  for (const frame of frames) {
    eachValue(frame, (at) => {
      const value = frame.data[at] as bigint;
      if (value < min) min = value;
      if (value > max) max = value;
    });
  }
  return { min, max };
}

/** The frame's values within reach: a packed copy, of float64 where they were integers. */
export function withinReach(frame: Frame, { base, factor }: Reach): Frame {
  const { height, width, channels, data } = frame;
  const isInteger = typeof data[0] === "bigint";
  const dtype = isInteger ? "float64" : frame.dtype;
  const moved = new ARRAYS[dtype](height * width * channels) as Float64Array;
  let next = 0;
  eachValue(frame, (at) => {
    moved[next++] = isInteger ? Number((data[at] as bigint) - base) : (data[at] as number) * factor;
  });
  const strides = { y: width * channels, x: channels, c: 1 };
  return { data: moved as TypedArray, dtype, height, width, channels, offset: 0, strides };
}

/** A value as it was. */
export function backFromReach(value: number, { base, factor }: Reach): number {
  return Number(base) + value / factor;
}

function eachValue({ height, width, channels, offset, strides, stacked }: Frame, take: (at: number) => void): void {
  for (let y = 0; y < height; y++) {
    const picture = stacked === undefined ? 0 : Math.floor(y / stacked.height);
    const row =
      stacked === undefined ? y * strides.y : picture * stacked.stride + (y - picture * stacked.height) * strides.y;
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) take(offset + row + x * strides.x + c * strides.c);
    }
  }
}
