// The runs that are uploaded by W&B's client and by ours: what a run can hold, and much of it.
import { Image, init } from "wandb-image";

const picture = (i, size = 16) => {
  const data = new Uint8Array(size * size * 3);
  for (let at = 0; at < data.length; at++) data[at] = (at * 7 + i * 31) & 255;
  return new Image({ data, shape: [size, size, 3] }, { caption: `no. ${i}` });
};

/** Name → a function that logs a run into a directory. */
export const RUNS = {
  async everything(dir) {
    const run = init({
      dir,
      mode: "offline",
      project: "cats & dogs",
      entity: "ann",
      id: "every1",
      name: "näme",
      notes: "two\nlines",
      tags: ["a", "b c"],
      group: "g",
      jobType: "eval",
      config: {
        lr: 0.1,
        nested: { a: 1, b: [1, 2, { c: null }] },
        empty: {},
        nan: Number.NaN,
        big: 9007199254740993n,
        "dotted.key": "x",
      },
    });
    run.log({ loss: 1, pic: picture(0) });
    run.log({ list: [picture(1), picture(2), picture(3)], nest: { inner: picture(4), deep: { x: 1 } } });
    const boxes = {
      predictions: {
        box_data: [{ position: { minX: 1, maxX: 5, minY: 2, maxY: 6 }, class_id: 1, domain: "pixel" }],
        class_labels: { 1: "car" },
      },
    };
    const masks = {
      gt: {
        mask_data: Array.from({ length: 16 }, (_, y) => Array.from({ length: 16 }, (_, x) => (x + y) & 1)),
        class_labels: { 0: "road", 1: "sky" },
      },
    };
    const data = new Uint8Array(16 * 16).fill(90);
    run.log({ det: new Image({ data, shape: [16, 16] }, { boxes, masks }) });
    run.log({
      loss: Number.NaN,
      up: Number.POSITIVE_INFINITY,
      down: Number.NEGATIVE_INFINITY,
      big: 9007199254740993n,
      "a/b.c": 1,
      text: 'q"uo\\te\n',
      list: [[1], []],
      none: null,
    });
    run.log({ step: "late" }, { step: 10 });
    run.log({ loss: 0.5 }, { step: 12, commit: true });
    run.config.update({ late: 5, nested: { a: 2 } }, { allowValChange: true });
    run.summary.update({ best: 0.25, nested: { x: 1 } });
    await run.finish(3);
    return run.dir;
  },
  /** Named anew while it went on: a second run record. */
  async renamed(dir) {
    const run = init({ dir, mode: "offline", project: "cats", id: "renamed", name: "first", tags: ["a"] });
    run.log({ loss: 1 });
    run.name = "second";
    run.tags = ["b", "c"];
    run.notes = "now with notes";
    run.log({ loss: 2 });
    await run.finish();
    return run.dir;
  },
  /** What log_same.py logs, online. */
  async same(dir) {
    const config = { lr: 0.1, nested: { a: 1, b: [1, 2] } };
    const about = { name: "same", notes: "two\nlines", tags: ["a"], group: "g", jobType: "eval" };
    const run = init({ dir, mode: "online", id: "same1", project: "cats & dogs", ...about, config });
    for (let i = 0; i < 10; i++) run.log({ loss: 1 / (i + 1), nested: { deep: { i } }, text: `row ${i}` });
    run.log({ nan: Number.NaN, inf: Number.POSITIVE_INFINITY, big: 2n ** 53n + 1n, list: [[1], []], none: null });
    run.log({ late: 1 }, { step: 20 });
    run.config.update({ late: 5 });
    run.summary.update({ best: 0.25 });
    await run.finish(3);
    return run.dir;
  },
  async pictures(dir, count = 2000) {
    const run = init({ dir, mode: "offline", project: "cats", id: "pictures" });
    for (let i = 0; i < count; i += 4)
      run.log({ loss: 1 / (i + 1), pics: [0, 1, 2, 3].map((j) => picture(i + j, 24)) });
    await run.finish();
    return run.dir;
  },
  async rows(dir, count = 20_000) {
    const run = init({ dir, mode: "offline", project: "cats", id: "rows" });
    for (let i = 0; i < count; i++)
      run.log({ loss: Math.exp(-i / 5000), acc: i / count, lr: 1e-4, epoch: i >> 8, nested: { a: i, b: `row ${i}` } });
    await run.finish();
    return run.dir;
  },
};
