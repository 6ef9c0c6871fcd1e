// What became of a run so far, as it is told to programs and people.
import type { Owed } from "./cursor.ts";
import type { UploadError } from "./errors.ts";
import type { UploadProgress, UploadState } from "./progress.ts";

export class Status {
  state: UploadState = "connecting";
  error: UploadError | null = null;
  waiting: string | null = null;
  complete = false;
  stopRequested = false;
  files = 0;
  bytes = 0;
  /** What did not arrive, by name. */
  readonly owed = new Map<string, Owed>();

  /** @param rest what others know */
  progress(rest: Pick<UploadProgress, "url" | "entity" | "project" | "displayName" | "rows"> & { filesRead: number }) {
    const { filesRead, ...place } = rest;
    const { state, error, waiting, complete, stopRequested } = this;
    const files = { sent: this.files, read: Math.max(filesRead, this.files), bytes: this.bytes };
    const owed = [...this.owed.values()];
    return { state, ...place, files, owed, error, waiting, complete, stopRequested } satisfies UploadProgress;
  }
}
