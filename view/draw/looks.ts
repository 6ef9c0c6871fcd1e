// How pixels are shown without changing what they are: window and level, gamma, one channel, a colormap; and how two
// pictures differ.
import { signal } from "@preact/signals";
import { type Picture, pixelsOfBitmap } from "../data/pictures.ts";
import { isDeep, type Pixels, pixelsNow, pixelsOf } from "../data/pixels.ts";
import { type Looks, looksOf, PLAIN_LOOKS } from "../model/state.ts";
import { colormapTable } from "./colormap.ts";
import type { Sheet } from "./paint.ts";

interface Made {
  readonly looks: Looks;
  readonly deep: Pixels | null;
  readonly sheet: Sheet;
}

const made = new WeakMap<Picture, Made>();
/** Grows when a picture's 16-bit values have been read: then it is drawn from those. */
const deepened = signal(0);

/** The picture as the chosen looks show it. */
export function looked(picture: Picture, key: string): Sheet {
  const now = looksOf(key);
  if (isPlain(now)) return picture;
  void deepened.value;
  const known = pixelsNow(picture);
  const deep = known?.most === 65535 ? known : null;
  const kept = made.get(picture);
  if (kept && kept.looks === now && kept.deep === deep) return kept.sheet;
  if (!kept) deepen(picture);
  const sheet = sheetOf(deep ? fromDeep(deep, now) : fromBytes(picture, now));
  made.set(picture, { looks: now, deep, sheet });
  return sheet;
}

function isPlain(now: Looks): boolean {
  return (Object.keys(PLAIN_LOOKS) as (keyof Looks)[]).every((name) => now[name] === PLAIN_LOOKS[name]);
}

async function deepen(picture: Picture): Promise<void> {
  if (!(await isDeep(picture))) return;
  await pixelsOf(picture);
  deepened.value++;
}

function sheetOf(image: ImageData): Sheet {
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext("2d")!.putImageData(image, 0, 0);
  return { bitmap: canvas, width: image.width, height: image.height, halves: [] };
}

/** The new value of each of `values` ones: the window [low, high] of 0 … 1 is spread over 0 … 255, then gamma. */
function curve({ low, high, gamma }: Looks, values: number): Uint8ClampedArray {
  const spread = Math.max(1e-6, high - low);
  const table = new Uint8ClampedArray(values);
  for (let value = 0; value < values; value++) {
    const placed = Math.min(1, Math.max(0, (value / (values - 1) - low) / spread));
    table[value] = 255 * (gamma === 1 ? placed : placed ** (1 / gamma));
  }
  return table;
}

const CHANNEL = { rgb: -1, r: 0, g: 1, b: 2, a: 3 } as const;

function fromBytes(picture: Picture, now: Looks): ImageData {
  const image = pixelsOfBitmap(picture.bitmap);
  const { data } = image;
  const table = curve(now, 256);
  const channel = CHANNEL[now.channel];
  const map = now.colormap === "" ? null : colormapTable(now.colormap);
  for (let i = 0; i < data.length; i += 4) {
    if (map !== null) {
      const gray = channel >= 0 ? data[i + channel]! : (data[i]! + data[i + 1]! + data[i + 2]!) / 3;
      colored(data, i, map, table[Math.round(gray)]!);
    } else if (channel >= 0) {
      data[i] = data[i + 1] = data[i + 2] = table[data[i + channel]!]!;
    } else {
      for (let c = 0; c < 3; c++) data[i + c] = table[data[i + c]!]!;
    }
    if (channel === 3) data[i + 3] = 255;
  }
  return image;
}

/** From 16 bits: a narrow window shows what 8 bits have lost. */
function fromDeep(pixels: Pixels, now: Looks): ImageData {
  const { data, width, height, stride, channels } = pixels;
  const image = new ImageData(width, height);
  const out = image.data;
  const table = curve(now, 65536);
  const map = now.colormap === "" ? null : colormapTable(now.colormap);
  const isGray = channels <= 2;
  const alpha = channels === 2 ? 1 : channels === 4 ? 3 : -1;
  const solo = now.channel === "a" ? alpha : isGray ? 0 : CHANNEL[now.channel];
  for (let at = 0, i = 0; i < out.length; i += 4, at += stride) {
    const gray = solo >= 0 ? data[at + solo]! : isGray ? data[at]! : (data[at]! + data[at + 1]! + data[at + 2]!) / 3;
    if (map !== null) colored(out, i, map, table[Math.round(gray)]!);
    else if (solo >= 0) out[i] = out[i + 1] = out[i + 2] = table[gray]!;
    else for (let c = 0; c < 3; c++) out[i + c] = table[data[at + c]!]!;
    out[i + 3] = alpha >= 0 && now.channel !== "a" ? data[at + alpha]! >> 8 : 255;
  }
  return image;
}

function colored(data: Uint8ClampedArray, at: number, map: Uint8Array, entry: number): void {
  data[at] = map[3 * entry]!;
  data[at + 1] = map[3 * entry + 1]!;
  data[at + 2] = map[3 * entry + 2]!;
}

let lastDifference: { readonly a: Picture; readonly b: Picture; readonly gain: number; readonly sheet: Sheet } | null =
  null;

/** |a − b| times `gain`, channel by channel; null where their sizes differ. */
export function difference(a: Picture, b: Picture, gain: number): Sheet | null {
  if (a.width !== b.width || a.height !== b.height) return null;
  const last = lastDifference;
  if (last && last.a === a && last.b === b && last.gain === gain) return last.sheet;
  const image = pixelsOfBitmap(a.bitmap);
  const other = pixelsOfBitmap(b.bitmap).data;
  const { data } = image;
  for (let i = 0; i < data.length; i++) data[i] = i % 4 === 3 ? 255 : gain * Math.abs(data[i]! - other[i]!);
  const sheet = sheetOf(image);
  lastDifference = { a, b, gain, sheet };
  return sheet;
}
