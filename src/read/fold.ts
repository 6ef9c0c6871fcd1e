// Records, one after the other → what a run is so far. The same for an upload, live or later, a viewer, and a check.
import { isJson, parseJson } from "./json.ts";
import { JsonTree } from "./json-tree.ts";
import type { Changes, FileItem, Item, LogRecord, Output, RunFields } from "./records.ts";

/** What one record adds to a run, beside what the fold itself then holds. */
export type Change =
  /** A row of the history. `line` is its JSON: one object, nested objects put together again. */
  | { readonly kind: "row"; readonly step: number; readonly line: string }
  /** System metrics: a line of W&B's wandb-events.jsonl. */
  | { readonly kind: "event"; readonly line: string }
  | ({ readonly kind: "console" } & Output)
  | { readonly kind: "files"; readonly files: readonly FileItem[] }
  /** `run`, `config`, `summary`, `exit`, `internal` of the fold changed. */
  | { readonly kind: "run" | "config" | "summary" | "exit" | "internal" }
  /** A record that changes nothing here: an alert, an artifact, a header, one that is not known. */
  | { readonly kind: "other"; readonly record: LogRecord };

/** What is known of a run beside its data; "" where it is not given. */
export type RunInfo = Omit<RunFields, "config" | "summary" | "telemetry">;

/** Messages that W&B's client makes `_wandb.t`, `_wandb.m` and `_wandb.e` of, as they stand in the file. */
export interface Internal {
  readonly telemetry: readonly Uint8Array[];
  readonly metrics: readonly Uint8Array[];
  readonly environment: readonly Uint8Array[];
}

export interface Exit {
  readonly code: number;
  /** Seconds. */
  readonly runtime: number;
  /** Set by a secondary writer of a shared run, which does not end it. */
  readonly notComplete: boolean;
}

export class RunFold {
  /** null until the run's record was seen. Later run records change it. */
  run: RunInfo | null = null;
  readonly config = new JsonTree("merge");
  /** Without the rows: W&B's client writes a summary record beside each. */
  readonly summary = new JsonTree("replace");
  exit: Exit | null = null;
  readonly internal: { -readonly [K in keyof Internal]: Uint8Array[] } = {
    telemetry: [],
    metrics: [],
    environment: [],
  };
  /** W&B's version that wrote the file, if it says so. */
  producer = "";
  rows = 0;
  /** The step of the last row, or -1. */
  lastStep = -1;
  /** Values that are no JSON, which are left out. */
  badValues = 0;

  add(record: LogRecord): Change {
    switch (record.kind) {
      case "history":
        return this.#row(record.items, record.step);
      case "summary":
        this.#change(this.summary, record);
        return { kind: "summary" };
      case "config":
        this.#change(this.config, record);
        return { kind: "config" };
      case "run":
        this.#run(record.run);
        return { kind: "run" };
      case "files":
        return { kind: "files", files: record.files };
      case "exit":
        this.exit = { code: record.exitCode, runtime: record.runtime, notComplete: record.notComplete };
        return { kind: "exit" };
      case "output":
        return { kind: "console", stream: record.stream, timestamp: record.timestamp, text: record.text };
      case "logger":
        return { kind: "console", stream: "stdout", timestamp: 0, text: `${record.line}\n` };
      case "stats":
        return this.#event(record.items, record.timestamp);
      case "header":
        this.producer = record.producer;
        return { kind: "other", record };
      case "telemetry":
        this.internal.telemetry.push(record.message);
        return { kind: "internal" };
      case "metric":
        this.internal.metrics.push(record.message);
        return { kind: "internal" };
      case "environment":
        this.internal.environment.push(record.message);
        return { kind: "internal" };
      default:
        return { kind: "other", record };
    }
  }

  /**
   * Names of classes that `_wandb` of the config holds for one picture's layer, by class id; undefined where none were given.
   * @param kind of the layer
   * @param key the picture's innermost key
   */
  classLabels(kind: "boxes" | "masks", key: string, layer: string): Record<string, string> | undefined {
    const place = kind === "boxes" ? "bounding_box/class_labels" : "mask/class_labels";
    const json = this.config.get(["_wandb", place, `${key}_wandb_delimeter_${layer}`, "value"]);
    return json === undefined ? undefined : (parseJson(json) as Record<string, string>);
  }

  #row(items: readonly Item[], recorded: number | null): Change {
    const row = new JsonTree("merge");
    for (const item of items) this.#set(row, item);
    const step = this.countRow(items, recorded);
    if (row.get(["_step"]) === undefined) row.set(["_step"], String(step));
    return { kind: "row", step, line: row.toJson() };
  }

  /** The step of a row, whose line is not wanted. */
  countRow(items: readonly Item[], recorded: number | null): number {
    this.lastStep = stepOf(items) ?? recorded ?? this.lastStep + 1;
    this.rows++;
    return this.lastStep;
  }

  /** As W&B's client writes system metrics (core/internal/filestream/updatestats.go). */
  #event(items: readonly Item[], timestamp: number): Change {
    const event = new JsonTree("replace");
    const seconds = timestamp / 1000;
    event.set(["_wandb"], "true");
    event.set(["_timestamp"], String(seconds));
    if (this.run !== null && this.run.startTime !== 0) {
      event.set(["_runtime"], String(seconds - this.run.startTime / 1000));
    }
    for (const { path, json } of items) this.#set(event, { path: [`system.${path.join(".")}`], json });
    return { kind: "event", line: event.toJson() };
  }

  #run(fields: RunFields): void {
    const { config, summary, telemetry, ...info } = fields;
    this.run = info;
    this.#change(this.config, config);
    this.#change(this.summary, summary);
    if (telemetry !== null) this.internal.telemetry.push(telemetry);
  }

  /** W&B's order: what is set, then what is removed. */
  #change(tree: JsonTree, changes: Changes): void {
    for (const item of changes.update) this.#set(tree, item);
    for (const path of changes.remove) tree.remove(path);
  }

  /** Without an item that has no key, which W&B's client drops too, and without a value that would spoil the whole line. */
  #set(tree: JsonTree, { path, json }: Item): void {
    if (path.length === 0 || !isJson(json)) this.badValues++;
    else tree.set(path, json);
  }
}

/** The step among a row's values. */
export function stepOf(items: readonly Item[]): number | null {
  const item = items.find(({ path }) => path.length === 1 && path[0] === "_step");
  const step = item === undefined ? Number.NaN : Number(item.json);
  return Number.isFinite(step) ? step : null;
}
