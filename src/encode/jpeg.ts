// Rows → JPEG (ITU-T T.81 baseline, JFIF 1.01; CMYK with Adobe's APP14), as Pillow and libjpeg-turbo write it.
import type { Bytes } from "../host-types.ts";
import { kernels } from "../kernels.ts";
import type { SimdKernels } from "../kernels.types.ts";
import { BYTES_PER_PIXEL, type Rows } from "../rows.ts";
import { warnAlphaDropped, withoutAlpha } from "./alpha.ts";
import { encodeByJpegJs } from "./fallback.ts";
import { type Component, jpegHeader } from "./jpeg-header.ts";
import { optimalTables, TOKENS, tokenCodes } from "./jpeg-huffman.ts";
import { type HuffmanTables, quantTables, STANDARD_TABLES, ZIGZAG } from "./jpeg-tables.ts";
import { checkWritable, JPEG_MODES, type JpegMode, opaqueMode } from "./modes.ts";
import { type Encoded, levelOf, type RowsOptions } from "./options.ts";

/** A tile is this wide and an MCU high: its planes stay in the first-level cache whatever the picture's width. */
const TILE = 512;
const PLANE_BYTES = 16 * TILE;
const MASK_BYTES = 16384;
/** A tile has at most 256 blocks (64 MCUs of CMYK), each a record of this many bytes. */
const TILE_BLOCKS = 256;
const RECORD_BYTES = 144;
/** A DC token and 63 coefficients of two tokens, and an end. */
const TILE_TOKEN_BYTES = TILE_BLOCKS * 2 * 128;
/** At most 26 bits a coefficient, and the rest of a word; twice as many bytes if every one is 255. */
const WORD_BYTES = 26 * 64 * (TILE_BLOCKS / 8) + 8;
/** Tokens made into words at a time, of 26 bits at most. */
const PIECE_BYTES = TILE_BLOCKS * 2 * 64;
/** Tokens kept for optimized tables, beyond which the picture is read a second time. */
const KEPT_TOKEN_BYTES = 32_000_000;
/** Kernel memory left to stages that reserve theirs while a band is read. */
const SPARE_BYTES = 1_000_000;

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
  const { mode, width, height } = rows;
  const components = componentsOf(mode as JpegMode, options.subsampling !== "4:4:4");
  const quantization = quantTables(options.quality ?? 75);
  const output = new Output(simd);
  const blocks = new Blocks(simd, rows, components, quantization);
  let tables = STANDARD_TABLES;
  if (levelOf(options.compression) === 0) {
    output.useTables(tables);
    blocks.make((start, end) => output.writeBlocks(start, end));
  } else {
    const kept = new KeptTokens(simd);
    blocks.make((start, end) => kept.add(start, end));
    tables = optimalTables(kept.counts(), components.length === 3 ? 2 : 1);
    output.useTables(tables);
    if (kept.complete) kept.replay((start, end) => output.writeTokens(start, end));
    else blocks.make((start, end) => output.writeBlocks(start, end));
  }
  return output.finish(jpegHeader(width, height, components, quantization, tables));
}

type Take = (start: number, end: number) => void;

/** A picture's rows as records of quantized blocks, tile by tile. */
class Blocks {
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

  constructor(simd: SimdKernels, rows: Rows, components: readonly Component[], quantization: readonly Uint8Array[]) {
    const { buffer, reserve } = kernels();
    this.#simd = simd;
    this.#rows = rows;
    this.#halved = components[0]!.sampling === 2;
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

  make(take: Take): void {
    const { mode, width, height } = this.#rows;
    const side = this.#side();
    const pixel = BYTES_PER_PIXEL[mode];
    new Int32Array(kernels().buffer, this.#predictors, 4).fill(0);
    for (let y = 0; y < height; y += side) {
      const count = Math.min(side, height - y);
      this.#rows.read(y, count, this.#src);
      // The second row (column) of luma blocks of an edge MCU may be padding.
      const below = count <= side - 8 ? 2 : 0;
      for (let x = 0; x < width; x += TILE) {
        const columns = Math.min(TILE, width - x);
        this.#fillPlanes(this.#src + x * pixel, width * pixel, columns, count);
        const mcus = Math.ceil(columns / side);
        const beside = mcus * side - columns >= 8 ? 1 : 0;
        const start = this.#records;
        const { jpegTransformBlocks } = this.#simd;
        take(start, jpegTransformBlocks(this.#plan, this.#blocks, mcus, below, below | beside, this.#masks, start));
      }
    }
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

/** The tokens of a picture, counted, and kept while they are not too many. */
class KeptTokens {
  readonly #simd: SimdKernels;
  readonly #counts: number;
  readonly #chunks: Uint8Array[] = [];
  readonly #region: number;
  readonly #capacity: number;
  #end: number;
  #bytes = 0;

  constructor(simd: SimdKernels) {
    const { u8, reserve, available } = kernels();
    this.#simd = simd;
    this.#counts = reserve(4 * TOKENS);
    u8.fill(0, this.#counts, this.#counts + 4 * TOKENS);
    this.#capacity = Math.max(TILE_TOKEN_BYTES, Math.min(2_000_000, available() - SPARE_BYTES));
    this.#region = reserve(this.#capacity);
    this.#end = this.#region;
  }

  get complete(): boolean {
    return this.#bytes <= KEPT_TOKEN_BYTES;
  }

  counts(): Uint32Array {
    return new Uint32Array(kernels().buffer, this.#counts, TOKENS);
  }

  add(records: number, recordsEnd: number): void {
    const { u8 } = kernels();
    if (!this.complete) {
      this.#end = this.#region; // counted, no longer kept
    } else if (this.#end + TILE_TOKEN_BYTES > this.#region + this.#capacity) {
      this.#chunks.push(u8.slice(this.#region, this.#end));
      this.#end = this.#region;
    }
    const start = this.#end;
    this.#end = this.#simd.jpegTokenize(records, recordsEnd, start);
    this.#simd.jpegCountTokens(start, this.#end, this.#counts);
    this.#bytes += this.#end - start;
    if (!this.complete) this.#chunks.length = 0;
  }

  replay(take: Take): void {
    const { u8 } = kernels();
    // The region holds the last chunk while the earlier ones come back through it.
    if (this.#chunks.length > 0) this.#chunks.push(u8.slice(this.#region, this.#end));
    for (const chunk of this.#chunks) {
      u8.set(chunk, this.#region);
      take(this.#region, this.#region + chunk.length);
    }
    if (this.#chunks.length === 0) take(this.#region, this.#end);
  }
}

/** The bytes of the file: in kernel memory, pages that earlier pictures have touched, until they leave as one piece. */
class Output {
  readonly #simd: SimdKernels;
  readonly #codes: number;
  readonly #words: number;
  readonly #tokens: number;
  readonly #state: number;
  readonly #region: number;
  readonly #capacity: number;
  readonly #chunks: Uint8Array[] = [];
  #end: number;

  constructor(simd: SimdKernels) {
    const { u8, reserve, available } = kernels();
    this.#simd = simd;
    this.#codes = reserve(4 * TOKENS);
    this.#words = reserve(WORD_BYTES);
    this.#tokens = reserve(TILE_TOKEN_BYTES);
    this.#state = reserve(16);
    u8.fill(0, this.#state, this.#state + 16);
    this.#capacity = Math.max(3 * WORD_BYTES, Math.min(2_500_000, available() - SPARE_BYTES));
    this.#region = reserve(this.#capacity);
    this.#end = this.#region;
  }

  useTables(tables: HuffmanTables): void {
    const codes = tables === STANDARD_TABLES ? (standardCodes ??= tokenCodes(STANDARD_TABLES)) : tokenCodes(tables);
    new Uint32Array(kernels().buffer, this.#codes, TOKENS).set(codes);
  }

  writeBlocks(records: number, end: number): void {
    this.writeTokens(this.#tokens, this.#simd.jpegTokenize(records, end, this.#tokens));
  }

  writeTokens(start: number, end: number): void {
    for (let piece = start; piece < end; piece += PIECE_BYTES) {
      const pieceEnd = Math.min(end, piece + PIECE_BYTES);
      this.#stuff(this.#simd.jpegWriteTokens(piece, pieceEnd, this.#codes, this.#state, this.#words));
    }
  }

  #stuff(wordsEnd: number): void {
    if (this.#end + 2 * WORD_BYTES > this.#region + this.#capacity) this.#leave();
    this.#end = this.#simd.jpegStuff(this.#words, wordsEnd, this.#end);
  }

  #leave(): void {
    this.#chunks.push(kernels().u8.slice(this.#region, this.#end));
    this.#end = this.#region;
  }

  finish(header: Uint8Array): Bytes {
    const end = this.#simd.jpegFlush(this.#state, this.#end);
    const pieces = [header, ...this.#chunks, kernels().u8.subarray(this.#region, end), END_OF_IMAGE];
    const file = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of pieces) {
      file.set(piece, at);
      at += piece.length;
    }
    return file;
  }
}

const END_OF_IMAGE = Uint8Array.of(0xff, 0xd9);
let standardCodes: Uint32Array | undefined;
