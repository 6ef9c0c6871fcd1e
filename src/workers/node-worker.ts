// What a worker thread of Node runs.
import { parentPort } from "node:worker_threads";
import "../node.ts";
import type { Request } from "./messages.ts";
import { answerTo } from "./serve.ts";

const port = parentPort!;
port.on("message", (request: Request) => {
  const { answer, transfer } = answerTo(request);
  port.postMessage(answer, transfer as ArrayBuffer[]);
});
