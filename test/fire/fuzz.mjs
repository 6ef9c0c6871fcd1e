// Hostile input, seeded: files that are almost right, arrays against a scalar model, options of every wrong kind. On the SIMD kernels, on the
// build with asserts, and on the fallback. Whatever comes in, a call succeeds or throws an Error in our own words within a second, and after
// each thousand a known picture still comes out to the byte.
//   node test/fire/fuzz.mjs        ROUNDS inputs, or as many as FUZZ_SECONDS have room for; SEED= of the first; BUILD=simd, debug or fallback, else
//                                  all three
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { selectKernels } from "../../build/modules/kernels.js";
import { Image, setOnWarning } from "../../build/modules/node.js";
import { arrayCase } from "./fuzz/arrays.mjs";
import { fileCase } from "./fuzz/files.mjs";
import { judge } from "./fuzz/judge.mjs";
import { optionsCase } from "./fuzz/options.mjs";
import { Random, Report, ROOT, rounds, SEED } from "./harness.mjs";

const DEBUG = join(ROOT, "build/debug.wasm");
const BUILDS = {
  simd: () => selectKernels("simd"),
  debug: () => selectKernels("simd", readFileSync(DEBUG)),
  fallback: () => selectKernels("fallback"),
};
const builds = process.env.BUILD
  ? [process.env.BUILD]
  : Object.keys(BUILDS).filter((name) => name !== "debug" || existsSync(DEBUG));
setOnWarning(() => {});

const known = { data: Float32Array.from({ length: 64 * 48 * 3 }, (_, i) => (i % 97) / 96), shape: [48, 64, 3] };
const knownHash = () => createHash("sha256").update(new Image(known).bytes).digest("hex");
const caseOf = (random) => random.of([fileCase, fileCase, arrayCase, optionsCase])(random);

/** Tells a hang, which would otherwise say nothing: seconds of CPU in one input. */
const HANG = 30;
const current = new Int32Array(new SharedArrayBuffer(4));
const watch = new Worker(new URL("./fuzz/watch.mjs", import.meta.url), { workerData: { current, HANG, SEED } });
watch.unref();
let isOver = false;
process.on("exit", () => {
  if (!isOver) console.log(`  LOST input ${current[0]} never settles (SEED=${SEED})`);
});

/** The fewest parts of a failing case that still fail in the same way. */
async function shrunk({ parts, call }, verdict) {
  let left = parts;
  for (let i = 0; i < left.length; ) {
    const fewer = left.filter((_, n) => n !== i);
    if ((await judge(() => call(fewer))).slice(0, 40) === verdict.slice(0, 40)) left = fewer;
    else i++;
  }
  return left;
}

for (const build of builds) {
  BUILDS[build]();
  const report = new Report(`fuzz, ${build}`);
  const hash = knownHash();
  const inputs = Math.ceil(rounds(30_000) / builds.length);
  const end = performance.now() + Number(process.env.FUZZ_SECONDS ?? Number.POSITIVE_INFINITY) * 1000;
  for (let n = 0; n < inputs && performance.now() < end; n++) {
    current[0] = n;
    const one = caseOf(new Random(SEED * 1_000_003 + n));
    const verdict = await judge(() => one.call(one.parts), { onRefused: one.learn });
    report.count("inputs");
    report.count(verdict === "done" ? "taken" : "refused", verdict === "done" || verdict === "refused" ? 1 : 0);
    if (verdict !== "done" && verdict !== "refused")
      report.fail(`input ${n}: ${verdict}\n    ${one.show(await shrunk(one, verdict))}`);
    if (n % 1000 === 999 && knownHash() !== hash) {
      report.fail(`after input ${n} a known picture has another file`);
      BUILDS[build]();
    }
  }
  report.end();
}
isOver = true;
