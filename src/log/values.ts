// What a program logs → what a run can hold. A snapshot is checked whole and shares nothing with the caller, so a bad
// value is refused before anything is written, and arrays may be reused as soon as `log` returns.
import { checkOverflow, type ListOptions } from "../image/list.ts";
import type { MediaRun } from "../image/media-run.ts";
import type { OnWarning } from "../warnings.ts";
import { emptyTree, isEmptyTree, isTree, type Tree } from "./tree.ts";

/** What W&B calls media: saves its files into a run, then stands in the history as JSON. `Image` is the one we make. */
export interface Media {
  bindToRun(run: MediaRun, key: string, step: number): void;
  toJson(run: MediaRun): object;
  /** Throws if it can never be bound to a run (a reference). */
  checkLoggable?(): void;
  /** Computes, asynchronously, the hash that `bindToRun` will ask for. */
  digest?(): Promise<string>;
}

/** A snapshot. Date, BigInt objects, typed arrays and `toJSON` are resolved; objects are frozen, `undefined` is gone. */
export type Value = null | boolean | number | bigint | string | Media | readonly Value[] | Fields;
export interface Fields {
  readonly [key: string]: Value;
}

/** `Image` carries this as a property: `instanceof` fails when a program holds two copies of the package. */
const IMAGE = Symbol.for("wandb-image.Image");

interface ImageClass {
  seqToJson(images: readonly Media[], run: MediaRun, key: string, step: number, options: ListOptions): object;
}

const EXPECTED = "expected a number, string, boolean, null, bigint, Date, array, typed array, object or Image";

/** What to do instead, by what Object.prototype.toString says. */
const REMEDIES: Readonly<Record<string, string>> = {
  Promise: "await it first",
  Map: "pass Object.fromEntries(map)",
  Set: "pass [...set]",
  ArrayBuffer: "pass a typed array over it",
  SharedArrayBuffer: "pass a typed array over it",
  DataView: "pass a typed array over it",
  Error: "pass its message",
  ImageData: "pass new Image(data)",
};

/** A checked copy of `data`, whose own enumerable properties are the keys. `call` names the method in errors. */
export function snapshot(data: unknown, call: string): Fields {
  if (typeof data !== "object" || data === null || Array.isArray(data) || isMedia(data) || !isRecord(data)) {
    throw new TypeError(`${call} must be passed an object, { key: value }; came ${kindOf(data)}`);
  }
  return copyFields(data, [], [data]);
}

function copyFields(data: object, path: Path, ancestors: object[]): Fields {
  const entries: [string, Value][] = [];
  for (const [key, value] of Object.entries(data)) {
    if (key === "" && !path.some(isIndex))
      throw new TypeError(`key ${show(path)}: an empty key, which W&B drops; give it a name`);
    const copied = copy(value, [...path, key], ancestors);
    if (copied !== undefined) entries.push([wellFormed(key), copied]);
  }
  return Object.freeze(Object.fromEntries(entries)); // defines, so that "__proto__" is a key like any other
}

function copy(value: unknown, path: Path, ancestors: object[]): Value | undefined {
  switch (typeof value) {
    case "undefined":
    case "boolean":
    case "number":
    case "bigint":
      return value;
    case "string":
      return wellFormed(value);
    case "object":
      break;
    default:
      throw new TypeError(`key ${show(path)}: a ${typeof value} cannot be logged; ${EXPECTED}`);
  }
  if (value === null) return null;
  if (isMedia(value)) return checkedMedia(value, path);
  if (ArrayBuffer.isView(value) && "length" in value) return Array.from(value as unknown as ArrayLike<number | bigint>);
  if (ancestors.includes(value)) throw new TypeError(`key ${show(path)}: a cycle cannot be logged`);

  const inside = [...ancestors, value];
  if (Array.isArray(value)) return copyList(value, path, inside);
  switch (tagOf(value)) {
    case "Number":
    case "String":
    case "Boolean":
    case "BigInt":
      return copy(value.valueOf(), path, inside);
    case "Date":
      if (Number.isNaN((value as Date).getTime())) throw new RangeError(`key ${show(path)}: an invalid Date`);
      return (value as Date).toISOString();
  }
  if ("toJSON" in value && typeof value.toJSON === "function") return copy(value.toJSON(path.at(-1)), path, inside);
  if (isRecord(value)) return copyFields(value, path, inside);
  const remedy = REMEDIES[tagOf(value)] ?? EXPECTED;
  throw new TypeError(`key ${show(path)}: ${kindOf(value)} cannot be logged; ${remedy}`);
}

function copyList(list: readonly unknown[], path: Path, ancestors: object[]): readonly Value[] {
  const media = list.filter(isMedia).length;
  if (media > 0 && media < list.length) {
    const odd = list.findIndex((item) => !isMedia(item));
    throw new TypeError(
      `key ${show(path)}: a list mixes Images with other values (item ${odd} is ${kindOf(list[odd])}); log them under two keys`,
    );
  }
  if (media > 0 && path.some(isIndex)) {
    throw new TypeError(`key ${show(path)}: Images in a list of lists; W&B knows lists of Images only`);
  }
  const copied: Value[] = [];
  for (let i = 0; i < list.length; i++) {
    const item = list[i];
    copied.push(typeof item === "number" ? item : (copy(item, [...path, i], ancestors) ?? null));
  }
  return copied;
}

function checkedMedia(media: Media, path: Path): Media {
  // An item of a list of Images has one number in its path, its last part.
  if (path.slice(0, -1).some(isIndex)) {
    throw new TypeError(`key ${show(path)}: an Image in an object in a list; W&B finds Images under keys only`);
  }
  if (path.some((part) => String(part).includes("\0"))) {
    throw new RangeError(`key ${show(path)}: a NUL character, which no file name can hold`);
  }
  try {
    media.checkLoggable?.();
  } catch (error) {
    if (error instanceof Error) error.message = `key ${show(path)}: ${error.message}`;
    throw error;
  }
  return media;
}

type Path = readonly (string | number)[];

function isIndex(part: string | number): boolean {
  return typeof part === "number";
}

function show(path: Path): string {
  let text = "";
  for (const part of path) text += typeof part === "number" ? `[${part}]` : text === "" ? part : `.${part}`;
  return JSON.stringify(text);
}

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object" && isMedia(value)) return IMAGE in value ? "an Image" : "a media object";
  const name = typeof value === "object" ? tagOf(value) : typeof value;
  return `${/^[aeiou]/i.test(name) ? "an" : "a"} ${name}`;
}

/** Plain objects, objects of a class, of another realm, or without a prototype; not the built-in kinds. */
function isRecord(value: object): boolean {
  return tagOf(value) === "Object" || tagOf(value) === "Module";
}

export function isMedia(value: unknown): value is Media {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as Partial<Media>).bindToRun === "function" &&
    typeof (value as Partial<Media>).toJson === "function"
  );
}

/** Go refuses a record whose strings are not valid UTF-8, and `\ud800` in JSON. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}

/** Every media object in a snapshot. */
export function* mediaOf(value: Value): Iterable<Media> {
  if (isMedia(value)) yield value;
  else if (Array.isArray(value)) yield* value.filter(isMedia);
  else if (isFields(value)) for (const inner of Object.values(value)) yield* mediaOf(inner);
}

/**
 * Saves the media of a snapshot into the run, and puts their JSON in their place. A picture's files and class labels
 * are named after its innermost key, as in W&B.
 */
export function bindMedia(values: Fields, run: MediaRun, step: number, onWarning: OnWarning): Fields {
  let bound: Record<string, Value> | undefined;
  for (const [key, value] of Object.entries(values)) {
    const json = bindValue(key, value, run, step, onWarning);
    if (json !== value) set((bound ??= { ...values }), key, json);
  }
  return bound === undefined ? values : Object.freeze(bound);
}

function bindValue(key: string, value: Value, run: MediaRun, step: number, onWarning: OnWarning): Value {
  if (isMedia(value)) {
    value.bindToRun(run, key, step);
    return snapshot(value.toJson(run), "toJson");
  }
  if (Array.isArray(value) && isMedia(value[0])) {
    if (value.every((item) => IMAGE in (item as object))) {
      const Images = value[0].constructor as unknown as ImageClass;
      return snapshot(Images.seqToJson(value as Media[], run, key, step, { onWarning }), "toJson");
    }
    return value.map((item) => bindValue(key, item, run, step, onWarning));
  }
  return isFields(value) ? bindMedia(value, run, step, onWarning) : value;
}

/** @throws RangeError naming the key of a list of more images than W&B shows, before any of them is saved */
export function refuseOverflow(values: Fields): void {
  for (const [key, value] of Object.entries(values)) {
    if (Array.isArray(value) && value.every(isMedia)) checkOverflow(value.length, key, "error");
    else if (isFields(value)) refuseOverflow(value);
  }
}

/** The values at the ends of nested keys, as JSON; lists are ends. `{}` sets nothing. */
export function jsonTree(values: Fields): Tree<string> {
  return treeOf(values, (key, value) => {
    try {
      return jsonText(value);
    } catch (cause) {
      throw new RangeError(`key ${JSON.stringify(key)}: its JSON is longer than a string can be`, { cause });
    }
  });
}

/** The same of the values themselves; without nulls, where they come from a row: W&B keeps those in the history alone. */
export function valueTree(values: Fields, { nulls }: { nulls: boolean }): Tree<unknown> {
  return treeOf(values, (_, value) => (value === null && !nulls ? undefined : value));
}

function treeOf<Leaf>(values: Fields, leafOf: (key: string, value: Value) => Leaf | undefined): Tree<Leaf> {
  const tree = emptyTree<Leaf>();
  for (const [key, value] of Object.entries(values)) {
    const node = isFields(value) ? treeOf(value, leafOf) : leafOf(key, value);
    if (node !== undefined && !(isTree(node) && isEmptyTree(node))) tree[key] = node;
  }
  return tree;
}

/** JSON with bare NaN, Infinity and -Infinity and whole BigInts, as Python's and W&B's Go readers take it. */
export function jsonText(value: Value): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(jsonText).join(",")}]`;
  if (isObject(value)) {
    return `{${Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}:${jsonText(inner)}`)}}`;
  }
  return String(value);
}

function isObject(value: Value | undefined): value is Fields | readonly Value[] {
  return typeof value === "object" && value !== null;
}

function isFields(value: Value | undefined): value is Fields {
  return isObject(value) && !Array.isArray(value) && !isMedia(value);
}

function set(values: Record<string, Value>, key: string, value: Value): void {
  Object.defineProperty(values, key, { value, enumerable: true, configurable: true, writable: true });
}
