// A fault of the system at every call: each open, read, write, rename, mkdir, truncate, close, sync, link and removal that a logging program
// makes fails once, or writes less than asked. What returned must be read by W&B's own reader, what threw must name its path, and the same
// call must succeed once the fault is over. Linux with a C compiler.
//   node test/fire/system.mjs      ROUNDS faults drawn by SEED; ROUNDS=0: every fault at every call
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { mediaFaults, Random, Report, readByWandb, rounds, runFolders, SEED, scratch } from "./harness.mjs";
import { builtShim, callsOf, drawnFaults, Host } from "./shim.mjs";

/** Cases whose folders are there at a time. */
const BATCH = 200;

const folder = scratch("system");
const shim = builtShim(folder, "faults of the system");
const report = new Report("faults of the system");

const environment = (dir, durability) => ({ FIRE_PATH: dir, FIRE_DURABILITY: durability });

const programs = [];
for (const durability of ["process", "sync"]) {
  for (const kind of ["scalars", "pictures", "layers", "several"]) {
    const dir = join(folder, `count-${kind}-${durability}`);
    mkdirSync(dir);
    const calls = await callsOf(
      "log.mjs",
      [kind, dir, "4"],
      { LD_PRELOAD: shim, ...environment(dir, durability) },
      join(folder, "count"),
    );
    programs.push({ kind, durability, calls });
  }
}
const host = new Host(shim);
const cases = drawnFaults(new Random(SEED), programs, rounds(24));
for (let from = 0; from < cases.length; from += BATCH) {
  const done = [];
  for (const [i, { kind, durability, nth, fault, times }] of cases.slice(from, from + BATCH).entries()) {
    const dir = join(folder, `case-${i}`);
    mkdirSync(dir);
    const env = { ...environment(dir, durability), FIRE_NTH: nth, FIRE_FAULT: fault, FIRE_TIMES: times };
    const name = `${kind} ${durability}: ${fault} × ${times} at call ${nth}`;
    done.push({ name, dir, ...(await host.run("log.mjs", [kind, dir, "4"], env)) });
  }
  check(done);
  for (const { dir } of done) rmSync(dir, { recursive: true });
}
host.end();
report.end();

function namesPath(dir) {
  return ({ message, code }) => message.includes(dir) && typeof code === "string";
}

function check(all) {
  const read = readByWandb(all.flatMap(({ dir }) => runFolders(dir)));
  for (const { name, dir, said, stderr, status, leaked } of all) {
    report.count("faults");
    const faults = [];
    if (status !== 0) faults.push(`exit code ${status}: ${stderr.slice(0, 300)}`);
    if (leaked > 0) faults.push(`${leaked} files are left open`);
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
