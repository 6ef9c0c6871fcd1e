// The module's own log, finish, run, config and summary, as programs see them after `import * as wandb`.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import * as wandb from "../../../src/node.ts";
import { readRun, timeless } from "../../support/wandb-reader.ts";

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "log-current-"));
  process.env.WANDB_SILENT = "true";
});

afterEach(() => {
  rmSync(dir, { recursive: true });
});

const caught = (work: () => unknown) => {
  try {
    return work();
  } catch (error) {
    return [(error as { code: string }).code, (error as Error).message];
  }
};

test("before init: W&B's words, and finish does nothing", async () => {
  expect(wandb.run).toBeNull();
  expect(caught(() => wandb.log({ a: 1 }))).toEqual(["no-run", "You must call init() before log()"]);
  expect(caught(() => wandb.config.lr)).toEqual(["no-run", "You must call init() before using config"]);
  expect(caught(() => wandb.summary.update({ a: 1 }))).toEqual(["no-run", "You must call init() before using summary"]);
  await wandb.finish(1);
});

test("they act on the last run begun, until it has finished", async () => {
  const first = wandb.init({ dir, config: { lr: 1 } });
  expect(wandb.run).toBe(first);
  const second = wandb.init({ dir, config: { lr: 2 } });
  expect(wandb.run).toBe(second);
  wandb.log({ loss: 1 }, { step: 3, commit: true });
  wandb.config.batch = 8;
  wandb.config.update({ lr: 4 }, { allowValChange: true });
  wandb.summary.best = 0.5;
  expect([{ ...wandb.config }, Object.keys(wandb.config), wandb.config.lr, "batch" in wandb.config]).toEqual([
    { lr: 4, batch: 8 },
    ["lr", "batch"],
    4,
    true,
  ]);
  expect(wandb.summary).toMatchObject({ loss: 1, best: 0.5 });
  expect(() => delete wandb.config.lr).toThrow(TypeError);
  first.log({ mine: 1 });
  await first.finish();
  expect(wandb.run).toBe(second);
  await wandb.finish(7);
  expect(wandb.run).toBeNull();
  expect(caught(() => wandb.log({ a: 1 }))).toEqual(["no-run", "You must call init() before log()"]);
  const read = readRun(second.dir);
  expect(read.rows.map(timeless)).toEqual([{ loss: 1, _step: 3 }]);
  expect(read.config).toEqual({ _wandb: {}, lr: 4, batch: 8 });
  expect([read.summary.best, read.exitCode]).toEqual([0.5, 7]);
  expect(readRun(first.dir).rows.map(timeless)).toEqual([{ mine: 1, _step: 0 }]);
});

test("a disabled run is the last one begun too", async () => {
  const run = wandb.init({ mode: "disabled" });
  expect(wandb.run).toBe(run);
  wandb.log({ a: 1 });
  await wandb.finish();
  expect(wandb.run).toBeNull();
});

test("two copies of the package have one last run, and both show it", () => {
  const url = (file: string) => new URL(`../../../dist/${file}`, import.meta.url);
  const program = `
    import { createRequire } from "node:module";
    import * as esm from ${JSON.stringify(url("node.js").href)};
    const cjs = createRequire(import.meta.url)(${JSON.stringify(url("node.cjs").pathname)});
    const run = cjs.init();
    const seen = [esm.run === run, cjs.run === run, esm.Image === cjs.Image];
    esm.log({ a: 1 });
    esm.config.lr = 1;
    await esm.finish();
    console.log(JSON.stringify([...seen, cjs.config === undefined, esm.run, cjs.run, run.step, run.config.lr]));`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    env: { PATH: process.env.PATH!, WANDB_DIR: dir, WANDB_SILENT: "true" },
    cwd: dir,
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual([true, true, false, false, null, null, 1, 1]);
});
