// Reading runs: the index of 10,000 steps × 10 pictures (78 MB of records), its memory, the head and tail of 500 runs. The
// run is written by the package's own writer; what is read is compared with what was written before it is timed.
//   npm run bench -- read [--smoke]
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  exitRecord,
  filesRecord,
  finalRecord,
  historyRecord,
  runRecord,
  summaryRecord,
} from "../build/modules/log/records.js";
import { frameRecords } from "../build/modules/log/wandb-file.js";
import { listRuns, openRun } from "../dist/read.js";

const SMOKE = process.argv.includes("--smoke");
const STEPS = SMOKE ? 100 : 10_000;
const PICTURES = 10;
const RUNS = SMOKE ? 20 : 500;

const [, , mode, place] = process.argv;
if (mode === "index") await indexed(place);
else await main();

async function main() {
  const scratch = mkdtempSync(join(tmpdir(), "bench-read-"));
  try {
    const run = writeRun(join(scratch, "one"));
    console.log(`a run of ${STEPS} steps × ${PICTURES} pictures, ${(run.bytes / 1e6).toFixed(1)} MB of records`);
    const turns = Array.from({ length: SMOKE ? 1 : 5 }, () => inProcess(run.dir));
    const least = (name) => Math.min(...turns.map((turn) => turn[name]));
    const most = (name) => Math.max(...turns.map((turn) => turn[name]));
    console.log(`  indexed in ${least("cpu")} ms of CPU time, ${least("wall")} ms (bound 1,500)`);
    console.log(`  memory of the process ${most("rss")} MB (bound 200), ${least("empty")} MB of it Node's own`);
    console.log(`  one row of ten pictures read again: ${least("row").toFixed(2)} ms`);

    for (let i = 0; i < RUNS; i++) writeRun(join(scratch, "many"), i, 20);
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < (SMOKE ? 1 : 5); i++) {
      const began = performance.now();
      const runs = await listRuns(join(scratch, "many"));
      best = Math.min(best, performance.now() - began);
      assert.equal(runs.length, RUNS);
      for (const { state, lastStep, run } of runs)
        assert.deepEqual([state, lastStep, run.name], ["finished", 19, "bench"]);
    }
    console.log(`names and states of ${RUNS} runs: ${best.toFixed(0)} ms (bound 1,000)`);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** In a process of its own, for its memory. */
function inProcess(dir) {
  const said = execFileSync(process.execPath, [fileURLToPath(import.meta.url), "index", dir], { encoding: "utf8" });
  return JSON.parse(said);
}

async function indexed(dir) {
  const empty = process.memoryUsage().rss;
  const cpu = process.cpuUsage();
  const began = performance.now();
  const run = await openRun(dir);
  const wall = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  const rss = process.resourceUsage().maxRSS * 1024;
  const steps = run.rowCount;
  assert.deepEqual([run.imageKeys.length, run.state, run.damageCount], [PICTURES, "finished", 0]);
  assert.equal(run.scalars("loss").values.at(-1), 1 / steps);
  const from = performance.now();
  const turns = 20;
  for (let i = 0; i < turns; i++) {
    const step = Math.floor((i * steps) / turns);
    for await (const picture of run.images("val/pred3", { from: step, to: step })) {
      assert.equal(picture.caption, `epoch ${step} sample 3`);
    }
  }
  const row = (performance.now() - from) / turns;
  console.log(
    JSON.stringify({
      cpu: Math.round((user + system) / 1000),
      wall: Math.round(wall),
      rss: Math.round(rss / 1e6),
      empty: Math.round(empty / 1e6),
      row,
    }),
  );
}

/** A run's folder, its record file as `run.log` writes it; without the pictures' files. */
function writeRun(root, index = 0, steps = STEPS) {
  const id = `bench${index}`;
  const second = String(index % 60).padStart(2, "0");
  const minute = String(Math.floor(index / 60)).padStart(2, "0");
  const dir = join(root, "wandb", `offline-run-20260101_00${minute}${second}-${id}`);
  mkdirSync(join(dir, "files"), { recursive: true });
  const log = openSync(join(dir, `run-${id}.wandb`), "w");
  let bytes = 0;
  let num = 0;
  const append = (...records) => {
    const framed = frameRecords(
      records.map((record) => record(++num)),
      bytes,
    );
    writeSync(log, framed, 0, framed.length, bytes);
    bytes += framed.length;
  };
  append(runRecord({ id, name: "bench", project: "bench", config: [], tags: [], startTime: Date.now() }));
  for (let step = 0; step < steps; step++) {
    const leaves = [];
    for (let k = 0; k < PICTURES; k++) {
      const key = `val/pred${k}`;
      const sha256 = digits(step * PICTURES + k);
      const path = `media/images/${key}_${step}_${sha256.slice(0, 20)}.png`;
      append(filesRecord(path));
      const values = { _type: "image-file", sha256, size: 1000 + k, path, format: "png", width: 600, height: 400 };
      for (const [name, value] of Object.entries({ ...values, caption: `epoch ${step} sample ${k}` })) {
        leaves.push({ path: [key, name], json: JSON.stringify(value) });
      }
    }
    const scalars = { loss: 1 / (step + 1), _step: step, _runtime: step / 8, _timestamp: 1.795e9 + step / 8 };
    for (const [name, value] of Object.entries(scalars)) leaves.push({ path: [name], json: String(value) });
    append(summaryRecord(leaves), historyRecord(step, leaves));
  }
  append(exitRecord(0, Math.round(steps / 8)), finalRecord());
  closeSync(log);
  writeFileSync(join(dir, "files", "note.txt"), "the pictures' files are left out");
  return { dir, bytes };
}

/** 64 hexadecimal digits that look like a hash. */
function digits(n) {
  let text = "";
  while (text.length < 64) text += (Math.imul(n + text.length, 2654435761) >>> 0).toString(16).padStart(8, "0");
  return text.slice(0, 64);
}
