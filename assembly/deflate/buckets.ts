// Earlier positions in buckets, for the levels that have little time: the last four with the same 3 bytes, the last one
// with the same 8 and the last one with the same 16, each beside 16 more bits of its hash, so that those of other bytes
// are told in one comparison.
//
// ╒══════ bytes ═════╤═ table ══╤═ of each bucket ═════════════════════════════════════════════╕
// │   16 << bits     │ BUCKETS  │ 4 u32, the latest first: hash << 16 | position modulo 65,536 │
// │    8 << bits     │ LONG     │ u32 by hash of 8 bytes, u32 by hash of 16                    │
// └──────────────────┴──────────┴──────────────────────────────────────────────────────────────┘
//
// What a table says is only a hint: the bytes are compared. So it may be empty, and positions may have wrapped around.
import {
  better, hashOf3, hashOf8, isEqual3, lengthOf, longestMatch, MAX_DISTANCE, runDistance, Search,
} from "./search";
import { get, put } from "./state";

export const BUCKET_BITS: u32 = 13;
/** Small pictures have small tables: to clear them takes time, too. */
const MIN_BUCKET_BITS: u32 = 8;

/** Distances to compare: of a run, of the row above, of the match before, of 8 and of 16 bytes, of a bucket's four. */
const DISTANCES: usize = memory.data(9 * 4, 16);
const RUN = 0;
const ROW = 1;
const RECENT = 2;
const LONG = 3;
const BUCKET = 5;

/** Bits of a hash for so many bytes: about a bucket for four of them. */
export function bucketBits(bytes: u32): u32 {
  return max(MIN_BUCKET_BITS, min(BUCKET_BITS, 30 - clz(bytes)));
}

export function bucketBytes(bits: u32): usize {
  return (<usize>24) << bits;
}

// @ts-ignore: decorator
@inline
function hashOf16(word: u64, next: u64): u32 {
  return hashOf8(word ^ (next * 0x9e3779b97f4a7c15));
}

// @ts-ignore: decorator
@inline
function bucketOf(search: Search, hash: u32): usize {
  return search.tables + (<usize>((hash >> (32 - BUCKET_BITS)) & search.mask) << 4);
}

// @ts-ignore: decorator
@inline
function longOf(search: Search, hash: u32): usize {
  return search.longs + (<usize>((hash >> (32 - BUCKET_BITS)) & search.mask) << 3);
}

/** A table's entry. */
// @ts-ignore: decorator
@inline
function entryOf(hash: u32, position: u32): u32 {
  return ((hash << BUCKET_BITS) & 0xffff0000) | position;
}

// @ts-ignore: decorator
@inline
function positionOf(search: Search, at: usize): u32 {
  return <u32>(at - search.base) & 0xffff;
}

/** A bucket with a new entry: the oldest drops out. */
// @ts-ignore: decorator
@inline
function pushed(entry: v128, bucket: v128): v128 {
  return i8x16.shuffle(entry, bucket, 0, 1, 2, 3, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27);
}

/** The match at a position that saves most, if more than `least`; the position is entered. */
// @ts-ignore: decorator
@inline
export function findInBuckets(search: Search, at: usize, recent: usize, least: i32): u64 {
  let candidates = likely(search, at, recent) | lookUp(search, at);
  let best: u64 = <u64>least << 32;
  while (candidates != 0) {
    const k = ctz(candidates);
    candidates &= candidates - 1;
    best = better(search, best, at, <usize>get(DISTANCES, k), longestMatch(k == RUN));
    if (lengthOf(best) >= search.niceLength) break;
  }
  return lengthOf(best) == 0 ? 0 : best;
}

/** Puts likely distances into DISTANCES; returns a bit for each at which 3 bytes are equal. */
// @ts-ignore: decorator
@inline
function likely(search: Search, at: usize, recent: usize): u32 {
  const behind = at - search.oldest;
  const run = runDistance(search, at);
  const row = search.row;
  put(DISTANCES, RUN, <i32>run);
  put(DISTANCES, ROW, <i32>row);
  put(DISTANCES, RECENT, <i32>recent);
  const word = load<u32>(at);
  const isRun = <u32>isEqual3(load<u32>(at - run), word) & <u32>(run <= behind);
  const isRow = <u32>isEqual3(load<u32>(at - row), word) & <u32>(row <= behind);
  const isRecent = <u32>isEqual3(load<u32>(at - recent), word) & <u32>(recent <= behind);
  return (isRun << RUN) | (isRow << ROW) | (isRecent << RECENT);
}

/** The same for the positions in the tables, into which this one goes. */
// @ts-ignore: decorator
@inline
function lookUp(search: Search, at: usize): u32 {
  const word = load<u64>(at);
  const position = positionOf(search, at);
  const reach = <u32>min(at - search.oldest, MAX_DISTANCE);
  const hash = hashOf3(word);
  const slot = bucketOf(search, hash);
  const bucket = v128.load(slot);
  const entry = i32x4.splat(entryOf(hash, position));
  v128.store(slot, pushed(entry, bucket));
  const distances = v128.and(i32x4.sub(entry, bucket), i32x4.splat(0xffff));
  v128.store(DISTANCES + BUCKET * 4, distances);
  const isAlike = i32x4.eq(v128.and(v128.xor(entry, bucket), i32x4.splat(0xffff0000)), i32x4.splat(0));
  const isNear = i32x4.lt_u(i32x4.sub(distances, i32x4.splat(1)), i32x4.splat(reach));
  const found = <u32>i32x4.bitmask(v128.and(isAlike, isNear)) << BUCKET;
  const hash8 = hashOf8(word);
  const slot8 = longOf(search, hash8);
  const latest8 = pick(load<u32>(slot8), entryOf(hash8, position), reach, LONG);
  store<u32>(slot8, entryOf(hash8, position));
  const hash16 = hashOf16(word, load<u64>(at, 8));
  const slot16 = longOf(search, hash16) + 4;
  const latest16 = pick(load<u32>(slot16), entryOf(hash16, position), reach, LONG + 1);
  store<u32>(slot16, entryOf(hash16, position));
  return found | latest8 | latest16;
}

/** Puts the distance of a table's entry into DISTANCES; a bit where its hash is that of this position. */
// @ts-ignore: decorator
@inline
function pick(before: u32, entry: u32, reach: u32, k: u32): u32 {
  const distance = (entry - before) & 0xffff;
  put(DISTANCES, k, distance);
  return (<u32>((entry ^ before) < 0x10000) & <u32>(distance - 1 < reach)) << k;
}

/** Enters a position. */
// @ts-ignore: decorator
@inline
export function insertIntoBuckets(search: Search, at: usize): void {
  const word = load<u64>(at);
  const hash = hashOf3(word);
  const slot = bucketOf(search, hash);
  v128.store(slot, pushed(i32x4.splat(entryOf(hash, positionOf(search, at))), v128.load(slot)));
  insertIntoLong(search, at);
}

/** Enters a position by its 8 and its 16 bytes alone. */
// @ts-ignore: decorator
@inline
export function insertIntoLong(search: Search, at: usize): void {
  const word = load<u64>(at);
  const position = positionOf(search, at);
  const hash8 = hashOf8(word);
  store<u32>(longOf(search, hash8), entryOf(hash8, position));
  const hash16 = hashOf16(word, load<u64>(at, 8));
  store<u32>(longOf(search, hash16), entryOf(hash16, position), 4);
}
