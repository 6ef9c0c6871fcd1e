// Small things that ask for much: pictures of giant sides, streams that unpack to gigabytes, scans without end, deep nesting, millions of keys.
// Each is refused in words, or done, within its time and memory; a row that cannot be written leaves the next one whole.
//   node test/fire/bombs.mjs [WORDS of names]      VERBOSE=1: what each took; ROUNDS=: those that take long, too
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Report, ROOT, scratch } from "./harness.mjs";

const MAX_SECONDS = 5;
const MAX_MEGABYTES = 400;
/** What a program that holds so much, and logs it, is free to take: seconds of CPU and MB. */
const LARGE = {
  "a million keys": [60, 2500],
  "a million boxes": [20, 1000],
  "200,000 keys in an object, in an open row": [10, 800],
  "200,000 keys in an object, by step": [10, 800],
  "a text of 100 MB of controls, in an open row": [10, 2500],
  "an open row of 600 MB, call by call": [60, 5500],
  "a text of 500 MB": [60, 5500],
};
/** Not in a short round. */
const SLOW = ["a million keys", "an open row of 600 MB, call by call", "a text of 500 MB"];

const folder = scratch("bombs");
const report = new Report("bombs");
const program = join(ROOT, "test/fire/programs/bomb.mjs");
const names = JSON.parse(execFileSync(process.execPath, [program], { encoding: "utf8" }));
const [slowest, largest] = [{ milliseconds: 0 }, { megabytes: 0 }];
for (const name of names) {
  if (!name.includes(process.argv[2] ?? "")) continue;
  if (SLOW.includes(name) && !process.env.ROUNDS) continue;
  const dir = join(folder, "bomb");
  mkdirSync(dir);
  const [seconds, megabytes] = LARGE[name] ?? [MAX_SECONDS, MAX_MEGABYTES];
  const args = ["--expose-gc", program, name, dir];
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, args, {
    encoding: "utf8",
    timeout: 300_000,
    killSignal: "SIGKILL",
  });
  rmSync(dir, { recursive: true });
  report.count("bombs");
  if (status !== 0) {
    report.fail(`${name}: ended with ${signal ?? status}: ${stderr.slice(-300)}`);
    continue;
  }
  const took = { name, ...JSON.parse(stdout.split("\n").at(-2)) };
  if (process.env.VERBOSE) console.log(`  ${name}: ${took.verdict}, ${took.milliseconds} ms, ${took.megabytes} MB`);
  report.count(took.verdict, took.verdict === "done" || took.verdict === "refused" ? 1 : 0);
  if (took.verdict !== "done" && took.verdict !== "refused") report.fail(`${name}: ${took.verdict}`);
  if (took.milliseconds > seconds * 1000) report.fail(`${name}: it took ${took.milliseconds} ms`);
  if (took.megabytes > megabytes) report.fail(`${name}: it took ${took.megabytes} MB`);
  if (!(name in LARGE) && took.milliseconds > slowest.milliseconds) Object.assign(slowest, took);
  if (!(name in LARGE) && took.megabytes > largest.megabytes) Object.assign(largest, took);
}
console.log(
  `  slowest: ${slowest.name} (${slowest.milliseconds} ms); most memory: ${largest.name} (${largest.megabytes} MB)`,
);
report.end();
