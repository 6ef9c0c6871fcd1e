// Rows as they are logged.
import type { HostAbortSignal } from "../host-types.ts";
import { RunFold } from "./fold.ts";
import { parseJson } from "./json.ts";
import { LogReader } from "./log-reader.ts";
import type { Row } from "./logged-run.ts";
import type { RunSource } from "./source.ts";

export interface WatchOptions {
  /** Ends the watch. */
  readonly signal?: HostAbortSignal | undefined;
  /** The first step; default the first there is. */
  readonly from?: number | undefined;
}

/** The rows of a run from its start on, then each as it comes, until the run ends or `signal` aborts. */
export async function* watchSource(
  source: RunSource,
  options: WatchOptions = {},
): AsyncGenerator<Row, void, undefined> {
  const { signal, from = Number.NEGATIVE_INFINITY } = options;
  const fold = new RunFold();
  const reader = new LogReader(source);
  while (!signal?.aborted) {
    const size = await source.size();
    for await (const batch of reader.batches()) {
      for (const { record } of batch) {
        const change = fold.add(record);
        if (change.kind === "row" && change.step >= from) yield parseJson(change.line) as Row;
        if (signal?.aborted) return;
      }
    }
    if (fold.exit !== null || !source.canGrow) return;
    await source.changed(size, signal);
  }
}
