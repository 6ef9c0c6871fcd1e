// What a command of `npx wandb-image` is. Each has a module of its own, which main.ts loads when it is called.
import type { ParseArgsConfig, parseArgs } from "node:util";

type Options = NonNullable<ParseArgsConfig["options"]>;
type Values<O extends Options> = ReturnType<typeof parseArgs<{ options: O; allowPositionals: true }>>["values"];

export interface Command {
  /** What `--help` prints: what the command does, how it is called, each option. */
  readonly help: string;
  /** As node:util's parseArgs takes them; --help is every command's. */
  readonly options: Options;
  /** @returns the exit code: 0, or 1 where the answer is no */
  run(positionals: string[], values: never): Promise<number>;
}

/** A command whose `run` gets its options typed. */
export function defineCommand<const O extends Options>(command: {
  readonly help: string;
  readonly options: O;
  run(positionals: string[], values: Values<O>): Promise<number>;
}): Command {
  return command;
}

/** What was asked for makes no sense: exit code 2, and the message with a hint at --help. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** Text that was logged, for a terminal: one line, without escapes that would move the cursor or forge lines. */
export function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is replaced
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return `\\u${code.padStart(4, "0")}`;
  });
}
