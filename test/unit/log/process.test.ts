// Ends that a program can come to, in child processes, with the built package.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { readRun, timeless } from "../../support/wandb-reader.ts";

const MODULE = new URL("../../../build/modules/log/process.js", import.meta.url).href;
let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "log-process-"));
});

afterEach(() => {
  rmSync(dir, { recursive: true });
});

function environment(extra: Record<string, string> = {}) {
  return { PATH: process.env.PATH!, WANDB_DIR: dir, ...extra };
}

/** Runs a program that may use `init`, `run` and `media(text)`. */
function program(body: string) {
  return [
    "--input-type=module",
    "-e",
    `import { init } from ${JSON.stringify(MODULE)};
const run = init();
const media = (text) => ({
  [Symbol.for("wandb-image.Image")]: true,
  bindToRun(run, key, step) { this.path = "media/" + key + "_" + step + ".txt"; run.saveMedia(this.path, new TextEncoder().encode(text)); },
  toJson() { return { _type: "text", path: this.path }; },
});
${body}`,
  ];
}

function runProgram(body: string, env: Record<string, string> = {}) {
  return spawnSync(process.execPath, program(body), { env: environment(env), encoding: "utf8", timeout: 20_000 });
}

function runDirs(root = dir): string[] {
  const parent = join(root, "wandb");
  return readdirSync(parent)
    .filter((name) => name.startsWith("offline-run-"))
    .map((name) => join(parent, name));
}

function theRun() {
  const dirs = runDirs();
  expect(dirs.length).toBe(1);
  return readRun(dirs[0]!);
}

test.each<[string, string, number]>([
  ["the program's end", "", 0],
  ["process.exit(3)", "process.exit(3);", 3],
  ["process.exitCode", "process.exitCode = 4;", 4],
  ["an uncaught error", "throw new Error('boom');", 1],
  ["an uncaught error in a callback", "setTimeout(() => { throw new Error('boom'); }, 5);", 1],
  ["an unhandled rejection", "Promise.reject(new Error('boom'));", 1],
])("%s closes the run with its code, an open row included", (_, end, code) => {
  const child = runProgram(`run.log({ a: 1 }); run.log({ b: 2 }, { step: 7 }); ${end}`);
  expect(child.status).toBe(code);
  if (end.includes("boom")) expect(child.stderr).toContain("boom");
  const read = theRun();
  expect(read.problem).toBeNull();
  expect(read.rows.map(timeless)).toEqual([
    { a: 1, _step: 0 },
    { b: 2, _step: 7 },
  ]);
  expect(read.exitCode).toBe(code);
  expect(read.records.at(-1)!.kind).toBe("final");
});

async function signalled(signal: NodeJS.Signals, body: string) {
  const child = spawn(process.execPath, program(`${body}; console.log("ready"); setInterval(() => {}, 1000);`), {
    env: environment(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  child.kill(signal);
  return await new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.on("exit", (code, by) => resolve({ code, signal: by }));
  });
}

test.each<[NodeJS.Signals, number]>([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
])("%s closes every run, then ends the program as ever", async (signal, code) => {
  const end = await signalled(
    signal,
    `const other = init(); run.log({ a: 1 }, { step: 2 }); other.log({ a: 1 }, { step: 2 });`,
  );
  expect(end).toEqual({ code: null, signal });
  const dirs = runDirs();
  expect(dirs.length).toBe(2);
  for (const runDir of dirs) {
    const read = readRun(runDir);
    expect(read.rows.map(timeless)).toEqual([{ a: 1, _step: 2 }]);
    expect(read.exitCode).toBe(code);
  }
});

test("a program that listens for a signal itself goes on, and may go on logging", async () => {
  const end = await signalled(
    "SIGHUP",
    `process.on("SIGHUP", () => { run.log({ after: 1 }); process.exit(5); }); run.log({ before: 1 })`,
  );
  expect(end).toEqual({ code: 5, signal: null });
  const read = theRun();
  expect(read.rows.map(timeless)).toEqual([
    { before: 1, _step: 0 },
    { after: 1, _step: 1 },
  ]);
  expect(read.exitCode).toBe(5);
});

test("after finish a signal is the program's alone", async () => {
  const end = await signalled("SIGTERM", "await run.finish(0)");
  expect(end.signal).toBe("SIGTERM");
  expect(theRun().exitCode).toBe(0);
});

test("what log returned from survives kill -9", async () => {
  const child = spawn(
    process.execPath,
    program(`for (let i = 0; ; i++) {
      run.log({ i, big: "x".repeat(i * 97 % 50000), pic: media("picture " + i) });
      console.log(i);
    }`),
    { env: environment(), stdio: ["ignore", "pipe", "ignore"] },
  );
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    said += text;
    if (said.length > 1500) child.kill("SIGKILL");
  });
  await new Promise((resolve) => child.on("close", resolve));
  const last = Number(said.trimEnd().split("\n").at(-1));
  const read = theRun();
  expect(read.rows.length).toBeGreaterThan(last); // every row that was told of, and whole
  read.rows.forEach((row, i) => {
    expect(row).toMatchObject({ i, _step: i, pic: { path: `media/pic_${i}.txt` } });
    expect(readFileSync(join(runDirs()[0]!, "files", `media/pic_${i}.txt`), "utf8")).toBe(`picture ${i}`);
  });
  expect(read.exitCode).toBeNull();
});

test("media of an open row survive kill -9 too", () => {
  const child = runProgram(
    `run.log({ a: 1 }); run.log({ pic: media("x") }, { step: 3 }); process.kill(process.pid, "SIGKILL");`,
  );
  expect(child.signal).toBe("SIGKILL");
  const read = theRun();
  expect(read.rows.length).toBe(1);
  expect(read.files).toEqual(["media/pic_3.txt"]);
});

test("two programs at once, with one id, never share a directory", async () => {
  const children = Array.from({ length: 4 }, () =>
    spawn(process.execPath, program("run.log({ pid: process.pid });"), {
      env: environment({ WANDB_RUN_ID: "same" }),
      stdio: "ignore",
    }),
  );
  const codes = await Promise.all(children.map((child) => new Promise((resolve) => child.on("exit", resolve))));
  expect(codes).toEqual([0, 0, 0, 0]);
  const dirs = runDirs();
  expect(dirs.length).toBe(4);
  const pids = dirs.map((runDir) => readRun(runDir).rows.map(({ pid }) => pid)[0]);
  expect(new Set(pids)).toEqual(new Set(children.map(({ pid }) => pid)));
});

test("runs in one program have their own directories", () => {
  runProgram("for (let i = 0; i < 20; i++) { const r = init({ id: 'i' }); r.log({ i }); }");
  expect(runDirs().length).toBe(21);
});

test("no space left: the error names the path, earlier steps are readable, and logging goes on when there is room", () => {
  const mount = join(dir, "tiny");
  mkdirSync(mount);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", mount]);
  if (mounted.status !== 0) return limited(); // no right to mount: the limit on file sizes below stands for it
  try {
    const child = runProgram(
      `import { writeFileSync, rmSync } from "node:fs";
      const told = [];
      const attempt = (work) => { try { work(); } catch (error) { told.push([error.code, error.message]); } };
      run.log({ a: 1 });
      writeFileSync(${JSON.stringify(join(mount, "ballast"))}, new Uint8Array(100000));
      attempt(() => run.log({ big: "x".repeat(300000) }));
      attempt(() => run.log({ pic: media("x".repeat(300000)), b: 1 }));
      run.log({ c: 1 });
      rmSync(${JSON.stringify(join(mount, "ballast"))});
      run.log({ d: "x".repeat(50000) });
      await run.finish();
      console.log(JSON.stringify({ dir: run.dir, id: run.id, told, step: run.step }));`,
      { WANDB_DIR: mount },
    );
    expect(child.stderr).not.toContain("Error");
    const { dir: runDir, id, told, step } = JSON.parse(child.stdout);
    expect(told).toEqual([
      ["ENOSPC", `${runDir}/run-${id}.wandb cannot be written: ENOSPC: no space left on device, write`],
      ["ENOSPC", `${runDir}/files/media/pic_1.txt cannot be written: ENOSPC: no space left on device, write`],
    ]);
    const read = readRun(runDir);
    expect(read.problem).toBeNull();
    expect(read.rows.map(timeless)).toEqual([
      { a: 1, _step: 0 },
      { c: 1, _step: 1 },
      { d: "x".repeat(50000), _step: 2 },
    ]);
    expect(step).toBe(3);
    expect(read.exitCode).toBe(0);
    expect(existsSync(join(runDir, "files/media/pic_1.txt.part"))).toBe(false);
  } finally {
    spawnSync("umount", [mount]);
  }
});

function limited() {
  const script = program(`
    run.log({ a: 1 });
    try { run.log({ big: "x".repeat(200000) }); } catch (error) { console.log(error.message); }
    run.log({ b: 1 });`);
  const child = spawnSync("bash", ["-c", 'ulimit -f 100; exec "$0" "$@"', process.execPath, ...script], {
    env: environment(),
    encoding: "utf8",
  });
  expect(child.stdout).toMatch(/^\/.*\/run-[a-z0-9]{8}\.wandb cannot be written: EFBIG: file too large, write\n$/);
  const read = theRun();
  expect(read.problem).toBeNull();
  expect(read.rows.map(timeless)).toEqual([
    { a: 1, _step: 0 },
    { b: 1, _step: 1 },
  ]);
  expect(read.exitCode).toBe(0);
}

test("a limit on file sizes (ulimit -f)", limited);

test("where nothing can be made, init throws naming the path", () => {
  const file = join(dir, "file");
  writeFileSync(file, "");
  const child = runProgram("", { WANDB_DIR: file });
  expect(child.status).toBe(1);
  expect(child.stderr).toContain(`Error: ${file}/wandb cannot be written: ENOTDIR`);
});

test("a directory that turns read-only throws, naming the path", () => {
  if (process.getuid?.() === 0) {
    // The superuser writes anywhere; a file where a directory must be refuses him too.
    const child = runProgram(`
      import { writeFileSync } from "node:fs";
      writeFileSync(run.dir + "/files/media", "");
      try { run.log({ pic: media("x") }); } catch (error) { console.log(error.message); }
      run.log({ a: 1 });`);
    expect(child.stdout).toMatch(/^\/.*\/files\/media\/pic_0\.txt cannot be written: E(EXIST|NOTDIR): /);
  } else {
    const child = runProgram(`
      import { chmodSync } from "node:fs";
      chmodSync(run.dir + "/files", 0o500);
      try { run.log({ pic: media("x") }); } catch (error) { console.log(error.message); }
      chmodSync(run.dir + "/files", 0o700);
      run.log({ a: 1 });`);
    expect(child.stdout).toMatch(/^\/.*\/files\/media\/pic_0\.txt cannot be written: EACCES: /);
  }
  expect(theRun().rows.map(timeless)).toEqual([{ a: 1, _step: 0 }]);
});

test("an existing .wandb folder is used, as W&B does", () => {
  mkdirSync(join(dir, ".wandb"));
  expect(runProgram("").status).toBe(0);
  expect(readdirSync(dir)).toEqual([".wandb"]);
});

const LOGS =
  "run.log({ loss: 0.5, pic: media('x'), nan: NaN }); run.log({ a: 1 }, { step: 0 }); run.log({ a: 1 }, { step: 0 }); await run.finish();";

test("what is said, and where: on stderr, each line after `wandb: `", () => {
  const child = runProgram(LOGS);
  expect(child.stdout).toBe("");
  const runDir = runDirs()[0]!;
  expect(child.stderr.split("\n")).toEqual([
    "wandb: W&B syncing is set to `offline` in this directory.",
    `wandb: Run data is saved locally in ${runDir}`,
    "wandb: WARNING Tried to log to step 0 that is less than the current step 1. Steps must be monotonically increasing, so this data will be ignored.",
    "wandb: ",
    "wandb: Run summary:",
    "wandb:   loss 0.5",
    "wandb:    nan NaN",
    "wandb: 1 call of log, 2 dropped because their step was over, 1 media file",
    `wandb: Look at it: npx wandb-image view ${runDir}`,
    "wandb: You can upload this run by running:",
    `wandb: npx wandb-image sync ${runDir}`,
    `wandb: wandb sync ${runDir}`,
    "",
  ]);
});

test("WANDB_QUIET leaves the warnings, WANDB_SILENT nothing", () => {
  expect(runProgram(LOGS, { WANDB_QUIET: "true" }).stderr).toMatch(/^wandb: WARNING Tried to log to step 0 [^\n]*\n$/);
  expect(runProgram(LOGS, { WANDB_SILENT: "true" }).stderr).toBe("");
});

test("WANDB_SILENT silences the warnings of images too", () => {
  const clipped = "new Image({ data: Float32Array.of(0, 1.2000000476837158, 300), shape: [1, 1, 3] });";
  const body = `const { Image } = await import(${JSON.stringify(new URL("../../../build/modules/node.js", import.meta.url).href)}); ${clipped}`;
  expect(runProgram(body).stderr).toContain("1 of 3 values lie outside [0, 255] (they are 0 to 300) and were clipped");
  expect(runProgram(body, { WANDB_SILENT: "true" }).stderr).toBe("");
});

test.each(["/proc/wandb-image", "/proc/wandb-image/deeper"])(
  "a folder that cannot be made under %s is an error",
  (under) => {
    if (process.platform !== "linux") return;
    expect(runProgram("", { WANDB_DIR: under }).stderr).toContain(`Error: ${under}/wandb cannot be written: ENOENT`);
  },
);

test("online without a key is an error that says where keys come from, before anything is made", () => {
  const child = runProgram("", { WANDB_MODE: "online", NETRC: "/nowhere", WANDB_BASE_URL: "http://127.0.0.1:9" });
  expect(child.stderr).toContain("no API key for http://127.0.0.1:9: pass apiKey, set WANDB_API_KEY, or put");
  expect(existsSync(join(dir, "wandb"))).toBe(false);
});

test("offline where a key is there: one line says what it is good for, without the key", () => {
  const key = "k".repeat(40);
  const child = runProgram("", { WANDB_API_KEY: key, WANDB_BASE_URL: "http://127.0.0.1:9" });
  expect(child.stderr).toContain('There is a key for http://127.0.0.1:9 (WANDB_API_KEY): init({ mode: "online" })');
  expect(child.stderr).not.toContain(key);
});

test("color: none in a pipe, FORCE_COLOR asks for it, NO_COLOR has the last word", () => {
  const blue = "\x1b[1;34mwandb\x1b[0m: W&B syncing";
  expect(runProgram("").stderr).not.toContain("\x1b");
  expect(runProgram("", { FORCE_COLOR: "1" }).stderr).toContain(blue);
  expect(runProgram("", { FORCE_COLOR: "1", NO_COLOR: "1" }).stderr).not.toContain("\x1b");
});

test("the sync command is quoted where a shell needs it", () => {
  const root = join(dir, "it's a place");
  mkdirSync(root);
  const child = runProgram("", { WANDB_DIR: root });
  const command = child.stderr.match(/wandb: (wandb sync '.*)\n$/)![1]!;
  const shown = spawnSync("bash", ["-c", `printf %s ${command.slice("wandb sync ".length)}`], { encoding: "utf8" });
  expect(shown.stdout).toBe(runDirs(root)[0]);
});

test("a closed stderr stops nothing", () => {
  const child = spawnSync("bash", ["-c", '"$0" "$@" 2>&-', process.execPath, ...program("run.log({ a: 1 });")], {
    env: environment(),
  });
  expect(child.status).toBe(0);
  expect(theRun().exitCode).toBe(0);
});
