// What the pictures on the screen hold: their layers, classes and scores, for the panel that shows and hides them.
import { computed, signal } from "@preact/signals";
import type { BoxMark } from "../../src/view/api.ts";
import { className } from "../../src/view/class-names.ts";
import type { PaneModel } from "./pane.ts";
import { indexes } from "./state.ts";

const panes = signal<ReadonlySet<PaneModel>>(new Set());

/** Counts a pane's picture among those in view until the function given back is called. */
export function enterView(pane: PaneModel): () => void {
  panes.value = new Set(panes.peek()).add(pane);
  return () => {
    const rest = new Set(panes.peek());
    rest.delete(pane);
    panes.value = rest;
  };
}

export interface InView {
  /** A name may be that of boxes and of a mask. */
  readonly layers: readonly { readonly name: string; readonly boxes: boolean; readonly masks: boolean }[];
  readonly classes: readonly { readonly name: string; readonly id: number; readonly layers: readonly string[] }[];
  readonly scores: readonly {
    readonly name: string;
    readonly least: number;
    readonly most: number;
    readonly values: readonly number[];
  }[];
  readonly boxes: readonly BoxMark[];
}

export const inView = computed((): InView => {
  const layers = new Map<string, { boxes: boolean; masks: boolean }>();
  const classes = new Map<string, { id: number; layers: Set<string> }>();
  const scores = new Map<string, number[]>();
  const boxes: BoxMark[] = [];

  const note = (layer: string, kind: "boxes" | "masks") => {
    const known = layers.get(layer) ?? { boxes: false, masks: false };
    known[kind] = true;
    layers.set(layer, known);
  };
  const add = (layer: string, name: string, id: number) => {
    const row = classes.get(name) ?? { id, layers: new Set<string>() };
    classes.set(name, row);
    row.layers.add(layer);
  };
  for (const pane of panes.value) {
    const content = pane.content.value;
    if (content.kind !== "picture") continue;
    const labels = indexes.value.get(pane.ref.run)?.labels[pane.ref.key];
    for (const [layer, names] of Object.entries(labels ?? {})) {
      const { boxes: marked = {}, masks = {} } = content.mark;
      if (!(layer in marked) && !(layer in masks)) continue;
      for (const [id, name] of Object.entries(names)) add(layer, name, Number(id));
    }
    for (const [layer, mask] of content.masks) {
      for (const id of mask.present) add(layer, className(labels, layer, id), id);
    }
    for (const [layer, list] of Object.entries(content.mark.boxes ?? {})) {
      note(layer, "boxes");
      for (const box of list) {
        boxes.push(box);
        if (box.classId !== undefined) add(layer, className(labels, layer, box.classId), box.classId);
        for (const [name, score] of Object.entries(box.scores ?? {})) {
          const known = scores.get(name);
          if (known) known.push(score);
          else scores.set(name, [score]);
        }
      }
    }
    for (const layer of Object.keys(content.mark.masks ?? {})) note(layer, "masks");
  }
  return {
    layers: [...layers].sort(([a], [b]) => a.localeCompare(b)).map(([name, kinds]) => ({ name, ...kinds })),
    classes: [...classes]
      .sort(([a, { id }], [b, { id: other }]) => id - other || a.localeCompare(b))
      .map(([name, row]) => ({ name, id: row.id, layers: [...row.layers] })),
    scores: [...scores].map(([name, values]) => ({
      name,
      least: Math.min(...values),
      most: Math.max(...values),
      values,
    })),
    boxes,
  };
});
