// How often each symbol of a strip's sequences occurs.
import { SEQUENCE_BYTES } from "./sequences";
import { COUNTS, DISTANCE_FREQUENCIES, increment, LITERAL_FREQUENCIES, Stream } from "./state";
import {
  distanceExtraBits, distanceSymbol, END_OF_BLOCK, FIRST_LENGTH, lengthExtraBits, lengthSymbol, MAX_MATCH, MIN_MATCH,
} from "./symbols";

/**
 * Frequencies of literals. All are counted, or about an eighth: 8 of every 64 in long runs of literals, and short runs
 * in one of every eight groups of 64 sequences. Four partial histograms take turns, as a counter that has just been
 * stored is slow to load again.
 */
export function countLiteralFrequencies(stream: usize, src: usize, sequences: usize, end: usize, sampled: bool): void {
  const counts = stream + COUNTS;
  memory.fill(counts, 0, 4096);
  let at = src;
  for (let s = sequences; s < end; s += SEQUENCE_BYTES) {
    let literals = load<u32>(s);
    const after = at + literals + <usize>load<u16>(s, 4);
    let weight: u32 = 1;
    if (sampled && literals >= 64) {
      for (; literals >= 64; literals -= 64, at += 64) countEight(counts, load<u64>(at), 8);
      literals = 0;
    } else if (sampled) {
      if (((s - sequences) >> 9) & 7) literals = 0;
      weight = 8;
    }
    for (; literals >= 8; literals -= 8, at += 8) countEight(counts, load<u64>(at), weight);
    for (; literals > 0; literals--, at++) increment(counts, load<u8>(at), weight);
    at = after;
  }
  sumCounts(counts, stream + LITERAL_FREQUENCIES);
  if (sampled) {
    // A value that the sample missed must have a code; one outside the strip's range needs none.
    const state = changetype<Stream>(stream);
    for (let value = state.min; value <= state.max; value++) increment(stream + LITERAL_FREQUENCIES, value & 255, 1);
  }
}

function sumCounts(counts: usize, frequencies: usize): void {
  for (let i: usize = 0; i < 1024; i += 16) {
    const sum = i32x4.add(
      i32x4.add(v128.load(counts + i), v128.load(counts + i, 1024)),
      i32x4.add(v128.load(counts + i, 2048), v128.load(counts + i, 3072)),
    );
    v128.store(frequencies + i, sum);
  }
}

// @ts-ignore: decorator
@inline
function countEight(counts: usize, word: u64, weight: u32): void {
  countByte(counts, word, 0, weight);
  countByte(counts + 1024, word, 8, weight);
  countByte(counts + 2048, word, 16, weight);
  countByte(counts + 3072, word, 24, weight);
  countByte(counts, word, 32, weight);
  countByte(counts + 1024, word, 40, weight);
  countByte(counts + 2048, word, 48, weight);
  countByte(counts + 3072, word, 56, weight);
}

// @ts-ignore: decorator
@inline
function countByte(counts: usize, word: u64, shift: u64, weight: u32): void {
  increment(counts, <u32>((word >> shift) & 255), weight);
}

/** Frequencies of lengths and distances, exact, and of the block's end; returns the extra bits that they carry. */
export function countMatchFrequencies(stream: usize, sequences: usize, end: usize): u32 {
  const literals = stream + LITERAL_FREQUENCIES;
  const distances = stream + DISTANCE_FREQUENCIES;
  memory.fill(literals + 256 * 4, 0, 32 * 4);
  memory.fill(distances, 0, 32 * 4);
  increment(literals, END_OF_BLOCK, 1);
  let extraBits: u32 = 0;
  for (let s = sequences; s < end; s += SEQUENCE_BYTES) {
    let length: u32 = load<u16>(s, 4);
    if (length == 0) continue;
    const distanceLess1 = load<u16>(s, 6);
    let pieces: u32 = 1;
    if (length > MAX_MATCH) {
      const whole = (length - 3) / MAX_MATCH;
      length -= whole * MAX_MATCH;
      increment(literals, FIRST_LENGTH + lengthSymbol(MAX_MATCH), whole);
      pieces += whole;
      // 3 to 260 bytes are left; of 259 and 260 `nextPiece` takes 255 first.
      if (length > MAX_MATCH) {
        increment(literals, FIRST_LENGTH + lengthSymbol(MAX_MATCH - MIN_MATCH), 1);
        extraBits += lengthExtraBits(MAX_MATCH - MIN_MATCH);
        length -= MAX_MATCH - MIN_MATCH;
        pieces++;
      }
    }
    increment(literals, FIRST_LENGTH + lengthSymbol(length), 1);
    increment(distances, distanceSymbol(distanceLess1), pieces);
    extraBits += lengthExtraBits(length) + pieces * distanceExtraBits(distanceLess1);
  }
  // A decoder wants a complete code even if no match uses it: two distances always have one.
  increment(distances, 0, 1);
  increment(distances, 1, 1);
  return extraBits;
}
