// One small thing that asks for much: node --expose-gc bomb.mjs NAME. Says what came of it, its milliseconds of CPU, and the memory above that of before
// at its highest, in MB. Without a name: the names.
import { deflateRawSync } from "node:zlib";
import { box, Image, init, makeGrid } from "../../../dist/node.js";
import { openRun } from "../../../dist/read.js";
import { deflated, jpegOf, npy, pictures, png, zipOf } from "../bombs/files.mjs";
import { judge } from "../fuzz/judge.mjs";

const quiet = { onWarning() {} };
const read = (bytes) => void new Image(bytes, quiet).toDataArray();
const MB = 2 ** 20;

const deep = (levels, wrap) => {
  let value = 1;
  for (let n = 0; n < levels; n++) value = wrap(value);
  return value;
};
const itself = () => {
  const array = [];
  array.push(array);
  return array;
};
const keys = (n) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`key${i}`, i]));
const logged = (row, options) => {
  const run = init({ mode: "disabled", ...quiet });
  run.log(row, options);
};
/** A row that cannot be written may not end the run: the next one is read back. */
const onDisk = (row, options) => async (dir) => {
  const run = init({ dir, mode: "offline", ...quiet });
  let refusal;
  try {
    run.log(row(), options);
  } catch (error) {
    refusal = error;
  }
  run.log({ mark: 1 });
  await run.finish();
  const opened = await openRun(run.dir);
  let found = false;
  for await (const { mark } of opened.rows()) found ||= mark === 1;
  if (!found) return "the row after it is not there";
  if (refusal) throw refusal;
};
const grid = { data: new Uint8Array(12), shape: [2, 2, 3] };

/** By name: a call, given a folder that is removed afterwards. */
const BOMBS = {
  "PNG of 65500 × 65500 in 69 bytes": () => read(png({ width: 65500, height: 65500 })),
  "PNG of 2^31 − 1 a side": () => read(png({ width: 2 ** 31 - 1, height: 2 ** 31 - 1 })),
  "PNG of 2^32 − 1 a side": () => read(png({ width: 2 ** 32 - 1, height: 2 ** 32 - 1 })),
  "PNG of 13000 × 13000, interlaced, with ten bytes of pixels": () =>
    read(png({ width: 13000, height: 13000, interlaced: 1 })),
  "PNG of 1 × 1 with 512 MB of pixels": () => read(png({ data: deflated(512 * MB) })),
  "PNG of 1 × 1 with 2 GB of pixels": () => read(png({ data: deflated(2048 * MB) })),
  "PNG with a profile of 512 MB": () => read(png({ before: [["iCCP", Buffer.from("a\0\0"), deflated(512 * MB)]] })),
  "PNG with a text of 512 MB": () => read(png({ before: [["zTXt", Buffer.from("a\0\0"), deflated(512 * MB)]] })),
  "PNG with a unicode text of 512 MB": () =>
    read(png({ before: [["iTXt", Buffer.from("a\0\x01\0\0\0"), deflated(512 * MB)]] })),
  "PNG of 100,000 texts": () => read(png({ before: Array(100_000).fill(["tEXt", Buffer.from("a\0b")]) })),
  "PNG of 200,000 empty IDATs": () => read(png({ before: Array(200_000).fill(["IDAT"]) })),
  "PNG with a chunk of 2^32 − 1 bytes": () => read(png({ tail: Buffer.from([255, 255, 255, 255, 97, 98, 99, 100]) })),
  "BMP of 20000 × 20000 in 58 bytes": () => read(pictures.bmp(20000, 20000, 24)),
  "BMP of 20000 × 20000, 8 bits": () => read(pictures.bmp(20000, 20000, 8)),
  "BMP of 65500 × 65500, 1 bit": () => read(pictures.bmp(65500, 65500, 1)),
  "BMP of 13000 × 13000, RLE": () => read(pictures.bmp(13000, 13000, 8, 1)),
  "JPEG of 65500 × 65500": () => read(jpegOf(65500, 65500)),
  "JPEG of 13000 × 13000": () => read(jpegOf(13000, 13000)),
  "JPEG of 500 scans": () => read(pictures.scans(500)),
  "JPEG of 20,000 scans": () => read(pictures.scans(20_000)),
  "JPEG of 13000 × 13000, progressive, of 1,000 scans": () => read(pictures.scans(1000, 13000)),
  "JPEG with 50 MB of 0xFF": () => read(pictures.filled(50 * MB)),
  "GIF of 65535 × 65535": () => read(pictures.gif(65535, 65535)),
  "WebP of 16383 × 16383": () => read(pictures.webp(16383, 16383)),
  ".npy of 10^9 × 10^9": () => void new Image(npy("(1000000000, 1000000000)"), quiet),
  ".npy with a header of 60,000 brackets": () => void new Image(npy("(".repeat(60_000)), quiet),
  "a grid of giant PNGs": () =>
    void makeGrid(Array(20).fill(new Image(png({ width: 65500, height: 65500 }), quiet)), quiet),
  "a mask of a giant PNG": () =>
    void new Image(grid, { masks: { m: { mask_data: png({ width: 65500, height: 65500 }) } }, ...quiet }),
  "shape of 10^9 × 10^9": () => void new Image({ data: new Uint8Array(3), shape: [1e9, 1e9, 3] }, quiet),
  "strides of 0 over 65500 × 65500": () =>
    void new Image({ data: new Uint8Array(3), shape: [70_000, 70_000], strides: [0, 0] }, quiet),
  "a length of 10^9 as boxes": () => void box.xyxy({ length: 1e9 }),
  "a length of 10^9 as strides": () => void new Image({ ...grid, strides: { length: 1e9 } }, quiet),
  "a length of 10^9 as a picture": () => void new Image({ length: 1e9 }, quiet),
  "an empty array of 3·10^7 places": () => logged({ x: new Array(3e7) }),
  "an empty array of 3·10^7 places, as a picture": () => void new Image(new Array(3e7), quiet),
  "20,000 levels of objects": onDisk(() => ({ x: deep(20_000, (x) => ({ x })) })),
  "20,000 levels of arrays": onDisk(() => ({ x: deep(20_000, (x) => [x]) })),
  "20,000 levels of arrays, as a picture": () =>
    void new Image(
      deep(20_000, (x) => [x]),
      quiet,
    ),
  "an array that holds itself, as a picture": () => void new Image(itself(), quiet),
  "an array that holds itself, as a mask": () =>
    void new Image(grid, { masks: { m: { mask_data: itself() } }, ...quiet }).masks,
  "an array that holds itself, as boxes": () => void box.xyxy(itself()),
  "an array that holds itself, as a shape": () => void new Image({ ...grid, shape: itself() }, quiet),
  "an array that holds itself, as classes": () => void new Image(grid, { classes: itself(), ...quiet }),
  "an array that holds itself, in a row": onDisk(() => ({ x: itself() })),
  "an array that holds itself, in the config": () => void init({ mode: "disabled", config: { x: itself() }, ...quiet }),
  "20,000 levels in the config": () => void init({ mode: "disabled", config: deep(20_000, (x) => ({ x })), ...quiet }),
  "20,000 levels in the summary": () =>
    init({ mode: "disabled", ...quiet }).summary.update({ x: deep(20_000, (x) => ({ x })) }),
  "a cycle": onDisk(() => {
    const x = {};
    x.x = x;
    return { x };
  }),
  "a million keys": onDisk(() => keys(1e6)),
  "200,000 keys in an object, in an open row": onDisk(() => ({ x: keys(200_000) }), { commit: false }),
  "200,000 keys in an object, by step": onDisk(() => ({ x: keys(200_000) }), { step: 0 }),
  "a text of 100 MB of controls, in an open row": onDisk(() => ({ x: "\u0001".repeat(100 * MB) }), { commit: false }),
  "an open row of 600 MB, call by call": async (dir) => {
    const run = init({ dir, mode: "offline", ...quiet });
    const text = "x".repeat(100 * MB);
    for (let n = 0; n < 6; n++) await judge(() => run.log({ [`k${n}`]: text }, { commit: false }));
    run.log({ last: 1 });
    run.log({ mark: 1 });
    await run.finish();
    let found = false;
    for await (const { mark } of (await openRun(run.dir)).rows()) found ||= mark === 1;
    if (!found) return "the row after it is not there";
  },
  "a text of 500 MB": onDisk(() => ({ x: "x".repeat(500 * MB) })),
  "a key of 10 MB": onDisk(() => ({ ["x".repeat(10 * MB)]: 1 })),
  "a picture's key of 10 MB": onDisk(() => ({ ["x".repeat(10 * MB)]: new Image(grid, quiet) })),
  "a caption of 10 MB": onDisk(() => ({ x: new Image(grid, { caption: "x".repeat(10 * MB) }) })),
  "Uint8Array of 3·10^7": onDisk(() => ({ x: new Uint8Array(3e7) })),
  "a million classes": () =>
    void new Image(grid, { classes: Array.from({ length: 1e6 }, (_, id) => ({ id, name: `${id}` })), ...quiet }),
  "a million boxes": () =>
    void new Image(grid, { boxes: { b: box.xyxy(new Float32Array(4e6).fill(0.5)) }, ...quiet }).boxes,
  "keys of Object.prototype": onDisk(() =>
    JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}'),
  ),
  "a record that says it is 4 GB": (dir) =>
    readRun(dir, (log) => Buffer.concat([log, Buffer.from([0, 0, 0, 0, 255, 255, 2])])),
  "a zip whose record file is 64 MB of zeros": async () => {
    const run = await openRun(new Blob([zipOf("run-a/run-a.wandb", deflateRawSync(Buffer.alloc(64 * MB)), 64 * MB)]));
    for await (const row of run.rows()) void row;
  },
  "a zip that says 4 GB": async () => {
    const run = await openRun(new Blob([zipOf("run-a/run-a.wandb", deflateRawSync(Buffer.alloc(100)), 0xfffffffe)]));
    for await (const row of run.rows()) void row;
  },
  "a palette of ten million colours": () =>
    void new Image(grid, { palette: Array(1e7).fill([0, 0, 0]), fileType: "png", ...quiet }),
};

async function readRun(dir, change) {
  const { readFileSync, writeFileSync, readdirSync } = await import("node:fs");
  const run = init({ dir, mode: "offline", ...quiet });
  run.log({ mark: 1 });
  await run.finish();
  const log = `${run.dir}/${readdirSync(run.dir).find((name) => name.endsWith(".wandb"))}`;
  writeFileSync(log, change(readFileSync(log)));
  const opened = await openRun(run.dir);
  for await (const row of opened.rows()) void row;
}

const [name, dir] = process.argv.slice(2);
if (name === undefined) console.log(JSON.stringify(Object.keys(BOMBS)));
else {
  process.env.WANDB_SILENT = "true";
  new Image(grid); // compiled
  globalThis.gc();
  const before = process.resourceUsage().maxRSS;
  const started = process.cpuUsage();
  const verdict = await judge(() => BOMBS[name](dir), { limit: Number.POSITIVE_INFINITY });
  const { user, system } = process.cpuUsage(started);
  const milliseconds = Math.round((user + system) / 1000);
  const polluted = {}.polluted === undefined ? "" : ", and Object.prototype is polluted";
  const megabytes = Math.round((process.resourceUsage().maxRSS - before) / 1024);
  console.log(JSON.stringify({ verdict: verdict + polluted, milliseconds, megabytes }));
}
