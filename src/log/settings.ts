// What `init` was asked for: its arguments before W&B's environment variables before W&B's defaults.
import type { OnWarning } from "../warnings.ts";
import type { Fields } from "./values.ts";
import { mediaOf, snapshot } from "./values.ts";

export type Mode = "offline" | "online" | "disabled";

export interface InitOptions {
  /** Up to 128 characters, none of / \ # ? % : — else W&B's WANDB_PROJECT, else the server's "uncategorized". */
  project?: string | undefined;
  /** The user or team that will own the run; WANDB_ENTITY, else whoever syncs it. */
  entity?: string | undefined;
  /** What the run is called in the app; WANDB_NAME, else the server makes one up. */
  name?: string | undefined;
  /** WANDB_NOTES. */
  notes?: string | undefined;
  /** WANDB_TAGS, separated by commas. */
  tags?: readonly string[] | undefined;
  /** WANDB_RUN_GROUP. */
  group?: string | undefined;
  /** WANDB_JOB_TYPE. */
  jobType?: string | undefined;
  /** Unique in the project; WANDB_RUN_ID, else 8 random characters. */
  id?: string | undefined;
  /** Hyperparameters and other inputs of the run. */
  config?: Readonly<Record<string, unknown>> | undefined;
  /** The folder in which wandb/offline-run-… is made; WANDB_DIR, else the current one. */
  dir?: string | undefined;
  /** "offline" (default) writes a run for `wandb sync`; "online" does the same and says so; "disabled" does nothing. WANDB_MODE. */
  mode?: Mode | undefined;
  /** Takes the run's warnings, each time; else the process's handler; else each kind is said once on stderr. */
  onWarning?: OnWarning | undefined;
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
  readonly config: Fields;
  readonly dir: string | undefined;
  readonly mode: Mode;
  readonly silent: boolean;
  readonly quiet: boolean;
  readonly onWarning: OnWarning | undefined;
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
  "onWarning",
] as const satisfies readonly (keyof InitOptions)[];

/** W&B's names of modes, old ones among them. */
const MODES: Readonly<Record<string, Mode>> = {
  offline: "offline",
  dryrun: "offline",
  online: "online",
  run: "online",
  shared: "online",
  disabled: "disabled",
};

export function readSettings(options: InitOptions, env: Environment): Settings {
  for (const name of Object.keys(options)) {
    if (!(OPTIONS as readonly string[]).includes(name)) {
      throw new TypeError(`init: unknown option ${JSON.stringify(name)}; expected ${OPTIONS.join(", ")}`);
    }
  }

  function text(
    name: "project" | "entity" | "name" | "notes" | "group" | "jobType" | "id" | "dir" | "mode",
    variable: string,
  ) {
    const value = options[name] ?? undefined;
    if (value === undefined) return env[variable] || undefined;
    if (typeof value !== "string") throw new TypeError(`init: ${name}: expected a string; came ${typeof value}`);
    return value;
  }

  const asked = text("mode", "WANDB_MODE") ?? "offline";
  const mode = Object.hasOwn(MODES, asked) ? MODES[asked]! : undefined;
  if (mode === undefined) {
    throw new RangeError(`init: mode ${JSON.stringify(asked)}; expected "offline", "online" or "disabled"`);
  }
  return {
    project: checkProject(text("project", "WANDB_PROJECT")),
    entity: text("entity", "WANDB_ENTITY"),
    name: text("name", "WANDB_NAME"),
    notes: text("notes", "WANDB_NOTES"),
    tags: readTags(options.tags, env.WANDB_TAGS),
    group: text("group", "WANDB_RUN_GROUP"),
    jobType: text("jobType", "WANDB_JOB_TYPE"),
    id: checkId(text("id", "WANDB_RUN_ID")),
    config: checkConfig(snapshot(options.config ?? {}, "init: config")),
    dir: text("dir", "WANDB_DIR"),
    mode,
    silent: isTrue(env.WANDB_SILENT),
    quiet: isTrue(env.WANDB_QUIET),
    onWarning: options.onWarning,
  };
}

/** Config keys become config items as they are; `_wandb` is where W&B keeps class labels. */
export function checkConfig(config: Fields): Fields {
  if (Object.hasOwn(config, "_wandb")) throw new RangeError('config key "_wandb" is W&B\'s own; choose another');
  for (const [key, value] of Object.entries(config)) {
    if (mediaOf(value)[Symbol.iterator]().next().done) continue;
    throw new TypeError(`config key ${JSON.stringify(key)}: an Image cannot be part of the config; log it`);
  }
  return config;
}

function readTags(tags: readonly string[] | undefined, variable: string | undefined): readonly string[] {
  if (tags === undefined || tags === null) {
    return (variable ?? "")
      .split(",")
      .map((tag) => tag.trim())
      .filter((tag) => tag !== "");
  }
  if (!Array.isArray(tags) || tags.some((tag) => typeof tag !== "string")) {
    throw new TypeError("init: tags: expected an array of strings");
  }
  const wrong = tags.find((tag) => tag.length < 1 || tag.length > 64);
  if (wrong !== undefined) {
    throw new RangeError(`init: tag ${JSON.stringify(wrong)}: ${wrong.length} characters; expected 1 to 64`);
  }
  return [...tags];
}

/** W&B's rule and words (wandb_settings.py, validate_project). */
function checkProject(project: string | undefined): string | undefined {
  if (project === undefined) return undefined;
  if (project.length > 128) throw new RangeError(`Invalid project name '${project}': exceeded 128 characters`);
  const found = ["/", "\\", "#", "?", "%", ":"].filter((character) => project.includes(character));
  if (found.length > 0) {
    throw new RangeError(
      `Invalid project name '${project}': cannot contain characters '/,\\,#,?,%,:', found '${found.join(",")}'`,
    );
  }
  return project;
}

/** W&B's rule and words (wandb_settings.py, validate_run_id); the id is also part of file names. */
function checkId(id: string | undefined): string | undefined {
  if (id === undefined) return undefined;
  if (id === "") throw new RangeError("Run ID cannot be empty");
  if (id.trim() !== id) throw new RangeError("Run ID cannot start or end with whitespace");
  if (/[:;,#?/'\\\0]/.test(id)) throw new RangeError("Run ID cannot contain the characters: :;,#?/'\\");
  if (id.length > 64) throw new RangeError(`Run ID: ${id.length} characters; expected at most 64`);
  return id;
}

/** As W&B reads booleans from the environment (pydantic's words). */
export function isTrue(variable: string | undefined): boolean {
  return ["1", "true", "t", "yes", "y", "on"].includes((variable ?? "").toLowerCase());
}
