// A live upload in a thread of its own, so that a long encoding or a training step holds up neither heartbeats nor files; in
// this thread where a program brings its own `fetch`, or there are no threads. Node only.
import { Worker } from "node:worker_threads";
import { asUploadError, UploadError } from "./errors.ts";
import type { Fetch } from "./http.ts";
import { type LiveTask, type LiveUpload, uploadLive } from "./live.ts";
import type { UploadProgress } from "./progress.ts";
import { workerFile } from "./worker-file.ts";

export interface ThreadedUpload extends LiveUpload {
  keepAlive(alive: boolean): void;
}

/** From and to the thread. */
export type ThreadMessage =
  | { readonly kind: "progress" | "done"; readonly progress: UploadProgress }
  | { readonly kind: "failed"; readonly error: PlainError };
export type ThreadOrder = "wake" | "stop";

/** An UploadError, as it passes between threads. */
interface PlainError {
  readonly code: UploadError["code"];
  readonly message: string;
  readonly status: number;
}

export async function startUpload(
  task: LiveTask,
  onProgress: (progress: UploadProgress) => void,
  fetch: Fetch | undefined,
): Promise<ThreadedUpload> {
  if (workerFile === undefined || fetch !== undefined) {
    return { ...(await uploadLive(task, onProgress, { fetch })), keepAlive() {} };
  }
  const worker = new Worker(workerFile, { workerData: task, execArgv: [], name: "wandb-image upload" });
  let last: UploadProgress | undefined;
  const done = new Promise<UploadProgress>((resolve, reject) => {
    worker.on("message", (message: ThreadMessage) => {
      if (message.kind === "failed") return reject(errorOf(message.error));
      last = { ...message.progress, error: message.progress.error && errorOf(message.progress.error) };
      if (message.kind === "done") resolve(last);
      else onProgress(last);
    });
    worker.on("error", reject);
    worker.on("exit", () => reject(new UploadError("stopped", "the thread of the upload ended before it")));
  });
  worker.unref();
  const end = () => void worker.terminate(); // a thread that listens does not end by itself
  done.then(end, end);
  const order = (what: ThreadOrder) => worker.postMessage(what);
  return {
    done: done.catch((error: Error) => failed(last, error)),
    wake: () => order("wake"),
    stop: () => order("stop"),
    keepAlive: (alive) => (alive ? worker.ref() : worker.unref()),
  };
}

function errorOf({ code, message, status }: PlainError): UploadError {
  return new UploadError(code, message, { status });
}

function failed(last: UploadProgress | undefined, error: Error): UploadProgress {
  const nothing = { url: null, entity: "", project: "", displayName: "", owed: [], waiting: null };
  return {
    ...nothing,
    rows: { sent: 0, read: 0 },
    files: { sent: 0, read: 0, bytes: 0 },
    complete: false,
    stopRequested: false,
    ...last,
    state: "stopped",
    error: asUploadError(error),
  };
}
