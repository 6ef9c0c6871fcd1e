// What Python's users call a dictionary: an object of no class, or a Map.
import { tagOf } from "../messages.ts";

export function isMap(value: unknown): value is ReadonlyMap<unknown, unknown> {
  return tagOf(value) === "Map";
}

/** An object of fields, or a Map; no list, no array, no Set, nothing of a class whose fields are its own affair. */
export function isDictionary(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  if (isMap(value)) return true;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

export function entriesOf(dictionary: object): [string, unknown][] {
  return isMap(dictionary)
    ? Array.from(dictionary, ([name, value]): [string, unknown] => [String(name), value])
    : Object.entries(dictionary);
}

/** The layers of an image by name. @throws TypeError in W&B's words for what is no dictionary */
export function layerEntries(option: string, layers: object): [string, unknown][] {
  if (isDictionary(layers)) return entriesOf(layers);
  throw new TypeError(`Images "${option}" argument must be a dictionary; expected layers by name, { predictions: … }`);
}
