// Rows of the history, read again from where the index says they lie.
import type { Column, Columns } from "./columns.ts";
import { isJson } from "./json.ts";
import { JsonTree } from "./json-tree.ts";
import { LogReader } from "./log-reader.ts";
import type { Item } from "./records.ts";
import type { RunSource } from "./source.ts";

/** A row that lies this far behind the last one is gone to at once; nearer ones are read over. */
const LEAP_BYTES = 1 << 18;

export interface RowItems {
  /** The row's number: its place in `Columns.steps`. */
  readonly row: number;
  readonly step: number;
  readonly items: readonly Item[];
}

/** @param rows numbers of rows, ascending */
export async function* readRows(
  source: RunSource,
  columns: Columns,
  rows: readonly number[],
): AsyncGenerator<RowItems, void, undefined> {
  const { starts, steps } = columns;
  for (let next = 0; next < rows.length; ) {
    let last = next;
    while (last + 1 < rows.length && starts[rows[last + 1]!]! - starts[rows[last]!]! < LEAP_BYTES) last++;
    const reader = new LogReader(source, {
      offset: starts[rows[next]!]!,
      wants: (kind, start) => kind === "history" && start === starts[rows[next]!],
      windowBytes: last === next ? 1 << 16 : 1 << 20,
    });
    for await (const batch of reader.batches(false)) {
      for (const { record } of batch) {
        if (record.kind !== "history") continue;
        const row = rows[next++]!;
        yield { row, step: steps[row]!, items: record.items };
        if (next > last) break;
      }
      if (next > last) break;
    }
    // The file has been changed under the index: what is missing there is left out.
    next = Math.max(next, last + 1);
  }
}

/** The value under a column's key in a row, as JSON; undefined where there is none. */
export function loggedValue(items: readonly Item[], column: Column): string | undefined {
  const [first] = column.path;
  const tree = new JsonTree("merge");
  for (const { path, json } of items) if (path[0] === first && isJson(json)) tree.set(path, json);
  return tree.get(column.path);
}
