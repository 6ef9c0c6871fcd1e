// Rows, config and summary → records, in the order W&B's readers want: media first, then summary and history, and at the
// end exit and final. Everything here is synchronous; what a call changes here changes only once it is written.
import type { ClassLabels, MediaRun } from "../image/media-run.ts";
import { quoted } from "../messages.ts";
import { MAX_LINE_BYTES } from "../wandb-format.ts";
import type { OnWarning } from "../warnings.ts";
import { bindImages } from "./media.ts";
import type { Leaf, RecordBuilder, RunDescription } from "./records.ts";
import {
  configRecord,
  exitRecord,
  filesRecord,
  finalRecord,
  historyRecord,
  runRecord,
  summaryRecord,
  summaryRemovalRecord,
} from "./records.ts";
import type { Settings } from "./settings.ts";
import type { Store } from "./store.ts";
import { checkMediaPath, StorageError } from "./store.ts";
import type { Change, Tree } from "./tree.ts";
import { eachLeaf, emptyTree, isTree, mapTree, merge, mergeKeys, replacedLeaves, revert } from "./tree.ts";
import type { ValueMap } from "./values.ts";
import { jsonText, jsonTree } from "./values.ts";
import { frameRecords } from "./wandb-file.ts";

/** Characters of JSON that a row may have: a record of more may not fit the memory that it is made in, nor a reader's. */
const MAX_ROW_LENGTH = 2 ** 29;

/** When `log` was called. */
export interface LogTime {
  /** Seconds since 1970. */
  readonly timestamp: number;
  /** Seconds since the run began. */
  readonly runtime: number;
}

/** What a run's .wandb file begins with. */
export function logStart(settings: Settings, id: string, startTime: number, host: string | undefined): Uint8Array {
  const run = runRecord({ ...settings, id, mailboxSlot: id, config: configItems(settings.config), host, startTime });
  return frameRecords([run(1)], 0);
}

/** Config goes in whole values under its top keys, as W&B writes it. */
export function configItems(config: ValueMap): Leaf[] {
  return Object.entries(config).map(([key, value]) => ({ path: [key], json: jsonText(value) }));
}

export class RunWriter {
  readonly #store: Store;
  readonly #onWarning: OnWarning;
  /** The run record is there. */
  #records = 1;
  /** The open row's leaves as JSON, so that what cannot be written shows when `log` is called. */
  #row: Tree<string> = emptyTree();
  #rowIsOpen = false;
  #rowStep = 0;
  #rowLength = 0;
  /** The keys of what the file's summary holds, to know what a later value takes away. */
  readonly #summary: Tree<true> = emptyTree();
  /** Paths of the open step and of the one before. Steps are in the paths, so that older ones do not come again. */
  #saved = new Set<string>();
  #savedBefore = new Set<string>();
  #mediaFiles = 0;
  /** Records of media that are saved; they go with the next write, ahead of what it is about. */
  #unrecorded: RecordBuilder[] = [];
  #isBinding = false;
  readonly #labels = new Map<string, string>();

  constructor(store: Store, onWarning: OnWarning) {
    this.#store = store;
    this.#onWarning = onWarning;
  }

  /** How many media files were saved. */
  get mediaFiles(): number {
    return this.#mediaFiles;
  }

  /** The run's own record once more, as something of it changed. */
  run(run: RunDescription): void {
    this.#append(runRecord({ ...run, mailboxSlot: run.id }));
  }

  config(items: readonly Leaf[]): void {
    this.#append(configRecord(items));
  }

  saveMedia(path: string, bytes: Uint8Array): void {
    checkMediaPath(path);
    if (!this.#saved.has(path) && !this.#savedBefore.has(path)) {
      // the hash is in the name: the same bytes
      this.#store.saveMedia(path, bytes);
      this.#unrecorded.push(filesRecord(path));
      this.#saved.add(path);
      this.#mediaFiles++;
    }
    if (!this.#isBinding) this.#append();
  }

  saveClassLabels(kind: "bounding_box/class_labels" | "mask/class_labels", key: string, labels: ClassLabels): void {
    const path = ["_wandb", kind, key];
    const json = jsonText({ type: kind, key, value: { ...labels } });
    const place = path.join("\0");
    if (this.#labels.get(place) === json) return;
    this.#append(configRecord([{ path, json }]));
    this.#labels.set(place, json);
  }

  /**
   * Adds to the open row of `step`, saving media for `run`, and closes the row if that is asked for. Where it throws the row is
   * without this call.
   * @returns the values with the JSON of media in their place
   */
  log(run: MediaRun, values: ValueMap, step: number, time: LogTime, close: boolean): ValueMap {
    const bound = this.#bind(values, run, step);
    if (!close) this.#append(); // the media of an open row survive
    // The caller's own timestamp is kept, as W&B does.
    const timestamp = typeof values._timestamp === "number" ? values._timestamp : time.timestamp;
    const update = jsonTree(bound);
    update._step = String(step);
    update._runtime = String(time.runtime);
    update._timestamp = String(timestamp);
    const takeBack = this.#addToRow(update, step);
    if (!close) return bound;
    try {
      this.#writeRow();
    } catch (error) {
      takeBack();
      throw error;
    }
    return bound;
  }

  /** Saves the media of `values`, all of whose records go in one write: one write for each would take as long as its file. */
  #bind(values: ValueMap, run: MediaRun, step: number): ValueMap {
    this.#isBinding = true;
    try {
      return bindImages(values, run, step, this.#onWarning);
    } finally {
      this.#isBinding = false;
    }
  }

  /** @returns what takes it out of the row again */
  #addToRow(update: Tree<string>, step: number): () => void {
    const added = textLength(update);
    if (this.#rowLength + added > MAX_ROW_LENGTH) {
      throw new RangeError(
        `step ${step}: expected a row of at most ${MAX_ROW_LENGTH} characters of JSON; got ${this.#rowLength + added}. Log less in one step`,
      );
    }
    const [row, wasOpen, length] = [this.#row, this.#rowIsOpen, this.#rowLength];
    const changes: Change<string>[] = [];
    if (wasOpen) merge(row, update, changes);
    else this.#row = update;
    this.#rowIsOpen = true;
    this.#rowStep = step;
    this.#rowLength += added;
    for (const { before } of changes) if (before !== undefined) this.#rowLength -= textLength(before);
    return () => {
      revert(changes);
      [this.#row, this.#rowIsOpen, this.#rowLength] = [row, wasOpen, length];
    };
  }

  /**
   * Writes the row that calls before this one filled. Where the storage is not the cause of a failure, the row goes, with a
   * warning: it would stop all rows after it.
   */
  closeRow(): void {
    if (!this.#rowIsOpen) return;
    try {
      this.#writeRow();
    } catch (error) {
      if (error instanceof StorageError) throw error;
      this.#startRow();
      const message = `step ${this.#rowStep}: the row cannot be written and is left out: ${(error as Error).message}`;
      this.#onWarning({ code: "row-dropped", message });
    }
  }

  #writeRow(): void {
    const [row, step, length] = [this.#row, this.#rowStep, this.#rowLength];
    const leaves = leavesOf(row);
    // W&B keeps nulls in the history but not in the summary.
    const known = leaves.filter(({ json }) => json !== "null");
    const isWhole = known.length === leaves.length;
    const last = isWhole ? row : mapTree(row, (json) => (json === "null" ? undefined : json));
    // The same leaves in both records are encoded once.
    this.#append(...this.#summaryRecords(last, isWhole ? leaves : known), historyRecord(step, leaves));
    mergeKeys(this.#summary, last);
    this.#startRow();
    if (length * 3 > MAX_LINE_BYTES) this.#warnOfLongLine(row, step); // a character is at most 3 bytes
  }

  #startRow(): void {
    this.#row = emptyTree();
    this.#rowIsOpen = false;
    this.#rowLength = 0;
    this.#savedBefore = this.#saved;
    this.#saved = new Set();
  }

  /** What the user sets on the summary. @returns the values with the JSON of media in their place */
  summary(run: MediaRun, values: ValueMap, step: number): ValueMap {
    const bound = this.#bind(values, run, step);
    const update = jsonTree(bound);
    this.#append(...this.#summaryRecords(update, leavesOf(update)));
    mergeKeys(this.#summary, update);
    return bound;
  }

  /** @param isComplete whether the run ends, and not only one of its writers */
  end(exitCode: number, runtime: number, isComplete = true): void {
    this.closeRow();
    const seconds = Math.floor(runtime);
    const leaf = { path: ["_wandb", "runtime"], json: String(seconds) };
    this.#append(summaryRecord([leaf]), exitRecord(exitCode, seconds, isComplete), finalRecord());
  }

  /** W&B leaves old leaves (a caption that the next picture has not) in the summary; here they go. */
  #summaryRecords(update: Tree<string>, leaves: readonly Leaf[]): RecordBuilder[] {
    const replaced = replacedLeaves(this.#summary, update);
    return [
      ...(replaced.length > 0 ? [summaryRemovalRecord(replaced)] : []),
      ...(leaves.length > 0 ? [summaryRecord(leaves)] : []),
    ];
  }

  #warnOfLongLine(row: Tree<string>, step: number): void {
    let [line, key, size] = [1, "", 0]; // braces, and a comma less than keys
    for (const name in row) {
      const bytes = byteLength(treeText(row[name]!));
      line += byteLength(JSON.stringify(name)) + 1 + bytes + 1;
      if (bytes > size) [key, size] = [name, bytes];
    }
    if (line <= MAX_LINE_BYTES) return;
    const message =
      `step ${step}: its history line has ${line} bytes, and W&B's client skips lines over ${MAX_LINE_BYTES}; ` +
      `the longest key is ${quoted(key)} with ${size}. Log less in one step`;
    this.#onWarning({ code: "long-line", message });
  }

  /** All or nothing, in one write. */
  #append(...records: RecordBuilder[]): void {
    const all = this.#unrecorded.length === 0 ? records : [...this.#unrecorded, ...records];
    if (all.length === 0) return;
    this.#store.append(frameRecords(numbered(all, this.#records + 1), this.#store.length));
    this.#records += all.length;
    this.#unrecorded = [];
  }
}

/** Each record is made when it is asked for: they share the memory that they are made in. */
function* numbered(records: readonly RecordBuilder[], first: number): Generator<Uint8Array, void, undefined> {
  let num = first;
  for (const record of records) yield record(num++, true);
}

/** The values at the ends of the paths; lists are ends. The viewer (`wandb leet`) finds images only in this form. */
function leavesOf(tree: Tree<string>): Leaf[] {
  const leaves: Leaf[] = [];
  eachLeaf(tree, (path, json) => leaves.push({ path, json }));
  return leaves;
}

function textLength(node: string | Tree<string>): number {
  if (!isTree(node)) return node.length;
  let length = 0;
  for (const key in node) length += key.length + textLength(node[key]!) + 4; // quotes, colon, comma
  return length;
}

function treeText(node: string | Tree<string>): string {
  if (!isTree(node)) return node;
  return `{${Object.entries(node).map(([key, inner]) => `${JSON.stringify(key)}:${treeText(inner)}`)}}`;
}

/** Of a text in UTF-8, whose bytes are not needed. */
function byteLength(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    bytes += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2; // a surrogate is half of four bytes
  }
  return bytes;
}
