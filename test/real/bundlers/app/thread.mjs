import { isMainThread, parentPort, Worker } from "node:worker_threads";
import * as wandb from "wandb-image";
import * as encoders from "wandb-image/encode";
import { answer } from "./answer.mjs";

if (isMainThread) new Worker(new URL(import.meta.url)).on("message", console.log);
else parentPort.postMessage(answer(wandb, encoders));
