// Ctrl-C, SIGTERM and SIGHUP beside the real signal-exit, of every version that others bring along, and beside its users.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const PACKAGE = new URL("../../../dist/node.js", import.meta.url).href;
const RUN = `const { init } = await import(${JSON.stringify(PACKAGE)}); const run = init(); run.log({ precious: 42 }, { step: 3 });`;
const OTHERS = {
  "signal-exit 2": `(await import("signal-exit-2")).default(() => {});`,
  "signal-exit 3": `(await import("signal-exit-3")).default(() => {});`,
  "signal-exit 4": `(await import("signal-exit-4")).onExit(() => {});`,
  "signal-exit 2, 3 and 4": `(await import("signal-exit-2")).default(() => {}); (await import("signal-exit-3")).default(() => {}); (await import("signal-exit-4")).onExit(() => {});`,
  "proper-lockfile": `const { default: lockfile } = await import("proper-lockfile"); await lockfile.lock(process.env.WANDB_DIR);`,
  "execa 8": `const { execa } = await import("execa"); execa("sleep", ["60"]).catch(() => {});`,
};

for (const [name, other] of Object.entries(OTHERS)) {
  for (const [order, body] of [
    ["before", `${other} ${RUN}`],
    ["after", `${RUN} ${other}`],
  ]) {
    test(`${name}, loaded ${order} the run`, async () => {
      await Promise.all(["SIGINT", "SIGTERM", "SIGHUP"].map((signal) => check(signal, body)));
    });
  }
}

async function check(signal, body) {
  const dir = mkdtempSync(join(tmpdir(), "wandb-image-signals-"));
  const child = spawn(
    process.execPath,
    ["--input-type=module", "-e", `${body} console.log("ready"); setInterval(() => {}, 1000);`],
    {
      cwd: import.meta.dirname,
      env: { PATH: process.env.PATH, WANDB_DIR: dir, WANDB_SILENT: "true" },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const end = new Promise((resolve) => child.on("exit", (code, by) => resolve(by ?? code)));
  await Promise.race([new Promise((resolve) => child.stdout.once("data", resolve)), end]);
  child.kill(signal);
  const late = setTimeout(() => child.kill("SIGKILL"), 20_000);
  assert.equal(await end, signal);
  clearTimeout(late);
  const [run] = readdirSync(join(dir, "wandb")).filter((entry) => entry.startsWith("offline-run-"));
  const folder = join(dir, "wandb", run);
  const log = readFileSync(
    join(
      folder,
      readdirSync(folder).find((file) => file.endsWith(".wandb")),
    ),
    "latin1",
  );
  assert.match(log, /precious/);
  rmSync(dir, { recursive: true });
}
