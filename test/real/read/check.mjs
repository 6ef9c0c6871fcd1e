// Runs that Python's wandb wrote, read by the built package, against what log_run.py logged: check.mjs VERSION…
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { listRuns, openRun, watchRun } from "../../../dist/read.js";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const ROOT = join(HERE, "../../..");
const folder = mkdtempSync(join(tmpdir(), "read-real-"));
after(() => rmSync(folder, { recursive: true }));

const ENVIRONMENT = {
  PATH: process.env.PATH,
  HOME: folder,
  WANDB_CONFIG_DIR: folder,
  WANDB_CACHE_DIR: folder,
  WANDB_ERROR_REPORTING: "false",
};

function log(version, name, { exitCode = 0, ...environment } = {}) {
  const dir = join(folder, name);
  execFileSync("mkdir", ["-p", dir]);
  const python = join(ROOT, `.venv/wandb-${version}/bin/python`);
  const options = {
    env: { ...ENVIRONMENT, ...environment },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 120_000,
  };
  const said = execFileSync(python, [join(HERE, "log_run.py"), dir, String(exitCode)], options);
  return said.split("\n").find((line) => /offline-run-[^/]+$/.test(line));
}

const collect = async (iterable) => {
  const list = [];
  for await (const item of iterable) list.push(item);
  return list;
};

const withoutTime = ({ _runtime, _timestamp, ...row }) => row;

/** Step 3 logs `late` as well. */
function expectedValues(n) {
  return {
    loss: 1 / (n + 1),
    int: n,
    flag: n % 2 === 0,
    text: 'a "b"\n𠮷',
    nan: Number.NaN,
    inf: n % 2 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY,
    big: String(9007199254740993n + BigInt(n)),
    nested: { acc: n / 10, deep: { x: [1, { y: 2 }] } },
    list: [1, 2.5, null],
    ...(n === 3 && { late: 1 }),
    _step: n,
  };
}

/** A bigint, or a number where that holds every digit. */
const digits = (key, value) => (key === "big" ? String(value) : value);

async function checkRun(dir, { exitCode = 0, lists = true } = {}) {
  const run = await openRun(dir);
  assert.equal(run.damageCount, 0);
  assert.deepEqual(
    [run.name, run.project, run.notes, run.group, run.jobType, run.tags],
    ["näme 𠮷", "read", "what for", "g", "train", ["a", "b"]],
  );
  assert.ok(Math.abs(run.startTime - Date.now()) < 600_000);
  assert.deepEqual([run.state, run.exitCode], [exitCode === 0 ? "finished" : "failed", exitCode]);
  assert.deepEqual(run.config, {
    lr: 0.1,
    net: { layers: [1, 2], act: "relu" },
    none: null,
    big: 9007199254740993n,
    late: [1, 2],
  });
  assert.equal(run.summary.best, 0.25);
  assert.equal(run.summary.loss, 0.5);
  assert.equal(run.summary.text, 'a "b"\n𠮷');

  const rows = (await collect(run.rows())).map(withoutTime);
  assert.equal(rows.length, 6);
  for (let n = 0; n < 5; n++) {
    const { "val/pic": pic, examples, ...values } = rows[n];
    for (const [key, value] of Object.entries(expectedValues(n)))
      assert.deepEqual(digits(key, values[key]), value, `${key} of step ${n}`);
    assert.deepEqual([pic._type, pic.width, examples._type, examples.count], ["image-file", 6, "images/separated", 3]);
  }
  assert.equal(rows[5]._step, 10);
  assert.deepEqual((await collect(watchRun(dir))).length, 6);
  assert.deepEqual([...run.scalars("loss").steps], [0, 1, 2, 3, 4, 10]);
  assert.deepEqual([...run.scalars("nested.acc").values], [0, 0.1, 0.2, 0.3, 0.4]);
  assert.deepEqual([...run.scalars("late").steps], [3]);
  assert.deepEqual(run.imageKeys.sort(), ["examples", "val/pic"]);

  const pictures = await collect(run.images("val/pic"));
  assert.deepEqual(
    pictures.map(({ step }) => step),
    [0, 1, 2, 3, 4, 10],
  );
  for (const [n, picture] of pictures.slice(0, 5).entries()) {
    assert.equal(picture.caption, `caption ${n}`);
    const image = await picture.image();
    assert.deepEqual(image.toDataArray()[0][0], [50 + n, 50 + n, 50 + n]);
    const { box_data, class_labels } = await picture.boxData("predictions");
    assert.equal(box_data[0].box_caption, "a car");
    assert.deepEqual(class_labels, { 1: "car", 2: "road" });
    assert.deepEqual(picture.masks["ground/truth"].classLabels, { 0: "nothing", 1: "sky", 2: "sea" });
    assert.deepEqual([Object.keys(image.boxes), Object.keys(image.masks)], [["predictions"], ["ground/truth"]]);
  }
  assert.equal(pictures[5].caption, null);
  const examples = await collect(run.images("examples", { from: 2, to: 3 }));
  assert.deepEqual(
    examples.map(({ step, index }) => [step, index]),
    [
      [2, 0],
      [2, 1],
      [2, 2],
      [3, 0],
      [3, 1],
      [3, 2],
    ],
  );
  for (const { step, index, ...picture } of examples) {
    assert.equal(picture.caption, lists && index === 0 ? "first" : null);
  }
  for (const picture of examples) {
    const value = 100 + 50 * picture.index + picture.step;
    assert.deepEqual((await picture.image()).toDataArray()[0][0], [value, value, value]);
    assert.deepEqual(Object.keys(picture.masks), picture.index === 2 ? ["ground/truth"] : []);
  }
  const files = (await collect(run.files())).map(({ path }) => path);
  for (const picture of [...pictures, ...examples])
    assert.ok(files.includes(picture.path), `${picture.path} is recorded`);
  await run.close();
  return run;
}

/** What W&B's own reader finds in a file (it reads up to 0.29). */
function readByWandb(dir) {
  const python = join(ROOT, ".venv/wandb-0.28.2/bin/python");
  const said = execFileSync(python, [join(ROOT, "test/real/wandb/read_run.py"), dir], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    env: ENVIRONMENT,
  });
  return JSON.parse(said);
}

for (const version of process.argv.slice(2)) {
  describe(`wandb ${version}`, () => {
    test("a run is read whole", async () => {
      const dir = log(version, `whole-${version}`);
      await checkRun(dir);
      const lines = await collect((await openRun(dir)).console());
      // Since 0.13 or so output goes into records.
      if (lines.length > 0) assert.ok(lines.some(({ text }) => text === "a line that was printed"));

      // Record by record as W&B's own reader: rows, files, and what the lines of the history say.
      const records = readByWandb(dir);
      const run = await openRun(dir);
      const items = records.filter(({ history }) => history).map(({ history }) => history.item);
      assert.equal(items.length, run.rowCount);
      const wanted = records.flatMap(({ files }) => (files?.files ?? []).map(({ path }) => path));
      assert.deepEqual(
        (await collect(run.files())).map(({ path }) => path),
        wanted,
      );
      const lineOf = await collect(run.lines());
      for (const [row, list] of items.entries()) {
        for (const { key, nested_key, value_json } of list) {
          const last = (nested_key ?? [key]).at(-1);
          if (value_json.startsWith("{")) continue; // old versions: laid open
          assert.ok(
            lineOf[row].includes(`${JSON.stringify(last)}:${value_json}`),
            `${last} of row ${row} as it was written`,
          );
        }
      }
    });

    test("a run that failed, listed by its head and tail", async () => {
      const dir = log(version, `failed-${version}`, { exitCode: 3 });
      const [listed] = await listRuns(join(folder, `failed-${version}`));
      assert.equal(listed.dir, dir);
      assert.equal(listed.problem, null);
      assert.deepEqual(
        [listed.state, listed.exit.code, listed.run.name, listed.lastStep],
        ["failed", 3, "näme 𠮷", 10],
      );
    });

    test("a file cut anywhere gives the rows up to there", async () => {
      const dir = join(folder, `cut-${version}`);
      cpSync(readdirOf(`whole-${version}`), dir, { recursive: true });
      const log = readdirSync(dir).find((name) => name.endsWith(".wandb"));
      const bytes = new Uint8Array(readFileSync(join(dir, log)));
      const whole = await collect((await openRun(dir)).lines());
      let before = 0;
      for (let length = 0; length < bytes.length; length += 251) {
        const run = await openRun(new Map([[`run/${log}`, bytes.subarray(0, length)]])).catch(() => null);
        if (run === null) continue;
        const lines = await collect(run.lines());
        assert.deepEqual(lines, whole.slice(0, lines.length));
        assert.ok(lines.length >= before);
        before = lines.length;
      }
      assert.ok(before >= 5);
    });
  });
}

function readdirOf(name) {
  const wandb = join(folder, name, "wandb");
  return join(
    wandb,
    readdirSync(wandb).find((entry) => entry.startsWith("offline-run-")),
  );
}

// 0.31.0 refuses "typed" alone, which the unit tests read.
test("typed history values of 0.31", { skip: !process.argv.includes("0.31.0") }, async () => {
  await checkRun(log("0.31.0", "typed", { WANDB_X_HISTORY_VALUE_ENCODING: "json,typed" }));
});
