// How a PNG file may hold the pixels of some Rows (PNG 3, table 12), and how their rows are brought into that form.
import { kernels } from "../kernels.ts";
import type { SimdKernels } from "../kernels.types.ts";
import { BYTES_PER_PIXEL, type Rows } from "../rows.ts";
import { type OnWarning, warn } from "../warnings.ts";
import { type ColorType, INDEXED, PNG_MODES, type PngMode, SAMPLES, TRUECOLOR } from "./modes.ts";

export interface PixelFormat {
  readonly colorType: ColorType;
  readonly depth: 1 | 2 | 4 | 8 | 16;
  /** Bytes of a row in the file, its filter type aside. */
  readonly stride: number;
  /** RGB triples of color type 3, and the alpha of its first entries. */
  readonly palette?: Uint8Array;
  readonly alphas?: Uint8Array;
  /** Puts rows of the picture at dst, as the file has them; false where this format does not show them. */
  read(y: number, count: number, dst: number): boolean;
}

/** Bytes of rows read at a time where they are not yet as the file has them. */
const STAGE_BYTES = 200_000;

/** The largest palette. */
const MAX_COLORS = 256;

/** The mode as PNG has it. */
export function nativeFormat(rows: Rows, simd: SimdKernels): PixelFormat {
  const { mode, width } = rows;
  const { colorType, depth: fullDepth } = PNG_MODES[mode as PngMode];
  const depth = mode === "P" ? paletteDepth(rows.palette!.length / 3) : fullDepth;
  const stride = Math.ceil((width * SAMPLES[colorType] * depth) / 8);
  const read = nativeReader(rows, depth, stride, simd);
  if (mode !== "P") return { colorType, depth, stride, read };
  const { palette, paletteAlpha: alphas } = rows;
  return { colorType, depth, stride, read, palette: palette!, ...(alphas && { alphas }) };
}

function nativeReader(rows: Rows, depth: number, stride: number, simd: SimdKernels): PixelFormat["read"] {
  const { mode, width } = rows;
  if (mode === "I") return staged(rows, stride, (src, count, dst) => simd.clip16(src, count * width, dst));
  if (depth < 8) return staged(rows, stride, (src, count, dst) => simd.packBits(src, width, count, depth, dst));
  return (y, count, dst) => {
    rows.read(y, count, dst);
    if (depth === 16) simd.swapBytes16(dst, (count * stride) >> 1);
    return true;
  };
}

/** RGBA as RGB. It shows the same only where every pixel is opaque; `read` is false where one is not. */
export function opaqueFormat(rows: Rows, simd: SimdKernels): PixelFormat {
  const { width } = rows;
  const stride = 3 * width;
  const read = staged(rows, stride, (src, count, dst) => simd.opaqueSamples(src, count * width, dst));
  return { colorType: TRUECOLOR, depth: 8, stride, read };
}

/** Rows of 8 bits a sample as indices into a palette of their colors; null where there are more than 256. */
export function paletteFormat(given: Rows, simd: SimdKernels): PixelFormat | null {
  const rows = given.mode === "LA" ? grayAlphaAsRgba(given) : given;
  const palette = kernels().reserve(simd.paletteBytes());
  const count = countColors(rows, palette, simd);
  if (count > MAX_COLORS) return null;
  const { width } = rows;
  const samples = BYTES_PER_PIXEL[rows.mode];
  const depth = paletteDepth(count);
  simd.paletteOrder(palette, samples === 4 ? 1 : 0);
  const colors = new Uint32Array(kernels().buffer, simd.paletteColors(palette), count);
  const triples = Uint8Array.from({ length: count * 3 }, (_, i) => {
    const color = colors[Math.floor(i / 3)]!;
    return samples === 1 ? color : color >>> ((i % 3) * 8);
  });
  const alphas =
    samples === 4 ? Uint8Array.from(colors, (color) => color >>> 24).filter((alpha) => alpha < 255) : undefined;
  const stride = Math.ceil((width * depth) / 8);
  const indices = depth < 8 ? kernels().reserve(Math.ceil(STAGE_BYTES / samples) + width) : 0;
  const read = staged(rows, stride, (src, count, dst) => {
    simd.paletteIndices(palette, src, count * width, samples, depth < 8 ? indices : dst);
    if (depth < 8) simd.packBits(indices, width, count, depth, dst);
  });
  return { colorType: INDEXED, depth, stride, palette: triples, ...(alphas && { alphas }), read };
}

export function warnTooManyColors(onWarning: OnWarning | undefined): void {
  const message = "palette: the picture has more than 256 colors, so it is stored without a palette";
  warn("palette-too-many-colors", message, onWarning);
}

function paletteDepth(colors: number): 1 | 2 | 4 | 8 {
  return colors <= 2 ? 1 : colors <= 4 ? 2 : colors <= 16 ? 4 : 8;
}

/** Collects the colors of a picture in `palette`; returns how many there are, or 257 for more than a palette holds. */
function countColors(rows: Rows, palette: number, simd: SimdKernels): number {
  const { width, height } = rows;
  const samples = BYTES_PER_PIXEL[rows.mode];
  const { reserve, scratch } = kernels();
  simd.paletteBegin(palette);
  return scratch(() => {
    const rowBytes = width * samples;
    const band = Math.max(1, Math.min(height, Math.floor(STAGE_BYTES / rowBytes)));
    const src = reserve(band * rowBytes);
    let found = 0;
    for (let y = 0; y < height && found <= MAX_COLORS; y += band) {
      const count = Math.min(band, height - y);
      rows.read(y, count, src);
      found = simd.paletteAdd(palette, src, count * width, samples);
    }
    return found;
  });
}

/** PNG has no palette of gray with alpha. */
function grayAlphaAsRgba(rows: Rows): Rows {
  const { u8 } = kernels();
  return {
    ...rows,
    mode: "RGBA",
    read(y, count, dst) {
      rows.read(y, count, dst);
      // Backwards, as each pixel grows in its place.
      for (let i = count * rows.width - 1; i >= 0; i--) {
        const [gray, alpha] = [u8[dst + 2 * i]!, u8[dst + 2 * i + 1]!];
        u8.fill(gray, dst + 4 * i, dst + 4 * i + 3);
        u8[dst + 4 * i + 3] = alpha;
      }
    },
  };
}

/** Reads rows into a buffer, from which `put` makes the rows of the file; it returns 0 where they do not show the same. */
function staged(rows: Rows, stride: number, put: (src: number, count: number, dst: number) => unknown) {
  const rowBytes = rows.width * BYTES_PER_PIXEL[rows.mode];
  const band = Math.max(1, Math.floor(STAGE_BYTES / rowBytes));
  const stage = kernels().reserve(Math.min(rows.height, band) * rowBytes);
  return (y: number, count: number, dst: number): boolean => {
    for (let done = 0; done < count; done += band) {
      const now = Math.min(band, count - done);
      rows.read(y + done, now, stage);
      if (put(stage, now, dst + done * stride) === 0) return false;
    }
    return true;
  };
}
