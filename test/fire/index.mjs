// The whole of test/fire/, one program after the other: `npm run test:fire`, a short round; ROUNDS=1000 npm run test:fire -- crash, a long one
// of those that are named.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "./harness.mjs";

const PROGRAMS = {
  fuzz: [],
  bombs: [],
  addresses: [],
  names: [],
  folders: [],
  system: [],
  upload: [],
  places: [],
  power: [],
  crash: [],
  signals: [],
  long: ["--expose-gc"],
};

const named = process.argv.slice(2);
const unknown = named.find((name) => !(name in PROGRAMS));
if (unknown !== undefined) {
  console.error(`no program "${unknown}" in test/fire/; there are ${Object.keys(PROGRAMS).join(", ")}`);
  process.exit(2);
}
let [passed, failed] = [0, 0];
for (const name of named.length > 0 ? named : Object.keys(PROGRAMS)) {
  const file = join(ROOT, "test/fire", `${name}.mjs`);
  const { status } = spawnSync(process.execPath, [...PROGRAMS[name], file], { stdio: "inherit" });
  if (status === 0) passed++;
  else failed++;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
