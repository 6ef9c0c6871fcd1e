// A picture's pixels with its boxes and masks drawn in, for terminals and videos.
import { decodePixels } from "../decode/index.ts";
import type { BoxMark, PictureMark } from "./api.ts";
import { className, isBackground, isTruth, type Labels } from "./class-names.ts";
import { paletteColor, rgbOf } from "./palette.ts";

/** RGB rows without gaps. */
export interface Raster {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Alpha is laid over this gray. */
const GROUND = 119;

/** @throws Error in words, for what cannot be decoded */
export function rasterOf(file: Uint8Array): Raster {
  const { data, width, height, channels } = decodePixels(file, { mode: null });
  const shift = data.BYTES_PER_ELEMENT === 2 ? 8 : 0;
  const out = new Uint8Array(width * height * 3);
  const [isGray, hasAlpha] = [channels <= 2, channels % 2 === 0];
  for (let i = 0, at = 0; i < out.length; i += 3, at += channels) {
    const alpha = hasAlpha ? (data[at + channels - 1]! >> shift) / 255 : 1;
    for (let c = 0; c < 3; c++) {
      const value = data[at + (isGray ? 0 : c)]! >> shift;
      out[i + c] = alpha === 1 ? value : Math.round(value * alpha + GROUND * (1 - alpha));
    }
  }
  return { data: out, width, height };
}

/** Each pixel the mean of the area that it covers; enlarged, each pixel the one under its middle. */
export function resized({ data, width, height }: Raster, toWidth: number, toHeight: number): Raster {
  if (toWidth === width && toHeight === height) return { data, width, height };
  const out = new Uint8Array(toWidth * toHeight * 3);
  const [sx, sy] = [width / toWidth, height / toHeight];
  for (let y = 0, o = 0; y < toHeight; y++) {
    const [y0, y1] = span(y, sy, height);
    for (let x = 0; x < toWidth; x++, o += 3) {
      const [x0, x1] = span(x, sx, width);
      let [r, g, b] = [0, 0, 0];
      for (let v = y0; v < y1; v++) {
        for (let u = x0, at = (v * width + x0) * 3; u < x1; u++, at += 3) {
          r += data[at]!;
          g += data[at + 1]!;
          b += data[at + 2]!;
        }
      }
      const count = (y1 - y0) * (x1 - x0);
      out[o] = Math.round(r / count);
      out[o + 1] = Math.round(g / count);
      out[o + 2] = Math.round(b / count);
    }
  }
  return { data: out, width: toWidth, height: toHeight };
}

/** The whole pixels that lie in [i · scale, (i + 1) · scale), at least one. */
function span(i: number, scale: number, most: number): [number, number] {
  if (scale <= 1) {
    const at = Math.min(most - 1, Math.floor((i + 0.5) * scale));
    return [at, at + 1];
  }
  const from = Math.min(most - 1, Math.round(i * scale));
  return [from, Math.min(most, Math.max(from + 1, Math.round((i + 1) * scale)))];
}

export interface Marks {
  readonly boxes: boolean;
  readonly masks: boolean;
}

const OPACITY = 0.5;

/** Draws a picture's marks into a copy of it. Masks that cannot be read are left out. */
export async function marked(
  raster: Raster,
  mark: PictureMark,
  labels: Labels | undefined,
  marks: Marks,
  read: (path: string) => Promise<Uint8Array | null>,
): Promise<Raster> {
  if (!mark.boxes && !mark.masks) return raster;
  const copy = { ...raster, data: raster.data.slice() };
  if (marks.masks) {
    for (const [layer, path] of Object.entries(mark.masks ?? {})) {
      const file = await read(path);
      if (file !== null) drawMask(copy, file, labels, layer);
    }
  }
  if (marks.boxes) {
    const layers = Object.entries(mark.boxes ?? {});
    const beside = layers.some(([layer]) => isTruth(layer));
    for (const [layer, boxes] of layers) {
      for (const box of boxes) drawBox(copy, box, beside && !isTruth(layer));
    }
  }
  return copy;
}

function drawMask(raster: Raster, file: Uint8Array, labels: Labels | undefined, layer: string): void {
  let ids: ReturnType<typeof decodePixels>;
  try {
    ids = decodePixels(file, { mode: null });
  } catch {
    return;
  }
  const colors = Array.from({ length: 256 }, (_, id) =>
    isBackground(className(labels, layer, id), id) ? null : rgbOf(paletteColor(id)),
  );
  const { data, width, height } = raster;
  for (let y = 0, o = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * ids.height) / height) * ids.width;
    for (let x = 0; x < width; x++, o += 3) {
      const color = colors[ids.data[(row + Math.floor(((x + 0.5) * ids.width) / width)) * ids.channels]! & 255];
      if (!color) continue;
      for (let c = 0; c < 3; c++) data[o + c] = Math.round(data[o + c]! * (1 - OPACITY) + color[c]! * OPACITY);
    }
  }
}

/** A line as thick as the picture is large: it must be seen when the picture is made smaller. */
function drawBox(raster: Raster, { at, pixel, classId }: BoxMark, dashed: boolean): void {
  const { width, height } = raster;
  const [sx, sy] = pixel ? [1, 1] : [width, height];
  const [left, right] = [at[0] * sx, at[2] * sx].sort((a, b) => a - b).map(Math.round) as [number, number];
  const [top, bottom] = [at[1] * sy, at[3] * sy].sort((a, b) => a - b).map(Math.round) as [number, number];
  const color = rgbOf(paletteColor(classId ?? 1));
  const line = Math.max(1, Math.round(Math.max(width, height) / 300));
  const gap = dashed ? 4 * line : 0;
  for (let k = 0; k < line; k++) {
    for (let x = Math.max(0, left); x < Math.min(width, right); x++) {
      if (gap && Math.floor((x - left) / gap) % 2) continue;
      for (const y of [top + k, bottom - 1 - k]) put(raster, x, y, color);
    }
    for (let y = Math.max(0, top); y < Math.min(height, bottom); y++) {
      if (gap && Math.floor((y - top) / gap) % 2) continue;
      for (const x of [left + k, right - 1 - k]) put(raster, x, y, color);
    }
  }
}

function put({ data, width, height }: Raster, x: number, y: number, color: readonly number[]): void {
  if (x < 0 || y < 0 || x >= width || y >= height) return;
  for (let c = 0; c < 3; c++) data[(y * width + x) * 3 + c] = color[c]!;
}
