// The two clients on the same directory: W&B's `wandb sync`, and ours.
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
export const KEY = "k".repeat(40);

/** A copy of a run's directory, in a wandb folder of its own: both clients leave files beside it. */
export function copyOf(dir) {
  const parent = join(mkdtempSync(join(tmpdir(), "upload-copy-")), "wandb");
  const copy = join(parent, basename(dir));
  cpSync(dir, copy, { recursive: true });
  return copy;
}

export const logOf = (dir) =>
  join(
    dir,
    readdirSync(dir).find((name) => name.endsWith(".wandb")),
  );

/** @returns {Promise<{ code: number | null, signal: string | null, output: string, seconds: number, rss: number }>} */
export function run(command, args, env = {}, onStart = () => {}) {
  return new Promise((resolve) => {
    const started = performance.now();
    const child = spawn("/usr/bin/env", [command, ...args], { env: { ...process.env, ...env }, cwd: tmpdir() });
    let output = "";
    child.stdout.on("data", (text) => (output += text));
    child.stderr.on("data", (text) => (output += text));
    onStart(child);
    child.on("close", (code, signal) =>
      resolve({ code, signal, output, seconds: (performance.now() - started) / 1000 }),
    );
  });
}

export const settings = (server) => ({
  WANDB_BASE_URL: server.url,
  WANDB_API_KEY: KEY,
  WANDB_ERROR_REPORTING: "false",
  WANDB_CONFIG_DIR: mkdtempSync(join(tmpdir(), "wandb-config-")),
  WANDB_CACHE_DIR: mkdtempSync(join(tmpdir(), "wandb-cache-")),
  NETRC: "/dev/null",
});

export function wandbSync(version, server, dir, ...args) {
  return run(join(ROOT, `.venv/wandb-${version}/bin/wandb`), ["sync", ...args, dir], settings(server));
}

export function ourSync(server, dirs, args = [], env = {}, onStart) {
  return run(
    process.execPath,
    [join(ROOT, "dist/cli/main.js"), "sync", ...[dirs].flat(), ...args],
    { ...settings(server), ...env },
    onStart,
  );
}

/** A script beside this file, by W&B's client of that version. */
export async function python(version, script, args, env) {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const result = await run(join(ROOT, `.venv/wandb-${version}/bin/python`), [file, ...args], {
    WANDB_SILENT: "true",
    ...env,
  });
  if (result.code !== 0 && result.code !== 3) throw new Error(result.output);
  return result;
}
