// `npx wandb-image sync`
import type { UploadProgress } from "../upload/progress.ts";
import { type FoundRun, findUploads, type SyncedRun, type SyncOptions, syncRuns } from "../upload/sync.ts";
import { VERSION } from "../version.ts";
import { defineCommand, plain, UsageError } from "./command.ts";

export const command = defineCommand({
  help: `
Upload runs to Weights & Biases: written offline, or left behind by an upload that stopped. It goes on where an earlier
call stopped, and is done when every row and file was acknowledged.

usage: npx wandb-image sync [path …] [options]

  path               a run's folder, a folder of many (wandb), a .wandb file, a zip that a page made; default WANDB_DIR, else
                     the current folder
  --live             follow runs that are being written, until they end
  --dry-run          say what would be uploaded, and send nothing
  --entity NAME      upload to this user or team …
  --project NAME     … into this project …
  --id ID            … as this run (one run only)
  --include-synced   also runs that were uploaded whole; what is there stays where it is
  --no-mark-synced   do not mark what was uploaded as such, for \`wandb sync\`
  --finish           end runs that were killed, as failed; without it they stay open
  -n, --parallel N   runs at a time; default 5
  --json             one JSON array of results, for programs

The server and the key are those of W&B's own client: WANDB_API_KEY, ~/.netrc, WANDB_BASE_URL, settings files.
Exit code 1 where anything is not on the server; it is listed by name, with the reason.
`,
  options: {
    live: { type: "boolean" },
    "dry-run": { type: "boolean" },
    entity: { type: "string" },
    project: { type: "string" },
    id: { type: "string" },
    "include-synced": { type: "boolean" },
    "mark-synced": { type: "boolean" },
    "no-mark-synced": { type: "boolean" },
    finish: { type: "boolean" },
    parallel: { type: "string", short: "n" },
    json: { type: "boolean" },
  },
  async run(paths, values) {
    const includeSynced = values["include-synced"] ?? false;
    const runs = await findUploads(paths.length > 0 ? paths : [process.env.WANDB_DIR ?? "."], includeSynced);
    const chosen = runs.filter((run) => run.skipped === undefined);
    if (values.id !== undefined && chosen.length !== 1) {
      throw new UsageError(`--id: expected one run to upload; there are ${chosen.length}`);
    }
    const { json = false, entity, project, id } = values;
    if (values["dry-run"]) return dryRun(runs, json);
    const display = new Display(json);
    const options: SyncOptions = {
      paths,
      live: values.live,
      target: { entity, project, id },
      includeSynced,
      markSynced: !values["no-mark-synced"],
      endKilled: values.finish,
      parallel: readParallel(values.parallel),
      producer: `wandb-image/${VERSION}`,
      userAgent: `wandb-image/${VERSION}`,
      onProgress: (run, progress) => display.progress(run, progress),
    };
    const results = await syncRuns(runs, options);
    display.end();
    if (json) console.log(JSON.stringify(results.map(resultJson), null, 2));
    else for (const result of results) printResult(result);
    return results.every(({ outcome }) => outcome !== "failed" && outcome !== "owed") ? 0 : 1;
  },
});

function readParallel(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1) return count;
  throw new UsageError(`--parallel: expected a number of runs, 1 or more; got ${JSON.stringify(text)}`);
}

function dryRun(runs: readonly FoundRun[], json: boolean): number {
  const found = runs.map(({ path, id, run, state, bytes, skipped }) => {
    const { entity, project } = run ?? {};
    return { path, id, entity: entity || null, project: project || null, state, bytes, skipped: skipped ?? null };
  });
  if (json) {
    console.log(JSON.stringify(found, null, 2));
    return 0;
  }
  for (const { path, id, entity, project, state, skipped } of found) {
    const place = [entity, project, id].filter((part) => part !== null).join("/");
    console.log(plain(skipped === null ? `${place}  ${state}  ${path}` : `${place}  skipped: ${skipped}  ${path}`));
  }
  return 0;
}

function resultJson({ run, outcome, reason, progress }: SyncedRun): object {
  const { rows, files, owed, url } = progress ?? {};
  return {
    path: run.path,
    id: run.id,
    outcome,
    reason: reason ?? null,
    url: url ?? null,
    rows: rows?.sent ?? 0,
    files: files?.sent ?? 0,
    bytes: files?.bytes ?? 0,
    owed: owed ?? [],
  };
}

const MAX_LISTED = 20;

function printResult({ run, outcome, reason, progress }: SyncedRun): void {
  const name = run.id || run.path;
  if (progress === undefined || outcome === "skipped") {
    console.log(plain(`${name}: ${outcome}: ${reason}`));
    return;
  }
  const words = {
    uploaded: "uploaded",
    open: "uploaded so far; it has no end (yet): --live follows it, --finish ends it as failed",
    owed: "not everything is there",
    failed: `stopped: ${reason}`,
    skipped: "",
  }[outcome];
  console.log(plain(`${name}: ${words}: ${counts(progress)}${progress.url === null ? "" : `: ${progress.url}`}`));
  for (const { path, reason: why } of progress.owed.slice(0, MAX_LISTED)) console.log(plain(`  owed: ${path}: ${why}`));
  const more = progress.owed.length - MAX_LISTED;
  if (more > 0) console.log(`  and ${more} more, in ${plain(run.log)}.upload`);
}

export function counts({ rows, files }: UploadProgress): string {
  const megabytes = (files.bytes / 1e6).toFixed(1);
  return `${rows.sent} ${rows.sent === 1 ? "row" : "rows"}, ${files.sent} ${files.sent === 1 ? "file" : "files"}, ${megabytes} MB`;
}

/** What is going on, on stderr: one line that changes on a terminal, else what is new now and then. */
class Display {
  readonly #quiet: boolean;
  readonly #terminal = process.stderr.isTTY === true;
  readonly #said = new Map<FoundRun, string>();
  #last = 0;

  constructor(quiet: boolean) {
    this.#quiet = quiet;
  }

  progress(run: FoundRun, progress: UploadProgress): void {
    if (this.#quiet) return;
    if (progress.waiting !== null && this.#said.get(run) !== progress.error?.message) {
      const trouble = progress.waiting.replace(/; trying again in \d+ s$/, "");
      if (this.#said.get(run) === trouble) return;
      this.#said.set(run, trouble);
      this.#clear();
      console.error(plain(`${run.id}: ${progress.waiting}`));
      return;
    }
    const now = Date.now();
    if (now - this.#last < (this.#terminal ? 200 : 10_000)) return;
    this.#last = now;
    const { rows, files } = progress;
    const left = `${rows.sent} of ${rows.read} rows, ${files.sent} of ${files.read} files`;
    if (this.#terminal) process.stderr.write(`\r\x1b[K${plain(run.id)}: ${left}`);
    else console.error(`${plain(run.id)}: ${left}`);
  }

  end(): void {
    if (!this.#quiet) this.#clear();
  }

  #clear(): void {
    if (this.#terminal) process.stderr.write("\r\x1b[K");
  }
}
