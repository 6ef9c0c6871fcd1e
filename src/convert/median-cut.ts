// RGBA → PA: at most 256 colours by Heckbert's median cut over RGB, as Pillow's Quant.c cuts, each pixel keeping its alpha.
// In plain JavaScript on every machine: no file type holds mode PA, so only its exactness counts.
import { kernels } from "../kernels.ts";
import type { Rows } from "../rows.ts";

const COLOURS = 256;
/** Above so many different colours Pillow counts them with a bit less of each channel, then with another bit less. */
const MAX_COUNTED = 65_536;

/** A colour as counted: its channels without the lost bits, its number of pixels and their sums in full. */
interface Counted {
  readonly rgb: readonly [number, number, number];
  pixels: number;
  readonly sums: [number, number, number];
}

export function medianCut(rows: Rows): Rows {
  const { u8, reserve } = kernels();
  const { width, height } = rows;
  const chunk = Math.max(1, Math.min(height, Math.floor(65_536 / (4 * width))));
  const src = reserve(chunk * width * 4);

  let found: Colours | undefined;
  const colours = () => {
    if (found !== undefined) return found;
    const counter = new Counter();
    for (let y = 0; y < height; y += chunk) {
      const n = Math.min(chunk, height - y) * width;
      rows.read(y, n / width, src);
      for (let p = src, end = src + 4 * n; p < end; p += 4) counter.add(u8[p]!, u8[p + 1]!, u8[p + 2]!);
    }
    found = new Colours(counter);
    return found;
  };

  return {
    mode: "PA",
    width,
    height,
    get palette() {
      return colours().palette;
    },
    read(y, count, dst) {
      const nearest = colours();
      for (let done = 0; done < count; done += chunk) {
        const now = Math.min(chunk, count - done);
        rows.read(y + done, now, src);
        for (let p = src, end = src + 4 * now * width; p < end; p += 4, dst += 2) {
          u8[dst] = nearest.indexOf(u8[p]!, u8[p + 1]!, u8[p + 2]!);
          u8[dst + 1] = u8[p + 3]!;
        }
      }
    },
  };
}

class Counter {
  lostBits = 0;
  counted = new Map<number, Counted>();

  key(r: number, g: number, b: number): number {
    const lost = this.lostBits;
    return ((r >> lost) << 16) | ((g >> lost) << 8) | (b >> lost);
  }

  add(r: number, g: number, b: number): void {
    const key = this.key(r, g, b);
    let colour = this.counted.get(key);
    if (colour === undefined) {
      colour = { rgb: [key >> 16, (key >> 8) & 255, key & 255], pixels: 0, sums: [0, 0, 0] };
      this.counted.set(key, colour);
      while (this.counted.size > MAX_COUNTED) this.loseABit();
      colour = this.counted.get(this.key(r, g, b))!;
    }
    colour.pixels++;
    colour.sums[0] += r;
    colour.sums[1] += g;
    colour.sums[2] += b;
  }

  private loseABit(): void {
    const before = this.counted;
    this.counted = new Map();
    this.lostBits++;
    for (const { rgb, pixels, sums } of before.values()) {
      const [r, g, b] = [rgb[0] >> 1, rgb[1] >> 1, rgb[2] >> 1];
      const key = (r << 16) | (g << 8) | b;
      const colour = this.counted.get(key);
      if (colour === undefined) {
        this.counted.set(key, { rgb: [r, g, b], pixels, sums });
      } else {
        colour.pixels += pixels;
        for (let c = 0; c < 3; c++) colour.sums[c]! += sums[c]!;
      }
    }
  }
}

interface Box {
  readonly colours: readonly Counted[];
  readonly pixels: number;
  halves?: readonly [Box, Box];
}

/** Cuts the fullest box until there are enough; the leaves of the tree, upper half first, are the palette. */
function cut(colours: readonly Counted[]): Box[] {
  const root: Box = { colours, pixels: total(colours) };
  const heap = new FullestFirst();
  heap.add(root);
  for (let boxes = 1; boxes < COLOURS; boxes++) {
    let box = heap.remove();
    while (box !== undefined && box.colours.length === 1) box = heap.remove();
    if (box === undefined) break;
    box.halves = halve(box);
    heap.add(box.halves[0]);
    heap.add(box.halves[1]);
  }
  const leaves = (box: Box): Box[] => (box.halves === undefined ? [box] : box.halves.flatMap(leaves));
  return leaves(root);
}

const total = (colours: readonly Counted[]) => colours.reduce((sum, { pixels }) => sum + pixels, 0);

/** At the median of the axis that looks longest (Rec. 601 weights), never through a value: the upper half, then the lower. */
function halve(box: Box): [Box, Box] {
  const length = (axis: 0 | 1 | 2) => {
    let low = 255;
    let high = 0;
    for (const { rgb } of box.colours) {
      low = Math.min(low, rgb[axis]);
      high = Math.max(high, rgb[axis]);
    }
    return high - low;
  };
  const weighted = [length(0) * 77, length(1) * 150, length(2) * 29] as const;
  let axis: 0 | 1 | 2 = weighted[1] > weighted[0] ? 1 : 0;
  if (weighted[2] > weighted[axis]) axis = 2;

  const pixelsAt = new Float64Array(256);
  let lowest = 255;
  for (const { rgb, pixels } of box.colours) {
    pixelsAt[rgb[axis]]! += pixels;
    lowest = Math.min(lowest, rgb[axis]);
  }
  let least = 255;
  for (let above = pixelsAt[least]!; 2 * above <= box.pixels; above += pixelsAt[least]!) least--;
  if (least === lowest) least++;
  const upper = box.colours.filter(({ rgb }) => rgb[axis] >= least);
  const lower = box.colours.filter(({ rgb }) => rgb[axis] < least);
  const pixels = total(upper);
  return [
    { colours: upper, pixels },
    { colours: lower, pixels: box.pixels - pixels },
  ];
}

/** A binary heap from index 1 that settles ties as Pillow's QuantHeap.c does, for they decide which box is cut next. */
class FullestFirst {
  private readonly heap: Box[] = [{ colours: [], pixels: 0 }];

  add(box: Box): void {
    let k = this.heap.length;
    while (k > 1 && box.pixels > this.heap[k >> 1]!.pixels) {
      this.heap[k] = this.heap[k >> 1]!;
      k >>= 1;
    }
    this.heap[k] = box;
  }

  remove(): Box | undefined {
    if (this.heap.length === 1) return undefined;
    const fullest = this.heap[1];
    const last = this.heap.pop()!;
    const n = this.heap.length - 1;
    let k = 1;
    for (let child = 2; child <= n; k = child, child = 2 * k) {
      if (child < n && this.heap[child]!.pixels < this.heap[child + 1]!.pixels) child++;
      if (last.pixels > this.heap[child]!.pixels) break;
      this.heap[k] = this.heap[child]!;
    }
    if (n > 0) this.heap[k] = last;
    return fullest;
  }
}

class Colours {
  /** RGB triples, only those in use. */
  readonly palette: Uint8Array;
  private readonly means: readonly (readonly [number, number, number])[];
  private readonly boxOf = new Map<number, number>();
  /** Of each entry: all entries by their distance from it, then by number. */
  private readonly neighbours: readonly { readonly index: number; readonly distance: number }[][];
  private readonly known = new Map<number, number>();

  private readonly counter: Counter;

  constructor(counter: Counter) {
    this.counter = counter;
    const boxes = cut([...counter.counted.values()]);
    boxes.forEach(({ colours }, index) => {
      for (const { rgb } of colours) this.boxOf.set((rgb[0] << 16) | (rgb[1] << 8) | rgb[2], index);
    });
    this.means = boxes.map(({ colours, pixels }) => {
      const mean = (c: 0 | 1 | 2) => Math.floor(0.5 + colours.reduce((sum, { sums }) => sum + sums[c], 0) / pixels);
      return [mean(0), mean(1), mean(2)];
    });
    this.palette = Uint8Array.from(this.means.flat());
    this.neighbours = this.means.map(([r, g, b]) =>
      this.means
        .map((_, index) => ({ index, distance: this.distance(index, r, g, b) }))
        .sort((p, q) => p.distance - q.distance || p.index - q.index),
    );
  }

  /** The nearest entry; of equally near ones that of the colour's own box, else the nearest to that. */
  indexOf(r: number, g: number, b: number): number {
    const full = (r << 16) | (g << 8) | b;
    let best = this.known.get(full);
    if (best !== undefined) return best;
    best = this.boxOf.get(this.counter.key(r, g, b))!;
    let nearest = this.distance(best, r, g, b);
    // Whatever is more than twice as far from the box's colour is farther from this one (squares).
    const reach = 4 * nearest;
    for (const { index, distance } of this.neighbours[best]!) {
      if (distance > reach) break;
      const d = this.distance(index, r, g, b);
      if (d < nearest) {
        nearest = d;
        best = index;
      }
    }
    if (this.known.size >= MAX_COUNTED) this.known.clear();
    this.known.set(full, best);
    return best;
  }

  private distance(index: number, r: number, g: number, b: number): number {
    const [r1, g1, b1] = this.means[index]!;
    return (r1 - r) ** 2 + (g1 - g) ** 2 + (b1 - b) ** 2;
  }
}
