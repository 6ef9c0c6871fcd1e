// Rows, config and summary → records, in the order W&B's readers want: media first, then summary and history, and at the
// end exit and final. Everything here is synchronous; what a call changes here changes only once it is written.
import type { ClassLabels, MediaRun } from "../image/media-run.ts";
import type { OnWarning } from "../warnings.ts";
import type { Leaf, RunDescription, Unnumbered } from "./records.ts";
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
import type { Store } from "./store.ts";
import { checkMediaPath } from "./store.ts";
import type { Fields } from "./values.ts";
import { bindMedia, jsonText, leaves, merge, replaced, withoutNulls } from "./values.ts";
import { frameRecords } from "./wandb-file.ts";

/** W&B's client skips longer lines of history (core/internal/filestream): (10 << 20) − (100 << 10). */
const MAX_LINE_BYTES = 10_383_360;

/** When `log` was called. */
export interface Moment {
  /** Seconds since 1970. */
  readonly timestamp: number;
  /** Seconds since the run began. */
  readonly runtime: number;
}

export class RunWriter {
  readonly #store: Store;
  readonly #onWarning: OnWarning;
  #records = 0;
  #bytes = 0;
  #row: Fields = {};
  #rowIsOpen = false;
  #summary: Fields = {};
  readonly #saved = new Set<string>();
  readonly #labels = new Map<string, string>();

  constructor(store: Store, onWarning: OnWarning) {
    this.#store = store;
    this.#onWarning = onWarning;
  }

  /** How many media files were saved. */
  get mediaFiles(): number {
    return this.#saved.size;
  }

  begin(run: RunDescription): void {
    this.#append(runRecord(run));
  }

  config(items: readonly Leaf[]): void {
    this.#append(configRecord(items));
  }

  saveMedia(path: string, bytes: Uint8Array): void {
    checkMediaPath(path);
    if (this.#saved.has(path)) return; // the hash is in the name: the same bytes
    this.#store.saveMedia(path, bytes);
    this.#append(filesRecord(path));
    this.#saved.add(path);
  }

  saveClassLabels(kind: "bounding_box/class_labels" | "mask/class_labels", key: string, labels: ClassLabels): void {
    const path = ["_wandb", kind, key];
    const json = jsonText({ type: kind, key, value: { ...labels } });
    const place = path.join("\0");
    if (this.#labels.get(place) === json) return;
    this.#append(configRecord([{ path, json }]));
    this.#labels.set(place, json);
  }

  /** Adds to the open row of `step`, saving media for `run`, and closes the row if that is asked for. */
  log(run: MediaRun, values: Fields, step: number, moment: Moment, close: boolean): void {
    const row = merge(this.#row, {
      ...bindMedia(values, run, step, this.#onWarning),
      _step: step,
      _runtime: moment.runtime,
      // The caller's own is kept, as W&B does.
      _timestamp: typeof values._timestamp === "number" ? values._timestamp : moment.timestamp,
    });
    if (close) this.#write(row);
    this.#row = close ? {} : row;
    this.#rowIsOpen = !close;
  }

  closeRow(): void {
    if (!this.#rowIsOpen) return;
    this.#write(this.#row);
    this.#row = {};
    this.#rowIsOpen = false;
  }

  /** What the user sets on the summary. */
  summary(run: MediaRun, values: Fields, step: number): void {
    const bound = bindMedia(values, run, step, this.#onWarning);
    this.#append(...this.#summaryRecords(bound));
    this.#summary = merge(this.#summary, bound);
  }

  end(exitCode: number, runtime: number): void {
    this.closeRow();
    const seconds = Math.floor(runtime);
    const leaf = { path: ["_wandb", "runtime"], json: String(seconds) };
    this.#append(summaryRecord([leaf]), exitRecord(exitCode, seconds), finalRecord());
  }

  #write(row: Fields): void {
    const history = historyRecord(row._step as number, leaves(row));
    this.#warnOfLongLine(row, history);
    const last = withoutNulls(row);
    this.#append(...this.#summaryRecords(last), history);
    this.#summary = merge(this.#summary, last);
  }

  /** W&B leaves old leaves (a caption that the next picture has not) in the summary; here they go. */
  #summaryRecords(values: Fields): Unnumbered[] {
    const gone = replaced(this.#summary, values);
    const update = leaves(values);
    return [
      ...(gone.length > 0 ? [summaryRemovalRecord(gone)] : []),
      ...(update.length > 0 ? [summaryRecord(update)] : []),
    ];
  }

  #warnOfLongLine(row: Fields, history: Unnumbered): void {
    // A record is never shorter than half its line, and the line costs as much as the record to make.
    if (history(0).length * 2 < MAX_LINE_BYTES) return;
    const bytes = (text: string) => new TextEncoder().encode(text).length;
    const line = bytes(jsonText(row));
    if (line <= MAX_LINE_BYTES) return;
    const sizes = Object.entries(row).map(([key, value]) => [key, bytes(jsonText(value))] as const);
    const [key, size] = sizes.reduce((most, entry) => (entry[1] > most[1] ? entry : most));
    const message =
      `step ${row._step}: its history line has ${line} bytes, and W&B's client skips lines over ${MAX_LINE_BYTES}; ` +
      `the longest key is ${JSON.stringify(key)} with ${size}. Log less in one step`;
    this.#onWarning({ code: "long-line", message });
  }

  /** All or nothing, in one write. */
  #append(...records: Unnumbered[]): void {
    const bytes = frameRecords(
      records.map((record, i) => record(this.#records + 1 + i)),
      this.#bytes,
    );
    this.#store.append(bytes, this.#bytes);
    this.#records += records.length;
    this.#bytes += bytes.length;
  }
}
