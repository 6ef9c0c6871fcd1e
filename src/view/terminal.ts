// What the terminal can show: by what it says of itself in the environment, then by asking it. Node only.
import type { Cell, Protocol } from "./protocols.ts";

export interface Terminal {
  /** null where there is none, or no color is wanted: then captions and paths are printed. */
  readonly protocol: Protocol | null;
  readonly columns: number;
  readonly rows: number;
  readonly cell: Cell;
}

type Environment = Readonly<Record<string, string | undefined>>;

const USUAL_CELL: Cell = { width: 10, height: 20 };

export async function theTerminal(asked: Protocol | null): Promise<Terminal> {
  const { stdin, stdout, env } = process;
  // A pseudo-terminal may have no size: 0 × 0.
  const [columns, rows] = [stdout.columns || Number(env.COLUMNS) || 80, stdout.rows || 24];
  if (asked === null && (!stdout.isTTY || (env.NO_COLOR ?? "") !== "")) {
    return { protocol: null, columns, rows, cell: USUAL_CELL };
  }
  const byName = asked ?? protocolByName(env);
  const mayAsk = stdout.isTTY && stdin.isTTY && (byName === null || byName === "sixel" || byName === "kitty");
  const answer = mayAsk ? await ask() : null;
  const protocol = byName ?? (answer?.sixel ? "sixel" : colorBlocks(env));
  return { protocol, columns, rows, cell: answer?.cell ?? USUAL_CELL };
}

/** @returns null where the environment does not say; tmux and screen take half blocks, as they pass nothing else on */
export function protocolByName(env: Environment): Protocol | null {
  const { TERM = "", TERM_PROGRAM = "", TMUX, STY } = env;
  if (TMUX || STY || /^(screen|tmux)/.test(TERM)) return colorBlocks(env);
  if (env.KITTY_WINDOW_ID || /kitty|ghostty/.test(TERM) || TERM_PROGRAM === "ghostty") return "kitty";
  if (/^(iTerm\.app|WezTerm|vscode|mintty|rio)$/.test(TERM_PROGRAM)) return "iterm";
  if (env.KONSOLE_VERSION && Number(env.KONSOLE_VERSION) >= 220400) return "kitty";
  if (/^(foot|contour|mlterm|yaft)/.test(TERM)) return "sixel";
  if (TERM === "linux" || TERM === "dumb" || TERM_PROGRAM === "Apple_Terminal") return "256";
  return null;
}

function colorBlocks({ COLORTERM = "", TERM = "" }: Environment): Protocol {
  return /truecolor|24bit/.test(COLORTERM) || /-direct$|kitty|alacritty/.test(TERM) ? "blocks" : "256";
}

const WAIT_MILLISECONDS = 150;

/** DA1 (attribute 4 is sixel), and a cell's size in pixels. The answer to DA1 comes last and ends the waiting. */
async function ask(): Promise<{ sixel: boolean; cell: Cell | null } | null> {
  const { stdin, stdout } = process;
  const wasRaw = stdin.isRaw;
  let text = "";
  stdin.setRawMode(true);
  const answered = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, WAIT_MILLISECONDS);
    stdin.on("data", (bytes: Buffer) => {
      text += bytes.toString("latin1");
      // biome-ignore lint/suspicious/noControlCharactersInRegex: an answer begins with an escape
      if (!/\x1b\[\?[\d;]*c/.test(text)) return;
      clearTimeout(timer);
      resolve();
    });
  });
  stdout.write("\x1b[16t\x1b[c");
  await answered;
  stdin.removeAllListeners("data");
  stdin.setRawMode(wasRaw);
  stdin.pause();
  return readAnswer(text);
}

/** @param text what the terminal sent back */
export function readAnswer(text: string): { sixel: boolean; cell: Cell | null } | null {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an answer begins with an escape
  const attributes = /\x1b\[\?([\d;]*)c/.exec(text);
  if (attributes === null) return null;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an answer begins with an escape
  const size = /\x1b\[6;(\d+);(\d+)t/.exec(text);
  const [height, width] = [Number(size?.[1] ?? 0), Number(size?.[2] ?? 0)];
  return { sixel: attributes[1]!.split(";").includes("4"), cell: width > 0 && height > 0 ? { width, height } : null };
}
