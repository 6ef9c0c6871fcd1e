import { describe, expect, test } from "@jest/globals";
import { selectKernels } from "../../../src/kernels.ts";
import { Image, type ImageOptions, type Warning } from "../../../src/node.ts";
import { ENGINES } from "../../support/engines.ts";

// Values that "minmax" and given ranges cannot stretch in their own dtype, and infinities among others.

const MAX32 = 3.4028234663852886e38;

describe.each(ENGINES)("range (%s)", (engine) => {
  const read = (
    data: unknown,
    options: ImageOptions,
    shape = [1, (data as { length: number }).length],
    dtype?: string,
  ) => {
    selectKernels(engine);
    const warnings: Warning[] = [];
    const image = new Image({ data, shape, dtype } as never, { onWarning: (one) => warnings.push(one), ...options });
    return {
      pixels: image.toDataArray()[0],
      codes: warnings.map(({ code }) => code),
      normalization: image.normalization!,
      warnings,
    };
  };

  // numpy: x = x[isfinite(x)]; (x - x.min()) / (x.max() - x.min()) * 255, truncated; infinities clip.
  test.each([
    ["float32", Float32Array.of(1, Infinity, 2, 3, -Infinity), undefined],
    ["float64", Float64Array.of(1, Infinity, 2, 3, -Infinity), undefined],
    ["float16", Uint16Array.of(0x3c00, 0x7c00, 0x4000, 0x4200, 0xfc00), "float16"],
  ])("minmax leaves infinities out and says so: %s", (_, data, dtype) => {
    const { pixels, warnings, normalization } = read(data, { range: "minmax" }, [1, 5], dtype);
    expect(pixels).toEqual([0, 255, 127, 255, 0]);
    expect(warnings).toEqual([
      {
        code: "infinite",
        message:
          "2 of 5 values are infinite; they are left out of the range and drawn as 0 or 255. Replace them before logging to choose another value.",
      },
    ]);
    expect([normalization.rule, normalization.max, normalization.clipped]).toEqual(["minmax", Infinity, 2]);
    const deep = read(data, { range: "minmax", bitDepth: 16 }, [1, 5], dtype);
    expect([deep.pixels, deep.codes]).toEqual([[0, 65535, 32767, 65535, 0], ["infinite"]]);
  });

  test("with NaN beside them; nothing but infinities; denormalized", () => {
    const mixed = read(Float32Array.of(NaN, 0, 10, Infinity, 5), { range: "minmax" });
    expect([mixed.pixels, mixed.codes]).toEqual([
      [0, 0, 255, 255, 127],
      ["nan", "infinite"],
    ]);
    expect(read(Float64Array.of(Infinity, -Infinity), { range: "minmax" }).pixels).toEqual([255, 0]);
    expect(read(Float32Array.of(0, 1, Infinity), { range: "minmax", denormalize: { mean: 1, std: 2 } }).pixels).toEqual(
      [0, 255, 255],
    );
  });

  test("a batch of which one picture holds an infinity", () => {
    const batch = { data: Float32Array.of(0, 5, 10, Infinity), shape: [2, 1, 2] };
    const images = Image.fromBatch(batch, { range: "minmax", onWarning: () => {} });
    expect(images.map((image) => image.toDataArray()[0])).toEqual([
      [0, 127],
      [255, 255],
    ]);
  });

  test.each<[string, unknown, ImageOptions]>([
    ["float32", Float32Array.of(-MAX32, 0, MAX32), { range: "minmax" }],
    ["float64", Float64Array.of(-Number.MAX_VALUE, 0, Number.MAX_VALUE), { range: "minmax" }],
    ["float32, given", Float32Array.of(-MAX32, 0, MAX32), { range: [-MAX32, MAX32] }],
  ])("a spread wider than the dtype holds does not overflow: %s", (_, data, options) => {
    const { pixels, codes, normalization } = read(data, options);
    expect([pixels, codes]).toEqual([[0, 127, 255], []]);
    expect([normalization.min, normalization.max]).toEqual([(data as number[])[0], (data as number[])[2]]);
    expect(read(data, { ...options, bitDepth: 16 }).pixels).toEqual([0, 32767, 65535]);
    // Planes, and other strides.
    const planes = Float64Array.from([0, 1, 2].flatMap((c) => [(data as number[])[c]!, (data as number[])[2 - c]!]));
    selectKernels(engine);
    const color = new Image({ data: planes, shape: [3, 1, 2] }, { layout: "CHW", range: "minmax" });
    expect(color.toDataArray()).toEqual([
      [
        [0, 127, 255],
        [255, 127, 0],
      ],
    ]);
  });

  test.each<[string, BigInt64Array | BigUint64Array]>([
    ["int64", BigInt64Array.of(2n ** 60n, 2n ** 60n + 1n, 2n ** 60n + 2n)],
    ["negative", BigInt64Array.of(-(2n ** 60n) - 2n, -(2n ** 60n) - 1n, -(2n ** 60n))],
    ["uint64", BigUint64Array.of(2n ** 64n - 3n, 2n ** 64n - 2n, 2n ** 64n - 1n)],
    ["all of it", BigInt64Array.of(-(2n ** 63n), 0n, 2n ** 63n - 1n)],
  ])("64-bit integers keep their order beyond 2^53: %s", (_, data) => {
    const { pixels, codes } = read(data, { range: "minmax" });
    expect([pixels, codes]).toEqual([[0, 127, 255], []]);
    expect(read(data, { range: "minmax", bitDepth: 16 }).pixels).toEqual([0, 32767, 65535]);
  });

  test("16 bits: the advice is for 16 bits", () => {
    const { warnings } = read(Float32Array.of(0, 70000), { bitDepth: 16 });
    expect(warnings[0]!.message).toContain("to 0 to 65535 before logging");
  });
});
