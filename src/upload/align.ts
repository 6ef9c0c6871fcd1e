// A run that the server has rows of, and no cursor beside the log tells which: its last row may be one of the log's. W&B's
// `wandb sync` then puts all rows there once more, behind the others.
import { RunFold } from "../read/fold.ts";
import { parseJson } from "../read/json.ts";
import { LogReader } from "../read/log-reader.ts";
import type { RunSource } from "../read/source.ts";
import { MAX_LINE_BYTES } from "../wandb-format.ts";
import { utf8Length } from "./stream.ts";

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
      if (isSame(parseJson(change.line), last.row)) return count - number - 1;
    }
  }
  return count;
}

function lastRow(tail: string | null): { step: number; row: object } | undefined {
  try {
    const lines = JSON.parse(tail ?? "[]") as string[];
    const row = parseJson(lines.at(-1)!) as { _step?: unknown };
    return typeof row._step === "number" ? { step: row._step, row } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether two values of JSON are one: two runs may log the same step in the same millisecond. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Object.is(a, b);
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  const value = (object: object, key: string) => (object as Record<string, unknown>)[key];
  return keys.length === others.length && keys.every((key) => key in b && isSame(value(a, key), value(b, key)));
}
