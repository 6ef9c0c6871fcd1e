// JPEG: this package's encoder against its peers, one thread each, in one process. Files are decoded before they are timed.
//   node bench/encode-jpeg.mjs [--smoke]
// Pillow takes part where `python3` (or $PYTHON) imports it.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import jsquash, { init as initJsquash } from "@jsquash/jpeg/encode.js";
import jpegJs from "jpeg-js";
import sharp from "sharp";
import { encodeJpegRows } from "../build/modules/encode/jpeg.js";
import { packedRows } from "../build/modules/rows.js";
import { images } from "./images.mjs";
import { pillow } from "./pillow.mjs";

const smoke = process.argv.includes("--smoke");
const ROUNDS = smoke ? 1 : 7;
sharp.concurrency(1);
sharp.cache(false);

const mozjpeg = fileURLToPath(import.meta.resolve("@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm"));
await initJsquash(await WebAssembly.compile(readFileSync(mozjpeg)));

function peers(image) {
  const { data, width, height, channels } = image;
  const rows = () => packedRows(data, channels === 1 ? "L" : "RGB", width, height);
  const raw = { raw: { width, height, channels } };
  const rgba = Buffer.alloc(width * height * 4, 255);
  for (let i = 0, o = 0; o < rgba.length; i += channels, o += 4) {
    for (let c = 0; c < 3; c++) rgba[o + c] = data[i + (channels === 1 ? 0 : c)];
  }
  const gray = (pipeline) => (channels === 1 ? pipeline.toColourspace("b-w") : pipeline);
  const bySharp = (options) => () =>
    gray(sharp(data, raw))
      .jpeg({ quality: 75, chromaSubsampling: "4:2:0", ...options })
      .toBuffer();
  const list = {
    fast: () => encodeJpegRows(rows(), {}).bytes,
    small: () => encodeJpegRows(rows(), { compression: "small" }).bytes,
    "fast 4:4:4": () => encodeJpegRows(rows(), { subsampling: "4:4:4" }).bytes,
    "jpeg-js 4:4:4": () => jpegJs.encode({ data: rgba, width, height }, 75).data,
    sharp: bySharp({}),
    "sharp unoptimized": bySharp({ optimizeCoding: false }),
  };
  const options = { quality: 75, baseline: true, progressive: false };
  list["@jsquash/jpeg"] = async () => new Uint8Array(await jsquash({ data: rgba, width, height }, options));
  return list;
}

async function measure(image) {
  const results = {};
  const list = peers(image);
  for (const [name, encode] of Object.entries(list)) {
    const file = await encode();
    const { data } = await sharp(file).toColourspace("srgb").raw().toBuffer({ resolveWithObject: true });
    if (data.length % (image.width * image.height) !== 0) throw new Error(`${name}: not the picture's size`);
    results[name] = { ms: Infinity, bytes: file.length };
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, encode] of Object.entries(list)) {
      if (round > 1 && results[name].ms > 300) continue;
      const start = performance.now();
      await encode();
      results[name].ms = Math.min(results[name].ms, performance.now() - start);
    }
  }
  const python = pillow(image, "JPEG", ROUNDS + 1);
  if (python) results.Pillow = python;
  return results;
}

const table = [];
for (const image of await images({ smoke })) {
  const result = await measure(image);
  table.push({ image, result });
  const cells = Object.entries(result).map(([name, { ms, bytes }]) => `${name} ${ms.toFixed(2)} ms ${bytes} B`);
  console.log(`${image.name} ${image.width}x${image.height}x${image.channels} (${image.kind}): ${cells.join(" · ")}`);
}

/** Geometric mean of a ratio over the images where both took part. */
function geomean(ratio) {
  const logs = table
    .map(({ result }) => ratio(result))
    .filter(Number.isFinite)
    .map(Math.log);
  return logs.length === 0 ? Number.NaN : Math.exp(logs.reduce((sum, x) => sum + x, 0) / logs.length);
}

console.log(
  "\n| against | ours | times as fast (geometric mean, least) | bytes (geometric mean, most) |\n|---|---|---|---|",
);
for (const [peer, ours] of [
  ["jpeg-js 4:4:4", "fast"],
  ["jpeg-js 4:4:4", "fast 4:4:4"],
  ["sharp", "fast"],
  ["sharp unoptimized", "fast"],
  ["sharp", "small"],
  ["Pillow", "fast"],
  ["@jsquash/jpeg", "fast"],
  ["fast", "small"],
]) {
  const compared = table.filter(({ result }) => result[peer] && result[ours]);
  if (compared.length === 0) continue;
  const speeds = compared.map(({ result }) => result[peer].ms / result[ours].ms);
  const bytes = compared.map(({ result }) => result[ours].bytes / result[peer].bytes);
  const speed = geomean((result) => result[peer]?.ms / result[ours]?.ms);
  const size = geomean((result) => result[ours]?.bytes / result[peer]?.bytes);
  console.log(
    `| ${peer} | ${ours} | ${speed.toFixed(2)}, ${Math.min(...speeds).toFixed(2)} | ${size.toFixed(3)}, ${Math.max(...bytes).toFixed(3)} |`,
  );
}
