// Time, so that tests can let it pass faster: every wait of an upload goes through a clock. Durations are milliseconds.

export interface Clock {
  now(): number;
  /** Resolves after `duration`, or as soon as `signal` aborts; never rejects. */
  sleep(duration: number, signal?: AbortSignal): Promise<void>;
}

export const realClock: Clock = scaledClock(1);

/** The clock of live uploads in the program's own thread, which its waits do not keep running. */
export let liveClock: Clock = scaledClock(1, { keepAlive: false });

/** For tests. */
export function setLiveClock(clock: Clock): void {
  liveClock = clock;
}

/**
 * A clock on which waits take `scale` of their length.
 * @param options whether they keep the program running
 */
export function scaledClock(scale: number, { keepAlive = true } = {}): Clock {
  return {
    now: () => performance.now() / scale,
    sleep: (duration, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted || duration <= 0) {
          resolve();
          return;
        }
        // setTimeout fires at once from 2^31 on.
        const timer = setTimeout(done, Math.min(duration * scale, 2 ** 31 - 1));
        if (!keepAlive) (timer as { unref?: () => void }).unref?.();
        const forget = onAbort(signal, done);
        function done(): void {
          clearTimeout(timer);
          forget();
          resolve();
        }
      }),
  };
}

const listeners = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `callback` when `signal` aborts; the function returned takes that back. One listener a signal, however many callbacks:
 * Node warns of more than ten.
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal === undefined) return () => {};
  let callbacks = listeners.get(signal);
  if (callbacks === undefined) {
    const all = new Set<() => void>();
    callbacks = all;
    listeners.set(signal, all);
    signal.addEventListener("abort", () => {
      for (const each of [...all]) each();
    });
  }
  callbacks.add(callback);
  return () => callbacks.delete(callback);
}

/** Something to wait for that happens again and again: `wake` ends the waits that are on, or the next one. */
export class Bell {
  #rung = false;
  #controller = new AbortController();

  wake(): void {
    this.#rung = true;
    this.#controller.abort("rung"); // without a reason of its own each ring makes a DOMException, stack and all
  }

  async wait(clock: Clock, duration: number): Promise<void> {
    if (!this.#rung) await clock.sleep(duration, this.#controller.signal);
    this.#rung = false;
    this.#controller = new AbortController();
  }
}
