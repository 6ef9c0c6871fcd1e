// What a server has of a run → how a program goes on with it, as W&B's client does (core/internal/runbranch/resume.go), save
// that class labels of boxes are kept, too.
import { parseJson } from "../read/json.ts";
import { UploadError } from "./errors.ts";
import type { ResumeBucket } from "./graphql.ts";
import type { StreamStart } from "./stream.ts";

export type ResumeMode = "allow" | "must" | "never";

export interface ResumeState {
  readonly storageId: string;
  /** Lines that are on the server. */
  readonly start: StreamStart;
  /** The step that comes next. */
  readonly step: number;
  /** Seconds that the run took so far. */
  readonly runtime: number;
  readonly config: Readonly<Record<string, unknown>>;
  /** Class labels and the like under `_wandb` of the config. */
  readonly internal: Readonly<Record<string, unknown>>;
  readonly summary: Readonly<Record<string, unknown>>;
  readonly name: string | undefined;
  readonly tags: readonly string[];
  readonly notes: string | undefined;
}

const KEPT = ["viz", "visualize", "mask/class_labels", "bounding_box/class_labels"];

/**
 * @param bucket undefined where the server has no such run
 * @returns undefined for a run that begins
 * @throws UploadError in W&B's words, where `mode` does not allow what is found
 */
export function resumeState(bucket: ResumeBucket | undefined, mode: ResumeMode, id: string): ResumeState | undefined {
  const begun = bucket !== undefined && hasBegun(bucket);
  if (!begun && mode === "must") {
    throw new UploadError(
      "resume",
      `The value 'must' is not a valid option for resuming the run (${id}) that has not been initialized. Please check your ` +
        'inputs and try again with a valid run ID. To start a new run, leave `resume` out or use "allow"',
    );
  }
  if (!begun) return undefined;
  if (mode === "never") {
    throw new UploadError(
      "resume",
      `The value 'never' is not a valid option for resuming the run (${id}) that already exists. Please check your inputs ` +
        "and try again with a valid value for the `resume` argument",
    );
  }
  try {
    return stateOf(bucket);
  } catch (cause) {
    throw new UploadError("resume", `The run (${id}) failed to resume: ${(cause as Error).message}`, { cause });
  }
}

/** A sweep makes runs ahead of time; one that began has told its telemetry. */
function hasBegun({ wandbConfig }: ResumeBucket): boolean {
  try {
    const config: unknown = JSON.parse(wandbConfig ?? "null");
    return typeof config === "object" && config !== null && "t" in config;
  } catch {
    return false;
  }
}

function stateOf(bucket: ResumeBucket): ResumeState {
  const summary = objectOf(bucket.summaryMetrics, "summary");
  const history = lastOf(bucket.historyTail, "history");
  const events = lastOf(bucket.eventsTail, "events");
  const lines = bucket.historyLineCount ?? 0;
  const last = integer(history._step) ?? integer(summary._step) ?? 0;
  const config = objectOf(bucket.config, "config");
  const own = entryValue(config._wandb);
  const { runtime } = (typeof summary._wandb === "object" && summary._wandb !== null ? summary._wandb : {}) as {
    runtime?: unknown;
  };
  return {
    storageId: bucket.id,
    start: { history: lines, events: bucket.eventsLineCount ?? 0, output: bucket.logLineCount ?? 0 },
    step: lines > 0 ? last + 1 : last,
    runtime: Math.max(0, number(runtime ?? summary._runtime), number(history._runtime), number(events._runtime)),
    config: Object.fromEntries(
      Object.entries(config).flatMap(([key, entry]) => (key === "_wandb" ? [] : [[key, entryValue(entry)]])),
    ),
    internal: Object.fromEntries(
      Object.entries(typeof own === "object" && own !== null ? own : {}).filter(([key]) => KEPT.includes(key)),
    ),
    summary,
    name: bucket.displayName ?? undefined,
    tags: bucket.tags ?? [],
    notes: bucket.notes ?? undefined,
  };
}

/** `{"value": …}`, as the config holds each of its entries. */
function entryValue(entry: unknown): unknown {
  return typeof entry === "object" && entry !== null && "value" in entry ? entry.value : undefined;
}

function objectOf(text: string | null, what: string): Record<string, unknown> {
  if (!text) return {};
  const value = parseJson(text);
  if (value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw new TypeError(`the server's ${what} is not an object`);
  return value as Record<string, unknown>;
}

/** The last of some lines, each a JSON text in a JSON array. */
function lastOf(text: string | null, what: string): Record<string, unknown> {
  const lines = text ? parseJson(text) : [];
  if (lines === null) return {};
  if (!Array.isArray(lines)) throw new TypeError(`the server's ${what} is not a list of lines`);
  const line: unknown = lines.at(-1);
  return line === undefined || line === null ? {} : objectOf(String(line), what);
}

function integer(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

function number(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}
