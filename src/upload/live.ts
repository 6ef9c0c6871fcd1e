// The upload of a run that is being written to a folder, in this thread: what init's online mode starts, here or in a worker.
// Node only.
import { openFolder } from "../read/folder.ts";
import { type Clock, liveClock } from "./clock.ts";
import { connect } from "./connect.ts";
import type { Fetch } from "./http.ts";
import { Pace } from "./pace.ts";
import { machine } from "./process.ts";
import type { UploadProgress } from "./progress.ts";
import { fileOpener, openCursor } from "./run-folder.ts";
import { Upload, type UploadOptions } from "./upload.ts";

/** What a thread is told. */
export interface LiveTask {
  /** The run's folder, and its .wandb file. */
  readonly dir: string;
  readonly log: string;
  readonly apiKey?: string | undefined;
  readonly baseUrl?: string | undefined;
  readonly resumed?: UploadOptions["resumed"];
  readonly sharedWriter?: UploadOptions["sharedWriter"];
  readonly producer: string;
}

export interface LiveUpload {
  readonly done: Promise<UploadProgress>;
  wake(): void;
  stop(): void;
}

/** @throws UploadError where another process uploads this run, or there is no key */
export async function uploadLive(
  task: LiveTask,
  onChange: (progress: UploadProgress) => void,
  own: { readonly fetch?: Fetch | undefined; readonly clock?: Clock } = {},
): Promise<LiveUpload> {
  const { dir, log, apiKey, baseUrl, resumed, sharedWriter, producer } = task;
  const clock = own.clock ?? liveClock;
  const server = connect(
    {
      apiKey,
      baseUrl,
      fetch: own.fetch,
      clock,
      userAgent: producer,
      onRetry: (trouble) => upload.trouble(trouble),
    },
    machine,
  );
  const cursor = await openCursor(log);
  const source = await openFolder(log).catch(async (error) => {
    await cursor.release();
    throw error;
  });
  const upload: Upload = new Upload({
    server,
    source,
    openFile: fileOpener(dir),
    cursor,
    clock,
    pace: new Pace(),
    concurrency: 16,
    live: true,
    resumed,
    sharedWriter,
    producer,
    onChange,
  });
  const done = upload.run().then(async (progress) => {
    await cursor.release();
    return progress;
  });
  return { done, wake: () => upload.wake(), stop: () => upload.stop() };
}
