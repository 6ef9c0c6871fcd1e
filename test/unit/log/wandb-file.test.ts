import { readFileSync } from "node:fs";
import { crc32 as zlibCrc32 } from "node:zlib";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { crc32 } from "../../../src/crc32.ts";
import {
  configRecord,
  exitRecord,
  finalRecord,
  historyRecord,
  runRecord,
  summaryRecord,
  summaryRemovalRecord,
} from "../../../src/log/records.ts";
import { frameRecords } from "../../../src/log/wandb-file.ts";
import { decodeRecord, readChunks, readLog } from "../../support/wandb-reader.ts";

const BLOCK = 32768;

function filled(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 17) & 255);
}

/** A file made by appending, one call a record. */
function append(records: readonly Uint8Array[]): Uint8Array {
  let file = new Uint8Array(0);
  for (const record of records) {
    const more = frameRecords([record], file.length);
    file = Uint8Array.from([...file, ...more]);
  }
  return file;
}

test("the golden file of 120 bytes, byte for byte", () => {
  const records = [
    runRecord({ id: "abc", project: "p", config: [], tags: [], startTime: 1767225600250 })(1),
    historyRecord(0, [
      { path: ["loss"], json: "1" },
      { path: ["_step"], json: "0" },
    ])(2),
    exitRecord(0, 0)(3),
    finalRecord()(4),
  ];
  const golden = readFileSync("test/fixtures/golden_120_bytes.wandb");
  expect(Buffer.from(frameRecords(records, 0)).toString("hex")).toBe(golden.toString("hex"));
  expect(Buffer.from(append(records)).toString("hex")).toBe(golden.toString("hex"));
});

test("check values of empty payloads", () => {
  expect([1, 2, 3, 4].map((type) => crc32(Uint8Array.of(type)))).toEqual([
    0xa505df1b, 0x3c0c8ea1, 0x4b0bbe37, 0xd56f2b94,
  ]);
});

test("crc32 is zlib's", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => crc32(bytes) === zlibCrc32(bytes)));
});

test.each([
  // payload lengths, then the file's length; the sizes of W&B's test_datastore.py around the end of a block
  [[0], 7 + 7],
  [[1], 7 + 8],
  [[BLOCK - 14], BLOCK], // fits the first block to the last byte
  [[BLOCK - 13], BLOCK + 8], // one byte more: FIRST and LAST
  [[BLOCK - 14 - 6, 1], BLOCK + 8], // 6 bytes left: zeros, and the record in the next block
  [[BLOCK - 14 - 1, 1], BLOCK + 8], // 1 byte left
  [[BLOCK - 14 - 7, 1], BLOCK + 8], // 7 left: an empty FIRST
  [[BLOCK - 14 - 7, 0], BLOCK], // 7 left and nothing to say: FULL of length 0
  [[BLOCK - 14 - 8, 1], BLOCK], // 8 left: FULL of length 1
  [[BLOCK - 14 - 8, 2], BLOCK + 8],
  [[BLOCK - 14, BLOCK - 7], 2 * BLOCK], // a whole block
  [[BLOCK - 14, BLOCK - 6], 2 * BLOCK + 8],
  [[3 * BLOCK], 7 + 3 * BLOCK + 4 * 7], // FIRST, two MIDDLEs, LAST
  [[BLOCK - 14 + 2 * (BLOCK - 7)], 3 * BLOCK], // LAST fills its block
  [[100_000, 5, 70_000], 7 + 170_005 + 4 * 7 + 7 + 3 * 7],
])("records of %j bytes", (lengths, size) => {
  const records = lengths.map((length, i) => filled(length, i));
  const file = append(records);
  const read = readChunks(file);
  expect(read.problem).toBeNull();
  expect(read.payloads.map((payload) => Buffer.from(payload).toString("base64"))).toEqual(
    records.map((record) => Buffer.from(record).toString("base64")),
  );
  expect(file.length).toBe(size);
  expect(Buffer.compare(frameRecords(records, 0), file)).toBe(0);
});

test("cutting the log anywhere reads the same records up to there", () => {
  const records = fc.array(
    fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: BLOCK - 40, max: BLOCK + 40 }), fc.constant(70_000)),
    { minLength: 1, maxLength: 6 },
  );
  fc.assert(
    fc.property(records, fc.double({ min: 0, max: 1, noNaN: true }), (lengths, where) => {
      const all = lengths.map((length, i) => filled(length, i));
      const ends: number[] = [];
      let end = 0;
      for (const record of all) ends.push((end += frameRecords([record], end).length));
      const file = frameRecords(all, 0);
      expect(file.length).toBe(end);
      const cut = Math.floor(where * file.length);
      const { payloads, problem } = readChunks(file.subarray(0, cut));
      const whole = ends.filter((recordEnd) => recordEnd <= cut).length;
      expect(payloads.length).toBe(whole);
      payloads.forEach((payload, i) => {
        expect(Buffer.compare(payload, all[i]!)).toBe(0);
      });
      if (cut === ends[whole - 1]) expect(problem).toBeNull();
    }),
    { numRuns: 60 },
  );
});

test("a changed byte is noticed", () => {
  const file = frameRecords([filled(50), filled(50)], 0);
  for (let at = 7; at < file.length; at++) {
    const damaged = Uint8Array.from(file);
    damaged[at]! ^= 1;
    expect(readChunks(damaged).problem).not.toBeNull();
  }
});

test("what each record says", () => {
  const run = decodeRecord(
    runRecord({
      id: "id1",
      entity: "e",
      project: "p",
      config: [{ path: ["lr"], json: "0.1" }],
      group: "g",
      jobType: "j",
      name: "n",
      notes: "notes é 漢 😀",
      tags: ["a", "b"],
      host: "h",
      startTime: 1_795_374_771_025.5,
    })(1),
  );
  expect(run.run).toEqual({
    id: "id1",
    entity: "e",
    project: "p",
    group: "g",
    jobType: "j",
    name: "n",
    notes: "notes é 漢 😀",
    tags: ["a", "b"],
    host: "h",
    startTime: expect.closeTo(1_795_374_771.0255, 6),
  });
  expect(run.items).toEqual([
    { path: ["_wandb"], json: "{}" },
    { path: ["lr"], json: "0.1" },
  ]);
  expect(run.nested).toEqual([false, false]);
  expect(decodeRecord(historyRecord(2 ** 40, [{ path: ["a", "b"], json: "1" }])(3))).toMatchObject({
    num: 3,
    kind: "history",
    step: 2 ** 40,
    nested: [true],
  });
  expect(decodeRecord(summaryRecord([{ path: ["one"], json: "1" }])(4))).toMatchObject({
    kind: "summary",
    nested: [true],
  });
  expect(decodeRecord(summaryRemovalRecord([["pic", "caption"]])(4)).removed).toEqual([["pic", "caption"]]);
  expect(decodeRecord(configRecord([{ path: ["_wandb", "k"], json: "{}" }])(5)).items[0]!.path).toEqual([
    "_wandb",
    "k",
  ]);
  expect(decodeRecord(exitRecord(-1, 5)(6)).exitCode).toBe(-1);
  expect(decodeRecord(exitRecord(130, 5)(6)).exitCode).toBe(130);
});

test("a file without its records is no log", () => {
  expect(readLog(new Uint8Array(0)).problem).toBe("no header");
});
