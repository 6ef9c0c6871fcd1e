// What init was asked for: options before W&B's environment variables before defaults; and what is refused, by the name of its source.
import { expect, test } from "@jest/globals";
import { type InitOptions, ignoredVariables, readSettings } from "../../../src/log/settings.ts";

const none = {
  project: undefined,
  entity: undefined,
  name: undefined,
  notes: undefined,
  tags: [],
  group: undefined,
  jobType: undefined,
  id: undefined,
  config: {},
  dir: undefined,
  mode: "offline",
  apiKey: undefined,
  baseUrl: undefined,
  resume: undefined,
  finishTimeout: 600,
  initTimeout: 90,
  fetch: undefined,
  onUpload: undefined,
  primary: true,
  silent: false,
  quiet: false,
  onWarning: undefined,
  onError: "throw",
  durability: "process",
};

test.each<[string, InitOptions, Record<string, string>, object]>([
  ["nothing", {}, {}, {}],
  [
    "the environment",
    {},
    {
      WANDB_PROJECT: "ep",
      WANDB_ENTITY: "ee",
      WANDB_NAME: "en",
      WANDB_NOTES: "eo",
      WANDB_TAGS: "a, b,,c ",
      WANDB_RUN_ID: "ei",
      WANDB_RUN_GROUP: "eg",
      WANDB_JOB_TYPE: "ej",
      WANDB_DIR: "/ed",
      WANDB_MODE: "disabled",
      WANDB_SILENT: "true",
      WANDB_QUIET: "1",
    },
    {
      project: "ep",
      entity: "ee",
      name: "en",
      notes: "eo",
      tags: ["a", "b", "c"],
      id: "ei",
      group: "eg",
      jobType: "ej",
      dir: "/ed",
      mode: "disabled",
      silent: true,
      quiet: true,
    },
  ],
  [
    "arguments win",
    {
      project: "p",
      entity: "e",
      name: "n",
      notes: "o",
      tags: [],
      id: "i",
      group: "g",
      jobType: "j",
      dir: "/d",
      mode: "online",
    },
    {
      WANDB_PROJECT: "ep",
      WANDB_ENTITY: "ee",
      WANDB_NAME: "en",
      WANDB_NOTES: "eo",
      WANDB_TAGS: "a,b",
      WANDB_RUN_ID: "ei",
      WANDB_RUN_GROUP: "eg",
      WANDB_JOB_TYPE: "ej",
      WANDB_DIR: "/ed",
      WANDB_MODE: "disabled",
    },
    {
      project: "p",
      entity: "e",
      name: "n",
      notes: "o",
      tags: [],
      id: "i",
      group: "g",
      jobType: "j",
      dir: "/d",
      mode: "online",
    },
  ],
  [
    "an empty variable is none",
    {},
    { WANDB_PROJECT: "", WANDB_TAGS: "", WANDB_MODE: "", WANDB_SILENT: "", WANDB_RUN_ID: "" },
    {},
  ],
  ["an argument left undefined is none", { project: undefined }, { WANDB_PROJECT: "ep" }, { project: "ep" }],
  ["dryrun", {}, { WANDB_MODE: "dryrun" }, { mode: "offline" }],
  ["run", {}, { WANDB_MODE: "run" }, { mode: "online" }],
  ["false", {}, { WANDB_SILENT: "false", WANDB_QUIET: "0" }, {}],
  ["TRUE", {}, { WANDB_SILENT: "TRUE", WANDB_QUIET: "yes" }, { silent: true, quiet: true }],
])("settings: %s", (_, options, env, expected) => {
  expect(readSettings(options, env)).toEqual({ ...none, ...expected });
});

test.each<[InitOptions, Record<string, string>, string]>([
  [
    { project: "a/b#" },
    {},
    "init: project: Invalid project name 'a/b#': cannot contain characters '/,\\,#,?,%,:', found '/,#'",
  ],
  [
    {},
    { WANDB_PROJECT: "a:b" },
    "WANDB_PROJECT: Invalid project name 'a:b': cannot contain characters '/,\\,#,?,%,:', found ':'",
  ],
  [{ project: "x".repeat(129) }, {}, `Invalid project name '${"x".repeat(129)}': exceeded 128 characters`],
  [{ project: 5 as unknown as string }, {}, "init: project: expected a string; got 5"],
  [{ id: "" }, {}, "Run ID cannot be empty"],
  [{ id: " a" }, {}, "Run ID cannot start or end with whitespace"],
  [{ id: "a/b" }, {}, "Run ID cannot contain the characters: :;,#?/'\\"],
  [{ id: "a\\b" }, {}, "Run ID cannot contain the characters: :;,#?/'\\"],
  [{}, { WANDB_RUN_ID: "a:b" }, "WANDB_RUN_ID: Run ID cannot contain the characters: :;,#?/'\\"],
  [{ id: "x".repeat(65) }, {}, "init: id: expected at most 64 characters; got 65"],
  [
    { mode: "ofline" as "offline" },
    {},
    'init: mode: expected "offline", "online", "shared" or "disabled"; got "ofline"',
  ],
  [
    { mode: "toString" as "offline" },
    {},
    'init: mode: expected "offline", "online", "shared" or "disabled"; got "toString"',
  ],
  [{ tags: "a,b" as unknown as string[] }, {}, 'init: tags: expected an array of strings; got "a,b"'],
  [{ tags: [""] }, {}, 'init: tags: tag "": expected 1 to 64 characters; got 0'],
  [{ job_type: "x" } as InitOptions, {}, 'init: unknown option "job_type"; did you mean jobType?'],
  [{}, { WANDB_MODE: "foo" }, 'WANDB_MODE: expected "offline", "online", "shared" or "disabled"; got "foo"'],
  [{}, { WANDB_RUN_ID: "x".repeat(65) }, "WANDB_RUN_ID: expected at most 64 characters; got 65"],
  [
    {},
    { WANDB_TAGS: `a,${"x".repeat(65)}` },
    `WANDB_TAGS: tag "${"x".repeat(65)}": expected 1 to 64 characters; got 65`,
  ],
  [{ tags: ["a", 5 as unknown as string] }, {}, "init: tags[1]: expected a string; got 5"],
  [{ tags: new Set(["a"]) as unknown as string[] }, {}, "init: tags: expected an array of strings; got a Set"],
  [{ id: "a\x1b[31m" }, {}, "init: id: Run ID cannot contain control characters"],
  [{ id: "a\x9b" }, {}, "init: id: Run ID cannot contain control characters"],
  [{ id: "a\nb" }, {}, "init: id: Run ID cannot contain control characters"],
  [
    "cats" as InitOptions,
    {},
    'init: expected an object of options; got the string "cats". Did you mean { project: "cats" }?',
  ],
  [null as unknown as InitOptions, {}, 'init: options: expected an object such as { project: "cats" }; got null'],
  [
    ["cats"] as unknown as InitOptions,
    {},
    'init: options: expected an object such as { project: "cats" }; got an array of 1',
  ],
  [new Map() as unknown as InitOptions, {}, 'init: options: expected an object such as { project: "cats" }; got a Map'],
  [{ projct: "x" } as InitOptions, {}, 'init: unknown option "projct"; did you mean project?'],
  [{ Project: "x" } as InitOptions, {}, 'init: unknown option "Project"; did you mean project?'],
  [{ gruop: "x" } as InitOptions, {}, 'init: unknown option "gruop"; did you mean group?'],
  [
    { save_code: true } as InitOptions,
    {},
    'init: unknown option "save_code"; expected project, entity, name, notes, tags, group, ',
  ],
  [{ onWarning: 5 } as unknown as InitOptions, {}, "init: onWarning: expected a function; got 5"],
  [{ onError: "ignore" } as unknown as InitOptions, {}, 'init: onError: expected "throw" or "warn"; got "ignore"'],
  [
    { config: new Map([["lr", 1]]) as never },
    {},
    "init: config: expected a plain object, { key: value }; got a Map: pass Object.fromEntries(map)",
  ],
  [{ config: { s: new Set([1]) } }, {}, 'key "s": a Set cannot be logged; pass [...set]'],
  [{ config: { f() {} } }, {}, 'key "f": a function cannot be logged'],
  [
    { config: [1] as unknown as Record<string, unknown> },
    {},
    "init: config: expected a plain object, { key: value }; got an array",
  ],
  [{ config: { _wandb: {} } }, {}, 'config key "_wandb" is W&B\'s own; choose another'],
])("settings %p with %p are refused", (options, env, words) => {
  expect(() => readSettings(options, env)).toThrow(words);
});

test("lengths are counted as Python counts them, in code points", () => {
  const emoji = "😀";
  expect(readSettings({ tags: [emoji.repeat(64)], project: emoji.repeat(128), id: emoji.repeat(64) }, {}).tags).toEqual(
    [emoji.repeat(64)],
  );
  expect(() => readSettings({ tags: [emoji.repeat(65)] }, {})).toThrow("got 65");
  expect(() => readSettings({ project: emoji.repeat(129) }, {})).toThrow("exceeded 128 characters");
  expect(() => readSettings({ id: emoji.repeat(65) }, {})).toThrow("got 65");
});

test("in config arrays of any length are lists", () => {
  expect(readSettings({ config: { mean: new Float32Array(40) } }, {}).config.mean).toEqual(new Array(40).fill(0));
});

test("W&B's variables that are not heeded are known by name; unknown ones, and those that are heeded, are not named", () => {
  const env = {
    WANDB_SWEEP_ID: "s",
    WANDB_CONSOLE: "off",
    WANDB_DISABLED: "",
    WANDB_PROJECT: "p",
    WANDB_MINE: "1",
    HOME: "/",
  };
  expect(ignoredVariables(env)).toEqual(["WANDB_CONSOLE", "WANDB_SWEEP_ID"]);
});
