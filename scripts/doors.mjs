// What the package lets in: the table of its doors, from which scripts/build.mjs makes the files and this script the
// fields `exports`, `typesVersions` and `bin` of package.json.
//
//   node scripts/doors.mjs            writes them: after a line was added here
//   node scripts/doors.mjs --check    fails where package.json says something else
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Export path → source file in src/, without `.ts`. A door that is another in Node has two. All of them are bundled by one call
 * with shared chunks, as ESM and as CommonJS: src/x.ts becomes dist/x.js and dist/x.cjs.
 * @type {Record<string, string | { node: string, browser: string }>}
 */
export const DOORS = {
  ".": { node: "node", browser: "browser" },
  "./encode": "encoders",
  "./read": { node: "read", browser: "read-browser" },
  "./upload": "upload",
  "./workers": { node: "workers", browser: "workers-browser" },
};

/**
 * Commands, and files that a door starts by their address (workers): ESM, in no `exports`. Output in dist/, without `.js` → source in src/, without `.ts`.
 * @type {Record<string, string>}
 */
export const PROGRAMS = {
  "cli/main": "cli/main",
  "node-worker": "workers/node-worker",
  "page-worker": "workers/page-worker",
  "upload-worker": "upload/worker",
};

/** Command → program. @type {Record<string, string>} */
export const BIN = { "wandb-image": "cli/main" };

/**
 * Scripts that a program serves to a browser: one minified file with everything in it, JSX by preact. Output in dist/ →
 * source from the root.
 * @type {Record<string, string>}
 */
export const PAGES = { "view/app.js": "view/main.tsx" };

/** The browser's door with everything in it, for a CDN: output in dist/ → format. */
export const CDN = { "wandb-image.min.js": "esm", "wandb-image.iife.min.js": "iife" };

/** Source files of all doors, each once. */
export const doorSources = () => [
  ...new Set(Object.values(DOORS).flatMap((door) => (typeof door === "string" ? door : Object.values(door)))),
];

/** What package.json has to say of the doors. */
function packageFields() {
  const subpaths = Object.entries(DOORS);
  const nodeSource = (door) => (typeof door === "string" ? door : door.node);
  const main = nodeSource(DOORS["."]);
  return {
    main: `./dist/${main}.cjs`,
    types: `./dist/types/${main}.d.cts`,
    typesVersions: {
      "*": Object.fromEntries(
        subpaths
          .filter(([path]) => path !== ".")
          .map(([path, door]) => [path.slice(2), [`./dist/types/${nodeSource(door)}.d.cts`]]),
      ),
    },
    exports: {
      ...Object.fromEntries(
        subpaths.map(([path, door]) => [
          path,
          typeof door === "string" ? conditions(door) : { node: conditions(door.node), ...conditions(door.browser) },
        ]),
      ),
      "./kernels.wasm": "./dist/kernels.wasm",
      "./package.json": "./package.json",
    },
    bin: Object.fromEntries(Object.entries(BIN).map(([command, program]) => [command, `./dist/${program}.js`])),
  };
}

// Node takes `module-sync` for import and require() alike, so that it holds one copy; `require` is for tools that know no
// better (Jest's CommonJS, ts-node), `default` for bundlers and pages.
function conditions(source) {
  const esm = { types: `./dist/types/${source}.d.ts`, default: `./dist/${source}.js` };
  const cjs = { types: `./dist/types/${source}.d.cts`, default: `./dist/${source}.cjs` };
  return { "module-sync": esm, require: cjs, default: esm };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = join(dirname(dirname(fileURLToPath(import.meta.url))), "package.json");
  const text = readFileSync(file, "utf8");
  const wanted = `${JSON.stringify({ ...JSON.parse(text), ...packageFields() }, null, 2)}\n`;
  if (text !== wanted && process.argv.includes("--check")) {
    console.error("package.json and the table in scripts/doors.mjs differ: run node scripts/doors.mjs");
    process.exitCode = 1;
  } else if (text !== wanted) {
    writeFileSync(file, wanted);
  }
}
