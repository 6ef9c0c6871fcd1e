// `npx wandb-image`, as a person calls it: the built program in a process of its own.
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Image, init } from "../../../src/node.ts";

const PROGRAM = join(import.meta.dirname, "../../../dist/cli/main.js");
let dir: string;
let runDir: string;

beforeAll(async () => {
  process.env.WANDB_SILENT = "true";
  dir = mkdtempSync(join(tmpdir(), "cli-"));
  const run = init({ dir, id: "abc", name: "first \u001b[31mred", config: { lr: 0.1 } });
  run.log({ loss: 0.123456789, big: 9007199254740993n, nan: Number.NaN, note: "short", pic: new Image([[1]]) });
  await run.finish(2);
  runDir = run.dir;
});

afterAll(() => rmSync(dir, { recursive: true }));

async function call(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [PROGRAM, ...args], { cwd: dir });
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, err: stderr };
  }
}

test("--help, --version, help COMMAND", async () => {
  for (const args of [[], ["--help"], ["-h"], ["help"]]) {
    const { code, out } = await call(...args);
    expect([code, out]).toEqual([0, expect.stringContaining("usage: npx wandb-image <command>")]);
  }
  for (const name of ["ls", "verify", "repair"]) {
    const asked = await call(name, "--help");
    expect([asked.code, asked.out]).toEqual([0, expect.stringContaining(`usage: npx wandb-image ${name} [`)]);
    expect((await call("help", name)).out).toBe(asked.out);
  }
  expect((await call("--version")).out).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test.each<[string[], number, RegExp]>([
  [["lst"], 2, /^wandb-image: no command "lst"; there are .*ls/],
  [["ls", "--jsn"], 2, /^wandb-image: ls: Unknown option '--jsn'/],
  [["ls", "nowhere"], 1, /^wandb-image: nowhere: no such folder\n$/],
  [["verify", "nowhere"], 1, /^wandb-image: nowhere: no such folder\n$/],
  [["toString"], 2, /^wandb-image: no command "toString"/],
])("%j: exit code %i and words, no stack", async (args, code, words) => {
  const said = await call(...args);
  expect([said.code, said.out]).toEqual([code, ""]);
  expect(said.err).toMatch(words);
  expect(said.err).not.toMatch(/^ +at /m);
});

test("ls: name, state, steps, pictures, last values, and no escapes that were logged", async () => {
  const { code, out } = await call("ls");
  expect(code).toBe(0);
  const [header, line] = out.split("\n");
  expect(header).toMatch(/^ID +NAME +STATE +STEPS +PICTURES +STARTED +LAST VALUES$/);
  expect(line).toMatch(
    /^abc +first \\u001b\[31mred +failed \(2\) +1 +1 +\d{4}-\d\d-\d\d \d\d:\d\d +loss 0\.12346 +big 9007199254740993 +nan NaN +note short$/,
  );
  expect((await call("ls", runDir)).out).toBe(out);
});

test("ls --json", async () => {
  const [run] = JSON.parse((await call("ls", "--json")).out);
  expect(run).toMatchObject({
    id: "abc",
    state: "failed",
    exitCode: 2,
    rows: 1,
    pictures: 1,
    lastStep: 0,
    dir: runDir.slice(dir.length + 1),
    problem: null,
  });
  expect(run.summary).toMatchObject({ loss: 0.123456789, big: "9007199254740993", nan: "NaN" });
});

test("verify and repair", async () => {
  expect(await call("verify")).toMatchObject({
    code: 0,
    out: expect.stringMatching(/: whole \(1 row, 1 file\)\n1 run: nothing is wrong\n$/),
  });
  expect((await call("repair")).out).toMatch(/: whole, left alone\n$/);
  const pictures = join(runDir, "files/media/images");
  rmSync(join(pictures, readdirSync(pictures)[0]!));
  const { code, out } = await call("verify", "wandb");
  expect(code).toBe(1);
  expect(out).toMatch(
    /: 1 problem \(1 row, 1 file\)\n {2}missing +media\/images\/pic_0_.*, "pic" of step 0, is not there\n/,
  );
  expect(JSON.parse((await call("verify", "--json")).out)[0].problems).toMatchObject([
    { code: "missing", key: "pic", step: 0 },
  ]);
  const repaired = await call("repair", "--json");
  expect(repaired.code).toBe(0);
  const [report] = JSON.parse(repaired.out);
  expect(report.lost).toMatchObject([
    { key: "pic", step: null },
    { key: "pic", step: 0 },
  ]);
  expect((await call("verify", report.to)).code).toBe(0);
});

test("ls | head: a pipe that closes is no error", async () => {
  const { stdout, stderr } = await promisify(execFile)(
    "sh",
    ["-c", `"${process.execPath}" "${PROGRAM}" ls --json | head -c 5`],
    { cwd: dir },
  );
  expect([stdout, stderr]).toEqual(["[\n  {", ""]);
});
