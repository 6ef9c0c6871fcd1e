// Damaged runs: everything that is wrong is told, and all that is whole is in the repaired copy.
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  configRecord,
  exitRecord,
  filesRecord,
  finalRecord,
  historyRecord,
  type RecordBuilder,
  runRecord,
  summaryRecord,
} from "../../../src/log/records.ts";
import { frameRecords } from "../../../src/log/wandb-file.ts";
import { repair } from "../../../src/repair/repair.ts";
import { verify } from "../../../src/repair/verify.ts";
import { damagedCopy, filesIn, fingerprint, leftOf, logRun, type Original, read } from "../../support/damage.ts";
import { random } from "../../support/random.ts";
import { readRun } from "../../support/wandb-reader.ts";

let scratch: string;
let original: Original;

beforeAll(async () => {
  process.env.WANDB_SILENT = "true";
  scratch = mkdtempSync(join(tmpdir(), "repair-"));
  original = await logRun(scratch, "whole");
});

afterAll(() => rmSync(scratch, { recursive: true }));

/** Two minutes from now no run is live. */
const later = () => Date.now() + 120_000;
const codes = async (dir: string) => [...new Set((await verify(dir, later())).problems.map(({ code }) => code))];

test("a run as it was logged is whole", async () => {
  const { records, rows, files, problems } = await verify(original.dir, later());
  expect(problems).toEqual([]);
  expect([records, rows, files]).toEqual([original.records.length, 8, original.files.size]);
});

test("of every damaged run all that is whole is in the repaired one, which has no problem; the old one is not touched", async () => {
  const rounds = Number(process.env.ROUNDS ?? (process.env.FULL ? 500 : 12));
  for (let round = 0; round < rounds; round++) {
    const dir = join(scratch, `round-${round}`, "offline-run-20260102_030405-whole");
    const kinds = damagedCopy(original, dir, random(round));
    const left = leftOf(original, dir);
    const before = fingerprint(dir);
    const found = await verify(dir, later());
    const { to, lost } = await repair(dir);
    const name = `round ${round}: ${kinds.join(", ")}`;
    expect({ name, problems: (await verify(to, later())).problems }).toEqual({ name, problems: [] });
    expect(fingerprint(dir)).toBe(before);
    const repaired = readRun(to);
    expect({ name, rows: repaired.rows }).toEqual({ name, rows: left.rows });
    const { files } = read(to);
    for (const [path, hash] of left.files) {
      expect([name, path, files.get(path)]).toEqual([name, path, hash]);
      expect(repaired.files).toContain(path);
    }
    if (!left.isDamaged) expect(found.problems).toEqual([]);
    if (lost.length > 0) expect(found.problemCount).toBeGreaterThan(0);
    if (left.rows.length < 8) expect(found.problemCount).toBeGreaterThan(0);
    rmSync(join(scratch, `round-${round}`), { recursive: true });
  }
}, 600_000);

describe("what is wrong is told by name", () => {
  let count = 0;
  const copy = () => {
    const dir = join(scratch, `copy-${count++}`, "offline-run-20260102_030405-whole");
    cpSync(original.dir, dir, { recursive: true });
    return dir;
  };
  const [first, second] = [0, 1].map((i) => (dir: string) => join(dir, "files", filesIn(dir)[i]!)) as [
    (dir: string) => string,
    (dir: string) => string,
  ];

  test.each<[string, (dir: string) => void]>([
    ["missing", (dir) => rmSync(first(dir))],
    ["changed", (dir) => cpSync(first(dir), second(dir))],
    ["torn", (dir) => truncateSync(join(dir, original.log), original.records.at(-4)!.end + 9)],
    [
      "damaged",
      (dir) => {
        const bytes = Buffer.from(original.bytes);
        bytes[50_000]! ^= 1;
        writeFileSync(join(dir, original.log), bytes);
      },
    ],
    ["no-exit", (dir) => truncateSync(join(dir, original.log), original.records.at(-3)!.end)],
    ["unreadable", (dir) => rmSync(join(dir, original.log))],
    ["no-run", (dir) => writeFileSync(join(dir, original.log), "")],
  ])("%s", async (code, harm) => {
    const dir = copy();
    harm(dir);
    expect(await codes(dir)).toContain(code);
  });

  test("a live run may lack its end", async () => {
    const dir = copy();
    truncateSync(join(dir, original.log), original.records.at(-3)!.end + 5);
    expect((await verify(dir)).problems).toEqual([]);
  });
});

/** A run's folder of these records. */
function folderOf(
  name: string,
  records: readonly RecordBuilder[],
  files: Readonly<Record<string, string>> = {},
): string {
  const dir = join(scratch, name, "run-20260102_030405-abc");
  mkdirSync(join(dir, "files"), { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(dir, "files", path, ".."), { recursive: true });
    writeFileSync(join(dir, "files", path), text);
  }
  const bytes = frameRecords(
    records.map((record, i) => record(i + 1)),
    0,
  );
  writeFileSync(join(dir, "run-abc.wandb"), bytes);
  return dir;
}

const begin = runRecord({ id: "abc", config: [], tags: [], startTime: 1.7e12 });
const row = (step: number, json = "1") =>
  historyRecord(step, [
    { path: ["x"], json },
    { path: ["_step"], json: String(step) },
  ]);

describe("records that W&B would drop or refuse", () => {
  const notUtf8: RecordBuilder = (num) => {
    const bytes = summaryRecord([{ path: ["text"], json: '"aé"' }])(num);
    bytes[bytes.length - 3] = 0xff; // the first byte of é
    return bytes;
  };
  const numbered =
    (num: number, record: RecordBuilder): RecordBuilder =>
    () =>
      record(num);

  test.each<[string, RecordBuilder[]]>([
    ["run-late", [row(0), begin, exitRecord(0, 1), finalRecord()]],
    ["two-runs", [begin, runRecord({ id: "other", config: [], tags: [], startTime: 1 }), exitRecord(0, 1)]],
    ["after-exit", [begin, exitRecord(0, 1), row(0)]],
    ["step-order", [begin, row(5), row(4), exitRecord(0, 1)]],
    ["out-of-order", [begin, numbered(9, row(1)), numbered(8, row(0)), numbered(10, exitRecord(0, 1))]],
    ["bad-value", [begin, row(0, "}{"), exitRecord(0, 1)]],
    ["not-utf8", [begin, notUtf8, exitRecord(0, 1)]],
    ["long-line", [begin, row(0, `"${"x".repeat(10_400_000)}"`), exitRecord(0, 1)]],
    ["no-run", [row(0), exitRecord(0, 1)]],
    ["no-exit", [begin, row(0)]],
    ["missing", [begin, filesRecord("media/a.png"), exitRecord(0, 1)]],
    ["outside", [begin, filesRecord("../../etc/passwd"), exitRecord(0, 1)]],
  ])("%s", async (code, records) => {
    const dir = folderOf(`records-${code}`, records);
    expect(await codes(dir)).toEqual(expect.arrayContaining([code]));
    const { to } = await repair(dir);
    // What no repair can mend: the order in which steps were logged, and lines as long as they are.
    expect((await codes(to)).filter((left) => left !== "step-order" && left !== "long-line")).toEqual([]);
    expect(readFileSync(join(to, "repair.json"), "utf8")).toContain(`"from"`);
  });

  test("rows that stand behind the run's end or before its beginning are in the repaired run", async () => {
    const dir = folderOf("order", [
      row(0),
      begin,
      configRecord([{ path: ["a"], json: "1" }]),
      exitRecord(7, 3),
      row(1),
      finalRecord(),
    ]);
    const { to, run } = await repair(dir);
    const read = readRun(to);
    expect(read.records.map(({ kind }) => kind)).toEqual(["run", "history", "config", "history", "exit", "final"]);
    expect([read.exitCode, read.rows.length, run]).toEqual([7, 2, "moved to the front"]);
  });

  test("a run without its record gets one by the names of its folder and file", async () => {
    const dir = folderOf("nameless", [row(0)], { "media/images/x.png": "p" });
    const report = await repair(dir);
    expect(report).toMatchObject({ id: "abc", run: "made anew", exit: "made anew: exit code 1" });
    expect(report.to).toMatch(/offline-run-20260102_030405-abc$/);
    expect(readRun(report.to).run).toMatchObject({
      id: "abc",
      startTime: new Date(2026, 0, 2, 3, 4, 5).getTime() / 1000,
    });
    expect(readdirSync(report.to).sort()).toEqual(["files", "repair.json", "run-abc.wandb"]);
  });

  test("a picture whose files record is lost is recorded again", async () => {
    const path = "media/images/p_0_8f434346648f6b96df89.png"; // of "x"
    const leaf = (name: string, json: string) => ({ path: ["p", name], json });
    const logged = historyRecord(0, [leaf("_type", '"image-file"'), leaf("path", JSON.stringify(path))]);
    const dir = folderOf("unrecorded", [begin, logged, exitRecord(0, 1)], { [path]: "p" });
    expect(await codes(dir)).toEqual(["changed"]); // "p" is not what the name says
    writeFileSync(join(dir, "files", path), "");
    const { lost } = await repair(dir);
    expect(lost).toEqual([{ key: "p", step: 0, path }]);
  });

  test("a run in which nothing can be read leaves a run without rows", async () => {
    const dir = folderOf("nothing", []);
    writeFileSync(join(dir, "run-abc.wandb"), "not a log at all");
    const { to } = await repair(dir);
    expect(readRun(to)).toMatchObject({ rows: [], exitCode: 1, run: { id: "abc" } });
  });

  test("where there is no run, an error names the place, and nothing is written", async () => {
    const dir = join(scratch, "empty", "offline-run-20260102_030405-none");
    mkdirSync(dir, { recursive: true });
    await expect(repair(dir)).rejects.toThrow(`${dir}: no .wandb file in this folder`);
    expect(readdirSync(join(scratch, "empty"))).toHaveLength(1);
  });
});
