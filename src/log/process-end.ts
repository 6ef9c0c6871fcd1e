// The ends that a program can come to, for the runs that are then still open. Node only.
import { constants } from "node:os";
import { shared } from "../shared.ts";

type Signal = "SIGINT" | "SIGTERM" | "SIGHUP";
const SIGNALS: readonly Signal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Closes a run; called with the program's exit code. */
type Close = (exitCode: number) => void;

/** What all copies of this package share, so that there is one set of listeners. */
const state = shared("process-end 1", () => ({ open: new Set<Close>(), stopListening() {} }));

/** Calls `close` at the end of the program; the function returned takes that back. Listeners stay as long as they are needed. */
export function onProcessEnd(close: Close): () => void {
  if (state.open.size === 0) state.stopListening = listen(state.open);
  state.open.add(close);
  return () => {
    if (state.open.delete(close) && state.open.size === 0) state.stopListening();
  };
}

function listen(open: ReadonlySet<Close>): () => void {
  const closeAll: Close = (exitCode) => {
    for (const close of [...open]) close(exitCode);
  };
  const onSignal = (signal: Signal) => {
    // A program that listens too decides for itself whether this is the end; if it is, "exit" comes.
    if (process.listenerCount(signal) > 1 + signalExitListeners()) return;
    closeAll(128 + constants.signals[signal]);
    stopListening();
    raise(signal);
  };
  const stopListening = () => {
    process.off("exit", closeAll);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
  process.on("exit", closeAll); // also follows an uncaught error (with code 1) and process.exit()
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return stopListening;
}

/**
 * Listeners of the package signal-exit, which execa, ora, proper-lockfile and many more bring along. They do nothing while somebody
 * else listens, as ours do: each would wait for the other. All copies of it count themselves, version 2 and 3 in one place, 4 in another.
 */
function signalExitListeners(): number {
  const counters = [
    (process as { __signal_exit_emitter__?: { count?: unknown } }).__signal_exit_emitter__,
    (globalThis as { [key: symbol]: { count?: unknown } | undefined })[Symbol.for("signal-exit emitter")],
  ];
  return counters.reduce((sum, counter) => sum + (typeof counter?.count === "number" ? counter.count : 0), 0);
}

/** Our listener is off: the default action follows, and the parent sees the signal. */
function raise(signal: Signal): void {
  // The first process of a container has no default actions.
  if (process.pid === 1) process.exit(128 + constants.signals[signal]);
  process.kill(process.pid, signal);
}
