// What a system does to a run: full disks, removed folders, kills, folders that cannot be written. In child processes, with the built
// package, whose file system calls a program can make fail.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { RunWriter } from "../../../src/log/writer.ts";
import { readRun, timeless } from "../../support/wandb-reader.ts";

const PACKAGE = new URL("../../../dist/node.js", import.meta.url).href;
let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "log-faults-"));
});

afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

const PROLOGUE = `
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { Image, init } from ${JSON.stringify(PACKAGE)};
/** Has \`instead\` called before each system call that writes, which may throw or kill. */
function intercept(instead) {
  for (const name of ["openSync", "writeSync", "writeFileSync", "renameSync", "mkdirSync"]) {
    const real = fs[name];
    fs[name] = (...args) => {
      if (!(name === "writeSync" && args[0] <= 2)) instead(name, args);
      return real(...args);
    };
  }
  syncBuiltinESMExports();
}
const fail = (code) => { throw Object.assign(new Error(code + ": injected"), { code }); };
const pixels = (s) => ({ data: Uint8Array.of(s, 2, 3, 4), width: 2, height: 2 });
const layered = (s) => new Image(pixels(s), {
  boxes: { b: { box_data: [{ position: { minX: 0, minY: 0, maxX: 1, maxY: 1 }, class_id: 1 }] } },
  masks: { m: { mask_data: [[0, 1], [1, 0]] }, n: { mask_data: [[0, 1], [1, 1]], class_labels: { 1: "car" } } },
});
const warnings = [];
const onWarning = ({ code, message }) => warnings.push([code, message]);
const attempt = (work) => { try { return work() ?? "returned"; } catch (error) { return [error.code, error.message]; } };
const report = (value) => fs.writeSync(1, JSON.stringify(value));
`;

/** Runs a program, and gives what it reported. */
function program(body: string, env: Record<string, string> = {}, cwd = dir) {
  const child = spawnSync(process.execPath, ["--input-type=module", "-e", PROLOGUE + body], {
    env: { PATH: process.env.PATH!, WANDB_DIR: dir, WANDB_SILENT: "true", ...env },
    cwd,
    encoding: "utf8",
    timeout: 60_000,
    maxBuffer: 1 << 26,
  });
  return { ...child, reported: child.stdout === "" ? undefined : JSON.parse(child.stdout) };
}

function runDirs(root = dir): string[] {
  const parent = join(root, "wandb");
  if (!existsSync(parent)) return [];
  return readdirSync(parent)
    .filter((name) => name.startsWith("offline-run-"))
    .map((name) => join(parent, name));
}

test("where cleaning up fails too, the first error is the one that is thrown; a link that fails stops nothing", () => {
  const { reported } = program(`
    let failing = [];
    for (const name of ["openSync", "symlinkSync", "rmSync"]) {
      const real = fs[name];
      fs[name] = (...args) => (failing.includes(name) ? fail(name) : real(...args));
    }
    syncBuiltinESMExports();
    failing = ["openSync", "rmSync"];
    const begun = attempt(() => init());
    failing = ["symlinkSync", "rmSync"];
    const run = init();
    failing = ["openSync", "rmSync"];
    const logged = attempt(() => run.log({ x: new Image(pixels(1)) }));
    failing = [];
    await run.finish();
    report({ begun, logged, dir: run.dir });
  `);
  expect(reported.begun).toEqual(["openSync", expect.stringMatching(/ cannot be written: openSync: injected$/)]);
  expect(reported.logged).toEqual(["openSync", expect.stringMatching(/\.png cannot be written: openSync: injected$/)]);
  expect(readRun(reported.dir).exitCode).toBe(0);
});

test("whatever system call fails, the same call of ours succeeds once the cause is gone, layers included", () => {
  const { reported, stderr } = program(`
    let countdown = Infinity;
    intercept(() => { if (--countdown === 0) fail("ENOSPC"); });
    const again = async (work) => {
      try { return await work(); } catch (error) { failures.push(error.code ?? String(error)); return await work(); }
    };
    const failures = [];
    for (let n = 1; n === 1 || countdown <= 0; n++) {
      countdown = n;
      const picture = layered(n);
      const list = [layered(1), layered(2)];
      const run = await again(() => init({ config: { n } }));
      await again(() => run.log({ a: 1 }));
      await again(() => run.log({ picture }));
      await again(() => run.log({ list }, { step: 5 }));
      await again(() => run.log({ open: 1 }, { step: 6 }));
      await again(() => run.config.update({ late: 2 }));
      await again(() => run.summary.update({ best: 3 }));
      await again(() => run.finish(4));
    }
    report(failures);
  `);
  expect(stderr).toBe("");
  expect(reported.length).toBeGreaterThan(30);
  expect(new Set(reported)).toEqual(new Set(["ENOSPC"]));
  const dirs = runDirs();
  expect(dirs.length).toBeGreaterThan(reported.length); // some failures are nobody's business: latest-run
  for (const runDir of dirs) {
    const read = readRun(runDir);
    expect(read.problem).toBeNull();
    expect(read.rows.map(timeless)).toMatchObject([
      { a: 1, _step: 0 },
      { picture: { boxes: { b: {} }, masks: { m: {}, n: {} } }, _step: 1 },
      { list: { count: 2, all_boxes: [{}, {}], all_masks: [{}, {}] }, _step: 5 },
      { open: 1, _step: 6 },
    ]);
    expect([read.exitCode, read.config.late, read.summary.best]).toEqual([4, 2, 3]);
    const kept = (read.config._wandb as Record<string, Record<string, unknown>>)["mask/class_labels"]!;
    expect(Object.keys(kept).sort()).toEqual(
      ["list", "list", "picture", "picture"].map((key, i) => `${key}_wandb_delimeter_${"mn"[i % 2]}`),
    );
    for (const file of new Set(read.files)) expect(existsSync(join(runDir, "files", file))).toBe(true);
    expect(new Set(read.files).size).toBe(9); // the two of the list have their layers in common
    const names = readdirSync(join(runDir, "files"), { recursive: true }) as string[];
    expect(names.filter((name) => name.includes(".part"))).toEqual([]);
  }
  expect(readdirSync(join(dir, "wandb")).filter((name) => name.startsWith("."))).toEqual([]);
});

test("a finish that fails while something is awaited leaves the run open, and can be repeated", () => {
  const { reported } = program(`
    let full = false;
    intercept(() => { if (full) fail("ENOSPC"); });
    const run = init();
    const awaited = run.logAsync({ a: sleep(50, 1) });
    full = true;
    const first = await run.finish().catch((error) => error.code);
    full = false;
    const lost = await awaited.catch((error) => error.code);
    run.log({ b: 2 });
    await run.finish(3);
    report({ first, lost, dir: run.dir });
  `);
  expect(reported).toMatchObject({ first: "ENOSPC", lost: "ENOSPC" });
  const read = readRun(reported.dir);
  expect(read.rows.map(timeless)).toEqual([{ b: 2, _step: 1 }]);
  expect(read.exitCode).toBe(3);
});

test("an init that fails leaves no folder and no descriptor", () => {
  const { reported } = program(`
    let countdown = Infinity;
    intercept(() => { if (--countdown === 0) fail("EDQUOT"); });
    const descriptors = () => fs.readdirSync("/proc/self/fd").length;
    await init().finish();
    const before = process.platform === "linux" ? descriptors() : 0;
    const seen = [];
    for (let n = 1; n < 100; n++) {
      countdown = n;
      const outcome = attempt(() => init({ dir: "fresh/folder" }).dir);
      if (!Array.isArray(outcome)) break;
      seen.push([outcome[0], fs.existsSync("fresh")]);
    }
    report({ seen, leaked: process.platform === "linux" ? descriptors() - before : 1 });
  `);
  expect(reported.seen.length).toBeGreaterThan(5);
  for (const outcome of reported.seen) expect(outcome).toEqual(["EDQUOT", false]);
  expect(reported.leaked).toBe(1); // that of the run which could be made
});

test("an init that is killed leaves no run without a whole .wandb; the next one clears away what it had begun", () => {
  let kills = 0;
  for (let n = 1; ; n++) {
    const child = program(`
      let countdown = ${n};
      intercept(() => { if (--countdown === 0) process.kill(process.pid, "SIGKILL"); });
      init();
      intercept(() => {});
      countdown = Infinity;
    `);
    for (const runDir of runDirs()) expect(readRun(runDir).problem).toBeNull();
    if (child.signal !== "SIGKILL") break;
    kills++;
  }
  expect(kills).toBeGreaterThan(5);
  const drafts = () => readdirSync(join(dir, "wandb")).filter((name) => name.startsWith("."));
  expect(drafts().length).toBeGreaterThan(0);
  program("init();");
  expect(drafts().length).toBeGreaterThan(0); // they may be another program's
  for (const name of drafts()) utimesSync(join(dir, "wandb", name), 0, 0);
  program("init();");
  expect(drafts()).toEqual([]);
});

test("onError: warn has a server go on: what is lost is said, and later rows are written", () => {
  const { reported, status } = program(`
    let full = false;
    intercept(() => { if (full) fail("ENOSPC"); });
    const run = init({ onError: "warn", onWarning });
    run.log({ a: 1 });
    full = true;
    run.log({ lost: 1 });
    run.log({ picture: layered(1) });
    run.config.update({ lost: 1 });
    run.summary.update({ lost: 1 });
    await run.finish();
    full = false;
    const wrong = attempt(() => run.log({ f() {} }));
    run.log({ b: 1 });
    await run.finish();
    const first = run.dir;
    full = true;
    const disabled = init({ onError: "warn", onWarning, dir: "elsewhere" });
    disabled.log({ c: 1 });
    await disabled.finish();
    report({ warnings, wrong, dir: first, nothing: disabled.dir, left: fs.existsSync("elsewhere") });
  `);
  expect(status).toBe(0);
  expect(reported.warnings.map(([code]: string[]) => code)).toEqual(Array(6).fill("write-failed"));
  expect(reported.warnings[0][1]).toMatch(/^run\.log: \/.*\.wandb cannot be written: ENOSPC: injected$/);
  expect(reported.warnings[4][1]).toMatch(/^run\.finish: /);
  expect(reported.warnings[5][1]).toMatch(
    /elsewhere.* cannot be written: .*The run is disabled: nothing of it is kept$/,
  );
  expect(reported.wrong[1]).toContain('key "f": a function cannot be logged');
  expect(reported).toMatchObject({ nothing: "", left: false });
  const read = readRun(reported.dir);
  expect(read.rows.map(timeless)).toEqual([
    { a: 1, _step: 0 },
    { b: 1, _step: 1 },
  ]);
  expect(read.exitCode).toBe(0);
});

test.each([
  ["removed", "fs.rmSync(run.dir, { recursive: true });"],
  ["moved", "fs.renameSync(run.dir, 'away');"],
  ["removed, and a file made in its place", "fs.rmSync(run.dir, { recursive: true }); fs.writeFileSync(run.dir, '');"],
  ["removed, and another made in its place", "fs.rmSync(run.dir, { recursive: true }); fs.mkdirSync(run.dir);"],
])("a run folder that was %s: a warning within a second, then log and finish throw", (_, gone) => {
  const { reported } = program(`
    const run = init({ onWarning });
    run.log({ a: 1 });
    const before = fs.readdirSync("wandb");
    ${gone}
    await sleep(1000);
    const said = [...warnings];
    const log = attempt(() => run.log({ picture: layered(1) }));
    const config = attempt(() => run.config.update({ a: 1 }));
    const summary = attempt(() => run.summary.update({ a: 1 }));
    const finish = await run.finish().then(() => "finished", (error) => [error.code, error.message]);
    report({ dir: run.dir, said, log, config, summary, finish, inside: fs.existsSync(run.dir) && fs.statSync(run.dir).isDirectory() ? fs.readdirSync(run.dir) : [] });
  `);
  const words = `${reported.dir} is gone: the run's folder was removed or moved while the run was open. What is logged from now on cannot be written; begin another run`;
  expect(reported.said).toEqual([["run-folder-gone", words]]);
  for (const outcome of [reported.log, reported.config, reported.summary, reported.finish]) {
    expect(outcome).toEqual(["run-folder-gone", words]);
  }
  expect(reported.inside).toEqual([]); // no new folder
});

test("log throws at once where the folder went; moved back, the run goes on", () => {
  const { reported } = program(`
    const run = init({ onWarning });
    run.log({ a: 1 }, { step: 0 });
    fs.renameSync(run.dir, "away");
    const log = attempt(() => run.log({ b: 1 }, { step: 1 }));
    fs.renameSync("away", run.dir);
    run.log({ b: 1 }, { step: 1 });
    await run.finish();
    report({ log, dir: run.dir });
  `);
  expect(reported.log[0]).toBe("run-folder-gone");
  expect(readRun(reported.dir).rows.map(timeless)).toEqual([
    { a: 1, _step: 0 },
    { b: 1, _step: 1 },
  ]);
});

test.each([
  ["that cannot be written", "/proc", ""],
  ["that is gone", "", "fs.mkdirSync('here'); process.chdir('here'); fs.rmdirSync('../here');"],
])("a current folder %s: a temporary one, said aloud", (_, cwd, prepare) => {
  if (process.platform !== "linux") return;
  const body = `${prepare} const run = init({ onWarning }); run.log({ a: 1 }); await run.finish(); report({ dir: run.dir, warnings });`;
  const { reported } = program(body, { WANDB_DIR: "", TMPDIR: dir }, cwd || dir);
  expect(reported.dir).toBe(runDirs()[0]);
  expect(reported.warnings).toEqual([
    [
      "temporary-folder",
      expect.stringMatching(/(cannot be written|is gone).*The run is in the system's temporary folder instead: \//),
    ],
  ]);
  expect(reported.warnings[0][1]).toContain(reported.dir);
  expect(readRun(reported.dir).exitCode).toBe(0);
});

test("a folder that was asked for and cannot be written stays an error; so does a temporary one", () => {
  if (process.platform !== "linux") return;
  for (const [code, env] of [
    ['init({ dir: "/proc" })', { TMPDIR: dir }],
    ["init()", { WANDB_DIR: "/proc", TMPDIR: dir }],
    ["init()", { WANDB_DIR: "", TMPDIR: "/proc/1" }],
  ] as const) {
    const { reported } = program(`report(attempt(() => ${code}.dir));`, env, "/proc");
    expect(reported).toEqual(["ENOENT", expect.stringContaining("/proc/wandb cannot be written: ENOENT")]);
  }
  expect(readdirSync(dir)).toEqual([]);
});

test("names as long as the file system takes", () => {
  const { reported } = program(`
    const run = init();
    // 255 bytes less "_0_", 20 digits and ".png"
    report([attempt(() => run.log({ ["k".repeat(228)]: new Image(pixels(1)) })), attempt(() => run.log({ ["漢".repeat(76)]: new Image(pixels(2)) })),
      attempt(() => run.log({ ["k".repeat(229)]: new Image(pixels(3)) }))[0]]);
  `);
  expect(reported).toEqual(["returned", "returned", "ENAMETOOLONG"]);
});

test.each([
  [
    "that has 130,000 keys",
    "run.log({ table: Object.fromEntries(Array.from({ length: 130_000 }, (_, i) => ['k' + i, i])) }, { step: 1 })",
    "returned",
  ],
  ...(process.env.FULL
    ? ([
        [
          "whose JSON no string holds",
          "run.log({ deep: { text: '\\x01'.repeat(120_000_000) } }, { step: 1 })",
          'key "text": its JSON is longer than a string can be',
        ],
        [
          "that is longer than a row may be",
          "run.log({ a: 1, l: Array(6).fill('x'.repeat(8e7)) }, { step: 1 }); run.log({ m: 'x'.repeat(8e7) }, { step: 1 })",
          expect.stringMatching(
            /^step 1: expected a row of at most 536870912 characters of JSON; got 56\d{7}\. Log less in one step$/,
          ),
        ],
      ] as const)
    : []),
] as const)("an open row %s does not stop the rows after it", (_, row, outcome) => {
  const { reported } = program(`
    const run = init({ onWarning });
    const first = attempt(() => { ${row}; });
    run.log({ x: 2 }, { step: 2 });
    await run.finish();
    report({ first, dir: run.dir });
  `);
  expect(Array.isArray(reported.first) ? reported.first[1] : reported.first).toEqual(outcome);
  const { rows, exitCode } = readRun(reported.dir);
  expect(timeless(rows.at(-1)!)).toEqual({ x: 2, _step: 2 });
  expect(exitCode).toBe(0);
});

test("a row that cannot be made into records is left out, with a warning", () => {
  const appended: Uint8Array[] = [];
  let fails = false;
  const warned: string[] = [];
  const store = {
    id: "i",
    dir: "d",
    startTime: 0,
    length: 7,
    enqueue: (work: () => void) => work(),
    saveMedia() {},
    append(bytes: Uint8Array) {
      if (fails) throw new RangeError("Array buffer allocation failed");
      appended.push(bytes);
    },
    close() {},
    files: async () => new Map(),
  };
  const writer = new RunWriter(store, ({ code, message }) => warned.push(`${code}: ${message}`));
  const run = { id: "i", saveMedia() {}, saveClassLabels() {} };
  const time = { timestamp: 1, runtime: 1 };
  writer.log(run, { a: 1 }, 3, time, false);
  fails = true;
  writer.closeRow();
  expect(warned).toEqual([
    "row-dropped: step 3: the row cannot be written and is left out: Array buffer allocation failed",
  ]);
  expect(() => writer.log(run, { b: 1 }, 4, time, true)).toThrow("Array buffer allocation failed");
  fails = false;
  writer.end(0, 1);
  expect(appended).toHaveLength(1); // the end alone
});
