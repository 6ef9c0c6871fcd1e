// RGBA → at most 256 colors with alpha, as Pillow's QuantOctree.c chooses them: the colors of a coarse cube, so that every
// color of the picture has one, and for the rest of the palette the fullest cells of a fine cube.
import { conversionKernels } from "../fallback/index.ts";
import { kernels } from "../kernels.ts";
import type { Rows } from "../rows.ts";

const COLORS = 256;
/** Bits of red, green, blue and alpha. */
const FINE = [3, 4, 3, 3] as const;
const COARSE = [2, 2, 2, 2] as const;
const FINE_CELLS = 1 << 13;
const COARSE_CELLS = 1 << 8;
/** 32-bit sums of bytes hold this many pixels. */
const FLUSH_PIXELS = 1 << 24;

/** What lies in a cell: sums of red, green, blue and alpha, and the number of pixels. */
type Cell = [number, number, number, number, number];

/** Mode P with `palette` and `paletteAlpha`, for which the source is read once more, when first asked for. */
export function octree(rows: Rows): Rows {
  const { u8, buffer, reserve } = kernels();
  const convert = conversionKernels();
  const { width, height } = rows;
  const chunk = Math.max(1, Math.min(height, Math.floor(65_536 / (4 * width))));
  const src = reserve(chunk * width * 4);
  const cells = reserve(FINE_CELLS * 32);
  const table = reserve(FINE_CELLS);
  const clear = reserve(8);

  let found: Colors | undefined;
  const colors = () => {
    if (found !== undefined) return found;
    const counts = new Uint32Array(buffer, cells, FINE_CELLS * 8);
    const fine = Array.from({ length: FINE_CELLS }, (): Cell => [0, 0, 0, 0, 0]);
    u8.fill(0, clear, clear + 8);
    counts.fill(0);
    const flush = () => {
      for (let i = 0; i < FINE_CELLS; i++) for (let k = 0; k < 5; k++) fine[i]![k]! += counts[i * 8 + k]!;
      counts.fill(0);
    };
    let pixels = 0;
    for (let y = 0; y < height; y += chunk) {
      const n = Math.min(chunk, height - y) * width;
      if (pixels + n > FLUSH_PIXELS) {
        flush();
        pixels = 0;
      }
      rows.read(y, n / width, src);
      convert.countColors(src, n, cells, clear);
      pixels += n;
    }
    flush();
    found = choose(fine);
    u8.set(found.table, table);
    return found;
  };

  return {
    mode: "P",
    width,
    height,
    get palette() {
      return colors().palette;
    },
    get paletteAlpha() {
      return colors().alpha;
    },
    read(y, count, dst) {
      colors();
      for (let done = 0; done < count; done += chunk) {
        const now = Math.min(chunk, count - done);
        rows.read(y + done, now, src);
        convert.lookUpColors(src, now * width, table, clear, dst + done * width);
      }
    },
  };
}

interface Colors {
  /** RGB triples and alphas of all 256 entries; those not needed are 0. */
  readonly palette: Uint8Array;
  readonly alpha: Uint8Array;
  /** Palette index of each fine cell. */
  readonly table: Uint8Array;
}

function choose(fine: readonly Cell[]): Colors {
  const coarse = Array.from({ length: COARSE_CELLS }, (): Cell => [0, 0, 0, 0, 0]);
  for (let i = 0; i < FINE_CELLS; i++) add(coarse[coarseOf(i)]!, fine[i]!, 1);
  // Array's sort and glibc's qsort are both stable.
  const fullest = byNumber(fine);

  // A cell that gets its own color is removed from the coarse cube; each coarse cell that becomes empty makes room for one more color.
  let nCoarse = Math.min(used(coarse), COLORS);
  let nFine = 0;
  for (;;) {
    for (; nFine < COLORS - nCoarse; nFine++) {
      const cell = fullest[nFine]!;
      if (cell[4] !== 0) add(coarse[cellOf(mean(cell), COARSE)]!, cell, -1);
    }
    const left = used(coarse);
    if (nCoarse <= left) break;
    nCoarse = left;
  }

  const means = [...byNumber(coarse).slice(0, nCoarse), ...fullest.slice(0, nFine)].map(mean);
  const coarseTable = new Uint8Array(COARSE_CELLS);
  for (let i = nCoarse - 1; i >= 0; i--) coarseTable[cellOf(means[i]!, COARSE)] = i;
  const table = Uint8Array.from({ length: FINE_CELLS }, (_, i) => coarseTable[coarseOf(i)]!);
  for (let i = COLORS - 1; i >= nCoarse; i--) table[cellOf(means[i]!, FINE)] = i;
  return {
    palette: Uint8Array.from(means.flatMap((rgba) => rgba.slice(0, 3))),
    alpha: Uint8Array.from(means, (rgba) => rgba[3]),
    table,
  };
}

const used = (cells: readonly Cell[]) => cells.reduce((n, cell) => n + (cell[4] !== 0 ? 1 : 0), 0);

const byNumber = (cells: readonly Cell[]) => [...cells].sort((a, b) => b[4] - a[4]);

function add(to: Cell, cell: Cell, sign: 1 | -1): void {
  for (let k = 0; k < 5; k++) to[k]! += sign * cell[k]!;
}

/** The mean color, divided as floats and truncated. */
function mean(cell: Cell): [number, number, number, number] {
  const { fround } = Math;
  // That division may round a mean into a neighboring cell, which then owes pixels that it never had: unsigned there, huge
  // and clipped to 0.
  const channel = (sum: number) =>
    cell[4] <= 0 || sum < 0 ? 0 : Math.min(255, Math.trunc(fround(fround(sum) / fround(cell[4]))));
  return [channel(cell[0]), channel(cell[1]), channel(cell[2]), channel(cell[3])];
}

function cellOf(
  [r, g, b, a]: [number, number, number, number],
  bits: readonly [number, number, number, number],
): number {
  const [rBits, gBits, bBits, aBits] = bits;
  const rgb = ((((r >> (8 - rBits)) << gBits) | (g >> (8 - gBits))) << bBits) | (b >> (8 - bBits));
  return (rgb << aBits) | (a >> (8 - aBits));
}

/** The coarse cell around a fine one. */
function coarseOf(fine: number): number {
  return (((fine >> 11) & 3) << 6) | (((fine >> 8) & 3) << 4) | (((fine >> 4) & 3) << 2) | ((fine >> 1) & 3);
}
