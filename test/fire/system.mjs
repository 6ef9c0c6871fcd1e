// A fault of the system at every call: each open, write, rename, mkdir, truncate, close, sync and link that a logging program makes fails
// once, or writes less than asked. What returned must be read by W&B's own reader, what threw must name its path, and the same call must
// succeed once the fault is over. Linux with a C compiler.
//   node test/fire/system.mjs      ROUNDS faults drawn by SEED; ROUNDS=0: every fault at every call
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mediaFaults, Random, Report, ROOT, readByWandb, rounds, runFolders, SEED, scratch } from "./harness.mjs";

const KINDS = ["scalars", "pictures", "layers", "several"];
const FAULTS = ["EIO", "ENOSPC", "EINTR", "EMFILE", "EDQUOT", "EROFS", "SHORT"];
const folder = scratch("system");
const shim = join(folder, "shim.so");
const report = new Report("faults of the system");

if (process.platform !== "linux" || spawnSync("cc", ["--version"]).status !== 0) {
  console.log("faults of the system: not run, there is no Linux with a C compiler");
  process.exit();
}
execFileSync("cc", ["-shared", "-fPIC", "-O1", "-o", shim, join(ROOT, "test/fire/shim.c"), "-ldl"]);

/** Runs a program; `fault` is what the shim gets. */
function logging(kind, dir, fault, durability = "process") {
  const env = {
    ...process.env,
    LD_PRELOAD: shim,
    FIRE_PATH: dir,
    WANDB_SILENT: "true",
    FIRE_DURABILITY: durability,
    ...fault,
  };
  const program = join(ROOT, "test/fire/programs/log.mjs");
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, kind, dir, "4"], {
    encoding: "utf8",
    env,
    timeout: 60_000,
  });
  return {
    said: stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
    stderr,
    status,
  };
}

/** How many calls of ours a program makes. */
function callsOf(kind, durability) {
  const count = join(folder, "count");
  const dir = join(folder, `count-${kind}-${durability}`);
  mkdirSync(dir);
  const { status, stderr } = logging(kind, dir, { FIRE_COUNT: count }, durability);
  if (status !== 0) throw new Error(`${kind} fails without a fault: ${stderr}`);
  return Number(readFileSync(count, "utf8"));
}

const cases = [];
for (const durability of ["process", "sync"]) {
  for (const kind of KINDS) {
    const calls = callsOf(kind, durability);
    for (let nth = 1; nth <= calls; nth++) {
      for (const fault of FAULTS) for (const times of [1, 3]) cases.push({ kind, durability, nth, fault, times });
    }
  }
}
const wanted = rounds(24) || cases.length;
const random = new Random(SEED);
const drawn = wanted >= cases.length ? cases : Array.from({ length: wanted }, () => random.of(cases));

const done = drawn.map((one, i) => {
  const dir = join(folder, `case-${i}`);
  mkdirSync(dir);
  const { kind, durability, nth, fault, times } = one;
  const result = logging(kind, dir, { FIRE_NTH: nth, FIRE_FAULT: fault, FIRE_TIMES: times }, durability);
  return { name: `${kind} ${durability}: ${fault} × ${times} at call ${nth}`, dir, ...result };
});
check(done);

/** Folders that are read-only, vanish, or are files; a clock that jumps. */
function places() {
  const outcomes = [];
  const place = (name, prepare) => {
    const dir = join(folder, name);
    mkdirSync(dir);
    prepare(dir);
    outcomes.push({ name, dir, ...logging("mixed", dir, {}), isHopeless: true });
  };
  place("wandb is a file", (dir) => writeFileSync(join(dir, "wandb"), "x"));
  place("wandb is a link to nowhere", (dir) => execFileSync("ln", ["-s", "/nowhere/at/all", join(dir, "wandb")]));
  if (process.getuid() !== 0) place("a read-only folder", (dir) => chmodSync(dir, 0o500));
  for (const { name, said, stderr, dir } of outcomes) {
    report.count("places");
    const refused = said.filter(({ failed }) => failed === "init");
    if (refused.length === 0 || !refused.every(namesPath(dir))) report.fail(`${name}: ${stderr.slice(0, 200)}`);
    if (runFolders(dir).length > 0) report.fail(`${name}: a run folder is left behind`);
  }
}
places();
report.end();

function namesPath(dir) {
  return ({ message, code }) => message.includes(dir) && typeof code === "string";
}

function check(all) {
  const read = readByWandb(all.flatMap(({ dir }) => runFolders(dir)));
  for (const { name, dir, said, stderr, status } of all) {
    report.count("faults");
    const faults = [];
    if (status !== 0) faults.push(`exit code ${status}: ${stderr.slice(0, 300)}`);
    const thrown = said.filter(({ failed }) => failed !== undefined);
    report.count("calls that threw", thrown.length);
    for (const error of thrown) if (!namesPath(dir)(error)) faults.push(`an error without its path: ${error.message}`);
    for (const run of runFolders(dir)) {
      const found = read.get(run);
      if (found.problem !== null) faults.push(found.problem);
      const marks = new Set(found.rows.map(({ mark }) => mark));
      const returned = said.filter(({ mark, dir: of }) => of === run && mark !== undefined);
      report.count("steps", returned.length);
      for (const { mark } of returned) if (!marks.has(mark)) faults.push(`row ${mark} returned and is not there`);
      faults.push(...mediaFaults(run, found));
      if (said.some(({ finished, dir: of }) => finished && of === run) && found.exit !== 0)
        faults.push("no exit record");
    }
    if (faults.length > 0) report.fail(`${name}: ${faults.slice(0, 3).join("; ")}`);
  }
}
