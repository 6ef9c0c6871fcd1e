// Layers × classes: which marks are drawn, in which color, and which scores may be cut by a threshold.
import { computed } from "@preact/signals";
import type { BoxMark, PictureMark } from "../../src/view/api.ts";
import { className, isBackground, isTruth, type Labels } from "../../src/view/class-names.ts";
import { colorOf, packed } from "../draw/colors.ts";
import { changeOverlays, type Overlays, overlays, selectedRuns } from "./state.ts";

/** `off` holds what differs from the usual: for a background class that it is on. */
function isShown(state: Overlays, layer: string, name: string, id: number): boolean {
  if (state.off.has(layer)) return false;
  const flips = Number(state.off.has(`*:${name}`)) + Number(state.off.has(`${layer}:${name}`));
  return isBackground(name, id) === (flips % 2 === 1);
}

export function toggled(state: Overlays, entry: string): Overlays {
  const off = new Set(state.off);
  if (!off.delete(entry)) off.add(entry);
  return { ...state, off };
}

export const project = computed(() => selectedRuns.value[0]?.project ?? "");

/** The colors of a mask's classes as drawMask takes them: 0 for those that are off. */
export function maskColors(state: Overlays, labels: Labels | undefined, layer: string, present: readonly number[]) {
  const colors = new Uint32Array(256);
  for (const id of present) {
    const name = className(labels, layer, id);
    if (isShown(state, layer, name, id)) colors[id] = packed(colorOf(project.value, name, id));
  }
  return colors;
}

export function passes(state: Overlays, box: BoxMark): boolean {
  for (const [score, least] of Object.entries(state.thresholds)) {
    const value = box.scores?.[score];
    if (value !== undefined && value < least) return false;
  }
  return true;
}

/** A box that is drawn, or would be but for its scores. */
export interface ShownBox {
  readonly layer: string;
  readonly box: BoxMark;
  readonly name: string;
  readonly color: string;
  readonly text: string;
  readonly dashed: boolean;
}

export function shownBoxes(state: Overlays, labels: Labels | undefined, mark: PictureMark): ShownBox[] {
  if (state.hidden || !state.boxes || mark.boxes === undefined) return [];
  const layers = Object.entries(mark.boxes);
  const beside = layers.some(([layer]) => isTruth(layer));
  const found: ShownBox[] = [];
  for (const [layer, boxes] of layers) {
    for (const box of boxes) {
      const id = box.classId ?? 0;
      const name = box.classId === undefined ? "box" : className(labels, layer, id);
      if (state.off.has(layer) || flippedOff(state, layer, name) || !passes(state, box)) continue;
      const color = colorOf(project.value, name, id);
      found.push({ layer, box, name, color, text: boxText(box, name), dashed: beside && !isTruth(layer) });
    }
  }
  return found;
}

/** A box of class 0 is a box like any other: only masks have a background. */
function flippedOff(state: Overlays, layer: string, name: string): boolean {
  return (Number(state.off.has(`*:${name}`)) + Number(state.off.has(`${layer}:${name}`))) % 2 === 1;
}

function boxText(box: BoxMark, name: string): string {
  const text = box.caption ?? name;
  const score = Object.values(box.scores ?? {})[0];
  return score === undefined || /\d/.test(text) ? text : `${text} ${scoreText(score)}`;
}

export function scoreText(score: number): string {
  return Math.abs(score) <= 1 ? score.toFixed(2) : String(Number(score.toPrecision(4)));
}

export function toggle(entry: string): void {
  overlays.value = toggled(overlays.value, entry);
}

export function setThreshold(name: string, value: number, from = 0): void {
  const { [name]: _, ...others } = overlays.value.thresholds;
  changeOverlays({ thresholds: value <= from ? others : { ...others, [name]: value } });
}
