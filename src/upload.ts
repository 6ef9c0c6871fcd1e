// The door for uploading runs that are not in a folder: a zip, files, or what a page keeps in memory. For folders there is
// `npx wandb-image sync`, for a run that goes on `init({ mode: "online" })`.
import type { HostFetch } from "./host-types.ts";
import { checkNames, checkType } from "./options.ts";
import { type RunFiles, sourceOf } from "./read/open.ts";
import { realClock } from "./upload/clock.ts";
import { memoryCursor } from "./upload/cursor.ts";
import type { Fetch } from "./upload/http.ts";
import { Pace } from "./upload/pace.ts";
import { CONCURRENCY, connectPage } from "./upload/page.ts";
import type { UploadProgress } from "./upload/progress.ts";
import { Upload } from "./upload/upload.ts";
import { VERSION } from "./version.ts";

export type { RunFiles } from "./read/open.ts";
export { UploadError, type UploadErrorCode } from "./upload/errors.ts";
export type { UploadProgress, UploadState } from "./upload/progress.ts";

export interface UploadRunOptions {
  /** The server, or a relay that holds the key; in a page it may be a path. Default https://api.wandb.ai. */
  readonly baseUrl?: string | undefined;
  /** Without one `baseUrl` is a relay's. A key in a page is everybody's. */
  readonly apiKey?: string | undefined;
  /** Other names than the run's own. */
  readonly entity?: string | undefined;
  readonly project?: string | undefined;
  readonly id?: string | undefined;
  /** Ends a run that has not finished, with this exit code; without it such a run stays open. */
  readonly endAs?: number | undefined;
  readonly fetch?: HostFetch | undefined;
  /** Called as it goes on. */
  readonly onUpload?: ((progress: UploadProgress) => void) | undefined;
}

const OPTIONS = ["baseUrl", "apiKey", "entity", "project", "id", "endAs", "fetch", "onUpload"] as const;

/**
 * Uploads a run as far as it goes: rows to where they are already, where the server has them.
 *
 * @param run a zip, a run's files by their paths, or a run that is kept in memory
 * @returns how it stands at the end: `state` "done" and nothing owed where everything was acknowledged, else what is missing, and why
 * @throws as a rejection: TypeError for what is no run, or an option that cannot be; UploadError where no server could be meant
 *
 * @example
 * const { url, owed, error } = await uploadRun(run, { baseUrl: "/wandb" });
 */
export async function uploadRun(run: RunFiles, options: UploadRunOptions = {}): Promise<UploadProgress> {
  checkNames("uploadRun", options, OPTIONS, '{ baseUrl: "/wandb" }');
  const { baseUrl, apiKey, entity, project, id, endAs, fetch, onUpload } = options;
  for (const [name, value] of Object.entries({ baseUrl, entity, project, id })) {
    checkType(`uploadRun: ${name}`, value, "string");
  }
  for (const [name, value] of Object.entries({ fetch, onUpload })) checkType(`uploadRun: ${name}`, value, "function");
  const producer = `wandb-image/${VERSION}`;
  const task = { apiKey, baseUrl, fetch: fetch as Fetch | undefined, producer };
  const upload: Upload = new Upload({
    server: connectPage(task, (trouble) => upload.trouble(trouble), realClock),
    source: await sourceOf(run),
    cursor: memoryCursor(),
    clock: realClock,
    pace: new Pace(),
    concurrency: CONCURRENCY,
    live: false,
    target: { entity, project, id },
    endAs,
    producer,
    onChange: onUpload,
  });
  return upload.run();
}
