// assembly/ → build/release.wasm → src/kernels.{bytes,types}.ts → build/modules/ → dist/. With --if-needed a stage whose output is
// newer than its sources is left as it is, so that `npm run demo` and `npm test` start at once.
//
//   build/modules/   every source file compiled by itself, with its types: what benches and tests of inner parts import
//   dist/            the package: the doors of scripts/doors.mjs bundled, their types, the kernels
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";
import { bundle, writePageWorker } from "./bundle.mjs";
import { writeTypes } from "./types.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const ifNeeded = process.argv.includes("--if-needed");
const bin = (name) => join(root, "node_modules", name);

const WASM = join(root, "build/release.wasm");
const DECLARATIONS = join(root, "build/release.d.ts");
const BYTES = join(root, "src/kernels.bytes.ts");
const TYPES = join(root, "src/kernels.types.ts");
const MODULES = join(root, "build/modules");
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

function writeChanged(path, text) {
  if (!existsSync(path) || readFileSync(path, "utf8") !== text) writeFileSync(path, text);
}

function run(script, args) {
  execFileSync(process.execPath, [script, ...args], { cwd: root, stdio: "inherit" });
}

if (stale(WASM, ["assembly", "asconfig.json"]) || !existsSync(DECLARATIONS)) {
  run(bin("assemblyscript/bin/asc.js"), ["--config", "asconfig.json", "--target", "release", "--bindings", "raw"]);
}

// An empty custom section named after its content lets `ready({ wasm })` refuse the kernels of another version.
const kernels = readFileSync(WASM);
const name = `wandb-image ${createHash("sha256").update(kernels).digest("hex").slice(0, 16)}`;
const section = Buffer.from([0, name.length + 1, name.length, ...Buffer.from(name)]);
const named = Buffer.concat([kernels, section]);

// Base64 works in every bundler, worker and on file:// without an asset setting. Deflated first: gzip finds little in base64.
const base64 = deflateRawSync(named, { level: 9 }).toString("base64");
const source = `export const WASM_NAME = "${name}";
export const WASM_LENGTH = ${named.length};
export const WASM_DEFLATED_BASE64 =
  "${base64}";
`;
writeChanged(BYTES, source);

// The signatures of the kernels, as the compiler tells them: a parameter added in assembly/ that TypeScript does not pass is an
// error of its compilation. The instance's own exports give an AssemblyScript bool as 0 or 1.
const declared = readFileSync(DECLARATIONS, "utf8").matchAll(/export function (\w+)\((.*)\): (\w+);/g);
const signatures = Array.from(declared, ([, kernel, parameters, result]) => {
  return `  ${kernel}(${parameters.replaceAll(": boolean", ": number")}): ${result === "boolean" ? "number" : result};\n`;
});
writeChanged(TYPES, `export interface SimdKernels {\n${signatures.join("")}}\n`);

if (stale(DIST, ["src", "view", "scripts", "tsconfig.build.json", "tsconfig.json", "package-lock.json"])) {
  for (const folder of [MODULES, DIST]) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
  }
  await writePageWorker(root);
  run(bin("typescript/bin/tsc"), ["-p", "tsconfig.build.json"]);
  writeTypes(MODULES, join(DIST, "types"));
  await bundle(root, DIST);
  writeFileSync(join(DIST, "kernels.wasm"), named);
}
