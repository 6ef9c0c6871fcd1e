// A run's name and state from the first and the last blocks of its record file, however long it is.
import { BLOCK_BYTES } from "../wandb-format.ts";
import { BlockReader } from "./blocks.ts";
import { type Exit, type RunInfo, stepOf } from "./fold.ts";
import { decodeRecord, kindOf, type LogRecord, RecordError } from "./records.ts";
import type { RunSource } from "./source.ts";

/** A file that did not change for this long, and does not say how the run ended, is of a run that was stopped; as W&B's leet. */
export const SILENT_MILLISECONDS = 60_000;

const MAX_HEAD_BYTES = 64 << 20;

export type RunState = "live" | "finished" | "failed" | "stopped";

export interface Peek {
  /** null where the file does not say (yet). */
  readonly run: RunInfo | null;
  readonly state: RunState;
  readonly exit: Exit | null;
  /** The step of the last row, where it stands in the last blocks; else null. */
  readonly lastStep: number | null;
  /** Bytes of the record file. */
  readonly bytes: number;
  /** When the record file last changed, in milliseconds since 1970; null where that is not known. */
  readonly modified: number | null;
  /** Why nothing of the run can be read; else null. */
  readonly problem: string | null;
}

export async function peek(source: RunSource, now: number = Date.now()): Promise<Peek> {
  const [bytes, modified] = await Promise.all([source.size(), source.modified()]);
  const head = await readHead(source, bytes);
  const tail = await readTail(source, bytes);
  const run = tail.run ?? head.run;
  return {
    run,
    state: stateOf(tail.exit, source.canGrow, modified, now),
    exit: tail.exit,
    lastStep: tail.lastStep,
    bytes,
    modified,
    problem: run === null && tail.exit === null && tail.lastStep === null ? head.problem : null,
  };
}

export function stateOf(exit: Exit | null, canGrow: boolean, modified: number | null, now: number): RunState {
  if (exit !== null) return exit.code === 0 ? "finished" : "failed";
  return canGrow && modified !== null && now - modified < SILENT_MILLISECONDS ? "live" : "stopped";
}

/** The first run record: a few records before it are a header and such. */
async function readHead(source: RunSource, size: number): Promise<{ run: RunInfo | null; problem: string | null }> {
  // Its config may be longer than a block.
  for (let length = 2 * BLOCK_BYTES; ; length *= 4) {
    const blocks = new BlockReader();
    const bytes = await source.read(0, length);
    for (const { payload } of blocks.read(bytes)) {
      const record = kindOf(payload) === "run" ? decoded(payload) : null;
      if (record?.kind === "run") return { run: record.run, problem: null };
    }
    if (bytes.length < size && length < MAX_HEAD_BYTES && blocks.damageCount === 0) continue;
    const damage = blocks.damage[0]?.reason;
    const problem = size === 0 ? "the file is empty" : (damage ?? "the file says of no run (yet)");
    return { run: null, problem };
  }
}

/** What the last one or two blocks say. */
async function readTail(source: RunSource, size: number) {
  const start = Math.max(0, Math.floor(size / BLOCK_BYTES) - 1) * BLOCK_BYTES;
  const blocks = new BlockReader(start);
  let run: RunInfo | null = null;
  let exit: Exit | null = null;
  let row: Uint8Array | null = null;
  for (const { payload } of blocks.read(await source.read(start, 2 * BLOCK_BYTES))) {
    const kind = kindOf(payload);
    if (kind === "history") row = payload.slice();
    if (kind !== "run" && kind !== "exit") continue;
    const record = decoded(payload);
    if (record?.kind === "run") run = record.run;
    if (record?.kind === "exit")
      exit = { code: record.exitCode, runtime: record.runtime, notComplete: record.notComplete };
  }
  const last = row === null ? null : decoded(row);
  return { run, exit, lastStep: last?.kind === "history" ? (stepOf(last.items) ?? last.step) : null };
}

function decoded(payload: Uint8Array): LogRecord | null {
  try {
    return decodeRecord(payload);
  } catch (error) {
    if (error instanceof RecordError) return null;
    throw error;
  }
}
