// The large view: which panes it has, where the pointer is, and how it is zoomed.
import { computed, signal } from "@preact/signals";
import type { Region } from "../data/pixels.ts";
import type { Size, View } from "../draw/transform.ts";
import { centered, fitted, zoomedAt } from "../draw/transform.ts";
import { pictureKeys, runsWith } from "./keys-shown.ts";
import type { PaneModel } from "./pane.ts";
import { indexes, large, mode, type PaneRef, pins, type Zoom, zoom } from "./state.ts";
import { shownAt, target } from "./timeline.ts";

/** The pixel under the pointer, of the first pane's picture. */
export const pointer = signal<{ readonly x: number; readonly y: number } | null>(null);
/** A rectangle that was drawn, for the histogram. */
export const region = signal<Region | null>(null);
/** Flicker: which pane is seen. */
export const seen = signal(0);

/** The first pane's picture and canvas: what the zoom counts in. */
export const first = signal<{ readonly picture: Size; readonly canvas: Size & { readonly ratio: number } } | null>(
  null,
);

/** All panes: the selected runs' at the slider's step, the one that was opened first, then those that were pinned. */
export const paneRefs = computed((): readonly PaneRef[] => {
  const opened = large.value;
  if (opened === null) return [];
  const runs = runsWith(opened.key);
  const others = opened.step === null ? runs.filter((run) => run !== opened.run) : [];
  return [opened, ...others.map((run) => ({ ...opened, run })), ...pins.value];
});

/** Keeps the picture that is seen now beside those of other steps. */
export function pin(): void {
  const opened = large.value;
  const index = opened && indexes.value.get(opened.run);
  const at = index && shownAt(index, opened.key, target.value);
  if (!opened || !at) return;
  pins.value = [...pins.value, { ...opened, step: at.step }];
}

export function unpin(ref: PaneRef): void {
  pins.value = pins.value.filter((other) => other !== ref);
  if (paneRefs.value.length < 2) mode.value = "side";
}

/** The view of a pane's picture: the shared zoom counts in the first pane's pixels. */
export function viewOf(picture: Size, canvas: Size): View {
  const now = zoom.value;
  if (now === null) return fitted(picture, canvas);
  const by = first.value ? first.value.picture.width / picture.width : 1;
  return centered(picture, canvas, now.scale * by, now.x / by, now.y / by);
}

/** How large a pixel is on the screen now. */
export function currentScale(): number {
  if (zoom.value !== null) return zoom.value.scale;
  const now = first.value;
  return now ? fitted(now.picture, now.canvas).scale : 1;
}

export function zoomBy(factor: number, x?: number, y?: number): void {
  const now = first.peek();
  if (now === null) return;
  const view = viewOf(now.picture, now.canvas);
  zoom.value = zoomedAt(view, now.canvas, factor, x ?? now.canvas.width / 2, y ?? now.canvas.height / 2);
}

/** @param scale device pixels a CSS pixel are counted in: 1 is a picture's pixel for each CSS pixel */
export function zoomTo(scale: number): void {
  const now = first.peek();
  if (now === null) return;
  const { x, y } = zoom.peek() ?? { x: now.picture.width / 2, y: now.picture.height / 2 };
  zoom.value = { scale: scale * now.canvas.ratio, x, y };
}

/** By device pixels of the canvas. */
export function panBy(dx: number, dy: number): void {
  const now = first.peek();
  if (now === null) return;
  const from: Zoom = zoom.peek() ?? {
    scale: fitted(now.picture, now.canvas).scale,
    x: now.picture.width / 2,
    y: now.picture.height / 2,
  };
  zoom.value = { scale: from.scale, x: from.x - dx / from.scale, y: from.y - dy / from.scale };
}

/** The next picture of the list, or the next key's. */
export function stepItem(by: number, listLength = lengthNow()): void {
  const opened = large.value;
  if (opened === null) return;
  const item = opened.item + by;
  if (item >= 0 && item < listLength) {
    large.value = { ...opened, item };
    return;
  }
  const keys = pictureKeys.value;
  const key = keys[(keys.indexOf(opened.key) + by + keys.length) % keys.length];
  if (key === undefined) return;
  const run = runsWith(key).includes(opened.run) ? opened.run : runsWith(key)[0]!;
  large.value = { run, key, item: 0, step: null };
}

export function openLarge(ref: PaneRef): void {
  zoom.value = null;
  large.value = ref;
}

export function closeLarge(): void {
  const was = large.value;
  large.value = null;
  // Focus goes back to where it came from.
  setTimeout(() => {
    const panes = [...document.querySelectorAll<HTMLElement>("button.pane")];
    (panes.find((pane) => pane.dataset.pane === `${was?.run} ${was?.key} ${was?.item}`) ?? panes[0])?.focus();
  }, 50);
}

/** The panes that are on the screen, as the large view mounts them. */
export const models = signal<readonly PaneModel[]>([]);

function lengthNow(): number {
  return models.value[0]?.content.value.row?.pictures.length ?? 1;
}

const PAN = 60;

/** Whether the key meant something here. */
export function largeKey(event: KeyboardEvent): boolean {
  const ratio = first.peek()?.canvas.ratio ?? 1;
  const action = {
    "+": () => zoomBy(1.5),
    "=": () => zoomBy(1.5),
    "-": () => zoomBy(1 / 1.5),
    "0": () => (zoom.value = null),
    "1": () => zoomTo(1),
    p: pin,
    d: () => (mode.value = mode.value === "difference" ? "side" : "difference"),
    " ": mode.value === "flicker" ? () => (seen.value = (seen.value + 1) % paneRefs.value.length) : undefined,
    ArrowLeft: event.altKey ? () => panBy(PAN * ratio, 0) : undefined,
    ArrowRight: event.altKey ? () => panBy(-PAN * ratio, 0) : undefined,
    ArrowUp: () => panBy(0, PAN * ratio),
    ArrowDown: () => panBy(0, -PAN * ratio),
  }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  action?.();
  return action !== undefined;
}
