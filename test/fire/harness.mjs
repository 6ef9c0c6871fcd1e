// What the programs of this folder share: a seed, a number of rounds, a table of what was tried, survived and lost.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Rounds of this program: ROUNDS of the environment, else the few of a short round. */
export const rounds = (short) => (process.env.ROUNDS ? Number(process.env.ROUNDS) : short);

export const SEED = Number(process.env.SEED ?? 1);

/** Mulberry32, with what the programs draw. */
export class Random {
  #state;

  constructor(seed) {
    this.#state = seed | 0;
  }

  /** [0, 1) */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to n − 1. */
  below(n) {
    return Math.floor(this.next() * n);
  }

  of(values) {
    return values[this.below(values.length)];
  }

  chance(probability) {
    return this.next() < probability;
  }
}

/** Counts, and failures to print. */
export class Report {
  #name;
  #counts = new Map();
  #failures = [];

  constructor(name) {
    this.#name = name;
  }

  count(what, n = 1) {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + n);
  }

  /** FIRE_FIRST=1: the first failure ends the program. */
  fail(what) {
    this.#failures.push(what);
    if (!process.env.FIRE_FIRST) return;
    this.end();
    process.exit();
  }

  /** Prints the line of this program; a failure makes its exit code 1. */
  end() {
    const counts = [...this.#counts].map(([what, n]) => `${n.toLocaleString("en")} ${what}`).join(", ");
    console.log(`${this.#name}: ${counts}, ${this.#failures.length} lost (SEED=${SEED})`);
    for (const failure of this.#failures.slice(0, 10)) console.log(`  LOST ${failure}`);
    if (this.#failures.length > 0) process.exitCode = 1;
  }
}

/** A folder for the test, removed at the end of the process. */
export function scratch(name) {
  const folder = mkdtempSync(join(tmpdir(), `wandb-fire-${name}-`));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Run folders under `dir`/wandb. */
export function runFolders(dir) {
  const parent = join(dir, "wandb");
  const names = statSync(parent, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(parent) : [];
  return names.filter((name) => name.startsWith("offline-run-")).map((name) => join(parent, name));
}

/**
 * What W&B's own reader (datastore.py of 0.28.2) finds in run folders: one process for all of them.
 * @returns by folder: { problem, rows: [{ step, media: [{ path, sha256, size }] }], files, exit }
 */
export function readByWandb(folders) {
  const env = execFileSync(join(ROOT, ".ci/wandb-env"), ["0.28.2"], { encoding: "utf8" }).trim();
  const input = folders.map((folder) => JSON.stringify(folder)).join("\n");
  const script = join(ROOT, "test/fire/read_runs.py");
  const output = execFileSync(join(env, "bin/python"), [script], { input, encoding: "utf8", maxBuffer: 2 ** 30 });
  return new Map(
    output
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line))
      .map((run) => [run.dir, run]),
  );
}

/** Faults of a run folder's media: files that a record names and that are not there whole, and half-written ones under a final name. */
export function mediaFaults(folder, run) {
  const faults = [];
  const files = join(folder, "files");
  for (const { path, sha256, size } of run.rows.flatMap(({ media }) => media)) {
    const bytes = readOrNull(join(files, path));
    if (bytes === null) faults.push(`${path} is not there`);
    else if (bytes.length !== size || sha(bytes) !== sha256) faults.push(`${path} has other bytes`);
  }
  for (const path of run.files)
    if (readOrNull(join(files, path)) === null) faults.push(`${path} is recorded and not there`);
  if (!existsSync(files)) return [...faults, "there is no files/"];
  for (const entry of readdirSync(files, { recursive: true, withFileTypes: true })) {
    const hash = /_([0-9a-f]{20})\.[^/]+$/.exec(entry.name)?.[1];
    if (!entry.isFile() || entry.name.startsWith(".") || hash === undefined) continue;
    if (!sha(readFileSync(join(entry.parentPath, entry.name))).startsWith(hash))
      faults.push(`${entry.name} is half-written`);
  }
  return faults;
}

const sha = (bytes) => createHash("sha256").update(bytes).digest("hex");

function readOrNull(path) {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}
