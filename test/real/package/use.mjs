import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { Image, init } from "wandb-image";

const image = new Image({ data: new Float32Array(12).fill(0.5), shape: [2, 2, 3] }, { caption: "grey" });
assert.deepEqual(image.toDataArray({ layout: "HWC" }), { data: new Uint8Array(12).fill(127), shape: [2, 2, 3] });

const run = init({ project: "installed", dir: "." });
run.log({ image });
await run.finish();
assert.ok(existsSync(`${run.dir}/run-${run.id}.wandb`));
assert.equal(readdirSync(`${run.dir}/files/media/images`).length, 1);
console.log("import: ok");
