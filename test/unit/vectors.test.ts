// The oracle: what numpy (range rule) and Pillow (modes) answer, on the SIMD kernels and on their JavaScript fallback.
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { guessMode, toUint8 } from "../../src/convert/index.ts";
import { normalize } from "../../src/convert/normalize.ts";
import type { Dtype, Frame, TypedArray } from "../../src/frame.ts";
import { selectKernels } from "../../src/kernels.ts";
import { collect } from "../../src/rows.ts";
import { ENGINES } from "../support/engines.ts";

interface Case {
  readonly id: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly layout: "HWC" | "CHW";
  readonly input: readonly [number, number];
  readonly normalize: boolean;
  readonly mode: string | null;
  readonly fileType: string | null;
  readonly guessMode: string;
  readonly uint8: readonly [number, number];
  readonly expect: {
    readonly error?: string;
    readonly rule: string;
    readonly mode: string;
    readonly width: number;
    readonly height: number;
    readonly pixels: readonly [number, number];
  };
}

const fixtures = new URL("../fixtures/", import.meta.url);
const { cases } = JSON.parse(readFileSync(new URL("vectors.json", fixtures), "utf8")) as { cases: readonly Case[] };
const bin = new Uint8Array(readFileSync(new URL("vectors.bin", fixtures)));

const ARRAYS: Record<Dtype, new (buffer: ArrayBuffer) => TypedArray> = {
  bool: Uint8Array,
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  float16: Uint16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  float32: Float32Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
  float64: Float64Array,
};

function bytes([offset, length]: readonly [number, number]): Uint8Array {
  return bin.slice(offset, offset + length);
}

function frameOf({ dtype, shape, layout, input }: Case): Frame {
  const data = new ARRAYS[dtype](bytes(input).buffer as ArrayBuffer);
  const [a, b, c] = shape as [number, number, number | undefined];
  const [height, width, channels] = c === undefined ? [a, b, 1] : layout === "HWC" ? [a, b, c] : [b, c, a];
  const strides =
    layout === "HWC" || c === undefined
      ? { y: width * channels, x: channels, c: 1 }
      : { y: width, x: 1, c: height * width };
  return { data, dtype, height, width, channels: channels as 1 | 2 | 3 | 4, offset: 0, strides };
}

const groups = new Map<string, Case[]>();
for (const one of cases) {
  if (one.mode !== null) continue;
  const group = one.id.slice(0, one.id.lastIndexOf("-"));
  groups.set(group, [...(groups.get(group) ?? []), one]);
}

// Buffers compare at once; toEqual walks them.
function same(actual: Uint8Array, expected: Uint8Array): boolean {
  return Buffer.compare(actual, expected) === 0;
}

describe.each(ENGINES)("on %s", (which) => {
  beforeAll(() => selectKernels(which));

  test.each([...groups])("%s", (_group, members) => {
    for (const one of members) {
      const frame = frameOf(one);
      const options = { normalize: one.normalize, onWarning: () => {} };
      const uint8 = same(toUint8(frame, options).data, bytes(one.uint8));
      const answer = normalize(frame, options, ({ rows, normalization }) => {
        const { width, height, mode } = rows;
        const pixels = same(collect(rows), bytes(one.fileType === null ? one.expect.pixels : one.uint8));
        return { width, height, mode, pixels, rule: normalization?.().rule ?? "clip" };
      });
      expect({ id: one.id, uint8, guess: guessMode(frame, one.fileType ?? undefined), ...answer }).toEqual({
        id: one.id,
        uint8: true,
        guess: one.guessMode,
        width: one.expect.width,
        height: one.expect.height,
        mode: guessMode(frame),
        pixels: true,
        rule: one.expect.rule,
      });
    }
  });
});
