// What a page downloads: gzip of the single-file builds, dependencies included, and of the package's own JavaScript with
// its wasm. A report: what is over the aim says so.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { buildSync } from "esbuild";

const AIM_KB = 60;
const dist = join(dirname(dirname(fileURLToPath(import.meta.url))), "dist");

function bundled(door, packages) {
  const { outputFiles } = buildSync({
    entryPoints: [join(dist, door)],
    bundle: true,
    minify: true,
    format: "esm",
    platform: packages === "external" ? "node" : "browser",
    packages,
    write: false,
  });
  return outputFiles[0].contents;
}

const sizes = {
  "wandb-image.min.js, all in one": readFileSync(join(dist, "wandb-image.min.js")),
  "wandb-image.iife.min.js, all in one": readFileSync(join(dist, "wandb-image.iife.min.js")),
  "wandb-image/encode, bundled": bundled("encoders.js", "bundle"),
  "node door, own code with wasm": bundled("node.js", "external"),
  "browser door, own code with wasm": bundled("browser.js", "external"),
};

for (const [name, bytes] of Object.entries(sizes)) {
  const gzipped = gzipSync(bytes, { level: 9 }).length;
  const [raw, packed] = [bytes.length, gzipped].map((n) => (n / 1000).toFixed(1).padStart(6));
  const over = gzipped > AIM_KB * 1000;
  console.log(`${name.padEnd(38)}${raw} kB ${packed} kB gzip${over ? `  over ${AIM_KB} kB` : ""}`);
}
