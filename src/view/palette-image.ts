// A raster → at most 256 colors and an index for each pixel, by Pillow's octree, for GIF and sixel.
import { octree } from "../convert/octree.ts";
import { kernels } from "../kernels.ts";
import { collect, packedRows } from "../rows.ts";
import type { Raster } from "./raster.ts";

export interface Indexed {
  readonly width: number;
  readonly height: number;
  readonly indices: Uint8Array;
  /** RGB triples. */
  readonly palette: Uint8Array;
}

export function indexed({ data, width, height }: Raster): Indexed {
  const exact = exactColors(data);
  if (exact) return { width, height, ...exact };
  const rgba = new Uint8Array(width * height * 4);
  for (let i = 0, o = 0; i < data.length; i += 3, o += 4) {
    rgba[o] = data[i]!;
    rgba[o + 1] = data[i + 1]!;
    rgba[o + 2] = data[i + 2]!;
    rgba[o + 3] = 255;
  }
  const palette = kernels().scratch(() => {
    const rows = octree(packedRows(rgba, "RGBA", width, height));
    collect(rows);
    return rows.palette!.slice(0, 768);
  });
  return { width, height, indices: nearest(data, palette), palette };
}

/** Each pixel's nearest color; the octree's own table takes its cell's, which may be far. Known by the upper 5 bits of each channel. */
function nearest(data: Uint8Array, palette: Uint8Array): Uint8Array {
  const known = new Int16Array(1 << 15).fill(-1);
  const indices = new Uint8Array(data.length / 3);
  for (let i = 0, o = 0; i < data.length; i += 3, o++) {
    const [r, g, b] = [data[i]!, data[i + 1]!, data[i + 2]!];
    const cell = ((r >> 3) << 10) | ((g >> 3) << 5) | (b >> 3);
    let index = known[cell]!;
    if (index < 0) known[cell] = index = nearestTo(palette, r, g, b);
    indices[o] = index;
  }
  return indices;
}

function nearestTo(palette: Uint8Array, r: number, g: number, b: number): number {
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  for (let i = 0; i < 256; i++) {
    const distance = (palette[3 * i]! - r) ** 2 + (palette[3 * i + 1]! - g) ** 2 + (palette[3 * i + 2]! - b) ** 2;
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}

/** The picture's own colors where they are no more than 256: then nothing is lost. */
function exactColors(data: Uint8Array): Pick<Indexed, "indices" | "palette"> | null {
  const found = new Map<number, number>();
  const indices = new Uint8Array(data.length / 3);
  for (let i = 0, o = 0; i < data.length; i += 3, o++) {
    const color = (data[i]! << 16) | (data[i + 1]! << 8) | data[i + 2]!;
    let index = found.get(color);
    if (index === undefined) {
      if (found.size === 256) return null;
      index = found.size;
      found.set(color, index);
    }
    indices[o] = index;
  }
  const palette = new Uint8Array(768);
  for (const [color, index] of found) palette.set([color >> 16, (color >> 8) & 255, color & 255], 3 * index);
  return { indices, palette };
}
