// All runs that a viewer shows: found below folders and in zips, listed by head and tail, read whole when they are asked
// for and, one after the other, in the background. Node only.
import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { RunListing } from "../read/list.ts";
import { type Peek, peek, SILENT_MILLISECONDS } from "../read/peek.ts";
import type { RunSource } from "../read/source.ts";
import type { RunHead, RunsAnswer, ViewEvent } from "./api.ts";
import { type Counts, countsOf, headOf } from "./head.ts";
import { type FoundRun, fingerprint, runsBelow } from "./roots.ts";
import { RunAnswers } from "./run-answers.ts";

/** How often files are looked at that may have grown, and folders for new runs. */
const LOOK_MILLISECONDS = 300;
const LIST_MILLISECONDS = 1000;
const COUNT_AFTER_MILLISECONDS = 1500;
/** A run that ended is looked at this much more seldom: it may be resumed. */
const SELDOM = 20;

interface Entry {
  readonly id: string;
  readonly open: () => Promise<RunSource>;
  found: RunListing;
  answers: RunAnswers | null;
  opening: Promise<RunAnswers> | null;
  counted: Counts | null;
  bytes: number;
}

export class Collection {
  readonly #roots: readonly string[];
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Set<(event: ViewEvent) => void>();
  #order: readonly string[] = [];
  #timers: NodeJS.Timeout[] = [];
  #looks = 0;
  #closed = false;
  #listed = "";

  /** @param roots folders of runs, run folders, zips */
  constructor(roots: readonly string[]) {
    this.#roots = roots.map((root) => resolve(root));
  }

  /** Lists what there is, and from then on looks for what changes. @throws Error naming a root that is not there */
  async open(): Promise<void> {
    await this.#list();
    this.#every(LIST_MILLISECONDS, () => this.#relist());
    this.#every(LOOK_MILLISECONDS, () => this.#look());
    // The page begins with the newest: it is read while the browser starts.
    const newest = this.#order.find((id) => this.#entries.get(id)!.found.problem === null);
    if (newest !== undefined) this.answers(newest).catch(() => {});
    // Whoever opened this asks for a run first: that must not share the machine with counting.
    setTimeout(() => this.#countAll(), COUNT_AFTER_MILLISECONDS).unref();
  }

  get size(): number {
    return this.#entries.size;
  }

  runs(): RunsAnswer {
    return {
      place: this.#roots.join(", "),
      runs: this.#order.map((id) => lineOf(this.#entries.get(id)!)),
    };
  }

  /** The answers of a run, read up to its present end. @throws RangeError for a run that is not there */
  async answers(id: string): Promise<RunAnswers> {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new RangeError(`there is no run ${JSON.stringify(id)}`);
    entry.opening ??= this.#open(entry);
    return await entry.opening;
  }

  listen(listener: (event: ViewEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#listeners.clear();
    await Promise.all([...this.#entries.values()].map(({ answers }) => answers?.source.close()));
  }

  async #open(entry: Entry): Promise<RunAnswers> {
    try {
      const answers = new RunAnswers(entry.id, await entry.open());
      await answers.read.update();
      entry.answers = answers;
      entry.counted = countsOf(answers);
      entry.bytes = await answers.source.size();
      return answers;
    } catch (error) {
      entry.opening = null;
      throw error;
    }
  }

  /** `work` again and again, each time after a pause. */
  #every(pause: number, work: () => Promise<void>): void {
    const timer = setTimeout(async () => {
      await work().catch(() => {}); // a folder that is gone: the next look says more
      if (!this.#closed) this.#every(pause, work);
    }, pause);
    timer.unref();
    this.#timers = [...this.#timers.slice(-8), timer];
  }

  async #list(): Promise<void> {
    this.#listed = await fingerprint(this.#roots);
    const all = (await Promise.all(this.#roots.map(runsBelow))).flat();
    const known = new Map([...this.#entries.values()].map((entry) => [entry.found.dir, entry]));
    const seen = new Set<string>();
    for (const { listing, open } of all) {
      if (seen.has(listing.dir)) continue;
      seen.add(listing.dir);
      const entry = known.get(listing.dir);
      if (entry) entry.found = listing;
      else this.#add(listing, open);
    }
    for (const [id, entry] of this.#entries) {
      if (seen.has(entry.found.dir)) continue;
      this.#entries.delete(id);
      entry.answers?.source.close();
    }
    const time = ({ found }: Entry) => found.run?.startTime || found.modified || 0;
    this.#order = [...this.#entries.values()].sort((a, b) => time(b) - time(a)).map(({ id }) => id);
  }

  #add(found: RunListing, open: FoundRun["open"]): void {
    const folder = basename(found.dir);
    const id =
      [found.id, folder].find((name) => name !== "" && !this.#entries.has(name)) ?? uniqueId(folder, this.#entries);
    this.#entries.set(id, { id, open, found, answers: null, opening: null, counted: null, bytes: found.bytes });
  }

  /** Lists anew when a folder came or went. */
  async #relist(): Promise<void> {
    if ((await fingerprint(this.#roots)) === this.#listed) return;
    const before = this.#order.join();
    await this.#list();
    if (this.#order.join() !== before) this.#tell({ type: "runs" });
    this.#countAll();
  }

  /** Reads what live runs have logged since, and sees which have stopped. */
  async #look(): Promise<void> {
    this.#looks++;
    let changed = false;
    for (const entry of [...this.#entries.values()]) {
      if (entry.found.state !== "live" && this.#looks % SELDOM !== 0) continue;
      changed = (await this.#lookAt(entry).catch(() => false)) || changed;
    }
    if (changed) this.#tell({ type: "runs" });
  }

  /** Whether its line in the list of runs changed. */
  async #lookAt(entry: Entry): Promise<boolean> {
    const before = JSON.stringify(lineOf(entry));
    if (entry.answers === null) {
      const { size, mtimeMs } = await stat(await logOf(entry));
      if (size === entry.bytes && (entry.found.state !== "live" || Date.now() - mtimeMs < SILENT_MILLISECONDS))
        return false;
      entry.bytes = size;
      entry.found = { ...entry.found, ...(await peekAt(entry)) };
      return JSON.stringify(lineOf(entry)) !== before;
    }
    const { read } = entry.answers;
    if (await read.update()) {
      entry.counted = countsOf(entry.answers);
      this.#tell({ type: "run", id: entry.id, version: entry.answers.version });
    }
    const { run, exit } = read.fold;
    entry.found = { ...entry.found, run: run ?? entry.found.run, exit, state: read.state(), problem: null };
    return JSON.stringify(lineOf(entry)) !== before;
  }

  #counting = false;

  /** Reads runs that nobody has asked for, for their counts in the list; what they took is let go of again. */
  async #countAll(): Promise<void> {
    if (this.#counting) return;
    this.#counting = true;
    let told = Date.now();
    for (const id of this.#order) {
      const entry = this.#entries.get(id);
      if (this.#closed) break;
      if (!entry || entry.counted || entry.opening || entry.found.problem) continue;
      await Promise.allSettled([...this.#entries.values()].map(({ opening }) => opening));
      if (entry.opening !== null) continue;
      const source = await entry.open().catch(() => null);
      if (source === null) continue;
      const answers = new RunAnswers(id, source);
      await answers.read.update().catch(() => {});
      entry.counted ??= countsOf(answers);
      await source.close();
      if (Date.now() - told > 1000) {
        told = Date.now();
        this.#tell({ type: "runs" });
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    this.#counting = false;
    if (!this.#closed) this.#tell({ type: "runs" });
  }

  #tell(event: ViewEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

/** The record file, whose size says whether a run grew. */
async function logOf({ id, found: { dir, run } }: Entry): Promise<string> {
  const path = `${dir}/run-${run?.id ?? id}.wandb`;
  return (await stat(path).catch(() => null)) ? path : dir;
}

function uniqueId(name: string, taken: ReadonlyMap<string, unknown>): string {
  for (let n = 2; ; n++) if (!taken.has(`${name}~${n}`)) return `${name}~${n}`;
}

async function peekAt({ open }: Entry): Promise<Peek> {
  const source = await open();
  try {
    return await peek(source);
  } finally {
    await source.close();
  }
}

function lineOf({ id, found, counted }: Entry): RunHead {
  return headOf(id, found, counted);
}
