// assembly/ → build/release.wasm → src/kernels.bytes.ts → dist/. With --if-needed a stage whose output is newer than
// its sources is left as it is, so that `npm run demo` and `npm test` start at once.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const ifNeeded = process.argv.includes("--if-needed");
const bin = (name) => join(root, "node_modules", name);

const WASM = join(root, "build/release.wasm");
const BYTES = join(root, "src/kernels.bytes.ts");
const DIST = join(root, "dist");

function newest(path) {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function stale(output, sources) {
  return (
    !ifNeeded || !existsSync(output) || newest(output) < Math.max(...sources.map((name) => newest(join(root, name))))
  );
}

function run(script, args) {
  execFileSync(process.execPath, [script, ...args], { cwd: root, stdio: "inherit" });
}

if (stale(WASM, ["assembly", "asconfig.json"])) {
  run(bin("assemblyscript/bin/asc.js"), ["--config", "asconfig.json", "--target", "release"]);
}

// Base64 works in every bundler, worker and on file:// without an asset setting (notes on shipping wasm in the README).
const base64 = readFileSync(WASM).toString("base64");
const source = `export const WASM_BASE64 =\n  "${base64}";\n`;
if (!existsSync(BYTES) || readFileSync(BYTES, "utf8") !== source) writeFileSync(BYTES, source);

if (stale(DIST, ["src", "tsconfig.build.json", "tsconfig.json"])) {
  rmSync(DIST, { recursive: true, force: true });
  mkdirSync(DIST);
  run(bin("typescript/bin/tsc"), ["-p", "tsconfig.build.json"]);
}
