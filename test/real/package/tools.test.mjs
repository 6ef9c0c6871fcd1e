// The tools that know no `module-sync`: they take the CommonJS build.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const app = process.env.WANDB_IMAGE_APP;
const require = createRequire(import.meta.url);

function run(args, env = {}) {
  return execFileSync(process.execPath, args, { cwd: app, encoding: "utf8", env: { ...process.env, ...env } }).trim();
}

for (const environment of ["node"]) {
  test(`Jest's CommonJS, environment ${environment}`, () => {
    const config = { rootDir: app, testMatch: ["<rootDir>/commonjs.test.js"], testEnvironment: environment };
    run([require.resolve("jest/bin/jest"), "--config", JSON.stringify(config)]);
  });
}

const compilerOptions = {
  target: "es2022",
  module: "node16",
  moduleResolution: "node16",
  strict: true,
  types: ["node"],
  skipLibCheck: true,
};

test("ts-node in a CommonJS package", () => {
  writeFileSync(join(app, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["ts-node.ts"] }));
  const compiler = { TS_NODE_COMPILER: join(here, "node_modules/typescript-5.9") };
  assert.equal(run(["-r", require.resolve("ts-node/register"), "ts-node.ts"], compiler), "by ts-node");
});

test("TypeScript's module: node16 in a CommonJS package", () => {
  writeFileSync(
    join(app, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { ...compilerOptions, outDir: "out" }, files: ["ts-node.ts"] }),
  );
  run([join(here, "node_modules/typescript-5.9/bin/tsc"), "-p", "."]);
  assert.equal(run(["out/ts-node.js"]), "by ts-node");
});
