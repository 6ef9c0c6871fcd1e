// What the tests share: the package as a user has it, and its pixels back.
import { strict as assert } from "node:assert";
import { Image } from "../../../dist/node.js";

export { Image };

/** The pixels of an Image (a PNG, so exact) and what it warned of. */
export function logged(input, options = {}) {
  const codes = [];
  return { ...pixelsOf(new Image(input, { onWarning: ({ code }) => codes.push(code), ...options })), codes };
}

export async function loggedFrom(input, options = {}) {
  const codes = [];
  return { ...pixelsOf(await Image.from(input, { onWarning: ({ code }) => codes.push(code), ...options })), codes };
}

export function pixelsOf(image) {
  const { data, shape } = image.toDataArray({ layout: "HWC" });
  return { mode: image.mode, shape, data: [...data], normalization: image.normalization };
}

/** height × width × channels bytes that repeat nowhere nearby. */
export function pattern(height, width, channels) {
  return Uint8Array.from({ length: height * width * channels }, (_, i) => (i * 37 + (i >> 3) * 11) & 255);
}

/** [C, H, W] from [H, W, C], a value at a time. */
export function planes(pixels, height, width, channels) {
  const out = new Uint8Array(pixels.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < channels; c++) out[(c * height + y) * width + x] = pixels[(y * width + x) * channels + c];
  return out;
}

/** The image shows exactly these pixels. */
export function shows(found, shape, pixels) {
  assert.deepEqual(found.shape, shape);
  assert.deepEqual(found.data, [...pixels]);
}
