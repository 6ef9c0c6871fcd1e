// SIGINT, SIGTERM and SIGHUP to a program whose run has an open row, also beside other packages that listen (signal-exit, and the many that
// use it). The program dies of the signal, at once, and the row is there.
//   node test/fire/signals.mjs
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Report, ROOT, readByWandb, runFolders, scratch } from "./harness.mjs";

const PATIENCE = 5000;
const folder = scratch("signals");
const report = new Report("signals");
const program = (dir, others) => `
  ${others.includes("signal-exit") ? 'import exit from "signal-exit"; exit(() => {});' : ""}
  import { init } from ${JSON.stringify(join(ROOT, "dist/node.js"))};
  ${others.includes("second copy") ? `const other = await import(${JSON.stringify(`${join(ROOT, "dist/node.js")}?copy`)}); other.init({ dir: ${JSON.stringify(dir)}, mode: "offline" });` : ""}
  const run = init({ dir: ${JSON.stringify(dir)}, mode: "offline" });
  run.log({ mark: 7 }, { commit: false });
  console.log("ready");
  setInterval(() => {}, 1000);`;

const cases = ["SIGINT", "SIGTERM", "SIGHUP"].flatMap((signal) =>
  [[], ["signal-exit"], ["second copy"], ["signal-exit", "second copy"]].map((others) => ({ signal, others })),
);
const done = [];
for (const [i, { signal, others }] of cases.entries()) {
  const dir = join(folder, String(i));
  mkdirSync(dir);
  const args = ["--input-type=module", "-e", program(dir, others)];
  const env = { ...process.env, WANDB_SILENT: "true" };
  const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ["ignore", "pipe", "inherit"] });
  child.stdout.once("data", () => child.kill(signal));
  const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
  const [code, ended] = await new Promise((resolve) => child.on("close", (...how) => resolve(how)));
  clearTimeout(timer);
  done.push({ name: `${signal} beside ${others.join(" and ") || "nothing"}`, dir, signal, code, ended });
}
const read = readByWandb(done.flatMap(({ dir }) => runFolders(dir)));
for (const { name, dir, signal, code, ended } of done) {
  report.count("signals");
  if (ended !== signal) report.fail(`${name}: the program ended with ${ended ?? code}`);
  const rows = runFolders(dir).flatMap((run) => read.get(run).rows);
  if (!rows.some(({ mark }) => mark === 7)) report.fail(`${name}: the open row is lost`);
}
report.end();
