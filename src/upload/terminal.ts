// Console output, as it was written to a terminal → the lines that stood there, so that a progress bar is one line and
// not thousands (core/internal/terminalemulator: carriage returns, line feeds, cursor up and down).

/** Lines of the screen that may still change, and characters of a line. */
const HEIGHT = 32;
const MAX_LINE_LENGTH = 100_000;

/** One line of output.log in W&B's form. */
export interface ConsoleLine {
  readonly number: number;
  /** As file_stream takes it: `[ERROR ]<UTC time to the µs, without Z> text`. */
  readonly stamped: string;
  readonly text: string;
}

interface ScreenLine {
  readonly number: number;
  readonly prefix: string;
  characters: string[];
}

/** Stdout and stderr of a run, whose lines are numbered as they begin. */
export class Console {
  readonly #screens = { stdout: new Screen(), stderr: new Screen() };
  #lines = 0;

  /**
   * The lines that `text` begins or changes.
   * @param timestamp milliseconds since 1970: when a line began
   */
  write(stream: "stdout" | "stderr", text: string, timestamp: number): ConsoleLine[] {
    const time = new Date(timestamp).toISOString().slice(0, -1);
    const micros = String(Math.floor((timestamp % 1) * 1000)).padStart(3, "0");
    const prefix = `${stream === "stderr" ? "ERROR " : ""}${time}${micros} `;
    const changed = this.#screens[stream].write(text, () => ({ number: this.#lines++, prefix, characters: [] }));
    return [...changed].map(({ number, prefix: stamp, characters }) => {
      const line = characters.join("");
      return { number, stamped: stamp + line, text: line };
    });
  }
}

class Screen {
  #lines: ScreenLine[] = [];
  #x = 0;
  #y = 0;
  #escape = "";

  write(text: string, begin: () => ScreenLine): Set<ScreenLine> {
    const changed = new Set<ScreenLine>();
    const put = (character: string) => {
      while (this.#y >= this.#lines.length) {
        const line = begin();
        this.#lines.push(line);
        changed.add(line);
      }
      const line = this.#lines[this.#y]!;
      if (this.#x < MAX_LINE_LENGTH) {
        while (line.characters.length < this.#x) line.characters.push(" ");
        line.characters[this.#x] = character;
        changed.add(line);
      }
      this.#x++;
    };
    for (const character of text) {
      if (this.#escape === "\x1b" && character === "[") {
        this.#escape += character;
      } else if (this.#escape === "\x1b[" && (character === "A" || character === "B")) {
        this.#escape = "";
        if (character === "B") this.#down();
        else this.#y = Math.max(0, this.#y - 1);
      } else {
        for (const unknown of this.#escape) put(unknown);
        this.#escape = "";
        if (character === "\x1b") this.#escape = character;
        else if (character === "\r") this.#x = 0;
        else if (character === "\n") {
          this.#x = 0;
          this.#down();
        } else put(character);
      }
    }
    return changed;
  }

  #down(): void {
    this.#y++;
    if (this.#y < HEIGHT) return;
    this.#lines.shift();
    this.#y--;
  }
}
