// Class names: of an image, and of each of its layers (a set of boxes, a mask). W&B keeps the latter in the run's config, one
// record for each log key and layer name; what two images say there is merged here, where W&B's client lets the last one win.
import { describe, shown } from "../messages.ts";
import { checkOptionNames } from "../option-names.ts";
import { type OnWarning, warn } from "../warnings.ts";
import { entriesOf, isDictionary } from "./dictionary.ts";
import type { ClassLabels, MediaRun } from "./media-run.ts";

export interface ClassEntry {
  readonly id: number | string;
  readonly name: string;
}

/** Names by id: an object or a Map, or a list whose places are the ids. */
export type LabelsInput = ClassLabels | ReadonlyMap<number | string, string> | readonly string[];

/** What `classes` takes: a Classes, its list, or names by id. */
export type ClassesInput = Classes | readonly ClassEntry[] | LabelsInput;

/** W&B's class set of an image. */
export class Classes {
  /** A copy of the list given. */
  readonly classSet: readonly ClassEntry[];

  /** @throws TypeError where an entry is not `{ id, name }`, RangeError where an id comes twice */
  constructor(classSet: readonly ClassEntry[]) {
    if (!Array.isArray(classSet))
      throw new TypeError(`Classes: expected a list of { id, name }; got ${describe(classSet)}`);
    const seen = new Set<number | string>();
    this.classSet = classSet.map((entry: ClassEntry | null, i) => {
      const { id, name } = entry ?? {};
      if ((typeof id !== "string" && !Number.isInteger(id)) || typeof name !== "string") {
        throw new TypeError(`Classes: entry ${i} is ${shown(entry)}; expected { id: 1, name: "car" }`);
      }
      checkOptionNames(`Classes: entry ${i}`, entry!, ["id", "name"]);
      if (seen.has(id!)) throw new RangeError(`Classes: id ${id} comes twice (entry ${i}, ${JSON.stringify(name)})`);
      seen.add(id!);
      return Object.freeze({ id: id!, name });
    });
  }

  equals(other: unknown): boolean {
    if (typeof other !== "object" || other === null || !("classSet" in other)) return false;
    const { classSet } = other;
    if (!Array.isArray(classSet) || classSet.length !== this.classSet.length) return false;
    return this.classSet.every(({ id, name }, i) => id === classSet[i]?.id && name === classSet[i]?.name);
  }

  toJson(): { _type: "classes"; class_set: readonly ClassEntry[] } {
    return { _type: "classes", class_set: this.classSet };
  }
}

/** @throws TypeError for anything but what ClassesInput lists */
export function classesOf(input: ClassesInput): Classes {
  if (typeof input !== "object" || input === null) {
    throw new TypeError(
      `classes: expected a list of { id, name }, names by id such as { 1: "car" }, or Classes; got ${describe(input)}`,
    );
  }
  if (input instanceof Classes) return input;
  // Of another copy of this package, or what structured cloning left.
  if ("classSet" in input) return new Classes(input.classSet as readonly ClassEntry[]);
  if (Array.isArray(input) && typeof input[0] !== "string") return new Classes(input);
  return new Classes(Object.entries(checkLabels(input, "classes")).map(([id, name]) => ({ id: +id, name })));
}

/** A copy, names by id. @throws TypeError in W&B's words */
export function checkLabels(labels: unknown, words: string): ClassLabels {
  const entries = Array.isArray(labels) ? [...labels.entries()] : isDictionary(labels) ? entriesOf(labels) : undefined;
  if (entries === undefined) {
    throw new TypeError(`${words}: got ${describe(labels)}; expected names by id, such as { 1: "car" }, or a list`);
  }
  for (const [id, name] of entries) {
    if (!/^-?\d+$/.test(String(id)))
      throw new TypeError(`${words}: the key ${JSON.stringify(id)} is not a whole number`);
    if (typeof name !== "string")
      throw new TypeError(`${words}: ${String(id)} is ${describe(name)}; expected a string`);
  }
  return Object.fromEntries(entries) as ClassLabels;
}

/** W&B's names for ids that have none. */
export function defaultLabels(ids: Iterable<number>): ClassLabels {
  return Object.fromEntries([...new Set(ids)].sort((a, b) => a - b).map((id) => [id, `class_${id}`]));
}

type Kind = "bounding_box/class_labels" | "mask/class_labels";

interface Known {
  readonly name: string;
  /** A given name, not the default `class_<id>`. */
  readonly given: boolean;
}

const saved = new WeakMap<MediaRun, Map<string, Map<string, Known>>>();

/**
 * Puts a layer's class names into the run's config. Names logged before under the same key and layer stay; where both have
 * an id a given name stands above a default one, and of two given ones the last wins, with a warning.
 */
export function saveLabels(
  run: MediaRun,
  kind: Kind,
  key: string,
  layer: string,
  labels: ClassLabels,
  given: boolean,
  onWarning: OnWarning | undefined,
): void {
  const record = `${key}_wandb_delimeter_${layer}`;
  const records = saved.get(run) ?? new Map<string, Map<string, Known>>();
  saved.set(run, records);
  const known = records.get(`${kind} ${record}`) ?? new Map<string, Known>();
  records.set(`${kind} ${record}`, known);
  for (const [id, name] of Object.entries(labels)) {
    const before = known.get(id);
    if (before?.given && !given) continue;
    if (before?.given && before.name !== name) {
      warn(
        "class-labels-conflict",
        `${key}: class ${id} of ${layer} was ${JSON.stringify(before.name)} and is now ${JSON.stringify(name)}; ` +
          "W&B keeps one list of names for a key and layer, so images logged before show the new name too",
        onWarning,
      );
    }
    known.set(id, { name, given });
  }
  run.saveClassLabels(kind, record, Object.fromEntries(Array.from(known, ([id, { name }]) => [id, name])));
}
