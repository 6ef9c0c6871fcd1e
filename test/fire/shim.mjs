// Programs that run with shim.c preloaded.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./harness.mjs";

/** Builds the shim in a folder; leaves the program, saying so, where that cannot be. @returns its path */
export function builtShim(folder, part) {
  if (process.platform !== "linux" || spawnSync("cc", ["--version"]).status !== 0) {
    console.log(`${part}: not run, there is no Linux with a C compiler`);
    process.exit();
  }
  const shim = join(folder, "shim.so");
  execFileSync("cc", ["-shared", "-fPIC", "-O1", "-o", shim, join(ROOT, "test/fire/shim.c"), "-ldl"]);
  return shim;
}

/**
 * Runs a program of programs/ to its end.
 * @param args its arguments
 * @param env what the shim and the program get
 * @returns what it said on standard output, lines of JSON, and its end
 */
export async function programRun(program, args, env) {
  const child = spawn(process.execPath, [join(ROOT, "test/fire/programs", program), ...args], {
    env: { ...process.env, WANDB_SILENT: "true", ...env },
    timeout: 120_000,
    killSignal: "SIGKILL",
  });
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"]) child[name].on("data", (piece) => (texts[name] += piece));
  const status = await new Promise((resolve) => child.on("close", (code, signal) => resolve(code ?? signal)));
  return { said: saidIn(texts.stdout), stderr: texts.stderr, status };
}

/** Cases that a process of programs/host.mjs runs before the next takes its place. */
const CASES = 100;

/** Runs programs as `programRun` does, a hundred of them in a process: ten times as fast. */
export class Host {
  #shim;
  #child = null;
  #texts;
  #wake;
  #cases;
  /** Open files after the first case of the process. */
  #descriptors;

  constructor(shim) {
    this.#shim = shim;
  }

  #start() {
    this.#child = spawn(process.execPath, [join(ROOT, "test/fire/programs/host.mjs")], {
      env: { ...process.env, WANDB_SILENT: "true", LD_PRELOAD: this.#shim },
    });
    this.#cases = 0;
    this.#descriptors = undefined;
    for (const name of ["stdout", "stderr"])
      this.#child[name].on("data", (piece) => {
        this.#texts[name] += piece;
        if (name === "stdout") this.#wake();
      });
    const child = this.#child;
    child.on("close", (code, signal) => {
      if (this.#child !== child) return;
      this.#child = null;
      this.#texts.stdout += `\n${JSON.stringify({ end: code ?? signal })}\n`;
      this.#wake();
    });
  }

  /**
   * @returns as `programRun`; a status other than 0 is what the program threw, or how its process ended; `leaked`: files
   *   that are open now and were not after the first case
   */
  async run(program, args, env) {
    if (this.#child === null) this.#start();
    this.#texts = { stdout: "", stderr: "" };
    const limit = setTimeout(() => this.#child?.kill("SIGKILL"), 120_000);
    const ended = new Promise((resolve) => {
      this.#wake = () => {
        const said = this.#texts.stdout.endsWith("\n") ? saidIn(this.#texts.stdout) : [];
        if (said.at(-1)?.end !== undefined) resolve(said);
      };
    });
    this.#child.stdin.write(`${JSON.stringify({ program, args, env })}\n`);
    const said = await ended;
    clearTimeout(limit);
    const { end, descriptors } = said.pop();
    this.#descriptors ??= descriptors;
    if (++this.#cases === CASES) this.end();
    return { said, stderr: this.#texts.stderr, status: end, leaked: descriptors - this.#descriptors };
  }

  end() {
    this.#child?.stdin.end();
    this.#child = null;
  }
}

export function saidIn(text) {
  return text
    .split("\n")
    .filter((line) => line.endsWith("}"))
    .map((line) => JSON.parse(line));
}

/** How many calls that the shim counts a program makes. */
export async function callsOf(program, args, env, count) {
  const { status, stderr } = await programRun(program, args, { ...env, FIRE_COUNT: count });
  if (status !== 0) throw new Error(`${program} ${args} fails without a fault: ${stderr}`);
  return Number(readFileSync(count, "utf8"));
}

/** Every fault at every call, or so many of them as ROUNDS says, drawn. */
export function drawnFaults(random, programs, wanted) {
  const cases = programs.flatMap(({ calls, ...program }) =>
    Array.from({ length: calls }, (_, i) =>
      FAULTS.flatMap((fault) => [1, 3].map((times) => ({ ...program, nth: i + 1, fault, times }))),
    ).flat(),
  );
  return wanted === 0 || wanted >= cases.length ? cases : Array.from({ length: wanted }, () => random.of(cases));
}

const FAULTS = ["EIO", "ENOSPC", "EINTR", "EMFILE", "EDQUOT", "EROFS", "SHORT", "HALF"];
