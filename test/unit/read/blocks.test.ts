// The framing of .wandb files, against W&B's own golden file, an independent reader, and every kind of damage.
import { readFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { frameRecords } from "../../../src/log/wandb-file.ts";
import { BlockReader } from "../../../src/read/blocks.ts";
import { BLOCK_BYTES } from "../../../src/wandb-format.ts";
import { readChunks } from "../../support/wandb-reader.ts";

/** Records are compared by their length and checksum: Jest takes seconds over long arrays. */
const digest = (bytes: Uint8Array) => `${bytes.length}:${crc32(bytes)}`;

interface Placed {
  readonly payload: string;
  readonly start: number;
  readonly end: number;
}

/** All records of a file that is read as a program does: a window at a time. */
function readAll(file: Uint8Array, { last = true, window = 1 << 16, reader = new BlockReader() } = {}) {
  const records: Placed[] = [];
  for (;;) {
    const before = reader.position;
    const bytes = file.subarray(before, before + window);
    const atEnd = before + bytes.length >= file.length;
    for (const { payload, start, end } of reader.read(bytes, last && atEnd)) {
      records.push({ payload: digest(payload), start, end });
    }
    if (atEnd || reader.position === before) return { records, reader };
  }
}

const payloads = (records: readonly Placed[]) => records.map(({ payload }) => payload);

/** Records of sizes that meet the ends of blocks in every way. */
const someRecords = fc.array(
  fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 300 }),
    fc.integer({ min: 32740, max: 32780 }).map((length) => new Uint8Array(length).fill(length)),
    fc.integer({ min: 1, max: 120_000 }).map((length) => new Uint8Array(length).fill(length)),
  ),
  { minLength: 1, maxLength: 12 },
);

test("W&B's golden file", () => {
  const file = new Uint8Array(readFileSync(new URL("../../fixtures/golden_120_bytes.wandb", import.meta.url)));
  const { records, reader } = readAll(file);
  expect(payloads(records)).toEqual(readChunks(file).payloads.map(digest));
  expect(records.map(({ start }) => start)).toEqual([7, 58, 96, 108]);
  expect(reader.damage).toEqual([]);
});

test("whatever is framed is read, and reading can begin at the end of any record", () => {
  fc.assert(
    fc.property(someRecords, fc.nat(), (written, from) => {
      const file = frameRecords(written, 0);
      const { records, reader } = readAll(file);
      expect(payloads(records)).toEqual(written.map(digest));
      expect([reader.damageCount, reader.end]).toEqual([0, file.length]);
      const after = from % records.length;
      const resumed = readAll(file, { reader: new BlockReader(records[after]!.end) });
      expect(resumed.records).toEqual(records.slice(after + 1));
    }),
    { numRuns: 60 },
  );
});

test("a file that grows by any pieces gives each record once, as soon as it is whole", () => {
  fc.assert(
    fc.property(someRecords, fc.array(fc.nat(), { maxLength: 20 }), (written, cuts) => {
      const file = frameRecords(written, 0);
      const ends = readAll(file).records.map(({ end }) => end);
      const reader = new BlockReader();
      const seen: string[] = [];
      for (const length of [...cuts.map((cut) => cut % file.length).sort((a, b) => a - b), file.length]) {
        seen.push(...payloads(readAll(file.subarray(0, length), { last: false, reader }).records));
        expect(seen).toHaveLength(ends.filter((end) => end <= length).length);
      }
      expect(seen).toEqual(written.map(digest));
      expect(reader.damageCount).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test("a file cut anywhere gives the records up to there, and the rest is counted as torn", () => {
  const written = [300, 20, 32754, 7, 40000, 1].map((length) => new Uint8Array(length).fill(length));
  const file = frameRecords(written, 0);
  const { records } = readAll(file);
  for (let length = 7; length < file.length; length += length % 32768 > 100 && length % 32768 < 32600 ? 61 : 1) {
    const cut = readAll(file.subarray(0, length));
    const whole = records.filter(({ end }) => end <= length);
    expect(cut.records).toEqual(whole);
    const end = whole.at(-1)?.end ?? 7;
    // Up to 6 zeros at the end of a block are padding.
    const torn = length > end && file.subarray(end, length).some((byte) => byte !== 0);
    if (torn) expect(cut.reader.damage).toEqual([{ start: end, end: length, reason: "the file ends inside a record" }]);
    else expect(cut.reader.damageCount).toBeLessThanOrEqual(1);
  }
});

describe("damage", () => {
  test("flipped bytes cost the records that hold them, and no others", () => {
    fc.assert(
      fc.property(
        someRecords,
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 8 }),
        (written, flips) => {
          const file = frameRecords(written, 0);
          const { records } = readAll(file);
          const broken = file.slice();
          const places = flips.map(([place, mask]) => {
            broken[place % file.length]! ^= mask;
            return place % file.length;
          });
          const untouched = records.filter(({ start, end }) =>
            file.subarray(start, end).every((byte, i) => byte === broken[start + i]),
          );
          const { records: read, reader } = readAll(broken);
          expect(read).toEqual(untouched);
          // A byte of padding means nothing.
          const meant = places.filter((at) => at < 7 || records.some(({ start, end }) => at >= start && at < end));
          const changed = meant.some((at) => broken[at] !== file[at]);
          expect(reader.damageCount > 0).toBe(changed);
        },
      ),
      { numRuns: 200 },
    );
  });

  test("a zeroed block costs the records that lie in it", () => {
    const written = Array.from({ length: 2000 }, (_, i) => new Uint8Array(100).fill(i));
    const file = frameRecords(written, 0);
    const { records } = readAll(file);
    file.fill(0, BLOCK_BYTES, 2 * BLOCK_BYTES);
    const { records: read, reader } = readAll(file);
    expect(read).toEqual(records.filter(({ start, end }) => end <= BLOCK_BYTES || start >= 2 * BLOCK_BYTES));
    expect(reader.damage[0]!.reason).toBe("zeros");
    expect(reader.damage.every(({ start, end }) => start < 2 * BLOCK_BYTES + 120 && end > BLOCK_BYTES - 120)).toBe(
      true,
    );
  });

  test("a broken chunk in the last block waits while the file grows: it may be half written", () => {
    const file = frameRecords([new Uint8Array(50).fill(5), new Uint8Array(60).fill(6)], 0);
    const half = file.slice();
    half.fill(0, 100);
    const reader = new BlockReader();
    expect(readAll(half, { last: false, reader }).records).toHaveLength(1);
    expect(reader.damageCount).toBe(0);
    expect(readAll(file, { last: false, reader }).records).toHaveLength(1);
  });

  test("a broken chunk in the last block with a whole one behind it does not wait: what is half written is the last", () => {
    const file = frameRecords(
      [5, 6, 7].map((byte) => new Uint8Array(50).fill(byte)),
      0,
    );
    const { records } = readAll(file);
    file[records[1]!.start + 20]! ^= 1;
    const read = readAll(file, { last: false });
    expect(read.records).toEqual([records[0], records[2]]);
    expect(read.reader.damage).toEqual([{ start: records[1]!.start, end: records[1]!.end, reason: "a broken chunk" }]);
  });

  test.each([
    ["another file", "not a log at all".repeat(10), "no header of a .wandb file"],
    ["a version to come", ":W&B\xe1\xbe\x01", "the header names a newer version of the format"],
  ])("the header of %s is told", (_, text, reason) => {
    const { records, reader } = readAll(Uint8Array.from(text, (character) => character.charCodeAt(0)));
    expect(records).toEqual([]);
    expect(reader.damage[0]!.reason).toBe(reason);
  });

  test("an empty file and a header alone are no damage", () => {
    expect(readAll(new Uint8Array()).reader.damage).toEqual([]);
    expect(readAll(frameRecords([], 0)).reader.damage).toEqual([]);
  });
});

test("a hostile file costs time in proportion to its length", () => {
  // Every byte may begin a chunk whose sum must be tried.
  for (const byte of [1, 2, 3, 4]) {
    const started = process.cpuUsage();
    const file = new Uint8Array(1 << 20).fill(byte);
    expect(readAll(file).records).toEqual([]);
    expect(process.cpuUsage(started).user).toBeLessThan(5e6);
  }
});
