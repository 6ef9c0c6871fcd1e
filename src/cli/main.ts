#!/usr/bin/env node
// `npx wandb-image <command>`. Exit codes: 0; 1 for an error, or where a command's answer is no; 2 for a call that makes
// no sense.
import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import { type Command, plain, UsageError } from "./command.ts";

interface Entry {
  readonly about: string;
  readonly load: () => Promise<{ readonly command: Command }>;
}

/** Loaded only when called, so that each starts at once. */
const COMMANDS: Readonly<Record<string, Entry>> = {
  ls: { about: "list the runs in a folder", load: () => import("./ls.ts") },
  view: { about: "look at runs in a browser", load: () => import("./view.ts") },
  show: { about: "show pictures in the terminal", load: () => import("./show.ts") },
  export: { about: "make a page, numbers, pictures or a video of a run", load: () => import("./export.ts") },
  verify: { about: "check that runs are whole", load: () => import("./verify.ts") },
  repair: { about: "make copies of damaged runs that upload", load: () => import("./repair.ts") },
  sync: { about: "upload runs, or what is left of them", load: () => import("./sync.ts") },
};

async function main(args: readonly string[]): Promise<number> {
  const [name = "--help", ...rest] = args;
  if (name === "--help" || name === "-h" || name === "help") {
    const asked = rest.find((arg) => Object.hasOwn(COMMANDS, arg));
    console.log(asked === undefined ? overview() : (await COMMANDS[asked]!.load()).command.help.trim());
    return 0;
  }
  if (name === "--version" || name === "-v") {
    const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };
    console.log(version);
    return 0;
  }
  if (!Object.hasOwn(COMMANDS, name)) {
    throw new UsageError(`no command ${JSON.stringify(name)}; there are ${Object.keys(COMMANDS).join(", ")}`);
  }
  const { command } = await COMMANDS[name]!.load();
  const { values, positionals } = parse(command, name, rest);
  if (values.help === true) {
    console.log(command.help.trim());
    return 0;
  }
  return await command.run(positionals, values as never);
}

function parse(command: Command, name: string, args: string[]) {
  try {
    const options = { ...command.options, help: { type: "boolean", short: "h" } } as const;
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${name}: ${(error as Error).message}`);
  }
}

function overview(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  const lines = Object.entries(COMMANDS).map(([name, { about }]) => `  ${name.padEnd(width)}  ${about}`);
  return `Look at, upload and check runs of Weights & Biases, without Python.

usage: npx wandb-image <command> [arguments]

${lines.join("\n")}

npx wandb-image <command> --help tells what a command takes; --version tells the version.`;
}

// A reader that has seen enough (`… | head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(process.exitCode ?? 0);
  throw error;
});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const usage = error instanceof UsageError;
  const message = error instanceof Error ? error.message : String(error);
  console.error(`wandb-image: ${message.split("\n").map(plain).join("\n")}`);
  if (usage) console.error("npx wandb-image --help tells what there is.");
  process.exitCode = usage ? 2 : 1;
}
