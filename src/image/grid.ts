// Several pictures side by side in one, as torchvision's make_grid lays them out.

import type { TensorInput } from "../adapt/input.ts";
import { inChannelsOf } from "../decode/index.ts";
import { BYTES_PER_PIXEL, type Mode } from "../rows.ts";
import { Image } from "./image.ts";
import type { ImageOptions } from "./options.ts";

export interface GridOptions extends ImageOptions {
  /** Pictures in a row; default 8, torchvision's. */
  readonly columns?: number | undefined;
  /** Pixels around and between pictures; default 2, torchvision's. */
  readonly padding?: number | undefined;
  /** Gray level, or R, G, B of 0 to 255, where no picture is; default black. */
  readonly background?: number | readonly [number, number, number] | undefined;
}

/**
 * One picture of many: Images, or a batch (NHWC, or NCHW with `layout`) whose frames share one range decision. Cells are as
 * wide and high as the largest picture; a smaller one stands in its cell's top left corner.
 * @throws RangeError for no pictures, or columns and padding that are no whole numbers (columns ≥ 1, padding ≥ 0)
 */
export function makeGrid(input: readonly Image[] | TensorInput, options: GridOptions = {}): Image {
  const { columns = 8, padding = 2, background = 0, ...imageOptions } = options;
  if (!Number.isInteger(columns) || columns < 1)
    throw new RangeError(`columns: expected a whole number from 1; got ${columns}`);
  if (!Number.isInteger(padding) || padding < 0)
    throw new RangeError(`padding: expected a whole number from 0; got ${padding}`);
  const fill = typeof background === "number" ? [background, background, background] : background;
  if (fill.length !== 3 || !fill.every((value) => Number.isInteger(value) && value >= 0 && value <= 255)) {
    throw new RangeError(
      `background: expected a gray level or three values of 0 to 255; got ${JSON.stringify(background)}`,
    );
  }

  const images = Array.isArray(input)
    ? (input as readonly Image[])
    : Image.fromBatch(input as TensorInput, decoding(imageOptions));
  if (images.length === 0) throw new RangeError("makeGrid: no pictures");
  const tiles = images.map((image) => image.pixels());
  const alpha = tiles.some(({ channels }) => channels % 2 === 0);
  const color = tiles.some(({ channels }) => channels > 2) || fill[0] !== fill[1] || fill[0] !== fill[2];
  const mode = GRID_MODES[(color ? 2 : 0) + (alpha ? 1 : 0)]!;
  const channels = BYTES_PER_PIXEL[mode];

  const cellWidth = Math.max(...tiles.map((tile) => tile.width)) + padding;
  const cellHeight = Math.max(...tiles.map((tile) => tile.height)) + padding;
  const width = Math.min(columns, tiles.length) * cellWidth + padding;
  const height = Math.ceil(tiles.length / columns) * cellHeight + padding;
  const data = new Uint8Array(width * height * channels);
  const pixel = [...fill.slice(0, color ? 3 : 1), 255];
  for (let i = 0; i < data.length; i++) data[i] = pixel[i % channels]!;

  for (const [index, tile] of tiles.entries()) {
    const { data: pixels } = inChannelsOf(tile, mode);
    const left = (index % columns) * cellWidth + padding;
    const top = Math.floor(index / columns) * cellHeight + padding;
    const stride = tile.width * channels;
    for (let y = 0; y < tile.height; y++) {
      data.set(pixels.subarray(y * stride, (y + 1) * stride), ((top + y) * width + left) * channels);
    }
  }
  return new Image({ data, width, height, channels }, encoding(imageOptions));
}

const GRID_MODES: readonly Mode[] = ["L", "LA", "RGB", "RGBA"];

/** What says how the batch's values are read, which the tiles need … */
function decoding({ normalize, range, layout, onWarning }: ImageOptions): ImageOptions {
  return { normalize, range, layout, onWarning };
}

/** … and the rest, which is the grid's. */
function encoding({ normalize, range, layout, ...rest }: ImageOptions): ImageOptions {
  return rest;
}
