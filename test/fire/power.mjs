// Power failures: the shim journals what a program with `durability: "sync"` asks of the system; after each call the disk is built as it may
// have been left, with nothing on it but what was synced, or any part of the rest. Every step that returned is there, with its files.
//   node test/fire/power.mjs       ROUNDS cuts, shared by the programs; ROUNDS=0: after every call
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Image, init } from "../../dist/node.js";
import { openRun } from "../../dist/read.js";
import { Disk, journalOf } from "./disk.mjs";
import { mediaFaults, Random, Report, readByWandb, rounds, runFolders, SEED, scratch } from "./harness.mjs";
import { builtShim, programRun, saidIn } from "./shim.mjs";

process.env.WANDB_SILENT = "true";
const folder = scratch("power");
const report = new Report("power failures");
const random = new Random(SEED);
const shim = builtShim(folder, "power failures");
const KINDS = ["scalars", "pictures", "layers", "several"];

/** A program's journal. A fault on the way makes it repeat what it did. */
async function journal(kind, durability, fault = {}) {
  const name = join(folder, `${kind}-${durability}-${fault.FIRE_NTH ?? 0}`);
  mkdirSync(name);
  const env = { LD_PRELOAD: shim, FIRE_PATH: join(name, "d"), FIRE_JOURNAL: join(name, "journal"), ...fault };
  mkdirSync(env.FIRE_PATH);
  const { status, stderr } = await programRun("log.mjs", [kind, env.FIRE_PATH, "4"], {
    ...env,
    FIRE_DURABILITY: durability,
  });
  if (status !== 0) throw new Error(`${kind}: ${stderr}`);
  const calls = journalOf(readFileSync(env.FIRE_JOURNAL));
  rmSync(name, { recursive: true });
  return { root: env.FIRE_PATH, calls };
}

/** The disk after so many calls, in one of its states, in a folder; and what was said until then. */
function cut({ root, calls }, count, state, dir) {
  const disk = new Disk(root);
  let said = "";
  for (const call of calls.slice(0, count)) {
    if (call.name === "said") said += call.bytes;
    else disk.apply(call);
  }
  disk.write(dir, state, random);
  return { dir, said: saidIn(said).map((line) => ({ ...line, dir: line.dir?.replace(root, dir) })) };
}

async function lossesOf({ dir, said }, read) {
  const losses = [];
  const begun = new Set(said.map(({ dir: of }) => of).filter(Boolean));
  for (const run of begun) if (!read.has(run)) losses.push("a run that had begun is not there");
  for (const run of runFolders(dir)) {
    const found = read.get(run);
    const returned = said.filter(({ mark, dir: of }) => of === run && mark !== undefined);
    const ours = await marksByOurs(run).catch((error) => {
      losses.push(error.message);
      return new Set();
    });
    for (const { mark } of returned) {
      if (!found.rows.some((row) => row.mark === mark)) losses.push(`row ${mark} returned and is not there`);
      else if (!ours.has(mark)) losses.push(`row ${mark} is there for W&B's reader, not for ours`);
    }
    // What had not returned may be torn.
    const rows = found.rows.filter((row) => returned.some(({ mark }) => mark === row.mark));
    if (begun.has(run))
      losses.push(...mediaFaults(run, { ...found, rows, files: [] }).filter((loss) => !/half-/.test(loss)));
    if (said.some(({ finished, dir: of }) => finished && of === run) && found.exit !== 0) losses.push("no exit record");
  }
  return losses;
}

async function marksByOurs(run) {
  const opened = await openRun(run);
  const marks = new Set();
  for await (const row of opened.rows()) marks.add(row.mark);
  return marks;
}

const STATES = ["synced", "names", "sizes", "any", "any"];
const wanted = rounds(80);

async function losses(programs, count) {
  const cases = programs.flatMap((program) =>
    program.calls.flatMap((_, i) => STATES.map((state) => ({ program, count: i + 1, state }))),
  );
  const drawn = count === 0 || count >= cases.length ? cases : Array.from({ length: count }, () => random.of(cases));
  const all = [];
  for (let from = 0; from < drawn.length; from += 500) {
    const cuts = drawn.slice(from, from + 500).map(({ program, count, state }, i) => {
      const dir = join(folder, `cut-${i}`);
      return { name: `${program.name}, ${state}, after call ${count}`, ...cut(program, count, state, dir) };
    });
    const read = readByWandb(cuts.flatMap(({ dir }) => runFolders(dir)));
    for (const { name, ...one } of cuts) {
      all.push({
        name,
        steps: one.said.filter(({ mark }) => mark !== undefined).length,
        losses: await lossesOf(one, read),
      });
      rmSync(one.dir, { recursive: true, force: true });
    }
  }
  return all;
}

/** Once as it is, once with a fault at a call that is drawn. */
async function programs(durability) {
  const all = [];
  for (const kind of KINDS) {
    const plain = await journal(kind, durability);
    const nth = 1 + random.below(plain.calls.length);
    const fault = { FIRE_NTH: nth, FIRE_FAULT: random.of(["EIO", "ENOSPC"]), FIRE_TIMES: 1 };
    all.push({ name: kind, ...plain });
    all.push({ name: `${kind}, ${fault.FIRE_FAULT} at ${nth}`, ...(await journal(kind, durability, fault)) });
  }
  return all;
}

for (const { name, steps, losses: lost } of await losses(await programs("sync"), wanted)) {
  report.count("cuts");
  report.count("steps", steps);
  if (lost.length > 0) report.fail(`${name}: ${lost.slice(0, 3).join("; ")}`);
}
// Without it such a disk loses steps: else these disks would prove nothing.
const unsynced = await losses(await programs("process"), Math.max(40, Math.floor(wanted / 10)));
const lost = unsynced.filter(({ losses }) => losses.length > 0).length;
console.log(`  durability "process": ${lost} of ${unsynced.length} cuts lose something`);
if (lost === 0) report.fail("no cut loses anything without sync: the disks are not those of a power failure");
report.end();

await cost();

/** Milliseconds of a step on the disk at hand; the two take turns. */
async function cost() {
  const runs = ["process", "sync"].map((durability) => init({ dir: scratch(durability), mode: "offline", durability }));
  const times = runs.map(() => ({ scalars: [], picture: [] }));
  const data = new Uint8Array(64 * 64 * 3);
  for (let n = 0; n < 60; n++) {
    data[n] = n;
    for (const [i, run] of runs.entries()) {
      for (const [name, value] of [
        ["scalars", 1 / n],
        ["picture", new Image({ data, shape: [64, 64, 3] })],
      ]) {
        const start = performance.now();
        run.log({ [name]: value });
        times[i][name].push(performance.now() - start);
      }
    }
  }
  for (const run of runs) await run.finish();
  const median = (all) => all.sort((a, b) => a - b)[all.length >> 1].toFixed(2);
  const [process, sync] = times;
  for (const name of ["scalars", "picture"])
    console.log(`  a step of ${name}: ${median(process[name])} ms, with durability "sync" ${median(sync[name])} ms`);
}
