// The first 4K frame of a process, whose code the engine has not optimized yet, beside the steady state; without and after `await ready()`;
// each in processes of its own.
//   node bench/first-frame.mjs [--smoke]
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Image, ready } from "../dist/node.js";
import { mosaic, photographs } from "./images.mjs";

const smoke = process.argv.includes("--smoke");
const PROCESSES = smoke ? 1 : 15;
const FRAMES = smoke ? 2 : 20;
const [WIDTH, HEIGHT] = smoke ? [640, 480] : [3840, 2160];

async function frames(fileType, dtype, isReady) {
  const { data: bytes } = mosaic("mosaic", await photographs({ rgb: true }), WIDTH, HEIGHT, 1);
  const data = dtype === "float32" ? Float32Array.from(bytes, (value) => value / 255) : bytes;
  const begin = performance.now();
  if (isReady) await ready();
  const readied = performance.now() - begin;
  const times = Array.from({ length: FRAMES }, () => {
    const start = performance.now();
    new Image({ data, shape: [HEIGHT, WIDTH, 3] }, { fileType });
    return performance.now() - start;
  });
  console.log(JSON.stringify({ readied, first: times[0], second: times[1], steady: Math.min(...times) }));
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

const [fileType, dtype, isReady] = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
if (fileType !== undefined) await frames(fileType, dtype, isReady === "ready");
else {
  for (const [fileType, dtype] of ["png", "jpg"].flatMap((type) => [
    [type, "uint8"],
    [type, "float32"],
  ])) {
    for (const way of ["not", "ready"]) {
      const runs = Array.from({ length: PROCESSES }, () => {
        const args = [fileURLToPath(import.meta.url), fileType, dtype, way, ...(smoke ? ["--smoke"] : [])];
        return JSON.parse(spawnSync(process.execPath, args, { encoding: "utf8" }).stdout);
      });
      const ms = (name) => `${median(runs.map((run) => run[name])).toFixed(1)} ms`;
      const times = median(runs.map(({ first, steady }) => first / steady));
      console.log(
        `${fileType} of ${dtype}${way === "ready" ? `, after ready() of ${ms("readied")}` : ""}: first ${ms("first")}, second ${ms("second")}, ` +
          `steady ${ms("steady")}: the first takes ${times.toFixed(2)}× (medians of ${PROCESSES} processes)`,
      );
    }
  }
}
