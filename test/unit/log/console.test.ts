// What reaches a terminal: one line at a time, without control characters, and a command that a shell reads back.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { shellQuote } from "../../../src/log/console.ts";

const PACKAGE = new URL("../../../dist/node.js", import.meta.url).href;
let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "log-console-"));
});

afterEach(() => {
  rmSync(dir, { recursive: true });
});

function stderrOf(body: string, root = dir) {
  const program = `import { box, Image, init } from ${JSON.stringify(PACKAGE)}; ${body}`;
  return spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    env: { PATH: process.env.PATH!, WANDB_DIR: root, NO_COLOR: "1" },
    encoding: "utf8",
  }).stderr;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNSAFE = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const EVIL = "\\x1b]0;title\\x07 \\x9b31m \\r\\nwandb: ERROR forged \\u202egnp.exe \\u2028 \\x7f";

test.each([
  ["keys and values", `const r = init(); r.log({ ["k${EVIL}"]: 1, v: "${EVIL}" }); await r.finish();`],
  [
    "warnings of a run",
    `const r = init(); r.log({ a: 1 }); r.log({ ["${EVIL}"]: "x".repeat(1.1e7) }); await r.finish();`,
  ],
  [
    "warnings of an image",
    `new Image({ data: new Uint8Array(16), width: 2, height: 2 }, { boxes: { "${EVIL}": box.xyxy([[0, 0, 9, 9]]) } });`,
  ],
  [
    "what close says at the end",
    `import { rmSync } from "node:fs"; const r = init(); r.log({ a: 1 }); rmSync(r.dir, { recursive: true });`,
  ],
  ["an error of a key", `init({ mode: "offline" }).log({ ["${EVIL}"]: () => 1 });`],
  ["an error of an id", `init({ id: "a${EVIL}" });`],
  ["an error of an option", `init({ ["${EVIL}"]: 1 });`],
  ["an error of a mode", `init({ mode: "${EVIL}" });`],
  ["an error of a project", `init({ project: "a/${EVIL}" });`],
  ["an error of a tag", `init({ tags: ["${EVIL}".repeat(9)] });`],
  [
    "an error of a config key",
    `const r = init({ config: { ["${EVIL}"]: "${EVIL}" } }); r.config.update({ ["${EVIL}"]: 2 });`,
  ],
  ["an error of a config Image", `init({ config: { ["${EVIL}"]: new Image([[0, 1]]) } });`],
  ["an error of a folder", `init({ dir: "/proc/${EVIL}" });`],
])("%s cannot forge lines or command a terminal", (_, body) => {
  const lines = stderrOf(body).split("\n");
  // Node itself prints the program's line, in which escapes are text, and the stack.
  expect(lines.filter((line) => UNSAFE.test(line))).toEqual([]);
  expect(lines.filter((line) => line.startsWith("wandb: ERROR forged"))).toEqual([]);
  expect(lines.length).toBeGreaterThan(1);
});

test.each([
  "a\\b",
  "it's",
  "two words",
  "$(touch x)",
  "a\x1b[31mb",
  "new\nline",
  "\u202eright to left",
  "tab\t",
  "漢 😀",
  "`x`",
  '"',
  "\\'\x07\\n",
])("the printed command finds the run in %j", (name) => {
  const root = join(dir, name);
  mkdirSync(root);
  const stderr = stderrOf("await init().finish();", root);
  expect(stderr.split("\n").filter((line) => UNSAFE.test(line))).toEqual([]);
  const command = stderr.match(/^wandb: wandb sync (.*)$/m)![1]!;
  const { stdout } = spawnSync("bash", ["-c", `printf %s ${command}`], { encoding: "utf8" });
  const runs = readdirSync(join(root, "wandb")).filter((entry) => entry.startsWith("offline-run-"));
  expect(stdout).toBe(join(root, "wandb", runs[0]!));
});

test("elsewhere what no terminal may get is quoted by its bytes, as bash and zsh read it in any locale", () => {
  expect(shellQuote("/a/b=%,c", "linux")).toBe("/a/b=%,c");
  expect(shellQuote("/it's !a", "linux")).toBe("'/it'\\''s !a'");
  expect(shellQuote("/\u001b[2J\n\u0085é'\\", "linux")).toBe("$'/\\x1b[2J\\x0a\\xc2\\x85é\\'\\\\'");
  expect(shellQuote("/\u2028\u202e", "linux")).toBe("$'/\\xe2\\x80\\xa8\\xe2\\x80\\xae'");
});

test("on Windows a path is quoted as cmd.exe and PowerShell take it", () => {
  expect(shellQuote("C:\\runs\\wandb", "win32")).toBe("C:\\runs\\wandb");
  expect(shellQuote("C:\\my runs\\wandb", "win32")).toBe('"C:\\my runs\\wandb"');
  expect(shellQuote("C:\\it's", "win32")).toBe('"C:\\it\'s"');
  // PowerShell expands these in double quotes, and lists at commas.
  expect(shellQuote("C:\\$(calc)'s", "win32")).toBe("'C:\\$(calc)''s'");
  expect(shellQuote("C:\\a`n", "win32")).toBe("'C:\\a`n'");
  expect(shellQuote("C:\\“a” ‘b’", "win32")).toBe("'C:\\“a” ‘‘b’’'");
  expect(shellQuote("C:\\a,b", "win32")).toBe('"C:\\a,b"');
});

test("W&B's variables that are not heeded are named once in a program", () => {
  const program = `import { init } from ${JSON.stringify(PACKAGE)}; await init().finish(); await init().finish();`;
  const { stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    env: { PATH: process.env.PATH!, WANDB_DIR: dir, WANDB_QUIET: "1", WANDB_SWEEP_ID: "s", WANDB_CONSOLE: "off" },
    encoding: "utf8",
  });
  expect(stderr).toBe(
    "wandb: WARNING WANDB_CONSOLE, WANDB_SWEEP_ID are variables of W&B's Python client that this package does not heed\n",
  );
});
