import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "@jest/globals";
import { Image, init, type Warning } from "../../../src/node.ts";

const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true });
});

function runOf() {
  const dir = mkdtempSync(join(tmpdir(), "lists-"));
  dirs.push(dir);
  const warnings: Warning[] = [];
  return { run: init({ dir, onWarning: (warning) => warnings.push(warning) }), warnings };
}

const images = (n: number) =>
  Array.from({ length: n }, (_, i) => new Image({ data: Uint8Array.of(i, 2), shape: [1, 2] }));

test("109 images with onOverflow error: refused by key, nothing of the call is written, the run goes on", async () => {
  const { run } = runOf();
  expect(() => run.log({ loss: 1, nested: { many: images(109) } }, { onOverflow: "error" })).toThrow(
    "many: 109 images; W&B shows at most 108 of a list. Log them under several keys or steps",
  );
  expect(readdirSync(join(run.dir, "files"))).toEqual([]);
  run.log({ many: images(108) }, { onOverflow: "error" });
  expect(readdirSync(join(run.dir, "files/media/images")).length).toBe(108);
  expect(() => run.log({}, { onOverflow: "split" as never })).toThrow(
    'run.log: onOverflow: expected "truncate" or "error"; got "split"',
  );
  await run.finish();
});

test("109 images by default: the first 108, said aloud", async () => {
  const { run, warnings } = runOf();
  run.log({ many: images(109) });
  expect(readdirSync(join(run.dir, "files/media/images")).length).toBe(108);
  expect(warnings.map(({ message }) => message)).toEqual([
    "many: only 108 of 109 images are logged, W&B's limit for a list",
  ]);
  await run.finish();
});

test("a list of different sizes, formats and modes: each difference is named", async () => {
  const { run, warnings } = runOf();
  const wide = new Image({ data: new Uint8Array(9), shape: [1, 3, 3] }, { fileType: "jpg" });
  run.log({ mixed: [...images(1), wide] });
  const ending = "This will cause images to be displayed incorrectly in the UI";
  expect(warnings.map(({ code, message }) => [code, message])).toEqual([
    ["mixed-sizes", `mixed: Images sizes do not match: 2×1, 3×1. ${ending}`],
    ["mixed-formats", `mixed: Images formats do not match: png, jpg. ${ending}`],
    ["mixed-modes", `mixed: Images modes do not match: L, RGB. ${ending}`],
  ]);
  await run.finish();
});
