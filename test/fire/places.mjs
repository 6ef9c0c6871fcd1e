// Places that go wrong: disks that are full (tmpfs of many sizes), read-only folders, folders that vanish, move or become files while a run is
// open, and clocks that jump. Linux; the disks need the right to mount.
//   node test/fire/places.mjs      ROUNDS disks; ROUNDS=0: every size
import { execFileSync, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { init } from "../../dist/node.js";
import { mediaFaults, Random, Report, ROOT, readByWandb, rounds, runFolders, SEED, scratch } from "./harness.mjs";
import { builtShim, programRun } from "./shim.mjs";

process.env.WANDB_SILENT = "true";
const folder = scratch("places");
const random = new Random(SEED);
const report = new Report("places");
const shim = builtShim(folder, "places");
const PROGRAM = join(ROOT, "test/fire/programs/log.mjs");
const done = [];

await disks();
await readOnly();
await vanishing();
await planted();
await clocks();
check();
report.end();

/** A disk that is full at some moment of a program, and gets larger once it has failed. */
async function disks() {
  const dir = join(folder, "disk");
  mkdirSync(dir);
  const options = (size) => ["-t", "tmpfs", "-o", size, "wandb-fire", dir];
  if (spawnSync("mount", options("size=64k")).status !== 0) {
    console.log("  full disks: not run, nothing can be mounted here");
    return;
  }
  execFileSync("umount", [dir]);
  const sizes = [
    ...Array.from({ length: 60 }, (_, i) => `size=${(i + 1) * 4}k`),
    ...Array.from({ length: 60 }, (_, i) => `size=16m,nr_inodes=${i + 2}`),
  ];
  const wanted = rounds(10) || sizes.length;
  const drawn = wanted >= sizes.length ? sizes : Array.from({ length: wanted }, () => random.of(sizes));
  for (const [i, size] of drawn.entries()) {
    execFileSync("mount", options(size));
    try {
      const result = await loggedOn(dir, random.of(["layers", "mixed", "several"]), () => {
        execFileSync("mount", ["-o", "remount,size=64m,nr_inodes=10000", dir]);
      });
      report.count("disks");
      report.count("disks that were full", result.said.some(({ failed }) => failed) ? 1 : 0);
      const kept = join(folder, `kept-${i}`);
      execFileSync("cp", ["-r", dir, kept]);
      const said = result.said.map((line) => ({ ...line, dir: line.dir?.replace(dir, kept) }));
      done.push({ name: `disk, ${size}`, dir: kept, ...result, said, words: dir });
    } finally {
      execFileSync("umount", [dir]);
    }
  }
}

/** Logs; `mend` is called when a call has failed. */
async function loggedOn(dir, kind, mend, identity = {}) {
  const env = { ...process.env, FIRE_PATIENCE: "30" };
  const child = spawn(process.execPath, [PROGRAM, kind, dir, "9"], {
    env,
    ...identity,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = [];
  let stderr = "";
  child.stderr.on("data", (piece) => (stderr += piece));
  const ended = new Promise((resolve) => child.on("close", resolve));
  let mended = false;
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(JSON.parse(line));
    if (said.at(-1).failed === undefined || mended) continue;
    mended = true;
    mend();
  }
  return { said, stderr, status: await ended };
}

/** As a user who may not write there, until the folder's mode is mended. */
async function readOnly() {
  if (process.getuid() !== 0) return;
  const nobody = { uid: 65534, gid: 65534 };
  chmodSync(folder, 0o755);
  const dir = join(folder, "read-only");
  mkdirSync(dir, { mode: 0o500 });
  chownSync(dir, nobody.uid, nobody.gid);
  const readable =
    spawnSync(process.execPath, ["-e", `fs.accessSync(${JSON.stringify(PROGRAM)})`], nobody).status === 0;
  if (!readable) return;
  const result = await loggedOn(dir, "mixed", () => chmodSync(dir, 0o700), nobody);
  report.count("read-only folders");
  if (!result.said.some(({ failed, code }) => failed === "init" && code === "EACCES"))
    report.fail("a read-only folder is not refused by name");
  done.push({ name: "read-only folder", dir, ...result, words: dir });
}

/** What happens to the folders of a run between two calls of log. The second must throw, naming the folder; nothing is made anew. */
async function vanishing() {
  const ways = {
    "is removed": (run) => rmSync(run.dir, { recursive: true }),
    "is moved": (run) => renameSync(run.dir, `${run.dir}-moved`),
    "becomes a file": (run) => {
      rmSync(run.dir, { recursive: true });
      writeFileSync(run.dir, "");
    },
    "loses its .wandb file": (run) => rmSync(join(run.dir, `run-${run.id}.wandb`)),
    "lies in a folder that is moved": (_run, dir) => renameSync(join(dir, "wandb"), join(dir, "moved")),
    "has a file in place of files/": (run) => {
      rmSync(join(run.dir, "files"), { recursive: true });
      writeFileSync(join(run.dir, "files"), "");
    },
    "has a file in place of media/": (run) => {
      rmSync(join(run.dir, "files/media"), { recursive: true });
      writeFileSync(join(run.dir, "files/media"), "");
    },
    "loses its files/, and goes on": (run) => rmSync(join(run.dir, "files"), { recursive: true }),
  };
  const { Image } = await import("../../dist/node.js");
  for (const [name, change] of Object.entries(ways)) {
    for (const what of ["numbers", "picture"]) {
      const dir = join(folder, `vanishing ${name.replaceAll("/", "")} ${what}`);
      mkdirSync(dir);
      const run = init({ dir, mode: "offline", onWarning() {} });
      const row = (n) => (what === "numbers" ? { mark: n } : { mark: n, x: new Image([[n, 1]]) });
      run.log({ mark: 0, x: new Image([[9, 1]]) });
      change(run, dir);
      const failed = await failure(() => run.log(row(1)));
      const finish = await failure(() => run.finish());
      report.count("folders that changed");
      // Numbers need no files/; a picture makes its folders anew.
      const mayGoOn = name.endsWith("goes on") || (what === "numbers" && name.startsWith("has a file"));
      const faults = [failed, finish].flatMap((error) =>
        error === undefined || (error.message.includes(dir) && error.code)
          ? []
          : [`an error without a path: ${error.message}`],
      );
      if (failed === undefined && !mayGoOn) faults.push("log returned");
      if (finish === undefined && !/files|media/.test(name)) faults.push("finish returned");
      if (faults.length > 0) report.fail(`a run's folder ${name}, ${what}: ${faults[0]}`);
    }
  }
}

/** Links in the run's folder, under names that are made next: files are made exclusively, so that none is followed. */
async function planted() {
  const { Image } = await import("../../dist/node.js");
  const dir = join(folder, "planted");
  mkdirSync(dir);
  const secret = join(dir, "secret");
  writeFileSync(secret, "kept");
  const run = init({ dir, mode: "offline", onWarning() {} });
  run.log({ mark: 0, x: new Image([[0, 1]]) });
  const images = join(run.dir, "files/media/images");
  for (let n = 0; n < 20; n++) symlinkSync(secret, join(images, `.${n}.part`));
  const { path, sha256 } = nextPicture(Image);
  symlinkSync(secret, join(images, path));
  let refused = 0;
  for (let n = 0; n < 30; n++) {
    const error = await failure(() => run.log({ mark: 1, y: new Image([[5, 1]]) }));
    if (error === undefined) break;
    refused++;
    if (!error.message.includes(dir)) report.fail(`a planted link: ${error.message}`);
  }
  await run.finish();
  report.count("planted links", 21);
  if (refused === 30) report.fail("planted links stop the run");
  if (readFileSync(secret, "utf8") !== "kept") report.fail("a planted link was followed");
  if (lstatSync(join(images, path)).isSymbolicLink()) report.fail(`a link stands for the picture ${sha256}`);
}

function nextPicture(Image) {
  const { sha256 } = new Image([[5, 1]]);
  return { sha256, path: `y_1_${sha256.slice(0, 20)}.png` };
}

async function failure(call) {
  try {
    await call();
  } catch (error) {
    return error;
  }
}

/** Years back and forth, at every call of the system. */
async function clocks() {
  const DAY = 86_400;
  const jumps = [[-DAY, DAY], [-20 * 365 * DAY, 0, 3600], [-60 * 365 * DAY], [200 * 365 * DAY, -5], [1e12], [-1e12, 0]];
  for (const [i, seconds] of jumps.entries()) {
    const dir = join(folder, `clock-${i}`);
    mkdirSync(dir);
    const env = { LD_PRELOAD: shim, FIRE_PATH: dir, FIRE_CLOCK: seconds.join(",") };
    const result = await programRun("log.mjs", ["mixed", dir, "9"], env);
    report.count("clocks");
    done.push({ name: `clock, ${seconds}`, dir, ...result, words: dir });
    // A clock out of the calendar is refused before anything is made.
    const isRefused = ({ failed, message }) => failed === "init" && message.startsWith("init: the clock");
    const hopeless = result.said.length > 0 && result.said.every(isRefused);
    Object.assign(done.at(-1), {
      said: result.said.filter((line) => !isRefused(line)),
      ...(hopeless && { status: 0 }),
    });
    const odd = runFolders(dir).find((run) => !/offline-run-\d{8}_\d{6}-\w+$/.test(run));
    if (odd !== undefined) report.fail(`clock, ${seconds}: a folder that no client finds: ${odd}`);
  }
}

function check() {
  const read = readByWandb(done.flatMap(({ dir }) => runFolders(dir)));
  for (const { name, dir, said, stderr, status, words } of done) {
    const faults = status === 0 ? [] : [`exit code ${status}: ${stderr.slice(-300)}`];
    for (const { failed, message, code } of said)
      if (failed && !(message.includes(words) && code)) faults.push(`an error without its path: ${message}`);
    for (const run of runFolders(dir)) {
      const found = read.get(run);
      if (found.problem !== null) faults.push(found.problem);
      const returned = said.filter(({ mark, dir: of }) => of === run && mark !== undefined);
      report.count("steps", returned.length);
      for (const { mark } of returned)
        if (!found.rows.some((row) => row.mark === mark)) faults.push(`row ${mark} returned and is not there`);
      faults.push(...mediaFaults(run, found));
      if (found.exit !== 0) faults.push("no exit record");
    }
    if (faults.length > 0) report.fail(`${name}: ${faults.slice(0, 3).join("; ")}`);
  }
}
