// Copies out of the caller's memory, shared or not, are those of TypedArray.prototype.set, wherever both sides lie.
import { expect, test } from "@jest/globals";
import { copyRun } from "../../src/copy-run.ts";

test.each([Uint8Array, Uint16Array, Uint32Array])("%p: every position in a word, short runs and long", (Kind) => {
  const size = Kind.BYTES_PER_ELEMENT;
  for (const Memory of [ArrayBuffer, SharedArrayBuffer]) {
    for (let skipped = 0; skipped < 8 / size; skipped++) {
      const data = new Kind(new Memory(200 * size) as ArrayBuffer, skipped * size);
      data.forEach((_, i) => {
        data[i] = 7919 * i + 1;
      });
      for (const length of [0, 1, 63, 64, 65, 71, 100]) {
        for (let from = 0; from < 9; from++) {
          for (let at = 0; at < 9; at++) {
            const [into, expected] = [
              new Kind(new ArrayBuffer(160 * size), 16),
              new Kind(new ArrayBuffer(160 * size), 16),
            ];
            for (const view of [into, expected]) view.fill(99);
            copyRun(into, at, data, from, length);
            expected.set(data.subarray(from, from + length), at);
            expect(Buffer.compare(Buffer.from(into.buffer), Buffer.from(expected.buffer))).toBe(0);
          }
        }
      }
    }
  }
});
