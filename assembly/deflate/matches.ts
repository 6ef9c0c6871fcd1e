// Matches (LZ77) by hash chains, priced in bits.
import { Level } from "./levels";
import { appendSequence, MAX_SEQUENCE_MATCH } from "./sequences";
import {
  CHAIN_BYTES, CHAINS, clearChains, COST_BYTES, COSTS, FILTERED, get, HASH_BITS, put, Stream, WINDOW,
} from "./state";
import { distanceSymbol, FIRST_LENGTH, lengthExtraBits, lengthSymbol, MAX_MATCH, MIN_MATCH } from "./symbols";

/** How far back a match begins at most: half a vector and more short of the window, as matches grow backwards. */
const MAX_DISTANCE: usize = WINDOW - 264;
/** A run, whose distance is a byte or a pixel, may be longer than a match: it is cut later. */
const MAX_RUN: usize = MAX_SEQUENCE_MATCH / 2;
/** Positions compared at each position of rows that hardly repeat. */
const DENSE_CHAIN = 12;
/** Positions whose hash is read: bytes past the strip's end belong to no one. */
const MARGIN = 32;

/**
 * Parses a strip into sequences; returns their end. At each position it compares a run of the byte or the pixel before,
 * then the chain of earlier positions with the same 3 bytes (4 where rows are not `compressible`: three bytes of a
 * photograph cost less than a match). The match with the fewest bits per byte wins, priced with the code lengths of the
 * strip before. Lazy matching: a match shorter than `niceLength` waits for the next position to find a better one.
 * Matches of a chain are at most 258 long, so that a run can take over: in blank rows it costs a third of the row
 * above.
 */
export function parseMatches(
  stream: usize, kind: usize, level: Level, compressible: bool, src: usize, n: i32, sequences: usize,
): usize {
  const state = changetype<Stream>(stream);
  if (!state.chainsReady) clearChains(stream);
  state.chainsReady = true;
  const minMatch: usize = compressible ? 3 : 4;
  const ignoredBits: u32 = compressible ? 8 : 0;
  const maxChain = compressible ? level.maxChain : DENSE_CHAIN;
  const literal = kind == FILTERED ? state.filteredLiteral : state.unfilteredLiteral;
  const costs = stream + COSTS + kind * COST_BYTES;
  const hash = stream + CHAINS + kind * CHAIN_BYTES;
  const chain = hash + (4 << HASH_BITS);
  // Positions count from the stream's beginning, so that the chains hold from strip to strip. `base` is their zero,
  // modulo 2^32: it may lie below address 0, and only differences from it mean anything.
  const base = src - <usize>state.done;
  const oldest = src - state.history;
  const end = src + n;
  const last = n > 64 ? end - MARGIN : src;
  let anchor = src;
  let at = state.done > 0 ? src : src + 1;
  let next = sequences;
  // The lazy match begins at `at - 1`; its end is 0 where there is none.
  let lazyEnd: usize = 0;
  let lazyDistance: usize = 0;
  let lazyCost: i32 = 0;
  let misses: usize = 0;
  while (at < last) {
    const found = findMatch(
      at, end, base, hash, chain, state.pixel, minMatch, ignoredBits, maxChain, level.niceLength, costs, literal,
      lazyEnd, lazyCost,
    );
    if (found != 0) {
      lazyEnd = at + matchLength(found);
      lazyDistance = matchDistance(found);
      lazyCost = matchCost(found);
      at++;
      misses = 0;
      if (lazyEnd - at < level.niceLength) continue;
    } else if (lazyEnd == 0) {
      at += 1 + (misses >> 5);
      misses++;
      continue;
    }
    const earliest = max(max(anchor, oldest + lazyDistance), lazyEnd - MAX_SEQUENCE_MATCH);
    const start = growBackwards(at - 1, lazyDistance, earliest);
    assert(start >= anchor && start - lazyDistance + state.history >= src && lazyEnd <= end);
    next = appendSequence(next, start - anchor, lazyEnd - start, lazyDistance - 1);
    const entered = found == 0 ? at + 1 : at;
    insertMatch(entered, lazyEnd, last, lazyDistance <= state.pixel, level.insertStep, base, hash, chain, ignoredBits);
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
 * The best match at a position, which it enters into the chains: bits × 64 << 32 | length << 16 | distance; 0 where a
 * literal, or the lazy match that begins a byte before, costs less.
 */
// @ts-ignore: decorator
@inline
function findMatch(
  at: usize, end: usize, base: usize, hash: usize, chain: usize, pixel: usize, minMatch: usize, ignoredBits: u32,
  maxChain: i32, nice: usize, costs: usize, literal: i32, lazyEnd: usize, lazyCost: i32,
): u64 {
  const word = load<u32>(at) << ignoredBits;
  const slot = hash + hashOf(word);
  const position = at - base;
  const head = load<u32>(slot);
  let candidate = base + head;
  store<u32>(chain + ((position & (WINDOW - 1)) << 2), head);
  store<u32>(slot, <u32>position);
  // Costs compare from where the lazy match begins, if one waits: another has a literal before it.
  const from = lazyEnd != 0 ? at - 1 : at;
  const before = lazyEnd != 0 ? literal : 0;
  let bestCost = lazyEnd != 0 ? lazyCost : literal;
  let bestLength = lazyEnd != 0 ? lazyEnd - from : 1;
  let matchEnd: usize = 0;
  let distance: usize = 0;
  const run: usize =
    load<u32>(at - 1) << ignoredBits == word ? 1 : load<u32>(at - pixel) << ignoredBits == word ? pixel : 0;
  if (run != 0 && position >= run) {
    const p = endOfMatch(at + minMatch, run, min(end, at + MAX_RUN));
    const cost = costOfMatch(costs, p - at, run) + before;
    if (<u64>cost * bestLength < <u64>bestCost * (p - from)) {
      bestCost = cost;
      bestLength = p - from;
      matchEnd = p;
      distance = run;
    }
  }
  for (let left = matchEnd != 0 && matchEnd - at >= nice ? 0 : maxChain; left > 0; left--) {
    const away = at - candidate;
    if (away > MAX_DISTANCE || away == 0 || matchEnd == end) break;
    // A longer match has the byte after the best one in common, too.
    if (
      load<u32>(candidate) << ignoredBits == word &&
      (matchEnd == 0 || load<u8>(matchEnd) == load<u8>(matchEnd - away))
    ) {
      const p = endOfMatch(at + minMatch, away, min(end, at + MAX_MATCH));
      const cost = costOfMatch(costs, p - at, away) + before;
      if (<u64>cost * bestLength < <u64>bestCost * (p - from)) {
        bestCost = cost;
        bestLength = p - from;
        matchEnd = p;
        distance = away;
        if (p - at >= nice) break;
      }
    }
    if (left == 1) break;
    const earlier = base + load<u32>(chain + (((candidate - base) & (WINDOW - 1)) << 2));
    if (earlier >= candidate) break;
    candidate = earlier;
  }
  if (matchEnd == 0) return 0;
  return (<u64>(bestCost - before) << 32) | (<u64>(matchEnd - at) << 16) | <u64>distance;
}

// @ts-ignore: decorator
@inline
function matchLength(found: u64): usize {
  return <usize>(<u32>found >> 16);
}

// @ts-ignore: decorator
@inline
function matchDistance(found: u64): usize {
  return <usize>(found & 0xffff);
}

// @ts-ignore: decorator
@inline
function matchCost(found: u64): i32 {
  return <i32>(found >> 32);
}

// @ts-ignore: decorator
@inline
function hashOf(word: u32): usize {
  return <usize>((word * 0x9e3779b1) >> (32 - HASH_BITS)) << 2;
}

/**
 * Enters the positions of a match into the chains: every `step`-th of a long one, and of a run, inside which all
 * positions look the same, only the end, as it tells what follows.
 */
// @ts-ignore: decorator
@inline
function insertMatch(
  first: usize, matchEnd: usize, last: usize, isRun: bool, insertStep: usize, base: usize, hash: usize, chain: usize,
  ignoredBits: u32,
): void {
  const step: usize = matchEnd - first > 64 ? insertStep : 1;
  for (let p = isRun ? max(first, matchEnd - 4) : first, end = min(matchEnd, last); p < end; p += step) {
    const slot = hash + hashOf(load<u32>(p) << ignoredBits);
    store<u32>(chain + (((p - base) & (WINDOW - 1)) << 2), load<u32>(slot));
    store<u32>(slot, <u32>(p - base));
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

/** Prices matches by code lengths: those of the strip just measured, as the next one is like it. */
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
