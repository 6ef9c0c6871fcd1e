// Faults of the system under uploads: of a run on disk, and of one that is uploaded while it is logged. The upload ends well or says what
// failed; a second one then brings all that had been logged, once.
//   node test/fire/upload.mjs      ROUNDS faults; ROUNDS=0: every fault at every call
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { stateOf, WandbServer } from "../support/wandb-server.mjs";
import { Random, Report, rounds, runFolders, SEED, scratch } from "./harness.mjs";
import { builtShim, callsOf, drawnFaults, Host, programRun } from "./shim.mjs";

const folder = scratch("upload");
const random = new Random(SEED);
const report = new Report("faults of the system under uploads");
const shim = builtShim(folder, "uploads");
const host = new Host(shim);

const logged = join(folder, "logged");
mkdirSync(logged);
await programRun("log.mjs", ["mixed", logged, "5"], {});
const [original] = runFolders(logged);

/** The logged run once more: uploads leave files beside it. */
function copyIn(name) {
  const run = join(folder, name, basename(original));
  cpSync(original, run, { recursive: true });
  return run;
}

/** What `use` leaves on a server of its own. */
async function withServer(use) {
  const server = await WandbServer.start();
  try {
    return await use(server);
  } finally {
    await server.close();
  }
}

const settings = (server) => ({
  FIRE_MODE: "online",
  WANDB_BASE_URL: server.url,
  WANDB_API_KEY: "k".repeat(40),
  WANDB_CONFIG_DIR: folder,
  NETRC: "/dev/null",
});

/** Its one run, if it has come. */
const runOf = (server) => [...server.runs.values()][0];

const left = (server) => JSON.stringify(runOf(server) && stateOf(runOf(server)));

const sync = (server, run, fault) => host.run("upload.mjs", [server.url, run], fault);

/** A second upload, of what the first left: it brings the rest. */
async function syncAgain(server, run, faults) {
  const { said, stderr } = await sync(server, run, {});
  // "skipped": the marker of a whole upload was the last thing that the first one did.
  if (!/^(uploaded|skipped)$/.test(said.at(-1)?.outcome))
    faults.push(`the second upload: ${JSON.stringify(said.at(-1) ?? stderr.slice(-300))}`);
  if (runOf(server)?.rewritten.length > 0) faults.push("lines were sent again with another text");
  if (server.problems.length > 0) faults.push(server.problems[0]);
}

/** An upload that did not end well says what failed. */
function faultsOfWords(said, stderr, status, dir) {
  const crash = said.find((line) => line.crash);
  if (crash) return [crash.crash];
  if (status !== 0) return [`exit code ${status}: ${stderr.slice(-400)}`];
  return said.flatMap(({ outcome, reason, owed = [] }) => {
    if (outcome === "failed" && !`${reason}`.includes(dir)) return [`an upload failed without a path: ${reason}`];
    return owed.flatMap(({ path, reason: why }) => (why ? [] : [`${path} is owed, without a reason`]));
  });
}

const wanted = await withServer(async (server) => {
  await sync(server, copyIn("wanted"), {});
  return left(server);
});

async function laterUpload(fault) {
  const dir = join(folder, "copy");
  const run = copyIn("copy");
  const faults = await withServer(async (server) => {
    const first = await sync(server, run, { FIRE_PATH: dir, ...fault });
    report.count("uploads that ended well", first.said.at(-1)?.outcome === "uploaded" ? 1 : 0);
    const faults = faultsOfWords(first.said, first.stderr, first.status, dir);
    await syncAgain(server, run, faults);
    if (left(server) !== wanted) faults.push("the server has another run than without the fault");
    return faults;
  });
  rmSync(dir, { recursive: true });
  return faults;
}

/** In a process of its own, as what keeps it alive after its end would not show in another. */
async function liveUpload(fault) {
  const dir = join(folder, "live");
  mkdirSync(dir);
  const faults = await withServer(async (server) => {
    const env = { ...settings(server), LD_PRELOAD: shim, FIRE_PATH: dir, ...fault };
    const { said, stderr, status } = await programRun("log.mjs", ["mixed", dir, "5"], env);
    const faults = status === 0 ? [] : [`exit code ${status}: ${stderr.slice(-400)}`];
    for (const { failed, message } of said)
      if (failed && !message.includes(dir)) faults.push(`an error without its path: ${message}`);
    // Not what an init that failed could not take away.
    const { dir: run } = said.find((line) => line.dir !== undefined);
    await syncAgain(server, run, faults);
    faults.push(...missing(runOf(server), said));
    return faults;
  });
  rmSync(dir, { recursive: true });
  return faults;
}

/** Rows that returned and are not on the server, and files that its rows name and that are not there. */
function missing(run, said) {
  if (run === undefined) return ["the run is not there"];
  const rows = [...run.history.values()].map((text) => JSON.parse(text));
  const marks = new Set(rows.map(({ mark }) => mark));
  const lost = said
    .filter(({ mark }) => mark !== undefined && !marks.has(mark))
    .map(({ mark }) => `row ${mark} is not there`);
  const named = JSON.stringify(rows).matchAll(/"path":"([^"]+)"/g);
  for (const [, path] of named) if (!run.files.has(path)) lost.push(`${path} is not there`);
  return lost;
}

const KINDS = { later: laterUpload, live: liveUpload };
const count = join(folder, "count");
const programs = [];
for (const kind of Object.keys(KINDS)) {
  const calls = await withServer(async (server) => {
    const dir = join(folder, `count-${kind}`);
    const env = { ...settings(server), LD_PRELOAD: shim, FIRE_PATH: dir };
    const run = kind === "later" ? copyIn(`count-${kind}`) : mkdirSync(dir);
    const [program, args] = kind === "later" ? ["upload.mjs", [server.url, run]] : ["log.mjs", ["mixed", dir, "5"]];
    return callsOf(program, args, env, count);
  });
  programs.push({ kind, calls });
}

/** Faults of one case, and the seconds that it took. */
async function tried({ kind, nth, fault, times }) {
  const start = performance.now();
  const faults = await KINDS[kind]({ FIRE_NTH: nth, FIRE_FAULT: fault, FIRE_TIMES: times });
  return { faults, seconds: (performance.now() - start) / 1000 };
}

const MAX_SECONDS = 20;
for (const each of drawnFaults(random, programs, rounds(16))) {
  let { faults, seconds } = await tried(each);
  // A busy machine is slow now and then, what waits for nothing is so each time.
  for (let i = 0; i < 2 && faults.length === 0 && seconds > MAX_SECONDS && seconds < 4 * MAX_SECONDS; i++)
    ({ faults, seconds } = await tried(each));
  report.count("faults");
  if (seconds > MAX_SECONDS) faults.push(`it took ${seconds.toFixed(0)} s`);
  const { kind, nth, fault, times } = each;
  if (faults.length > 0) report.fail(`${kind}: ${fault} × ${times} at call ${nth}: ${faults.slice(0, 3).join("; ")}`);
}
console.log(`  ${programs.map(({ kind, calls }) => `${kind}: ${calls} calls`).join(", ")}`);
host.end();
report.end();
