// What a run holds of the values that a program logged, and their JSON.

import type { MediaRun } from "../image/media-run.ts";
import { quoted } from "../messages.ts";
import { emptyTree, type Tree } from "./tree.ts";

/** As much of Image as a run needs, of this copy of the package or another. */
export interface LoggedImage {
  bindToRun(run: MediaRun, key: string, step: number): void;
  toJson(run: MediaRun): object;
  /** Throws if it can never be bound to a run (a reference). */
  checkLoggable?(): void;
  /** Computes, asynchronously, the hash that `bindToRun` will ask for. */
  digest?(): Promise<string>;
}

/** A value of a snapshot. Date, BigInt objects, typed arrays and `toJSON` are resolved; objects are frozen, `undefined` is gone. */
export type Value = null | boolean | number | bigint | string | LoggedImage | readonly Value[] | ValueMap;
export interface ValueMap {
  readonly [key: string]: Value;
}

/** `Image` carries this as a property: `instanceof` fails when a program holds two copies of the package. */
const IMAGE = Symbol.for("wandb-image.Image");

export function isImage(value: unknown): value is LoggedImage {
  return typeof value === "object" && value !== null && Reflect.get(value, IMAGE) === true;
}

export function isValueMap(value: Value | undefined): value is ValueMap {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isImage(value);
}

/** Go refuses a record whose strings are not valid UTF-8, and `\ud800` in JSON. */
export function wellFormed(text: string): string {
  return text.toWellFormed();
}

/** Every Image in a snapshot. */
export function* imagesOf(value: Value): Iterable<LoggedImage> {
  if (isImage(value)) yield value;
  else if (Array.isArray(value)) yield* value.filter(isImage);
  else if (isValueMap(value)) for (const inner of Object.values(value)) yield* imagesOf(inner);
}

/** The values at the ends of nested keys, as JSON; lists are ends. `{}` sets nothing. */
export function jsonTree(values: ValueMap): Tree<string> {
  return treeOf(values, (key, value) => {
    if (typeof value === "number") return String(value); // by far the most
    try {
      return jsonText(value);
    } catch (cause) {
      throw new RangeError(`key ${quoted(key)}: its JSON is longer than a string can be`, { cause });
    }
  });
}

/** The same of the values themselves; without nulls, where they come from a row: W&B keeps those in the history alone. */
export function valueTree(values: ValueMap, { nulls }: { nulls: boolean }): Tree<unknown> {
  return treeOf(values, (_, value) => (value === null && !nulls ? undefined : value));
}

function treeOf<Leaf>(values: ValueMap, leafOf: (key: string, value: Value) => Leaf | undefined): Tree<Leaf> {
  return nonEmptyTree(values, leafOf) ?? emptyTree();
}

function nonEmptyTree<Leaf>(values: ValueMap, leafOf: (key: string, value: Value) => Leaf | undefined) {
  let tree: Tree<Leaf> | undefined;
  for (const key of Object.keys(values)) {
    const value = values[key]!;
    const node: Leaf | Tree<Leaf> | undefined = isValueMap(value) ? nonEmptyTree(value, leafOf) : leafOf(key, value);
    if (node !== undefined) (tree ??= emptyTree())[key] = node;
  }
  return tree;
}

/** JSON with bare NaN, Infinity and -Infinity and whole BigInts, as Python's and W&B's Go readers take it. */
export function jsonText(value: Value): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(jsonText).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    return `{${Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}:${jsonText(inner)}`)}}`;
  }
  return String(value);
}
