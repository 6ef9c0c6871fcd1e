// Several pictures side by side in one, as torchvision's make_grid lays them out.
import { adapt, type Source } from "../adapt/index.ts";
import type { TensorInput } from "../adapt/input.ts";
import { parseBackground } from "../convert/adjust/background.ts";
import { type Converted, convert } from "../convert/index.ts";
import { decodePixels } from "../decode/index.ts";
import { kernels } from "../kernels.ts";
import { describe } from "../messages.ts";
import { checkNames } from "../options.ts";
import { type Mode, type Rows, rowsOfSamples, type Samples } from "../rows.ts";
import { warn } from "../warnings.ts";
import { asAsked } from "./decoded-values.ts";
import { Image, type ImageInput, isImage } from "./image.ts";
import { warnLayersLeft } from "./layers.ts";
import { checkImageOptions, IMAGE_OPTIONS, type ImageOptions } from "./options.ts";
import { batchOf, GivenRows } from "./picture.ts";
import { Wall } from "./wall.ts";

export interface GridOptions extends ImageOptions {
  /** Pictures in a row; default 8, torchvision's. */
  readonly columns?: number | undefined;
  /** Pixels around and between pictures; default 2, torchvision's. */
  readonly padding?: number | undefined;
  /** More pixels than these of a file among the pictures are refused; default Pillow's limit, as for `toDataArray`. */
  readonly maxPixels?: number | undefined;
}

/** A picture of a grid, ready to be converted. */
interface Tile {
  readonly source: Extract<Source, { kind: "frame" | "decoded" }>;
  readonly options: ImageOptions;
}

/**
 * One picture of many: a list of anything that `new Image` takes, or a batch (NHWC, or NCHW with `layout`) whose pictures share one
 * range decision. Cells are as wide and high as the largest picture; a smaller one stands in its cell's top left corner.
 *
 * Options about values and looks (`range`, `denormalize`, `bitDepth`, `layout`, `channelOrder`, `flipY`, `colormap`) are those of each
 * picture; `background` is the color between pictures (default black), on which those with alpha are laid; all others (`mode`,
 * `fileType`, `maxSize`, `boxes`, `caption` …) are the grid's.
 * @throws TypeError, RangeError that name the picture, for what `new Image` refuses and for references; RangeError for no pictures, or
 *   columns and padding that are no whole numbers (columns ≥ 1, padding ≥ 0)
 */
export function makeGrid(input: readonly ImageInput[] | TensorInput, options: GridOptions = {}): Image {
  checkNames("makeGrid", options, [...IMAGE_OPTIONS, "columns", "padding", "maxPixels"], "{ columns: 4 }");
  const { columns = 8, padding = 2, maxPixels, ...imageOptions } = options;
  checkImageOptions(imageOptions);
  if (!Number.isInteger(columns) || columns < 1)
    throw new RangeError(`columns: expected a whole number from 1; got ${describe(columns)}`);
  if (!Number.isInteger(padding) || padding < 0)
    throw new RangeError(`padding: expected a whole number from 0; got ${describe(padding)}`);
  const { ofPictures, ofGrid } = shared(imageOptions);
  const fill = parseBackground(imageOptions.background ?? 0);

  const grid = { columns, padding, fill, options: ofGrid };
  if (isBatch(input)) return gridOfBatch(input as TensorInput, ofPictures, grid);
  const tiles = (input as readonly ImageInput[]).map((one, i) => {
    if (isImage(one)) warnLayersLeft(`makeGrid[${i}]`, one, ofGrid, ofGrid.onWarning);
    return named(i, () => tileOf(one, ofPictures, maxPixels));
  });
  warnCaptionsLeft(input as readonly ImageInput[], ofGrid);
  return gridOfTiles(tiles, grid);
}

/** A grid has one caption, its own. */
function warnCaptionsLeft(pictures: readonly ImageInput[], { caption, onWarning }: ImageOptions): void {
  const count = pictures.filter((one) => isImage(one) && one.caption !== null).length;
  if (count === 0 || caption !== undefined) return;
  const words = `makeGrid: captions of ${count} pictures are left out; pass { caption } for the grid, or log the Images as a list`;
  warn("captions-left", words, onWarning);
}

interface Grid {
  readonly columns: number;
  readonly padding: number;
  readonly fill: readonly [number, number, number];
  /** Of the Image that the grid becomes. */
  readonly options: ImageOptions;
}

/** Pictures by themselves: each is asked for its size and mode, and read when its row comes. */
function gridOfTiles(tiles: readonly Tile[], { columns, padding, fill, options }: Grid): Image {
  if (tiles.length === 0) throw new RangeError("makeGrid: no pictures");
  const forms = tiles.map((tile, i) => read(tile, i, ({ rows: { mode, width, height } }) => ({ mode, width, height })));
  const cellWidth = Math.max(...forms.map(({ width }) => width));
  const cellHeight = Math.max(...forms.map(({ height }) => height));
  const layout = { count: tiles.length, columns, padding, cellWidth, cellHeight };
  const wall = new Wall(
    layout,
    forms.map(({ mode }) => mode),
    fill,
  );
  const fillRow = (first: number, count: number): void => {
    for (let cell = 0; cell < count; cell++) {
      read(tiles[first + cell]!, first + cell, ({ rows }) =>
        wall.place(rows, 0, rows.height, { cell, height: rows.height, flipY: false }),
      );
    }
  };
  const isFull = forms.every(({ width, height }) => width === cellWidth && height === cellHeight);
  const alwaysAlpha = tiles.every(
    ({ source }, i) => !hasAlpha(forms[i]!.mode) || (source as { alwaysAlpha?: boolean }).alwaysAlpha,
  );
  return kernels().scratch(() => imageOf(wall.rows(fillRow, isFull), alwaysAlpha, options));
}

const hasAlpha = (mode: Mode) => mode === "LA" || mode === "RGBA";

function imageOf(rows: Rows, alwaysAlpha: boolean, options: ImageOptions): Image {
  return new Image(new GivenRows(rows, alwaysAlpha) as object as ImageInput, options);
}

/** The pictures of a batch below each other, as one array under one range rule, which is guessed and checked on the way. */
function gridOfBatch(batch: TensorInput, { flipY = false, ...options }: ImageOptions, grid: Grid): Image {
  const frame = batchOf(batch, options, "makeGrid");
  const { height, width } = frame;
  const { count, stride } = frame.batch!;
  const { columns, padding, fill } = grid;
  const layout = { count, columns, padding, cellWidth: width, cellHeight: height };
  const all = { ...frame, height: count * height, stacked: { height, stride } };
  return convert({ kind: "frame", frame: all }, options, ({ rows }) => {
    const wall = new Wall(layout, [rows.mode], fill);
    const into = { cell: 0, height, flipY };
    const fillRow = (first: number, here: number) => wall.place(rows, first * height, here * height, into);
    return imageOf(wall.rows(fillRow, true), false, grid.options);
  });
}

/** A list holds pictures; nested numbers, tensors and arrays are a batch. */
function isBatch(input: unknown): boolean {
  if (!Array.isArray(input)) return true;
  const row = (input as unknown[])[0];
  return Array.isArray(row) && !isImage(row) && isNestedNumbers(input);
}

/** Whether all elements are rows of rows: pictures of numbers, which share one range decision as a batch. */
function isNestedNumbers(input: readonly unknown[]): boolean {
  return input.every(
    (picture) => Array.isArray(picture) && (Array.isArray(picture[0]) || ArrayBuffer.isView(picture[0])),
  );
}

/** What each picture's pixels are made by, and what is the grid's. */
function shared(options: ImageOptions): { ofPictures: ImageOptions; ofGrid: ImageOptions } {
  const { normalize, range, denormalize, bitDepth, layout, channelOrder, flipY, colormap, background, ...ofGrid } =
    options;
  const { onWarning } = options;
  const values = { normalize, range, denormalize, bitDepth, layout };
  return { ofPictures: { ...values, channelOrder, flipY, colormap, background, onWarning }, ofGrid };
}

function tileOf(input: ImageInput, options: ImageOptions, maxPixels: number | undefined): Tile {
  const source = isImage(input) ? fileSource(input) : adapt(input, options);
  if (source.kind === "reference") {
    throw new TypeError(`${source.url} is a reference: its pixels are not here. Fetch it first: await Image.from(url)`);
  }
  const pixels = source.kind === "file" ? decodedFile(source, maxPixels) : source;
  return asAsked(pixels, options);
}

type FileSource = { readonly kind: "file"; readonly bytes: Uint8Array; readonly mode: Image["mode"] };

function fileSource({ reference, bytes, mode }: Image): FileSource | Extract<Source, { kind: "reference" }> {
  return reference === null ? { kind: "file", bytes, mode } : { kind: "reference", url: reference };
}

/** A palette's colors, not its indices. */
function decodedFile(
  { bytes, ...source }: FileSource | Extract<Source, { kind: "file" }>,
  maxPixels: number | undefined,
) {
  const mode = "mode" in source && source.mode !== "P" ? source.mode : null;
  const { data, width, height, channels } = decodePixels(bytes, { mode, maxPixels });
  const samples = {
    data,
    dtype: data.BYTES_PER_ELEMENT === 2 ? "uint16" : "uint8",
    width,
    height,
    channels: channels as Samples["channels"],
    stride: width * channels,
  } as const;
  return { kind: "decoded", rows: rowsOfSamples(samples), samples } as const;
}

function read<T>({ source, options }: Tile, i: number, use: (converted: Converted) => T): T {
  return named(i, () => convert(source, options, use));
}

/** An error says which picture it is about. */
function named<T>(i: number, use: () => T): T {
  try {
    return use();
  } catch (error) {
    const { message, code } = error as Error & { code?: string };
    // What convert throws to begin anew is its own affair.
    if (!(error instanceof TypeError) && !(error instanceof RangeError)) throw error;
    const Kind = error instanceof RangeError ? RangeError : TypeError;
    throw Object.assign(new Kind(`makeGrid[${i}]: ${message}`), code === undefined ? {} : { code });
  }
}
