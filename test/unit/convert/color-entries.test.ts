import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { colorsOf } from "../../../src/convert/adjust/colormap.ts";
import { selectKernels } from "../../../src/kernels.ts";
import { Image, type ImageOptions } from "../../../src/node.ts";
import { ENGINES } from "../../support/engines.ts";

// The entry of viridis that matplotlib picks: test/fixtures/colormap.py.
interface Case {
  readonly dtype: "float32" | "float64";
  readonly rule: "unit" | "signed" | "range" | "minmax";
  readonly lo: number;
  readonly hi: number;
  readonly values: number[];
  readonly entries: number[];
}

const { cases } = JSON.parse(readFileSync(new URL("../../fixtures/colormap.json", import.meta.url), "utf8")) as {
  cases: Case[];
};
const VIRIDIS = colorsOf("viridis");

describe.each(ENGINES)("colormap of floats (%s)", (engine) => {
  const read = (data: unknown, options: ImageOptions, shape: number[]) => {
    selectKernels(engine);
    const image = new Image({ data, shape } as never, { colormap: "viridis", onWarning: () => {}, ...options });
    return image.toDataArray({ layout: "HWC" }).data;
  };
  const colors = (entries: readonly number[]) =>
    Uint8Array.from(entries.flatMap((i) => [...VIRIDIS.subarray(3 * i, 3 * i + 3)]));

  test.each(cases)("$dtype, $rule: matplotlib's entries", ({ dtype, rule, lo, hi, values, entries }) => {
    const data = dtype === "float32" ? Float32Array.from(values) : Float64Array.from(values);
    const options: ImageOptions = {
      unit: {},
      signed: {},
      range: { range: [lo, hi] as const },
      minmax: { range: "minmax" as const },
    }[rule];
    expect(read(data, options, [1, data.length])).toEqual(colors(entries));
    // Column by column, and from a batch.
    const rows = [4, data.length / 4];
    expect(read(data, options, rows)).toEqual(colors(entries));
  });

  test("a range by name, float16, integers that are stretched", () => {
    const quarter = [0, 0.25, 0.5, 0.75, 1, 1.5, -1];
    expect(read(Float32Array.from(quarter), { range: "unit" }, [1, 7])).toEqual(colors([0, 64, 128, 192, 255, 255, 0]));
    const half = { data: Uint16Array.of(0, 0x3400, 0x3800, 0x3a00, 0x3c00), shape: [1, 5], dtype: "float16" };
    selectKernels(engine);
    const image = new Image(half, { colormap: "viridis" });
    expect(image.toDataArray({ layout: "HWC" }).data).toEqual(colors([0, 64, 128, 192, 255]));
    expect(read(Uint16Array.of(0, 1000, 2000, 4000), { range: "minmax" }, [1, 4])).toEqual(colors([0, 64, 128, 255]));
  });

  test("integers are entries themselves, as in matplotlib; NaN is the first color", () => {
    expect(read(Uint8Array.of(0, 1, 128, 255), {}, [1, 4])).toEqual(colors([0, 1, 128, 255]));
    expect(read(Int32Array.of(-5, 3, 300), {}, [1, 3])).toEqual(colors([0, 3, 255]));
    expect(read(Float32Array.of(NaN, 0.5), {}, [1, 2])).toEqual(colors([0, 128]));
  });
});
