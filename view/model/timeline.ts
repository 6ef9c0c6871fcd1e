// The one slider: which places it has, and which step of a run and key each place shows.
import { batch, computed, signal } from "@preact/signals";
import { type Column, type RunIndex, unpackSteps } from "../../src/view/api.ts";
import { at, axis, follow, selected, selectedIndexes, source } from "./state.ts";

/** Columns of the axis by run and key, with the index's version that they were read for. */
const columns = signal<ReadonlyMap<string, { readonly version: number; readonly column: Column }>>(new Map());

/** A key's steps in the order of the axis, and their places on it. */
export interface Track {
  readonly steps: Float64Array;
  readonly places: Float64Array;
}

const tracks = new WeakMap<RunIndex, Map<string, Track>>();

/** Where a run's key has pictures. Empty while the axis' column is being read. */
function trackOf(index: RunIndex, key: string): Track {
  const name = `${axis.value}\0${key}`;
  const known = tracks.get(index) ?? new Map<string, Track>();
  tracks.set(index, known);
  const column = axis.value === "step" ? null : columns.value.get(`${index.id}\0${axis.value}`);
  if (column === undefined) return NOTHING;
  const found = known.get(name);
  if (found) return found;
  const steps = unpackSteps(index.pictures[key] ?? []);
  const track = column === null ? { steps, places: steps } : placed(steps, column.column);
  known.set(name, track);
  return track;
}

const NOTHING: Track = { steps: new Float64Array(0), places: new Float64Array(0) };

/** The steps' values in the column: each takes the last one logged at or before it. Steps before the first are left out. */
function placed(steps: Float64Array, column: Column): Track {
  const known = unpackSteps(column.steps);
  const pairs: [number, number][] = [];
  let value = Number.NaN;
  for (let i = 0, k = 0; i < steps.length; i++) {
    for (; k < known.length && known[k]! <= steps[i]!; k++) value = column.values[k] ?? value;
    if (!Number.isNaN(value)) pairs.push([value, steps[i]!]);
  }
  pairs.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  return { places: Float64Array.from(pairs, (p) => p[0]), steps: Float64Array.from(pairs, (p) => p[1]) };
}

/** Reads what the axis needs; called when the axis, the selection or a run changes. */
export async function loadAxis(key = axis.value): Promise<void> {
  if (key === "step") return;
  for (const index of selectedIndexes.value) {
    const name = `${index.id}\0${key}`;
    if (columns.peek().get(name)?.version === index.version) continue;
    const column = key in index.scalars ? await source().column(index.id, key) : NO_COLUMN;
    columns.value = new Map(columns.peek()).set(name, { version: index.version, column });
  }
}

const NO_COLUMN: Column = { steps: [], values: [] };

/** Changes what the slider goes by once its values are here: until then it stays as it was. */
export async function chooseAxis(key: string): Promise<void> {
  await loadAxis(key);
  batch(() => {
    axis.value = key;
    at.value = Number.POSITIVE_INFINITY;
    follow.value = true;
  });
}

/** All places of the selected runs, rising: the slider's ticks. */
export const ticks = computed((): Float64Array => {
  const lists: Float64Array[] = [];
  for (const index of selectedIndexes.value) {
    for (const key of Object.keys(index.pictures)) {
      const { places } = trackOf(index, key);
      if (places.length > 0 && !lists.some((other) => same(other, places))) lists.push(places);
    }
  }
  if (lists.length === 0) return ticksOfScalars();
  return union(lists);
});

/** Runs without pictures still have steps to go through: all of them up to the last. */
function ticksOfScalars(): Float64Array {
  const last = Math.max(-1, ...selectedIndexes.value.map((index) => index.lastStep));
  return Float64Array.from({ length: Math.min(last + 1, 1_000_000) }, (_, i) => i);
}

function union(lists: readonly Float64Array[]): Float64Array {
  if (lists.length === 1) return distinct(lists[0]!);
  const all = new Float64Array(lists.reduce((sum, list) => sum + list.length, 0));
  let n = 0;
  for (const list of lists) {
    all.set(list, n);
    n += list.length;
  }
  return distinct(all.sort());
}

function distinct(sorted: Float64Array): Float64Array {
  const kept = sorted.filter((value, i) => i === 0 || value !== sorted[i - 1]);
  return kept.length === sorted.length ? sorted : kept;
}

function same(a: Float64Array, b: Float64Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/** How many of `places` are at most `place`. */
export function upTo(places: Float64Array, place: number): number {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle]! <= place) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The slider's place as one of its ticks; -1 where there are none. */
export const tick = computed(() => {
  const all = ticks.value;
  if (all.length === 0) return -1;
  if (follow.value) return all.length - 1;
  return Math.max(0, upTo(all, at.value) - 1);
});

/** The place that panels show when everything is loaded. */
export const target = computed(() => (tick.value < 0 ? 0 : ticks.value[tick.value]!));

export function goTo(position: number): void {
  const all = ticks.value;
  if (all.length === 0) return;
  const i = Math.min(all.length - 1, Math.max(0, Math.round(position)));
  follow.value = i === all.length - 1; // as a terminal keeps to its end
  at.value = all[i]!;
}

/** The tick nearest to a place on the axis. */
export function goToPlace(value: number): void {
  const all = ticks.value;
  const i = upTo(all, value);
  goTo(i > 0 && (i >= all.length || value - all[i - 1]! <= all[i]! - value) ? i - 1 : i);
}

/** `count` ticks on, or back. */
export function move(count: number): void {
  goTo(tick.value + count);
}

export interface Shown {
  /** Which of the key's picture steps. */
  readonly index: number;
  readonly step: number;
  /** The key has no picture at this very place: it shows its last one before. */
  readonly held: boolean;
  readonly place: number;
}

/** What a run's key shows at `place`, or null before its first picture. */
export function shownAt(index: RunIndex, key: string, place: number): Shown | null {
  const { steps, places } = trackOf(index, key);
  const i = upTo(places, place) - 1;
  if (i < 0) return null;
  return { index: i, step: steps[i]!, held: places[i] !== place, place: places[i]! };
}

/** Which of the key's picture steps `step` is: its position among all of them, in rising order. */
export function rowOf(index: RunIndex, key: string, step: number): number {
  const name = `\0${key}`;
  const known = tracks.get(index) ?? new Map<string, Track>();
  tracks.set(index, known);
  let track = known.get(name);
  if (!track) {
    const steps = unpackSteps(index.pictures[key] ?? []);
    known.set(name, (track = { steps, places: steps }));
  }
  const i = upTo(track.steps, step) - 1;
  return i >= 0 && track.steps[i] === step ? i : -1;
}

/** A place in words: "step 990", "epoch 3.5", "12 min 4 s", a time of day. */
export function placeText(place: number, key = axis.value): string {
  if (key === "step") return `step ${place.toLocaleString("en-US")}`;
  if (key === "_timestamp") return new Date(place * 1000).toLocaleString();
  if (key === "_runtime") return durationText(place);
  return `${key} ${Number(place.toPrecision(7))}`;
}

function durationText(seconds: number): string {
  if (seconds < 60) return `${Number(seconds.toPrecision(3))} s`;
  const whole = Math.floor(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${whole % 60} s`;
}

/** Axes that the selected runs have. */
export const axes = computed(() => {
  const keys = new Set<string>();
  for (const id of selected.value) {
    const index = selectedIndexes.value.find((one) => one.id === id);
    for (const key of Object.keys(index?.scalars ?? {})) keys.add(key);
  }
  return ["step", ...[...keys].filter((key) => key !== "_step").sort()];
});

export function toggleFollow(): void {
  if (follow.value) at.value = target.value;
  follow.value = !follow.value;
}
