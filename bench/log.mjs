// A 4K frame into a run: the file made, hashed, written, its records appended; and a row of scalars. Verified first.
//   node bench/log.mjs [--smoke]
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { Image, init } from "../dist/node.js";
import { mosaic, photographs } from "./images.mjs";

const smoke = process.argv.includes("--smoke");
const ROUNDS = smoke ? 1 : 12;
const [WIDTH, HEIGHT] = smoke ? [384, 216] : [3840, 2160];
process.env.WANDB_SILENT = "true";

const photos = (await photographs({ rgb: true })).filter(({ channels }) => channels === 3);
const { data } = mosaic("4K", photos, WIDTH, HEIGHT, 1);
const shape = [HEIGHT, WIDTH, 3];
const unit = Float32Array.from(data, (value) => value / 255);
const frames = [
  ["uint8 → png", { data, shape }, {}],
  ["float32 → png", { data: unit, shape }, {}],
  ["float32 → jpg", { data: unit, shape }, { fileType: "jpg" }],
];

const folder = mkdtempSync(join(tmpdir(), "wandb-image-bench-"));
const run = init({ mode: "offline", dir: folder });
const milliseconds = (value) => `${value.toFixed(2).padStart(8)} ms`;

for (const [name, array, options] of frames) {
  const best = { all: Infinity, image: 0, log: 0 };
  let size = 0;
  for (let round = 0; round <= ROUNDS; round++) {
    array.data[round] = 1 - array.data[round]; // another file each time: the same one would not be written again
    const start = performance.now();
    const image = new Image(array, options);
    const made = performance.now();
    run.log({ frame: image });
    const end = performance.now();
    if (round === 0) {
      const { path } = image.toJson(run);
      const file = readFileSync(join(run.dir, "files", path));
      if (!file.equals(image.bytes)) throw new Error(`${path} is not the image's file`);
      const { info, data: pixels } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
      if (info.width !== WIDTH || info.height !== HEIGHT) throw new Error(`${path} has another size`);
      if (name === "uint8 → png" && !pixels.equals(data)) throw new Error(`${path} has other pixels`);
      size = file.length;
    }
    if (end - start < best.all) Object.assign(best, { all: end - start, image: made - start, log: end - made });
  }
  const megabytes = `${(size / 1e6).toFixed(1)} MB`;
  console.log(
    `${WIDTH}×${HEIGHT} ${name.padEnd(14)} ${milliseconds(best.all)}, of which the image ${milliseconds(best.image)}, ` +
      `hash, file and records ${milliseconds(best.log)} (${megabytes})`,
  );
}

/** Microseconds of a call, at best. */
function perCall(call, calls) {
  let best = Infinity;
  for (let round = 0; round <= (smoke ? 0 : 8); round++) {
    const start = process.cpuUsage();
    for (let i = 0; i < calls; i++) call(i);
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, (user + system) / calls);
  }
  return best;
}

const calls = smoke ? 10 : 1000;
const scalars = perCall((i) => run.log({ loss: 1 / (i + 1), accuracy: { top1: i, top5: i + 1 }, epoch: i }), calls);
console.log(`a row of 4 scalars, on disk: ${scalars.toFixed(1)} µs`);

// What a run has seen must not make its calls slower.
const KEYS = 20_000;
const seen = Object.fromEntries(Array.from({ length: KEYS }, (_, i) => [`class/${i}/iou`, i]));
const fresh = init({ dir: folder });
const few = perCall((i) => fresh.log({ loss: i }), calls);
fresh.log(seen);
const many = perCall((i) => fresh.log({ loss: i }), calls);
console.log(
  `a row of 1 scalar: ${few.toFixed(1)} µs; with ${KEYS} keys seen before: ${many.toFixed(1)} µs, ${(many / few).toFixed(2)} times`,
);
await fresh.finish();
await run.finish();
rmSync(folder, { recursive: true });
