// The thread of a live upload: see thread.ts. A program by itself.
import { parentPort, workerData } from "node:worker_threads";
import { scaledClock } from "./clock.ts";
import { asUploadError } from "./errors.ts";
import { type LiveTask, uploadLive } from "./live.ts";
import type { UploadProgress } from "./progress.ts";
import type { ThreadMessage, ThreadOrder } from "./thread.ts";

/** Messages of mere progress are not worth more than so many a second. */
const INTERVAL = 100;

const port = parentPort!;
const say = (message: ThreadMessage) => port.postMessage(message);
const plain = (progress: UploadProgress) => ({
  ...progress,
  error: progress.error && {
    code: progress.error.code,
    message: progress.error.message,
    status: progress.error.status,
  },
});

let said = Number.NEGATIVE_INFINITY;
let lastState = "";
function report(progress: UploadProgress): void {
  const now = performance.now();
  const state = JSON.stringify([
    progress.state,
    progress.url,
    progress.waiting,
    progress.stopRequested,
    progress.error,
  ]);
  if (state === lastState && now - said < INTERVAL) return;
  lastState = state;
  said = now;
  say({ kind: "progress", progress: plain(progress) as UploadProgress });
}

try {
  const upload = await uploadLive(workerData as LiveTask, report, { clock: scaledClock(1) });
  port.on("message", (order: ThreadOrder) => {
    if (order === "wake") upload.wake();
    else upload.stop();
  });
  const progress = await upload.done;
  say({ kind: "done", progress: plain(progress) as UploadProgress });
} catch (error) {
  const { code, message, status } = asUploadError(error);
  say({ kind: "failed", error: { code, message, status } });
}
