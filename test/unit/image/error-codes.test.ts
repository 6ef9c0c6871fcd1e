// Errors that a program may want to tell apart have a `code`.
import { expect, test } from "@jest/globals";
import { type ErrorCode, Image, ImageMask, type ImageOptions, type Warning } from "../../../src/node.ts";

const codeOf = (run: () => unknown): unknown => {
  try {
    run();
    return "no error";
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
};

const pixels = { data: new Uint8Array(12), width: 2, height: 2 };
const image = (input: unknown, options: object = {}) => new Image(input as never, options as ImageOptions);
const detached = new Uint8ClampedArray(16);
structuredClone(detached, { transfer: [detached.buffer] });

test.each<[ErrorCode, () => unknown]>([
  ["unknown-option", () => image(pixels, { captoin: "a cat" })],
  ["not-an-image", () => image({ dta: [1] })],
  ["needs-await", () => image(Promise.resolve(pixels))],
  ["no-longer-readable", () => image({ data: detached, width: 2, height: 2 })],
  ["shape-mismatch", () => image({ data: new Float32Array(5), shape: [2, 2] })],
  ["shape-mismatch", () => image({ data: new Float32Array(20), shape: [2, 2, 5] })],
  ["shape-mismatch", () => image({ ...pixels, channels: 4 })],
  ["image-too-large", () => image({ data: new Uint8Array(65501), width: 65501, height: 1 })],
  ["unsupported-mode", () => image(pixels, { mode: "RGBA", fileType: "jpg" })],
  ["mask-size", () => image(pixels, { masks: { m: new ImageMask({ mask_data: [[1]] }, "m") } })],
  ["not-loggable", () => image("https://example.org/a.png").checkLoggable()],
])("%s", (code, run) => {
  expect(codeOf(run)).toBe(code);
});

test("an ndarray that is ambiguous twice is warned about once", () => {
  const warnings: Warning[] = [];
  const ndarray = {
    data: new Uint8Array(27),
    shape: [3, 3, 3],
    stride: [3, 9, 1],
    offset: 0,
    dtype: "uint8",
    pick() {},
    transpose() {},
    get() {},
  };
  image(ndarray, { onWarning: (warning: Warning) => warnings.push(warning) });
  expect(warnings.map(({ code }) => code)).toEqual(["ambiguous-layout"]);
});
