// Matches (LZ77) by hash chains and likely distances, priced in bits.
import { Level } from "./levels";
import { appendSequence, MAX_SEQUENCE_MATCH } from "./sequences";
import {
  CHAIN_BYTES, CHAINS, clearChains, COST_BYTES, COSTS, get, HASH_BITS, put, SHORT_HASH_BITS, Stream, WINDOW,
} from "./state";
import { distanceSymbol, FIRST_LENGTH, lengthExtraBits, lengthSymbol, MAX_MATCH, MIN_MATCH } from "./symbols";

/** How far back a match begins at most: half a vector and more short of the window, as matches grow backwards. */
const MAX_DISTANCE: usize = WINDOW - 264;
/** A run, whose distance is a byte or a pixel, may be longer than a match: it is cut later. */
const MAX_RUN: usize = MAX_SEQUENCE_MATCH / 2;
// Offsets in the tables of a kind of rows.
const CHAIN: usize = 4 << HASH_BITS;
const LONG_HASH: usize = CHAIN + WINDOW * 4;
const SHORT_HASH: usize = LONG_HASH + (4 << HASH_BITS);
/** Positions whose hash is read: bytes past the strip's end belong to no one. */
const MARGIN = 32;

/**
 * Parses the bytes from `from` to `end` of the strip at `src` into sequences, whose literals begin at `anchor`; returns
 * the sequences' end. At each position it compares a run of the byte or the pixel before, what lies a row before and at
 * the last match's distance, a chain of earlier positions with the same 4 bytes, and the last one with the same 3. The
 * match with the fewest bits per byte wins, priced with the code lengths of what was measured before. Lazy matching: a
 * match shorter than `niceLength` waits for the next position to find a better one. Matches are at most 258 long, so
 * that a run can take over: in blank rows it costs a third of the row above.
 */
export function parseMatches(
  stream: usize, kind: usize, level: Level, src: usize, from: usize, anchor: usize, end: usize, next: usize,
): usize {
  const state = changetype<Stream>(stream);
  if (!state.chainsReady) clearChains(stream);
  state.chainsReady = true;
  const literal = load<i32>(stream + (kind << 2), offsetof<Stream>("filteredLiteral"));
  const costs = stream + COSTS + kind * COST_BYTES;
  const tables = stream + CHAINS + kind * CHAIN_BYTES;
  // Positions count from the stream's beginning, so that the chains hold from strip to strip. `base` is their zero,
  // modulo 2^32: it may lie below address 0, and only differences from it mean anything.
  const base = src - <usize>state.done;
  const oldest = src - state.history;
  const last = end > from + 64 ? end - MARGIN : from;
  const row = min(state.row, MAX_DISTANCE);
  let at = from - oldest > 0 ? from : from + 1;
  // The lazy match begins at `at - 1`; its end is 0 where there is none.
  let lazyEnd: usize = 0;
  let lazyDistance = row;
  let lazyCost: i32 = 0;
  let misses: usize = 0;
  while (at < last) {
    const found = findMatch(
      at, end, base, oldest, tables, state.pixel, row, lazyDistance, level.maxChain, level.niceLength, costs, literal,
      lazyEnd, lazyCost,
    );
    if (found != 0) {
      lazyEnd = at + matchLength(found);
      lazyDistance = matchDistance(found);
      lazyCost = matchCost(found);
      at++;
      misses = 0;
      if (lazyEnd - at < 16) continue;
    } else if (lazyEnd == 0) {
      at += 1 + (misses >> 4);
      misses++;
      continue;
    }
    const earliest = max(max(anchor, oldest + lazyDistance), lazyEnd - MAX_SEQUENCE_MATCH);
    const start = growBackwards(at - 1, lazyDistance, earliest);
    assert(start >= anchor && start - lazyDistance >= oldest && lazyEnd <= end);
    next = appendSequence(next, start - anchor, lazyEnd - start, lazyDistance - 1);
    const entered = found == 0 ? at + 1 : at;
    insertMatch(entered, lazyEnd, last, lazyDistance <= state.pixel, level.insertStep, base, tables);
    anchor = at = lazyEnd;
    lazyEnd = 0;
  }
  if (lazyEnd != 0) {
    next = appendSequence(next, at - 1 - anchor, lazyEnd - (at - 1), lazyDistance - 1);
    anchor = lazyEnd;
  }
  return appendSequence(next, end - anchor, 0, 0);
}

/**
 * The best match at a position, which it enters into the tables: bits × 64 << 32 | length << 16 | distance; 0 where a
 * literal, or the lazy match that begins a byte before, costs less.
 */
// @ts-ignore: decorator
@inline
function findMatch(
  at: usize, end: usize, base: usize, oldest: usize, tables: usize, pixel: usize, row: usize, recent: usize,
  maxChain: i32, nice: usize, costs: usize, literal: i32, lazyEnd: usize, lazyCost: i32,
): u64 {
  const word8 = load<u64>(at);
  const word = <u32>word8;
  const position = at - base;
  const slot = tables + hashOf(word);
  const longSlot = tables + LONG_HASH + longHashOf(word8);
  const longHead: usize = load<u32>(longSlot);
  store<u32>(longSlot, <u32>position);
  store<u32>(tables + CHAIN + ((position & (WINDOW - 1)) << 2), load<u32>(slot));
  const shortSlot = tables + SHORT_HASH + shortHashOf(word);
  let head: usize = load<u32>(slot);
  const shortHead = load<u32>(shortSlot);
  store<u32>(slot, <u32>position);
  store<u32>(shortSlot, <u32>position);
  const behind = at - oldest;
  // Costs compare from where the lazy match begins, if one waits: another has a literal before it.
  const from = lazyEnd != 0 ? at - 1 : at;
  const before = lazyEnd != 0 ? literal : 0;
  let best = lazyEnd != 0 ? packMatch(lazyCost, lazyEnd - from, 0) : packMatch(literal, 1, 0);
  const run: usize = (load<u32>(at - 1) ^ word) << 8 == 0 ? 1 : pixel;
  best = better(best, run, at, from, min(end, at + MAX_RUN), behind, word, costs, before);
  const far = min(end, at + MAX_MATCH);
  best = better(best, row, at, from, far, behind, word, costs, before);
  best = better(best, recent, at, from, far, behind, word, costs, before);
  if (!(matchDistance(best) != 0 && isEnough(best, nice, from, far))) {
    const reach = min(behind, MAX_DISTANCE);
    const away = position - longHead;
    if (away - 1 < reach && load<u64>(at - away) == word8) {
      best = better(best, away, at, from, far, reach, word, costs, before);
    }
    for (let left = maxChain; left > 0 && !(matchDistance(best) != 0 && isEnough(best, nice, from, far)); left--) {
      const away = position - head;
      if (away - 1 >= MAX_DISTANCE) break;
      best = better(best, away, at, from, far, behind, word, costs, before);
      head = load<u32>(tables + CHAIN + ((head & (WINDOW - 1)) << 2));
    }
  }
  if (matchDistance(best) == 0) {
    best = better(best, position - shortHead, at, from, far, min(behind, MAX_DISTANCE), word, costs, before);
    if (matchDistance(best) == 0) return 0;
  }
  return packMatch(matchCost(best) - before, matchLength(best) + from - at, matchDistance(best));
}

// @ts-ignore: decorator
@inline
function isEnough(best: u64, nice: usize, from: usize, far: usize): bool {
  return matchLength(best) >= nice || from + matchLength(best) >= far;
}

/** The match at a distance, if 3 bytes are equal and it costs less by the byte than the best one; else that. */
// @ts-ignore: decorator
@inline
function better(
  best: u64, away: usize, at: usize, from: usize, limit: usize, behind: usize, word: u32, costs: usize, before: i32,
): u64 {
  if (away - 1 >= behind || (load<u32>(at - away) ^ word) << 8 != 0) return best;
  // A longer match has the byte after the best one in common, too.
  const bestEnd = from + matchLength(best);
  if (matchDistance(best) != 0 && (bestEnd >= limit || load<u8>(bestEnd) != load<u8>(bestEnd - away))) return best;
  const matchEnd = endOfMatch(at + MIN_MATCH, away, limit);
  const cost = costOfMatch(costs, matchEnd - at, away) + before;
  if (<u64>cost * matchLength(best) >= <u64>matchCost(best) * (matchEnd - from)) return best;
  return packMatch(cost, matchEnd - from, away);
}

// @ts-ignore: decorator
@inline
function packMatch(cost: i32, length: usize, distance: usize): u64 {
  return (<u64>cost << 32) | (<u64>length << 16) | <u64>distance;
}

// @ts-ignore: decorator
@inline
function matchLength(match: u64): usize {
  return <usize>(<u32>match >> 16);
}

// @ts-ignore: decorator
@inline
function matchDistance(match: u64): usize {
  return <usize>(match & 0xffff);
}

// @ts-ignore: decorator
@inline
function matchCost(match: u64): i32 {
  return <i32>(match >> 32);
}

/** Offset in the tables of a hash of 4 bytes. */
// @ts-ignore: decorator
@inline
function hashOf(word: u32): usize {
  return <usize>((word * 0x9e3779b1) >> (32 - HASH_BITS)) << 2;
}

// @ts-ignore: decorator
@inline
function longHashOf(word: u64): usize {
  return <usize>((word * 0x9e3779b97f4a7c15) >> 49) << 2;
}

/** Offset in the table of 3 bytes. */
// @ts-ignore: decorator
@inline
function shortHashOf(word: u32): usize {
  return <usize>(((word << 8) * 0x9e3779b1) >> (32 - SHORT_HASH_BITS)) << 2;
}

/**
 * Enters the positions of a match into the tables: every `insertStep`-th of a long one, and of a run, inside which all
 * positions look the same, only the end, as it tells what follows.
 */
// @ts-ignore: decorator
@inline
function insertMatch(
  first: usize, matchEnd: usize, last: usize, isRun: bool, insertStep: usize, base: usize, tables: usize,
): void {
  const step: usize = matchEnd - first > 64 ? insertStep : 1;
  for (let p = isRun ? max(first, matchEnd - 4) : first, end = min(matchEnd, last); p < end; p += step) {
    const word = load<u32>(p);
    const slot = tables + hashOf(word);
    store<u32>(tables + LONG_HASH + longHashOf(load<u64>(p)), <u32>(p - base));
    store<u32>(tables + CHAIN + (((p - base) & (WINDOW - 1)) << 2), load<u32>(slot));
    store<u32>(slot, <u32>(p - base));
    store<u32>(tables + SHORT_HASH + shortHashOf(word), <u32>(p - base));
  }
}

/** First byte of a match that begins at `start`, once the equal bytes before it are taken in. */
// @ts-ignore: decorator
@inline
function growBackwards(start: usize, distance: usize, earliest: usize): usize {
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

/** Bits, times 64, of a match, of all its pieces where it is longer than 258. */
// @ts-ignore: decorator
@inline
function costOfMatch(costs: usize, length: usize, distance: usize): i32 {
  const distanceCost = get(costs, 260 + distanceSymbol(<u32>distance - 1));
  if (length <= MAX_MATCH) return get(costs, <i32>length) + distanceCost;
  const pieces = <i32>(length / MAX_MATCH) + 1;
  return (get(costs, MAX_MATCH) + distanceCost) * pieces;
}

/** Prices matches by code lengths: those of the bytes just measured, as the next ones are like them. */
export function updateCosts(stream: usize, kind: usize, lengths: usize): void {
  const costs = stream + COSTS + kind * COST_BYTES;
  for (let length = MIN_MATCH; length <= MAX_MATCH; length++) {
    const bits = <i32>load<u8>(lengths + FIRST_LENGTH + lengthSymbol(length));
    put(costs, length, ((bits == 0 ? 12 : bits) + lengthExtraBits(length)) << 6);
  }
  for (let symbol: u32 = 0; symbol < 30; symbol++) {
    const bits = <i32>load<u8>(lengths + 288 + symbol);
    put(costs, 260 + symbol, ((bits == 0 ? 9 : bits) + (symbol < 4 ? 0 : (symbol >> 1) - 1)) << 6);
  }
}
