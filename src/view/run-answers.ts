// One run's answers to what the page asks (api.ts): over the index that src/read keeps of its file. Needs no Node: a page
// answers itself so for a zip that was dropped on it.
import type { Column as ReadColumn } from "../read/columns.ts";
import { ConsoleLines } from "../read/console-lines.ts";
import { parseJson } from "../read/json.ts";
import { LogReader } from "../read/log-reader.ts";
import { type Picture, picturesOf } from "../read/pictures.ts";
import { loggedValue, readRows } from "../read/rows.ts";
import { RunIndex as ReadIndex } from "../read/run-index.ts";
import type { RunSource } from "../read/source.ts";
import {
  type BoxMark,
  type Column,
  type ConsoleAnswer,
  type ConsoleLine,
  type PictureMark,
  type PictureRow,
  packSteps,
  type RunIndex,
  type ScalarLine,
} from "./api.ts";
import { boxMarks } from "./box-file.ts";
import { thinned } from "./thin.ts";

/** Console lines that one answer holds: the last ones. */
const MAX_CONSOLE_LINES = 5000;
/** A file of boxes that is larger is left out. */
const MAX_BOX_FILE_BYTES = 32e6;

/** A key's rows by rising step; of two rows with one step the later. */
interface Track {
  readonly of: number;
  readonly rows: readonly number[];
  readonly steps: readonly number[];
}

export class RunAnswers {
  readonly id: string;
  readonly source: RunSource;
  readonly read: ReadIndex;
  readonly #tracks = new Map<ReadColumn, Track>();
  #generation = 0;

  constructor(id: string, source: RunSource) {
    this.id = id;
    this.source = source;
    this.read = new ReadIndex(source);
  }

  /** Another number whenever there is more to ask for. */
  get version(): number {
    return this.read.generation * 2 ** 40 + this.read.end;
  }

  index(): RunIndex {
    const { fold, columns } = this.read;
    const pictures: Record<string, number[]> = {};
    const lists: string[] = [];
    const scalars: Record<string, number> = {};
    const others: string[] = [];
    for (const [key, column] of columns.all) {
      if (column.pictures > 0) {
        pictures[key] = packSteps(this.#track(column).steps);
        if (column.mediaType === "images/separated" || column.pictures > column.otherRows.length) lists.push(key);
      } else if (column.numbers.length > 0) scalars[key] = column.numbers.length;
      else others.push(key);
    }
    const { _wandb, ...config } = parseJson(fold.config.toJson()) as Record<string, unknown>;
    return {
      id: this.id,
      version: this.version,
      lastStep: fold.lastStep,
      pictures,
      lists,
      scalars,
      others,
      config,
      labels: this.#labels(),
      brokenBlocks: this.read.damageCount,
    };
  }

  /** What `key` holds from its `from`-th picture step up to its `to`-th, exclusive. */
  async rows(key: string, from: number, to: number): Promise<PictureRow[]> {
    const column = this.#column(key);
    const wanted = this.#track(column).rows.slice(from, to);
    const name = column.path.at(-1) ?? key;
    const found = new Map<number, PictureRow>();
    const inFile = [...wanted].sort((a, b) => a - b);
    for await (const { row, step, items } of readRows(this.source, this.read.columns, inFile)) {
      const json = loggedValue(items, column);
      const pictures = json === undefined ? [] : picturesOf(parseJson(json), name, step);
      found.set(row, { step, pictures: await Promise.all(pictures.map((picture) => this.#mark(picture))) });
    }
    return wanted.map((row) => found.get(row) ?? { step: this.read.columns.steps[row]!, pictures: [] });
  }

  /** For a chart `width` buckets wide. */
  scalars(key: string, width: number): ScalarLine {
    const { numberRows, numbers } = this.#column(key);
    const { steps } = this.read.columns;
    return thinned(
      numberRows.map((row) => steps[row]!),
      numbers,
      width,
    );
  }

  column(key: string): Column {
    const { numberRows, numbers } = this.#column(key);
    const steps = numberRows.map((row) => this.read.columns.steps[row]!);
    return { steps: packSteps(steps), values: numbers };
  }

  async console(): Promise<ConsoleAnswer> {
    const lines: ConsoleLine[] = [];
    let left = 0;
    const add = ({ stream, text }: { stream: ConsoleLine["stream"]; text: string }) => {
      lines.push({ stream, text: withoutEscapes(text) });
      if (lines.length > 2 * MAX_CONSOLE_LINES) left += lines.splice(0, lines.length - MAX_CONSOLE_LINES).length;
    };
    const assembled = new ConsoleLines();
    const reader = new LogReader(this.source, { wants: (kind) => kind === "output" || kind === "logger" });
    for await (const batch of reader.batches(false)) {
      for (const { record } of batch) {
        if (record.kind === "logger") add({ stream: "stdout", text: record.line });
        if (record.kind !== "output") continue;
        for (const line of assembled.add(record.stream, record.timestamp, record.text)) add(line);
      }
    }
    for (const line of assembled.end()) add(line);
    left += Math.max(0, lines.length - MAX_CONSOLE_LINES);
    return { lines: lines.slice(-MAX_CONSOLE_LINES), left };
  }

  /** The last value of each key of numbers, for a list of runs. */
  last(most: number): Record<string, string> {
    const found: [string, string][] = [];
    for (const [key, { numbers, pictures }] of this.read.columns.all) {
      if (found.length >= most) break;
      if (numbers.length > 0 && pictures === 0 && !key.startsWith("_"))
        found.push([key, String(Number(numbers.at(-1)!.toPrecision(6)))]);
    }
    return Object.fromEntries(found);
  }

  #column(key: string): ReadColumn {
    const column = this.read.columns.all.get(key);
    if (column === undefined) throw new RangeError(`run ${this.id} has no key ${JSON.stringify(key)}`);
    return column;
  }

  #track(column: ReadColumn): Track {
    if (this.#generation !== this.read.generation) this.#tracks.clear(); // the file was begun anew
    this.#generation = this.read.generation;
    const known = this.#tracks.get(column);
    if (known?.of === column.otherRows.length) return known;
    const { steps } = this.read.columns;
    let rows: number[] = column.otherRows;
    if (rows.some((row, i) => i > 0 && steps[row]! <= steps[rows[i - 1]!]!)) {
      rows = [...new Map(rows.map((row) => [steps[row]!, row]))].sort(([a], [b]) => a - b).map(([, row]) => row);
    }
    const track = { of: column.otherRows.length, rows, steps: rows.map((row) => steps[row]!) };
    this.#tracks.set(column, track);
    return track;
  }

  async #mark(picture: Picture): Promise<PictureMark> {
    const boxes: Record<string, BoxMark[]> = {};
    for (const [layer, { path, size }] of Object.entries(picture.boxes)) {
      if (size !== null && size > MAX_BOX_FILE_BYTES) continue;
      const bytes = await this.source.file(path);
      set(boxes, layer, bytes && bytes.length <= MAX_BOX_FILE_BYTES ? boxMarks(bytes) : []);
    }
    const masks = Object.entries(picture.masks).map(([layer, { path }]): [string, string] => [layer, path]);
    return {
      path: picture.path,
      width: picture.width ?? 0,
      height: picture.height ?? 0,
      ...(picture.caption ? { caption: picture.caption } : {}),
      ...(Object.keys(boxes).length > 0 ? { boxes } : {}),
      ...(masks.length > 0 ? { masks: Object.fromEntries(masks) } : {}),
    };
  }

  /** W&B names them by the picture's innermost key. */
  #labels(): RunIndex["labels"] {
    const byInnermost = new Map<string, Record<string, Record<string, string>>>();
    for (const place of ["bounding_box/class_labels", "mask/class_labels"]) {
      const json = this.read.fold.config.get(["_wandb", place]);
      const records = json === undefined ? null : parseJson(json);
      if (typeof records !== "object" || records === null) continue;
      for (const [name, record] of Object.entries(records as Record<string, { value?: unknown } | null>)) {
        const [key, layer] = name.split("_wandb_delimeter_");
        const names = record?.value;
        if (key === undefined || layer === undefined || typeof names !== "object" || names === null) continue;
        const layers = byInnermost.get(key) ?? {};
        byInnermost.set(key, layers);
        set(layers, layer, Object.fromEntries(Object.entries(names).map(([id, text]) => [id, String(text)])));
      }
    }
    const labels: Record<string, Record<string, Record<string, string>>> = {};
    for (const [key, { path, pictures }] of this.read.columns.all) {
      const found = pictures > 0 ? byInnermost.get(path.at(-1) ?? "") : undefined;
      if (found) set(labels, key, found);
    }
    return labels;
  }
}

/** Defines, so that "__proto__" is a name like any other. */
function set<T>(record: Record<string, T>, name: string, value: T): void {
  Object.defineProperty(record, name, { value, enumerable: true, configurable: true, writable: true });
}

const MAX_LINE = 10_000;

/** The text alone: without the colors that a terminal would show. */
function withoutEscapes(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escapes are what is taken away
  return text.replace(/\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)/g, "").slice(0, MAX_LINE);
}
