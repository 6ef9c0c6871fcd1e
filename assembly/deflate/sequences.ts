// What a strip is parsed into: sequences of some literals, then a match.
//
// ╒══════ u32 ══════╤════ u16 ═════╤═════ u16 ══════╕
// │    literals     │ match length │  distance - 1  │
// └─────────────────┴──────────────┴────────────────┘
//
// The literals' bytes stay in the strip. Length 0 stands in the last sequence, and in one after which the block must
// end and another begin. A length above 258 is written as several matches.
import { MAX_MATCH, MIN_MATCH } from "./symbols";

export const SEQUENCE_BYTES = 8;
/** A length has 16 bits; a longer run becomes several sequences, each of whole matches. */
export const MAX_SEQUENCE_MATCH: usize = 252 * <usize>MAX_MATCH;
/**
 * Literals without a match between them, at most. The format has no limit, but fflate, which fast-png decodes with,
 * makes room for 131,072 at a block's start and at each match, and drops what does not fit. So a longer row of literals
 * is cut by a new block.
 */
export const MAX_LITERALS: usize = 131072;

/** Appends a sequence; returns where the next one goes. */
// @ts-ignore: decorator
@inline
export function appendSequence(at: usize, literals: usize, length: usize, distanceLess1: usize): usize {
  for (; literals > MAX_LITERALS; literals -= MAX_LITERALS, at += SEQUENCE_BYTES) {
    store<u32>(at, <u32>MAX_LITERALS);
    store<u32>(at, 0, 4);
  }
  store<u32>(at, <u32>literals);
  store<u32>(at, <u32>(length | (distanceLess1 << 16)), 4);
  return at + SEQUENCE_BYTES;
}

/** The next match of a length above 258: never so long that 1 or 2 bytes remain, which no match could stand for. */
// @ts-ignore: decorator
@inline
export function nextPiece(length: u32): u32 {
  if (length <= MAX_MATCH) return length;
  return length - MAX_MATCH < MIN_MATCH ? MAX_MATCH - MIN_MATCH : MAX_MATCH;
}

/** Bytes that the sequences stand for; only the debug build asks. */
export function bytesOfSequences(sequences: usize, end: usize): i32 {
  let bytes: u32 = 0;
  for (let s = sequences; s < end; s += SEQUENCE_BYTES) bytes += load<u32>(s) + load<u16>(s, 4);
  return bytes;
}

export function countLiterals(sequences: usize, end: usize): u32 {
  let literals: u32 = 0;
  for (let s = sequences; s < end; s += SEQUENCE_BYTES) literals += load<u32>(s);
  return literals;
}
