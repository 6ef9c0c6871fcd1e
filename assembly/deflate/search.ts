// What a search for matches goes by, and what it finds.
import { savedBits } from "./prices";
import { MAX_SEQUENCE_MATCH } from "./sequences";
import { WINDOW } from "./state";
import { MAX_MATCH, MIN_MATCH } from "./symbols";

/** How far back a match begins at most: half a vector and more short of the window, as matches grow backwards. */
export const MAX_DISTANCE: usize = WINDOW - 264;
/** A run, whose distance is a byte or a pixel, may be longer than a match: it is cut later. */
const MAX_RUN: usize = MAX_SEQUENCE_MATCH / 2;

/** One for all strips: its fields are set when a parse begins. */
@unmanaged
export class Search {
  /** Where positions count from, the stream's first byte. It may lie below address 0: only differences count. */
  base: usize;
  /** First byte of the window, end of the bytes. */
  oldest: usize;
  end: usize;
  /** Positions by hash, of this kind of rows. */
  tables: usize;
  /** Of buckets.ts: its table of 8 bytes, and how many buckets there are, less 1. */
  longs: usize;
  mask: u32;
  /** Bytes of a pixel; of a row, no more than MAX_DISTANCE. */
  pixel: usize;
  row: usize;
  /** Prices: COSTS of this kind of rows, average bits of a literal times 64. */
  costs: usize;
  literal: i32;
  /** Of the level. */
  maxChain: i32;
  niceLength: usize;
}

// A match is packed as bits × 64 that it saves << 32 | length << 16 | distance; 0 is none.

// @ts-ignore: decorator
@inline
export function lengthOf(match: u64): usize {
  return <usize>(<u32>match >> 16);
}

// @ts-ignore: decorator
@inline
export function distanceOf(match: u64): usize {
  return <usize>(match & 0xffff);
}

// @ts-ignore: decorator
@inline
export function savedBy(match: u64): i32 {
  return <i32>(match >> 32);
}

// Hashes of a word's first bytes: the top bits are the best ones.

// @ts-ignore: decorator
@inline
export function hashOf3(word: u64): u32 {
  return (<u32>word << 8) * 0x9e3779b1;
}

// @ts-ignore: decorator
@inline
export function hashOf8(word: u64): u32 {
  return <u32>((word * 0x9e3779b97f4a7c15) >> 32);
}

/** Whether the 3 bytes that a match has at least are equal. */
// @ts-ignore: decorator
@inline
export function isEqual3(a: u32, b: u32): bool {
  return (a ^ b) << 8 == 0;
}

/** Distance of the run that may be at a position: the byte or the pixel before. */
// @ts-ignore: decorator
@inline
export function runDistance(search: Search, at: usize): usize {
  return isEqual3(load<u32>(at - 1), load<u32>(at)) ? 1 : search.pixel;
}

/** The match at a distance inside the window, if it saves more than the best one, else that; at most `limit` long. */
// @ts-ignore: decorator
@inline
export function better(search: Search, best: u64, at: usize, distance: usize, limit: usize): u64 {
  const bestLength = lengthOf(best);
  // A longer match has the byte after the best one in common, too.
  if (load<u8>(at + bestLength) != load<u8>(at + bestLength - distance)) return best;
  const length = endOfMatch(at, distance, min(search.end, at + limit)) - at;
  if (length <= bestLength || length < MIN_MATCH) return best;
  const saved = savedBits(search.costs, search.literal, length, distance);
  return saved > savedBy(best) ? (<u64>saved << 32) | (<u64>length << 16) | <u64>distance : best;
}

/** Longest match at a distance: a run takes over from 258 bytes on, where in blank rows it costs a third of a row. */
// @ts-ignore: decorator
@inline
export function longestMatch(isRun: bool): usize {
  return isRun ? MAX_RUN : <usize>MAX_MATCH;
}

/** First byte of a match that begins at `start`, once the equal bytes before it are taken in. */
// @ts-ignore: decorator
@inline
export function growBackwards(start: usize, distance: usize, earliest: usize): usize {
  while (start > earliest && load<u8>(start - 1) == load<u8>(start - 1 - distance)) start--;
  return start;
}

/** End of what is equal at p and `distance` before it. */
// @ts-ignore: decorator
@inline
function endOfMatch(p: usize, distance: usize, limit: usize): usize {
  while (p + 16 <= limit) {
    const equal = i8x16.bitmask(i8x16.eq(v128.load(p), v128.load(p - distance)));
    if (equal != 0xffff) return p + <usize>ctz(~equal);
    p += 16;
  }
  while (p < limit && load<u8>(p) == load<u8>(p - distance)) p++;
  return p;
}
