// What a run wrote, read back: by the readers of src/read, and by the independent one of test/support.
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { Image, init } from "../../../src/node.ts";
import { RunFold } from "../../../src/read/fold.ts";
import { openFolder } from "../../../src/read/folder.ts";
import { parseJson } from "../../../src/read/json.ts";
import { LogReader } from "../../../src/read/log-reader.ts";
import { MemorySource, type RunSource } from "../../../src/read/source.ts";
import { readRun } from "../../support/wandb-reader.ts";

async function foldOf(source: RunSource) {
  const fold = new RunFold();
  const reader = new LogReader(source);
  const rows: unknown[] = [];
  const files: string[] = [];
  for await (const batch of reader.batches(true)) {
    for (const { record } of batch) {
      const change = fold.add(record);
      if (change.kind === "row") rows.push(parseJson(change.line));
      if (change.kind === "files") files.push(...change.files.map((file) => file.path));
    }
  }
  return { fold, rows, files, damage: reader.damage };
}

async function logged() {
  const dir = mkdtempSync(join(tmpdir(), "read-"));
  const run = init({ dir, project: "p", name: "n", tags: ["a", "b"], config: { lr: 0.1, deep: { a: [1, { b: 2 }] } } });
  run.log({
    loss: Number.NaN,
    up: Number.POSITIVE_INFINITY,
    big: 9007199254740993n,
    text: 'a "b"\n',
    nested: { a: { b: 1 } },
  });
  const image = () =>
    new Image([[0, 255]], { caption: "c", boxes: { truth: { box_data: [], class_labels: { 1: "car" } } } });
  run.log({ pic: image(), list: [image(), image()], none: null, list2: [1, [2]] });
  run.summary.best = 3;
  await run.finish(2);
  return run.dir;
}

describe("a run in a folder", () => {
  test("is read as the independent reader reads it", async () => {
    const dir = await logged();
    const expected = readRun(dir);
    const source = await openFolder(dir);
    const read = await foldOf(source);
    await source.close();
    expect(read.rows.slice(1)).toEqual(expected.rows.slice(1));
    expect(read.rows[0]).toMatchObject({ loss: Number.NaN, big: 9007199254740993n, nested: { a: { b: 1 } } });
    expect(read.fold.config.toObject()).toEqual({ ...expected.config });
    expect(read.fold.summary.toObject()).toEqual({ ...expected.summary, big: 9007199254740993n });
    expect(read.files).toEqual(expected.files);
    expect(read.fold.exit).toMatchObject({ code: 2 });
    expect(read.fold.run).toMatchObject({ project: "p", name: "n", tags: ["a", "b"] });
    expect(read.fold.classLabels("boxes", "pic", "truth")).toEqual({ 1: "car" });
    expect(read.damage).toEqual([]);
  });

  test("and in memory", async () => {
    const dir = await logged();
    const name = readdirSync(dir).find((entry) => entry.endsWith(".wandb"))!;
    const source = MemorySource.of(new Map([[`run/${name}`, new Uint8Array(readFileSync(join(dir, name)))]]));
    expect((await foldOf(source)).rows).toHaveLength(2);
  });
});
