// The rows of a history → what was logged under each key, and where: numbers in memory, everything else as the number of
// its row, which is read again when it is wanted (rows.ts). So the index of a run is small, however large its records are.
import { isJson, parseJson } from "./json.ts";
import { JsonTree } from "./json-tree.ts";
import type { Item } from "./records.ts";

/** What was logged under one key, in the order of the rows. All arrays only grow. */
export class Column {
  /** Its keys joined by dots. */
  readonly key: string;
  readonly path: readonly string[];
  /** Rows that hold a number here, and that number: NaN and ±Infinity among them. */
  readonly numberRows: number[] = [];
  readonly numbers: number[] = [];
  /** Rows that hold anything else here: media, text, lists, integers that a number cannot hold. */
  readonly otherRows: number[] = [];
  /** W&B's `_type` of the last media here: "image-file", "images/separated", "table-file" …; null where none was logged. */
  mediaType: string | null = null;
  /** How many pictures lie here: those of lists are counted each. */
  pictures = 0;

  constructor(key: string, path: readonly string[]) {
    this.key = key;
    this.path = path;
  }
}

const IMAGE = "image-file";
const IMAGE_LIST = "images/separated";

/** A place in the tree of keys. */
class Place {
  readonly key: string;
  readonly parent: Place | null;
  #inner: Map<string, Place> | null = null;
  column: Column | null = null;
  /** The last row in which a media object lies here, and its `_type`. */
  mediaRow = -1;
  mediaType = "";

  constructor(key: string, parent: Place | null) {
    this.key = key;
    this.parent = parent;
  }

  find(key: string): Place | undefined {
    return this.#inner?.get(key);
  }

  add(key: string): Place {
    const place = new Place(key, this);
    this.#inner ??= new Map();
    this.#inner.set(key, place);
    return place;
  }

  path(): string[] {
    const path: string[] = [];
    for (let place: Place = this; place.parent !== null; place = place.parent) path.push(place.key);
    return path.reverse();
  }
}

/** Deeper keys are not told apart; and no more places than this are kept. Both bound what a hostile file costs. */
const MAX_DEPTH = 100;
const MAX_PLACES = 500_000;

export class Columns {
  /** The step of each row, and where its record begins in the file. */
  readonly steps: number[] = [];
  readonly starts: number[] = [];
  /** Values that were left out, since there were 500,000 keys, of media and their parts too, before them. */
  omitted = 0;
  readonly #root = new Place("", null);
  #places = 0;
  readonly #columns = new Map<string, Column>();

  get rows(): number {
    return this.steps.length;
  }

  /** By key, in the order in which they were first logged. */
  get all(): ReadonlyMap<string, Column> {
    return this.#columns;
  }

  get pictures(): number {
    let pictures = 0;
    for (const column of this.#columns.values()) pictures += column.pictures;
    return pictures;
  }

  /** @param start where the row's record begins in the file, in bytes */
  add(items: readonly Item[], step: number, start: number): void {
    const row = this.steps.push(step) - 1;
    this.starts.push(start);
    const leaves = items.some(({ json }) => json.startsWith("{")) ? leavesOf(items) : items;
    const places = leaves.map(({ path }) => this.#place(path));
    for (let i = 0; i < leaves.length; i++) {
      const { key, parent } = places[i]!;
      const { json } = leaves[i]!;
      if (key !== "_type" || parent === null || parent === this.#root || !json.startsWith('"')) continue;
      parent.mediaRow = row;
      parent.mediaType = json.slice(1, -1);
    }
    for (let i = 0; i < leaves.length; i++) {
      const media = mediaAround(places[i]!, row);
      if (media === null) this.#addValue(places[i]!, row, leaves[i]!.json);
      else this.#addMedia(media, places[i]!, row, leaves[i]!.json);
    }
  }

  #place(path: readonly string[]): Place {
    let place = this.#root;
    const depth = Math.min(path.length, MAX_DEPTH);
    for (let i = 0; i < depth; i++) {
      const inner = place.find(path[i]!);
      if (inner === undefined && ++this.#places > MAX_PLACES) {
        this.omitted++;
        return this.#root;
      }
      place = inner ?? place.add(path[i]!);
    }
    return place;
  }

  #addValue(place: Place, row: number, json: string): void {
    if (place === this.#root) return; // an item without a key, or one too many
    const column = this.#columnAt(place);
    const number = numberOf(json);
    if (number === null) {
      if (column.otherRows.at(-1) !== row) column.otherRows.push(row);
      // A list of media of several kinds is logged as a list of objects.
      if (json.startsWith("[") && json.includes('"image-file"')) {
        column.mediaType = IMAGE;
        column.pictures += json.split('"image-file"').length - 1;
      }
    } else if (column.numberRows.at(-1) === row) {
      column.numbers[column.numbers.length - 1] = number;
    } else {
      column.numberRows.push(row);
      column.numbers.push(number);
    }
  }

  #addMedia(media: Place, place: Place, row: number, json: string): void {
    const column = this.#columnAt(media);
    if (column.otherRows.at(-1) !== row) {
      column.otherRows.push(row);
      column.mediaType = media.mediaType;
      if (media.mediaType === IMAGE) column.pictures++;
    }
    if (media.mediaType === IMAGE_LIST && place.parent === media && place.key === "count") {
      column.pictures += numberOf(json) ?? 0;
    }
  }

  #columnAt(place: Place): Column {
    if (place.column !== null) return place.column;
    const path = place.path();
    const joined = path.join(".");
    // { "a.b": 1, a: { b: 2 } }: the second one is told from the first as W&B's client does (runsummary, toDottedPath).
    const key = this.#columns.has(joined) ? path.map((part) => part.replaceAll(".", "\\.")).join(".") : joined;
    const column = new Column(key, path);
    place.column = column;
    this.#columns.set(key, column);
    return column;
  }
}

/** The outermost media object of this row that `place` is part of; boxes and masks are media inside a picture. */
function mediaAround(place: Place, row: number): Place | null {
  let media: Place | null = null;
  for (let around = place.parent; around !== null; around = around.parent) {
    if (around.mediaRow === row) media = around;
  }
  return media;
}

/** A number that JavaScript holds exactly as it was written, or null. */
function numberOf(json: string): number | null {
  const first = json.charCodeAt(0);
  const isNumber = (first >= 0x30 && first <= 0x39) || first === 0x2d || json === "NaN" || json === "Infinity";
  if (!isNumber) return null;
  const number = Number(json);
  if (Number.isNaN(number) && json !== "NaN") return null;
  return json.length >= 16 && typeof parseJson(json) === "bigint" ? null : number;
}

/** The leaves of a row some of whose values are whole objects, as older writers put them. */
function leavesOf(items: readonly Item[]): Item[] {
  const row = new JsonTree("merge");
  for (const { path, json } of items) if (path.length > 0 && isJson(json)) row.set(path, json);
  return [...row.leaves(MAX_DEPTH)];
}
