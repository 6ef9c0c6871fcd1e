// Blocks with their own codes (RFC 1951, 3.2.3): opening, symbols, end. A block stays open from strip to strip while
// its codes fit.
import { writeBits, writeCode } from "./bits";
import { makeHeader, writeHeader } from "./header";
import { makeCodes } from "./huffman";
import { nextPiece, SEQUENCE_BYTES } from "./sequences";
import {
  DISTANCE_CODES, get, LITERAL_CODES, MATCH_CODES, NEW_LENGTHS, OPEN_LENGTHS, PAIR_LOW, PAIR_SHIFT, put, Stream,
} from "./state";
import {
  distanceExtraBits, distanceSymbol, END_OF_BLOCK, FIRST_LENGTH, lengthExtraBits, lengthSymbol, MAX_MATCH, MIN_MATCH,
} from "./symbols";

/** With fewer literals the pair table costs more time than it saves. */
const MIN_PAIRED: u32 = 4096;

/**
 * The pair table: 65,536 u32, by two literals as they lie in memory. In static memory: its address folds into the load.
 */
const PAIRS: usize = memory.data(65536 * 4, 64);

/** Opens a block with the codes of NEW_LENGTHS, whose header `makeHeader` has made. */
export function openBlock(stream: usize): void {
  const state = changetype<Stream>(stream);
  const lengths = stream + OPEN_LENGTHS;
  memory.copy(lengths, stream + NEW_LENGTHS, 320);
  writeHeader(stream);
  makeCodes(stream, lengths, 288, stream + LITERAL_CODES);
  makeCodes(stream, lengths + 288, 32, stream + DISTANCE_CODES);
  for (let length = MIN_MATCH; length <= MAX_MATCH; length++) {
    const code = <u32>get(stream + LITERAL_CODES, FIRST_LENGTH + lengthSymbol(length));
    const extra = lengthExtraBits(length);
    const value = (length - MIN_MATCH) & ((<u32>1 << extra) - 1);
    put(stream + MATCH_CODES, length, ((((code >> 8) | (value << (code & 255))) << 8) | (code & 255)) + extra);
  }
  state.open = true;
  state.paired = false;
}

export function closeBlock(stream: usize): void {
  const state = changetype<Stream>(stream);
  if (state.open) writeCode(state, stream + LITERAL_CODES, END_OF_BLOCK);
  state.open = false;
}

/** Ends the block and begins another with the same codes. */
function reopenBlock(stream: usize): void {
  writeCode(changetype<Stream>(stream), stream + LITERAL_CODES, END_OF_BLOCK);
  memory.copy(stream + NEW_LENGTHS, stream + OPEN_LENGTHS, 320);
  makeHeader(stream);
  writeHeader(stream);
}

/**
 * Fills the pair table with the open block's codes, where so many literals are to come: both codes << 6 | their length,
 * built from `code << 6 | length` of one literal and 1 << its length.
 */
export function preparePairs(stream: usize, literals: u32): void {
  const state = changetype<Stream>(stream);
  if (state.paired || literals < MIN_PAIRED) return;
  const low = stream + PAIR_LOW;
  const shift = stream + PAIR_SHIFT;
  for (let i = 0; i < 256; i++) {
    const code = <u32>get(stream + LITERAL_CODES, i);
    put(low, i, ((code >> 8) << 6) | (code & 255));
    put(shift, i, 1 << (code & 255));
  }
  let entry = PAIRS;
  for (let high = 0; high < 256; high++) {
    const code = <u32>get(stream + LITERAL_CODES, high);
    const bits = i32x4.splat((code >> 8) << 6);
    const length = i32x4.splat(code & 255);
    for (let i: usize = 0; i < 1024; i += 16, entry += 16) {
      const pairs = i32x4.mul(bits, v128.load(shift + i));
      v128.store(entry, i32x4.add(i32x4.add(v128.load(low + i), length), pairs));
    }
  }
  state.paired = true;
}

/**
 * Writes literals, a multiple of 8, by pairs. Exported only so that Binaryen does not inline it into `writeSequences`,
 * where V8 would keep its variables on the stack.
 */
export function writeLiterals(stream: usize, at: usize, n: u32): void {
  const state = changetype<Stream>(stream);
  let bits = state.bits;
  let count = state.count;
  let out = state.out;
  for (const end = at + n; at < end; at += 8) {
    const entry0 = <u64>load<u32>(PAIRS + (<usize>load<u16>(at) << 2));
    const entry1 = <u64>load<u32>(PAIRS + (<usize>load<u16>(at, 2) << 2));
    const entry2 = <u64>load<u32>(PAIRS + (<usize>load<u16>(at, 4) << 2));
    const entry3 = <u64>load<u32>(PAIRS + (<usize>load<u16>(at, 6) << 2));
    // Lengths are kept modulo 64 only: shifts ignore their upper bits, where an entry's code is.
    const low = (entry0 >> 6) | ((entry1 >> 6) << entry0);
    const high = (entry2 >> 6) | ((entry3 >> 6) << entry2);
    const lowLength = (entry0 + entry1) & 63;
    const length = lowLength + ((entry2 + entry3) & 63);
    bits |= low << count;
    if (length <= 56) {
      bits |= high << (count + lowLength);
      count += length;
    } else {
      count += lowLength;
      store<u64>(out, bits);
      out += <usize>(count >> 3);
      bits >>= count & 56;
      count &= 7;
      bits |= high << count;
      count += length - lowLength;
    }
    store<u64>(out, bits);
    out += <usize>(count >> 3);
    bits >>= count & 56;
    count &= 7;
  }
  saveBits(state, bits, count, out);
}

/** Writes the sequences in the open block's codes. */
export function writeSequences(stream: usize, src: usize, sequences: usize, end: usize): void {
  const state = changetype<Stream>(stream);
  let bits = state.bits;
  let count = state.count;
  let out = state.out;
  for (let s = sequences, at = src; s < end; s += SEQUENCE_BYTES) {
    let literals = load<u32>(s);
    let length: u32 = load<u16>(s, 4);
    if (state.paired && literals >= 16) {
      saveBits(state, bits, count, out);
      writeLiterals(stream, at, literals & ~7);
      at += literals & ~7;
      literals &= 7;
      bits = state.bits;
      count = state.count;
      out = state.out;
    }
    // 7 bits wait at most, and 4 codes have 52; so 3 fit, too, and then a match on its own.
    for (; literals >= 4; literals -= 4, at += 4) {
      const four = codesOfFour(stream + LITERAL_CODES, load<u32>(at));
      bits |= (four >> 8) << count;
      count += four & 255;
      store<u64>(out, bits);
      out += <usize>(count >> 3);
      bits >>= count & 56;
      count &= 7;
    }
    if (literals > 0) {
      for (; literals > 0; literals--, at++) {
        const code = codeOf(stream + LITERAL_CODES, load<u8>(at));
        bits |= (code >> 8) << count;
        count += code & 255;
      }
      store<u64>(out, bits);
      out += <usize>(count >> 3);
      bits >>= count & 56;
      count &= 7;
    }
    if (length == 0 && s + SEQUENCE_BYTES < end) {
      saveBits(state, bits, count, out);
      reopenBlock(stream);
      bits = state.bits;
      count = state.count;
      out = state.out;
    }
    at += length;
    const distance = distanceCode(stream + DISTANCE_CODES, load<u16>(s, 6));
    for (let now: u32 = 0; length > 0; length -= now) {
      now = nextPiece(length);
      const match = joinCodes(codeOf(stream + MATCH_CODES, now), distance);
      bits |= (match >> 8) << count;
      count += match & 255;
      store<u64>(out, bits);
      out += <usize>(count >> 3);
      bits >>= count & 56;
      count &= 7;
    }
  }
  saveBits(state, bits, count, out);
}

// @ts-ignore: decorator
@inline
function saveBits(state: Stream, bits: u64, count: u64, out: usize): void {
  state.bits = bits;
  state.count = count;
  state.out = out;
}

/** A table's entry, bits << 8 | length. */
// @ts-ignore: decorator
@inline
function codeOf(codes: usize, symbol: u32): u64 {
  return <u64>load<u32>(codes + (symbol << 2));
}

/** One code after another, bits << 8 | length again; at most 63 bits, as shifts see the lowest 6 bits of `first`. */
// @ts-ignore: decorator
@inline
function joinCodes(first: u64, second: u64): u64 {
  return first + ((second & ~255) << first) + (second & 255);
}

/** The codes of four literals. */
// @ts-ignore: decorator
@inline
function codesOfFour(codes: usize, four: u32): u64 {
  const low = joinCodes(codeOf(codes, four & 255), codeOf(codes, (four >> 8) & 255));
  return joinCodes(low, joinCodes(codeOf(codes, (four >> 16) & 255), codeOf(codes, four >> 24)));
}

/** A distance's code with its extra bits. */
// @ts-ignore: decorator
@inline
function distanceCode(codes: usize, distanceLess1: u32): u64 {
  const code = codeOf(codes, distanceSymbol(distanceLess1));
  const extra = distanceExtraBits(distanceLess1);
  return code + ((<u64>(distanceLess1 & ((1 << extra) - 1)) << code) << 8) + extra;
}
