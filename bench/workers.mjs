// Encoding on other threads against one thread: 4K frames a second, one frame on several threads, how long the calling thread stands
// still for a frame, and the event loop of a server that logs 1080p video. The bytes are compared before anything is timed.
//   node bench/workers.mjs [--smoke]
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import sharp from "sharp";
import { Image, init } from "../dist/node.js";
import { ImagePool } from "../dist/workers.js";
import { mosaic, photographs } from "./images.mjs";

const smoke = process.argv.includes("--smoke");
const ROUNDS = smoke ? 1 : 7;
const FRAMES = smoke ? 2 : 12;
const [WIDTH, HEIGHT] = smoke ? [384, 216] : [3840, 2160];
const CORES = availableParallelism();
process.env.WANDB_SILENT = "true";

const photos = (await photographs({ rgb: true })).filter(({ channels }) => channels === 3);
const { data } = mosaic("4K", photos, WIDTH, HEIGHT, 1);
const shape = [HEIGHT, WIDTH, 3];
const shared = (array) => {
  const copy = new array.constructor(new SharedArrayBuffer(array.byteLength));
  copy.set(array);
  return copy;
};
const unit = Float32Array.from(data, (value) => value / 255);
const ms = (value) => `${value.toFixed(1).padStart(6)} ms`;

const pools = [1, 2, CORES].filter((n, i, all) => all.indexOf(n) === i && n <= CORES);
const opened = new Map(pools.map((workers) => [workers, new ImagePool({ workers })]));

for (const array of [data, unit]) {
  const expected = new Image({ data: array, shape });
  for (const pool of opened.values()) {
    const image = await pool.image({ data: array, shape });
    if (!Buffer.from(image.bytes).equals(expected.bytes)) throw new Error("the pool's file is another one");
  }
}

console.log(`${WIDTH}×${HEIGHT} PNG, frames a second of ${FRAMES} at once, best of ${ROUNDS} (${CORES} cores)`);
for (const [name, array] of [
  ["uint8", data],
  ["float32", unit],
]) {
  const lent = shared(array);
  const ways = [
    ["one thread", async () => new Image({ data: array, shape })],
    ...pools.flatMap((workers) => [
      [`${workers} workers, copied`, () => opened.get(workers).image({ data: array, shape })],
      [`${workers} workers, shared`, () => opened.get(workers).image({ data: lent, shape })],
    ]),
    ...(array === data
      ? [
          [
            "sharp, its own threads",
            () =>
              sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
                .png()
                .toBuffer(),
          ],
        ]
      : []),
  ];
  const best = new Map(ways.map(([way]) => [way, 0]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [way, encode] of ways) {
      const start = performance.now();
      await Promise.all(Array.from({ length: FRAMES }, encode));
      best.set(way, Math.max(best.get(way), (FRAMES * 1000) / (performance.now() - start)));
    }
  }
  const one = best.get("one thread");
  for (const [way, rate] of best) {
    console.log(
      `${name.padEnd(8)}${way.padEnd(24)}${rate.toFixed(1).padStart(6)} frames/s${(rate / one).toFixed(2).padStart(6)} times one thread`,
    );
  }
}

console.log("\none 4K frame at a time in shared memory, minima: one thread, and the workers of a pool that share it");
for (const workers of pools.filter((n) => n > 1)) {
  for (const [name, array] of [
    ["uint8", shared(data)],
    ["float32", shared(unit)],
  ]) {
    for (const fileType of ["png", "jpg"]) {
      const least = [Infinity, Infinity];
      for (let round = 0; round < 3 * ROUNDS; round++) {
        const files = [];
        for (const [i, encode] of [
          () => new Image({ data: array, shape }, { fileType }),
          () => opened.get(workers).image({ data: array, shape }, { fileType }),
        ].entries()) {
          await sleep(5);
          const start = performance.now();
          files.push((await encode()).bytes);
          least[i] = Math.min(least[i], performance.now() - start);
        }
        if (!Buffer.from(files[0]).equals(files[1])) throw new Error("the shared frame's file is another one");
      }
      const times = (least[1] / least[0]).toFixed(2);
      console.log(
        `${name.padEnd(8)}${fileType}  one thread ${ms(least[0])}, ${workers} workers ${ms(least[1])}: ${times}`,
      );
    }
  }
}

console.log("\nhow long the calling thread stands still for a float32 frame: the call, and the answer");
for (const [way, input, options] of [
  ["copied", () => unit, {}],
  ["transferred", () => unit.slice(), { transfer: true }],
  ["shared", () => shared(unit), {}],
]) {
  const calls = [];
  const answers = [];
  for (let i = 0; i <= ROUNDS; i++) {
    const array = input();
    await sleep(20);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    const start = performance.now();
    const image = opened.get(pools[0]).image({ data: array, shape }, options);
    calls.push(performance.now() - start);
    await sleep(0);
    delay.enable();
    await image;
    await sleep(5);
    delay.disable();
    answers.push(Math.max(0, delay.max / 1e6 - 1));
  }
  const median = (values) => values.slice(1).sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
  console.log(`${way.padEnd(12)}call ${ms(median(calls))} (the first ${ms(calls[0])}), answer ${ms(median(answers))}`);
}

const seconds = smoke ? 0.3 : 8;
const [width, height] = [1920, 1080];
const video = mosaic("1080p", photos, width, height, 2).data;
const folder = mkdtempSync(join(tmpdir(), "wandb-image-bench-"));
for (const way of [
  "one thread",
  ...pools.filter((n) => n === Math.max(1, CORES - 1) || n === CORES).map((n) => `${n} workers`),
]) {
  const pool = opened.get(Number.parseInt(way, 10));
  const run = init({ mode: "offline", dir: folder });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const frame = () => ({ data: shared(video), width, height });
  const frames = Array.from({ length: 4 }, frame);
  const pending = [];
  await sleep(200);
  delay.enable();
  const start = performance.now();
  let logged = 0;
  while (performance.now() - start < seconds * 1000) {
    const input = frames[logged % frames.length];
    input.data[logged % 1000] ^= 1; // another file each time
    if (pool === undefined) run.log({ frame: new Image(input, { fileType: "jpg" }) });
    else pending.push(run.logAsync({ frame: pool.image(input, { fileType: "jpg" }) }));
    logged++;
    await sleep(Math.max(0, start + (logged * 1000) / 60 - performance.now()));
  }
  await Promise.all(pending);
  delay.disable();
  const rate = (logged * 1000) / (performance.now() - start);
  await run.finish();
  console.log(
    `1080p JPEG into a run, ${way}: ${rate.toFixed(1)} frames/s, event loop delay ${ms(delay.percentile(99) / 1e6 - 1)} at the 99th percentile, ` +
      `${ms(delay.max / 1e6 - 1)} at most`,
  );
}
rmSync(folder, { recursive: true });
for (const pool of opened.values()) await pool.close();
