// A run's index as its file grows, is cut, broken, or made to do harm.
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { exitRecord, historyRecord, runRecord, summaryRecord } from "../../../src/log/records.ts";
import { frameRecords } from "../../../src/log/wandb-file.ts";
import { RunFold } from "../../../src/read/fold.ts";
import { peek } from "../../../src/read/peek.ts";
import { decodeRecord, kindOf, RecordError } from "../../../src/read/records.ts";
import { readRows } from "../../../src/read/rows.ts";
import { RunIndex } from "../../../src/read/run-index.ts";
import { MemorySource } from "../../../src/read/source.ts";

interface Leaf {
  readonly path: readonly string[];
  readonly json: string;
}

const description = { id: "abc", project: "p", name: "n", config: [], tags: [], startTime: 1.7e12 };

/** The bytes of a run's file: one row for each list of leaves. */
function fileOf(rows: readonly (readonly Leaf[])[], ended = true): Uint8Array {
  const records = [runRecord(description)];
  rows.forEach((leaves, step) => {
    const all = [...leaves, { path: ["_step"], json: String(step) }];
    records.push(summaryRecord(all), historyRecord(step, all));
  });
  if (ended) records.push(exitRecord(3, 9));
  return frameRecords(
    records.map((record, i) => record(i + 1)),
    0,
  );
}

function sourceOf(bytes: Uint8Array): MemorySource {
  const source = new MemorySource("run");
  source.append(bytes);
  return source;
}

const numberLeaf = fc
  .tuple(fc.constantFrom("a", "b", "c/d"), fc.double())
  .map(([key, value]) => ({ path: [key], json: String(value) }));
const textLeaf = fc.string().map((text) => ({ path: ["t"], json: JSON.stringify(text) }));
const pictureLeaves = fc.nat().map((n) => [
  { path: ["pic", "_type"], json: '"image-file"' },
  { path: ["pic", "path"], json: `"media/images/pic_${n}.png"` },
  { path: ["pic", "width"], json: String(n) },
  { path: ["pic", "boxes", "truth", "_type"], json: '"boxes2D"' },
  { path: ["pic", "boxes", "truth", "path"], json: '"b.json"' },
]);
const someRow = fc
  .tuple(fc.array(fc.oneof(numberLeaf, textLeaf), { maxLength: 4 }), fc.option(pictureLeaves))
  .chain(([leaves, picture]) => {
    const all = [...new Map([...leaves, ...(picture ?? [])].map((leaf) => [leaf.path.join("\0"), leaf])).values()];
    return fc.shuffledSubarray(all, { minLength: all.length }); // wandb-core writes leaves in any order
  });

async function columnsOf(index: RunIndex) {
  const { columns } = index;
  return Object.fromEntries(
    [...columns.all.values()].map((column) => [
      column.key,
      {
        numbers: column.numberRows.map((row, i) => [columns.steps[row], column.numbers[i]]),
        others: column.otherRows.map((row) => columns.steps[row]),
        pictures: column.pictures,
      },
    ]),
  );
}

/** The same from the rows themselves. */
function expectedColumns(rows: readonly (readonly Leaf[])[]) {
  const expected: Record<string, { numbers: [number, number][]; others: number[]; pictures: number }> = {};
  const at = (key: string) => (expected[key] ??= { numbers: [], others: [], pictures: 0 });
  rows.forEach((leaves, step) => {
    for (const { path, json } of [...leaves, { path: ["_step"], json: String(step) }]) {
      if (path[0] === "pic") {
        if (path[1] !== "_type") continue;
        at("pic").others.push(step);
        at("pic").pictures++;
      } else if (path[0] === "t") at("t").others.push(step);
      else at(path[0]!).numbers.push([step, Number(json)]);
    }
  });
  return expected;
}

test("whatever pieces a file comes in, its index is that of its rows", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(someRow, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 8 }), async (rows, cuts) => {
      const file = fileOf(rows);
      const source = new MemorySource("run");
      const index = new RunIndex(source);
      let from = 0;
      for (const to of [...cuts.map((cut) => cut % file.length).sort((a, b) => a - b), file.length]) {
        source.append(file.subarray(from, to));
        from = to;
        await index.update();
      }
      expect(await columnsOf(index)).toEqual(expectedColumns(rows));
      expect([index.state(), index.fold.exit?.code, index.damageCount, index.end]).toEqual([
        "failed",
        3,
        0,
        file.length,
      ]);
      const all = Array.from(rows.keys());
      const wanted = all.filter((row) => row % 3 !== 1);
      const read: number[] = [];
      for await (const { row, step, items } of readRows(source, index.columns, wanted)) {
        read.push(row);
        expect(step).toBe(row);
        expect(items).toEqual([...rows[row]!, { path: ["_step"], json: String(row) }]);
      }
      expect(read).toEqual(wanted);
    }),
    { numRuns: 100 },
  );
});

test("a file cut anywhere gives the rows up to there", async () => {
  const rows = Array.from({ length: 40 }, (_, i) => [
    { path: ["x"], json: String(i) },
    { path: ["t"], json: `"${"z".repeat(i * 70)}"` },
  ]);
  const file = fileOf(rows);
  const ends: number[] = [];
  const whole = new RunIndex(sourceOf(file));
  await whole.update();
  for (let length = 0; length <= file.length; length += 137) {
    const index = new RunIndex(sourceOf(file.subarray(0, length)));
    await index.update();
    const { rows: count } = index.columns;
    expect(index.columns.starts).toEqual(whole.columns.starts.slice(0, count));
    expect(index.columns.all.get("x")?.numbers ?? []).toEqual(Array.from({ length: count }, (_, i) => i));
    expect(count).toBeGreaterThanOrEqual(ends.at(-1) ?? 0);
    ends.push(count);
  }
  expect(ends.at(-1)).toBeGreaterThan(35);
});

test("a file that became shorter is read anew", async () => {
  const file = fileOf([[{ path: ["x"], json: "1" }], [{ path: ["x"], json: "2" }]]);
  let bytes = file;
  const source = new MemorySource("run");
  source.size = async () => bytes.length;
  source.read = async (start, length) => bytes.subarray(start, start + length);
  const index = new RunIndex(source);
  await index.update();
  bytes = fileOf([[{ path: ["x"], json: "5" }]], false);
  expect(await index.update()).toBe(true);
  expect([index.generation, index.columns.rows, index.columns.all.get("x")!.numbers]).toEqual([1, 1, [5]]);
  expect(await index.update()).toBe(false);
});

describe("from head and tail alone", () => {
  test("name, end and last step of a long file", async () => {
    const rows = Array.from({ length: 5000 }, () => [{ path: ["t"], json: `"${"z".repeat(100)}"` }]);
    const file = fileOf(rows);
    const source = sourceOf(file);
    let read = 0;
    const whole = source.read.bind(source);
    source.read = async (start, length) => {
      read += length;
      return await whole(start, length);
    };
    expect(await peek(source)).toMatchObject({
      run: { id: "abc", name: "n" },
      state: "failed",
      exit: { code: 3 },
      lastStep: 4999,
      problem: null,
    });
    expect(read).toBeLessThan(200_000);
    expect(file.length).toBeGreaterThan(1e6);
  });

  test.each<[string, number, number, string]>([
    ["live", 1000, 59_000, "live"],
    ["silent for a minute", 1000, 62_000, "stopped"],
  ])("a run without an end that is %s", async (_, changed, now, state) => {
    const source = sourceOf(fileOf([[]], false));
    source.modified = async () => changed;
    expect((await peek(source, now)).state).toBe(state);
  });

  test.each<[string, Uint8Array, string]>([
    ["an empty file", new Uint8Array(), "the file is empty"],
    ["another file", new TextEncoder().encode("hello, this is text"), "no header of a .wandb file"],
    ["a header alone", frameRecords([], 0), "the file says of no run (yet)"],
  ])("%s is told", async (_, bytes, problem) => {
    expect(await peek(sourceOf(bytes))).toMatchObject({ run: null, problem });
  });

  test("a run whose first record is broken is still one, without a name", async () => {
    const file = fileOf([[{ path: ["x"], json: "1" }]]);
    file[20]! ^= 1;
    expect(await peek(sourceOf(file))).toMatchObject({ run: null, state: "failed", lastStep: 0, problem: null });
  });

  test("a config longer than blocks", async () => {
    const config = [{ path: ["big"], json: `"${"x".repeat(500_000)}"` }];
    const file = frameRecords([runRecord({ ...description, config })(1)], 0);
    expect((await peek(sourceOf(file))).run?.name).toBe("n");
  });
});

describe("hostile records", () => {
  const good = [
    runRecord({ ...description, config: [{ path: ["a", "b"], json: "[1]" }], tags: ["t"] })(1),
    historyRecord(7, [
      { path: ["pic", "_type"], json: '"image-file"' },
      { path: ["x"], json: "NaN" },
    ])(300),
    summaryRecord([{ path: ["x"], json: '{"a":1}' }])(4),
    exitRecord(255, 1e6)(5),
  ];

  test("any bytes are a record or a RecordError, and whatever is decoded can be folded and indexed", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...good),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }),
        fc.option(fc.nat()),
        async (record, changes, cut) => {
          const bytes = record.slice(0, cut === null ? record.length : cut % record.length);
          for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
          kindOf(bytes);
          try {
            const decoded = decodeRecord(bytes);
            const fold = new RunFold();
            fold.add(decoded);
            fold.config.toObject();
            fold.summary.toObject();
            fold.classLabels("boxes", "a", "b");
          } catch (error) {
            expect(error).toBeInstanceOf(RecordError);
          }
          const index = new RunIndex(sourceOf(frameRecords([bytes, good[1]!], 0)));
          await index.update();
          expect(index.columns.rows).toBeGreaterThan(0);
        },
      ),
      { numRuns: 500 },
    );
  });

  test.each<[string, Uint8Array]>([
    ["a length of 2^31", Uint8Array.of(0x12, 0xff, 0xff, 0xff, 0xff, 0x07)],
    ["a length of 2^63", Uint8Array.of(0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f)],
    ["an item longer than its message", Uint8Array.of(0x12, 0x03, 0x0a, 0x05, 0x0a, 1, 1, 1, 1, 1)],
    ["a group", Uint8Array.of(0x13)],
    ["a number without end", new Uint8Array(30).fill(0xff)],
  ])("%s is no protobuf", (_, bytes) => {
    expect(() => decodeRecord(bytes)).toThrow(RecordError);
    expect(kindOf(bytes)).toEqual(expect.any(String));
  });

  test("a value that is no JSON costs itself alone, and is counted", () => {
    const fold = new RunFold();
    const change = fold.add(
      decodeRecord(
        historyRecord(0, [
          { path: ["bad"], json: "}{" },
          { path: ["x"], json: "1" },
        ])(1),
      ),
    );
    expect(change).toEqual({ kind: "row", step: 0, line: '{"x":1,"_step":0}' });
    expect(fold.badValues).toBe(1);
  });

  test("a hundred thousand keys, levels and parts of a path", async () => {
    const keys = Array.from({ length: 1e5 }, (_, i) => ({ path: [`k${i}`], json: "1" }));
    const deep = { path: ["d"], json: `${'{"a":'.repeat(1e5)}1${"}".repeat(1e5)}` };
    const long = { path: Array.from({ length: 1e5 }, () => "p"), json: "1" };
    const index = new RunIndex(sourceOf(fileOf([keys, [deep], [long], [{ path: ["x"], json: "1" }]])));
    await index.update();
    expect(index.columns.rows).toBe(4);
    expect(index.columns.all.get("x")!.numbers).toEqual([1]);
    expect(index.columns.all.get("k99999")!.numbers).toEqual([1]);
    expect([...index.fold.summary.keys()][0]).toBe("k0");
    expect(index.fold.summary.toJson().length).toBeGreaterThan(1e6);
  });
});

test("a byte order mark stays where it is logged", () => {
  const key = "\ufeffkey of more than twelve bytes";
  const change = new RunFold().add(decodeRecord(historyRecord(0, [{ path: [key], json: "1" }])(1)));
  expect(change).toMatchObject({ line: `{"${key}":1,"_step":0}` });
});

test("typed values of newer writers: none, boolean, integer, number, text, json", () => {
  // As wandb 0.31.0's protobuf has them: HistoryItem fields 3 to 8.
  const item = (key: string, ...value: number[]) => [0x0a, 3 + value.length, 0x0a, 1, key.charCodeAt(0), ...value];
  const items = [
    ...item("n", 0x18, 0),
    ...item("b", 0x20, 1),
    ...item("i", 0x28, 0x03),
    ...item("j", 0x28, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01),
    ...item("f", 0x31, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f),
    ...item("t", 0x3a, 2, 0x22, 0x61),
    ...item("k", 0x42, 3, 0x5b, 0x31, 0x5d),
  ];
  const record = Uint8Array.of(0x08, 9, 0x12, items.length + 4, ...items, 0x12, 2, 0x08, 5);
  expect(new RunFold().add(decodeRecord(record))).toEqual({
    kind: "row",
    step: 5,
    line: '{"n":null,"b":true,"i":-2,"j":-9223372036854775808,"f":NaN,"t":"\\"a","k":[1],"_step":5}',
  });
});
