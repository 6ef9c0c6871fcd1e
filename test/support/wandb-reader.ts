// An independent reader of .wandb files: written from the description of the format (W&B's datastore.py and
// wandb_internal.proto), sharing nothing with src/log.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";

export interface Item {
  path: string[];
  json: string;
}

export interface LogRecord {
  num: number;
  kind: string;
  /** Items of history, summary (updates) and config (updates). */
  items: Item[];
  /** Paths that a summary record removes. */
  removed: string[][];
  /** Whether each item was written by `nested_key`. */
  nested: boolean[];
  step?: number;
  mailboxSlot?: string;
  file?: string;
  exitCode?: number;
  run?: Record<string, unknown>;
}

export interface Log {
  payloads: Uint8Array[];
  /** Where the last complete record ends. */
  end: number;
  /** null, or why reading stopped. */
  problem: string | null;
}

export function readChunks(file: Uint8Array): Log {
  const payloads: Uint8Array[] = [];
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 7 || Buffer.from(file.subarray(0, 4)).toString("latin1") !== ":W&B") {
    return { payloads, end: 0, problem: "no header" };
  }
  if (view.getUint16(4, true) !== 0xbee1 || file[6] !== 0)
    return { payloads, end: 0, problem: "other magic or version" };
  let at = 7;
  let end = 7;
  let parts: Uint8Array[] | null = null;
  while (at < file.length) {
    const left = 32768 - (at % 32768);
    if (left < 7) {
      for (let i = 0; i < left && at + i < file.length; i++) {
        if (file[at + i] !== 0) return { payloads, end, problem: "padding is not zero" };
      }
      at += left;
      continue;
    }
    if (at + 7 > file.length) return { payloads, end, problem: "torn" };
    const length = view.getUint16(at + 4, true);
    const type = file[at + 6]!;
    if (length + 7 > left) return { payloads, end, problem: "chunk too long for its block" };
    if (at + 7 + length > file.length) return { payloads, end, problem: "torn" };
    if (crc32(file.subarray(at + 6, at + 7 + length)) !== view.getUint32(at, true)) {
      return { payloads, end, problem: "checksum" };
    }
    const payload = file.subarray(at + 7, at + 7 + length);
    at += 7 + length;
    if (type === 1 || type === 2) {
      if (parts !== null) return { payloads, end, problem: "a record inside a record" };
      parts = [payload];
    } else if (type === 3 || type === 4) {
      if (parts === null) return { payloads, end, problem: "a record without its start" };
      parts.push(payload);
    } else {
      return { payloads, end, problem: `chunk type ${type}` };
    }
    if (type === 1 || type === 4) {
      payloads.push(Uint8Array.from(Buffer.concat(parts)));
      parts = null;
      end = at;
    }
  }
  return { payloads, end, problem: parts === null ? null : "torn" };
}

type WireValue = bigint | Uint8Array;

/** Any protobuf message as its fields, in order. */
export function decode(message: Uint8Array): [field: number, value: WireValue][] {
  const fields: [number, WireValue][] = [];
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      if (at >= message.length) throw new Error("a varint runs out of its message");
      const byte = message[at++]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = Number(varint());
    if ((tag & 7) === 0) {
      fields.push([tag >> 3, BigInt.asIntN(64, varint())]);
    } else if ((tag & 7) === 2) {
      const length = Number(varint());
      if (at + length > message.length) throw new Error("a field runs out of its message");
      fields.push([tag >> 3, message.subarray(at, at + length)]);
      at += length;
    } else {
      throw new Error(`wire type ${tag & 7}`);
    }
  }
  return fields;
}

function text(value: WireValue): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(value as Uint8Array);
}

const KINDS: Record<number, string> = {
  2: "history",
  3: "summary",
  5: "config",
  6: "files",
  17: "run",
  18: "exit",
  20: "final",
};
const RUN_FIELDS: Record<number, string> = {
  1: "id",
  2: "entity",
  3: "project",
  6: "group",
  7: "jobType",
  8: "name",
  9: "notes",
  13: "host",
};

function item(message: Uint8Array): Item & { nested: boolean } {
  const path: string[] = [];
  let json = "";
  let nested = false;
  for (const [field, value] of decode(message)) {
    if (field === 1 || field === 2) path.push(text(value));
    else if (field === 16) json = text(value);
    else throw new Error(`item field ${field}`);
    nested ||= field === 2;
  }
  return { path, json, nested };
}

export function decodeRecord(payload: Uint8Array): LogRecord {
  const record: LogRecord = { num: 0, kind: "", items: [], removed: [], nested: [] };
  let body: Uint8Array | null = null;
  for (const [field, value] of decode(payload)) {
    if (field === 1) {
      record.num = Number(value);
      continue;
    }
    if (field === 16) {
      record.mailboxSlot = decode(value as Uint8Array).map(([inner, slot]) => (inner === 4 ? text(slot) : ""))[0]!;
      continue;
    }
    if (!(field in KINDS) || body !== null) throw new Error(`record field ${field}`);
    record.kind = KINDS[field]!;
    body = value as Uint8Array;
  }
  if (body === null) throw new Error("a record of no kind, on which wandb-core panics");
  const take = (message: Uint8Array) => {
    const { nested, ...rest } = item(message);
    record.items.push(rest);
    record.nested.push(nested);
  };
  const fields = decode(body);
  if (record.kind === "run") {
    const run: Record<string, unknown> = { tags: [] };
    for (const [field, value] of fields) {
      if (field in RUN_FIELDS) run[RUN_FIELDS[field]!] = text(value);
      else if (field === 10) (run.tags as string[]).push(text(value));
      else if (field === 4) for (const [, update] of decode(value as Uint8Array)) take(update as Uint8Array);
      else if (field === 17)
        run.startTime = decode(value as Uint8Array).reduce((s, [f, v]) => s + Number(v) / (f === 1 ? 1 : 1e9), 0);
      else throw new Error(`run field ${field}`);
    }
    record.run = run;
  } else if (record.kind === "exit") {
    record.exitCode = 0;
    for (const [field, value] of fields) if (field === 1) record.exitCode = Number(value);
  } else if (record.kind === "files") {
    for (const [, file] of fields) for (const [, path] of decode(file as Uint8Array)) record.file = text(path);
  } else if (record.kind === "history") {
    for (const [field, value] of fields) {
      if (field === 1) take(value as Uint8Array);
      else record.step = decode(value as Uint8Array).reduce((_, [, step]) => Number(step), 0);
    }
  } else {
    for (const [field, value] of fields) {
      if (field === 1) take(value as Uint8Array);
      else record.removed.push(item(value as Uint8Array).path);
    }
  }
  return record;
}

/** JSON with bare NaN, Infinity and -Infinity. */
export function parse(json: string): unknown {
  const quoted = json.replace(/(?<=^|[[,:])(NaN|-?Infinity)(?=$|[\],}])/g, '"\ue000$1"');
  return JSON.parse(quoted, (_, value) =>
    typeof value === "string" && value.startsWith("\ue000") ? Number(value.slice(1)) : value,
  );
}

/** The nested object that items describe. */
export function assemble(items: readonly Item[], into: Record<string, unknown> = {}): Record<string, unknown> {
  for (const { path, json } of items) {
    let node = into;
    for (const key of path.slice(0, -1)) {
      const inner = Object.hasOwn(node, key) ? node[key] : null;
      if (typeof inner !== "object" || inner === null) define(node, key, {});
      node = node[key] as Record<string, unknown>;
    }
    define(node, path.at(-1)!, parse(json));
  }
  return into;
}

/** As JSON.parse sets it: "__proto__" is a key like any other. */
function define(node: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(node, key, { value, enumerable: true, configurable: true, writable: true });
}

export interface ReadRun {
  records: LogRecord[];
  problem: string | null;
  run: Record<string, unknown>;
  config: Record<string, unknown>;
  /** As wandb-core builds it: updates set leaves, removals take them away. */
  summary: Record<string, unknown>;
  rows: Record<string, unknown>[];
  files: string[];
  exitCode: number | null;
}

export function readLog(file: Uint8Array): ReadRun {
  const { payloads, problem } = readChunks(file);
  const records = payloads.map(decodeRecord);
  const read: ReadRun = { records, problem, run: {}, config: {}, summary: {}, rows: [], files: [], exitCode: null };
  for (const record of records) {
    if (record.kind === "run") {
      read.run = record.run!;
      assemble(record.items, read.config);
    } else if (record.kind === "config") assemble(record.items, read.config);
    else if (record.kind === "summary") {
      assemble(record.items, read.summary);
      for (const path of record.removed) remove(read.summary, path);
    } else if (record.kind === "history") read.rows.push(assemble(record.items));
    else if (record.kind === "files") read.files.push(record.file!);
    else if (record.kind === "exit") read.exitCode = record.exitCode!;
  }
  return read;
}

/** What is not there is no error, as in W&B's client. */
function remove(tree: Record<string, unknown>, path: string[]): void {
  let node: Record<string, unknown> | undefined = tree;
  for (const key of path.slice(0, -1)) node = node?.[key] as Record<string, unknown> | undefined;
  if (node !== undefined) delete node[path.at(-1)!];
}

/** The run in a run directory. */
export function readRun(dir: string): ReadRun {
  const logs = readdirSync(dir).filter((name) => name.endsWith(".wandb"));
  if (logs.length !== 1) throw new Error(`${dir}: ${logs.length} .wandb files`);
  const read = readLog(readFileSync(join(dir, logs[0]!)));
  for (const file of read.files) {
    if (!existsSync(join(dir, "files", file))) throw new Error(`${file} is recorded but not there`);
  }
  return read;
}

/** A row or summary without what the clock put there. */
export function timeless(row: Record<string, unknown>): Record<string, unknown> {
  const { _runtime, _timestamp, _wandb, ...rest } = row;
  return rest;
}
