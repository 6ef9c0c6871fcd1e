// What a person has chosen, as signals. link.ts writes all of it into the address; nothing else remembers anything, beside
// the class colors and the theme, which localStorage keeps.
import { computed, signal } from "@preact/signals";
import type { RunHead, RunIndex } from "../../src/view/api.ts";
import type { Source } from "../data/source.ts";

/** One pane: a picture of a run, at the slider's place or pinned to a step. */
export interface PaneRef {
  readonly run: string;
  readonly key: string;
  readonly item: number;
  /** null follows the slider. */
  readonly step: number | null;
}

export type CompareMode = "side" | "swipe" | "flicker" | "onion" | "difference";

export interface Looks {
  readonly low: number;
  readonly high: number;
  readonly gamma: number;
  /** "rgb", or one channel alone. */
  readonly channel: "rgb" | "r" | "g" | "b" | "a";
  /** A colormap for pictures of one channel. */
  readonly colormap: "" | "viridis" | "magma" | "turbo";
}

export const PLAIN_LOOKS: Looks = { low: 0, high: 1, gamma: 1, channel: "rgb", colormap: "" };

/** What is drawn over pictures. `off` holds "layer", "*:class" and "layer:class". */
export interface Overlays {
  readonly hidden: boolean;
  readonly boxes: boolean;
  readonly masks: boolean;
  readonly outline: boolean;
  readonly labels: boolean;
  readonly verdict: boolean;
  readonly opacity: number;
  readonly off: ReadonlySet<string>;
  /** Least value by the name of the score. */
  readonly thresholds: Readonly<Record<string, number>>;
}

export const PLAIN_OVERLAYS: Overlays = {
  hidden: false,
  boxes: true,
  masks: true,
  outline: false,
  labels: true,
  verdict: false,
  opacity: 0.5,
  off: new Set(),
  thresholds: {},
};

/** Scale in device pixels a picture's pixel; null fits. The middle of the view, as pixels of the picture. */
export interface Zoom {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

/** The least width of a panel in CSS pixels, until it is changed. */
export const CELL_WIDTH = 280;

export const place = signal("");
export const note = signal("");
export const runs = signal<readonly RunHead[] | null>(null);
export const indexes = signal<ReadonlyMap<string, RunIndex>>(new Map());
export const connected = signal(true);
export const failure = signal("");

export const selected = signal<readonly string[]>([]);
export const filter = signal("");
export const axis = signal("step");
/** The slider's place on the axis: a step, or a value of the scalar `axis`. */
export const at = signal(Number.POSITIVE_INFINITY);
export const follow = signal(true);
export const cellWidth = signal(CELL_WIDTH);
export const fit = signal<"fit" | "1" | "2">("fit");
export const mat = signal<"theme" | "gray" | "checker">("theme");
export const theme = signal<"auto" | "light" | "dark">("auto");
/** On a phone it lies over the pictures: only when asked for. */
export const sidebar = signal(innerWidth > 760);
export const tab = signal<"pictures" | "scalars" | "config" | "console">("pictures");
export const closedSections = signal<ReadonlySet<string>>(new Set());
export const order = signal<readonly string[]>([]);
export const overlays = signal<Overlays>(PLAIN_OVERLAYS);
/** By key: a depth map wants another window than a photograph. */
export const looks = signal<ReadonlyMap<string, Looks>>(new Map());
export const large = signal<PaneRef | null>(null);
export const pins = signal<readonly PaneRef[]>([]);
export const mode = signal<CompareMode>("side");
export const gain = signal(1);
export const swipe = signal(0.5);
export const zoom = signal<Zoom | null>(null);
export const playing = signal(false);
export const speed = signal(10);
export const loop = signal<"once" | "loop" | "bounce">("loop");
export const logScale = signal(false);
export const smoothing = signal(0);
export const help = signal(false);

export const selectedRuns = computed(() => {
  const all = runs.value ?? [];
  return selected.value.flatMap((id) => all.find((run) => run.id === id) ?? []);
});

/** Indexes of the selected runs that have been read. */
export const selectedIndexes = computed(() => selected.value.flatMap((id) => indexes.value.get(id) ?? []));

let current: Source | null = null;

export function setSource(source: Source): void {
  current = source;
}

export function source(): Source {
  if (current === null) throw new Error("no source is set");
  return current;
}

export function looksOf(key: string): Looks {
  return looks.value.get(key) ?? PLAIN_LOOKS;
}

export function changeLooks(key: string, change: Partial<Looks> | null): void {
  const all = new Map(looks.value);
  if (change === null) all.delete(key);
  else all.set(key, { ...looksOf(key), ...change });
  looks.value = all;
}

export function changeOverlays(change: Partial<Overlays>): void {
  overlays.value = { ...overlays.value, ...change };
}

/** With the other selected runs kept where `add`, alone otherwise. */
export function selectRun(id: string, add: boolean): void {
  const now = selected.value;
  if (!add) selected.value = [id];
  else if (now.includes(id)) selected.value = now.length > 1 ? now.filter((other) => other !== id) : now;
  else selected.value = [...now, id];
}
