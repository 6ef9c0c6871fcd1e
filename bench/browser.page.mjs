// The benchmarks in a page; browser.mjs bundles this file, serves it and gives it the pictures. Each file is verified by
// the browser's own decoder before anything is timed; times are the least of several runs, contestants taking turns.
import { decode as decodePng, encode as fastPng } from "fast-png";
import { encode as jpegJs } from "jpeg-js";
import { Image, init } from "../dist/browser.js";

globalThis.Buffer ??= Uint8Array; // jpeg-js wants one; it is loaded here as a contestant

/** @returns least milliseconds of each contestant, and what each gave last */
async function race(contestants, rounds) {
  const least = Object.fromEntries(Object.keys(contestants).map((name) => [name, Infinity]));
  const results = {};
  for (let round = 0; round < rounds; round++) {
    for (const [name, contestant] of Object.entries(contestants)) {
      const start = performance.now();
      results[name] = await contestant();
      least[name] = Math.min(least[name], performance.now() - start);
    }
  }
  return { least, results };
}

const bytesOf = async (file) => (file instanceof Blob ? new Uint8Array(await file.arrayBuffer()) : file);

async function pixelsOf(file) {
  const bitmap = await createImageBitmap(new Blob([file]), { colorSpaceConversion: "none" });
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, bitmap.width, bitmap.height).data;
}

/** Peak signal-to-noise ratio in decibels, alpha aside. */
function psnr(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) if (i % 4 !== 3) sum += (a[i] - b[i]) ** 2;
  return 10 * Math.log10((255 ** 2 * a.length * 0.75) / sum);
}

function check(claim, words) {
  if (!claim) throw new Error(`not measured: ${words}`);
}

const sameBytes = (a, b) => a.length === b.length && a.every((value, i) => value === b[i]);

globalThis.bench = {
  /** The picture, RGB, becomes a canvas as a program would have it: in plain memory, as getImageData wants it. */
  async canvas({ name, width, height, rgb }, rounds) {
    const rgba = new Uint8ClampedArray(width * height * 4).fill(255);
    for (let i = 0, o = 0; i < rgb.length; i += 3, o += 4) {
      rgba[o] = rgb[i];
      rgba[o + 1] = rgb[i + 1];
      rgba[o + 2] = rgb[i + 2];
    }
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.putImageData(new ImageData(rgba, width, height), 0, 0);
    const data = new Uint8Array(rgba.buffer);

    const png = await race(
      {
        ours: () => new Image(canvas).bytes,
        canvas: () => canvas.convertToBlob({ type: "image/png" }),
        ...(rounds > 1 && { "fast-png": () => fastPng({ data, width, height, channels: 4 }) }),
      },
      rounds,
    );
    check(sameBytes(await pixelsOf(png.results.ours), rgba), `${name}: the PNG's pixels`);
    const jpeg = await race(
      {
        ours: () => new Image(canvas, { fileType: "jpg", onWarning() {} }).bytes,
        canvas: () => canvas.convertToBlob({ type: "image/jpeg", quality: 0.75 }),
        ...(rounds > 1 && { "jpeg-js": () => jpegJs({ data, width, height }, 75).data }),
      },
      rounds,
    );
    const quality = psnr(await pixelsOf(jpeg.results.ours), rgba);
    const theirs = psnr(await pixelsOf(await bytesOf(jpeg.results.canvas)), rgba);
    check(quality > theirs - 1, `${name}: the JPEG's ${quality.toFixed(1)} dB against ${theirs.toFixed(1)} dB`);
    const sizes = async ({ results }) =>
      Object.fromEntries(
        await Promise.all(Object.entries(results).map(async ([k, v]) => [k, (await bytesOf(v)).length])),
      );
    return { png: { ...png.least }, pngBytes: await sizes(png), jpeg: { ...jpeg.least }, jpegBytes: await sizes(jpeg) };
  },

  /** A float32 array in [0, 1] to PNG, to 8 bits, and logged: file, hash and records. */
  async array({ width, height, rgb }, rounds) {
    const data = Float32Array.from(rgb, (value) => value / 255);
    const array = { data, shape: [height, width, 3] };
    const plain = () => {
      const bytes = new Uint8Array(data.length);
      let [min, max] = [Infinity, -Infinity];
      for (const value of data) {
        if (value < min) min = value;
        if (value > max) max = value;
      }
      if (min < 0 || max > 1) throw new Error("not the unit rule");
      for (let i = 0; i < data.length; i++) bytes[i] = Math.fround(data[i] * 255);
      return bytes;
    };
    check(sameBytes(Image.toUint8(array).data, plain()), "the range rule's bytes");
    const file = new Image(array).bytes;
    check(sameBytes(new Uint8Array(decodePng(file).data.buffer), plain()), "the array's PNG");
    const { least } = await race(
      {
        png: () => new Image(array).bytes,
        toUint8: () => Image.toUint8(array).data,
        "plain JavaScript": plain,
        async logged() {
          const run = init({ project: "bench", mode: "offline" });
          run.log({ frame: new Image(array) });
          await run.finish();
          return run.toFiles();
        },
      },
      rounds,
    );
    return least;
  },
};
document.title = "ready";
