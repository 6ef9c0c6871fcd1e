// A run directory to a server on this machine: ours beside `wandb sync`, wall time and memory; frames bound by the network; and what
// `run.log` costs while the run is uploaded. States are compared before times are printed.
//   node bench/upload.mjs [--smoke]      `wandb sync` runs where .venv has it (bash test/real/upload/run.sh makes that)
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Image, init } from "../dist/node.js";
import { copyOf, KEY, ROOT, run, settings, wandbSync } from "../test/real/upload/clients.mjs";
import { RUNS } from "../test/real/upload/runs.mjs";

const smoke = process.argv.includes("--smoke");
const ROUNDS = smoke ? 1 : 3;
process.env.WANDB_SILENT = "true";
const folder = () => mkdtempSync(join(tmpdir(), "bench-upload-"));
const hasWandb = existsSync(join(ROOT, ".venv/wandb-0.31.0/ready"));

/** The stand-in, in a process of its own: its work is not ours. */
async function serverProcess(options = {}) {
  const module = new URL("../test/support/wandb-server.mjs", import.meta.url).href;
  const program = `
    const { WandbServer } = await import(${JSON.stringify(module)});
    const server = Object.assign(await WandbServer.start(), { keepBytes: false }, ${JSON.stringify(options)});
    console.log(server.url);
    process.stdin.on("data", () => {
      const [run] = [...server.runs.values()];
      console.log(JSON.stringify({ rows: run.history.size, files: run.files.size, complete: run.complete }));
      server.runs.clear();
      server.log.length = 0;
    });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["pipe", "pipe", "inherit"] });
  const line = () => new Promise((resolve) => child.stdout.once("data", (data) => resolve(String(data).trim())));
  const url = await line();
  const left = async () => {
    const answer = line();
    child.stdin.write("?\n");
    return JSON.parse(await answer);
  };
  return { url, left, stop: () => child.kill() };
}

/** Our command, which says at its end how much memory it had. */
async function ours(server, dir) {
  const tell = "process.on('exit', () => console.error('rss ' + process.resourceUsage().maxRSS))";
  const args = [
    "--import",
    `data:text/javascript,${encodeURIComponent(tell)}`,
    join(ROOT, "dist/cli/main.js"),
    "sync",
    dir,
  ];
  const result = await run(process.execPath, args, settings(server));
  return { ...result, rss: Number(/rss (\d+)/.exec(result.output)?.[1]) / 1000 };
}

const server = await serverProcess();
for (const [name, count] of Object.entries(smoke ? { pictures: 40, rows: 200 } : { pictures: 2000, rows: 20_000 })) {
  const dir = await RUNS[name](folder(), count);
  const best = { ours: Infinity, wandb: Infinity, rss: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const result = await ours(server, copyOf(dir));
    assert.equal(result.code, 0, result.output);
    const state = await server.left();
    best.ours = Math.min(best.ours, result.seconds);
    best.rss = Math.max(best.rss, result.rss);
    if (!hasWandb) continue;
    best.wandb = Math.min(best.wandb, (await wandbSync("0.31.0", server, copyOf(dir))).seconds);
    assert.deepEqual(await server.left(), state);
  }
  const ratio = hasWandb
    ? `, wandb sync ${best.wandb.toFixed(2)} s: ${(best.wandb / best.ours).toFixed(2)} times as fast`
    : "";
  console.log(`${count} ${name}: ${best.ours.toFixed(2)} s${ratio}; at most ${best.rss.toFixed(0)} MB`);
}
server.stop();

// Frames of a camera, on a line of 50 MB/s.
const BANDWIDTH = 50e6;
const slow = await serverProcess({ bandwidth: BANDWIDTH });
const frames = init({ dir: folder(), mode: "offline", project: "cats", id: "frames" });
const [width, height, count] = smoke ? [384, 216, 2] : [3840, 2160, 24];
let bytes = 0;
for (let i = 0; i < count; i++) {
  const data = new Uint8Array(width * height * 3);
  for (let at = 0; at < data.length; at += 65_536) crypto.getRandomValues(data.subarray(at, at + 65_536));
  const frame = new Image({ data, shape: [height, width, 3] });
  bytes += frame.size;
  frames.log({ frame });
}
await frames.finish();
const { seconds, rss, code } = await ours(slow, frames.dir);
assert.equal(code, 0);
const share = bytes / BANDWIDTH / seconds;
console.log(
  `${count} frames, ${(bytes / 1e6).toFixed(0)} MB at 50 MB/s: ${seconds.toFixed(2)} s, ${(100 * share).toFixed(0)} % of the line; at most ${rss.toFixed(0)} MB`,
);
slow.stop();

/** Milliseconds that the program's own thread has worked: beside it others work, and the machine has few cores. */
function threadTime() {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
  } catch {
    return performance.now(); // not on Linux
  }
}

// run.log while the run is uploaded.
const quiet = await serverProcess();
const cost = { offline: Infinity, online: Infinity };
for (let round = 0; round < (smoke ? 1 : 5); round++) {
  for (const mode of ["offline", "online"]) {
    const logged = init({ dir: folder(), mode, project: "cats", baseUrl: quiet.url, apiKey: KEY });
    if (mode === "online") await logged.ready;
    const calls = smoke ? 50 : 2000;
    const data = new Uint8Array(64 * 64 * 3).fill(round);
    const started = threadTime();
    for (let i = 0; i < calls; i++) {
      data[0] = i;
      data[1] = i >> 8;
      logged.log({ loss: i, ...(i % 4 === 0 && { picture: new Image({ data, shape: [64, 64, 3] }) }) });
    }
    cost[mode] = Math.min(cost[mode], (threadTime() - started) / calls);
    await logged.finish();
  }
}
const more = 100 * (cost.online / cost.offline - 1);
console.log(
  `run.log: ${cost.offline.toFixed(3)} ms offline, ${cost.online.toFixed(3)} ms online (${more.toFixed(0)} % more)`,
);
quiet.stop();
