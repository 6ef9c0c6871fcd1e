// What file_stream is to be told: lines with their numbers, cut into requests. A line keeps its number whatever happens,
// so a request that is sent again puts the same lines in the same places, and nothing is there twice
// (core/internal/filestream/filestreamstate.go).

import { MAX_LINE_BYTES } from "../wandb-format.ts";

const MAX_REQUEST_BYTES = 10 << 20;

export interface Line {
  readonly text: string;
  readonly bytes: number;
  /** Where its record begins in the .wandb file. */
  readonly start: number;
}

/** One request, and what it holds. */
export interface StreamRequest {
  readonly body: string;
  readonly history: number;
  readonly events: number;
  readonly output: number;
  readonly uploaded: readonly string[];
  readonly complete: boolean;
  /** Whether nothing but a sign of life is in it. */
  readonly heartbeat: boolean;
  /** Whether there was no room for all that waits. */
  readonly more: boolean;
}

export interface StreamStart {
  readonly history: number;
  readonly events: number;
  readonly output: number;
}

export interface StreamLimits {
  request: number;
  readonly line: number;
}

export class StreamQueue {
  /** Of request and line, in bytes of lines; the request's is halved where a server finds one too large. */
  readonly limits: StreamLimits;
  readonly #history = new Lines();
  readonly #events = new Lines();
  /** Console lines by number: a progress bar writes the same one again and again. */
  readonly #output = new Map<number, Line>();
  #outputStart = 0;
  #outputBytes = 0;
  /** Where the first record begins whose lines wait: they are not kept in the order of their records. */
  #outputRecord = Number.POSITIVE_INFINITY;
  /** The console lines in the request that was taken last. */
  #outputSent: { readonly first: number; readonly lines: readonly Line[] } = { first: 0, lines: [] };
  #summary: Line | undefined;
  /** The summary in the request that was taken last. */
  #summarySent: Line | undefined;
  #uploaded: string[] = [];
  #preempting = false;

  constructor(limits: StreamLimits = { request: MAX_REQUEST_BYTES, line: MAX_LINE_BYTES }) {
    this.limits = { ...limits };
  }

  /** The numbers of the first lines on the server. */
  begin(start: StreamStart): void {
    this.#history.first = start.history;
    this.#events.first = start.events;
    this.#outputStart = start.output;
  }

  /** Bytes of lines that wait. */
  get bytes(): number {
    return this.#history.bytes + this.#events.bytes + this.#outputBytes + (this.#summary?.bytes ?? 0);
  }

  /** Where the record of the first line that waits begins; Infinity where none waits. */
  get start(): number {
    return Math.min(this.#history.start, this.#events.start, this.#outputRecord);
  }

  /** Rows that were acknowledged, and those that the server had before. */
  get rows(): number {
    return this.#history.first;
  }

  get isEmpty(): boolean {
    return (
      this.#history.count + this.#events.count + this.#output.size + this.#uploaded.length === 0 &&
      this.#summary === undefined &&
      !this.#preempting
    );
  }

  get isFull(): boolean {
    return this.bytes >= this.limits.request;
  }

  addHistory(line: Line): void {
    this.#history.add(line);
  }

  addEvent(text: string, start: number): void {
    this.#events.add({ text, bytes: utf8Length(text), start });
  }

  /** The whole summary, in place of the one before. @returns whether it is short enough to be sent */
  setSummary(text: string): boolean {
    const bytes = utf8Length(text);
    this.#summary = bytes > this.limits.line ? undefined : { text, bytes, start: 0 };
    return this.#summary !== undefined;
  }

  /** @param number of the line in this run's output, from 0 */
  setOutput(number: number, text: string, start: number): void {
    const line = { text, bytes: utf8Length(text), start };
    this.#outputBytes += line.bytes - (this.#output.get(number)?.bytes ?? 0);
    this.#output.set(number, line);
    this.#outputRecord = Math.min(this.#outputRecord, start);
  }

  addUploaded(path: string): void {
    this.#uploaded.push(path);
  }

  preempt(): void {
    this.#preempting = true;
  }

  /** The next request; the end of the run goes along once there is room for all before it. */
  next(end?: { readonly exitCode: number }): StreamRequest {
    const room = new Room(this.limits.request);
    const history = this.#history.fit(room);
    const events = this.#events.fit(room);
    const summary = this.#summary !== undefined && room.takes(this.#summary.bytes) ? this.#summary : undefined;
    if (this.#summary !== undefined && summary === undefined) room.isShort = true;
    const output = this.#fitOutput(room);
    this.#summarySent = summary;
    this.#outputSent = output;

    const files: string[] = [];
    const file = (name: string, offset: number, lines: readonly Line[]) => {
      if (lines.length === 0) return;
      const content = lines.map((line) => JSON.stringify(line.text)).join(",");
      files.push(`${JSON.stringify(name)}:{"offset":${offset},"content":[${content}]}`);
    };
    file("wandb-history.jsonl", this.#history.first, history);
    file("wandb-events.jsonl", this.#events.first, events);
    file("wandb-summary.json", 0, summary === undefined ? [] : [summary]);
    file("output.log", this.#outputStart + output.first, output.lines);

    const complete = end !== undefined && !room.isShort;
    const members = [
      ...(files.length > 0 ? [`"files":{${files.join(",")}}`] : []),
      ...(this.#uploaded.length > 0 ? [`"uploaded":${JSON.stringify(this.#uploaded)}`] : []),
      ...(this.#preempting ? ['"preempting":true'] : []),
      ...(complete ? [`"complete":true,"exitcode":${end.exitCode}`] : []),
    ];
    return {
      body: `{${members.join(",")}}`,
      history: history.length,
      events: events.length,
      output: output.lines.length,
      uploaded: [...this.#uploaded],
      complete,
      heartbeat: members.length === 0,
      more: room.isShort,
    };
  }

  /** Takes out what `request`, the last that `next` gave, held: the server has it. */
  acknowledge(request: StreamRequest): void {
    this.#history.drop(request.history);
    this.#events.drop(request.events);
    if (this.#summary === this.#summarySent) this.#summary = undefined; // else a newer one came
    for (const [i, line] of this.#outputSent.lines.entries()) {
      const number = this.#outputSent.first + i;
      if (this.#output.get(number) !== line) continue; // it changed meanwhile
      this.#output.delete(number);
      this.#outputBytes -= line.bytes;
    }
    if (this.#output.size === 0) this.#outputRecord = Number.POSITIVE_INFINITY;
    this.#uploaded = this.#uploaded.slice(request.uploaded.length);
    if (!request.heartbeat) this.#preempting = false;
  }

  /** The first run of consecutive lines: the wire has room for one. */
  #fitOutput(room: Room): { first: number; lines: Line[] } {
    const numbers = [...this.#output.keys()].sort((a, b) => a - b);
    const first = numbers[0] ?? 0;
    const lines: Line[] = [];
    for (const number of numbers) {
      const line = this.#output.get(number)!;
      if (number !== first + lines.length || !room.takes(line.bytes)) {
        room.isShort = true;
        break;
      }
      lines.push(line);
    }
    return { first, lines };
  }
}

/** Lines that follow each other. */
class Lines {
  /** The number of the first that waits. */
  first = 0;
  bytes = 0;
  #lines: Line[] = [];

  get count(): number {
    return this.#lines.length;
  }

  get start(): number {
    return this.#lines[0]?.start ?? Number.POSITIVE_INFINITY;
  }

  add(line: Line): void {
    this.#lines.push(line);
    this.bytes += line.bytes;
  }

  fit(room: Room): Line[] {
    let count = 0;
    while (count < this.#lines.length && room.takes(this.#lines[count]!.bytes)) count++;
    if (count < this.#lines.length) room.isShort = true;
    return this.#lines.slice(0, count);
  }

  drop(count: number): void {
    for (const { bytes } of this.#lines.splice(0, count)) this.bytes -= bytes;
    this.first += count;
  }
}

/** The room in one request. Its first line always fits: there must be progress. */
class Room {
  isShort = false;
  #used = 0;
  readonly #bytes: number;

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  takes(bytes: number): boolean {
    if (this.#used > 0 && this.#used + bytes > this.#bytes) return false;
    this.#used += bytes;
    return true;
  }
}

/** How many bytes `text` has in UTF-8; a lone surrogate counts as the three bytes that replace it. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    bytes += unit < 0x800 ? 1 : 2;
    if (unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) i++; // 2 units, 4 bytes
  }
  return bytes;
}
