// Whether the fire finds anything: mends are taken back one by one in a copy of the build, and the part that must notice runs on it. Slow; no
// part of `npm run test:fire`.
//   node test/fire/mutants.mjs [WORDS of names]
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, scratch } from "./harness.mjs";

/**
 * [the fault that was found, the part that must find it, its arguments and variables, edits: what is in the build, and what instead]. Spaces
 * in what is looked for stand for any white space. The numbers are those of the first attack on the package.
 */
const MUTANTS = [
  [
    "01 an open row that cannot be written ends the run",
    ["bombs", "call by call"],
    { ROUNDS: 1 },
    ["if (this.#rowLength + added > MAX_ROW_LENGTH) {", "if (false) {"],
    ["if (error instanceof StorageError) throw error;", "throw error;"],
  ],
  [
    "02 after a failed write an Image with layers cannot be logged",
    ["system"],
    { ROUNDS: 60 },
    [
      "run.saveMedia(path, this.bytes); for (const boxes",
      "run.saveMedia(path, this.bytes); [this.#run, this.#path] = [run, path]; for (const boxes",
    ],
  ],
  [
    "03 keys of as many bytes as a file's name may have are refused",
    ["names"],
    { ROUNDS: 1 },
    // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
    ["const part = `${folder}${sep}.${++this.#parts}.part`", "const part = `${place}.part`"],
  ],
  [
    "04 a finish that failed cannot be repeated",
    ["system"],
    { ROUNDS: 60 },
    [
      'const isComplete = mode !== "shared" || primary;',
      'const isComplete = mode !== "shared" || primary; this.#finished = true;',
    ],
  ],
  [
    "05 a run folder stands under its name before its record file is in it",
    ["power"],
    { ROUNDS: 200 },
    ["DRAFT + randomRunId()", "name"],
  ],
  ["06 signals are swallowed beside signal-exit", ["signals"], {}, ["> 1 + signalExitListeners()", "> 1"]],
  [
    "07 pictures of any size are decoded",
    ["bombs", "JPEG"],
    {},
    ["if (width * height > maxPixels) {", "if (false) {"],
    ["if (present * 8 < blocks) {", "if (false) {"],
  ],
  [
    "07 a stream is unpacked to its end, whatever the picture's size",
    ["bombs", "2 GB"],
    {},
    ["at < packed.length && length < limit;", "at < packed.length;"],
  ],
  [
    "08 a run's folder is removed, and log returns",
    ["places"],
    { ROUNDS: 1 },
    ["#goneError() {", "#goneError() { return undefined;"],
  ],
  [
    "08 a file takes the place of a run's folder, and log returns",
    ["places"],
    { ROUNDS: 1 },
    ['codeOf(error) !== "ENOTDIR"', "true"],
  ],
  [
    "09 controls that were logged reach the terminal",
    ["names"],
    { ROUNDS: 8 },
    ["function printable(text) {", "function printable(text) { return text;"],
  ],
  ["10 Image.from waits without end", ["addresses"], {}, ["setTimeout(late, timeout)", "undefined"]],
  [
    "10 Image.from reads without end",
    ["addresses"],
    {},
    ["if (length <= maxBytes) return;", "if (length <= 6e8) return;"],
  ],
  [
    "11 the printed command is wrong for backslashes",
    ["names"],
    { ROUNDS: 24 },
    ["/^[\\w@%+=:,./-]+$/.test(path)", "/^[\\w@%+=:,./\\\\-]+$/.test(path)"],
  ],
  [
    "12 errors in the engine's words",
    ["fuzz"],
    { ROUNDS: 6000, BUILD: "simd" },
    ["if (bytes.length < 13) throw truncated(", "if (false) throw truncated("],
    ["if (bytes.length < 14 + length) throw truncated(", "if (false) throw truncated("],
  ],
  [
    "13 what claims a length is made an array of it",
    ["bombs", "as boxes"],
    {},
    ["if (!Array.isArray(input)) return", "if (!Array.isArray(input)) input = Array.from(input); if (false) return"],
  ],
  [
    "14 a clock out of the calendar",
    ["places"],
    { ROUNDS: 1 },
    ["if (!(year >= 1e3 && year <= 9999)) {", "if (false) {"],
  ],
  [
    "a pipe is waited for without end",
    ["folders", "a pipe as the record file"],
    {},
    ["function checkIsFile(path, found) {", "function checkIsFile(path, found) { return;"],
  ],
  [
    "the marker of an upload is written through a link",
    ["folders", "a link to a place outside as the marker"],
    {},
    ['{ flag: "wx" }', "{}"],
  ],
  [
    "an array that holds itself never ends",
    ["bombs", "as boxes"],
    {},
    ["if (shape.length > MAX_LEVELS) return", "if (false) return"],
  ],
  [
    "files are synced after their records",
    ["power"],
    { ROUNDS: 200 },
    ['writeAll(fd, bytes, 0); if (durability === "sync") fsyncSync(fd);', "writeAll(fd, bytes, 0);"],
  ],
  [
    "folders that an earlier call made are not synced",
    ["power"],
    { ROUNDS: 400 },
    ["for (let each = folder; !this.#syncedNames.has(each); each = dirname(each)) unsynced.push(each);", ""],
  ],
  [
    "records are not synced",
    ["power"],
    { ROUNDS: 100 },
    ['if (this.#durability === "sync") fdatasyncSync(this.#fd);', ""],
  ],
  [
    "an upload's cursor runs ahead of the server",
    ["upload"],
    { ROUNDS: 400 },
    ["offset: this.#window.position(this.#intake.position)", "offset: this.#intake.position"],
  ],
  [
    "an upload names no file that failed",
    ["upload"],
    { ROUNDS: 400 },
    ["async function namingFile(path, work, words) {", "async function namingFile(path, work, words) { return work;"],
  ],
  [
    "an upload that cannot begin holds the program",
    ["upload"],
    { ROUNDS: 400 },
    ["if (error !== null) this.#isNotReady(error);", ""],
  ],
];

const folder = scratch("mutants");
let survivors = 0;
for (const [name, [part, ...args], env, ...edits] of MUTANTS) {
  if (!name.includes(process.argv[2] ?? "")) continue;
  const copy = mutant(edits);
  const command = [...(part === "long" ? ["--expose-gc"] : []), join(copy, "test/fire", `${part}.mjs`), ...args];
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    encoding: "utf8",
    env: { ...process.env, ...env, FIRE_FIRST: 1, SEED: 1 },
    timeout: 400_000,
    killSignal: "SIGKILL",
  });
  const lost = status === null ? "LOST it never ends" : stdout.match(/LOST .*/)?.[0];
  if (lost === undefined) survivors++;
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  console.log(`${lost === undefined ? "NOT FOUND" : "found"} by ${part} in ${seconds} s: ${name}`);
  // Without a loss a program that ends with an error does not so much as begin.
  console.log(`    ${(lost ?? stderr.trim().split("\n").slice(-3).join(" ")).slice(0, 200)}`);
}
console.log(`${survivors} not found`);
process.exitCode = survivors === 0 ? 0 : 1;

/** The build with edits, and the tests beside it. */
function mutant(edits) {
  const copy = join(folder, String(Math.random()).slice(2));
  mkdirSync(copy);
  for (const name of ["build", "dist", "test", ".ci", "package.json"])
    cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  for (const name of ["node_modules", ".venv"]) symlinkSync(join(ROOT, name), join(copy, name));
  const files = ["build/modules", "dist"].flatMap((place) =>
    readdirSync(join(copy, place), { recursive: true })
      .filter((name) => name.endsWith(".js"))
      .map((name) => join(copy, place, name)),
  );
  for (const [wanted, instead] of edits) {
    const pattern = new RegExp(
      wanted
        .split(/\s+/)
        .map(RegExp.escape ?? escaped)
        .join("\\s*"),
      "g",
    );
    let found = 0;
    for (const file of files) {
      const text = readFileSync(file, "utf8");
      if (text.search(pattern) < 0) continue;
      found++;
      writeFileSync(
        file,
        text.replace(pattern, () => instead),
      );
    }
    // Once compiled by itself, once in the bundle.
    if (found < 2) console.log(`    ${wanted}: in ${found} files of the build`);
  }
  return copy;
}

function escaped(text) {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
