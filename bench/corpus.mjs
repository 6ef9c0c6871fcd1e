// PNG of pictures that people log, each in its own color type: bytes and time of the three levels against fast-png and
// sharp, in one process, one thread each. Every file is decoded by libpng and compared with the pixels before it is timed.
//   node bench/corpus.mjs [folder] [--smoke] [--frames] [--rounds=N]
// The folder's default is bench/pictures, with the photographs of test/fixtures and two 4K screens drawn by images.mjs.
// --frames measures square frames of 28, 64, 84 and 224 pixels cut out of the middle instead. Pictures that pictures.json
// calls `"tuned": false` came after the encoder was tuned: they have a summary of their own.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encode as fastPng } from "fast-png";
import sharp from "sharp";
import { encodePng } from "../dist/encoders.js";
import { activation, photographs, plot } from "./images.mjs";

const options = process.argv.slice(2).filter((argument) => argument.startsWith("--"));
const [folder] = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const smoke = options.includes("--smoke");
const rounds = smoke ? 1 : Number(options.find((option) => option.startsWith("--rounds="))?.slice(9) ?? 5);
sharp.concurrency(1);
sharp.cache(false);

/** Kinds of which a photograph is: what the speed of the others is held against. */
const PHOTOGRAPHS = /^(photograph|photo|camera|satellite|astronomy)$/;

async function read(path, name) {
  const picture = sharp(path);
  const gray = (await picture.metadata()).channels < 3;
  const { data, info } = await (gray ? picture.toColourspace("b-w") : picture)
    .raw()
    .toBuffer({ resolveWithObject: true });
  const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return {
    name,
    kind: name.split("__")[0],
    data: pixels,
    width: info.width,
    height: info.height,
    channels: info.channels,
  };
}

async function pictures() {
  const path = folder ?? fileURLToPath(new URL("./pictures/", import.meta.url));
  const files = readdirSync(path).filter((file) => file.endsWith(".png"));
  const read1 = (file) => read(join(path, file), file.slice(0, -4));
  const found = await Promise.all((smoke ? files.slice(0, 3) : files).map(read1));
  if (folder !== undefined || smoke) return found;
  return [...found, ...(await photographs()), await plot(3840, 2160), activation(3840, 2160)];
}

/** A square out of the middle. */
function cut({ name, data, width, height, channels, ...rest }, side) {
  const [left, top] = [(width - side) >> 1, (height - side) >> 1];
  const pixels = new Uint8Array(side * side * channels);
  for (let y = 0; y < side; y++) {
    const from = ((top + y) * width + left) * channels;
    pixels.set(data.subarray(from, from + side * channels), y * side * channels);
  }
  return { ...rest, name: `${name} ${side}²`, data: pixels, width: side, height: side, channels };
}

async function measure(image) {
  const { data, width, height, channels } = image;
  const raw = { raw: { width, height, channels } };
  const bySharp = () => (channels < 3 ? sharp(data, raw).toColourspace("b-w") : sharp(data, raw)).png().toBuffer();
  const list = {
    fast: () => encodePng(image),
    balanced: () => encodePng(image, { compression: "balanced" }),
    small: () => encodePng(image, { compression: "small" }),
    "fast-png": () => fastPng({ ...image, depth: 8 }),
    sharp: bySharp,
  };
  const results = {};
  for (const [name, encode] of Object.entries(list)) {
    const file = await encode();
    const decoded = channels < 3 ? sharp(file).toColourspace("b-w") : sharp(file);
    if (!(await decoded.raw().toBuffer()).equals(data)) throw new Error(`${name}: ${image.name}: other pixels`);
    results[name] = { ms: Infinity, bytes: file.length };
  }
  for (let round = 0; round < rounds; round++) {
    for (const [name, encode] of Object.entries(list)) {
      const repeats = smoke ? 1 : Math.max(1, Math.min(20, Math.floor(5 / results[name].ms)));
      const start = performance.now();
      for (let i = 0; i < repeats; i++) await encode();
      results[name].ms = Math.min(results[name].ms, (performance.now() - start) / repeats);
    }
  }
  return { image, megapixels: (width * height) / 1e6, results };
}

function geomean(values) {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

function summarize(title, table) {
  console.log(`\n| ${title} | fast | balanced | small |\n|---|---|---|---|`);
  const row = (title, cell) => console.log(`| ${title} | ${["fast", "balanced", "small"].map(cell).join(" | ")} |`);
  const bytes = (level, peer) => table.map(({ results }) => results[level].bytes / results[peer].bytes);
  const speeds = (level, peer) => table.map(({ results }) => results[peer].ms / results[level].ms);
  for (const peer of ["fast-png", "sharp"]) {
    row(`bytes against ${peer}: geometric mean, most`, (level) => {
      const ratios = bytes(level, peer);
      return `${geomean(ratios).toFixed(3)}, ${Math.max(...ratios).toFixed(3)}`;
    });
    row(
      `pictures more than 0.5 % larger than ${peer}'s, of ${table.length}`,
      (level) => bytes(level, peer).filter((ratio) => ratio > 1.005).length,
    );
    row(`times as fast as ${peer}: geometric mean, least`, (level) => {
      const ratios = speeds(level, peer);
      return `${geomean(ratios).toFixed(1)}, ${Math.min(...ratios).toFixed(2)}`;
    });
  }
  const rate = (level) => (entry) => entry.results[level].ms / entry.megapixels;
  const photos = table.filter(({ image }) => PHOTOGRAPHS.test(image.kind));
  if (photos.length === 0) return;
  row("ms a megapixel: median photograph; others over 2.5 and over 4 times it", (level) => {
    const rates = photos.map(rate(level)).sort((a, b) => a - b);
    const median = rates[rates.length >> 1];
    const over = (times) => table.filter((entry) => rate(level)(entry) > times * median).length;
    return `${median.toFixed(1)}; ${over(2.5)}, ${over(4)}`;
  });
}

const all = await pictures();
const measured = options.includes("--frames")
  ? [28, 64, 84, 224].flatMap((side) => all.filter((p) => Math.min(p.width, p.height) >= side).map((p) => cut(p, side)))
  : all;
const table = [];
console.log("ms, minimum · kB\n\n| picture | fast | balanced | small | fast-png | sharp |\n|---|---|---|---|---|---|");
for (const image of measured) {
  const entry = await measure(image);
  table.push(entry);
  const cells = Object.values(entry.results).map(({ ms, bytes }) => `${ms.toFixed(2)} · ${(bytes / 1e3).toFixed(1)}`);
  console.log(`| ${image.name} ${image.width}×${image.height}×${image.channels} | ${cells.join(" | ")} |`);
}
summarize("all pictures", table);
const catalog = JSON.parse(readFileSync(new URL("./pictures/pictures.json", import.meta.url), "utf8"));
const notTuned = new Set(catalog.filter(({ tuned }) => tuned === false).map(({ file }) => file.slice(0, -4)));
const keptBack = table.filter(({ image }) => notTuned.has(image.name.split(" ")[0]));
if (keptBack.length > 0) summarize("pictures not tuned on", keptBack);
const lost = table.filter(({ results }) => {
  const { fast, sharp: peer, "fast-png": other } = results;
  return fast.bytes > 1.005 * other.bytes || fast.ms > peer.ms || fast.ms > other.ms;
});
console.log(
  `\nLost by "fast", in bytes to fast-png or in time: ${lost.map(({ image }) => image.name).join(", ") || "none"}`,
);
