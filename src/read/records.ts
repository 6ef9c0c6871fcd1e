// The bytes of a record → what it says: the protobuf messages of wandb/proto/wandb_internal.proto, of any version from
// 0.12 on. Fields that are not known are skipped, and so are records (kind "unknown"). Numbers are field numbers.
import { bytes, eachField, integer, messageEnd, RecordError, RecordReader, text, time, zigzag } from "./protobuf.ts";

export { RecordError };

/** One value under the path of its keys (no keys: W&B drops it): JSON with W&B's bare NaN, Infinity and -Infinity. */
export interface Item {
  readonly path: readonly string[];
  readonly json: string;
}

/** Items that are set, then paths that are removed. */
export interface Changes {
  readonly update: readonly Item[];
  readonly remove: readonly (readonly string[])[];
}

export interface RunFields {
  readonly id: string;
  readonly entity: string;
  readonly project: string;
  readonly config: Changes;
  readonly summary: Changes;
  readonly group: string;
  readonly jobType: string;
  readonly name: string;
  readonly notes: string;
  readonly tags: readonly string[];
  readonly sweepId: string;
  readonly host: string;
  readonly startingStep: number;
  /** Milliseconds since 1970; 0 where it is not given. */
  readonly startTime: number;
  /** Seconds that earlier parts of a resumed run took. */
  readonly runtime: number;
  readonly resumed: boolean;
  readonly forked: boolean;
  readonly git: { readonly remote: string; readonly commit: string };
  /** A TelemetryRecord, as it stands there; null where there is none. */
  readonly telemetry: Uint8Array | null;
}

export interface FileItem {
  /** Below files/; Python also records globs. */
  readonly path: string;
  readonly policy: "now" | "end" | "live";
  readonly type: "other" | "wandb" | "media" | "artifact";
}

/** What records have in common: their number in the file, 1, 2, 3 …; 0 where there is none. */
interface Numbered {
  readonly num: number;
}

/** A record whose message is passed on as it stands there, for whoever knows it. */
type Opaque = "telemetry" | "metric" | "environment" | "artifact" | "useArtifact" | "tensorboard" | "request";

export type LogRecord = Numbered &
  (
    | { readonly kind: "history"; readonly items: readonly Item[]; readonly step: number | null }
    | ({ readonly kind: "summary" } & Changes)
    | ({ readonly kind: "config" } & Changes)
    | { readonly kind: "files"; readonly files: readonly FileItem[] }
    | { readonly kind: "run"; readonly run: RunFields }
    | { readonly kind: "exit"; readonly exitCode: number; readonly runtime: number; readonly notComplete: boolean }
    /** Console output as it came: parts of lines, carriage returns and escapes included. */
    | ({ readonly kind: "output"; readonly raw: boolean } & Output)
    /** `run.write_logs`: a line for the Logs tab. */
    | { readonly kind: "logger"; readonly line: string }
    /** System metrics; `timestamp` in milliseconds since 1970. */
    | { readonly kind: "stats"; readonly timestamp: number; readonly items: readonly Item[] }
    | {
        readonly kind: "alert";
        readonly title: string;
        readonly text: string;
        readonly level: string;
        readonly wait: number;
      }
    | { readonly kind: "header"; readonly producer: string; readonly minConsumer: string }
    | { readonly kind: "final" | "footer" | "preempting" }
    | { readonly kind: Opaque; readonly message: Uint8Array }
    | { readonly kind: "unknown"; readonly field: number }
  );

export interface Output {
  readonly stream: "stderr" | "stdout";
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly text: string;
}

const NUM = 1;
/** Control, uuid, _info: how W&B's processes talk of a record to each other. */
const ENVELOPE = [16, 19, 200];

/**
 * @param payload a record's bytes, as a file frames them; nothing of the answer is a view of them
 * @param strict whether text that is not UTF-8 is an error; else its bad bytes become U+FFFD
 * @throws RecordError for what is no protobuf
 */
export function decodeRecord(payload: Uint8Array, strict = false): LogRecord {
  const pbf = new RecordReader(payload, strict);
  let num = 0;
  let body: LogRecord | null = null;
  try {
    eachField(pbf, payload.length, (field) => {
      if (field === NUM) num = integer(pbf);
      else if (!ENVELOPE.includes(field)) body = decodeBody(pbf, field);
    });
  } catch (error) {
    throw error instanceof RecordError ? error : new RecordError(String((error as Error).message), { cause: error });
  }
  return { ...(body ?? { kind: "unknown", field: 0 }), num } as LogRecord;
}

/** What kind of record these bytes are, without reading what it says. */
export function kindOf(payload: Uint8Array): LogRecord["kind"] {
  const pbf = new RecordReader(payload);
  try {
    for (let field = pbf.nextField(); field !== 0; field = pbf.nextField()) {
      if (field !== NUM && !ENVELOPE.includes(field)) return KINDS[field] ?? "unknown";
    }
  } catch {
    // No protobuf: decodeRecord says so.
  }
  return "unknown";
}

function decodeBody(pbf: RecordReader, field: number): LogRecord {
  const decode = Object.hasOwn(BODIES, field) && pbf.type === 2 ? BODIES[field] : undefined;
  const body = decode === undefined ? { kind: "unknown", field } : decode(pbf, messageEnd(pbf));
  return body as LogRecord; // its number is put in by decodeRecord
}

type Body = { readonly kind: LogRecord["kind"] };

const BODIES: Readonly<Record<number, (pbf: RecordReader, end: number) => Body>> = {
  2: history,
  3: (pbf, end) => ({ kind: "summary", ...changes(pbf, end) }),
  4: (pbf, end) => ({ kind: "output", raw: false, ...output(pbf, end) }),
  5: (pbf, end) => ({ kind: "config", ...changes(pbf, end) }),
  6: files,
  7: stats,
  8: opaque("artifact"),
  9: opaque("tensorboard"),
  10: alert,
  11: opaque("telemetry"),
  12: opaque("metric"),
  13: (pbf, end) => ({ kind: "output", raw: true, ...output(pbf, end) }),
  17: (pbf, end) => ({ kind: "run", run: run(pbf, end) }),
  18: exit,
  20: empty("final"),
  21: header,
  22: empty("footer"),
  23: empty("preempting"),
  25: opaque("useArtifact"),
  26: opaque("environment"),
  27: logger,
  100: opaque("request"),
};

const KINDS: Readonly<Record<number, LogRecord["kind"]>> = {
  2: "history",
  3: "summary",
  4: "output",
  5: "config",
  6: "files",
  7: "stats",
  8: "artifact",
  9: "tensorboard",
  10: "alert",
  11: "telemetry",
  12: "metric",
  13: "output",
  17: "run",
  18: "exit",
  20: "final",
  21: "header",
  22: "footer",
  23: "preempting",
  25: "useArtifact",
  26: "environment",
  27: "logger",
  100: "request",
};

function history(pbf: RecordReader, end: number): Body {
  const items: Item[] = [];
  let step: number | null = null;
  eachField(pbf, end, (field) => {
    if (field === 1) items.push(item(pbf));
    else if (field === 2) step = stepOf(pbf);
  });
  return { kind: "history", items, step } as Body;
}

function stepOf(pbf: RecordReader): number {
  let step = 0;
  eachField(pbf, messageEnd(pbf), (field) => {
    if (field === 1) step = integer(pbf);
  });
  return step;
}

function changes(pbf: RecordReader, end: number): Changes {
  const update: Item[] = [];
  const remove: (readonly string[])[] = [];
  eachField(pbf, end, (field) => {
    if (field === 1) update.push(item(pbf));
    else if (field === 2) remove.push(item(pbf).path);
  });
  return { update, remove };
}

/** HistoryItem, SummaryItem and ConfigItem are alike: key 1 or nested_key 2, and value_json 16 or, from 0.31 on, a typed value. */
function item(pbf: RecordReader): Item {
  let key = "";
  const nested: string[] = [];
  let json = "";
  eachField(pbf, messageEnd(pbf), (field) => {
    if (field === 1) key = text(pbf);
    else if (field === 2) nested.push(text(pbf));
    else if (field === 16) json = text(pbf);
    else if (field >= 3 && field <= 8) json = typedValue(pbf, field);
  });
  return { path: nested.length > 0 || key === "" ? nested : [key], json };
}

function typedValue(pbf: RecordReader, field: number): string {
  switch (field) {
    case 3:
      return "null";
    case 4:
      return String(integer(pbf) !== 0);
    case 5:
      return zigzag(pbf);
    case 6:
      return numberText(pbf.type === 1 ? pbf.readDouble() : 0);
    case 7:
      return JSON.stringify(text(pbf));
    default:
      return text(pbf);
  }
}

function numberText(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

function files(pbf: RecordReader, end: number): Body {
  const found: FileItem[] = [];
  eachField(pbf, end, (field) => {
    if (field !== 1 || pbf.type !== 2) return;
    let path = "";
    let policy = 0;
    let type = 0;
    eachField(pbf, messageEnd(pbf), (inner) => {
      if (inner === 1) path = text(pbf);
      else if (inner === 2) policy = integer(pbf);
      else if (inner === 3) type = integer(pbf);
    });
    found.push({ path, policy: POLICIES[policy] ?? "now", type: TYPES[type] ?? "other" });
  });
  return { kind: "files", files: found } as Body;
}

const POLICIES: readonly FileItem["policy"][] = ["now", "end", "live"];
const TYPES: readonly FileItem["type"][] = ["other", "wandb", "media", "artifact"];

function stats(pbf: RecordReader, end: number): Body {
  const items: Item[] = [];
  let timestamp = 0;
  eachField(pbf, end, (field) => {
    if (field === 2) timestamp = time(pbf);
    else if (field === 3) items.push(item(pbf));
  });
  return { kind: "stats", timestamp, items } as Body;
}

function output(pbf: RecordReader, end: number): Output {
  let stream: Output["stream"] = "stderr";
  let timestamp = 0;
  let line = "";
  eachField(pbf, end, (field) => {
    if (field === 1) stream = integer(pbf) === 1 ? "stdout" : "stderr";
    else if (field === 2) timestamp = time(pbf);
    else if (field === 3) line = text(pbf);
  });
  return { stream, timestamp, text: line };
}

function logger(pbf: RecordReader, end: number): Body {
  let line = "";
  eachField(pbf, end, (field) => {
    if (field === 1) line = text(pbf);
  });
  return { kind: "logger", line } as Body;
}

function alert(pbf: RecordReader, end: number): Body {
  const found = { kind: "alert", title: "", text: "", level: "", wait: 0 };
  eachField(pbf, end, (field) => {
    if (field === 1) found.title = text(pbf);
    else if (field === 2) found.text = text(pbf);
    else if (field === 3) found.level = text(pbf);
    else if (field === 4) found.wait = integer(pbf);
  });
  return found as Body;
}

function exit(pbf: RecordReader, end: number): Body {
  const found = { kind: "exit", exitCode: 0, runtime: 0, notComplete: false };
  eachField(pbf, end, (field) => {
    if (field === 1) found.exitCode = integer(pbf) | 0;
    else if (field === 2) found.runtime = integer(pbf) | 0;
    else if (field === 3) found.notComplete = integer(pbf) !== 0;
  });
  return found as Body;
}

function header(pbf: RecordReader, end: number): Body {
  const found = { kind: "header", producer: "", minConsumer: "" };
  eachField(pbf, end, (field) => {
    if (field !== 1 || pbf.type !== 2) return;
    eachField(pbf, messageEnd(pbf), (inner) => {
      if (inner === 1) found.producer = text(pbf);
      else if (inner === 2) found.minConsumer = text(pbf);
    });
  });
  return found as Body;
}

function empty(kind: "final" | "footer" | "preempting"): (pbf: RecordReader, end: number) => Body {
  return (pbf, end) => {
    pbf.pos = end;
    return { kind };
  };
}

function opaque(kind: Opaque): (pbf: RecordReader, end: number) => Body {
  return (pbf, end) => ({ kind, message: bytes(pbf, end) }) as Body;
}

const TEXT_FIELDS: Readonly<Record<number, "id" | "entity" | "project" | "group" | "jobType" | "name" | "notes">> = {
  1: "id",
  2: "entity",
  3: "project",
  6: "group",
  7: "jobType",
  8: "name",
  9: "notes",
};

function run(pbf: RecordReader, end: number): RunFields {
  const nothing: Changes = { update: [], remove: [] };
  const tags: string[] = [];
  const found: { -readonly [K in keyof RunFields]: RunFields[K] } = {
    id: "",
    entity: "",
    project: "",
    config: nothing,
    summary: nothing,
    group: "",
    jobType: "",
    name: "",
    notes: "",
    tags,
    sweepId: "",
    host: "",
    startingStep: 0,
    startTime: 0,
    runtime: 0,
    resumed: false,
    forked: false,
    git: { remote: "", commit: "" },
    telemetry: null,
  };
  eachField(pbf, end, (field) => {
    if (Object.hasOwn(TEXT_FIELDS, field)) found[TEXT_FIELDS[field]!] = text(pbf);
    else if (field === 4) found.config = changes(pbf, messageEnd(pbf));
    else if (field === 5) found.summary = changes(pbf, messageEnd(pbf));
    else if (field === 10) tags.push(text(pbf));
    else if (field === 12) found.sweepId = text(pbf);
    else if (field === 13) found.host = text(pbf);
    else if (field === 14) found.startingStep = integer(pbf);
    else if (field === 17) found.startTime = time(pbf);
    else if (field === 18) found.resumed = integer(pbf) !== 0;
    else if (field === 19) found.telemetry = bytes(pbf, messageEnd(pbf));
    else if (field === 20) found.runtime = integer(pbf) | 0;
    else if (field === 21) found.git = git(pbf);
    else if (field === 22) found.forked = integer(pbf) !== 0;
  });
  return found;
}

function git(pbf: RecordReader): RunFields["git"] {
  const found = { remote: "", commit: "" };
  eachField(pbf, messageEnd(pbf), (field) => {
    if (field === 1) found.remote = text(pbf);
    else if (field === 2) found.commit = text(pbf);
  });
  return found;
}
