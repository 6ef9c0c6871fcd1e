// Mode conversions of a 4K frame against the plain JavaScript loop of the same work, band by band as an encoder pulls them.
// Each row is verified before it is timed.
import { argmax } from "../build/modules/convert/argmax.js";
import { convertMode } from "../build/modules/convert/mode.js";
import { conversionKernels } from "../build/modules/fallback/index.js";
import { kernels, selectKernels } from "../build/modules/kernels.js";
import { BYTES_PER_PIXEL, collect, packedRows } from "../build/modules/rows.js";

const WIDTH = 3840;
const HEIGHT = 2160;
const BAND = 32;
const SMOKE = process.argv.includes("--smoke");

const pixels = Object.fromEntries(
  ["L", "LA", "RGB", "RGBA"].map((mode) => {
    const channels = BYTES_PER_PIXEL[mode];
    const data = new Uint8Array(WIDTH * HEIGHT * channels);
    // Smooth with a little noise, as photographs are.
    for (let i = 0; i < data.length; i++) {
      const x = Math.floor(i / channels) % WIDTH;
      data[i] = (x >> 4) + (Math.imul(i, 2654435761) >>> 29) + (i % channels) * 40;
    }
    return [mode, data];
  }),
);

const luma = (d, i) => (d[i] * 19595 + d[i + 1] * 38470 + d[i + 2] * 7471 + 0x8000) >> 16;

/** What one would write: one loop over the pixels, from one typed array into another. */
const plain = {
  "L → RGB": (s, d) => {
    for (let i = 0, o = 0; i < s.length; i++, o += 3) d[o] = d[o + 1] = d[o + 2] = s[i];
  },
  "L → LA": (s, d) => {
    for (let i = 0, o = 0; i < s.length; i++, o += 2) {
      d[o] = s[i];
      d[o + 1] = 255;
    }
  },
  "LA → L": (s, d) => {
    for (let i = 0, o = 0; i < s.length; i += 2, o++) d[o] = s[i];
  },
  "LA → RGBA": (s, d) => {
    for (let i = 0, o = 0; i < s.length; i += 2, o += 4) {
      d[o] = d[o + 1] = d[o + 2] = s[i];
      d[o + 3] = s[i + 1];
    }
  },
  "RGB → RGBA": (s, d) => {
    for (let i = 0, o = 0; i < s.length; i += 3, o += 4) {
      d[o] = s[i];
      d[o + 1] = s[i + 1];
      d[o + 2] = s[i + 2];
      d[o + 3] = 255;
    }
  },
  "RGBA → RGB": (s, d) => {
    for (let i = 0, o = 0; i < s.length; i += 4, o += 3) {
      d[o] = s[i];
      d[o + 1] = s[i + 1];
      d[o + 2] = s[i + 2];
    }
  },
  "RGB → CMYK": (s, d) => {
    for (let i = 0, o = 0; i < s.length; i += 3, o += 4) {
      d[o] = 255 - s[i];
      d[o + 1] = 255 - s[i + 1];
      d[o + 2] = 255 - s[i + 2];
      d[o + 3] = 0;
    }
  },
  "RGB → L": (s, d) => {
    for (let i = 0, o = 0; i < s.length; i += 3, o++) d[o] = luma(s, i);
  },
  "RGBA → LA": (s, d) => {
    for (let i = 0, o = 0; i < s.length; i += 4, o += 2) {
      d[o] = luma(s, i);
      d[o + 1] = s[i + 3];
    }
  },
  "RGB → I;16": (s, d) => {
    const out = new Uint16Array(d.buffer);
    for (let i = 0, o = 0; i < s.length; i += 3, o++) out[o] = luma(s, i);
  },
  "L → I": (s, d) => {
    const out = new Int32Array(d.buffer);
    for (let i = 0; i < s.length; i++) out[i] = s[i];
  },
  "RGB → YCbCr": (s, d) => {
    const table = (w) => Int16Array.from({ length: 256 }, (_, i) => Math.trunc(64 * w * i + 0.5));
    const [yr, yg, yb] = [0.299, 0.587, 0.114].map(table);
    const [ur, ug, ub] = [-0.16874, -0.33126, 0.5].map(table);
    const [vr, vg, vb] = [0.5, -0.41869, -0.08131].map(table);
    for (let i = 0; i < s.length; i += 3) {
      const r = s[i];
      const g = s[i + 1];
      const b = s[i + 2];
      d[i] = (yr[r] + yg[g] + yb[b]) >> 6;
      d[i + 1] = ((ur[r] + ug[g] + ub[b]) >> 6) + 128;
      d[i + 2] = ((vr[r] + vg[g] + vb[b]) >> 6) + 128;
    }
  },
  "L → 1": (s, d) => bilevel(s, d),
  "RGB → 1": (s, d) => {
    const gray = new Uint8Array(d.length);
    for (let i = 0, o = 0; i < s.length; i += 3, o++) {
      gray[o] = (s[i] * 299 + s[i + 1] * 587 + s[i + 2] * 114) / 1000;
    }
    bilevel(gray, d);
  },
  "RGB → P": (s, d) => {
    const level = Uint8Array.from({ length: 256 }, (_, v) => Math.round((v & ~3) / 51));
    const errors = new Int32Array(3 * (WIDTH + 1));
    for (let y = 0, i = 0, o = 0; y < HEIGHT; y++) {
      let [r, r0, r1, g, g0, g1, b, b0, b1] = new Int32Array(9);
      for (let x = 0, k = 0; x < WIDTH; x++, i += 3, k += 3) {
        r = clip(s[i] + (((r + errors[k + 3]) / 16) | 0));
        g = clip(s[i + 1] + (((g + errors[k + 4]) / 16) | 0));
        b = clip(s[i + 2] + (((b + errors[k + 5]) / 16) | 0));
        const cube = level[r] + 6 * level[g] + 36 * level[b];
        d[o++] = cube === 0 ? 0 : cube + 10;
        r -= 51 * level[r];
        g -= 51 * level[g];
        b -= 51 * level[b];
        errors[k] = 3 * r + r0;
        errors[k + 1] = 3 * g + g0;
        errors[k + 2] = 3 * b + b0;
        r0 = 5 * r + r1;
        g0 = 5 * g + g1;
        b0 = 5 * b + b1;
        r1 = r;
        g1 = g;
        b1 = b;
        r *= 7;
        g *= 7;
        b *= 7;
      }
      errors[3 * WIDTH] = b0;
      errors[3 * WIDTH + 1] = b1;
      errors[3 * WIDTH + 2] = b1;
    }
  },
};

const clip = (v) => (v < 0 ? 0 : v > 255 ? 255 : v);

function bilevel(s, d) {
  const errors = new Int32Array(WIDTH + 1);
  for (let y = 0, i = 0; y < HEIGHT; y++) {
    let e = 0;
    let e0 = 0;
    let e1 = 0;
    for (let x = 0; x < WIDTH; x++, i++) {
      const v = clip(s[i] + (((e + errors[x + 1]) / 16) | 0));
      const white = v > 128 ? 255 : 0;
      d[i] = white;
      e = v - white;
      errors[x] = 3 * e + e0;
      e0 = 5 * e + e1;
      e1 = e;
      e *= 7;
    }
    errors[WIDTH] = e0;
  }
}

function best(rounds, run) {
  let ms = Infinity;
  for (let i = 0; i < (SMOKE ? 1 : rounds); i++) {
    const start = performance.now();
    run();
    ms = Math.min(ms, performance.now() - start);
  }
  return ms;
}

selectKernels("simd");
console.log("4K, ms, minimum of 7");
console.log("               plain JS  kernels          with the copy in");
for (const [name, loop] of Object.entries(plain)) {
  const [from, to] = name.split(" → ");
  const source = pixels[from];
  const out = new Uint8Array(WIDTH * HEIGHT * BYTES_PER_PIXEL[to]);
  kernels().scratch(() => {
    loop(source, out);
    const rows = convertMode(packedRows(source, from, WIDTH, HEIGHT), to);
    const ours = collect(rows);
    let off = 0;
    for (let i = 0; i < out.length; i++) if (ours[i] !== out[i]) off++;
    if (off > 0) throw new Error(`${name}: ${off} bytes differ`);
    const band = kernels().reserve(BAND * WIDTH * BYTES_PER_PIXEL[to]);
    const pull = (picture) => () => {
      for (let y = 0; y < HEIGHT; y += BAND) picture.read(y, Math.min(BAND, HEIGHT - y), band);
    };
    // The kernels alone: rows that lie in kernel memory already, as the range rule leaves them.
    const there = convertMode({ mode: from, width: WIDTH, height: HEIGHT, read() {} }, to);
    const js = best(7, () => loop(source, out));
    const ms = [js, best(7, pull(there)), best(7, pull(rows))];
    console.log(
      name.padEnd(14),
      ms[0].toFixed(1).padStart(8),
      ...ms.slice(1).flatMap((t) => [t.toFixed(2).padStart(8), `${(js / t).toFixed(1)}×`.padStart(7)]),
    );
  });
}

// Masks from logits: 8 classes of a 4K frame, float32, out of the caller's array.
const CLASSES = 8;
const scores = new Float32Array(WIDTH * HEIGHT * CLASSES);
for (let i = 0; i < scores.length; i++) scores[i] = Math.imul(i, 2654435761) >> 8;

/** The plain loop; steps from a pixel to the next and from a class to the next. */
function plainArgmax(data, pixelStep, classStep, out) {
  for (let i = 0; i < out.length; i++) {
    let best = -Infinity;
    let index = 0;
    for (let c = 0, at = i * pixelStep; c < CLASSES; c++, at += classStep) {
      if (data[at] > best) {
        best = data[at];
        index = c;
      }
    }
    out[i] = index;
  }
}

for (const [name, planar, pixelStep, classStep] of [
  ["argmax HWC", false, CLASSES, 1],
  ["argmax CHW", true, 1, WIDTH * HEIGHT],
]) {
  const out = new Uint8Array(WIDTH * HEIGHT);
  const logits = { data: scores, float16: false, height: HEIGHT, width: WIDTH, classes: CLASSES, planar };
  plainArgmax(scores, pixelStep, classStep, out);
  if (Buffer.compare(argmax(logits), out) !== 0) throw new Error(`${name}: masks differ`);
  const js = best(3, () => plainArgmax(scores, pixelStep, classStep, out));
  const whole = best(3, () => argmax(logits));
  const tile = 8192;
  const kernel = kernels().scratch(() => {
    const { reserve } = kernels();
    const convert = conversionKernels();
    const [src, dst] = [reserve(tile * CLASSES * 4), reserve(tile)];
    const run = planar
      ? (n) => convert.argmaxPlanesF32(src, tile * 4, n, CLASSES, dst)
      : (n) => convert.argmaxPixelsF32(src, n, CLASSES, dst);
    return best(3, () => {
      for (let i = 0; i < out.length; i += tile) run(Math.min(tile, out.length - i));
    });
  });
  console.log(
    name.padEnd(14),
    js.toFixed(1).padStart(8),
    ...[kernel, whole].flatMap((t) => [t.toFixed(2).padStart(8), `${(js / t).toFixed(1)}×`.padStart(7)]),
  );
}
