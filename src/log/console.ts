// What a run says to people, in W&B's manner: on stderr, each line behind "wandb: ".
import { printable } from "../messages.ts";
import type { Tree } from "./tree.ts";
import { jsonText, type Value } from "./values.ts";

export interface ConsoleOptions {
  /** WANDB_SILENT: nothing at all. */
  readonly silent: boolean;
  /** WANDB_QUIET: warnings only. */
  readonly quiet: boolean;
  readonly color: boolean;
  /** Takes a line without its end. */
  readonly write: (line: string) => void;
}

/** What a run did. */
export interface Counts {
  readonly calls: number;
  readonly dropped: number;
  readonly mediaFiles: number;
}

const MAX_SUMMARY_LINES = 20;

export class RunConsole {
  readonly #options: ConsoleOptions;
  readonly #warned = new Set<string>();

  constructor(options: ConsoleOptions) {
    this.#options = options;
  }

  say(line: string): void {
    if (!this.#options.quiet) this.#write(printable(line));
  }

  /** Each code once a run. */
  warn(code: string, message: string): void {
    if (this.#warned.has(code)) return;
    this.#warned.add(code);
    this.#write(`${this.#style("33", "WARNING")} ${printable(message)}`);
  }

  error(message: string): void {
    this.#write(`${this.#style("31", "ERROR")} ${printable(message)}`);
  }

  /** Last values as W&B ends with, numbers and short strings only, and how much there was of it. */
  saySummary(summary: Tree<unknown>, { calls, dropped, mediaFiles }: Counts): void {
    this.say("");
    this.#sayValues(Object.entries(summary).filter(([, value]) => isScalar(value)));
    const logged = `${calls} ${calls === 1 ? "call" : "calls"} of log`;
    const lost = dropped === 0 ? "" : `, ${dropped} dropped because their step was over`;
    this.say(`${logged}${lost}, ${mediaFiles} media ${mediaFiles === 1 ? "file" : "files"}`);
  }

  /** What uploads a run, or goes on with its upload: ours first, and W&B's for those who have Python. */
  sayCommands(heading: string, dir: string): void {
    this.say(heading);
    for (const line of uploadCommands(dir)) this.say(line);
  }

  #sayValues(scalars: readonly [string, unknown][]): void {
    if (scalars.length === 0) return;
    const shown = scalars.slice(0, MAX_SUMMARY_LINES).map(([key, value]) => [printable(key), value] as const);
    const width = Math.max(...shown.map(([key]) => key.length));
    this.say("Run summary:");
    for (const [key, value] of shown) this.say(`  ${key.padStart(width)} ${jsonText(value as Value)}`);
    if (scalars.length > shown.length) this.say(`  and ${scalars.length - shown.length} more`);
  }

  /** One line, whatever the text: keys, ids and folders must neither forge a line nor reach the terminal as commands. */
  #write(line: string): void {
    if (!this.#options.silent) this.#options.write(`${this.#style("1;34", "wandb")}: ${line}`);
  }

  #style(code: string, text: string): string {
    return this.#options.color ? `\x1b[${code}m${text}\x1b[0m` : text;
  }
}

function isScalar(value: unknown): boolean {
  return typeof value === "number" || typeof value === "boolean" || (typeof value === "string" && value.length <= 80);
}

/** A path as the shell of this system takes it, on one line and without control characters. */
export function shellQuote(path: string, platform = hostPlatform()): string {
  if (platform === "win32") return windowsQuote(path);
  if (/^[\w@%+=:,./-]+$/.test(path)) return path;
  if (printable(path) === path) return `'${path.replaceAll("'", "'\\''")}'`;
  // bash's and zsh's form for what is not to be printed as it is: by its bytes, since \u depends on the locale.
  const text = path.replace(/[\\']/g, "\\$&");
  return `$'${Array.from(text, (character) => (printable(character) === character ? character : bytesOf(character))).join("")}'`;
}

function bytesOf(character: string): string {
  return Array.from(new TextEncoder().encode(character), (byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
}

/**
 * Double quotes, which both PowerShell and cmd.exe read. What PowerShell would expand in them, or take for their end, goes into its single
 * quotes, which cmd.exe does not know (about_Quoting_Rules; curly quotes are as good as straight ones there).
 */
function windowsQuote(path: string): string {
  if (/^[\w+=:./\\-]+$/.test(path)) return path;
  if (!/[$`\u201c-\u201e]/.test(path)) return `"${path}"`;
  return `'${path.replace(/['\u2018-\u201b]/g, "$&$&")}'`;
}

function hostPlatform(): string | undefined {
  return (globalThis as { process?: { platform?: string } }).process?.platform;
}

/** @param online whether W&B's own client has to be told that the run is one */
export function uploadCommands(dir: string, { online = false } = {}): string[] {
  const place = shellQuote(dir);
  return [`npx wandb-image sync ${place}`, `wandb sync ${online ? "--include-online " : ""}${place}`];
}
