// The package's declarations under every TypeScript, resolution and library that a consumer may have, checked themselves
// (`skipLibCheck: false`). Errors inside other packages' declarations are theirs.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const app = process.env.WANDB_IMAGE_APP;
const VERSIONS = (process.env.TYPESCRIPTS ?? "5.0 5.4 5.9 6 7").split(" ");
const DISPOSABLE = ["esnext.disposable"];

/** Every combination that the version knows. */
function* combinations(version) {
  const number = Number(version);
  const resolutions = [
    { module: "node16", moduleResolution: "node16" },
    { module: "nodenext", moduleResolution: "nodenext" },
    { module: "esnext", moduleResolution: "bundler" },
    ...(number < 6 ? [{ module: "commonjs", moduleResolution: "node" }] : []),
  ];
  for (const resolution of resolutions) {
    for (const dom of [false, true]) {
      for (const node of [false, true]) yield { version, number, ...resolution, dom, node };
    }
  }
}

/** ESM and CommonJS consumers side by side, where the resolution tells them apart. */
const KINDS = { node16: ["mts", "cts"], nodenext: ["mts", "cts"], bundler: ["mts"], node: ["ts"] };

function sources({ number, dom, node }) {
  return [
    "consumer",
    ...(dom || node ? ["consumer-host"] : []),
    ...(dom ? ["consumer-dom", ...(number >= 5.4 ? ["consumer-video"] : [])] : []),
    ...(node ? ["consumer-node"] : []),
    ...(number >= 5.7 ? ["consumer-5.7"] : []),
    ...(number >= 5.2 ? ["consumer-dispose"] : []),
  ];
}

const nameOf = ({ version, moduleResolution, dom, node }) =>
  `TypeScript ${version}, ${moduleResolution}, ${dom ? "with" : "without"} DOM, ${node ? "with" : "without"} @types/node`;

/** What tsc says of our declarations and of the consumer. */
async function complaints(combination) {
  const { version, number, module, moduleResolution, dom, node } = combination;
  const folder = join(app, "types", nameOf(combination).replace(/[^\w.]+/g, "-"));
  mkdirSync(folder, { recursive: true });
  const files = [];
  for (const kind of KINDS[moduleResolution]) {
    for (const source of sources(combination)) {
      const text = readFileSync(join(app, `${source}.ts`), "utf8");
      // What a consumer declares globally is one declaration for both.
      writeFileSync(join(folder, `${source}.${kind}`), text.replaceAll("consumerFrame", `${kind}Frame`));
      files.push(`${source}.${kind}`);
    }
  }
  const lib = [
    "es2022",
    ...(dom ? ["dom", "dom.iterable", "dom.asynciterable"] : []),
    ...(number >= 5.2 ? DISPOSABLE : []),
  ];
  const compilerOptions = {
    target: "es2022",
    module,
    moduleResolution,
    lib: number < 5.9 ? lib.filter((name) => name !== "dom.asynciterable") : lib,
    types: node ? ["node"] : [],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  const tsc = join(here, `node_modules/typescript-${version}/bin/tsc`);
  const output = await new Promise((resolve) => {
    execFile(process.execPath, [tsc, "-p", folder, "--pretty", "false"], { cwd: folder }, (_error, stdout) =>
      resolve(stdout),
    );
  });
  // Details are indented; errors elsewhere name another package's file.
  return output
    .split("\n")
    .filter(
      (line) => /error TS/.test(line) && (!line.includes("node_modules") || line.includes("node_modules/wandb-image/")),
    );
}

const all = VERSIONS.flatMap((version) => [...combinations(version)]);
const results = new Map();

describe("declarations compile", () => {
  before(async () => {
    const waiting = [...all];
    const work = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
        results.set(next, await complaints(next));
    };
    await Promise.all(Array.from({ length: availableParallelism() }, work));
  });

  for (const combination of all) {
    test(nameOf(combination), () => assert.deepEqual(results.get(combination), []));
  }
});
