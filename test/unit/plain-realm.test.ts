/**
 * Jest's own sandbox, without test/support/environment.mjs, whose typed arrays are not Node's, and contexts beside it: as a page
 * and its iframe, Electron's preload, or a REPL. Whatever asks `instanceof` fails here.
 *
 * @jest-environment node
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { deserialize, serialize } from "node:v8";
import { runInNewContext, runInThisContext } from "node:vm";
import { expect, test } from "@jest/globals";
import { PNG } from "pngjs";
import { Image, init } from "../../src/node.ts";

const PHOTOGRAPH = join(import.meta.dirname, "../fixtures/photographs/chelsea.png");

/** The file's first pixels by a decoder of the host's realm. */
function red(image: Image, count: number): number[] {
  const { data } = PNG.sync.read(Buffer.from(image.bytes));
  return Array.from({ length: count }, (_, i) => data[i * 4]!);
}

test("this realm is another one than Node's", () => {
  // jest-environment-node shares Uint8Array and ArrayBuffer with Node, and nothing else.
  expect(runInThisContext("Float32Array")).not.toBe(Float32Array);
  expect(runInNewContext("new Uint8Array(1)") instanceof Uint8Array).toBe(false);
});

test.each([
  "Float32Array",
  "Float64Array",
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "BigInt64Array",
  "BigUint64Array",
])("a %s of another context", (kind) => {
  const values = kind.startsWith("Big") ? "[0n, 1n, 1n, 0n]" : "[0, 1, 1, 0]";
  const foreign = runInNewContext(`({ data: new ${kind}(${values}).subarray(1), shape: [1, 3] })`);
  expect(foreign.data instanceof Object).toBe(false);
  expect(red(new Image(foreign), 3)).toEqual([255, 255, 0]);
  expect(Image.guessMode(foreign)).toBe("L");
  expect([...Image.toUint8(foreign).data]).toEqual([255, 255, 0]);
});

test("nested arrays, rows of typed arrays, strides and raw bytes of another context", () => {
  expect(red(new Image(runInNewContext("[[0, 1], [1, 0]]")), 4)).toEqual([0, 255, 255, 0]);
  expect(red(new Image(runInNewContext("[Float32Array.of(0, 1), Float32Array.of(1, 0)]")), 4)).toEqual([
    0, 255, 255, 0,
  ]);
  const turned = "({ data: Float32Array.of(0, 1, 1, 0), shape: [1, 4], strides: [1, -1], offset: 3 })";
  expect(red(new Image(runInNewContext(turned)), 4)).toEqual([0, 255, 255, 0]);
  const raw = "({ data: Float32Array.of(0, 1).buffer, shape: Int32Array.of(1, 2), dtype: '<f4' })";
  expect(red(new Image(runInNewContext(raw)), 2)).toEqual([0, 255]);
});

test.each(["png", "jpg", "bmp"] as const)("decoded pixels of another realm as %s", (fileType) => {
  const image = new Image({ data: Buffer.alloc(8 * 8 * 3, 200), width: 8, height: 8 }, { fileType });
  expect(image.toDataArray()).toEqual(
    Array.from({ length: 8 }, () => Array.from({ length: 8 }, () => [200, 200, 200])),
  );
  const foreign = runInNewContext("({ data: new Uint8ClampedArray(16).fill(9), width: 2, height: 2 })");
  expect(new Image(foreign).toDataArray({ layout: "HWC" }).shape).toEqual([2, 2, 4]);
});

test("a Buffer of the pool, floats at an odd address", () => {
  const buffer = Buffer.alloc(9).subarray(1);
  buffer.writeFloatLE(1, 4);
  expect(red(new Image({ data: buffer, shape: [1, 2], dtype: "float32" }), 2)).toEqual([0, 255]);
});

test("what another thread sends: structured clones, and memory that it shares", () => {
  const cloned = deserialize(serialize({ data: Float32Array.of(0, 1), shape: [1, 2] }));
  expect(red(new Image(cloned), 2)).toEqual([0, 255]);
  const shared = runInNewContext(
    "const data = new Float32Array(new SharedArrayBuffer(8)); data[1] = 1; ({ data, shape: [1, 2] })",
  );
  expect(red(new Image(shared), 2)).toEqual([0, 255]);
});

test("files: a path, a file: URL, a Buffer, its ArrayBuffer, a URL of another context", () => {
  const file = readFileSync(PHOTOGRAPH);
  const copy = new Uint8Array(file).buffer;
  const url = pathToFileURL(PHOTOGRAPH);
  for (const input of [PHOTOGRAPH, url, String(url), file, copy, runInNewContext("bytes.slice()", { bytes: file })]) {
    const image = new Image(input);
    expect([image.width, image.height, image.format]).toEqual([451, 300, "png"]);
    expect(Buffer.compare(Buffer.from(image.bytes), file)).toBe(0);
  }
});

test("a run takes values, arrays and images of another context", async () => {
  const dir = mkdtempSync(join(tmpdir(), "plain-realm-"));
  process.env.WANDB_SILENT = "true";
  try {
    const run = init({ dir, config: runInNewContext("({ lr: 0.1, layers: [1, 2] })") });
    const image = new Image(runInNewContext("({ data: Float32Array.of(0, 1), shape: [1, 2] })"));
    const row =
      "({ at: new Date(0), list: [1, [2]], typed: Float32Array.of(0.5), nested: { image }, images: [image] })";
    run.log(runInNewContext(row, { image }));
    expect(run.config.layers).toEqual([1, 2]);
    expect(run.summary).toMatchObject({ at: "1970-01-01T00:00:00.000Z", list: [1, [2]], typed: 0.5 });
    expect(() => run.log(runInNewContext("({ map: new Map() })"))).toThrow("pass Object.fromEntries(map)");
    await run.finish();
    const path = `files/media/images/image_0_${image.sha256.slice(0, 20)}.png`;
    expect(Buffer.compare(readFileSync(join(run.dir, path)), Buffer.from(image.bytes))).toBe(0);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
