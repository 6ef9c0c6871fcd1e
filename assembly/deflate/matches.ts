// Matches (LZ77), lazily parsed and priced in bits. Where earlier positions are kept is up to the level.
import { bucketBits, bucketBytes, findInBuckets, insertIntoBuckets, insertIntoLong } from "./buckets";
import { CHAIN_BYTES, findInChains, insertIntoChains } from "./chains";
import { Level } from "./levels";
import { distanceOf, growBackwards, lengthOf, MAX_DISTANCE, savedBy, Search } from "./search";
import { appendSequence, MAX_SEQUENCE_MATCH } from "./sequences";
import { COST_BYTES, COSTS, Stream, TABLE_BYTES, TABLES } from "./state";

/** Positions whose hash is read: bytes past the strip's end belong to no one. */
const MARGIN = 32;
/** Of a long match the first and the last positions are entered into all tables, some between by their 8 bytes. */
const ENTERED_ENDS: usize = 8;

const SEARCH: usize = memory.data(offsetof<Search>(), 16);

/**
 * Parses the bytes from `from` to `end` of the strip at `src` into sequences, whose literals begin at `anchor`; returns
 * the sequences' end. At each position it compares a run of the byte or the pixel before, what lies a row before and at
 * the last match's distance, and earlier positions with the same bytes. The match that saves most bits wins, priced
 * with the code lengths of what was measured before. Lazy matching: one no longer than `lazyLength` waits for the next
 * position to find a better one.
 */
export function parseMatches(
  stream: usize, kind: usize, level: Level, src: usize, from: usize, anchor: usize, end: usize, next: usize,
): usize {
  const search = prepareSearch(stream, kind, level, src, end);
  const last = end > from + 64 ? end - MARGIN : from;
  let at = from - search.oldest > 0 ? from : from + 1;
  // The lazy match begins at `at - 1`.
  let lazy: u64 = 0;
  let recent = search.row;
  let misses: usize = 0;
  while (at < last) {
    const found =
      level.maxChain == 0
        ? findInBuckets(search, at, recent, savedBy(lazy))
        : findInChains(search, at, recent, savedBy(lazy));
    if (found != 0) {
      lazy = found;
      recent = distanceOf(found);
      at++;
      misses = 0;
      if (lengthOf(found) <= level.lazyLength) continue;
    } else if (lazy == 0) {
      at += 1 + (misses >> 4);
      misses++;
      continue;
    }
    const matchEnd = at - 1 + lengthOf(lazy);
    const earliest = max(max(anchor, search.oldest + recent), matchEnd - MAX_SEQUENCE_MATCH);
    const start = growBackwards(at - 1, recent, earliest);
    assert(start >= anchor && start - recent >= search.oldest && matchEnd <= end);
    next = appendSequence(next, start - anchor, matchEnd - start, recent - 1);
    enterMatch(search, level, found == 0 ? at + 1 : at, min(matchEnd, last), recent <= search.pixel);
    anchor = at = matchEnd;
    lazy = 0;
  }
  if (lazy != 0) {
    next = appendSequence(next, at - 1 - anchor, lengthOf(lazy), recent - 1);
    anchor = at - 1 + lengthOf(lazy);
  }
  return appendSequence(next, end - anchor, 0, 0);
}

/** Enters the window before `src` into empty chains: what was tried behind it would hide it. */
export function enterWindow(stream: usize, kind: usize, level: Level, src: usize, end: usize): void {
  const search = prepareSearch(stream, kind, level, src, end);
  memory.fill(search.tables, 0, CHAIN_BYTES);
  for (let at = search.oldest; at + 9 <= src; at++) {
    // Inside a run all positions look the same.
    if (load<u64>(at) != load<u64>(at + 1)) insertIntoChains(search, at);
  }
}

function prepareSearch(stream: usize, kind: usize, level: Level, src: usize, end: usize): Search {
  const state = changetype<Stream>(stream);
  if (state.tableBits == 0) prepareTables(stream, level, <u32>(end - src));
  const search = changetype<Search>(SEARCH);
  search.base = src - <usize>state.done;
  search.oldest = src - state.history;
  search.end = end;
  search.tables = stream + TABLES + kind * TABLE_BYTES;
  search.mask = (1 << state.tableBits) - 1;
  search.longs = search.tables + ((<usize>16) << state.tableBits);
  search.pixel = state.pixel;
  search.row = min(state.row, MAX_DISTANCE);
  search.costs = stream + COSTS + kind * COST_BYTES;
  search.literal = load<i32>(stream + (kind << 2), offsetof<Stream>("filteredLiteral"));
  search.maxChain = level.maxChain;
  search.niceLength = level.niceLength;
  return search;
}

/** Empties the tables of both kinds of rows, when the first strip wants them; photographs never do. */
function prepareTables(stream: usize, level: Level, bytes: u32): void {
  const state = changetype<Stream>(stream);
  state.tableBits = bucketBits(bytes);
  const used = level.maxChain == 0 ? bucketBytes(state.tableBits) : CHAIN_BYTES;
  assert(used <= TABLE_BYTES);
  memory.fill(stream + TABLES, 0, used);
  memory.fill(stream + TABLES + TABLE_BYTES, 0, used);
}

/**
 * Enters the positions of a match into the tables. Inside a run all positions look the same: only its end tells what
 * follows.
 */
// @ts-ignore: decorator
@inline
function enterMatch(search: Search, level: Level, first: usize, end: usize, isRun: bool): void {
  let at = isRun ? max(first, end - 4) : first;
  if (level.maxChain != 0) {
    for (; at < end; at++) insertIntoChains(search, at);
    return;
  }
  if (end > at + 3 * ENTERED_ENDS) {
    for (const stop = at + ENTERED_ENDS; at < stop; at++) insertIntoBuckets(search, at);
    for (const stop = end - ENTERED_ENDS; at < stop; at += level.insertStep) insertIntoLong(search, at);
    at = max(at, end - ENTERED_ENDS);
  }
  for (; at < end; at++) insertIntoBuckets(search, at);
}
