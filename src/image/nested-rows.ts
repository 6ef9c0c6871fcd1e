// Pixels as W&B's nested rows, and whether two pictures have the same.
import type { Pixels } from "../decode/index.ts";

/** `[y][x]`, or `[y][x][c]` where there are several channels. */
export function nestedRows({ data, width, height, channels }: Pixels): number[][] | number[][][] {
  const pixel = channels === 1 ? (i: number) => data[i]! : (i: number) => Array.from(data.subarray(i, i + channels));
  const row = (y: number) => Array.from({ length: width }, (_, x) => pixel((y * width + x) * channels));
  return Array.from({ length: height }, (_, y) => row(y)) as number[][] | number[][][];
}

export function samePixels(a: Pixels, b: Pixels): boolean {
  return a.channels === b.channels && sameArray(a.data, b.data);
}

export function sameArray(a: Uint8Array | Uint16Array, b: Uint8Array | Uint16Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
