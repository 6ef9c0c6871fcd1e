// Records of blocks → the entropy-coded bytes of a JPEG, by way of tokens (assembly/jpeg/entropy.ts).
import { copyRun } from "../copy-run.ts";
import type { Bytes } from "../host-types.ts";
import { kernels } from "../kernels.ts";
import type { SimdKernels } from "../kernels.types.ts";
import { TOKENS, tokenCodes } from "./jpeg-huffman.ts";
import { type HuffmanTables, STANDARD_TABLES } from "./jpeg-tables.ts";

/** A tile has at most 256 blocks: 64 MCUs of CMYK. */
export const TILE_BLOCKS = 256;
/** A DC token and 63 coefficients of two tokens, and an end. */
export const TILE_TOKEN_BYTES = TILE_BLOCKS * 2 * 128;
/** At most 26 bits a coefficient, and the rest of a word; twice as many bytes if every one is 255. */
const WORD_BYTES = 26 * 64 * (TILE_BLOCKS / 8) + 8;
/** Tokens made into words at a time, of 26 bits at most. */
const PIECE_BYTES = TILE_BLOCKS * 2 * 64;
/** Tokens kept for optimized tables, beyond which the picture is read a second time. */
const KEPT_TOKEN_BYTES = 32_000_000;
/** Kernel memory left to stages that reserve theirs while a band is read. */
const SPARE_BYTES = 1_000_000;

/** Takes what lies in kernel memory. */
export type Take = (start: number, end: number) => void;

/** The tokens of a picture, counted, and kept while they are not too many. */
export class KeptTokens {
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
    const start = this.#place();
    this.#keep(start, this.#simd.jpegTokenize(records, recordsEnd, start));
  }

  /** Where a tile's tokens may go. */
  #place(): number {
    if (!this.complete) {
      this.#end = this.#region; // counted, no longer kept
    } else if (this.#end + TILE_TOKEN_BYTES > this.#region + this.#capacity) {
      this.#chunks.push(kernels().u8.slice(this.#region, this.#end));
      this.#end = this.#region;
    }
    return this.#end;
  }

  #keep(start: number, end: number): void {
    this.#end = end;
    this.#simd.jpegCountTokens(start, end, this.#counts);
    this.#bytes += end - start;
    if (!this.complete) this.#chunks.length = 0;
  }

  /** Tokens of another thread, in shared memory. */
  addTokens(tokens: Uint8Array): void {
    const { u8 } = kernels();
    for (let done = 0; done < tokens.length; done += TILE_TOKEN_BYTES) {
      const count = Math.min(TILE_TOKEN_BYTES, tokens.length - done);
      const start = this.#place();
      copyRun(u8, start, tokens, done, count);
      this.#keep(start, start + count);
    }
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
export class Output {
  readonly #simd: SimdKernels;
  readonly #codes: number;
  readonly #words: number;
  readonly #tokens: number;
  readonly #state: number;
  readonly #stateWords: Uint32Array;
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
    this.#stateWords = new Uint32Array(u8.buffer, this.#state, 4).fill(0);
    this.#capacity = Math.max(3 * WORD_BYTES, Math.min(2_500_000, available() - SPARE_BYTES));
    this.#region = reserve(this.#capacity);
    this.#end = this.#region;
  }

  useTables(tables: HuffmanTables): void {
    const codes = tables === STANDARD_TABLES ? (standardCodes ??= tokenCodes(STANDARD_TABLES)) : tokenCodes(tables);
    new Uint32Array(kernels().buffer, this.#codes, TOKENS).set(codes);
  }

  /** @param take what becomes of the words; default: bytes of the file */
  writeBlocks(records: number, end: number, take?: Take): void {
    this.writeTokens(this.#tokens, this.#simd.jpegTokenize(records, end, this.#tokens), take);
  }

  writeTokens(start: number, end: number, take: Take = this.#stuff): void {
    for (let piece = start; piece < end; piece += PIECE_BYTES) {
      const pieceEnd = Math.min(end, piece + PIECE_BYTES);
      take(this.#words, this.#simd.jpegWriteTokens(piece, pieceEnd, this.#codes, this.#state, this.#words));
    }
  }

  readonly #stuff: Take = (words, end) => {
    if (this.#end + 2 * WORD_BYTES > this.#region + this.#capacity) this.#leave();
    this.#end = this.#simd.jpegStuff(words, end, this.#end);
  };

  /** The bits that do not fill a word, as two numbers, and how many they are. The next ones begin a word. */
  rest(): [high: number, low: number, count: number] {
    const [low, high, count] = this.#stateWords as unknown as [number, number, number];
    this.#stateWords.fill(0);
    return [high, low, count];
  }

  /** Bits of another thread: words in shared memory, and what `rest` says. */
  append(words: Uint8Array, high: number, low: number, count: number): void {
    const { u8 } = kernels();
    for (let done = 0; done < words.length; done += WORD_BYTES) {
      const bytes = Math.min(WORD_BYTES, words.length - done);
      copyRun(u8, this.#words, words, done, bytes);
      this.#stuff(this.#words, this.#simd.jpegShiftWords(this.#words, this.#words + bytes, this.#state));
    }
    new Uint32Array(u8.buffer, this.#words, 2).set([low, high]);
    this.#stuff(this.#words, this.#simd.jpegShiftRest(this.#words, count, this.#state));
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
