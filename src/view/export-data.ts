// A run's rows as CSV and JSON, and its pictures as files in a folder.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { RunFold } from "../read/fold.ts";
import { parseJson } from "../read/json.ts";
import { readRows } from "../read/rows.ts";
import type { Picked } from "./picked.ts";
import type { RunAnswers } from "./run-answers.ts";

export type Write = (text: string) => Promise<void>;

type Row = Readonly<Record<string, unknown>>;

async function* rowsOf({ read, source }: RunAnswers): AsyncGenerator<Row> {
  const fold = new RunFold();
  const all = Array.from(read.columns.steps.keys());
  for await (const { items, step } of readRows(source, read.columns, all)) {
    const change = fold.add({ kind: "history", num: 0, items, step });
    if (change.kind === "row") yield parseJson(change.line) as Row;
  }
}

/** RFC 4180: a column a key, _step first; pictures as their paths, lists and objects as JSON. */
export async function writeCsv(answers: RunAnswers, keys: (key: string) => boolean, write: Write): Promise<void> {
  const all = [...answers.read.columns.all.values()].filter(({ key }) => key !== "_step" && keys(key));
  // W&B's own columns come last.
  const columns = [...all.filter(({ key }) => !key.startsWith("_")), ...all.filter(({ key }) => key.startsWith("_"))];
  await write(`${["_step", ...columns.map(({ key }) => key)].map(quoted).join(",")}\r\n`);
  for await (const row of rowsOf(answers)) {
    const values = columns.map(({ path }) => quoted(textOf(valueAt(row, path))));
    await write(`${[String(row._step), ...values].join(",")}\r\n`);
  }
}

function valueAt(row: Row, path: readonly string[]): unknown {
  let value: unknown = row;
  for (const key of path)
    value = typeof value === "object" && value !== null && Object.hasOwn(value, key) ? (value as Row)[key] : undefined;
  return value;
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "object") return String(value);
  const { _type, path, filenames } = value as { _type?: unknown; path?: unknown; filenames?: unknown };
  if (_type !== undefined && typeof path === "string") return path;
  if (_type !== undefined && Array.isArray(filenames)) return filenames.join(" ");
  return JSON.stringify(value, plain);
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** JSON has no NaN: as in W&B's own answers they are told as text, and so are integers that a number cannot hold. */
function plain(_: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

/** One object: what the run is, config, summary, and every row. */
export async function writeJson(answers: RunAnswers, keys: (key: string) => boolean, write: Write): Promise<void> {
  const { fold } = answers.read;
  const { _wandb: _c, ...config } = fold.config.toObject();
  const { _wandb: _s, ...summary } = fold.summary.toObject();
  const { id, name, project, entity, group, jobType, notes, tags, startTime } = fold.run ?? {};
  const about = {
    id,
    name,
    project,
    entity,
    group,
    jobType,
    notes,
    tags,
    startTime,
    exitCode: fold.exit?.code ?? null,
  };
  const isKept = ([key]: [string, unknown]) => key.startsWith("_") || keys(key);
  const last = Object.fromEntries(Object.entries(summary).filter(isKept));
  const head = JSON.stringify({ ...about, config, summary: last }, plain, 2);
  await write(`${head.slice(0, -2)},\n  "rows": [`);
  let before = "\n";
  for await (const row of rowsOf(answers)) {
    const kept = Object.fromEntries(Object.entries(row).filter(isKept));
    await write(`${before}    ${JSON.stringify(kept, plain)}`);
    before = ",\n";
  }
  await write("\n  ]\n}\n");
}

/**
 * The pictures as they were logged, `<key>/<step>.<ending>` or `<key>/<step>_<item>.<ending>`, masks beside them, and
 * index.json with captions and boxes.
 * @returns how many pictures were written, and the paths of those that were missing
 */
export async function writeImages(
  answers: RunAnswers,
  pictures: readonly Picked[],
  folder: string,
): Promise<{ written: number; missing: string[] }> {
  const missing: string[] = [];
  const index: object[] = [];
  const save = async (path: string, name: string): Promise<string | null> => {
    const bytes = await answers.source.file(path);
    if (bytes === null) {
      missing.push(path);
      return null;
    }
    const file = `${name}${extname(path) || ".png"}`;
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), bytes);
    return file;
  };
  await mkdir(folder, { recursive: true });
  for (const { key, step, item, count, mark } of pictures) {
    const name = `${safeName(key)}/${String(step).padStart(6, "0")}${count > 1 ? `_${item}` : ""}`;
    const file = await save(mark.path, name);
    if (file === null) continue;
    const masks: Record<string, string | null> = {};
    for (const [layer, path] of Object.entries(mark.masks ?? {}))
      masks[layer] = await save(path, `${name}.${safeName(layer)}`);
    const { caption = null, boxes = {} } = mark;
    index.push({ key, step, item, file, caption, boxes, masks });
  }
  await writeFile(join(folder, "index.json"), `${JSON.stringify(index, null, 1)}\n`);
  return { written: index.length, missing };
}

/** A key as folders and a file's name that lead nowhere else. */
function safeName(key: string): string {
  return (
    key
      .split("/")
      // biome-ignore lint/suspicious/noControlCharactersInRegex: no file system takes them
      .map((part) => part.replace(/[\x00-\x1f<>:"\\|?*]/g, "_").replace(/^\.+$/, "_"))
      .filter((part) => part !== "")
      .join("/")
  );
}
