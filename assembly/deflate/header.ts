// The header of a block. With its own codes (RFC 1951, 3.2.7): HLIT, HDIST and HCLEN, then the code lengths of both
// alphabets as one sequence, run-length coded and Huffman-coded in turn. With fixed codes (3.2.6): their number alone.
import { writeBits, writeCode } from "./bits";
import { makeCodeLengths, makeCodes } from "./huffman";
import {
  CODE_LENGTH_LIMIT, get, HEADER_CODES, HEADER_FREQUENCIES, HEADER_LENGTHS, HEADER_SYMBOLS, increment, NEW_LENGTHS,
  Stream,
} from "./state";
import { FIRST_LENGTH } from "./symbols";

const LITERALS = 286;
const DISTANCES = 30;
const CODE_LENGTHS = 19;

// Of the code length alphabet, 0 … 15 are lengths.
/** The length before, 3 to 6 times: 2 extra bits. */
const REPEAT = 16;
/** Length 0, 3 to 10 times: 3 extra bits. */
const ZEROS = 17;
/** Length 0, 11 to 138 times: 7 extra bits. */
const MANY_ZEROS = 18;

/** Order in which a header lists the lengths of its own code. */
const HEADER_ORDER: usize = memory.data<u8>([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]);

/** Writes the code lengths of a block with fixed codes (3.2.6), of which distances 30 and 31 are never used. */
export function makeFixedLengths(lengths: usize): void {
  memory.fill(lengths, 8, 144);
  memory.fill(lengths + 144, 9, 112);
  memory.fill(lengths + 256, 7, 24);
  memory.fill(lengths + 280, 8, 8);
  memory.fill(lengths + 288, 5, 32);
}

/** Fixed codes alone have a distance 31. */
// @ts-ignore: decorator
@inline
function isFixed(lengths: usize): bool {
  return load<u8>(lengths, 288 + 31) != 0;
}

/**
 * Puts the code lengths of NEW_LENGTHS into HEADER_SYMBOLS and makes their own code, unless they are the fixed ones;
 * returns the bits of the header.
 */
export function makeHeader(stream: usize): i32 {
  const lengths = stream + NEW_LENGTHS;
  const state = changetype<Stream>(stream);
  state.isFixed = isFixed(lengths);
  if (state.isFixed) return 3;
  let hlit = LITERALS;
  while (hlit > FIRST_LENGTH && load<u8>(lengths + hlit - 1) == 0) hlit--;
  let hdist = DISTANCES;
  while (hdist > 1 && load<u8>(lengths + 288 + hdist - 1) == 0) hdist--;
  state.hlit = hlit;
  state.hdist = hdist;
  state.headerSymbols = 0;
  const frequencies = stream + HEADER_FREQUENCIES;
  memory.fill(frequencies, 0, 32 * 4);
  const total = hlit + hdist;
  for (let i = 0; i < total; ) {
    const length = listedLength(lengths, hlit, i);
    let run = 1;
    while (i + run < total && listedLength(lengths, hlit, i + run) == length) run++;
    appendRun(stream, length, run);
    i += run;
  }
  makeCodeLengths(stream, frequencies, CODE_LENGTHS, CODE_LENGTH_LIMIT, stream + HEADER_LENGTHS);
  let bits = 3 + 5 + 5 + 4 + 3 * CODE_LENGTHS;
  for (let symbol = 0; symbol < CODE_LENGTHS; symbol++) {
    bits += get(frequencies, symbol) * (load<u8>(stream + HEADER_LENGTHS + symbol) + extraBitsOf(symbol));
  }
  return bits;
}

/** The i-th code length of the sequence: first those of literals and lengths, then those of distances. */
// @ts-ignore: decorator
@inline
function listedLength(lengths: usize, hlit: i32, i: i32): u32 {
  const at: i32 = i < hlit ? i : 288 + i - hlit;
  return load<u8>(lengths + at);
}

/** A code length that occurs `run` times in a row. */
function appendRun(stream: usize, length: i32, run: i32): void {
  if (length == 0) {
    for (; run >= 11; run -= min(run, 138)) appendHeaderSymbol(stream, MANY_ZEROS, min(run, 138) - 11);
    if (run >= 3) {
      appendHeaderSymbol(stream, ZEROS, run - 3);
      run = 0;
    }
  } else {
    appendHeaderSymbol(stream, length, 0);
    run--;
    for (; run >= 3; run -= min(run, 6)) appendHeaderSymbol(stream, REPEAT, min(run, 6) - 3);
  }
  for (; run > 0; run--) appendHeaderSymbol(stream, length, 0);
}

// @ts-ignore: decorator
@inline
function appendHeaderSymbol(stream: usize, symbol: i32, extra: i32): void {
  const state = changetype<Stream>(stream);
  const at = stream + HEADER_SYMBOLS + (state.headerSymbols << 1);
  store<u8>(at, <u8>symbol);
  store<u8>(at, <u8>extra, 1);
  state.headerSymbols++;
  increment(stream + HEADER_FREQUENCIES, symbol, 1);
}

// @ts-ignore: decorator
@inline
function extraBitsOf(symbol: i32): i32 {
  return symbol == REPEAT ? 2 : symbol == ZEROS ? 3 : symbol == MANY_ZEROS ? 7 : 0;
}

/** Writes the header that `makeHeader` has made. */
export function writeHeader(stream: usize): void {
  const state = changetype<Stream>(stream);
  if (state.isFixed) {
    writeBits(state, 2, 3); // BFINAL 0, BTYPE 01: fixed codes
    return;
  }
  const lengths = stream + HEADER_LENGTHS;
  makeCodes(stream, lengths, CODE_LENGTHS, stream + HEADER_CODES);
  let hclen = CODE_LENGTHS;
  while (hclen > 4 && load<u8>(lengths + load<u8>(HEADER_ORDER + hclen - 1)) == 0) hclen--;
  writeBits(state, 4, 3); // BFINAL 0, BTYPE 10: dynamic codes
  writeBits(state, state.hlit - 257, 5);
  writeBits(state, state.hdist - 1, 5);
  writeBits(state, hclen - 4, 4);
  for (let i = 0; i < hclen; i++) writeBits(state, load<u8>(lengths + load<u8>(HEADER_ORDER + i)), 3);
  for (let i: u32 = 0; i < state.headerSymbols; i++) {
    const at = stream + HEADER_SYMBOLS + (i << 1);
    const symbol: i32 = load<u8>(at);
    writeCode(state, stream + HEADER_CODES, symbol);
    if (symbol >= REPEAT) writeBits(state, load<u8>(at, 1), extraBitsOf(symbol));
  }
}
