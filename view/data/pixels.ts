// A picture's true values: what stands in the file, 8 or 16 bits, without alpha multiplied in.
import { type Picture, pixelsOfBitmap } from "./pictures.ts";
import { decodePng } from "./png.ts";

export interface Pixels {
  readonly data: Uint8Array | Uint8ClampedArray | Uint16Array;
  readonly width: number;
  readonly height: number;
  /** Values a pixel in `data`. */
  readonly stride: number;
  /** How many of them the file has: L, LA, RGB, RGBA. */
  readonly channels: 1 | 2 | 3 | 4;
  /** The greatest value that the file could hold. */
  readonly most: 255 | 65535;
}

const kept = new WeakMap<Picture, Promise<Pixels>>();
const ready = new WeakMap<Picture, Pixels>();

export function pixelsOf(picture: Picture): Promise<Pixels> {
  const before = kept.get(picture);
  if (before) return before;
  const asked = read(picture);
  kept.set(picture, asked);
  asked.then(
    (pixels) => ready.set(picture, pixels),
    () => kept.delete(picture),
  );
  return asked;
}

/** Those that were read already. */
export function pixelsNow(picture: Picture): Pixels | null {
  return ready.get(picture) ?? null;
}

/** Whether the screen cannot show all that the file holds. */
export async function isDeep(picture: Picture): Promise<boolean> {
  return (await headerOf(picture.blob)).depth === 16;
}

async function read(picture: Picture): Promise<Pixels> {
  const header = await headerOf(picture.blob);
  // A canvas multiplies alpha in and has 8 bits: then the file itself is decoded.
  if (header.isPng && (header.depth === 16 || header.hasAlpha)) {
    const samples = await decodePng(picture.blob);
    if (samples !== null) {
      const most = samples.data instanceof Uint16Array ? 65535 : 255;
      return { ...samples, stride: samples.channels, most };
    }
  }
  const { data, width, height } = pixelsOfBitmap(picture.bitmap);
  return { data, width, height, stride: 4, channels: header.channels, most: 255 };
}

interface Header {
  readonly isPng: boolean;
  readonly depth: number;
  readonly hasAlpha: boolean;
  readonly channels: Pixels["channels"];
}

/** What the first bytes of a PNG (IHDR, clause 11.2.1) or a JPEG (SOF, T.81 B.2.2) say. */
async function headerOf(blob: Blob): Promise<Header> {
  const head = new Uint8Array(await blob.slice(0, 65536).arrayBuffer());
  if (head[0] === 0x89 && head[1] === 0x50) {
    const type = head[25]!;
    const channels = ({ 0: 1, 2: 3, 3: 3, 4: 2, 6: 4 } as const)[type as 0] ?? 3;
    return { isPng: true, depth: head[24]!, hasAlpha: type === 4 || type === 6, channels };
  }
  if (head[0] === 0xff && head[1] === 0xd8) {
    for (let at = 2; at + 9 < head.length && head[at] === 0xff; at += 2 + head[at + 2]! * 256 + head[at + 3]!) {
      const marker = head[at + 1]!;
      if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
        return { isPng: false, depth: 8, hasAlpha: false, channels: head[at + 9] === 1 ? 1 : 3 };
      }
    }
  }
  return { isPng: false, depth: 8, hasAlpha: false, channels: 3 };
}

/** The values of the pixel at (x, y), or null outside. */
export function valuesAt(pixels: Pixels, x: number, y: number): number[] | null {
  if (x < 0 || y < 0 || x >= pixels.width || y >= pixels.height) return null;
  const at = (y * pixels.width + x) * pixels.stride;
  const { data, channels, stride } = pixels;
  if (stride === channels) return Array.from(data.subarray(at, at + channels));
  return channels === 2 ? [data[at]!, data[at + 3]!] : Array.from(data.subarray(at, at + channels));
}

export interface Region {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

export interface Histogram {
  /** 256 bins a channel, alpha left out. */
  readonly bins: readonly Uint32Array[];
  readonly least: number;
  readonly most: number;
  readonly mean: number;
  readonly count: number;
}

export function histogramOf(pixels: Pixels, region: Region | null): Histogram {
  const { width, height, stride, channels, data, most } = pixels;
  const colors = channels <= 2 ? 1 : 3;
  const bins = Array.from({ length: colors }, () => new Uint32Array(256));
  const shift = most === 65535 ? 8 : 0;
  const [x0, x1] = region ? [Math.max(0, region.x0), Math.min(width, region.x1)] : [0, width];
  const [y0, y1] = region ? [Math.max(0, region.y0), Math.min(height, region.y1)] : [0, height];
  let [low, high, sum, count] = [Number.POSITIVE_INFINITY, 0, 0, 0];
  for (let y = y0; y < y1; y++) {
    for (let x = x0, at = (y * width + x0) * stride; x < x1; x++, at += stride) {
      for (let c = 0; c < colors; c++) {
        const value = data[at + c]!;
        bins[c]![value >> shift]!++;
        if (value < low) low = value;
        if (value > high) high = value;
        sum += value;
      }
      count++;
    }
  }
  return { bins, least: count ? low : 0, most: high, mean: count ? sum / (count * colors) : 0, count };
}
