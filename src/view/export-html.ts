// Runs as a page that needs no server: all answers in one file, the pictures in it or beside it.
import type { Column, ConsoleAnswer, PictureMark, PictureRow, RunHead, RunIndex, RunsAnswer } from "./api.ts";
import { packSteps, unpackSteps } from "./api.ts";
import { jsonOf } from "./json.ts";
import type { RunAnswers } from "./run-answers.ts";

/** What the page finds in itself. */
export interface Exported {
  readonly runs: RunsAnswer;
  readonly data: Readonly<
    Record<
      string,
      {
        readonly index: RunIndex;
        readonly rows: Readonly<Record<string, readonly PictureRow[]>>;
        readonly columns: Readonly<Record<string, Column>>;
        readonly console: ConsoleAnswer;
      }
    >
  >;
  /** Where the files lie, as seen from the page; "" where they are in it. */
  readonly folder: string;
}

export interface ExportOptions {
  readonly keys: (key: string) => boolean;
  /** Every how many steps of a key; the last one is always there. */
  readonly every: number;
  /** Bytes that all pictures may have together. */
  readonly maxBytes: number;
}

/** A file that the page needs. */
export interface ExportedFile {
  readonly run: string;
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface HtmlExport {
  readonly exported: Omit<Exported, "folder">;
  readonly files: readonly ExportedFile[];
  /** What was left out, in words; "" where nothing was. */
  readonly note: string;
}

/** A column longer than this is thinned: the page is to look at. */
const MAX_COLUMN = 20_000;

export interface RunToExport {
  readonly head: RunHead;
  readonly answers: RunAnswers;
}

export async function exportRuns(runs: readonly RunToExport[], options: ExportOptions): Promise<HtmlExport> {
  // Steps are left out evenly until the rest fits.
  for (let every = Math.max(1, options.every); ; every *= 2) {
    const attempt = await collect(runs, options, every);
    const isLeast = attempt.steps <= attempt.keys;
    if (attempt.bytes > options.maxBytes && !isLeast) continue;
    if (attempt.bytes > options.maxBytes) {
      throw new RangeError(
        `the last step's pictures alone have ${attempt.bytes} bytes; expected at most ${options.maxBytes} (--max-size). ` +
          "Choose fewer keys with --keys",
      );
    }
    const note = noteOf(attempt, every, options);
    const { data, files } = attempt;
    const place = runs.map(({ head }) => head.folder).join(", ");
    const heads = runs.map(({ head }) => ({
      ...head,
      ...(head.state === "live" ? { state: "stopped" as const } : {}),
    }));
    return { exported: { runs: { place, runs: heads, ...(note ? { note } : {}) }, data }, files, note };
  }
}

interface Attempt {
  readonly data: Exported["data"];
  readonly files: readonly ExportedFile[];
  readonly bytes: number;
  readonly keys: number;
  readonly steps: number;
  readonly allSteps: number;
  readonly missing: number;
}

async function collect(runs: readonly RunToExport[], options: ExportOptions, every: number): Promise<Attempt> {
  const data: Record<string, Exported["data"][string]> = {};
  const files = new Map<string, ExportedFile>();
  let [bytes, keys, steps, allSteps, missing] = [0, 0, 0, 0, 0];
  for (const { answers } of runs) {
    const index = answers.index();
    const rows: Record<string, PictureRow[]> = {};
    for (const [key, packed] of Object.entries(index.pictures)) {
      if (!options.keys(key)) continue;
      keys++;
      allSteps += unpackSteps(packed).length;
      rows[key] = await keptRows(answers, key, unpackSteps(packed).length, every);
      steps += rows[key].length;
      for (const mark of rows[key].flatMap(({ pictures }) => pictures)) {
        for (const path of pathsOf(mark)) {
          const name = `${answers.id}/${path}`;
          if (files.has(name) || bytes > options.maxBytes) continue;
          const file = await answers.source.file(path);
          if (file === null) missing++;
          else {
            files.set(name, { run: answers.id, path, bytes: file });
            bytes += file.length;
          }
        }
      }
    }
    const pictures = Object.fromEntries(
      Object.entries(rows).map(([key, kept]) => [key, packSteps(kept.map(({ step }) => step))]),
    );
    const columns = Object.fromEntries(
      Object.keys(index.scalars)
        .filter((key) => options.keys(key) || key.startsWith("_"))
        .map((key) => [key, shortened(answers.column(key))]),
    );
    const scalars = Object.fromEntries(Object.entries(index.scalars).filter(([key]) => key in columns));
    const console = await answers.console();
    data[answers.id] = { index: { ...index, pictures, scalars }, rows, columns, console };
  }
  return { data, files: [...files.values()], bytes, keys, steps, allSteps, missing };
}

/** Every `every`-th, counted so that the last one is among them. */
async function keptRows(answers: RunAnswers, key: string, count: number, every: number): Promise<PictureRow[]> {
  if (every === 1) return answers.rows(key, 0, count);
  const kept: PictureRow[] = [];
  for (let i = (count - 1) % every; i < count; i += every) kept.push(...(await answers.rows(key, i, i + 1)));
  return kept;
}

function pathsOf({ path, masks }: PictureMark): string[] {
  return [path, ...Object.values(masks ?? {})];
}

function shortened(column: Column): Column {
  const by = Math.ceil(column.values.length / MAX_COLUMN);
  if (by <= 1) return column;
  const steps = unpackSteps(column.steps).filter((_, i) => i % by === 0);
  return { steps: packSteps(steps), values: column.values.filter((_, i) => i % by === 0) };
}

function noteOf({ steps, allSteps, missing }: Attempt, every: number, { every: asked }: ExportOptions): string {
  const left = allSteps - steps;
  const parts = [];
  if (left > 0) {
    parts.push(
      `${left} of ${allSteps} steps with pictures are left out (every ${every}${every > asked ? ", for its size" : ""})`,
    );
  }
  if (missing > 0) parts.push(`${missing} files were missing`);
  return parts.join("; ");
}

/** The page's data as script elements, which nothing that was logged can leave. */
export function dataElements(exported: Exported, files: readonly ExportedFile[]): string {
  const json = jsonOf(exported).replaceAll("<", "\\u003c");
  const elements = [`<script type="application/json" id="wandb-image-runs">${json}</script>`];
  for (const { run, path, bytes } of files) {
    const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
    elements.push(`<script type="text/plain" data-file="${attribute(`${run}/${path}`)}">${base64}</script>`);
  }
  return elements.join("\n");
}

function attribute(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
