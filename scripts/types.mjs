// The types of the doors: of what tsc emitted, the files that a door reaches, for `import` and again for `require()`.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { doorSources } from "./doors.mjs";

/** `"./a/b.ts"`, as tsc leaves it in declarations. */
const SPECIFIER = /(["'])(\.\.?\/[^"']+)\.ts\1/g;

/** Copies declarations from `modules` to `types`: x.d.ts for ECMAScript modules, x.d.cts for CommonJS. */
export function writeTypes(modules, types) {
  const names = new Set(doorSources());
  for (const name of names) {
    const text = readFileSync(join(modules, `${name}.d.ts`), "utf8");
    for (const [, , specifier] of text.matchAll(SPECIFIER)) names.add(join(dirname(name), specifier));
    mkdirSync(join(types, dirname(name)), { recursive: true });
    writeFileSync(join(types, `${name}.d.ts`), text.replace(SPECIFIER, "$1$2.js$1"));
    writeFileSync(join(types, `${name}.d.cts`), text.replace(SPECIFIER, "$1$2.cjs$1"));
  }
}
