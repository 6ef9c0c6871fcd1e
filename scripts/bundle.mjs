// Bundles the table of scripts/doors.mjs into dist/. The libraries that the package stands on go into the bundles: a program then
// reads a handful of files when it imports the package, not a hundred.
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { build, transformSync } from "esbuild";
import { BIN, CDN, DOORS, doorSources, PAGES, PROGRAMS } from "./doors.mjs";

const TARGET = "es2022";

export async function bundle(root, dist) {
  const common = {
    absWorkingDir: root,
    bundle: true,
    format: "esm",
    target: TARGET,
    legalComments: "none", // in THIRD-PARTY-LICENSES.txt
    metafile: true,
    plugins: [jpegWithoutBuffer],
    inject: [join(root, "scripts/text-coding.mjs")],
  };
  const sources = { ...Object.fromEntries(doorSources().map((name) => [name, name])), ...PROGRAMS };
  const results = [
    await build({
      ...common,
      entryPoints: Object.fromEntries(Object.entries(sources).map(([out, name]) => [out, `src/${name}.ts`])),
      outdir: dist,
      splitting: true,
      chunkNames: "chunks/[name]-[hash]",
      platform: "neutral",
      mainFields: ["module", "main"],
      external: ["node:*"],
    }),
  ];
  const { outputs } = results[0].metafile;
  for (const path of reachedFrom(
    doorSources().map((source) => relative(root, join(dist, `${source}.js`))),
    outputs,
  )) {
    toCommonJs(root, path);
  }

  const browser = { ...common, platform: "browser", minify: true };
  for (const [name, format] of Object.entries(CDN)) {
    const options = { format, ...(format === "iife" && { globalName: "wandbImage" }) };
    const entry = `src/${DOORS["."].browser}.ts`;
    results.push(await build({ ...browser, ...options, entryPoints: [entry], outfile: join(dist, name) }));
  }
  for (const [name, entry] of Object.entries(PAGES)) {
    const jsx = { jsx: "automatic", jsxImportSource: "preact", plugins: [uPlotLines] };
    results.push(await build({ ...browser, ...jsx, inject: [], entryPoints: [entry], outfile: join(dist, name) }));
  }
  for (const program of Object.values(BIN)) chmodSync(join(dist, `${program}.js`), 0o755);
  writeFileSync(join(dist, "THIRD-PARTY-LICENSES.txt"), licenses(root, results));
}

/** The worker of a page as text in src/workers/page-worker.source.ts, for pages whose bundler brings no file of it. */
export async function writePageWorker(root) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ["src/workers/page-worker.ts"],
    bundle: true,
    minify: true,
    format: "iife",
    platform: "browser",
    target: TARGET,
    legalComments: "none",
    plugins: [jpegWithoutBuffer],
    write: false,
  });
  const source = `export const PAGE_WORKER = ${JSON.stringify(outputFiles[0].text)};\n`;
  const file = join(root, "src/workers/page-worker.source.ts");
  if (!existsSync(file) || readFileSync(file, "utf8") !== source) writeFileSync(file, source);
}

/** The doors and the chunks that they import: not those of commands alone. */
function reachedFrom(doors, outputs) {
  const reached = new Set(doors);
  for (const path of reached) {
    for (const { path: imported, external } of outputs[path].imports) if (!external) reached.add(imported);
  }
  return reached;
}

/** File by file, so that CommonJS doors share their chunks as the ESM ones do. */
function toCommonJs(root, path) {
  const { code } = transformSync(readFileSync(join(root, path), "utf8"), {
    format: "cjs",
    platform: "node", // names the exports for Node's lexer
    target: TARGET,
    supported: { "dynamic-import": false },
    define: { "import.meta.url": "__url" },
  });
  const url = code.includes("__url") ? 'const __url = require("node:url").pathToFileURL(__filename).href;\n' : "";
  const required = code.replace(/require\("(\.[^"]+)\.js"\)/g, 'require("$1.cjs")');
  writeFileSync(join(root, path.replace(/\.js$/, ".cjs")), url + required);
}

/** jpeg-js ends with `Buffer.from(bytes)`, and no page has a Buffer. */
const jpegWithoutBuffer = {
  name: "jpeg-js without Buffer",
  setup({ onLoad }) {
    onLoad({ filter: /jpeg-js[\\/]lib[\\/]encoder\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replaceAll("Buffer.from(", "Uint8Array.from("),
    }));
  },
};

/** The viewer draws straight lines: uPlot's bars, steps and splines stay out (2 kB gzip). */
const uPlotLines = {
  name: "uPlot's lines alone",
  setup({ onLoad }) {
    onLoad({ filter: /uplot[\\/]dist[\\/]uPlot\.esm\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replace(/^\s*\(paths\.(?:stepped|bars|spline)\s*=.*$/gm, ""),
    }));
  },
};

/** The license of every library that has lines in a bundle. */
function licenses(root, results) {
  const folders = new Set(
    results
      .flatMap(({ metafile }) => Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs)))
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([path]) => path.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/)?.[0])
      .filter((folder) => folder !== undefined),
  );
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
    const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file === undefined ? license : readFileSync(join(root, folder, file), "utf8").trim();
    return `${name} ${version}\n\n${text}\n`;
  });
  return `The bundles of this package contain the following libraries.\n\n${texts.join(`\n${"-".repeat(80)}\n\n`)}`;
}
