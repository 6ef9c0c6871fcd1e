// The API reference of every door, of the docstrings in dist/types/: build/api/index.html.
//
//   npm run api
//
// Fails where a signature reaches a type that its door does not export, and where a link leads nowhere.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { Application } from "typedoc";
import { DOORS } from "../doors.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const entries = join(root, "build/api-doors");
const out = join(root, "build/api");

// A file for each door, so that the pages carry the names that a program imports.
rmSync(entries, { recursive: true, force: true });
const files = Object.entries(DOORS).map(([path, door]) => {
  const file = join(entries, `${join("wandb-image", path)}.ts`);
  const types = join(root, "dist/types", `${typeof door === "string" ? door : door.node}.js`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `export * from "${relative(dirname(file), types)}";\n`);
  return file;
});
const compilerOptions = {
  module: "nodenext",
  target: "es2023",
  lib: ["es2023", "esnext.disposable", "dom"],
  types: ["node"],
  skipLibCheck: true,
};
writeFileSync(join(entries, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));

const app = await Application.bootstrap({
  entryPoints: files,
  basePath: entries,
  tsconfig: join(entries, "tsconfig.json"),
  name: "wandb-image",
  readme: "none",
  disableSources: true,
  excludePrivate: true,
  sort: ["source-order"],
  validation: { notExported: true, invalidLink: true },
  // Helpers of type aliases, which the compiler resolves wherever a person looks.
  intentionallyNotExported: ["Global", "Refusal", "Values", "detections", "__global.WandbImageInputs"],
  treatValidationWarningsAsErrors: true,
  logLevel: process.argv.includes("--check") ? "Warn" : "Info",
});
const project = await app.convert();
if (project === undefined) process.exit(1);
app.validate(project);
if (!process.argv.includes("--check")) await app.generateDocs(project, out);
if (app.logger.hasErrors() || app.logger.warningCount > 0) process.exit(1);
