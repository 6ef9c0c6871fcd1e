// A run that the server has rows of, and no cursor beside the log tells which: its last row may be one of the log's. W&B's
// `wandb sync` then puts all rows there once more, behind the others.
import { RunFold } from "../read/fold.ts";
import { parseJson } from "../read/json.ts";
import { LogReader } from "../read/log-reader.ts";
import type { RunSource } from "../read/source.ts";
import { MAX_LINE_BYTES, utf8Length } from "./stream.ts";

/**
 * The number that the log's first row has on the server: its rows go to where they are already, or, where the server's
 * last row is not in the log, behind it.
 * @param count lines that the server has
 * @param tail its last lines, as RunResumeStatus gives them: a JSON array of JSON texts
 */
export async function alignedStart(source: RunSource, count: number, tail: string | null): Promise<number> {
  const last = lastRow(tail);
  if (last === undefined) return count;
  const fold = new RunFold();
  let number = -1;
  for await (const batch of new LogReader(source).batches(false)) {
    for (const { record } of batch) {
      if (record.kind !== "history") continue;
      const change = fold.add(record);
      if (change.kind !== "row" || utf8Length(change.line) > MAX_LINE_BYTES) continue;
      number++;
      if (change.step !== last.step || number >= count) continue;
      const row = parseJson(change.line) as { _timestamp?: unknown };
      if (row._timestamp === last.timestamp) return count - number - 1;
    }
  }
  return count;
}

function lastRow(tail: string | null): { step: number; timestamp: unknown } | undefined {
  try {
    const lines = JSON.parse(tail ?? "[]") as string[];
    const row = parseJson(lines.at(-1)!) as { _step?: unknown; _timestamp?: unknown };
    return typeof row._step === "number" && row._timestamp !== undefined
      ? { step: row._step, timestamp: row._timestamp }
      : undefined;
  } catch {
    return undefined;
  }
}
