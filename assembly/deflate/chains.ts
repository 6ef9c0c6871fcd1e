// Earlier positions in chains, for the level that has much time: all with the same 8 bytes, the last one with the same
// 4 and the last one with the same 3. Where few bytes are equal the nearest match is about the best one; chains of 4
// bytes hold so many of those that the long ones are not reached.
//
// ╒═ bytes ══╤═ table ══╤═ of each entry ════════════════════════════════════════════╕
// │    128 K │ HEADS    │ 32,768 u32 by hash of 8 bytes: the last position with it   │
// │    128 K │ CHAIN    │ 32,768 u32 by position: the one before with the same hash  │
// │    128 K │ FOURS    │ 32,768 u32 by hash of 4 bytes                              │
// │    128 K │ THREES   │ 32,768 u32 by hash of 3 bytes                              │
// └──────────┴──────────┴────────────────────────────────────────────────────────────┘
import {
  better, hashOf3, hashOf8, isEqual3, lengthOf, longestMatch, MAX_DISTANCE, runDistance, Search,
} from "./search";
import { WINDOW } from "./state";

const BITS = 15;
const CHAIN: usize = 4 << BITS;
const FOURS: usize = CHAIN + WINDOW * 4;
const THREES: usize = FOURS + (4 << BITS);
export const CHAIN_BYTES: usize = THREES + (4 << BITS);

// @ts-ignore: decorator
@inline
function headOf(search: Search, word: u64): usize {
  return search.tables + (<usize>(hashOf8(word) >> (32 - BITS)) << 2);
}

// @ts-ignore: decorator
@inline
function fourOf(search: Search, word: u64): usize {
  return search.tables + FOURS + (<usize>((<u32>word * 0x9e3779b1) >> (32 - BITS)) << 2);
}

// @ts-ignore: decorator
@inline
function threeOf(search: Search, word: u64): usize {
  return search.tables + THREES + (<usize>(hashOf3(word) >> (32 - BITS)) << 2);
}

// @ts-ignore: decorator
@inline
function linkOf(search: Search, position: usize): usize {
  return search.tables + CHAIN + ((position & (WINDOW - 1)) << 2);
}

/** The match at a position that saves most, if more than `least`; the position is entered. */
export function findInChains(search: Search, at: usize, recent: usize, least: i32): u64 {
  const word = load<u64>(at);
  const position = at - search.base;
  const four: usize = load<u32>(fourOf(search, word));
  const three: usize = load<u32>(threeOf(search, word));
  let head: usize = load<u32>(headOf(search, word));
  insertIntoChains(search, at);
  let best: u64 = <u64>least << 32;
  const run = runDistance(search, at);
  best = compare(search, best, at, run, longestMatch(true));
  best = compare(search, best, at, search.row, longestMatch(false));
  best = compare(search, best, at, recent, longestMatch(false));
  best = compare(search, best, at, position - four, longestMatch(false));
  for (let left = search.maxChain; left > 0 && lengthOf(best) < search.niceLength; left--) {
    const distance = position - head;
    if (distance - 1 >= MAX_DISTANCE) break;
    best = compare(search, best, at, distance, longestMatch(false));
    head = load<u32>(linkOf(search, head));
  }
  if (lengthOf(best) == 0) best = compare(search, best, at, position - three, longestMatch(false));
  return lengthOf(best) == 0 ? 0 : best;
}

// @ts-ignore: decorator
@inline
function compare(search: Search, best: u64, at: usize, distance: usize, limit: usize): u64 {
  if (distance - 1 >= min(at - search.oldest, MAX_DISTANCE)) return best;
  if (!isEqual3(load<u32>(at - distance), load<u32>(at))) return best;
  return better(search, best, at, distance, limit);
}

/** Enters a position. */
export function insertIntoChains(search: Search, at: usize): void {
  const word = load<u64>(at);
  const position = at - search.base;
  const head = headOf(search, word);
  store<u32>(linkOf(search, position), load<u32>(head));
  store<u32>(head, <u32>position);
  store<u32>(fourOf(search, word), <u32>position);
  store<u32>(threeOf(search, word), <u32>position);
}
