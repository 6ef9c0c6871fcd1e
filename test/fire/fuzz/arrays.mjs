// Arrays of every dtype, layout, stride and offset against a scalar model of W&B's range rule, in the arithmetic of the array's dtype.
import { Image } from "../../../build/modules/node.js";

const KINDS = [
  [Uint8Array, (random) => random.below(256)],
  [Uint8ClampedArray, (random) => random.below(256)],
  [Int8Array, (random) => random.below(256) - 128],
  [Uint16Array, (random) => random.below(700)],
  [Int16Array, (random) => random.below(700) - 300],
  [Uint32Array, (random) => random.below(700)],
  [Int32Array, (random) => random.below(700) - 300],
  [BigInt64Array, (random) => BigInt(random.below(700) - 300)],
  [BigUint64Array, (random) => BigInt(random.below(700))],
  [Float32Array, (random, span) => span(random)],
  [Float64Array, (random, span) => span(random)],
];
const SPANS = [
  (random) => random.next(),
  (random) => random.next() * 2 - 1,
  (random) => random.next() * 400 - 60,
  (random) => (random.chance(0.1) ? random.of([NaN, Infinity, -Infinity, -0]) : random.next()),
];

/** The rule of `src/convert/`, value by value: [0, 1] · 255, else 255 · (x + 1) / 2, else clipped to [0, 255]; truncated. */
function expected(values, round) {
  const known = values.filter((value) => !Number.isNaN(value));
  const [min, max] = [Math.min(...known), Math.max(...known)];
  const scale =
    min >= 0 && max <= 1
      ? (x) => round(x * 255)
      : min >= -1 && max <= 1
        ? (x) => round(round(255 * 0.5) * round(x + 1))
        : (x) => Math.min(255, Math.max(0, x));
  return Uint8Array.from(values, (x) => (Number.isNaN(x) ? 0 : Math.trunc(Math.min(255, Math.max(0, scale(x))))));
}

/** @returns a case of files.mjs' form, without parts to leave out */
export function arrayCase(random) {
  const [Values, draw] = random.of(KINDS);
  const span = random.of(SPANS);
  const [height, width, channels] = [1 + random.below(20), 1 + random.below(40), random.of([1, 2, 3, 4])];
  const planes = channels > 1 && random.chance(0.4);
  const sizes = planes ? [channels, height, width] : [height, width, channels];
  const padding = random.chance(0.5) ? random.below(4) : 0;
  const steps = [sizes[1] * (sizes[2] + padding), sizes[2] + padding, 1];
  const length = sizes[0] * steps[0] + random.below(9);
  const size = length * Values.BYTES_PER_ELEMENT;
  const data = new Values(
    random.of([
      length,
      length,
      new SharedArrayBuffer(size),
      new SharedArrayBuffer(size, { maxByteLength: 2 * size }),
      new ArrayBuffer(size, { maxByteLength: 2 * size }),
    ]),
  );
  for (let i = 0; i < length; i++) data[i] = draw(random, span);
  // Some axes run backwards.
  let offset = 0;
  const strides = steps.map((step, axis) => {
    if (!random.chance(0.2)) return step;
    offset += step * (sizes[axis] - 1);
    return -step;
  });
  const at = (y, x, c) => {
    const [a, b, d] = planes ? [c, y, x] : [y, x, c];
    return Number(data[offset + a * strides[0] + b * strides[1] + d * strides[2]]);
  };
  const input = { data, shape: sizes, strides, offset };
  const layout = planes ? "CHW" : "HWC";

  function call() {
    const values = [];
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) for (let c = 0; c < channels; c++) values.push(at(y, x, c));
    const image = new Image(input, { layout, onWarning() {} });
    const { data: pixels } = image.toDataArray({ layout: "HWC" });
    // Bytes are pixels already: they are not scaled.
    const bytes = Values === Uint8Array || Values === Uint8ClampedArray;
    const wanted = expected(values, Values === Float32Array ? Math.fround : (x) => x);
    const truth = bytes && !values.every((value) => value <= 1) ? Uint8Array.from(values) : wanted;
    if (pixels.length !== truth.length) return `${pixels.length} values; expected ${truth.length}`;
    const wrong = pixels.findIndex((value, i) => value !== truth[i]);
    if (wrong >= 0) return `value ${wrong} is ${pixels[wrong]}; expected ${truth[wrong]} of ${values[wrong]}`;
  }
  const show = () => `${Values.name} ${layout} [${sizes}] strides [${strides}] offset ${offset}`;
  return { parts: [], call, show };
}
