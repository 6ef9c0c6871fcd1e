// Console output as it came, in pieces → lines as a terminal would show them.

export interface ConsoleLine {
  readonly stream: "stderr" | "stdout";
  /** When its first piece came, in milliseconds since 1970; null where that is not known. */
  readonly timestamp: number | null;
  readonly text: string;
}

/** A line without an end is cut here: a program may write for hours without one. */
const MAX_LINE = 1 << 20;

export class ConsoleLines {
  readonly #open = { stdout: { text: "", timestamp: 0 }, stderr: { text: "", timestamp: 0 } };

  /** The lines that `text` ends. */
  *add(stream: ConsoleLine["stream"], timestamp: number, text: string): Generator<ConsoleLine, void, undefined> {
    const line = this.#open[stream];
    const pieces = text.split("\n");
    for (let i = 0; i < pieces.length; i++) {
      if (line.text === "") line.timestamp = timestamp;
      line.text += pieces[i]!;
      if (i < pieces.length - 1 || line.text.length > MAX_LINE) yield this.#take(stream);
    }
  }

  /** The lines that were not ended. */
  *end(): Generator<ConsoleLine, void, undefined> {
    for (const stream of ["stdout", "stderr"] as const) if (this.#open[stream].text !== "") yield this.#take(stream);
  }

  #take(stream: ConsoleLine["stream"]): ConsoleLine {
    const line = this.#open[stream];
    const { timestamp } = line;
    // A carriage return goes back to the start of the line: progress bars write over themselves.
    const text = line.text.replace(/\r+$/, "");
    line.text = "";
    return { stream, timestamp, text: text.slice(text.lastIndexOf("\r") + 1) };
  }
}
