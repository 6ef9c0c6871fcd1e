// The records of a .wandb file: the few protobuf messages of wandb/proto/wandb_internal.proto that a run needs. proto3,
// so defaults (0, "", false) are left out. Numbers in the comments are field numbers.
import { PbfWriter } from "pbf";

/** One value of a run: the path of its keys, and JSON with W&B's bare NaN, Infinity and -Infinity. */
export interface Leaf {
  readonly path: readonly string[];
  readonly json: string;
}

export interface RunDescription {
  readonly id: string;
  /** Any text. Without it `wandb sync` 0.28.2 waits for ever, as if this were not the first run record of the file. */
  readonly mailboxSlot?: string | undefined;
  readonly entity?: string | undefined;
  readonly project?: string | undefined;
  readonly config: readonly Leaf[];
  readonly group?: string | undefined;
  readonly jobType?: string | undefined;
  readonly name?: string | undefined;
  readonly notes?: string | undefined;
  readonly tags: readonly string[];
  readonly host?: string | undefined;
  /** Milliseconds since 1970. */
  readonly startTime: number;
}

type Write = (_: undefined, pbf: PbfWriter) => void;

/**
 * A record that lacks only its number, which it gets when it is appended. What is `borrowed` holds until the next record is made,
 * and costs no memory.
 */
export type RecordBuilder = (num: number, borrowed?: boolean) => Uint8Array;

const HISTORY = 2;
const SUMMARY = 3;
const CONFIG = 5;
const FILES = 6;
const RUN = 17;
const EXIT = 18;
const FINAL = 20;

const WRITER_BYTES = 4096;
/** One for all records, which are made one after the other: a writer that begins with 16 bytes and grows costs more than most records. */
let writer = new PbfWriter(new Uint8Array(WRITER_BYTES));

function record(field: number, write: Write, mailboxSlot?: string): RecordBuilder {
  return (num, borrowed = false) => {
    const pbf = writer;
    pbf.pos = 0;
    pbf.writeVarintField(1, num); // Record.num
    if (mailboxSlot) pbf.writeMessage(16, (_, control) => writeText(control, 4, mailboxSlot), undefined);
    pbf.writeMessage(field, write, undefined);
    if (pbf.buf.length <= 64 * WRITER_BYTES) {
      return borrowed ? pbf.buf.subarray(0, pbf.pos) : pbf.buf.slice(0, pbf.pos);
    }
    // A rare large row keeps its memory.
    writer = new PbfWriter(new Uint8Array(WRITER_BYTES));
    return pbf.buf.subarray(0, pbf.pos);
  };
}

/**
 * pbf 5.1.2 writes the characters of the even planes (𠀀, 𠮷: U+20000 on) as those of the plane before: it puts 0x10000 in
 * with `|` where it must add it (writeUtf8).
 */
const MISWRITTEN_BY_PBF = /[\ud840-\udbff]/;

/** From so many characters on TextEncoder is faster than pbf's loop over them, which also asks for four times the memory. */
const LONG = 256;

function writeText(pbf: PbfWriter, field: number, text: string): void {
  if (text.length > LONG || MISWRITTEN_BY_PBF.test(text)) pbf.writeBytesField(field, new TextEncoder().encode(text));
  else pbf.writeStringField(field, text);
}

// HistoryItem, SummaryItem and ConfigItem are alike: key 1 or nested_key 2, value_json 16.
function item(pbf: PbfWriter, field: number, write: Write): void {
  pbf.writeMessage(field, write, undefined);
}

function nested(pbf: PbfWriter, field: number, leaves: readonly Leaf[]): void {
  for (const { path, json } of leaves) {
    item(pbf, field, (_, out) => {
      for (const key of path) writeText(out, 2, key);
      writeText(out, 16, json);
    });
  }
}

/** The legacy reader takes a one-part config item by `key` only. */
function configItems(pbf: PbfWriter, leaves: readonly Leaf[]): void {
  for (const leaf of leaves) {
    if (leaf.path.length > 1) {
      nested(pbf, 1, [leaf]);
    } else {
      item(pbf, 1, (_, out) => {
        writeText(out, 1, leaf.path[0]!);
        writeText(out, 16, leaf.json);
      });
    }
  }
}

function optionalString(pbf: PbfWriter, field: number, text: string | undefined): void {
  if (text) writeText(pbf, field, text);
}

/** The first record of a file. A further one changes name, notes and tags; `wandb sync` before 0.28.2 hangs on it. */
export function runRecord(run: RunDescription): RecordBuilder {
  return record(
    RUN,
    (_, pbf) => {
      writeText(pbf, 1, run.id);
      optionalString(pbf, 2, run.entity);
      optionalString(pbf, 3, run.project);
      // The legacy reader drops class labels unless `_wandb` is there from the start.
      pbf.writeMessage(
        4,
        (_, config) => configItems(config, [{ path: ["_wandb"], json: "{}" }, ...run.config]),
        undefined,
      );
      optionalString(pbf, 6, run.group);
      optionalString(pbf, 7, run.jobType);
      optionalString(pbf, 8, run.name);
      optionalString(pbf, 9, run.notes);
      for (const tag of run.tags) writeText(pbf, 10, tag);
      optionalString(pbf, 13, run.host);
      pbf.writeMessage(17, timestamp(run.startTime), undefined);
    },
    run.mailboxSlot,
  );
}

function timestamp(milliseconds: number): Write {
  return (_, pbf) => {
    const seconds = Math.floor(milliseconds / 1000);
    pbf.writeVarintField(1, seconds);
    const nanos = Math.round((milliseconds - seconds * 1000) * 1e6);
    if (nanos !== 0) pbf.writeVarintField(2, nanos);
  };
}

/** What a summary record wrote last: a row's history has the same items, and copies them. */
let written: { readonly leaves: readonly Leaf[]; readonly bytes: Uint8Array } | undefined;

/** One row of the history. The step's message is written even for step 0, where it is empty. */
export function historyRecord(step: number, leaves: readonly Leaf[]): RecordBuilder {
  return record(HISTORY, (_, pbf) => {
    if (written?.leaves === leaves) {
      pbf.realloc(written.bytes.length);
      pbf.buf.set(written.bytes, pbf.pos);
      pbf.pos += written.bytes.length;
    } else {
      nested(pbf, 1, leaves);
    }
    written = undefined;
    pbf.writeMessage(
      2,
      (_, out) => {
        if (step !== 0) out.writeVarintField(1, step);
      },
      undefined,
    );
  });
}

export function summaryRecord(leaves: readonly Leaf[]): RecordBuilder {
  return record(SUMMARY, (_, pbf) => {
    const start = pbf.pos;
    nested(pbf, 1, leaves);
    written = { leaves, bytes: pbf.buf.slice(start, pbf.pos) };
  });
}

/** Takes exact leaves off the summary. In a record of its own: wandb-core loses updates that share one with removals. */
export function summaryRemovalRecord(paths: readonly (readonly string[])[]): RecordBuilder {
  return record(SUMMARY, (_, pbf) => {
    for (const path of paths) {
      item(pbf, 2, (_, out) => {
        for (const key of path) writeText(out, 2, key);
      });
    }
  });
}

export function configRecord(leaves: readonly Leaf[]): RecordBuilder {
  return record(CONFIG, (_, pbf) => configItems(pbf, leaves));
}

/** A file under files/, `path` with forward slashes. wandb-core takes what begins with media/ as media. */
export function filesRecord(path: string): RecordBuilder {
  return record(FILES, (_, pbf) => pbf.writeMessage(1, (_, file) => writeText(file, 1, path), undefined));
}

/** `runtime` in whole seconds; `isComplete` whether the run ends, and not only one of its writers. */
export function exitRecord(exitCode: number, runtime: number, isComplete = true): RecordBuilder {
  return record(EXIT, (_, pbf) => {
    if (exitCode !== 0) pbf.writeVarintField(1, exitCode);
    if (runtime !== 0) pbf.writeVarintField(2, runtime);
    if (!isComplete) pbf.writeBooleanField(3, true);
  });
}

/** Comes after the exit record: the legacy reader holds that, and late class labels, back until it sees this one. */
export function finalRecord(): RecordBuilder {
  return record(FINAL, () => {});
}
