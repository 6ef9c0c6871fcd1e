// Threads of a page: module workers of a file where the bundler gave one, else of a Blob; where the page's Content-Security-Policy
// allows neither, the page's own thread, with a warning.
import { warn } from "../warnings.ts";
import { type Answer, READY, type Request } from "./messages.ts";
import { answerTo } from "./serve.ts";
import type { Environment, Movable, Thread, ThreadEvents } from "./threads.ts";

type StartWorker = () => Worker | Promise<Worker>;

/** @param fromFile starts the bundled src/workers/page-worker.ts; in the door, as bundlers look for the very words there */
export function pageThreads(fromFile: () => Worker): Environment {
  return {
    cores: () => navigator.hardwareConcurrency,
    startThread: (events) => new PageThread([fromFile, workerFromBlob], events),
  };
}

async function workerFromBlob(): Promise<Worker> {
  const { PAGE_WORKER } = await import("./page-worker.source.ts");
  const url = URL.createObjectURL(new Blob([PAGE_WORKER], { type: "text/javascript" }));
  try {
    return new Worker(url);
  } finally {
    URL.revokeObjectURL(url);
  }
}

class PageThread implements Thread {
  readonly #events: ThreadEvents;
  /** null: not running yet. */
  #post: Thread["post"] | null = null;
  #worker: Worker | null = null;
  #ended = false;
  /** Posted when the worker runs: what a worker that never runs was sent would be lost. */
  readonly #held: [request: Request, transfer: readonly Movable[]][] = [];

  constructor(ways: readonly StartWorker[], events: ThreadEvents) {
    this.#events = events;
    void this.#start(ways);
  }

  async #start(ways: readonly StartWorker[]): Promise<void> {
    const worker = await firstRunning(ways);
    if (worker === null) {
      const message =
        "no worker can be started here, so that images are encoded on this thread. A Content-Security-Policy allows workers by " +
        "worker-src 'self' (a file of the page) or worker-src blob:";
      warn("workers-unavailable", message);
      this.#run(
        (request, transfer) => void encodeHere(request, transfer).then((answer) => this.#events.onAnswer(answer)),
      );
      return;
    }
    if (this.#ended) {
      worker.terminate();
      return;
    }
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<Answer>) => this.#events.onAnswer(data);
    worker.onerror = ({ message }) => {
      worker.terminate();
      this.#events.onDeath(message);
    };
    this.#run((request, transfer) => worker.postMessage(request, [...transfer] as Transferable[]));
  }

  #run(post: Thread["post"]): void {
    this.#post = post;
    for (const [request, transfer] of this.#held.splice(0)) post(request, transfer);
  }

  post(request: Request, transfer: readonly Movable[]): void {
    if (this.#post === null) this.#held.push([request, transfer]);
    else this.#post(request, transfer);
  }

  end(): void {
    this.#ended = true;
    this.#worker?.terminate();
  }

  /** No worker keeps a page open. */
  keepAlive(): void {}
}

/** What a worker does, memory moved and all, on this thread; after the caller's own work. */
async function encodeHere(request: Request, transfer: readonly Movable[]): Promise<Answer> {
  const received = structuredClone(request, { transfer: [...transfer] as Transferable[] });
  await new Promise((resolve) => setTimeout(resolve));
  const { answer, transfer: back } = answerTo(received);
  return structuredClone(answer, { transfer: [...back] as Transferable[] });
}

/** null: none of them runs. */
async function firstRunning(ways: readonly StartWorker[]): Promise<Worker | null> {
  for (const start of ways) {
    try {
      return await running(await start());
    } catch {
      // The file is not there, or the policy forbids it: the next way.
    }
  }
  return null;
}

function running(worker: Worker): Promise<Worker> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => {
      if (data === READY) resolve(worker);
    };
    worker.onerror = (event) => {
      event.preventDefault(); // or the page's console reports it
      worker.terminate();
      reject(new Error(event.message));
    };
  });
}
