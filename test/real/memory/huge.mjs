// A float32 frame of 1.6 GB: wasm memory stays at 8 MB, and the process takes 64 MB beyond the array and the file.
//   node huge.mjs png|jpg
import { totalmem } from "node:os";
import { kernels } from "../../../build/modules/kernels.js";
import { Image } from "../../../build/modules/node.js";

const [fileType] = process.argv.slice(2);
const SIDE = 11547;
const MB = 1 << 20;
if (totalmem() < 3 * 1024 * MB) {
  console.log(`${fileType}: skipped, a 1.6 GB frame needs a machine of 3 GB`);
  process.exit();
}

const data = new Float32Array(SIDE * SIDE * 3);
let state = 1;
for (let i = 0; i < data.length; i++) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  data[i] = ((i % 34641) / 34641) * 0.9 + (state >>> 28) / 160;
}
// The libraries are loaded and the kernels compiled: what remains is the frame's.
new Image({ data: data.subarray(0, 64 * 64 * 3), shape: [64, 64, 3] }, { fileType });
const before = process.memoryUsage().rss;
const { bytes } = new Image({ data, shape: [SIDE, SIDE, 3] }, { fileType });
const peak = process.resourceUsage().maxRSS * 1024;

const beyond = (peak - before - bytes.length) / MB;
const wasm = kernels().buffer.byteLength / MB;
console.log(
  `${fileType}: ${(data.byteLength / 1e9).toFixed(2)} GB of float32 → ${(bytes.length / MB).toFixed(0)} MB; ` +
    `${beyond.toFixed(1)} MB beyond both, wasm ${wasm} MB`,
);
if (beyond > 64) throw new Error(`${beyond.toFixed(1)} MB beyond the array and the file; expected at most 64`);
if (wasm > 8) throw new Error(`${wasm} MB of wasm memory; expected at most 8`);
