// `init` in Node: the environment, stderr, and where the run is kept. Node only.
import { writeSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { warn } from "../warnings.ts";
import { forgetRun, interruptedRun, rememberRun } from "./auto-resume.ts";
import { RunConsole } from "./console.ts";
import { enter, leave } from "./current.ts";
import { makeRunFolder, type RunFolder } from "./folder.ts";
import { findServer, isOnline, nodeUploader, sayKeyIsThere, settingsFiles } from "./node-uploader.ts";
import { onProcessEnd } from "./process-end.ts";
import { Run } from "./run.ts";
import { type InitOptions, ignoredVariables, readSettings, type Settings } from "./settings.ts";
import { nullStore, randomRunId, StorageError } from "./store.ts";
import { logStart } from "./writer.ts";

/**
 * Begins a run: makes <dir>/wandb/offline-run-<time>-<id>/ and writes what is known of it. The run is then the one that the
 * module's own `log`, `finish`, `run`, `config` and `summary` act on.
 *
 * Options win over W&B's environment variables, which win over its defaults. The run ends with `finish`; else with the program:
 * with its exit code, 1 after an uncaught error, and on SIGINT, SIGTERM and SIGHUP.
 * @throws TypeError or RangeError for an option that cannot be, naming it or the variable that it came from; an Error with the
 *   system's `code`, naming the path, where nothing can be written (see `onError`). Nothing is left behind then.
 */
export function init(options: InitOptions = {}): Run {
  const settings = withInterruptedRun(readSettings(options, process.env, settingsFiles()));
  const console = new RunConsole({ ...settings, color: isColorful(), write: toStderr });
  const warning = (code: string, message: string) =>
    warn(code, message, settings.onWarning, (said) => console.warn(said.code, said.message));
  warnOfIgnoredVariables(warning);

  const server = isOnline(settings) ? findServer(settings) : undefined;
  if (server === undefined && settings.resume !== undefined) {
    warning("resume-ignored", 'init: resume: only a run with mode: "online" can go on with what a server has of it');
  }
  const folder = settings.mode === "disabled" ? null : openFolderOrWarn(settings, warning);
  const uploader = server && folder ? nodeUploader(settings, server, folder) : undefined;
  const run = new Run(
    folder === null ? { ...settings, mode: "disabled" } : settings,
    folder ?? nullStore(settings.id ?? randomRunId()),
    {
      console,
      hostName: hostName(),
      onProcessEnd(close) {
        return onProcessEnd((exitCode) => {
          try {
            close(exitCode);
          } catch (error) {
            console.error(error instanceof Error ? error.message : String(error));
          }
        });
      },
      onFinished(finished, exitCode) {
        leave(finished);
        if (settings.resume === "auto" && exitCode === 0) forgetRun(settings.dir ?? currentFolder());
        process.off("beforeExit", finish);
      },
      uploader,
    },
  );
  // The program has nothing more to do: what is left to upload may take its time.
  const finish = () => void run.finish(Number(process.exitCode ?? 0));
  if (uploader !== undefined) process.on("beforeExit", finish);
  if (settings.mode === "offline") sayKeyIsThere(settings, console);
  folder?.watch((gone) => warning(gone.code, gone.message));
  return enter(run);
}

/** `resume: "auto"` goes on with the last run here that did not end well. */
function withInterruptedRun(settings: Settings): Settings {
  const { resume, id, dir } = settings;
  if (resume === "must" && id === undefined) throw new RangeError('init: resume: "must" needs the id of the run');
  if (resume !== "auto" || !isOnline(settings)) return settings;
  const root = dir ?? currentFolder();
  const chosen = id ?? interruptedRun(root) ?? randomRunId();
  rememberRun(root, chosen);
  return { ...settings, id: chosen };
}

type Warn = (code: string, message: string) => void;

/** null where nothing can be written and `onError` says to go on without. */
function openFolderOrWarn(settings: Settings, warning: Warn): RunFolder | null {
  try {
    return openFolder(settings, warning);
  } catch (error) {
    if (!(error instanceof StorageError) || settings.onError === "throw") throw error;
    warning("write-failed", `${error.message}. The run is disabled: nothing of it is kept`);
    return null;
  }
}

function openFolder(settings: Settings, warning: Warn): RunFolder {
  const host = hostName();
  const make = (root: string) =>
    makeRunFolder(
      root,
      settings.id,
      (id, startTime) => logStart(settings, id, startTime, host),
      settings.durability,
      isOnline(settings),
    );
  if (settings.dir !== undefined) return make(settings.dir);
  try {
    return make(currentFolder());
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    const folder = orElse(() => make(tmpdir()), error);
    warning("temporary-folder", `${error.message}. The run is in the system's temporary folder instead: ${folder.dir}`);
    return folder;
  }
}

/** @throws `error`, which says more, where `work` throws */
function orElse<T>(work: () => T, error: StorageError): T {
  try {
    return work();
  } catch {
    throw error;
  }
}

function hostName(): string {
  return process.env.WANDB_HOST || hostname();
}

/** @throws StorageError where the current folder was removed */
function currentFolder(): string {
  try {
    return process.cwd();
  } catch {
    throw new StorageError("ENOENT", "the current folder is gone");
  }
}

const warnedVariables = new Set<string>();

/** Each variable once a process. */
function warnOfIgnoredVariables(warning: Warn): void {
  const names = ignoredVariables(process.env).filter((name) => !warnedVariables.has(name));
  if (names.length === 0) return;
  for (const name of names) warnedVariables.add(name);
  const are = names.length === 1 ? "is a variable" : "are variables";
  warning("variables-ignored", `${names.join(", ")} ${are} of W&B's Python client that this package does not heed`);
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
