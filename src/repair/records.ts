// The records of a damaged run → those of a whole one: in order, the run's first and its end last, without what is lost.
import { PbfReader } from "pbf";
import {
  configRecord,
  exitRecord,
  filesRecord,
  finalRecord,
  historyRecord,
  type RecordBuilder,
  runRecord,
  summaryRecord,
  summaryRemovalRecord,
} from "../log/records.ts";
import { randomRunId } from "../log/store.ts";
import { jsonText, type Value } from "../log/values.ts";
import { isJson } from "../read/json.ts";
import { LogReader } from "../read/log-reader.ts";
import { decodeRecord, type FileItem, type Item, type LogRecord, RecordError } from "../read/records.ts";
import type { RunSource } from "../read/source.ts";
import type { FilePlan } from "./files.ts";
import { filesOf, mediaIn, withoutLost } from "./media.ts";
import { BEFORE_RUN, cleanPath, type Scan, treeOf } from "./scan.ts";

export interface LostLeaf {
  readonly key: string;
  /** null for a value of the summary. */
  readonly step: number | null;
  /** Below files/. */
  readonly path: string;
}

export interface Rebuilt {
  kept: number;
  rewritten: number;
  dropped: number;
  readonly lost: LostLeaf[];
  run: "kept" | "moved to the front" | "made anew";
  exit: "kept" | "made anew: exit code 1";
}

export interface Identity {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly startTime: number;
}

interface Whole {
  readonly record: LogRecord;
  readonly payload: Uint8Array;
  /** Where it lies in the old file. */
  readonly start: number;
}

/** @param rebuilt is filled in on the way */
export async function* rebuild(
  source: RunSource,
  scan: Scan,
  plan: FilePlan,
  identity: Identity,
  rebuilt: Rebuilt,
): AsyncGenerator<RecordBuilder, void, undefined> {
  const recorded = new Set<string>();
  const run = scan.run === null ? null : await firstRun(source);
  let begun = false;
  let exit: Whole | null = null;
  for await (const whole of wholeRecords(source, scan)) {
    const { record } = whole;
    if (!begun && (record.kind === "run" || !BEFORE_RUN.includes(record.kind))) {
      begun = true;
      if (record.kind !== "run") rebuilt.run = run === null ? "made anew" : "moved to the front";
      yield runBuilder(run, identity);
    }
    if (record.kind === "run" && whole.start === run?.start) rebuilt.kept++;
    else if (record.kind === "exit") exit ??= { ...whole, payload: whole.payload.slice() };
    else if (record.kind !== "final" && record.kind !== "footer") yield* rewritten(whole, plan, recorded, rebuilt, run);
  }
  if (!begun) {
    rebuilt.run = run === null ? "made anew" : "kept";
    yield runBuilder(run, identity);
  }
  for (const path of plan.unnamed) if (!recorded.has(path)) yield filesRecord(path);
  rebuilt.exit = exit === null ? "made anew: exit code 1" : "kept";
  yield exit === null ? exitRecord(1, 0) : renumbered(exit.payload);
  yield finalRecord();
}

interface FirstRun {
  readonly id: string;
  readonly start: number;
  readonly builder: RecordBuilder;
}

async function firstRun(source: RunSource): Promise<FirstRun | null> {
  const reader = new LogReader(source, { wants: (kind) => kind === "run" });
  for await (const batch of reader.batches(true)) {
    for (const { record, payload, start } of batch) {
      if (record.kind !== "run") continue;
      const { id, config, ...fields } = record.run;
      if (isStrict(payload)) return { id, start, builder: renumbered(payload.slice()) };
      const given = { ...fields, id, config: good(config.update), mailboxSlot: randomRunId() };
      return { id, start, builder: runRecord(given) };
    }
  }
  return null;
}

function runBuilder(run: FirstRun | null, { id, startTime }: Identity): RecordBuilder {
  return run?.builder ?? runRecord({ id, startTime, config: [], tags: [], mailboxSlot: randomRunId() });
}

/** In the order of their numbers, where the file's is another: of a file whose blocks were mixed up. */
async function* wholeRecords(source: RunSource, scan: Scan): AsyncGenerator<Whole, void, undefined> {
  const reader = new LogReader(source);
  const mixed = scan.problems.some(({ code }) => code === "out-of-order");
  const all: Whole[] = [];
  for await (const batch of reader.batches(true)) {
    for (const { record, payload, start } of batch) {
      if (mixed) all.push({ record, payload: payload.slice(), start });
      else yield { record, payload, start };
    }
  }
  all.sort((a, b) => a.record.num - b.record.num);
  let before: Whole | null = null;
  for (const whole of all) {
    const again = before !== null && before.record.num === whole.record.num && isEqual(before.payload, whole.payload);
    if (!again) yield whole; // a block may lie there twice
    before = whole;
  }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function* rewritten(
  { record, payload }: Whole,
  plan: FilePlan,
  recorded: Set<string>,
  rebuilt: Rebuilt,
  run: FirstRun | null,
): Generator<RecordBuilder, void, undefined> {
  const builders = buildersOf(record, payload, plan, recorded, rebuilt, run);
  if (builders === null) {
    rebuilt.kept++;
    yield renumbered(payload.slice());
  } else {
    if (builders.length === 0) rebuilt.dropped++;
    else rebuilt.rewritten++;
    yield* builders;
  }
}

/** null: the record stays as it is. */
function buildersOf(
  record: LogRecord,
  payload: Uint8Array,
  plan: FilePlan,
  recorded: Set<string>,
  rebuilt: Rebuilt,
  run: FirstRun | null,
): RecordBuilder[] | null {
  const strict = isStrict(payload);
  switch (record.kind) {
    case "history": {
      const { items, changed, files } = spared(record.items, plan, stepOf(record), rebuilt.lost);
      const missed = recordedNow(files, recorded);
      if (strict && !changed) return missed.length === 0 ? null : [...missed, renumbered(payload.slice())];
      return [...missed, historyRecord(stepOf(record) ?? 0, items)];
    }
    case "summary": {
      const { items, changed, files } = spared(record.update, plan, null, rebuilt.lost);
      const missed = recordedNow(files, recorded);
      if (strict && !changed) return missed.length === 0 ? null : [...missed, renumbered(payload.slice())];
      const removal = record.remove.filter((path) => path.length > 0);
      return [
        ...missed,
        ...(items.length > 0 ? [summaryRecord(items)] : []),
        ...(removal.length > 0 ? [summaryRemovalRecord(removal)] : []),
      ];
    }
    case "config": {
      const items = good(record.update);
      if (strict && items.length === record.update.length) return null;
      return items.length > 0 ? [configRecord(items)] : [];
    }
    case "files":
      return recordedFiles(record.files, plan, recorded, strict);
    case "run":
      return record.run.id === run?.id && strict ? null : [];
    default:
      return strict ? null : [];
  }
}

/** Records of files that a value names before any record of theirs: theirs is lost. */
function recordedNow(files: readonly string[], recorded: Set<string>): RecordBuilder[] {
  const missed = [...new Set(files)].filter((path) => !recorded.has(path));
  for (const path of missed) recorded.add(path);
  return missed.map(filesRecord);
}

function recordedFiles(files: readonly FileItem[], plan: FilePlan, recorded: Set<string>, strict: boolean) {
  const kept = files.filter(({ path }) => !plan.lost.has(cleanPath(path)) && !recorded.has(cleanPath(path)));
  for (const { path } of kept) recorded.add(cleanPath(path));
  if (strict && kept.length === files.length) return null;
  return kept.map(({ path }) => filesRecord(path));
}

function stepOf(record: LogRecord & { kind: "history" }): number | null {
  const given = record.items.find(({ path }) => path.length === 1 && path[0] === "_step");
  const step = Number(given?.json ?? record.step ?? Number.NaN);
  return Number.isFinite(step) ? step : null;
}

/** A row's or an update's values without the media that are lost and without what is no JSON; and the media that it names. */
function spared(items: readonly Item[], plan: FilePlan, step: number | null, lost: LostLeaf[]) {
  const kept = good(items);
  const files: string[] = [];
  if (!kept.some(({ json }) => json.includes("media/"))) {
    return { items: kept, changed: kept.length !== items.length, files };
  }
  const tree = treeOf(kept);
  const isLost = (path: string) => plan.lost.has(cleanPath(path));
  let changed = kept.length !== items.length;
  for (const { path, value } of mediaIn(tree.toObject())) {
    const named = [...filesOf(value)].map((file) => file.path);
    files.push(...named.filter((name) => !isLost(name)).map(cleanPath));
    const gone = named.filter(isLost);
    if (gone.length === 0) continue;
    changed = true;
    for (const name of gone) lost.push({ key: path.join("."), step, path: name });
    tree.remove(path);
    const rest = withoutLost(value, isLost);
    if (rest !== undefined) tree.set(path, jsonText(rest as Value));
  }
  return { items: changed ? [...tree.leaves(Number.POSITIVE_INFINITY)] : kept, changed, files };
}

function good(items: readonly Item[]): Item[] {
  return items.filter(({ path, json }) => path.length > 0 && isJson(json));
}

function isStrict(payload: Uint8Array): boolean {
  try {
    decodeRecord(payload, true);
    return true;
  } catch (error) {
    if (error instanceof RecordError) return false;
    throw error;
  }
}

/** The same record under another number (field 1). */
function renumbered(payload: Uint8Array): RecordBuilder {
  const pbf = new PbfReader(payload);
  const parts: Uint8Array[] = [];
  for (;;) {
    const start = pbf.pos;
    const field = pbf.nextField();
    if (field === 0) break;
    pbf.skip(pbf.type);
    if (field !== 1) parts.push(payload.subarray(start, pbf.pos));
  }
  return (num) => {
    const head = [8];
    for (let rest = num; ; rest = Math.floor(rest / 128)) {
      head.push(rest >= 128 ? (rest % 128) + 128 : rest);
      if (rest < 128) break;
    }
    const bytes = new Uint8Array(head.length + parts.reduce((sum, part) => sum + part.length, 0));
    bytes.set(head);
    let end = head.length;
    for (const part of parts) {
      bytes.set(part, end);
      end += part.length;
    }
    return bytes;
  };
}
