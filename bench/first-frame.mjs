// The first 4K frame of a process, kernels not yet optimized by V8, beside the steady state; each in processes of its own.
//   node bench/first-frame.mjs [--smoke]
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { mosaic, photographs } from "./images.mjs";

const smoke = process.argv.includes("--smoke");
const PROCESSES = smoke ? 1 : 5;
const FRAMES = smoke ? 2 : 20;

async function frames(name) {
  const encoders = await import("../dist/encoders.js");
  const [width, height] = smoke ? [640, 480] : [3840, 2160];
  const image = mosaic("mosaic", await photographs({ rgb: true }), width, height, 1);
  const times = Array.from({ length: FRAMES }, () => {
    const start = performance.now();
    encoders[name](image);
    return performance.now() - start;
  });
  console.log(JSON.stringify(times));
}

const name = process.argv.find((argument) => argument.startsWith("encode"));
if (name !== undefined) await frames(name);
else {
  for (const encoder of ["encodePng", "encodeJpeg"]) {
    const runs = Array.from({ length: PROCESSES }, () => {
      const args = [fileURLToPath(import.meta.url), encoder, ...(smoke ? ["--smoke"] : [])];
      const { stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
      const times = JSON.parse(stdout);
      return { first: times[0], second: times[1], steady: Math.min(...times) };
    });
    const { first, second, steady } = runs.sort((a, b) => a.first / a.steady - b.first / b.steady)[PROCESSES >> 1];
    console.log(
      `${encoder}: first ${first.toFixed(1)} ms, second ${second.toFixed(1)}, steady ${steady.toFixed(1)}: ` +
        `the first takes ${(first / steady).toFixed(2)}× (median of ${PROCESSES} processes)`,
    );
  }
}
