// Long runs: 1080p frames, lists and thousands of keys; runs begun and finished; small pictures. Memory and open files stay flat, and the
// last steps take the time of the first.
//   node test/fire/long.mjs        ROUNDS steps (36,000 are an hour of video at 10 frames a second); the other parts follow in proportion
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Image, init } from "../../dist/node.js";
import { Random, Report, rounds, SEED, scratch } from "./harness.mjs";

process.env.WANDB_SILENT = "true";
const steps = rounds(300);
const random = new Random(SEED);
const folder = scratch("long");
const report = new Report("long runs");
const MB = 2 ** 20;

/**
 * In MB, once garbage is gone (node --expose-gc): V8 frees the memory of buffers on another thread, seconds later on a busy machine.
 * @param most how much there may be: more is given time to go
 */
async function memory(most = Infinity) {
  let least = { rss: Infinity, heap: Infinity };
  for (let look = 0; look < 5 || (look < 200 && least.heap > most); look++) {
    globalThis.gc?.();
    await setTimeout(50);
    const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
    const heap = (heapUsed + arrayBuffers) / MB;
    if (heap < least.heap) least = { rss: rss / MB, heap };
  }
  return least;
}

const openFiles = () => (existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd").length : 0);

/** Median CPU milliseconds. */
function cpuOf(call, times) {
  const all = Array.from({ length: times }, () => {
    const before = process.cpuUsage();
    call();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return all.sort((a, b) => a - b)[Math.floor(times / 2)];
}

/** Whether something grew from the first tenth of a part to its end. */
function checkFlat(what, before, after, slack) {
  if (after > before + slack) report.fail(`${what} grew from ${before.toFixed(1)} to ${after.toFixed(1)}`);
}

function slope(first, last, count, unit) {
  return `${first.toFixed(1)} MB, at the end ${last.toFixed(1)} MB (${(((last - first) * MB) / count).toFixed(0)} bytes a ${unit})`;
}

async function video() {
  const frame = Uint8Array.from({ length: 1920 * 1080 * 3 }, (_, i) => (i * 31) >> 5);
  const small = Uint8Array.from({ length: 32 * 32 }, (_, i) => i);
  const run = init({ dir: folder, mode: "offline" });
  let step = 0;
  const log = () => {
    for (let n = 0; n < 64; n++) frame[random.below(frame.length)] ^= 255;
    small[step % 1024] ^= 1;
    const list = [0, 1, 2, 3].map(() => new Image({ data: small, shape: [32, 32] }));
    const scalars = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`key${(step * 40 + n) % 2000}`, step]));
    run.log({ frame: new Image({ data: frame, width: 1920, height: 1080 }, { fileType: "jpg" }), list, ...scalars });
    step++;
    const media = join(run.dir, "files/media");
    if (step % 50 === 0) rmSync(media, { recursive: true, force: true }); // a disk holds less than an hour of frames
  };
  const tenth = Math.max(20, Math.floor(steps / 10));
  for (let n = 0; n < tenth; n++) log(); // compiled, every key known
  const first = { ...(await memory()), files: openFiles(), cpu: cpuOf(log, tenth) };
  while (step < steps - tenth) log();
  const last = { cpu: cpuOf(log, tenth), ...(await memory(first.heap + 8)), files: openFiles() };
  await run.finish();
  report.count("video steps", step);
  checkFlat("memory of JavaScript, in MB,", first.heap, last.heap, 8);
  checkFlat("resident memory, in MB,", first.rss, last.rss, 60);
  checkFlat("open files", first.files, last.files, 0);
  console.log(
    `  video: CPU a step ${first.cpu.toFixed(1)} ms, at the end ${last.cpu.toFixed(1)} ms (${(last.cpu / first.cpu).toFixed(2)} times); ` +
      `memory ${slope(first.heap, last.heap, step, "step")}, resident ${slope(first.rss, last.rss, step, "step")}`,
  );
}

async function manyRuns() {
  const count = Math.max(20, Math.floor(steps / 36));
  const begin = () => init({ dir: folder, mode: "offline" });
  const life = async () => {
    const run = begin();
    run.log({ x: new Image([[0, 1]]) });
    await run.finish();
    rmSync(run.dir, { recursive: true });
  };
  for (let n = 0; n < 10; n++) await life();
  const first = {
    ...(await memory()),
    files: openFiles(),
    listeners: process.listenerCount("exit") + process.listenerCount("SIGTERM"),
  };
  for (let n = 0; n < count; n++) await life();
  const atOnce = Array.from({ length: 50 }, begin);
  for (let n = 0; n < 4; n++) for (const run of atOnce) run.log({ n, x: new Image([[n, 1]]) });
  for (const run of atOnce) await run.finish();
  const last = {
    ...(await memory(first.heap + 4)),
    files: openFiles(),
    listeners: process.listenerCount("exit") + process.listenerCount("SIGTERM"),
  };
  report.count("runs", count + 60);
  console.log(
    `  runs: memory ${slope(first.heap, last.heap, count, "run")}; files ${first.files} and ${last.files}, listeners ${first.listeners} and ${last.listeners}`,
  );
  checkFlat("memory of JavaScript after runs, in MB,", first.heap, last.heap, 4);
  checkFlat("open files after runs", first.files, last.files, 0);
  checkFlat("listeners after runs", first.listeners, last.listeners, 0);
}

async function smallPictures() {
  const count = Math.max(2000, steps * 28);
  const data = new Uint8Array(16 * 16 * 3);
  const make = (n) => {
    data[n % data.length] = n;
    return new Image({ data, shape: [16, 16, 3] }).size;
  };
  for (let n = 0; n < 1000; n++) make(n);
  const first = await memory();
  for (let n = 0; n < count; n++) make(n);
  const last = await memory(first.heap + 4);
  report.count("small pictures", count);
  console.log(`  small pictures: memory ${slope(first.heap, last.heap, count, "picture")}`);
  checkFlat("memory of JavaScript after small pictures, in MB,", first.heap, last.heap, 4);
}

await video();
await manyRuns();
await smallPictures();
report.end();
