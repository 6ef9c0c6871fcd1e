// Looks of a 4K frame (color map, background, BGR, smaller size) against the plain JavaScript loop of the same work, band
// by band as an encoder pulls them, the copying in included. Each row is verified before it is timed.
import { colormapped, colorsOf } from "../build/modules/convert/adjust/colormap.js";
import { adjusted } from "../build/modules/convert/adjust/index.js";
import { kernels } from "../build/modules/kernels.js";
import { BYTES_PER_PIXEL, collect, packedRows } from "../build/modules/rows.js";
import { random } from "./images.mjs";

const smoke = process.argv.includes("--smoke");
const [WIDTH, HEIGHT] = smoke ? [96, 56] : [3840, 2160];
const ROUNDS = smoke ? 1 : 9;
const SMALL = WIDTH / 4;
const pixels = WIDTH * HEIGHT;

const next = random(3);
const data = Object.fromEntries(
  ["L", "RGB", "RGBA"].map((mode) => [
    mode,
    Uint8Array.from({ length: pixels * BYTES_PER_PIXEL[mode] }, () => next() * 256),
  ]),
);
const table = colorsOf("turbo");

const rows = [
  {
    name: "colormap L → RGB",
    mode: "L",
    plain(source, out) {
      for (let i = 0; i < pixels; i++) {
        out[3 * i] = table[3 * source[i]];
        out[3 * i + 1] = table[3 * source[i] + 1];
        out[3 * i + 2] = table[3 * source[i] + 2];
      }
      return out;
    },
    ours: (source) => colormapped(source, "turbo"),
  },
  {
    name: "RGBA on a background",
    mode: "RGBA",
    plain(source, out) {
      for (let i = 0; i < pixels; i++) {
        const alpha = source[4 * i + 3];
        for (let c = 0; c < 3; c++)
          out[3 * i + c] = Math.round((source[4 * i + c] * alpha + 200 * (255 - alpha)) / 255);
      }
      return out;
    },
    ours: (source) => adjusted(source, { background: 200 }),
  },
  {
    name: "BGR → RGB",
    mode: "RGB",
    goal: "", // of its time, more than half is the copying in
    plain(source, out) {
      for (let i = 0; i < pixels * 3; i += 3) {
        out[i] = source[i + 2];
        out[i + 1] = source[i + 1];
        out[i + 2] = source[i];
      }
      return out;
    },
    ours: (source) => adjusted(source, { channelOrder: "BGR" }),
  },
  {
    name: `RGB to a quarter, ${SMALL} wide`,
    mode: "RGB",
    plain(source, out) {
      const height = HEIGHT / 4;
      for (let y = 0, o = 0; y < height; y++) {
        for (let x = 0; x < SMALL; x++) {
          for (let c = 0; c < 3; c++) {
            let sum = 0;
            for (let v = 0; v < 4; v++)
              for (let u = 0; u < 4; u++) sum += source[((4 * y + v) * WIDTH + 4 * x + u) * 3 + c];
            out[o++] = sum / 16 + 0.5;
          }
        }
      }
      return out.subarray(0, SMALL * height * 3);
    },
    ours: (source) => adjusted(source, { maxSize: SMALL }),
  },
];

function pull(made) {
  const { scratch, reserve } = kernels();
  scratch(() => {
    const picture = made();
    const stride = picture.width * BYTES_PER_PIXEL[picture.mode];
    const band = Math.max(1, Math.floor(400_000 / stride));
    const dst = reserve(band * stride);
    for (let y = 0; y < picture.height; y += band) picture.read(y, Math.min(band, picture.height - y), dst);
  });
}

console.log(`${"milliseconds".padEnd(32)}    plain     ours    ratio   goal`);
for (const { name, mode, plain, ours, goal = "≥ 5×" } of rows) {
  const out = new Uint8Array(pixels * 3);
  const made = () => ours(packedRows(data[mode], mode, WIDTH, HEIGHT));
  const expected = plain(data[mode], out);
  if (
    Buffer.compare(
      kernels().scratch(() => collect(made())),
      expected,
    ) !== 0
  )
    throw new Error(`${name}: results differ`);
  let [slow, fast] = [Infinity, Infinity];
  for (let round = 0; round < ROUNDS; round++) {
    let start = performance.now();
    plain(data[mode], out);
    slow = Math.min(slow, performance.now() - start);
    start = performance.now();
    pull(made);
    fast = Math.min(fast, performance.now() - start);
  }
  const ratio = `${(slow / fast).toFixed(1)}×`;
  console.log(
    `${name.padEnd(32)} ${slow.toFixed(2).padStart(8)} ${fast.toFixed(2).padStart(8)} ${ratio.padStart(8)}   ${goal}`,
  );
}
