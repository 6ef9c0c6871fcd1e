import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { Image, init as initInMemory } from "../../../src/browser.ts";
import { init } from "../../../src/log/process.ts";
import type { Run } from "../../../src/log/run.ts";
import type { Warning } from "../../../src/warnings.ts";
import { FakeImage } from "../../support/fake-image.ts";
import { readRun } from "../../support/wandb-reader.ts";

let dir: string;
let warnings: Warning[];
let run: Run;

beforeEach(() => {
  process.env.WANDB_SILENT = "true";
  dir = mkdtempSync(join(tmpdir(), "log-async-"));
  warnings = [];
  run = init({ dir, onWarning: (warning) => warnings.push(warning) });
});

afterEach(() => rmSync(dir, { recursive: true }));

/** A promise and what settles it. */
function later<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

/** Rows as [step, value of x]. */
const rows = () => readRun(run.dir).rows.map(({ _step, x }) => [_step, (x as { _type?: string })?._type ?? x]);

test("rows keep the order of their calls, whatever is ready first", async () => {
  const [first, second] = [later<Image>(), later<number>()];
  const calls = [run.logAsync({ x: first.promise }), run.logAsync({ x: second.promise })];
  run.log({ x: "log" });
  expect(run.step).toBe(3);
  second.resolve(2);
  await second.promise;
  expect(rows()).toEqual([]);
  first.resolve(new FakeImage("x") as unknown as Image);
  await Promise.all(calls);
  expect(rows()).toEqual([
    [0, "image-file"],
    [1, 2],
    [2, "log"],
  ]);
  await run.finish();
});

test("a promise settles when its row is written", async () => {
  const image = later<number>();
  let written = false;
  const call = run.logAsync({ x: image.promise }).then(() => {
    written = true;
    expect(rows()).toEqual([[0, 7]]);
  });
  await Promise.resolve();
  expect(written).toBe(false);
  image.resolve(7);
  await call;
  await run.finish();
});

test("what fails, fails its call alone", async () => {
  const [failing, odd] = [later<number>(), later<unknown>()];
  const calls = [run.logAsync({ x: failing.promise, y: 1 }), run.logAsync({ x: odd.promise }), run.logAsync({ x: 3 })];
  failing.reject(new Error("no frame"));
  odd.resolve(Symbol("x"));
  const results = await Promise.allSettled(calls);
  expect(results.map((result) => (result.status === "rejected" ? String(result.reason) : "written"))).toEqual([
    "Error: no frame",
    'TypeError: key "x": a symbol cannot be logged; expected a number, string, boolean, null, bigint, Date, array, typed array, plain object, Image or Histogram',
    "written",
  ]);
  expect(rows()).toEqual([[2, 3]]);
  await run.finish();
});

test("what is wrong at the call rejects at once, and takes no step", async () => {
  await expect(run.logAsync({ x: (() => 1) as never })).rejects.toThrow('key "x": a function cannot be logged');
  await expect(run.logAsync({ x: 1 }, { step: -1 })).rejects.toThrow(
    "run.logAsync: step: expected a whole number ≥ 0; got -1",
  );
  expect(run.step).toBe(0);
  await run.finish();
  await expect(run.logAsync({ x: 1 })).rejects.toMatchObject({ code: "run-finished" });
});

test("promises in lists and nested objects; what stands beside them is read at the call", async () => {
  const [a, b, c] = [later<unknown>(), later<unknown>(), later<number>()];
  const beside = [1, 2];
  const call = run.logAsync({ list: [a.promise, b.promise], deep: { x: c.promise, beside } } as never);
  beside[0] = 9;
  a.resolve(new FakeImage("x"));
  b.resolve(new FakeImage("x"));
  c.resolve(5);
  await call;
  await run.finish();
  expect(readRun(run.dir).rows[0]).toMatchObject({
    list: { _type: "images/separated", count: 2 },
    deep: { x: 5, beside: [1, 2] },
  });
});

test("steps, open rows and the summary go through the same order", async () => {
  const image = later<number>();
  const call = run.logAsync({ x: image.promise }, { step: 5 });
  run.log({ y: 2 }, { step: 5 });
  run.log({ x: 6 }, { step: 6, commit: true });
  run.summary.best = 1;
  run.log({ x: 0 }, { step: 2 });
  expect(warnings.map(({ code }) => code)).toEqual(["step"]);
  image.resolve(4);
  await call;
  await run.finish();
  expect(readRun(run.dir).rows).toMatchObject([
    { _step: 5, x: 4, y: 2 },
    { _step: 6, x: 6 },
  ]);
  expect(run.summary).toMatchObject({ x: 6, y: 2, best: 1 });
});

test("finish waits for it, and takes no further calls meanwhile", async () => {
  const image = later<number>();
  const call = run.logAsync({ x: image.promise });
  const finished = run.finish();
  expect(() => run.log({ x: 2 })).toThrow("is finished");
  image.resolve(1);
  await Promise.all([call, finished]);
  const { rows, exitCode } = readRun(run.dir) as unknown as { rows: unknown[]; exitCode?: number };
  expect(rows).toMatchObject([{ _step: 0, x: 1 }]);
  expect(exitCode ?? 0).toBe(0);
});

test("a program that ends writes the rows that wait, without the pictures that are not there", () => {
  const program = `
    import { init } from ${JSON.stringify(new URL("../../../build/modules/log/process.js", import.meta.url).href)};
    const run = init({ dir: ${JSON.stringify(dir)}, id: "dies" });
    run.logAsync({ x: new Promise(() => {}), list: [new Promise(() => {}), Promise.resolve(1)], loss: 1 });
    run.log({ loss: 2 });
    setTimeout(() => process.exit(3), 5);`;
  const options = { encoding: "utf8", env: { ...process.env, WANDB_SILENT: "" }, stdio: "pipe" } as const;
  let said = "";
  try {
    execFileSync(process.execPath, ["--input-type=module", "-e", program], options);
  } catch (error) {
    said = (error as { stderr: string }).stderr;
  }
  expect(said).toContain('step 0: the program ended before "x", "list[0]" was made; the row is without it');
  const folder = readdirSync(join(dir, "wandb")).find((name) => name.endsWith("-dies"))!;
  expect(readRun(join(dir, "wandb", folder)).rows).toMatchObject([{ loss: 1, list: [1] }, { loss: 2 }]);
  expect(readRun(join(dir, "wandb", folder)).rows[0]).not.toHaveProperty("x");
});

test("in a page's memory too", async () => {
  const memory = initInMemory({ onWarning: () => {} });
  const image = later<Image>();
  const call = memory.logAsync({ x: image.promise });
  memory.log({ x: 2 });
  image.resolve(new Image({ data: [0, 255], shape: [1, 2] }));
  await call;
  await memory.finish();
  const files = await memory.toFiles();
  expect([...files.keys()].filter((path) => path.includes("media/images/x_0_"))).toHaveLength(1);
});
