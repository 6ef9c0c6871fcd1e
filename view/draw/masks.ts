// Masks in the canvas' own pixels: each device pixel takes the class of the mask's pixel under its middle, so that no class
// is ever mixed with another, at any zoom and pixel ratio, and a toggle costs what is seen, not what the mask holds.
import type { MaskIds } from "../data/pictures.ts";
import type { Size, View } from "./transform.ts";

export interface MaskLayer {
  readonly mask: MaskIds;
  /** 256 colors as 0xAABBGGRR; 0 is not drawn. */
  readonly colors: Uint32Array;
}

/** Of the canvas: the part that a picture covers. */
interface Area {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

function covered(picture: Size, view: View, canvas: Size): Area {
  return {
    left: Math.max(0, Math.ceil(view.x - 0.5)),
    top: Math.max(0, Math.ceil(view.y - 0.5)),
    right: Math.min(canvas.width, Math.ceil(view.x + picture.width * view.scale - 0.5)),
    bottom: Math.min(canvas.height, Math.ceil(view.y + picture.height * view.scale - 0.5)),
  };
}

/** For each device pixel from `from` to `to` the mask's column, or row, under its middle. */
function under(from: number, to: number, origin: number, scale: number, picture: number, mask: number): Int32Array {
  const found = new Int32Array(Math.max(0, to - from));
  for (let i = 0; i < found.length; i++) {
    const place = Math.floor((((from + i + 0.5 - origin) / scale) * mask) / picture);
    found[i] = Math.min(mask - 1, Math.max(0, place));
  }
  return found;
}

interface Sampled extends Area {
  readonly ids: Uint8Array;
  readonly width: number;
  readonly height: number;
}

function sampled(mask: MaskIds, picture: Size, view: View, canvas: Size): Sampled | null {
  const area = covered(picture, view, canvas);
  const [width, height] = [area.right - area.left, area.bottom - area.top];
  if (width <= 0 || height <= 0) return null;
  const columns = under(area.left, area.right, view.x, view.scale, picture.width, mask.width);
  const rows = under(area.top, area.bottom, view.y, view.scale, picture.height, mask.height);
  const ids = new Uint8Array(width * height);
  for (let y = 0, n = 0; y < height; y++) {
    const row = rows[y]! * mask.width;
    if (y > 0 && rows[y] === rows[y - 1]) {
      ids.copyWithin(n, n - width, n);
      n += width;
    } else {
      for (let x = 0; x < width; x++) ids[n++] = mask.ids[row + columns[x]!]!;
    }
  }
  return { ...area, ids, width, height };
}

export type MaskForm = { readonly kind: "fill" } | { readonly kind: "outline"; readonly width: number };

/** Draws a mask's classes; `opacity` is that of fills, outlines are opaque. */
export function drawMask(
  context: CanvasRenderingContext2D,
  { mask, colors }: MaskLayer,
  form: MaskForm,
  opacity: number,
  picture: Size,
  view: View,
): void {
  const area = sampled(mask, picture, view, context.canvas);
  if (area === null) return;
  const pixels = new Uint32Array(area.ids.length);
  if (form.kind === "fill") {
    for (let i = 0; i < pixels.length; i++) pixels[i] = colors[area.ids[i]!]!;
  } else {
    outline(pixels, area, colors, form.width);
  }
  put(context, pixels, area, form.kind === "fill" ? opacity : 1);
}

/** The pixels of a class within `width` of another class, inside its border. */
function outline(pixels: Uint32Array, { ids, width, height }: Sampled, colors: Uint32Array, thickness: number): void {
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const id = ids[i]!;
      const color = colors[id]!;
      if (color === 0) continue;
      const border =
        (x >= thickness && ids[i - thickness] !== id) ||
        (x < width - thickness && ids[i + thickness] !== id) ||
        (y >= thickness && ids[i - thickness * width] !== id) ||
        (y < height - thickness && ids[i + thickness * width] !== id);
      if (border) pixels[i] = color;
    }
  }
}

export interface VerdictColors {
  readonly hit: number;
  readonly wrong: number;
  readonly missed: number;
}

/** Where a prediction has a class that is shown: is it the truth's? And where the truth has one that is not predicted. */
export function drawVerdict(
  context: CanvasRenderingContext2D,
  truth: MaskLayer,
  prediction: MaskLayer,
  colors: VerdictColors,
  opacity: number,
  picture: Size,
  view: View,
): void {
  const actual = sampled(truth.mask, picture, view, context.canvas);
  const predicted = sampled(prediction.mask, picture, view, context.canvas);
  if (actual === null || predicted === null) return;
  const pixels = new Uint32Array(actual.ids.length);
  for (let i = 0; i < pixels.length; i++) {
    const [a, p] = [actual.ids[i]!, predicted.ids[i]!];
    const [isA, isP] = [truth.colors[a] !== 0, prediction.colors[p] !== 0];
    if (isA && isP && a === p) pixels[i] = colors.hit;
    else if (isP) pixels[i] = colors.wrong;
    else if (isA) pixels[i] = colors.missed;
  }
  put(context, pixels, actual, opacity);
}

let sheet: OffscreenCanvas | null = null;

/** Over what is drawn already: opaque pixels by way of a sheet, so that opacity is applied once, by the canvas. */
function put(context: CanvasRenderingContext2D, pixels: Uint32Array, area: Sampled, opacity: number): void {
  sheet ??= new OffscreenCanvas(1, 1);
  if (sheet.width < area.width) sheet.width = area.width;
  if (sheet.height < area.height) sheet.height = area.height;
  const own = sheet.getContext("2d", { willReadFrequently: true })!;
  const bytes = new Uint8ClampedArray(pixels.buffer as ArrayBuffer);
  own.putImageData(new ImageData(bytes, area.width, area.height), 0, 0);
  context.globalAlpha = opacity;
  context.imageSmoothingEnabled = false;
  const { left, top, width, height } = area;
  context.drawImage(sheet, 0, 0, width, height, left, top, width, height);
  context.globalAlpha = 1;
}
