import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import fc from "fast-check";
import { openFolder } from "../../../src/read/folder.ts";
import { packSteps, unpackSteps } from "../../../src/view/api.ts";
import { boxMarks } from "../../../src/view/box-file.ts";
import { matcher } from "../../../src/view/key-filter.ts";
import { RunAnswers } from "../../../src/view/run-answers.ts";
import { thinned } from "../../../src/view/thin.ts";
import { logRun, NAMES } from "../../support/viewed-run.ts";

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "view-answers-"));
  process.env.WANDB_SILENT = "true";
});

afterEach(() => rmSync(dir, { recursive: true }));

async function answersOf(folder: string): Promise<RunAnswers> {
  const answers = new RunAnswers("id", await openFolder(folder));
  await answers.read.update();
  return answers;
}

test("steps are packed and come back", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat({ max: 1e6 })), (list) => {
      const steps = list.sort((a, b) => a - b);
      expect([...unpackSteps(packSteps(steps))]).toEqual(steps);
    }),
  );
  expect(packSteps(Array.from({ length: 10_000 }, (_, i) => 3 * i))).toEqual([0, 3, 10_000]);
});

test("the index says what each key holds", async () => {
  const run = await logRun(dir);
  const answers = await answersOf(run.dir);
  const index = answers.index();
  expect(index.pictures).toEqual({ "val/input": [0, 1, 7], "val/pred": [0, 2, 4], examples: [0, 3, 3] });
  expect(index.lists).toEqual(["examples"]);
  expect(index.scalars).toMatchObject({ loss: 7, epoch: 7, _step: 7 });
  expect(index.config).toMatchObject({ lr: 0.1, net: { depth: 3 } });
  expect(index.labels["val/pred"]).toEqual({ prediction: NAMES, ground_truth: NAMES });
  expect(index.lastStep).toBe(6);
  await answers.source.close();
});

test("rows hold pictures with their captions, boxes and masks, whatever part is asked for", async () => {
  const run = await logRun(dir);
  const answers = await answersOf(run.dir);
  const [row] = await answers.rows("val/pred", 2, 3);
  expect(row).toMatchObject({ step: 4, pictures: [{ width: 8, height: 6 }] });
  expect(row!.pictures[0]!.boxes).toEqual({
    prediction: [
      { at: [1, 1, 5, 4], pixel: true, classId: 1, caption: "a cat", scores: { confidence: 0.29 } },
      { at: [0.25, 0.375, 0.75, 0.625], classId: 2, scores: { confidence: 0.9 } },
    ],
  });
  expect(Object.keys(row!.pictures[0]!.masks!)).toEqual(["prediction", "ground_truth"]);
  expect((await answers.rows("examples", 0, 99)).map(({ step, pictures }) => [step, pictures.length])).toEqual([
    [0, 3],
    [3, 3],
    [6, 3],
  ]);
  expect((await answers.rows("val/input", 5, 99)).map(({ pictures }) => pictures[0]!.caption)).toEqual([
    "step 5",
    "step 6",
  ]);
  await expect(answers.rows("nothing", 0, 1)).rejects.toThrow('run id has no key "nothing"');
  await answers.source.close();
});

test("a row whose files of boxes are gone keeps its picture", async () => {
  const run = await logRun(dir, { steps: 1 });
  const answers = await answersOf(run.dir);
  const before = (await answers.rows("val/pred", 0, 1))[0]!.pictures[0]!;
  for (const path of ["media/metadata"]) rmSync(join(run.dir, "files", path), { recursive: true });
  const after = (await answers.rows("val/pred", 0, 1))[0]!.pictures[0]!;
  expect(after.path).toBe(before.path);
  expect(after.boxes).toEqual({ prediction: [] });
  await answers.source.close();
});

test("a run that grows answers for its new rows", async () => {
  const run = await logRun(dir, { steps: 2, finish: false });
  const answers = await answersOf(run.dir);
  const before = answers.version;
  run.log({ loss: 5 });
  await answers.read.update();
  expect(answers.version).toBeGreaterThan(before);
  expect(answers.column("loss")).toEqual({ steps: [0, 1, 3], values: [1, 0.5, 5] });
  await run.finish();
  await answers.source.close();
});

test("a line is thinned to its buckets' least and greatest values, NaN left out", () => {
  const steps = Array.from({ length: 1000 }, (_, i) => i);
  const values = steps.map((i) => (i === 501 ? 99 : i === 502 ? Number.NaN : i % 10));
  const line = thinned(steps, values, 10);
  expect(line.steps).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900]);
  expect(line.high[5]).toBe(99);
  expect(line.low.every((low) => low === 0)).toBe(true);
  expect(thinned([1, 2], [Number.NaN, 3], 10)).toEqual({ steps: [1, 2], low: [null, 3], high: [null, 3] });
  // A value logged again at a step stands for it.
  expect(thinned([1, 1], [2, 3], 10)).toEqual({ steps: [1], low: [3], high: [3] });
});

test("of a file of boxes what can be drawn is taken", () => {
  const marks = (value: unknown) => boxMarks(new TextEncoder().encode(JSON.stringify(value)));
  expect(marks({ box_data: [{ position: { minX: 0, minY: 0, maxX: 1 } }, null, 3, { position: null }] })).toEqual([]);
  expect(marks([])).toEqual([]);
  expect(boxMarks(Uint8Array.of(1, 2))).toEqual([]);
  const position = { minX: "0.5", minY: 0, maxX: 1, maxY: 1 };
  expect(marks({ box_data: [{ position, class_id: 1.5, scores: { a: "x", b: 1 }, box_caption: 7 }] })).toEqual([
    { at: [0.5, 0, 1, 1], scores: { b: 1 } },
  ]);
});

test("keys are found by words and by *", () => {
  const found = (text: string) => ["val/pred", "val/input", "train/loss"].filter(matcher(text));
  expect(found("")).toHaveLength(3);
  expect(found("val/*")).toEqual(["val/pred", "val/input"]);
  expect(found("PRED, loss")).toEqual(["val/pred", "train/loss"]);
  expect(found("v.l/*")).toEqual([]);
  expect(found("*")).toHaveLength(3);
});

test("console lines of a run of Python's wandb", async () => {
  const run = await logRun(dir, { steps: 1 });
  const answers = await answersOf(run.dir);
  expect(await answers.console()).toEqual({ lines: [], left: 0 });
  await answers.source.close();
});

test("a torn tail waits, and a broken block is counted", async () => {
  const run = await logRun(dir, { steps: 400 });
  const log = join(run.dir, `run-${run.id}.wandb`);
  const { readFileSync } = await import("node:fs");
  const bytes = readFileSync(log);
  expect(bytes.length).toBeGreaterThan(3 * 32768);
  bytes.fill(0xff, 40_000, 41_000);
  unlinkSync(log);
  writeFileSync(log, bytes.subarray(0, bytes.length - 5));
  const answers = await answersOf(run.dir);
  expect(answers.index().brokenBlocks).toBeGreaterThan(0);
  expect(answers.index().pictures["val/input"]).toBeDefined();
  await answers.source.close();
});
