// `init` in Node: the environment, stderr, and the ends that a program can come to. Node only.
import { writeSync } from "node:fs";
import { constants, hostname } from "node:os";
import { shared } from "../shared.ts";
import { RunConsole } from "./console.ts";
import { makeRunFolder } from "./folder.ts";
import { Run } from "./run.ts";
import type { InitOptions } from "./settings.ts";
import { readSettings } from "./settings.ts";
import { nowhere, randomRunId } from "./store.ts";

/**
 * Begins a run: makes <dir>/wandb/offline-run-<time>-<id>/ and writes what is known of it.
 *
 * Arguments win over W&B's environment variables, which win over its defaults. Throws a TypeError or RangeError for an
 * option that cannot be, an Error naming the path if nothing can be written there. The run ends with `finish`; else with
 * the program: with its exit code, 1 after an uncaught error, and on SIGINT, SIGTERM and SIGHUP.
 */
export function init(options: InitOptions = {}): Run {
  const settings = readSettings(options, process.env);
  const console = new RunConsole({ ...settings, color: isColorful(), write: toStderr });
  const { id, store } =
    settings.mode === "disabled"
      ? { id: settings.id ?? randomRunId(), store: nowhere() }
      : makeRunFolder(settings.dir ?? process.cwd(), settings.id);
  const host = process.env.WANDB_HOST || hostname();
  return new Run(id, settings, store, {
    console,
    host,
    untilEnd(close) {
      const closeAloud = (exitCode: number) => {
        try {
          close(exitCode);
        } catch (error) {
          console.error(error instanceof Error ? error.message : String(error));
        }
      };
      return untilEnd(closeAloud);
    },
  });
}

/** Synchronously, so that the lines are there when the process ends. */
function toStderr(line: string): void {
  try {
    writeSync(2, `${line}\n`);
  } catch {
    // A closed or full stderr must not stop a program.
  }
}

/** W&B's rule with the two variables that programs agree on. */
function isColorful(): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR) return false;
  if (FORCE_COLOR) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  return process.stderr.isTTY === true && TERM !== "dumb";
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** The runs that are open, and the listeners of the copy of this package that came first: two would each wait for the other. */
const ends = shared("ends 1", () => ({ open: new Set<(exitCode: number) => void>(), closeAll, closeAndRaise }));

/** Calls `close` at the end of the program; the function returned takes that back. The handlers stay as long as needed. */
function untilEnd(close: (exitCode: number) => void): () => void {
  if (ends.open.size === 0) {
    process.on("exit", ends.closeAll);
    for (const signal of SIGNALS) process.on(signal, ends.closeAndRaise);
  }
  ends.open.add(close);
  return () => {
    ends.open.delete(close);
    if (ends.open.size > 0) return;
    process.off("exit", ends.closeAll);
    for (const signal of SIGNALS) process.off(signal, ends.closeAndRaise);
  };
}

/** "exit" also follows an uncaught error (with code 1) and process.exit(). */
function closeAll(exitCode: number): void {
  for (const close of [...ends.open]) close(exitCode);
}

function closeAndRaise(signal: (typeof SIGNALS)[number]): void {
  // A program that listens too decides for itself whether this is the end; if it is, "exit" comes.
  if (process.listenerCount(signal) > 1) return;
  closeAll(128 + constants.signals[signal]);
  process.kill(process.pid, signal); // our listener is off: the default action, and the parent sees the signal
}
