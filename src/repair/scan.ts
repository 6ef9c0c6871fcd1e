// A record file, read once from end to end: what is wrong with it, and which files belong to the run.
import { isJson } from "../read/json.ts";
import { JsonTree } from "../read/json-tree.ts";
import { LogReader, type PlacedRecord } from "../read/log-reader.ts";
import { decodeRecord, type FileItem, type Item, type LogRecord, type RunFields } from "../read/records.ts";
import type { RunSource } from "../read/source.ts";
import { MAX_ITEMS, MAX_LINE_BYTES } from "../wandb-format.ts";
import { filesOf, type MediaFile, mediaIn } from "./media.ts";

export interface Problem {
  /** Which kind of problem it is, for programs: "torn", "missing" … */
  readonly code: string;
  readonly message: string;
  /** Below files/. */
  readonly path?: string;
  readonly key?: string;
  readonly step?: number;
  /** Where in the record file, in bytes. */
  readonly start?: number;
  readonly end?: number;
}

/** A file that the run's records name. */
export interface NamedFile extends MediaFile {
  /** Whether a `files` record has W&B upload it. */
  recorded: boolean;
  /** Where it was first logged; null for one that only a `files` record names. */
  key: string | null;
  step: number | null;
}

export interface Scan {
  readonly problems: Problem[];
  /** How many there are; 10,000 are kept. */
  problemCount: number;
  /** By path. */
  readonly files: Map<string, NamedFile>;
  /** Of the first run record; null where there is none. */
  run: RunFields | null;
  /** The first is of a run, as W&B's client wants it, or a header is before it. */
  records: number;
  rows: number;
  exitCode: number | null;
}

const MAX_PROBLEMS = 10_000;

/** Records that may stand before the run's. */
export const BEFORE_RUN: readonly LogRecord["kind"][] = ["header", "telemetry", "environment", "unknown", "request"];

/** Files that W&B's client makes while it uploads: recorded, but not there before. */
const MADE_LATER =
  /^(wandb-metadata\.json|wandb-summary\.json|config\.yaml|output\.log|requirements\.txt|conda-environment\.yaml|diff\.patch|wandb-(history|events)\.jsonl|code\/.*|logs\/.*)$/;

export function report(scan: Scan, problem: Problem): void {
  scan.problemCount++;
  if (scan.problems.length < MAX_PROBLEMS) scan.problems.push(problem);
}

/** @param growing whether a program may still be writing the run: then its end may be missing */
export async function scanRun(source: RunSource, growing: boolean): Promise<Scan> {
  const files = new Map<string, NamedFile>();
  const scan: Scan = { problems: [], problemCount: 0, files, run: null, records: 0, rows: 0, exitCode: null };
  const reader = new LogReader(source);
  const order = { num: 0, step: Number.NEGATIVE_INFINITY };
  for await (const batch of reader.batches(!growing)) {
    for (const placed of batch) {
      scan.records++;
      checkText(scan, placed);
      checkOrder(scan, placed, order);
      look(scan, placed, order);
    }
  }
  for (const { start, end, reason } of reader.damage) {
    const code = reason.startsWith("the file ends") ? "torn" : "damaged";
    report(scan, { code, message: `${end - start} bytes from ${start} on cannot be read: ${reason}`, start, end });
  }
  scan.problemCount += reader.damageCount - reader.damage.length;
  if (scan.run === null) report(scan, { code: "no-run", message: "no record says which run this is" });
  if (scan.exitCode === null && !growing) {
    report(scan, { code: "no-exit", message: "no record says how the run ended: W&B shows such a run as failed" });
  }
  return scan;
}

/** Only what W&B's client reads: an opaque record is passed on as it stands. */
function checkText(scan: Scan, { payload, start, end }: PlacedRecord): void {
  try {
    decodeRecord(payload, true);
  } catch {
    report(scan, {
      code: "not-utf8",
      message: `text in the record at ${start} is not UTF-8: W&B refuses it`,
      start,
      end,
    });
  }
}

function checkOrder(scan: Scan, { record, start }: PlacedRecord, order: { num: number }): void {
  const { num, kind } = record;
  if (num !== 0 && num <= order.num) {
    report(scan, { code: "out-of-order", message: `record ${num} stands behind record ${order.num}`, start });
  }
  order.num = Math.max(order.num, num);
  if (scan.run === null && kind !== "run" && !BEFORE_RUN.includes(kind)) {
    if (!scan.problems.some(({ code }) => code === "run-late")) {
      report(scan, { code: "run-late", message: `a ${kind} record stands before the run's: W&B fails on it`, start });
    }
  }
  if (scan.exitCode !== null && (kind === "history" || kind === "summary")) {
    report(scan, { code: "after-exit", message: `a ${kind} record stands behind the run's end: W&B drops it`, start });
  }
}

function look(scan: Scan, { record, start }: PlacedRecord, order: { step: number }): void {
  switch (record.kind) {
    case "run":
      if (scan.run !== null && scan.run.id !== record.run.id) {
        const message = `a second run, ${JSON.stringify(record.run.id)}, in the file of ${JSON.stringify(scan.run.id)}`;
        report(scan, { code: "two-runs", message, start });
      }
      scan.run ??= record.run;
      checkItems(scan, record.run.config.update, null, start);
      break;
    case "config":
      checkItems(scan, record.update, null, start);
      break;
    case "summary":
      lookAtValues(scan, record.update, null, start);
      break;
    case "history":
      scan.rows++;
      lookAtRow(scan, record.items, record.step, start, order);
      break;
    case "files":
      for (const file of record.files) recordFile(scan, file);
      break;
    case "exit":
      scan.exitCode ??= record.exitCode;
  }
}

function lookAtRow(
  scan: Scan,
  items: readonly Item[],
  recorded: number | null,
  start: number,
  order: { step: number },
) {
  const given = items.find(({ path }) => path.length === 1 && path[0] === "_step");
  const step = Number(given?.json ?? recorded ?? Number.NaN);
  if (Number.isFinite(step)) {
    if (step < order.step) {
      const message = `step ${step} stands behind step ${order.step}: W&B may drop it`;
      report(scan, { code: "step-order", message, step, start });
    }
    order.step = Math.max(order.step, step);
  }
  // A line is never more than twice its values, and costs as much as the record to make.
  const bytes = items.reduce((sum, { path, json }) => sum + json.length + path.join("").length + 8, 0);
  if (bytes * 3 > MAX_LINE_BYTES) {
    const line = new TextEncoder().encode(treeOf(items).toJson()).length;
    if (line > MAX_LINE_BYTES) {
      const message = `step ${step}: its line has ${line} bytes; W&B skips lines over ${MAX_LINE_BYTES}`;
      report(scan, { code: "long-line", message, step, start });
    }
  }
  lookAtValues(scan, items, Number.isFinite(step) ? step : null, start);
}

function checkItems(scan: Scan, items: readonly Item[], step: number | null, start: number): void {
  for (const { path, json } of items) {
    if (isJson(json) && path.length > 0) continue;
    const key = path.join(".");
    const what = path.length === 0 ? "a value without a key" : `the value of ${JSON.stringify(key)} is no JSON`;
    const at = step === null ? {} : { step };
    report(scan, { code: "bad-value", message: `${what}: W&B drops it`, key, ...at, start });
  }
}

function lookAtValues(scan: Scan, items: readonly Item[], step: number | null, start: number): void {
  checkItems(scan, items, step, start);
  if (!items.some(({ json }) => json.includes("media/"))) return;
  for (const { path, value } of mediaIn(treeOf(items).toObject())) {
    const key = path.join(".");
    const { filenames } = value as { filenames?: unknown };
    if (step !== null && Array.isArray(filenames) && filenames.length > MAX_ITEMS) {
      const message = `${JSON.stringify(key)} of step ${step}: ${filenames.length} images in a list; W&B shows ${MAX_ITEMS}`;
      report(scan, { code: "long-list", message, key, step, start });
    }
    for (const file of filesOf(value)) nameFile(scan, file, key, step);
  }
}

/** As W&B's client takes a path: repeated slashes are one. */
export function cleanPath(path: string): string {
  return path.replace(/\/+/g, "/");
}

function nameFile(scan: Scan, file: MediaFile, key: string, step: number | null): void {
  const path = cleanPath(file.path);
  const known = scan.files.get(path);
  scan.files.set(path, {
    path,
    sha256: known?.sha256 ?? file.sha256,
    size: known?.size ?? file.size,
    recorded: known?.recorded ?? false,
    key: known?.key ?? key,
    step: known?.step ?? step,
  });
}

function recordFile(scan: Scan, { path: given, type }: FileItem): void {
  const path = cleanPath(given);
  const isGlob = !path.startsWith("media/") && /[*?[\]]/.test(path); // of Python's run.save
  if (MADE_LATER.test(path) || isGlob || type === "wandb") return;
  const known = scan.files.get(path);
  if (known !== undefined) known.recorded = true;
  else scan.files.set(path, { path, sha256: null, size: null, recorded: true, key: null, step: null });
}

/** The values of a row or an update, put together. */
export function treeOf(items: readonly Item[]): JsonTree {
  const tree = new JsonTree("merge");
  for (const { path, json } of items) if (path.length > 0 && isJson(json)) tree.set(path, json);
  return tree;
}

/** The first digits of a file's SHA-256 that W&B's names of media end with; null for other names. */
export function digitsOf(path: string): string | null {
  return /^media\/.*_([0-9a-f]{20})(\.[^/]*)?$/.exec(path)?.[1] ?? null;
}
