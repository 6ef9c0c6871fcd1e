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

const MEMORIES = [
  (size) => new ArrayBuffer(size),
  (size) => new ArrayBuffer(size),
  (size) => new ArrayBuffer(size),
  (size) => new SharedArrayBuffer(size),
  (size) => new SharedArrayBuffer(size, { maxByteLength: 2 * size }),
  (size) => new ArrayBuffer(size, { maxByteLength: 2 * size }),
];
/** Most heights are small: the lanes of a kernel and their tails are seen in a few rows. */
const SIDES = [3, 3, 6, 6, 10, 20];

/** The rule of `src/convert/`, value by value: [0, 1] · 255, else 255 · (x + 1) / 2, else clipped to [0, 255]; truncated. */
function expected(values, round) {
  let [min, max] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const half = round(255 * 0.5);
  const scale =
    min >= 0 && max <= 1 ? (x) => round(x * 255) : min >= -1 && max <= 1 ? (x) => round(half * round(x + 1)) : (x) => x;
  // A Uint8Array takes NaN as 0, and drops the fraction.
  return new Uint8Array(values.map((x) => Math.min(255, Math.max(0, scale(x)))));
}

/** @returns a case of files.mjs' form, without parts to leave out */
export function arrayCase(random) {
  const [Values, draw] = random.of(KINDS);
  const span = random.of(SPANS);
  const largest = random.of(SIDES);
  const [height, width, channels] = [1 + random.below(largest), 1 + random.below(2 * largest), random.of([1, 2, 3, 4])];
  const planes = channels > 1 && random.chance(0.4);
  const sizes = planes ? [channels, height, width] : [height, width, channels];
  const padding = random.chance(0.5) ? random.below(4) : 0;
  const steps = [sizes[1] * (sizes[2] + padding), sizes[2] + padding, 1];
  const length = sizes[0] * steps[0] + random.below(9);
  // The array need not begin where its memory begins.
  const start = random.chance(0.3) ? Values.BYTES_PER_ELEMENT * (1 + random.below(9)) : 0;
  const size = start + length * Values.BYTES_PER_ELEMENT;
  const data = new Values(random.of(MEMORIES)(size), start, length);
  for (let i = 0; i < length; i++) data[i] = draw(random, span);
  // Some axes run backwards.
  let offset = 0;
  const strides = steps.map((step, axis) => {
    if (!random.chance(0.2)) return step;
    offset += step * (sizes[axis] - 1);
    return -step;
  });
  const at = (y, x, c) => {
    const [row, column, channel] = planes ? [strides[1], strides[2], strides[0]] : strides;
    return Number(data[offset + y * row + x * column + c * channel]);
  };
  const input = { data, shape: sizes, strides, offset };
  const layout = planes ? "CHW" : "HWC";

  function call() {
    const values = new Float64Array(height * width * channels);
    let n = 0;
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) for (let c = 0; c < channels; c++) values[n++] = at(y, x, c);
    const image = new Image(input, { layout, onWarning() {} });
    const { data: pixels } = image.toDataArray({ layout: "HWC" });
    // Bytes are pixels already: they are not scaled.
    const bytes = Values === Uint8Array || Values === Uint8ClampedArray;
    const truth =
      bytes && !values.every((value) => value <= 1)
        ? new Uint8Array(values)
        : expected(values, Values === Float32Array ? Math.fround : (x) => x);
    if (pixels.length !== truth.length) return `${pixels.length} values; expected ${truth.length}`;
    for (let i = 0; i < truth.length; i++)
      if (pixels[i] !== truth[i]) return `value ${i} is ${pixels[i]}; expected ${truth[i]} of ${values[i]}`;
  }
  const show = () => `${Values.name} ${layout} [${sizes}] strides [${strides}] offset ${offset}`;
  return { parts: [], call, show };
}
