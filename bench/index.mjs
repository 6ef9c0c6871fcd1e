// Every benchmark, one after the other; `npm run bench -- --smoke` runs each once, to see that it still works.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = new URL("./", import.meta.url);
const NOT_BENCHMARKS = ["index.mjs", "images.mjs", "browser.page.mjs", "pillow.mjs"];
const benchmarks = readdirSync(folder).filter((name) => name.endsWith(".mjs") && !NOT_BENCHMARKS.includes(name));

for (const name of benchmarks.sort()) {
  console.log(`\n## ${name}`);
  const { status } = spawnSync(process.execPath, [fileURLToPath(new URL(name, folder)), ...process.argv.slice(2)], {
    stdio: "inherit",
  });
  if (status !== 0) process.exitCode = 1;
}
