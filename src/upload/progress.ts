// How an upload stands, for programs and people.
import type { Owed } from "./cursor.ts";
import type { UploadError } from "./errors.ts";

export type UploadState =
  /** The server has not answered yet. */
  | "connecting"
  | "uploading"
  /** The run has ended; what is left is on its way. */
  | "finishing"
  /** Everything was acknowledged, save what is owed. */
  | "done"
  /** It goes on with `wandb-image sync`; see `error`. */
  | "stopped";

export interface UploadProgress {
  readonly state: UploadState;
  /** The run's page; null until the server has answered. */
  readonly url: string | null;
  /** As the server named them. */
  readonly entity: string;
  readonly project: string;
  readonly displayName: string;
  /** Acknowledged, and read so far. */
  readonly rows: { readonly sent: number; readonly read: number };
  readonly files: { readonly sent: number; readonly read: number; readonly bytes: number };
  /** What is not on the server, by name, with the reason. */
  readonly owed: readonly Owed[];
  /** What stopped the upload. */
  readonly error: UploadError | null;
  /** What another attempt is waited for, in words; null where nothing is wrong. */
  readonly waiting: string | null;
  /** Whether the run's end was read, and the server was told of it. */
  readonly complete: boolean;
  /** Whether W&B's Stop button was pressed. */
  readonly stopRequested: boolean;
}
