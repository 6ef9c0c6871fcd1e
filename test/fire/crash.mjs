// kill -9 at random moments: every step that returned is there for W&B's own reader, every file that a record names has
// its bytes, every run is read to its end.
// A sample of the runs, one in twenty, and all whose end is torn, are uploaded by W&B's client: the rows and files that arrive are those that were there.
//   node test/fire/crash.mjs       ROUNDS kills, shared by five programs
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { crc32 } from "node:zlib";
import { wandbSync } from "../real/upload/clients.mjs";
import { WandbServer } from "../support/wandb-server.mjs";
import { mediaFaults, Random, Report, ROOT, readByWandb, rounds, runFolders, SEED, scratch } from "./harness.mjs";

const folder = scratch("crash");
const random = new Random(SEED);
const report = new Report("kill -9");
const program = (name) => join(ROOT, "test/fire/programs", name);

/** By name: the processes of a round, each [file, …arguments] after the folder. */
const PROGRAMS = {
  scalars: (dir) => [[program("log.mjs"), "scalars", dir, "1e9"]],
  pictures: (dir) => [[program("log.mjs"), "pictures", dir, "1e9"]],
  "lists with overlays": (dir) => [[program("log.mjs"), "layers", dir, "1e9"]],
  "runs and threads of a process": (dir) => [[program("threads.mjs"), dir]],
  "two processes in one folder": (dir) => [
    [program("log.mjs"), "endless", dir],
    [program("log.mjs"), "several", dir, "1e9"],
  ],
};

/**
 * Runs processes until they are killed, all at once, and gives what they said.
 * @param after milliseconds from their start, or from their first word if `started`
 */
async function killed(processes, after, started) {
  const said = [];
  const env = { ...process.env, WANDB_SILENT: "true" };
  const children = processes.map((argv) =>
    spawn(process.execPath, argv, { env, stdio: ["ignore", "pipe", "inherit"] }),
  );
  const ends = children.map(async (child) => {
    for await (const line of createInterface({ input: child.stdout })) {
      // A line that the kill cut is none: its call may not have returned.
      if (line.endsWith("}")) said.push(JSON.parse(line));
      if (said.length === 1 && started) setTimeout(kill, after);
    }
  });
  const kill = () => {
    for (const child of children) child.kill("SIGKILL");
  };
  if (!started) setTimeout(kill, after);
  await Promise.all(ends);
  return said;
}

const kills = rounds(20);
const names = Object.keys(PROGRAMS);
const done = [];
for (let i = 0; i < kills; i++) {
  const name = names[i % names.length];
  const dir = join(folder, String(i));
  mkdirSync(dir);
  const started = random.chance(0.75); // the others fall into the start, which takes about 150 ms
  const after = Math.round(random.next() * (started ? 500 : 250));
  const said = await killed(PROGRAMS[name](dir), after, started);
  done.push({ name: `${name}, killed ${after} ms after its ${started ? "first row" : "start"}`, dir, said });
}

/** The bytes of a run's .wandb file; none where the kill came before it. */
function recordFile(run) {
  const name = readdirSync(run).find((each) => each.endsWith(".wandb"));
  return name === undefined ? Buffer.of() : readFileSync(join(run, name));
}

const [BLOCK, HEADER] = [32768, 7];

/** How a .wandb file ends: LevelDB's chunks, one after the other, up to its end, up to one that its end cuts, or up to one that is wrong. */
function endOf(bytes) {
  let at = HEADER; // the file's own
  while (at < bytes.length) {
    const left = BLOCK - (at % BLOCK);
    if (left < HEADER) {
      at += left;
      continue;
    }
    if (at + HEADER > bytes.length) return "cut";
    const next = at + HEADER + bytes.readUInt16LE(at + 4);
    if (next > bytes.length) return "cut";
    if (crc32(bytes.subarray(at + 6, next)) !== bytes.readUInt32LE(at)) return "damaged";
    at = next;
  }
  return "whole";
}

/** Whether `endOf` sees what a kill seldom leaves: a cut in the last chunk, and a byte that changed. */
function isJudged(bytes) {
  if (bytes.length < 100 || endOf(bytes) !== "whole") return true;
  const changed = Buffer.from(bytes);
  changed[50] ^= 1;
  return endOf(bytes.subarray(0, -1)) === "cut" && endOf(changed) === "damaged";
}

const torn = [];
const read = readByWandb(done.flatMap(({ dir }) => runFolders(dir)));
for (const { name, dir, said } of done) {
  report.count("kills");
  const faults = [];
  for (const run of runFolders(dir)) {
    report.count("runs");
    const found = read.get(run);
    // A kill may fall between two pages of the last write (write(2)): what had not returned is then half there, and readers stop before it.
    const bytes = recordFile(run);
    const end = endOf(bytes);
    if (end === "damaged") faults.push(`${run}: damaged before its end`);
    if (end === "cut" && found.problem?.includes("checksum is invalid")) torn.push({ name, dir, said, run });
    else if (found.problem !== null) faults.push(`${run}: ${found.problem}`);
    if (!isJudged(bytes)) faults.push(`${run}: a cut, or a changed byte, of it is taken for something else`);
    const marks = new Set(found.rows.map(({ mark }) => mark));
    const returned = said.filter(({ mark, dir: of }) => of === run && mark !== undefined);
    report.count("steps", returned.length);
    report.count("files", found.files.length);
    for (const { mark } of returned) if (!marks.has(mark)) faults.push(`row ${mark} returned and is not there`);
    faults.push(...mediaFaults(run, found));
  }
  const begun = new Set(said.map(({ dir: of }) => of).filter(Boolean));
  for (const run of begun) if (!read.has(run)) faults.push(`${run} was begun and is not there`);
  if (faults.length > 0) report.fail(`${name}: ${faults.slice(0, 3).join("; ")}`);
}

/** What W&B's `wandb sync` leaves of a run on a server. */
async function uploadedByWandb(run) {
  const server = await WandbServer.start();
  try {
    const { code, output } = await wandbSync("0.28.2", server, run);
    return { code, output, state: [...server.runs.values()][0] };
  } finally {
    await server.close();
  }
}

const begun = done.filter(({ dir }) => runFolders(dir).length > 0);
const sample = begun.filter((_, i) => i % 20 === SEED % 20);
report.count("torn ends", torn.length);
for (const { name, dir, said, run = runFolders(dir)[0] } of [...sample, ...torn]) {
  const { code, output, state } = await uploadedByWandb(run);
  report.count("uploads by wandb sync");
  const rows = [...(state?.history.values() ?? [])].map((text) => JSON.parse(text));
  report.count("rows that arrived", rows.length);
  const marks = new Set(rows.map(({ mark }) => mark));
  const lost = said.filter(({ mark, dir: of }) => of === run && mark !== undefined && !marks.has(mark));
  const files = read.get(run).files.filter((path) => !state?.files.has(path));
  if (code !== 0 || lost.length > 0 || files.length > 0)
    report.fail(
      `${name}: uploaded (exit code ${code}) without ${lost.length} rows, ${files.length} files: ${output.slice(-200)}`,
    );
}
report.end();
