// The installed package by `import`, in Node: a run with pictures, boxes, masks and a list.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Image, init } from "wandb-image";
import { encodeJpeg, encodePng } from "wandb-image/encode";

const gray = new Image({ data: new Float32Array(12).fill(0.5), shape: [2, 2, 3] }, { caption: "gray" });
assert.deepEqual(gray.toDataArray({ layout: "HWC" }), { data: new Uint8Array(12).fill(127), shape: [2, 2, 3] });

const box = { position: { minX: 0, maxX: 0.5, minY: 0, maxY: 0.5 }, class_id: 1 };
const layered = new Image(gray, {
  boxes: { truth: { box_data: [box], class_labels: { 1: "cat" } } },
  masks: { guess: { mask_data: { data: Uint8Array.of(0, 1, 1, 0), shape: [2, 2] } } },
});
const run = init({ project: "installed", dir: ".", mode: "offline" });
run.log({ image: gray, layered, list: [gray, layered], loss: 0.5 });
await run.finish();
assert.ok(existsSync(join(run.dir, `run-${run.id}.wandb`)));
const media = readdirSync(join(run.dir, "files/media/images")).filter((name) => name.endsWith(".png"));
assert.equal(media.length, 3); // the list holds one picture twice
for (const name of media) assert.deepEqual(new Image(join(run.dir, "files/media/images", name)).bytes, gray.bytes);

const pixels = { data: new Uint8Array(12).fill(127), width: 2, height: 2 };
assert.deepEqual([...encodePng(pixels).subarray(1, 4)], [0x50, 0x4e, 0x47]);
assert.deepEqual([...encodeJpeg(pixels).subarray(0, 3)], [0xff, 0xd8, 0xff]);

// Node 24 and later have half precision; below, it is told by its name.
const half = globalThis.Float16Array;
if (half !== undefined) {
  const values = half.of(0, 0.25, 0.5, 1);
  const image = new Image({ data: values, shape: [2, 2] });
  assert.deepEqual(image.toDataArray(), [
    [0, 63],
    [127, 255],
  ]);
  const patterns = new Uint16Array(values.buffer);
  assert.ok(image.equals(new Image({ data: patterns, shape: [2, 2], dtype: "float16" })));
  assert.ok(image.equals(new Image([half.of(0, 0.25), half.of(0.5, 1)])));
}

// One copy, whichever way it is loaded.
assert.equal(createRequire(import.meta.url)("wandb-image").Image, Image);
const { exports, bin } = JSON.parse(readFileSync("node_modules/wandb-image/package.json", "utf8"));
for (const door of Object.keys(exports).filter((name) => !/\.(wasm|json)$/.test(name))) {
  const name = `wandb-image${door.slice(1)}`;
  assert.ok(Object.keys(await import(name)).length > 0, name);
}
for (const file of Object.values(bin))
  assert.match(readFileSync(join("node_modules/wandb-image", file), "utf8"), /^#!/);
console.log(`import: ok, Node ${process.version}${half === undefined ? "" : ", with Float16Array"}`);
