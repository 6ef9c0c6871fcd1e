// How far an upload has come, kept beside the run, so that a later one goes on there. It is written before the first row
// goes out and at most once a second, and what it holds is always behind the server: lines sent again have the same
// numbers, and change nothing there. It holds no key and no presigned address.
import { UploadError } from "./errors.ts";
import type { StreamStart } from "./stream.ts";

export interface Owed {
  readonly path: string;
  readonly reason: string;
  /** It cannot be sent, now or later. */
  readonly lost?: true;
}

export interface SharedWriter {
  /** Of this writer: the server numbers lines for each. */
  readonly id: string;
  /** Whether it writes the summary, and ends the run. */
  readonly primary: boolean;
}

export interface Cursor {
  readonly version: 1;
  readonly baseUrl: string;
  /** As the server named them. */
  readonly entity: string;
  readonly project: string;
  readonly runId: string;
  readonly storageId: string;
  readonly displayName: string;
  /** One of several writers of the run. */
  readonly writer?: SharedWriter | undefined;
  /** Lines that the server had of this run before this file's. */
  readonly start: StreamStart;
  /** Every row, console line and file whose record ends by this byte of the .wandb file is acknowledged, or owed. */
  readonly offset: number;
  /** Rows acknowledged. */
  readonly rows: number;
  /** Files acknowledged. */
  readonly files: number;
  readonly owed: readonly Owed[];
  /** Whether the server was told the run's end. */
  readonly complete: boolean;
}

/** Where cursors are kept: beside the .wandb file, or nowhere. */
export interface CursorStore {
  load(): Promise<Cursor | undefined>;
  save(cursor: Cursor): Promise<void>;
  /** The run is on the server whole: the marker that W&B's `wandb sync` heeds. */
  markSynced(): Promise<void>;
}

/** For a run that is in memory only. */
export function memoryCursor(): CursorStore {
  let kept: Cursor | undefined;
  return {
    load: async () => kept,
    async save(cursor) {
      kept = cursor;
    },
    async markSynced() {},
  };
}

/** @throws UploadError for a file that is no cursor: to begin anew would put rows on the server twice */
export function parseCursor(text: string, path: string): Cursor {
  let cursor: Partial<Cursor> | null = null;
  try {
    cursor = JSON.parse(text);
  } catch {
    // Said below.
  }
  const texts = [cursor?.baseUrl, cursor?.entity, cursor?.project, cursor?.runId, cursor?.storageId];
  const counts = [cursor?.offset, cursor?.rows, cursor?.start?.history, cursor?.start?.events, cursor?.start?.output];
  const whole =
    texts.every((each) => typeof each === "string") &&
    counts.every((each) => Number.isSafeInteger(each) && each! >= 0) &&
    Array.isArray(cursor?.owed);
  if (cursor?.version === 1 && whole) return cursor as Cursor;
  throw new UploadError(
    "broken-file",
    `${path}: not an upload state that this version of wandb-image wrote. Delete it to upload the whole run again`,
  );
}
