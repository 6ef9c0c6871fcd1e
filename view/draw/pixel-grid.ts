// From 24 times its size on, a picture's values are written into its pixels.

import { signal } from "@preact/signals";
import type { Picture } from "../data/pictures.ts";
import { pixelsNow, pixelsOf, valuesAt } from "../data/pixels.ts";
import type { View } from "./transform.ts";

const FROM = 24;
const arrived = signal(0);

export function drawPixelGrid(context: CanvasRenderingContext2D, picture: Picture, view: View, ratio: number): void {
  if (view.scale < FROM * ratio) return;
  void arrived.value;
  const pixels = pixelsNow(picture);
  if (pixels === null) {
    pixelsOf(picture).then(
      () => arrived.value++,
      () => {}, // the readout says what is the matter
    );
    return;
  }
  const { width, height } = context.canvas;
  const left = Math.max(0, Math.floor(-view.x / view.scale));
  const top = Math.max(0, Math.floor(-view.y / view.scale));
  const right = Math.min(picture.width, Math.ceil((width - view.x) / view.scale));
  const bottom = Math.min(picture.height, Math.ceil((height - view.y) / view.scale));
  context.fillStyle = "rgb(128 128 128 / 0.5)";
  const line = Math.max(1, Math.round(ratio / 2));
  for (let x = left; x <= right; x++) context.fillRect(Math.round(view.x + x * view.scale), 0, line, height);
  for (let y = top; y <= bottom; y++) context.fillRect(0, Math.round(view.y + y * view.scale), width, line);
  const rows = pixels.channels;
  const font = Math.min((view.scale / (rows + 0.6)) * 0.9, view.scale / (pixels.most > 255 ? 3.2 : 2.2), 15 * ratio);
  if (font < 7 * ratio) return;
  context.font = `${Math.round(font)}px ui-monospace, monospace`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) write(context, valuesAt(pixels, x, y)!, pixels.most, view, x, y, font);
  }
  context.textAlign = "start";
}

function write(
  context: CanvasRenderingContext2D,
  values: readonly number[],
  most: number,
  view: View,
  x: number,
  y: number,
  font: number,
): void {
  const light = (values[0]! + (values[1] ?? values[0]!) + (values[2] ?? values[0]!)) / 3;
  context.fillStyle = light > most * 0.45 ? "#000" : "#fff";
  const [cx, cy] = [view.x + (x + 0.5) * view.scale, view.y + (y + 0.5) * view.scale];
  for (const [i, value] of values.entries()) {
    context.fillText(String(value), cx, cy + (i - (values.length - 1) / 2) * font * 1.1);
  }
}
