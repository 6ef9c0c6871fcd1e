// What `init` was asked for: its options before W&B's environment variables before W&B's defaults.

import type { HostFetch } from "../host-types.ts";
import { describe, printable, quoted } from "../messages.ts";
import { checkNames, checkOneOf, checkType } from "../options.ts";
import type { UploadProgress } from "../upload/progress.ts";
import type { OnWarning } from "../warnings.ts";
import { snapshot } from "./snapshot.ts";
import type { ValueMap } from "./values.ts";
import { imagesOf } from "./values.ts";

export type RunMode = "offline" | "online" | "shared" | "disabled";

export type Resume = "allow" | "must" | "never" | "auto";

export interface InitOptions {
  /** Up to 128 characters, none of / \ # ? % : — else W&B's WANDB_PROJECT, else the server's "uncategorized". */
  project?: string | undefined;
  /** The user or team that will own the run; WANDB_ENTITY, else whoever syncs it. */
  entity?: string | undefined;
  /** What the run is called in the app; WANDB_NAME, else the server makes one up. */
  name?: string | undefined;
  /** WANDB_NOTES. */
  notes?: string | undefined;
  /** Each of 1 to 64 characters; WANDB_TAGS, separated by commas. */
  tags?: readonly string[] | undefined;
  /** WANDB_RUN_GROUP. */
  group?: string | undefined;
  /** WANDB_JOB_TYPE. */
  jobType?: string | undefined;
  /** Unique in the project, up to 64 characters, none of : ; , # ? / ' \; WANDB_RUN_ID, else 8 random characters. */
  id?: string | undefined;
  /** Hyperparameters and other inputs of the run. */
  config?: Readonly<Record<string, unknown>> | undefined;
  /**
   * The folder in which wandb/offline-run-… is made; WANDB_DIR, else the current one, else (where nothing can be written there)
   * the system's temporary one, with the warning `temporary-folder`.
   */
  dir?: string | undefined;
  /**
   * "offline" (default) writes a run for `npx wandb-image sync`; "online" does, and uploads it while it goes on; "shared" is
   * online as one of several writers of the run with this `id`; "disabled" does nothing. WANDB_MODE, else `mode` of W&B's settings
   * files.
   */
  mode?: RunMode | undefined;
  /** Of the server; WANDB_API_KEY, else the password for its host in ~/.netrc. It is never written or printed. */
  apiKey?: string | undefined;
  /** The server: WANDB_BASE_URL, else `base_url` of W&B's settings files, else https://api.wandb.ai. */
  baseUrl?: string | undefined;
  /**
   * Goes on with the run of this `id` where the server has one: "allow", or refuses to where it has none ("must") or one ("never").
   * "auto" (or true) goes on with the last run here that did not end well. `await run.ready` before the first `log`. WANDB_RESUME.
   */
  resume?: Resume | boolean | undefined;
  /** Seconds that `finish` waits for the upload while nothing arrives; default 600. What is left then is named, and kept on disk. */
  finishTimeout?: number | undefined;
  /** Sends the upload's requests, in place of the engine's own `fetch`: through a proxy, with other certificates. */
  fetch?: HostFetch | undefined;
  /** Called as the upload goes on, with what `run.upload` then is. */
  onUpload?: ((progress: UploadProgress) => void) | undefined;
  /** Of several writers ("shared"): whether this one writes the summary and ends the run; default true. */
  primary?: boolean | undefined;
  /** Takes the run's warnings, each time; else the process's handler; else each kind is said once on stderr. */
  onWarning?: OnWarning | undefined;
  /**
   * What becomes of a file or folder that cannot be written (a full disk, a removed folder): "throw" (default) has the call throw;
   * "warn" gives the warning `write-failed` instead, for servers that must go on, and a disabled run where not even a folder can
   * be made. A value that cannot be logged is an error in both cases.
   */
  onError?: "throw" | "warn" | undefined;
  /**
   * What survives once `log` has returned: the death of the program ("process", the default), or that of the machine as well ("sync":
   * each file and record is synced to the disk, which takes milliseconds a call). Runs on disk only.
   */
  durability?: "process" | "sync" | undefined;
}

export interface Settings {
  readonly project: string | undefined;
  readonly entity: string | undefined;
  readonly name: string | undefined;
  readonly notes: string | undefined;
  readonly tags: readonly string[];
  readonly group: string | undefined;
  readonly jobType: string | undefined;
  /** undefined: to be made up. */
  readonly id: string | undefined;
  readonly config: ValueMap;
  readonly dir: string | undefined;
  readonly mode: RunMode;
  readonly apiKey: string | undefined;
  readonly baseUrl: string | undefined;
  readonly resume: Resume | undefined;
  /** Seconds. */
  readonly finishTimeout: number;
  /** Seconds. */
  readonly initTimeout: number;
  readonly fetch: InitOptions["fetch"];
  readonly onUpload: InitOptions["onUpload"];
  readonly primary: boolean;
  readonly silent: boolean;
  readonly quiet: boolean;
  readonly onWarning: OnWarning | undefined;
  readonly onError: "throw" | "warn";
  readonly durability: "process" | "sync";
}

export type Environment = Readonly<Record<string, string | undefined>>;

const OPTIONS = [
  "project",
  "entity",
  "name",
  "notes",
  "tags",
  "group",
  "jobType",
  "id",
  "config",
  "dir",
  "mode",
  "apiKey",
  "baseUrl",
  "resume",
  "finishTimeout",
  "fetch",
  "onUpload",
  "primary",
  "onWarning",
  "onError",
  "durability",
] as const satisfies readonly (keyof InitOptions)[];

/** The options that are a string, and W&B's variables for them. */
const VARIABLES = {
  project: "WANDB_PROJECT",
  entity: "WANDB_ENTITY",
  name: "WANDB_NAME",
  notes: "WANDB_NOTES",
  group: "WANDB_RUN_GROUP",
  jobType: "WANDB_JOB_TYPE",
  id: "WANDB_RUN_ID",
  dir: "WANDB_DIR",
  mode: "WANDB_MODE",
} as const satisfies Partial<Record<keyof InitOptions, string>>;

/** W&B's names of modes, old ones among them. */
const MODES: Readonly<Record<string, RunMode>> = {
  offline: "offline",
  dryrun: "offline",
  online: "online",
  run: "online",
  shared: "shared",
  disabled: "disabled",
};

/**
 * @param files what W&B's settings files say of `mode`, `project` and `entity`: the last to be asked
 * @throws TypeError or RangeError that begins with the option or the variable which is wrong
 */
export function readSettings(options: InitOptions, env: Environment, files: Environment = {}): Settings {
  checkOptions(options);

  /** The option, else the variable; checked, with the one that it came from in what `check` throws. */
  function text<T = string>(name: keyof typeof VARIABLES, check = (value: string, _source: string) => value as T) {
    const value = options[name] ?? undefined;
    const source = value === undefined ? VARIABLES[name] : `init: ${name}`;
    const found = value ?? (env[VARIABLES[name]] || files[name] || undefined);
    if (found === undefined) return undefined;
    if (typeof found !== "string") throw new TypeError(`${source}: expected a string; got ${describe(found)}`);
    return check(found, source);
  }

  return {
    project: text("project", checkProject),
    entity: text("entity"),
    name: text("name"),
    notes: text("notes"),
    tags: readTags(options.tags ?? undefined, env),
    group: text("group"),
    jobType: text("jobType"),
    id: text("id", checkId),
    config: checkConfig(snapshot(options.config ?? {}, "init: config", { arrays: "list" })),
    dir: text("dir"),
    mode: text("mode", checkMode) ?? "offline",
    apiKey: options.apiKey ?? undefined,
    baseUrl: options.baseUrl ?? undefined,
    resume: readResume(options.resume ?? env.WANDB_RESUME),
    finishTimeout: options.finishTimeout ?? FINISH_TIMEOUT,
    initTimeout: Number(env.WANDB_INIT_TIMEOUT) || INIT_TIMEOUT,
    fetch: options.fetch,
    onUpload: options.onUpload,
    primary: options.primary ?? true,
    silent: isTrue(env.WANDB_SILENT),
    quiet: isTrue(env.WANDB_QUIET),
    onWarning: options.onWarning,
    onError: options.onError ?? "throw",
    durability: options.durability ?? "process",
  };
}

const EXAMPLE = '{ project: "cats" }';

/** Seconds; W&B's own waits seven days, and for the server's first answer a minute and a half. */
const FINISH_TIMEOUT = 600;
const INIT_TIMEOUT = 90;

const RESUME = ["allow", "must", "never", "auto"] as const;

function readResume(resume: unknown): Resume | undefined {
  if (resume === undefined || resume === "" || resume === false) return undefined;
  if (resume === true || isTrue(String(resume))) return "auto";
  checkOneOf("init: resume", resume, RESUME);
  return resume as Resume;
}

function checkUploadOptions({ finishTimeout, fetch, onUpload, apiKey, baseUrl, primary }: InitOptions): void {
  checkType("init: finishTimeout", finishTimeout, "number");
  if (finishTimeout !== undefined && !(finishTimeout >= 0)) {
    throw new RangeError(`init: finishTimeout: expected seconds, 0 or more; got ${describe(finishTimeout)}`);
  }
  checkType("init: fetch", fetch, "function");
  checkType("init: onUpload", onUpload, "function");
  checkType("init: primary", primary, "boolean");
  checkType("init: baseUrl", baseUrl, "string");
  // A key is not shown, whatever it is.
  if (apiKey !== undefined && typeof apiKey !== "string") throw new TypeError("init: apiKey: expected a string");
}

function checkOptions(options: InitOptions): void {
  if (typeof options === "string") {
    const text = describe(options);
    throw new TypeError(
      `init: expected an object of options; got the string ${text}. Did you mean { project: ${text} }?`,
    );
  }
  checkNames("init", options, OPTIONS, EXAMPLE);
  checkUploadOptions(options);
  checkType("init: onWarning", options.onWarning, "function");
  checkOneOf("init: onError", options.onError, ["throw", "warn"]);
  checkOneOf("init: durability", options.durability, ["process", "sync"]);
}

/** Config keys become config items as they are; `_wandb` is where W&B keeps class labels. */
export function checkConfig(config: ValueMap): ValueMap {
  if (Object.hasOwn(config, "_wandb")) throw new RangeError('config key "_wandb" is W&B\'s own; choose another');
  for (const [key, value] of Object.entries(config)) {
    if (imagesOf(value)[Symbol.iterator]().next().done) continue;
    throw new TypeError(`config key ${quoted(key)}: an Image cannot be part of the config; log it`);
  }
  return config;
}

function checkMode(mode: string, source: string): RunMode {
  if (Object.hasOwn(MODES, mode)) return MODES[mode]!;
  throw new RangeError(`${source}: expected "offline", "online", "shared" or "disabled"; got ${describe(mode)}`);
}

function readTags(tags: unknown, env: Environment): readonly string[] {
  return checkTags(tags ?? splitTags(env.WANDB_TAGS ?? ""), tags === undefined ? "WANDB_TAGS" : "init: tags");
}

/** @throws TypeError or RangeError for what is no list of tags, each of 1 to 64 characters */
export function checkTags(list: unknown, source: string): string[] {
  if (!Array.isArray(list)) throw new TypeError(`${source}: expected an array of strings; got ${describe(list)}`);
  return list.map((tag, i) => {
    if (typeof tag !== "string") throw new TypeError(`${source}[${i}]: expected a string; got ${describe(tag)}`);
    const length = characters(tag);
    if (length >= 1 && length <= 64) return tag;
    throw new RangeError(`${source}: tag ${describe(tag)}: expected 1 to 64 characters; got ${length}`);
  });
}

function splitTags(variable: string): string[] {
  const tags = variable.split(",").map((tag) => tag.trim());
  return tags.filter((tag) => tag !== "");
}

/** As Python counts: a code point is one. */
function characters(text: string): number {
  return [...text].length;
}

/** W&B's rule and words (wandb_settings.py, validate_project). */
function checkProject(project: string, source: string): string {
  if (characters(project) > 128) {
    throw new RangeError(`${source}: Invalid project name '${printable(project)}': exceeded 128 characters`);
  }
  const found = ["/", "\\", "#", "?", "%", ":"].filter((character) => project.includes(character));
  if (found.length > 0) {
    throw new RangeError(
      `${source}: Invalid project name '${printable(project)}': cannot contain characters '/,\\,#,?,%,:', found '${found.join(",")}'`,
    );
  }
  return project;
}

/** W&B's rule and words (wandb_settings.py, validate_run_id); the id is also part of file names. */
function checkId(id: string, source: string): string {
  if (id === "") throw new RangeError(`${source}: Run ID cannot be empty`);
  if (id.trim() !== id) throw new RangeError(`${source}: Run ID cannot start or end with whitespace`);
  if (/[:;,#?/'\\]/.test(id)) throw new RangeError(`${source}: Run ID cannot contain the characters: :;,#?/'\\`);
  if (/\p{Cc}/u.test(id)) throw new RangeError(`${source}: Run ID cannot contain control characters`);
  if (characters(id) > 64) throw new RangeError(`${source}: expected at most 64 characters; got ${characters(id)}`);
  return id;
}

/** As W&B reads booleans from the environment (pydantic's words). */
export function isTrue(variable: string | undefined): boolean {
  return ["1", "true", "t", "yes", "y", "on"].includes((variable ?? "").toLowerCase());
}

/** W&B's variables that its Python client heeds and this package does not. */
const IGNORED_VARIABLES = [
  "WANDB_ANONYMOUS",
  "WANDB_ARGS",
  "WANDB_ARTIFACT_DIR",
  "WANDB_CACHE_DIR",
  "WANDB_CONFIG_PATHS",
  "WANDB_CONSOLE",
  "WANDB_DATA_DIR",
  "WANDB_DESCRIPTION",
  "WANDB_DISABLE_CODE",
  "WANDB_DISABLE_GIT",
  "WANDB_DISABLED",
  "WANDB_DOCKER",
  "WANDB_ERROR_REPORTING",
  "WANDB_FORK_FROM",
  "WANDB_GIT_COMMIT",
  "WANDB_GIT_REMOTE_URL",
  "WANDB_GIT_ROOT",
  "WANDB_IGNORE_GLOBS",
  "WANDB_JOB_NAME",
  "WANDB_JUPYTER",
  "WANDB_LAUNCH",
  "WANDB_MAGIC",
  "WANDB_NOTEBOOK_NAME",
  "WANDB_PROGRAM",
  "WANDB_REINIT",
  "WANDB_RESUME_FROM",
  "WANDB_RUN_NAME",
  "WANDB_RUN_NOTES",
  "WANDB_RUN_TAGS",
  "WANDB_SAVE_CODE",
  "WANDB_SHOW_RUN",
  "WANDB_SWEEP_ID",
  "WANDB_SWEEP_PARAM_PATH",
  "WANDB_SYNC_TENSORBOARD",
];

export function ignoredVariables(env: Environment): string[] {
  return IGNORED_VARIABLES.filter((name) => env[name]);
}
