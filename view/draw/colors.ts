// Colors of classes, as a person chose them or by the palette; of runs; and how both are written.
import { signal } from "@preact/signals";
import { paletteColor } from "../../src/view/palette.ts";

/** A person's own colors by project and class name. */
const chosen = signal<Readonly<Record<string, string>>>(remembered());

function remembered(): Record<string, string> {
  try {
    return JSON.parse(localStorage.getItem("wandb-image.colors") ?? "{}") as Record<string, string>;
  } catch {
    return {}; // no storage where a page has none, or not ours
  }
}

export function chooseColor(project: string, name: string, color: string): void {
  chosen.value = { ...chosen.value, [`${project}/${name}`]: color };
  try {
    localStorage.setItem("wandb-image.colors", JSON.stringify(chosen.value));
  } catch {
    // then it holds until the page is closed
  }
}

/** "#rrggbb" of a class. */
export function colorOf(project: string, name: string, id: number): string {
  return chosen.value[`${project}/${name}`] ?? paletteColor(id);
}

/** "#rrggbb" as an opaque pixel of an ImageData seen as u32. */
export function packed(color: string): number {
  const value = Number.parseInt(color.slice(1), 16);
  return (0xff000000 | ((value & 0xff) << 16) | (value & 0xff00) | (value >> 16)) >>> 0;
}

/** Black or white, whichever reads better on `color`. */
export function inkOn(color: string): string {
  const value = Number.parseInt(color.slice(1), 16);
  const linear = (byte: number) => (byte / 255) ** 2.2;
  const light = 0.2126 * linear(value >> 16) + 0.7152 * linear((value >> 8) & 255) + 0.0722 * linear(value & 255);
  return light > 0.18 ? "#000000" : "#ffffff";
}

const RUN_COLORS = ["#3f8efc", "#f2704d", "#2fb67c", "#b072e8", "#d9a514", "#1fb3c7", "#e2568f", "#8a9a3b"];

export function runColor(position: number): string {
  return RUN_COLORS[position % RUN_COLORS.length]!;
}
