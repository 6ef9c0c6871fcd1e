// Earlier positions in chains, for the level that has much time: all with the same 4 bytes, the last one with the same
// 8 and the last one with the same 3.
//
// ╒═ bytes ══╤═ table ══╤═ of each entry ════════════════════════════════════════════╕
// │    128 K │ HEADS    │ 32,768 u32 by hash of 4 bytes: the last position with it   │
// │    128 K │ CHAIN    │ 32,768 u32 by position: the one before with the same hash  │
// │    128 K │ LONG     │ 32,768 u32 by hash of 8 bytes                              │
// │    128 K │ SHORT    │ 32,768 u32 by hash of 3 bytes                              │
// └──────────┴──────────┴────────────────────────────────────────────────────────────┘
import {
  better, hashOf3, hashOf8, isEqual3, lengthOf, longestMatch, MAX_DISTANCE, runDistance, Search,
} from "./search";
import { WINDOW } from "./state";

const BITS = 15;
const CHAIN: usize = 4 << BITS;
const LONG: usize = CHAIN + WINDOW * 4;
const SHORT: usize = LONG + (4 << BITS);
export const CHAIN_BYTES: usize = SHORT + (4 << BITS);

// @ts-ignore: decorator
@inline
function headOf(search: Search, word: u64): usize {
  return search.tables + (<usize>((<u32>word * 0x9e3779b1) >> (32 - BITS)) << 2);
}

// @ts-ignore: decorator
@inline
function longOf(search: Search, word: u64): usize {
  return search.tables + LONG + (<usize>(hashOf8(word) >> (32 - BITS)) << 2);
}

// @ts-ignore: decorator
@inline
function shortOf(search: Search, word: u64): usize {
  return search.tables + SHORT + (<usize>(hashOf3(word) >> (32 - BITS)) << 2);
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
  const long: usize = load<u32>(longOf(search, word));
  const short: usize = load<u32>(shortOf(search, word));
  let head: usize = load<u32>(headOf(search, word));
  insertIntoChains(search, at);
  let best: u64 = <u64>least << 32;
  const run = runDistance(search, at);
  best = compare(search, best, at, run, longestMatch(true));
  best = compare(search, best, at, search.row, longestMatch(false));
  best = compare(search, best, at, recent, longestMatch(false));
  best = compare(search, best, at, position - long, longestMatch(false));
  for (let left = search.maxChain; left > 0 && lengthOf(best) < search.niceLength; left--) {
    const distance = position - head;
    if (distance - 1 >= MAX_DISTANCE) break;
    best = compare(search, best, at, distance, longestMatch(false));
    head = load<u32>(linkOf(search, head));
  }
  if (lengthOf(best) == 0) best = compare(search, best, at, position - short, longestMatch(false));
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
  store<u32>(longOf(search, word), <u32>position);
  store<u32>(shortOf(search, word), <u32>position);
}
