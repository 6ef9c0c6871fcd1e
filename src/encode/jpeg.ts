// Rows → JPEG (ITU-T T.81 baseline, JFIF 1.01; CMYK with Adobe's APP14), as Pillow and libjpeg-turbo write it.
import type { Bytes } from "../host-types.ts";
import { kernels } from "../kernels.ts";
import type { SimdKernels } from "../kernels.types.ts";
import { BYTES_PER_PIXEL, partsOf, type Rows } from "../rows.ts";
import type { Helper, PartResult } from "../team.ts";
import { warnAlphaDropped, withoutAlpha } from "./alpha.ts";
import { encodeByJpegJs } from "./fallback.ts";
import { type Component, jpegHeader } from "./jpeg-header.ts";
import { optimalTables } from "./jpeg-huffman.ts";
import { KeptTokens, Output, type Take, TILE_BLOCKS, TILE_TOKEN_BYTES } from "./jpeg-output.ts";
import { quantTables, STANDARD_TABLES, ZIGZAG } from "./jpeg-tables.ts";
import { checkWritable, JPEG_MODES, type JpegMode, opaqueMode } from "./modes.ts";
import { type Encoded, levelOf, type RowsOptions } from "./options.ts";

/** A tile is this wide and an MCU high: its planes stay in the first-level cache whatever the picture's width. */
const TILE = 512;
const PLANE_BYTES = 16 * TILE;
const MASK_BYTES = 16384;
/** A tile has at most 256 blocks (64 MCUs of CMYK), each a record of this many bytes. */
const RECORD_BYTES = 144;

/** @throws RangeError in Pillow's words for a mode that JPEG does not hold, alpha aside */
export function encodeJpegRows(rows: Rows, options: RowsOptions): Encoded {
  const mode = opaqueMode(rows.mode);
  checkWritable(mode, "jpg");
  const { simd, scratch } = kernels();
  if (simd === null) return encodeByJpegJs(rows, options);
  return scratch(() => {
    if (mode === rows.mode) return { bytes: encodeBySimd(simd, rows, options), mode };
    const { rows: opaque, isOpaque } = withoutAlpha(rows, simd);
    const bytes = encodeBySimd(simd, opaque, options);
    if (!isOpaque()) warnAlphaDropped(options.onWarning);
    return { bytes, mode };
  });
}

/** A helper's part of `encodeJpegRows`: rows of MCUs, as words of bits or, where the tables are to be optimized, tokens. */
export function helpEncodeJpeg(given: Rows, options: RowsOptions, helper: Helper): void {
  const { simd, scratch } = kernels();
  if (simd === null) return;
  scratch(() => {
    const rows = opaqueMode(given.mode) === given.mode ? given : withoutAlpha(given, simd).rows;
    const parts = partsOf(rows);
    if (parts === undefined) return;
    const { components, quantization, isFast } = planOf(rows, options);
    const output = isFast ? new Output(simd) : null;
    const tokens = kernels().reserve(TILE_TOKEN_BYTES);
    output?.useTables(STANDARD_TABLES);
    const blocks = new Blocks(simd, rows, components, quantization);
    helper.work(blocks.starts.length - 1, (part) => {
      parts.start(blocks.starts[part]!);
      const write = (start: number, end: number) => helper.write(start, end - start);
      blocks.make(part, (records, end) => {
        if (output === null) write(tokens, simd.jpegTokenize(records, end, tokens));
        else output.writeBlocks(records, end, write);
      });
      return [...(output?.rest() ?? []), ...parts.found()];
    });
  });
}

function planOf({ mode }: Rows, { subsampling, quality, compression }: RowsOptions) {
  return {
    components: componentsOf(mode as JpegMode, subsampling !== "4:4:4"),
    quantization: quantTables(quality ?? 75),
    /** The standard Huffman tables serve. */
    isFast: levelOf(compression) === 0,
  };
}

function componentsOf(mode: JpegMode, halved: boolean): readonly Component[] {
  switch (JPEG_MODES[mode]) {
    case 1:
      return [{ id: 1, sampling: 1, table: 0 }];
    case 4:
      return [0x43, 0x4d, 0x59, 0x4b].map((id) => ({ id, sampling: 1, table: 0 }));
    default:
      return [
        { id: 1, sampling: halved ? 2 : 1, table: 0 },
        { id: 2, sampling: 1, table: 1 },
        { id: 3, sampling: 1, table: 1 },
      ];
  }
}

function encodeBySimd(simd: SimdKernels, rows: Rows, options: RowsOptions): Bytes {
  const { width, height } = rows;
  const { components, quantization, isFast } = planOf(rows, options);
  const output = new Output(simd);
  const blocks = new Blocks(simd, rows, components, quantization);
  const team = partsOf(rows) !== undefined && options.team?.begins() ? options.team : undefined;
  const make = (take: Take, takeResult: (result: PartResult) => readonly number[]) => {
    for (let part = 0; part < blocks.starts.length - 1; part++) {
      const result = team?.resultOf(part) ?? null;
      if (result === null) blocks.make(part, take);
      else partsOf(rows)!.add(takeResult(result));
    }
  };
  let tables = STANDARD_TABLES;
  if (isFast) {
    output.useTables(tables);
    make(
      (start, end) => output.writeBlocks(start, end),
      ({ bytes, numbers: [high, low, count, ...found] }) => {
        output.append(bytes, high!, low!, count!);
        return found;
      },
    );
  } else {
    const kept = new KeptTokens(simd);
    make(
      (start, end) => kept.add(start, end),
      ({ bytes, numbers }) => {
        kept.addTokens(bytes);
        return numbers;
      },
    );
    tables = optimalTables(kept.counts(), components.length === 3 ? 2 : 1);
    output.useTables(tables);
    if (kept.complete) kept.replay((start, end) => output.writeTokens(start, end));
    else blocks.makeAll((start, end) => output.writeBlocks(start, end));
  }
  return output.finish(jpegHeader(width, height, components, quantization, tables));
}

/** A picture's rows as records of quantized blocks, tile by tile. */
class Blocks {
  /** The first row of each part, and the height. */
  readonly starts: readonly number[];
  readonly #simd: SimdKernels;
  readonly #rows: Rows;
  readonly #halved: boolean;
  readonly #blocks: number;
  readonly #src: number;
  readonly #planes: number;
  readonly #masks: number;
  readonly #plan: number;
  readonly #predictors: number;
  readonly #records: number;
  /** The row after those made last. */
  #madeTo = 0;

  constructor(simd: SimdKernels, rows: Rows, components: readonly Component[], quantization: readonly Uint8Array[]) {
    const { buffer, reserve } = kernels();
    this.#simd = simd;
    this.#rows = rows;
    this.#halved = components[0]!.sampling === 2;
    this.starts = partStarts(rows.height, this.#side());
    this.#src = reserve(Math.min(rows.height, this.#side()) * rows.width * BYTES_PER_PIXEL[rows.mode]);
    this.#planes = reserve(4 * PLANE_BYTES);
    this.#records = reserve(TILE_BLOCKS * RECORD_BYTES);
    this.#masks = reserve(MASK_BYTES);
    simd.jpegFillMasks(this.#masks);
    const reciprocals = quantization.map((table) => {
      const pointer = reserve(256);
      new Float32Array(buffer, pointer, 64).set(reciprocalsOf(table));
      return pointer;
    });
    this.#predictors = reserve(16);
    // The blocks of an MCU in their order; see jpegTransformBlocks.
    const plan = components.flatMap(({ sampling, table }, c) => {
      const blocks: number[] = [];
      for (let y = 0; y < sampling; y++) {
        for (let x = 0; x < sampling; x++) {
          const first = this.#planes + c * PLANE_BYTES + 8 * y * TILE + 8 * x;
          blocks.push(first, 8 * sampling, this.#predictors + 4 * c, reciprocals[table]!, table, x | (y << 1));
        }
      }
      return blocks;
    });
    this.#blocks = plan.length / 6;
    this.#plan = reserve(4 * plan.length);
    new Uint32Array(buffer, this.#plan, plan.length).set(plan);
  }

  /** Rows and columns of an MCU. */
  #side(): number {
    return this.#halved ? 16 : 8;
  }

  makeAll(take: Take): void {
    for (let part = 0; part < this.starts.length - 1; part++) this.make(part, take);
  }

  make(part: number, take: Take): void {
    const { width } = this.#rows;
    const [first, end] = [this.starts[part]!, this.starts[part + 1]!];
    if (first === 0) new Int32Array(kernels().buffer, this.#predictors, 4).fill(0);
    else if (this.#madeTo !== first) this.#predict(first);
    for (let y = first; y < end; y += this.#side()) {
      this.#read(y);
      for (let x = 0; x < width; x += TILE) take(this.#records, this.#transform(x, y));
    }
    this.#madeTo = end;
  }

  /** The DCs before a part that follows another thread's: those of the last MCU above it. */
  #predict(first: number): void {
    const y = first - this.#side();
    partsOf(this.#rows)!.uncounted(() => this.#read(y));
    this.#transform(Math.floor((this.#rows.width - 1) / TILE) * TILE, y);
  }

  /** Reads a row of MCUs. */
  #read(y: number): void {
    this.#rows.read(y, Math.min(this.#side(), this.#rows.height - y), this.#src);
  }

  /** Makes records of a tile of the row of MCUs that was read; returns their end. */
  #transform(x: number, y: number): number {
    const { mode, width, height } = this.#rows;
    const side = this.#side();
    const pixel = BYTES_PER_PIXEL[mode];
    const count = Math.min(side, height - y);
    const columns = Math.min(TILE, width - x);
    this.#fillPlanes(this.#src + x * pixel, width * pixel, columns, count);
    const mcus = Math.ceil(columns / side);
    // The second row (column) of luma blocks of an edge MCU may be padding.
    const below = count <= side - 8 ? 2 : 0;
    const beside = mcus * side - columns >= 8 ? 1 : 0;
    const { jpegTransformBlocks } = this.#simd;
    return jpegTransformBlocks(this.#plan, this.#blocks, mcus, below, below | beside, this.#masks, this.#records);
  }

  #fillPlanes(src: number, stride: number, columns: number, count: number): void {
    const { jpegConvertRgb, jpegSplitChannels, jpegHalvePlane } = this.#simd;
    const pixel = BYTES_PER_PIXEL[this.#rows.mode];
    switch (this.#rows.mode) {
      case "RGB":
      case "RGBX":
        jpegConvertRgb(src, stride, pixel, columns, count, this.#planes);
        break;
      case "CMYK":
        jpegSplitChannels(src, stride, pixel, columns, count, 0x7f, this.#planes); // Adobe's inverted inks
        break;
      default:
        jpegSplitChannels(src, stride, pixel, columns, count, 0x80, this.#planes);
    }
    if (this.#halved) {
      jpegHalvePlane(this.#planes + PLANE_BYTES, columns, count);
      jpegHalvePlane(this.#planes + 2 * PLANE_BYTES, columns, count);
    }
  }
}

/** Parts of a picture that is large enough to be shared by threads; bits know no bounds, so the file is the same however many. */
const PARTS = 16;
const MIN_PART_ROWS = 64;

function partStarts(height: number, side: number): number[] {
  const mcus = Math.ceil(height / side);
  const parts = Math.max(1, Math.min(PARTS, Math.floor(height / MIN_PART_ROWS)));
  return Array.from({ length: parts + 1 }, (_, i) => Math.min(height, Math.floor((i * mcus) / parts) * side));
}

/** What the kernel multiplies with: its coefficients are 2^21 times as large in rows 0 and 4, else 2^18 times. */
function reciprocalsOf(quantization: Uint8Array): Float32Array {
  const reciprocals = new Float32Array(64);
  for (let k = 0; k < 64; k++) {
    const position = ZIGZAG[k]!;
    const scale = (position & 0b011000) === 0 ? 2 ** 21 : 2 ** 18;
    reciprocals[position] = (1 + 2 ** -18) / (scale * quantization[k]!);
  }
  return reciprocals;
}
