// What must be there before a version goes out. Stops with the names of what is missing.
//
//   node scripts/release.mjs              before `npm version`: fields of package.json, and what is unreleased in CHANGELOG.md
//   node scripts/release.mjs --tag v1.2.3 in the workflow that publishes: also that tag, version and changelog agree
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const changelog = readFileSync(join(root, "CHANGELOG.md"), "utf8");
const tag = process.argv[process.argv.indexOf("--tag") + 1];

const missing = ["author", "repository", "homepage", "bugs"]
  .filter((field) => manifest[field] === undefined)
  .map((field) => `package.json: "${field}"`);
if (!changelog.includes(`## ${manifest.version}`)) missing.push(`CHANGELOG.md: a heading "## ${manifest.version}"`);
if (process.argv.includes("--tag") && tag !== `v${manifest.version}`) {
  missing.push(`the tag: it is ${tag}, the version of package.json ${manifest.version}`);
}

if (missing.length > 0) {
  console.error(
    `Still to be filled before ${manifest.version} can go out:\n${missing.map((one) => `  ${one}`).join("\n")}`,
  );
  process.exitCode = 1;
}
