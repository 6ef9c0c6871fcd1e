// Which keys are shown, in which sections and order.
import { computed } from "@preact/signals";
import { matcher } from "../../src/view/key-filter.ts";
import { closedSections, filter, order, selectedIndexes } from "./state.ts";

export interface Section {
  readonly name: string;
  readonly keys: readonly string[];
}

function keysOf(kind: "pictures" | "scalars"): string[] {
  const keys = new Set<string>();
  for (const index of selectedIndexes.value) for (const key of Object.keys(index[kind])) keys.add(key);
  const wanted = matcher(filter.value);
  const places = new Map(order.value.map((key, i) => [key, i]));
  const place = (key: string) => places.get(key) ?? Number.POSITIVE_INFINITY;
  return [...keys].filter(wanted).sort((a, b) => place(a) - place(b) || natural.compare(a, b));
}

const natural = new Intl.Collator("en", { numeric: true });

export const pictureKeys = computed(() => keysOf("pictures"));
export const scalarKeys = computed(() => keysOf("scalars").filter((key) => !/^_(step|runtime|timestamp)$/.test(key)));

/** Sections by what stands before a key's first slash, as in W&B; keys without one come first. */
export function sectionsOf(keys: readonly string[]): Section[] {
  const sections = new Map<string, string[]>();
  for (const key of keys) {
    const name = key.includes("/") ? key.slice(0, key.indexOf("/")) : "";
    const list = sections.get(name) ?? [];
    list.push(key);
    sections.set(name, list);
  }
  return [...sections]
    .sort(([a], [b]) => Number(a !== "") - Number(b !== ""))
    .map(([name, list]) => ({ name, keys: list }));
}

export function toggleSection(name: string): void {
  const closed = new Set(closedSections.value);
  if (!closed.delete(name)) closed.add(name);
  closedSections.value = closed;
}

/** Puts `moved` in front of `before` in its section. */
export function reorder(moved: string, before: string): void {
  const keys = pictureKeys.value.filter((key) => key !== moved);
  keys.splice(keys.indexOf(before), 0, moved);
  order.value = keys;
}

/** Of the selected runs those that have pictures under `key`. */
export function runsWith(key: string): string[] {
  return selectedIndexes.value.filter((index) => key in index.pictures).map((index) => index.id);
}
