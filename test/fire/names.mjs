// Names that try to lead somewhere: keys, captions, ids, layers and folders made of dots, slashes, controls, quotes and long words. Nothing
// is written outside the run's folder, modes are the umask's, printed lines hold no controls, and the printed command survives a paste.
//   node test/fire/names.mjs       ROUNDS runs
import { spawnSync } from "node:child_process";
import { lstatSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { shellQuote } from "../../build/modules/log/console.js";
import { mediaFaults, Random, Report, ROOT, readByWandb, rounds, SEED, scratch } from "./harness.mjs";

const PIECES = [
  "..",
  "/",
  "\\",
  "//",
  ".",
  "~",
  "\0",
  "\n",
  "\r",
  "\u001b[2J",
  "\u0085",
  "\u202e",
  "'",
  '"',
  "`id`",
  "$(id)",
  ";",
  " ",
  "a",
  "é",
  "😀",
  "\ud800",
];
/** Those that Windows has in names. */
const WINDOWS_PIECES = [..."'`$(){};&,@#%!^~ =+-aé", "$env:PATH", "$(calc)", "‘", "’", "‚", "“", "”", "„", "漢", "😀"];
/** Those that bash or zsh reads as more than a character, or that no terminal may get. */
const SHELL_PIECES = [
  ...PIECES.filter((piece) => piece !== "\0" && piece !== "\ud800"),
  ..."\t\u007f\u2028!=*?#^%&|<([{$1u漢",
  ...["!!", "!a", "=ls", "[a]", "{a,b}", "^a^b", "$HOME", "\\x41", "\\0", "x=~"],
];
/** How each reads a line that is pasted, "!" of its history included. */
const SHELLS = {
  bash: [["--norc", "--noprofile"], "set -o history -o histexpand\n"],
  zsh: [["-f", "-i"], "setopt banghist; PS1= PS2= RPS1=; unsetopt zle prompt_sp prompt_cr\n"],
};
const LONG = ["漢".repeat(80), "x".repeat(300)];
const outer = scratch("names");
const random = new Random(SEED);
const report = new Report("names");
process.umask(0o027);

const name = () =>
  random.chance(0.05) ? random.of(LONG) : Array.from({ length: 1 + random.below(5) }, () => random.of(PIECES)).join("");

/** Logs under hostile names; runs in a process of its own, whose standard error is what a person sees. */
const PROGRAM = `
  const { Image, init, box } = await import(process.argv[1]);
  const { dir, id, rows } = JSON.parse(process.argv[2]);
  const attempt = (call) => { try { return call(); } catch (error) { console.error(error.message); } };
  const run = attempt(() => init({ dir, id, mode: "offline", name: rows[0].caption })) ?? init({ dir, mode: "offline" });
  for (const { key, caption, layer } of rows) {
    const options = () => ({ caption, boxes: { [layer]: box.xyxy([[0, 0, 1, 1]]) }, masks: { [layer]: { mask_data: [[1, 2]] } } });
    attempt(() => run.log({ [key]: new Image([[0, 1]], options()) }));
    attempt(() => run.log({ outer: { [key]: [new Image([[0, 1]], options())] } }));
  }
  run.log({ ["漢".repeat(75)]: new Image([[0, 1]]) }); // its file's name has as many bytes as a name may have
  await run.finish();
  console.log(run.dir);`;

const DIRECTORIES = [
  ...["plain", "with space", "it's", 'a"b', "a\\b", "$HOME", "`id`", "-n", "!a"],
  ...["\u0085b", "\n'", "\u001b[2J", "\u2028"],
];
const folders = [];
for (let i = 0; i < rounds(12); i++) {
  const dir = join(outer, String(i), random.of(DIRECTORIES));
  mkdirSync(dir, { recursive: true });
  const rows = Array.from({ length: 6 }, () => ({ key: name(), caption: name(), layer: name() }));
  const input = JSON.stringify({ dir, id: random.chance(0.5) ? name() : undefined, rows });
  const args = ["--input-type=module", "-e", PROGRAM, join(ROOT, "dist/node.js"), input];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, {
    encoding: "utf8",
    env: { PATH: process.env.PATH },
  });
  report.count("runs");
  report.count("names", rows.length * 3);
  const faults = status === 0 ? [] : [`exit code ${status}: ${stderr.slice(-400)}`];
  const run = stdout.trimEnd();
  folders.push(run);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what is looked for
  const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/.exec(stderr);
  if (control !== null)
    faults.push(`a control is printed: ${JSON.stringify(stderr.slice(control.index - 30, control.index + 10))}`);
  faults.push(...strays(join(outer, String(i)), run), ...pasted(stderr, run));
  if (faults.length > 0) report.fail(`run ${i}: ${faults.slice(0, 3).join("; ")}`);
}
for (const [folder, found] of readByWandb(folders)) {
  report.count("files", found.files.length);
  const faults = [...(found.problem === null ? [] : [found.problem]), ...mediaFaults(folder, found)];
  if (faults.length > 0) report.fail(faults[0]);
}
for (const [shell, [args, setting]] of Object.entries(SHELLS)) {
  const paths = Array.from({ length: 200 }, () => {
    const pieces = Array.from({ length: 1 + random.below(6) }, () => random.of(SHELL_PIECES));
    return `/t/${pieces.join("")}`;
  });
  // The characters beyond ASCII are bytes to a shell of no locale.
  for (const locale of ["C.UTF-8", "C"]) {
    const input = setting + paths.map((path) => `printf '%s\\0' ${shellQuote(path, "linux")}\n`).join("");
    const { stdout, error } = spawnSync(shell, args, {
      input,
      env: { PATH: process.env.PATH, LC_ALL: locale, HOME: outer },
    });
    if (error?.code === "ENOENT") {
      console.log(`  names for ${shell}: not run, it is not there`);
      break;
    }
    report.count(`names for ${shell}`, paths.length);
    const read = stdout.toString().split("\0");
    const wrong = paths.findIndex((path, i) => read[i] !== path);
    if (wrong >= 0)
      report.fail(
        `pasted into ${shell} (${locale}), ${JSON.stringify(paths[wrong])} is ${JSON.stringify(read[wrong])}`,
      );
  }
}
for (let i = 0; i < 200; i++) {
  const path = `C:\\${Array.from({ length: 1 + random.below(6) }, () => random.of(WINDOWS_PIECES)).join("")}`;
  report.count("names for PowerShell");
  const read = powershellWord(shellQuote(path, "win32"));
  if (read !== path) report.fail(`pasted into PowerShell, ${path} is ${read}`);
}
report.end();

/**
 * A word as PowerShell reads it, by about_Quoting_Rules and about_Special_Characters: undefined where it would expand something, or end early.
 * Curly quotes count as straight ones.
 */
function powershellWord(text) {
  const single = /^['‘’‚‛]((?:[^'‘’‚‛]|(['‘’‚‛])['‘’‚‛])*)['‘’‚‛]$/.exec(text);
  if (single !== null) return single[1].replace(/(['‘’‚‛])['‘’‚‛]/g, "$1");
  const double = /^"([^"“”„$`]*)"$/.exec(text);
  if (double !== null) return double[1];
  return /^[^\s'"`‘’‚‛“”„$&|;(){}<>#,@]+$/.test(text) ? text : undefined;
}

/** What lies outside the run's folder, and files of another mode than the umask leaves. */
function strays(root, run) {
  return readdirSync(root, { recursive: true }).flatMap((entry) => {
    const path = join(root, entry);
    if (entry.includes("/latest-run/")) return []; // the run itself again
    const stat = lstatSync(path);
    if (stat.isSymbolicLink()) return path.endsWith("/latest-run") ? [] : [`a link: ${path}`];
    if (stat.isFile() && !path.startsWith(`${run}/`)) return [`outside the run: ${path}`];
    const mode = stat.mode & 0o777;
    return mode === (stat.isFile() ? 0o640 : 0o750) ? [] : [`${path} has mode ${mode.toString(8)}`];
  });
}

/** The printed command, as a shell reads it, must name the run's folder. */
function pasted(stderr, run) {
  const line = stderr.split("\n").find((line) => /wandb: (npx wandb-image|wandb) sync /.test(line));
  if (line === undefined) return ["no command is printed"];
  const words = line.replace(/^.*? sync /, "");
  const { stdout: argument, stderr: complaint } = spawnSync("bash", ["-c", `printf %s ${words}`], { encoding: "utf8" });
  return argument === run ? [] : [`pasted into bash the command names ${argument}${complaint}`];
}
