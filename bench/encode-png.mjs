// PNG: this package's three levels against their peers, one thread each, in one process. Every file is decoded by libpng
// (sharp) and compared with the pixels before anything is timed.
//   node bench/encode-png.mjs [--smoke] [--more]
// Pillow takes part where `python3` (or $PYTHON) imports it.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { deflateSync } from "node:zlib";
import jsquash, { init as initJsquash } from "@jsquash/png/encode.js";
import { encode as fastPng } from "fast-png";
import { PNG as Pngjs } from "pngjs";
import sharp from "sharp";
import upng from "upng-js";
import { encodePng } from "../dist/encoders.js";
import { Image } from "../dist/node.js";
import { images } from "./images.mjs";
import { pillow } from "./pillow.mjs";

const smoke = process.argv.includes("--smoke");
// upng-js and @jsquash/png leave so much garbage that fast-png beside them takes 1.3 to 2 times as long as without.
const more = smoke || process.argv.includes("--more");
const ROUNDS = smoke ? 1 : 9;
sharp.concurrency(1);
sharp.cache(false);
const squoosh = fileURLToPath(import.meta.resolve("@jsquash/png/codec/pkg/squoosh_png_bg.wasm"));
await initJsquash(await WebAssembly.compile(readFileSync(squoosh)));

/** Every row filtered by Paeth (PNG 9.4) in plain JavaScript: what zlib's levels are compared on. */
function paethRows({ data, width, height, channels }) {
  const stride = width * channels;
  const rows = new Uint8Array(height * (stride + 1));
  for (let y = 0, o = 0; y < height; y++) {
    rows[o++] = 4;
    for (let x = 0, i = y * stride; x < stride; x++, i++) {
      const a = x < channels ? 0 : data[i - channels];
      const b = y === 0 ? 0 : data[i - stride];
      const c = x < channels || y === 0 ? 0 : data[i - stride - channels];
      const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
      rows[o++] = data[i] - (pa <= pb && pa <= pc ? a : pb <= pc ? b : c);
    }
  }
  return rows;
}

function rgbaOf({ data, width, height, channels }) {
  const rgba = Buffer.alloc(width * height * 4, 255);
  for (let i = 0, o = 0; o < rgba.length; i += channels, o += 4) {
    for (let c = 0; c < 3; c++) rgba[o + c] = data[i + (channels === 1 ? 0 : c)];
  }
  return rgba;
}

function peers(image) {
  const { width, height, channels } = image;
  const raw = { raw: { width, height, channels } };
  const filtered = paethRows(image);
  const rgba = rgbaOf(image);
  const list = {
    fast: () => encodePng(image),
    balanced: () => encodePng(image, { compression: "balanced" }),
    small: () => encodePng(image, { compression: "small" }),
    "fast-png": () => fastPng({ ...image, depth: 8 }),
    sharp: () => sharp(image.data, raw).png().toBuffer(),
    pngjs: () => {
      const png = new Pngjs({ width, height });
      png.data = rgba;
      return Pngjs.sync.write(png, { colorType: channels === 1 ? 0 : 2 });
    },
    // Only the compression is timed: the filter above is no one's product.
    "zlib 6 of Paeth": () => deflateSync(filtered, { level: 6 }),
  };
  if (more) {
    list["upng-js"] = () => new Uint8Array(upng.encode([rgba.buffer], width, height, 0));
    list["@jsquash/png"] = async () => new Uint8Array(await jsquash({ data: rgba, width, height }));
  }
  return list;
}

async function verify(name, file, { data, channels }) {
  if (name.startsWith("zlib")) return;
  const decoded = await sharp(file)
    .toColourspace(channels === 1 ? "b-w" : "srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  const from = decoded.info.channels;
  for (let i = 0, j = 0; i < data.length; i += channels, j += from) {
    for (let c = 0; c < channels; c++) {
      if (decoded.data[j + c] !== data[i + c])
        throw new Error(`${name}: value ${i + c} is ${decoded.data[j + c]}, not ${data[i + c]}`);
    }
  }
}

async function measure(list, image) {
  const results = {};
  for (const [name, encode] of Object.entries(list)) {
    const file = await encode();
    await verify(name, file, image);
    results[name] = { ms: Infinity, bytes: file.length };
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, encode] of Object.entries(list)) {
      if (round > 1 && results[name].ms > 300) continue;
      const repeats = smoke ? 1 : Math.max(1, Math.min(50, Math.floor(10 / results[name].ms)));
      const start = performance.now();
      for (let i = 0; i < repeats; i++) await encode();
      results[name].ms = Math.min(results[name].ms, (performance.now() - start) / repeats);
    }
  }
  return results;
}

const table = [];
const PEERS = ["fast-png", "sharp", "pngjs", "zlib 6 of Paeth", "Pillow", ...(more ? ["upng-js", "@jsquash/png"] : [])];
const NAMES = ["fast", "balanced", "small", ...PEERS];
console.log(`| image | ${NAMES.join(" | ")} |\n|---|${"---|".repeat(NAMES.length)}`);
for (const image of await images({ smoke })) {
  const results = await measure(peers(image), image);
  const python = pillow(image, "PNG", smoke ? 1 : 2);
  if (python) results.Pillow = python;
  table.push({ image, results });
  const cells = NAMES.map((name) =>
    results[name] ? `${results[name].ms.toFixed(1)} · ${(results[name].bytes / 1e6).toFixed(3)}` : "",
  );
  console.log(`| ${image.name} ${image.width}×${image.height}×${image.channels} | ${cells.join(" | ")} |`);
}
console.log("\nms, minimum · MB");

function geomean(values) {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

console.log(
  "\n| against | ours | times as fast: geometric mean, least | bytes: geometric mean, most |\n|---|---|---|---|",
);
for (const [ours, peer] of [
  ["fast", "fast-png"],
  ["fast", "sharp"],
  ["fast", "pngjs"],
  ["balanced", "fast"],
  ["small", "fast-png"],
  ["small", "zlib 6 of Paeth"],
  ["fast", "upng-js"],
  ["fast", "@jsquash/png"],
  ["fast", "Pillow"],
]) {
  const both = table.filter(({ results }) => results[peer] && results[ours]);
  if (both.length === 0) continue;
  const speeds = both.map(({ results }) => results[peer].ms / results[ours].ms);
  const sizes = both.map(({ results }) => results[ours].bytes / results[peer].bytes);
  console.log(
    `| ${peer} | ${ours} | ${geomean(speeds).toFixed(1)}, ${Math.min(...speeds).toFixed(2)} | ` +
      `${geomean(sizes).toFixed(3)}, ${Math.max(...sizes).toFixed(3)} |`,
  );
}
const photos = table.filter(({ image }) => image.name.startsWith("mosaic") || image.kind === "photograph");
if (photos.length > 0) {
  const speeds = photos.map(({ results }) => results.sharp.ms / results.fast.ms);
  console.log(`| sharp, photographs | fast | ${geomean(speeds).toFixed(1)}, ${Math.min(...speeds).toFixed(2)} | |`);
}

// From the caller's array to the file: float32 [0, 1] beside the same picture as uint8, and beside plain JavaScript.
{
  const { data, width, height, channels } = table[0].image;
  const shape = [height, width, channels];
  const floats = Float32Array.from(data, (value) => value / 255);
  const byHand = () => {
    const pixels = new Uint8Array(floats.length);
    let [min, max] = [Infinity, -Infinity];
    for (let i = 0; i < floats.length; i++) {
      if (floats[i] < min) min = floats[i];
      if (floats[i] > max) max = floats[i];
    }
    if (min >= 0 && max <= 1) for (let i = 0; i < floats.length; i++) pixels[i] = Math.fround(floats[i] * 255);
    return fastPng({ data: pixels, width, height, channels, depth: 8 });
  };
  const results = await measure(
    {
      "uint8 array → PNG": () => new Image({ data, shape }).bytes,
      "float32 [0,1] → PNG": () => new Image({ data: floats, shape }).bytes,
      "float32, plain JavaScript and fast-png": byHand,
    },
    table[0].image,
  );
  const [byte, float, plain] = Object.values(results).map(({ ms }) => ms);
  console.log(
    `\nuint8 array ${byte.toFixed(1)} ms · float32 [0,1] ${float.toFixed(1)} ms (${(float / byte).toFixed(2)} × uint8) · `,
  );
  console.log(`plain JavaScript and fast-png ${plain.toFixed(0)} ms (${(plain / float).toFixed(0)} × ours)`);
}

// Small frames, warm.
for (const [width, height] of [
  [256, 256],
  [640, 480],
]) {
  const { data, width: stride } = table[0].image;
  const crop = new Uint8Array(width * height * 3);
  for (let y = 0; y < Math.min(height, table[0].image.height); y++) {
    const row = data.subarray(y * stride * 3, (y * stride + Math.min(width, stride)) * 3);
    crop.set(row, y * width * 3);
  }
  const image = { data: crop, width, height, channels: 3 };
  const results = await measure(
    { fast: () => encodePng(image), "fast-png": () => fastPng({ ...image, depth: 8 }) },
    image,
  );
  console.log(
    `${width}×${height}: ${results.fast.ms.toFixed(2)} ms, fast-png ${results["fast-png"].ms.toFixed(1)} ms (${(results["fast-png"].ms / results.fast.ms).toFixed(0)}×)`,
  );
}
