// Two worker threads of one process that log into runs of one folder, beside the main thread: node threads.mjs DIR
import { isMainThread, Worker, workerData } from "node:worker_threads";

const dir = isMainThread ? process.argv[2] : workerData;
if (isMainThread) for (let n = 0; n < 2; n++) new Worker(new URL(import.meta.url), { workerData: dir });
process.argv.splice(2, Infinity, "endless", dir);
await import("./log.mjs");
