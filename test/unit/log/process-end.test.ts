// Ctrl-C, SIGTERM and SIGHUP beside others who listen. signal-exit itself, in every version, is in test/real/libraries.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { readRun, timeless } from "../../support/wandb-reader.ts";

const url = (file: string) => JSON.stringify(new URL(`../../../dist/${file}`, import.meta.url).href);
let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "log-end-"));
});

afterEach(() => {
  rmSync(dir, { recursive: true });
});

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

async function signalled(signal: NodeJS.Signals, body: string, command: readonly string[] = []) {
  const script = `import { createRequire } from "node:module";
    const require = createRequire(${url("x")});
    import { init } from ${url("node.js")};
    ${body}
    console.log("ready " + process.pid);
    setInterval(() => {}, 1000);`;
  const [program, ...args] = [...command, process.execPath, "--input-type=module", "-e", script];
  const child = spawn(program!, args, {
    env: { PATH: process.env.PATH!, WANDB_DIR: dir, WANDB_SILENT: "true" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const end = new Promise<unknown>((resolve) => child.on("exit", (code, by) => resolve(by ?? code)));
  await Promise.race([new Promise((resolve) => child.stdout.once("data", resolve)), end]);
  child.kill(signal);
  const patience = new AbortController();
  const late = sleep(5000, "still running", { signal: patience.signal }).catch(() => {});
  const outcome = await Promise.race([end, late]);
  patience.abort();
  child.kill("SIGKILL");
  return outcome;
}

const runs = () =>
  readdirSync(join(dir, "wandb"))
    .filter((name) => name.startsWith("offline-run-"))
    .map((name) => readRun(join(dir, "wandb", name)));

/** How signal-exit counts its listeners and yields to others: versions 2 and 3, and version 4. */
const SIGNAL_EXIT = `
  const yielding = (counter) => {
    counter.count++;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
      const listener = () => {
        if (process.listeners(signal).length !== counter.count) return;
        process.removeListener(signal, listener);
        counter.count--;
        process.kill(process.pid, signal);
      };
      process.on(signal, listener);
    }
  };`;
const THIRD = `${SIGNAL_EXIT} process.__signal_exit_emitter__ = { count: 0 }; yielding(process.__signal_exit_emitter__);`;
const FOURTH = `${SIGNAL_EXIT} globalThis[Symbol.for("signal-exit emitter")] = { count: 0 }; yielding(globalThis[Symbol.for("signal-exit emitter")]);`;
const OPEN = "const run = init(); run.log({ a: 1 }, { step: 2 });";
const COPY = `const copy = require(${url("node.cjs")}.slice(7)); copy.init().log({ a: 1 }, { step: 2 });`;

test.each([
  ["signal-exit 3 that came first", THIRD + OPEN, 1],
  ["signal-exit 3 that came later", OPEN + THIRD, 1],
  ["signal-exit 4 that came first", FOURTH + OPEN, 1],
  ["two of it", `${THIRD} yielding(process.__signal_exit_emitter__); ${OPEN}`, 1],
  ["a second copy of this package", OPEN + COPY, 2],
  ["a second copy whose run came first", COPY + OPEN, 2],
  [
    "a second copy whose run has ended",
    `${OPEN} const other = require(${url("node.cjs")}.slice(7)).init(); await other.finish();`,
    2,
  ],
  ["a second copy, and the first one's run has ended", `const first = init(); ${COPY} await first.finish();`, 2],
])("beside %s a signal ends the program and closes the run, and the parent sees the signal", async (_, body, count) => {
  for (const signal of SIGNALS) {
    expect(await signalled(signal, body)).toBe(signal);
    const found = runs();
    expect(found).toHaveLength(count);
    const open = found.filter(({ rows }) => rows.length > 0);
    for (const { rows, exitCode } of open) {
      expect(rows.map(timeless)).toEqual([{ a: 1, _step: 2 }]);
      expect(exitCode).toBe(CODES[signal]);
    }
    rmSync(join(dir, "wandb"), { recursive: true });
  }
});

test("a program that listens itself still decides, whoever else is there", async () => {
  const body = `${THIRD} ${OPEN} ${COPY} process.on("SIGTERM", () => { run.log({ after: 1 }, { step: 3 }); process.exit(5); });`;
  expect(await signalled("SIGTERM", body)).toBe(5);
  expect(runs().map(({ exitCode }) => exitCode)).toEqual([5, 5]);
});

test("a run that cannot be closed does not keep the program", async () => {
  const body = `import { rmSync } from "node:fs"; ${OPEN} rmSync(run.dir, { recursive: true });`;
  expect(await signalled("SIGTERM", body)).toBe("SIGTERM");
});

test("the first process of a container ends too, by its code", async () => {
  const contained = ["unshare", "--pid", "--fork", "--kill-child"];
  if (spawnSync(contained[0]!, [...contained.slice(1), "true"]).status !== 0) return; // no right to
  // unshare passes no signals on: the program sends itself one, as the container's runtime would.
  const body = `${OPEN} if (process.pid === 1) setTimeout(() => process.kill(1, "SIGTERM"), 100);`;
  expect(await signalled("SIGWINCH", body, contained)).toBe(143);
  expect(runs()[0]!.exitCode).toBe(143);
});
