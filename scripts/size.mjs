// What a program downloads or loads: gzip of each door with everything in it, minified, its wasm among it. Fails where one is larger than
// scripts/size.json allows; a gain that needs bytes raises its budget in the same commit.
//
//   node scripts/size.mjs          compares
//   node scripts/size.mjs --set    sets every budget 3 % above what is reached
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { buildSync } from "esbuild";
import { CDN, DOORS, PAGES } from "./doors.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "dist");
const BUDGETS = join(root, "scripts/size.json");

/** All that a door loads at once; what it imports when it is called comes in files of its own. */
function bundled(source) {
  const { outputFiles } = buildSync({
    entryPoints: { door: join(dist, `${source}.js`) },
    outdir: dist,
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    platform: "neutral",
    external: ["node:*"],
    write: false,
    metafile: true,
  });
  const files = new Map(outputFiles.map(({ path, contents }) => [path, contents]));
  const loaded = new Set([join(dist, "door.js")]);
  for (const path of loaded) {
    for (const [, imported] of Buffer.from(files.get(path))
      .toString()
      .matchAll(/(?:from|import)"(\.\/[^"]+)"/g)) {
      loaded.add(join(dirname(path), imported));
    }
  }
  return Buffer.concat([...loaded].map((path) => files.get(path)));
}

const contents = {};
for (const name of [...Object.keys(CDN), ...Object.keys(PAGES)]) contents[name] = readFileSync(join(dist, name));
for (const [path, door] of Object.entries(DOORS)) {
  const name = join("wandb-image", path);
  if (typeof door === "string") contents[name] = bundled(door);
  else for (const [where, source] of Object.entries(door)) contents[`${name}, ${where}`] = bundled(source);
}

const reached = Object.fromEntries(
  Object.entries(contents).map(([name, bytes]) => [name, gzipSync(bytes, { level: 9 }).length / 1000]),
);
if (process.argv.includes("--set")) {
  const budgets = Object.fromEntries(Object.entries(reached).map(([name, kB]) => [name, Math.round(kB * 10.3) / 10]));
  writeFileSync(BUDGETS, `${JSON.stringify(budgets, null, 2)}\n`);
}
const budgets = JSON.parse(readFileSync(BUDGETS, "utf8"));
for (const [name, kB] of Object.entries(reached)) {
  const over = !(kB <= budgets[name]);
  if (over) process.exitCode = 1;
  const raw = (contents[name].length / 1000).toFixed(1).padStart(6);
  console.log(
    `${name.padEnd(30)}${raw} kB ${kB.toFixed(1).padStart(6)} kB gzip${over ? `, over its ${budgets[name]} kB` : ""}`,
  );
}
