// Every benchmark, one after the other, or those named: `npm run bench -- encode-png`.
// `npm run bench -- --smoke` runs each once, to see that it still works.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = new URL("./", import.meta.url);
const NOT_BENCHMARKS = ["index.mjs", "images.mjs", "browser.page.mjs", "pillow.mjs"];
const all = readdirSync(folder).filter((name) => name.endsWith(".mjs") && !NOT_BENCHMARKS.includes(name));
const benchmarks = all.map((name) => name.slice(0, -".mjs".length)).sort();

const options = process.argv.slice(2).filter((argument) => argument.startsWith("--"));
const named = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const unknown = named.find((name) => !benchmarks.includes(name));
if (unknown !== undefined) {
  console.error(`no benchmark "${unknown}"; there are ${benchmarks.join(", ")}`);
  process.exit(1);
}

for (const name of named.length > 0 ? named : benchmarks) {
  console.log(`\n## ${name}.mjs`);
  const { status } = spawnSync(process.execPath, [fileURLToPath(new URL(`${name}.mjs`, folder)), ...options], {
    stdio: "inherit",
  });
  if (status !== 0) process.exitCode = 1;
}
