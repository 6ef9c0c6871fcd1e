// The table of doors against package.json; then packs the package and has publint and arethetypeswrong look at the tarball, as npm would publish it.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), "wandb-image-pack-"));
const run = (command, args) =>
  execFileSync(command, args, { cwd: root, stdio: "inherit", shell: process.platform === "win32" });

try {
  run("node", ["scripts/doors.mjs", "--check"]);
  run("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder]);
  const tarball = join(folder, readdirSync(folder)[0]);
  run("npx", ["publint", "--strict", tarball]);
  // A bare .wasm has no types to resolve.
  run("npx", ["attw", "--exclude-entrypoints", "./kernels.wasm", "--", tarball]);
  run("node", ["scripts/size.mjs"]);
} finally {
  rmSync(folder, { recursive: true });
}
