// Small pictures into a run: lists of 108, and one picture a row. Beside each: the encoding alone, the bare write of the files
// (writeFileSync) and the write that leaves a file whole or not at all (another name, then rename), as `log` does it. Verified first.
//   node bench/log-list.mjs [--smoke] [folder, such as /dev/shm]
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Image, init } from "../dist/node.js";
import { photographs } from "./images.mjs";

const smoke = process.argv.includes("--smoke");
const ROUNDS = smoke ? 1 : 40;
const COUNT = smoke ? 4 : 108;
const root = process.argv.slice(2).find((argument) => !argument.startsWith("--")) ?? tmpdir();
process.env.WANDB_SILENT = "true";

// A photograph without color stored as RGB is another workload.
const photos = (await photographs({ rgb: true })).filter(({ name, channels }) => channels === 3 && name !== "camera");
let crops = 0;

/** Another part of a photograph each time: the same file would not be written again. */
function crop(side, channels) {
  const photo = photos[crops % photos.length];
  const [left, top] = [(crops * 7919) % (photo.width - side), (crops * 104_729) % (photo.height - side)];
  crops++;
  const data = new Uint8Array(side * side * channels);
  for (let y = 0, i = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      for (let c = 0; c < channels; c++) data[i++] = photo.data[((top + y) * photo.width + left + x) * 3 + c];
    }
  }
  data[0] = crops;
  data[1] = crops >> 8;
  return { data, shape: [side, side, channels] };
}

const folder = mkdtempSync(join(root, "wandb-image-bench-"));
const run = init({ mode: "offline", dir: folder });

function microseconds(work) {
  const start = performance.now();
  work();
  return ((performance.now() - start) * 1000) / COUNT;
}

for (const [name, side, channels] of [
  ["28² gray", 28, 1],
  ["84² gray", 84, 1],
  ["64² RGB", 64, 3],
  ["224² RGB", 224, 3],
]) {
  const best = { encode: Infinity, write: Infinity, whole: Infinity, list: Infinity, rows: Infinity };
  const keep = (what, value) => {
    best[what] = Math.min(best[what], value);
  };
  for (let round = 0; round < ROUNDS; round++) {
    const inputs = Array.from({ length: COUNT }, () => crop(side, channels));
    let images = [];
    const encode = microseconds(() => {
      images = inputs.map((input) => new Image(input));
    });
    keep("encode", encode);
    const bare = join(folder, `${side}-${round}`);
    mkdirSync(bare);
    const path = (i) => join(bare, `examples_${round}_${i}.png`);
    keep(
      "write",
      microseconds(() => images.forEach((image, i) => void writeFileSync(path(i), image.bytes))),
    );
    keep(
      "whole",
      microseconds(() =>
        images.forEach((image, i) => {
          writeFileSync(`${path(i)}.part`, image.bytes);
          renameSync(`${path(i)}.part`, `${path(i)}.whole`);
        }),
      ),
    );
    keep("list", encode + microseconds(() => run.log({ examples: images })));
    if (round === 0) {
      const { filenames } = Image.seqToJson(images, run, "examples", run.step - 1);
      const same = (image, i) => readFileSync(join(run.dir, "files", filenames[i])).equals(image.bytes);
      if (!images.every(same)) throw new Error(`${name}: a file is not the image's`);
    }
    const others = Array.from({ length: COUNT }, () => crop(side, channels));
    keep(
      "rows",
      microseconds(() => others.forEach((input) => void run.log({ example: new Image(input) }))),
    );
  }
  const { encode, write, whole, list, rows } = best;
  const us = (value) => `${value.toFixed(1).padStart(6)} µs`;
  console.log(
    `${name.padEnd(9)} a picture: encoding ${us(encode)}, bare write ${us(write)}, whole write ${us(whole)}; in a list of ${COUNT} ${us(list)}, ` +
      `${(list / (encode + write)).toFixed(2)} times encoding and bare write (${(list / (encode + whole)).toFixed(2)} whole); in a row of its own ${us(rows)}`,
  );
}
await run.finish();
rmSync(folder, { recursive: true });
