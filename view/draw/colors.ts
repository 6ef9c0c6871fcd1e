// Class colors: eight that most eyes tell apart (Okabe and Ito, 2008, black left out and a second green added), then hues
// by the golden angle at three lightnesses, as far from their neighbors as they can be.
import { signal } from "@preact/signals";

const FIRST = ["#e69f00", "#56b4e9", "#009e73", "#f0e442", "#d55e00", "#cc79a7", "#0072b2", "#7fc97f"];

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

/** Class 0 takes the last of the eight: with a background under it, class 1 starts the row. */
export function paletteColor(id: number): string {
  const i = (((id - 1) % 256) + 256) % 256;
  if (i < FIRST.length) return FIRST[i]!;
  const k = i - FIRST.length;
  return fromHsl((k * 137.508 + 20) % 360, 0.65, [0.6, 0.42, 0.74][k % 3]!);
}

function fromHsl(hue: number, saturation: number, lightness: number): string {
  const a = saturation * Math.min(lightness, 1 - lightness);
  const part = (n: number) => {
    const k = (n + hue / 30) % 12;
    const value = lightness - a * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return Math.round(255 * value)
      .toString(16)
      .padStart(2, "0");
  };
  return `#${part(0)}${part(8)}${part(4)}`;
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
