// What a worker of a page runs.
import type { Request } from "./messages.ts";
import { READY } from "./messages.ts";
import { answerTo } from "./serve.ts";

/** The members of DedicatedWorkerGlobalScope that are used here: TypeScript's "webworker" library excludes "dom". */
const scope = globalThis as unknown as {
  postMessage(message: unknown, transfer?: readonly object[]): void;
  onmessage: ((event: { readonly data: Request }) => void) | null;
};

scope.onmessage = ({ data }) => {
  const { answer, transfer } = answerTo(data);
  scope.postMessage(answer, transfer);
};
scope.postMessage(READY);
