// `npx wandb-image ls`: names and states first need a few blocks of each file; counts and last values come as each file is
// read whole, line by line.
import { openFolder } from "../read/folder.ts";
import { listRuns, type RunListing } from "../read/list.ts";
import { RunIndex } from "../read/run-index.ts";
import { defineCommand, plain } from "./command.ts";

const HELP = `
List the runs in a folder: name, state, steps, pictures, last values.

usage: npx wandb-image ls [folder] [--json]

  folder   a run's folder, a wandb folder, or the folder it lies in; default WANDB_DIR, else the current folder
  --json   one JSON array, for programs; NaN, Infinity and integers over 2^53 are strings in it

A run is live while its file grows, stopped when it says nothing of its end and did not grow for a minute, finished or
failed as it ended itself.
`;

export const command = defineCommand({
  help: HELP,
  options: { json: { type: "boolean" } },
  async run([dir = process.env.WANDB_DIR || "."], { json = false }) {
    const runs = await listRuns(dir);
    if (json) await printJson(runs);
    else if (runs.length === 0) console.log(`no runs in ${plain(dir)}: looked for wandb/*run-*/run-*.wandb`);
    else await printTable(runs, process.stdout.isTTY ? process.stdout.columns : undefined);
    return 0;
  },
});

interface Contents {
  /** The step of the last row, or null where there is none. */
  readonly lastStep: number | null;
  readonly rows: number;
  readonly pictures: number;
  readonly summary: Readonly<Record<string, unknown>>;
}

async function contentsOf({ dir, problem }: RunListing): Promise<Contents> {
  if (problem !== null) return { lastStep: null, rows: 0, pictures: 0, summary: {} };
  const source = await openFolder(dir);
  try {
    const index = new RunIndex(source);
    await index.update();
    const { columns, fold } = index;
    const { _wandb, ...summary } = fold.summary.toObject();
    return { lastStep: columns.steps.at(-1) ?? null, rows: columns.rows, pictures: columns.pictures, summary };
  } finally {
    await source.close();
  }
}

async function printJson(runs: readonly RunListing[]): Promise<void> {
  const list = [];
  for (const listing of runs) {
    const { run, state, exit, dir, id, problem } = listing;
    list.push({
      id,
      name: run?.name ?? "",
      project: run?.project ?? "",
      entity: run?.entity ?? "",
      state,
      exitCode: exit?.code ?? null,
      startTime: run?.startTime ? new Date(run.startTime).toISOString() : null,
      dir,
      ...(await contentsOf(listing)),
      problem,
    });
  }
  console.log(JSON.stringify(list, jsonValue, 2));
}

/** What JSON has no form for. */
function jsonValue(_: string, value: unknown): unknown {
  return typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value)) ? String(value) : value;
}

async function printTable(runs: readonly RunListing[], width = Number.POSITIVE_INFINITY): Promise<void> {
  const names = runs.map(({ run }) => shortened(plain(run?.name ?? ""), 32));
  const ids = runs.map(({ id }) => shortened(plain(id), 32));
  const widest = (texts: readonly string[]) => Math.max(4, ...texts.map((text) => text.length));
  const [idWidth, nameWidth] = [widest(ids), widest(names)];
  const line = (
    id: string,
    name: string,
    state: string,
    steps: string,
    pictures: string,
    start: string,
    rest: string,
  ) =>
    [
      id.padEnd(idWidth),
      name.padEnd(nameWidth),
      state.padEnd(11),
      steps.padStart(7),
      pictures.padStart(8),
      start.padEnd(16),
      rest,
    ]
      .join("  ")
      .trimEnd();
  console.log(line("ID", "NAME", "STATE", "STEPS", "PICTURES", "STARTED", "LAST VALUES"));
  for (const [i, listing] of runs.entries()) {
    const { rows, pictures, summary } = await contentsOf(listing);
    const rest = listing.problem === null ? lastValues(summary) : plain(listing.problem);
    const text = line(ids[i]!, names[i]!, stateOf(listing), String(rows), String(pictures), startOf(listing), rest);
    console.log(shortened(text, width));
  }
}

function stateOf({ state, exit, problem }: RunListing): string {
  if (problem !== null) return "unreadable";
  return state === "failed" ? `failed (${exit!.code})` : state;
}

/** Local time, to the minute. */
function startOf({ run }: RunListing): string {
  if (!run?.startTime) return "";
  const date = new Date(run.startTime);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** Numbers and short texts; W&B's own keys are left out. */
function lastValues(summary: Readonly<Record<string, unknown>>): string {
  return Object.entries(summary)
    .filter(([key]) => !key.startsWith("_"))
    .flatMap(([key, value]) => {
      if (typeof value === "number") return [`${plain(key)} ${Number(value.toPrecision(5))}`];
      if (typeof value === "bigint" || typeof value === "boolean") return [`${plain(key)} ${value}`];
      if (typeof value === "string" && value.length <= 40) return [`${plain(key)} ${plain(value)}`];
      return [];
    })
    .join("  ");
}

function shortened(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
