import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { MediaRun } from "../../../src/image/media-run.ts";
import { init } from "../../../src/log/process.ts";
import type { InitOptions } from "../../../src/log/settings.ts";
import type { Warning } from "../../../src/warnings.ts";
import { FakeImage } from "../../support/fake-image.ts";
import { readRun, timeless } from "../../support/wandb-reader.ts";

let dir: string;
let warnings: Warning[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "log-run-"));
  warnings = [];
  process.env.WANDB_SILENT = "true";
});

afterEach(() => {
  rmSync(dir, { recursive: true });
});

function begin(options: InitOptions = {}) {
  return init({ dir, onWarning: (warning) => warnings.push(warning), ...options });
}

function rowsOf(run: { dir: string }) {
  return readRun(run.dir).rows.map(timeless);
}

test("a whole run, record by record", async () => {
  const before = Date.now() / 1000;
  const run = begin({
    project: "p",
    entity: "e",
    name: "n",
    notes: "what for",
    tags: ["a", "b"],
    group: "g",
    jobType: "train",
    id: "my-id",
    config: { lr: 0.1, net: { layers: [1, 2], empty: {} } },
  });
  run.log({ loss: 1, eval: { acc: 0.5, none: null } });
  run.log({ loss: 0.5 });
  await run.finish();

  const read = readRun(run.dir);
  expect(read.problem).toBeNull();
  expect(read.records.map(({ kind }) => kind)).toEqual([
    "run",
    "summary",
    "history",
    "summary",
    "history",
    "summary",
    "exit",
    "final",
  ]);
  expect(read.records.map(({ mailboxSlot }) => mailboxSlot !== undefined)).toEqual([true, ...Array(7).fill(false)]);
  expect(read.records.map(({ num }) => num)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(
    read.records.filter(({ kind }) => kind === "history" || kind === "summary").flatMap(({ nested }) => nested),
  ).not.toContain(false);
  expect(read.run).toMatchObject({
    id: "my-id",
    project: "p",
    entity: "e",
    name: "n",
    notes: "what for",
    tags: ["a", "b"],
    group: "g",
    jobType: "train",
  });
  expect(read.config).toEqual({ _wandb: {}, lr: 0.1, net: { layers: [1, 2], empty: {} } });
  expect(read.rows.map(timeless)).toEqual([
    { loss: 1, eval: { acc: 0.5, none: null }, _step: 0 },
    { loss: 0.5, _step: 1 },
  ]);
  expect(read.records.filter(({ kind }) => kind === "history").map(({ step }) => step)).toEqual([0, 1]);
  expect(timeless(read.summary)).toEqual({ loss: 0.5, eval: { acc: 0.5 }, _step: 1 });
  expect(read.summary._wandb).toEqual({ runtime: 0 });
  expect(read.exitCode).toBe(0);

  const after = Date.now() / 1000;
  for (const row of read.rows) {
    expect(row._timestamp).toBeGreaterThanOrEqual(before);
    expect(row._timestamp).toBeLessThanOrEqual(after);
    expect(row._runtime).toBeGreaterThanOrEqual(0);
    expect(row._runtime).toBeLessThan(after - before + 0.1);
  }
  expect(read.run.startTime).toBeGreaterThanOrEqual(Math.floor(before * 1000) / 1000);
});

test("where it is: the directory, the log, files/, the link", async () => {
  const run = begin();
  expect(run.id).toMatch(/^[a-z0-9]{8}$/);
  const [, stamp] = run.dir.match(/\/wandb\/offline-run-(\d{8}_\d{6})-[a-z0-9]{8}$/)!;
  const now = new Date();
  expect(stamp!.slice(0, 4)).toBe(String(now.getFullYear()));
  expect(Number(stamp!.slice(9, 11))).toBe(now.getHours()); // local time
  expect(readdirSync(run.dir).sort()).toEqual(["files", `run-${run.id}.wandb`]);
  expect(readdirSync(join(dir, "wandb")).sort()).toEqual(["latest-run", run.dir.split("/").at(-1)]);
  expect(readRun(join(dir, "wandb", "latest-run")).run.id).toBe(run.id);
  await run.finish();
});

test("steps: what W&B's rules make of a sequence of calls", async () => {
  const run = begin();
  run.log({ a: 1 }); // 0, closed
  expect(run.step).toBe(1);
  run.log({ b: 1 }, { commit: false }); // 1, open
  run.log({ b: 2, n: { x: 1 } }, { commit: false }); // merges
  run.log({ n: { y: 2 } }); // merges and closes
  expect(run.step).toBe(2);
  run.log({ c: 1 }, { step: 5 }); // jumps, open
  expect(run.step).toBe(5);
  run.log({ d: 1 }, { step: 5 }); // merges
  run.log({ late: 1 }, { step: 4 }); // dropped
  run.log({ e: 1 }); // the current step, 5, closed
  expect(run.step).toBe(6);
  run.log({ f: 1 }, { step: 6, commit: true }); // closed at once
  expect(run.step).toBe(7);
  run.log({ g: 1 }, { step: 6 }); // dropped
  run.log({ h: 1 }, { step: 9, commit: false });
  run.log({ i: 1 }, { step: 10 }); // closes 9
  await run.finish(); // closes 10
  expect(rowsOf(run)).toEqual([
    { a: 1, _step: 0 },
    { b: 2, n: { x: 1, y: 2 }, _step: 1 },
    { c: 1, d: 1, e: 1, _step: 5 },
    { f: 1, _step: 6 },
    { h: 1, _step: 9 },
    { i: 1, _step: 10 },
  ]);
  expect(warnings).toEqual([
    {
      code: "step",
      message:
        "Tried to log to step 4 that is less than the current step 5. Steps must be monotonically increasing, so this data will be ignored.",
    },
    { code: "step", message: expect.stringContaining("step 6 that is less than the current step 7") },
  ]);
});

test("a row is on disk when log returns, an open one when its step closes", async () => {
  const run = begin();
  run.log({ a: 1 });
  expect(rowsOf(run)).toEqual([{ a: 1, _step: 0 }]);
  run.log({ pic: new FakeImage("1") }, { step: 3 });
  expect(rowsOf(run).length).toBe(1);
  expect(readRun(run.dir).files.length).toBe(1); // its media are there
  run.log({ b: 1 }, { step: 3, commit: true });
  expect(rowsOf(run).length).toBe(2);
  await run.finish();
});

test("a bad call writes nothing, not even its good media, and the run goes on", async () => {
  const run = begin();
  const size = () => readFileSync(join(run.dir, `run-${run.id}.wandb`)).length;
  const before = size();
  expect(() => run.log({ good: new FakeImage("1"), bad: (() => 1) as never })).toThrow('key "bad"');
  expect(() => run.log({ good: new FakeImage("1"), bad: new FakeImage("2", "", true) })).toThrow(
    'key "bad": a reference',
  );
  expect(size()).toBe(before);
  expect(readdirSync(join(run.dir, "files"))).toEqual([]);
  expect(run.step).toBe(0);
  expect({ ...run.summary }).toEqual({});
  run.log({ a: 1 });
  await run.finish();
  expect(rowsOf(run)).toEqual([{ a: 1, _step: 0 }]);
});

test.each([
  [{ step: 1.5 }, RangeError, "run.log: step: expected a whole number ≥ 0; got 1.5"],
  [{ step: -1 }, RangeError, "run.log: step: expected a whole number ≥ 0; got -1"],
  [{ step: Number.NaN }, RangeError, "run.log: step: expected a whole number ≥ 0; got NaN"],
  [{ step: 2 ** 53 }, RangeError, "run.log: step: expected a whole number ≥ 0; got 9007199254740992"],
  [{ step: "1" as unknown as number }, TypeError, 'run.log: step: expected a number; got "1"'],
  [{ step: 1n as unknown as number }, TypeError, "run.log: step: expected a number; got 1"],
  [{ commit: 1 as unknown as boolean }, TypeError, "run.log: commit: expected a boolean; got 1"],
])("options %p are refused", async (options, kind, words) => {
  const run = begin();
  expect(() => run.log({ a: 1 }, options)).toThrow(new kind(words));
  await run.finish();
  expect(rowsOf(run)).toEqual([]);
});

class MaskedImage extends FakeImage {
  override bindToRun(run: MediaRun, key: string, step: number): void {
    super.bindToRun(run, key, step);
    run.saveClassLabels("mask/class_labels", `${key}_wandb_delimeter_m`, { 0: "zero", 1: "one" });
  }
}

test("a getter that finishes the run, and one that logs", async () => {
  const run = begin();
  const values = {
    get a() {
      run.log({ inner: 1 });
      return 2;
    },
  };
  run.log(values);
  const last = {
    get b() {
      void run.finish();
      return 3;
    },
  };
  expect(() => run.log(last)).toThrow(expect.objectContaining({ code: "run-finished" }));
  await run.finish();
  expect(rowsOf(run).map(({ a, inner, b }) => [a, inner, b])).toEqual([
    [undefined, 1, undefined],
    [2, undefined, undefined],
  ]);
});

test.each<[string, unknown]>([
  ["number", 5],
  ["object", Object.create(null)],
  ["bigint", 5n],
])("a name and notes that are no text are refused where they are set: %s", async (_, value) => {
  const run = begin({ name: "n", notes: "what for" });
  expect(() => Object.assign(run, { name: value })).toThrow(/^run\.name: expected a string; got (5|an empty object)$/);
  expect(() => Object.assign(run, { notes: value })).toThrow(
    /^run\.notes: expected a string; got (5|an empty object)$/,
  );
  expect([run.name, run.notes]).toEqual(["n", "what for"]);
  await run.finish();
  expect(readRun(run.dir).rows).toEqual([]);
});

test("media: files, then their record, then the row; keys and steps in the names", async () => {
  const run = begin();
  const image = new FakeImage("1", "cap");
  run.log(
    { pic: image, nest: { inner: new FakeImage("2") }, list: [new FakeImage("3"), new FakeImage("3")], empty: [] },
    { step: 4 },
  );
  run.log({ again: image, masked: new MaskedImage("5") });
  await run.finish();
  const read = readRun(run.dir);
  expect(read.records.map(({ kind, file }) => file?.replace(/_[0-9a-f]{20}/, "") ?? kind)).toEqual([
    "run",
    "media/images/pic_4.png",
    "media/images/inner_4.png",
    "media/images/list_4.png",
    "media/images/masked_4.png",
    "config",
    "summary",
    "history",
    "summary",
    "exit",
    "final",
  ]);
  const [row] = read.rows as [Record<string, Record<string, unknown>>];
  expect(row.pic).toEqual({
    _type: "image-file",
    sha256: image.sha256,
    size: 1,
    path: `media/images/pic_4_${image.sha256.slice(0, 20)}.png`,
    caption: "cap",
  });
  expect(row.again).toEqual(row.pic); // bound once
  expect((row.nest!.inner as { path: string }).path).toMatch(/inner_4/);
  expect(row.list).toMatchObject({ _type: "images/separated", count: 2 });
  expect(row.empty).toEqual([]);
  expect(readFileSync(join(run.dir, "files", row.pic!.path as string), "utf8")).toBe("1");
  expect((read.config._wandb as Record<string, unknown>)["mask/class_labels"]).toEqual({
    masked_wandb_delimeter_m: {
      type: "mask/class_labels",
      key: "masked_wandb_delimeter_m",
      value: { 0: "zero", 1: "one" },
    },
  });
  expect(run.summary.pic).toEqual(row.again); // an Image would be kept in memory
});

test("class labels are written when new or changed, not at every step", async () => {
  const run = begin();
  run.saveClassLabels("mask/class_labels", "k", { 0: "a" });
  run.saveClassLabels("mask/class_labels", "k", { 0: "a" });
  run.saveClassLabels("bounding_box/class_labels", "k", { 0: "a" });
  run.saveClassLabels("mask/class_labels", "k", { 0: "b" });
  await run.finish();
  const configs = readRun(run.dir).records.filter(({ kind }) => kind === "config");
  expect(configs.map(({ items }) => [items[0]!.path.slice(1), items[0]!.json])).toEqual([
    [["mask/class_labels", "k"], '{"type":"mask/class_labels","key":"k","value":{"0":"a"}}'],
    [["bounding_box/class_labels", "k"], '{"type":"bounding_box/class_labels","key":"k","value":{"0":"a"}}'],
    [["mask/class_labels", "k"], '{"type":"mask/class_labels","key":"k","value":{"0":"b"}}'],
  ]);
});

test("the summary: last values, what the user sets, no stale caption", async () => {
  const run = begin();
  run.log({ loss: 1, pic: new FakeImage("1", "old"), x: { a: 1 } });
  run.log({ loss: 2, pic: new FakeImage("2"), x: { b: 2 } });
  run.summary.best = 0.5;
  run.summary.update({ "by update": [1, 2], loss: -1, gone: undefined, nothing: null });
  expect(run.summary).toMatchObject({ loss: -1, best: 0.5, "by update": [1, 2], x: { a: 1, b: 2 } });
  expect(Object.keys(run.summary)).toEqual(["loss", "pic", "x", "best", "by update", "nothing"]);
  run.log({ loss: 3 });
  expect(run.summary.loss).toBe(3);
  await run.finish();
  const { summary } = readRun(run.dir);
  expect(timeless(summary)).toMatchObject({
    loss: 3,
    best: 0.5,
    "by update": [1, 2],
    nothing: null,
    x: { a: 1, b: 2 },
  });
  expect(summary.pic).toEqual({
    _type: "image-file",
    sha256: expect.any(String),
    size: 1,
    path: expect.stringContaining("pic_1_"),
  });
});

test("media can be put on the summary", async () => {
  const run = begin();
  run.summary.update({ best: new FakeImage("1") });
  await run.finish();
  expect(readRun(run.dir).summary.best).toMatchObject({ path: expect.stringContaining("media/images/best_0_") });
});

test("config: added to, changed only on purpose", async () => {
  const run = begin({ config: { lr: 1, net: { depth: 2 } } });
  run.config.update({ batch: 8, lr: 1 });
  run.config.late = true;
  expect(() => run.config.update({ lr: 2 })).toThrow('Attempted to change value of key "lr" from 1 to 2\n');
  expect(() => {
    run.config.net = { depth: 3 };
  }).toThrow('from {"depth":2} to {"depth":3}');
  run.config.update({ lr: 2 }, { allowValChange: true });
  expect(() => run.config.update({ _wandb: 1 })).toThrow('config key "_wandb"');
  expect(() => run.config.update({ pic: new FakeImage("1") })).toThrow(
    'config key "pic": an Image cannot be part of the config',
  );
  expect(() => run.config.update({ f() {} })).toThrow('key "f": a function');
  expect({ ...run.config }).toEqual({ lr: 2, net: { depth: 2 }, batch: 8, late: true });
  expect(() => {
    (run.config.net as { depth: number }).depth = 9;
  }).toThrow(TypeError);
  expect(() => delete run.config.lr).toThrow(TypeError);
  await run.finish();
  expect(readRun(run.dir).config).toEqual({ _wandb: {}, lr: 2, net: { depth: 2 }, batch: 8, late: true });
});

test("finish: once, with its code; afterwards W&B's words", async () => {
  const run = begin();
  await expect(run.finish(1.5)).rejects.toThrow(
    "run.finish: expected an exit code, a whole number of 32 bits; got 1.5",
  );
  await run.finish(3);
  await run.finish(0);
  expect(readRun(run.dir).exitCode).toBe(3);
  const words = `Run (${run.id}) is finished. The call to \`log\` will be ignored. Please make sure that you are using an active run.`;
  expect(() => run.log({ a: 1 })).toThrow(words);
  expect(() => run.config.update({ a: 1 })).toThrow("The call to `config.update`");
  expect(() => run.summary.update({ a: 1 })).toThrow("The call to `summary.update`");
});

test("await using", async () => {
  const run = begin();
  run.log({ a: 1 }, { step: 2 });
  await run[Symbol.asyncDispose]();
  expect(rowsOf(run)).toEqual([{ a: 1, _step: 2 }]);
  expect(readRun(run.dir).exitCode).toBe(0);
});

test("handlers are there while a run is open and gone afterwards", async () => {
  const events = ["exit", "SIGINT", "SIGTERM", "SIGHUP"];
  const counts = () => events.map((event) => process.listenerCount(event));
  const before = counts();
  const first = begin();
  const second = begin();
  expect(counts()).toEqual(before.map((count) => count + 1)); // one for all runs
  await first.finish();
  expect(counts()).toEqual(before.map((count) => count + 1));
  await second.finish();
  expect(counts()).toEqual(before);
});

test("an Image in init's config is refused before a directory is made", () => {
  expect(() => begin({ config: { pic: new FakeImage("x") } })).toThrow('config key "pic": an Image cannot be part');
  expect(readdirSync(dir)).toEqual([]);
});

test("an image key that no file name can hold is refused before the call's other media are saved", async () => {
  const run = begin();
  expect(() => run.log({ good: new FakeImage("x"), "a\0b": new FakeImage("y") })).toThrow("a NUL character");
  expect(readdirSync(join(run.dir, "files"))).toEqual([]);
  run.log({ good: new FakeImage("x") });
  await run.finish();
  expect(rowsOf(run)).toHaveLength(1);
});

test("options that log does not have are refused, as init's are", async () => {
  const run = begin();
  expect(() => run.log({ a: 1 }, { stpe: 5 } as object)).toThrow('run.log: unknown option "stpe"; did you mean step?');
  expect(() => run.log({ a: 1 }, 5 as never)).toThrow("expected an object such as { step: 5 }; got 5");
  expect(() => run.log({ a: 1 }, null as never)).toThrow("expected an object such as { step: 5 }; got null");
  await run.finish();
  expect(rowsOf(run)).toEqual([]);
});

test("what a disabled run is given, its config and summary give back", () => {
  const run = begin({ mode: "disabled", config: { lr: 1 } });
  run.config.lr = 2;
  run.config.update({ any: Symbol.iterator });
  run.config.update(null as never);
  run.summary.best = 0.5;
  expect([run.config.lr, run.config.any, run.summary.best]).toEqual([2, Symbol.iterator, 0.5]);
  expect(readdirSync(dir)).toEqual([]);
});

test("disabled accepts everything and writes nothing", async () => {
  const run = begin({ mode: "disabled", config: { lr: 1 } });
  run.log({ f: (() => 1) as never, pic: new FakeImage("1") });
  run.log({ a: 1 }, { step: -5 });
  run.config.update({ f() {} });
  run.summary.best = Symbol("x");
  run.saveMedia("media/x.png", Uint8Array.of(1));
  run.saveClassLabels("mask/class_labels", "k", {});
  await run.finish();
  run.log({ a: 1 });
  expect(readdirSync(dir)).toEqual([]);
  expect(run.config.lr).toBe(1);
  expect(warnings).toEqual([]);
});

test("a history line that W&B would skip is told aloud, with the key to blame", async () => {
  const run = begin();
  const line = (length: number) => ({ small: 1, big: "é".repeat(length / 2) });
  run.log(line(10_383_000));
  expect(warnings).toEqual([]);
  run.log(line(10_384_000));
  expect(warnings).toEqual([
    {
      code: "long-line",
      message: expect.stringMatching(
        /^step 1: its history line has 1038\d{4} bytes, and W&B's client skips lines over 10383360; the longest key is "big" with 10384002/,
      ),
    },
  ]);
  await run.finish();
  expect(readRun(run.dir).problem).toBeNull();
});

test("paths that lead out of files/ are refused, whoever asks", async () => {
  const run = begin();
  for (const path of ["../x", "a/../b", "/etc/x", "..", "", "a/..", "./a", "a/.", "a/", "a\0b"]) {
    expect(() => run.saveMedia(path, Uint8Array.of(1))).toThrow(
      `${JSON.stringify(path)}: expected a path inside the run's files/`,
    );
  }
  for (const path of ["media/a..b", "media/.hidden", "media/...", "media/a b*c?", "media/漢 😀", "media//double"]) {
    run.saveMedia(path, Uint8Array.of(1));
  }
  await run.finish();
  expect(readRun(run.dir).files.length).toBe(6);
});

test("keys of any shape are the user's, as they are", async () => {
  const run = begin();
  const keys = [
    "../../x",
    "a/../b",
    "/abs",
    "dotted.key",
    "val/pics/x",
    " spaces ",
    "漢 😀",
    "\ud800",
    "a\nb",
    "update",
    "constructor",
  ];
  run.log(Object.fromEntries(keys.map((key, i) => [key, i])));
  await run.finish();
  const row = rowsOf(run)[0]!;
  expect(Object.keys(row)).toEqual([...keys.slice(0, 7), "\ufffd", ...keys.slice(8), "_step"]);
});

test("characters of every plane are written as they are, in values, keys, names, tags and captions", async () => {
  const text = "𠮷野家 😀 𠀀 \u{2ffff} \u{30000} \u{40001} \u{10ffff}";
  const run = begin({ name: text, tags: [text], config: { [text]: text } });
  run.log({ [text]: text, nested: { [text]: [text] } });
  await run.finish();
  const read = readRun(run.dir);
  expect(read.run).toMatchObject({ name: text, tags: [text] });
  expect(read.config[text]).toBe(text);
  expect(timeless(read.rows[0]!)).toEqual({ [text]: text, nested: { [text]: [text] }, _step: 0 });
});

test("durability: sync writes the same run", async () => {
  const run = begin({ durability: "sync" });
  run.log({ x: new FakeImage("pixels"), loss: 1 });
  await run.finish();
  const plain = begin();
  plain.log({ x: new FakeImage("pixels"), loss: 1 });
  await plain.finish();
  expect(rowsOf(run)).toEqual(rowsOf(plain));
  expect(() => begin({ durability: "disk" as never })).toThrow(
    'init: durability: expected "process" or "sync"; got "disk"',
  );
});
