// A worker as the pool knows it, the same in Node and in a page.
import type { Answer, Request } from "./messages.ts";

/** What postMessage moves instead of copying: an ArrayBuffer, ImageBitmap, VideoFrame. */
export type Movable = ArrayBuffer | object;

export interface Thread {
  post(request: Request, transfer: readonly Movable[]): void;
  /** Ends the worker at once, without a call of `onDeath`. */
  end(): void;
  /** Whether the worker keeps the program alive (Node). */
  keepAlive(alive: boolean): void;
}

export interface ThreadEvents {
  onAnswer(answer: Answer): void;
  /** The worker ended by itself: out of memory, killed. */
  onDeath(reason: string): void;
}

export interface Environment {
  /** Cores of the machine. */
  cores(): number;
  startThread(events: ThreadEvents): Thread;
}
