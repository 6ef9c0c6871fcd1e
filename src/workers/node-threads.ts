// Threads of Node.
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Environment, Thread, ThreadEvents } from "./threads.ts";

/** @param file the bundled src/workers/node-worker.ts */
export function nodeThreads(file: URL): Environment {
  return { cores: availableParallelism, startThread: (events) => startThread(file, events) };
}

function startThread(file: URL, { onAnswer, onDeath }: ThreadEvents): Thread {
  // Flags of the program (--input-type, loaders) are not for this file.
  const worker = new Worker(file, { execArgv: [], name: "wandb-image" });
  let reason = "";
  let ended = false;
  worker.on("message", onAnswer);
  worker.on("error", (error) => {
    reason = String((error as Error)?.message ?? error);
  });
  worker.on("exit", (code) => {
    if (!ended) onDeath(reason || `exit code ${code}`);
  });
  worker.unref(); // last: a listener of messages takes it back
  return {
    post: (request, transfer) => worker.postMessage(request, transfer as ArrayBuffer[]),
    end() {
      ended = true;
      void worker.terminate();
    },
    keepAlive: (alive) => (alive ? worker.ref() : worker.unref()),
  };
}
