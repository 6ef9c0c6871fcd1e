// How a strip is written: with or without filters, with or without matches. All ways are tried on the strip's first
// rows, and the winner holds for the next strips while they are like this one. Photographs, whose rows do not repeat,
// are told by a look at few of their bytes: for them trials would cost more than the encoding.
import { copyRows } from "../png/filter";
import { chooseFilter, filterBy } from "./filters";
import { BALANCED, FAST, levelOf, SMALL } from "./levels";
import { parseMatches } from "./matches";
import { averageLiteral, averageWithoutMatches, measure } from "./measure";
import { startPrices, updateCosts } from "./prices";
import { hasFewColors, mayRepeat, maySmallRepeat } from "./repeats";
import { parseZeroRuns } from "./runs";
import { appendSequence, countLiterals, SEQUENCE_BYTES } from "./sequences";
import { FILTERED, NEW_LENGTHS, Stream, UNFILTERED } from "./state";

// What a row holds: whole samples, a palette's indices, several indices a byte.
const INDICES = 1;
const PACKED = 2;

// The ways.
/** Filtered rows, of which only runs of zeros are matches. */
const RUNS = 0;
const FILTERED_MATCHES = 1;
const UNFILTERED_MATCHES = 2;
/** Unfiltered rows without any match: noise. */
const LITERALS = 3;

/** Strips no longer than this are tried whole. */
const MIN_SAMPLED_STRIP = 32768;
/**
 * A small picture: 224 by 224 pixels of four bytes, and no more. A longer first strip is tried whole: the choice weighs
 * on many strips.
 */
const MAX_SMALL = 224 * (224 * 4 + 1);
/** More bits than any strip takes. */
const NOT_TRIED: i64 = i64.MAX_VALUE >> 8;
/** A literal takes a bit at least: below this average nearly all are of one value, and the average tells nothing. */
const NEARLY_ONE_BIT = 77;
/** Bytes of the last sequences' end that a parse leaves unsearched. */
const MARGIN = 32;

/** A strip on its way. */
@unmanaged
export class Strip {
  rows: usize;
  count: i32;
  stride: i32;
  form: i32;
  level: i32;
  filtered: usize;
  unfiltered: usize;
  sequences: usize;
  /** Bytes with filter types. */
  n: i32;
  /** Rows at `filtered` are filtered. */
  isFiltered: bool;
  /** What was measured last: its bytes and its sequences. */
  src: usize;
  measured: usize;
  /** Ends of the sequences of filtered and of unfiltered rows. */
  filteredEnd: usize;
  unfilteredEnd: usize;
}

/** Measures the strip in the way that costs least; returns its bits. */
export function chooseWay(stream: usize, strip: Strip): i64 {
  const state = changetype<Stream>(stream);
  let bits: i64 = -1;
  if (strip.form == PACKED) {
    state.way = UNFILTERED_MATCHES;
    return measureWay(stream, strip, UNFILTERED_MATCHES);
  }
  if (state.untilTrial > 0) {
    bits = measureWay(stream, strip, state.way);
    state.untilTrial--;
    const density = densityOf(bits, strip.n);
    if (isLike(density, state.density) && !(state.way == RUNS && isSuspect(state, strip, bits))) return bits;
    if (hasMatches(state.way)) {
      state.untilTrial = 0;
      return density < state.density ? bits : tryOther(stream, strip, bits);
    }
  }
  bits = tryWays(stream, strip);
  state.untilTrial = state.way == RUNS && state.manyRuns ? 0 : state.done == 0 ? 1 : levelOf(strip.level).trialStrips;
  state.density = densityOf(bits, strip.n);
  return bits;
}

// @ts-ignore: decorator
@inline
function hasMatches(way: i32): bool {
  return way == FILTERED_MATCHES || way == UNFILTERED_MATCHES;
}

/** A strip written as zero runs alone, as the ones before, may have become one that repeats. */
function isSuspect(state: Stream, strip: Strip, bits: i64): bool {
  if (state.tried) return false;
  if (hasManyRuns(state.literals, strip.n)) return true;
  return mayStripRepeat(state, strip, bits);
}

/** `bits` are those of zero runs. Few colors are looked for in a picture's first strip, where filters leave much. */
function mayStripRepeat(state: Stream, strip: Strip, bits: i64): bool {
  const bytes = <usize>strip.count * strip.stride;
  if (state.done == 0 && bits > <i64>strip.n * 2 && hasFewColors(strip.rows, bytes, state.pixel)) return true;
  return mayRepeat(strip.rows, strip.filtered, bytes, state.pixel, bits > <i64>strip.n * 4);
}

/** A small picture may repeat: a quarter of it are zero runs, or a closer look says so. */
function maySmallStripRepeat(strip: Strip, pixel: usize, literals: u32): bool {
  if (literals * 4 < <u32>strip.n * 3) return true;
  return maySmallRepeat(strip.rows, <usize>strip.count * strip.stride, pixel);
}

/** Few enough literals that matches will pay. */
// @ts-ignore: decorator
@inline
function hasManyRuns(literals: u32, n: i32): bool {
  return <u64>literals * 5 < <u64>n * 2;
}

// @ts-ignore: decorator
@inline
function densityOf(bits: i64, n: i32): i32 {
  return <i32>((bits << 4) / n);
}

// @ts-ignore: decorator
@inline
function isLike(density: i32, before: i32): bool {
  return density * 4 <= before * 5 && density * 5 >= before * 4;
}

/** Parses and measures the whole strip in one way. */
function measureWay(stream: usize, strip: Strip, way: i32): i64 {
  const n = strip.n;
  const sequences = strip.sequences;
  if (way == RUNS) {
    filterStrip(stream, strip);
    return finishRuns(stream, strip, sequences);
  }
  if (way == LITERALS) {
    copyRows(strip.rows, strip.count, strip.stride, strip.unfiltered);
    return measureStrip(stream, strip, strip.unfiltered, sequences, appendSequence(sequences, n, 0, 0));
  }
  parseFirst(stream, strip, way, n);
  return finishMatches(stream, strip, way, n);
}

function filterStrip(stream: usize, strip: Strip): void {
  if (strip.isFiltered) return;
  filterBy(stream, strip.rows, strip.count, strip.stride, strip.level, strip.filtered);
  strip.isFiltered = true;
}

// @ts-ignore: decorator
@inline
function parseRuns(stream: usize, strip: Strip, n: i32, sequences: usize): usize {
  const follows = changetype<Stream>(stream).history > 0;
  return parseZeroRuns(strip.filtered, n, sequences, levelOf(strip.level).shortRuns != 0, follows);
}

function measureStrip(stream: usize, strip: Strip, src: usize, sequences: usize, end: usize): i64 {
  strip.src = src;
  strip.measured = sequences;
  return measure(stream, src, strip.n, strip.level, sequences, end);
}

/** Prices of the matches to come, from what was measured last. */
function learn(stream: usize, kind: usize): void {
  const literal = stream + (kind << 2) + offsetof<Stream>("filteredLiteral");
  store<i32>(literal, averageLiteral(stream, load<i32>(literal)));
  updateCosts(stream, kind, stream + NEW_LENGTHS);
}

/** Tries the ways, measures the strip in the best one, which the stream's state keeps. */
function tryWays(stream: usize, strip: Strip): i64 {
  const state = changetype<Stream>(stream);
  const n = strip.n;
  if (strip.level == SMALL && strip.form != INDICES) {
    chooseFilter(stream, strip.rows, strip.count, strip.stride, strip.filtered, strip.sequences);
    strip.isFiltered = false;
  }
  filterStrip(stream, strip);
  const end = parseRuns(stream, strip, n, strip.sequences);
  const literals = countLiterals(strip.sequences, end);
  const manyRuns = hasManyRuns(literals, n);
  state.manyRuns = manyRuns;
  state.tried = manyRuns || strip.form == INDICES || strip.level == SMALL || hasMatches(state.way);
  if (state.done == 0 && n <= MAX_SMALL) state.tried = state.tried || maySmallStripRepeat(strip, state.pixel, literals);
  if (!state.tried) {
    const bits = measureStrip(stream, strip, strip.filtered, strip.sequences, end);
    if (!mayStripRepeat(state, strip, bits)) return measureNoise(stream, strip, bits);
    state.tried = true;
  }
  const expected = manyRuns || hasMatches(state.way);
  return tryMatches(stream, strip, sampleBytes(state, strip), expected, state.done == 0);
}

/**
 * `bits` of zero runs, measured last, or those of unfiltered noise: filters make it larger where it is cut off at 0 and
 * 255.
 */
function measureNoise(stream: usize, strip: Strip, bits: i64): i64 {
  const state = changetype<Stream>(stream);
  state.way = RUNS;
  if (bits < <i64>strip.n * 7) return bits;
  const literals = measureWay(stream, strip, LITERALS);
  if (literals >= bits) return measureWay(stream, strip, RUNS);
  state.way = LITERALS;
  return literals;
}

/**
 * Tries all ways on the strip's first `m` bytes, and goes on with the best one. `expected`: what is known speaks for
 * matches; `anew`: nothing is known of prices.
 */
function tryMatches(stream: usize, strip: Strip, m: i32, expected: bool, anew: bool): i64 {
  const state = changetype<Stream>(stream);
  const second = sequencesOf(strip, UNFILTERED_MATCHES);
  const runs = measure(stream, strip.filtered, m, strip.level, second, parseRuns(stream, strip, m, second));
  let filtered = NOT_TRIED;
  if (!anew || priceLiterals(stream, strip, m)) filtered = sampleMatches(stream, strip, FILTERED_MATCHES, m);
  const unfiltered = sampleMatches(stream, strip, UNFILTERED_MATCHES, m);
  // Unfiltered rows win while they are up to 1/15 larger: the more of them are in the window, the more they match.
  const matchWay = unfiltered * 15 < filtered * 16 ? UNFILTERED_MATCHES : FILTERED_MATCHES;
  const matches = matchWay == FILTERED_MATCHES ? filtered : unfiltered;
  const doubt = matchWay == UNFILTERED_MATCHES && matches > m ? 1 : 0;
  const isMatched = matches * (32 - doubt) < runs * worthOfMatches(state, strip, expected);
  return goOn(stream, strip, isMatched ? matchWay : RUNS, matchWay, m, densityOf(isMatched ? matches : runs, m));
}

/**
 * Finishes the way that won on the first `m` bytes; if the strip's density is another, its rival, too. Where a picture
 * begins with rows that tell nothing of the others, blank ones, all ways are tried on the whole strip.
 */
function goOn(stream: usize, strip: Strip, way: i32, matchWay: i32, m: i32, density: i32): i64 {
  const state = changetype<Stream>(stream);
  const bits = finishWay(stream, strip, way, matchWay, m);
  state.way = way;
  const whole = densityOf(bits, strip.n);
  if (m == strip.n || isLike(whole, density)) return bits;
  if (state.done == 0 && whole > 2 * density) {
    startPrices(stream);
    return tryMatches(stream, strip, strip.n, true, true);
  }
  const rival = way == RUNS ? matchWay : RUNS;
  const rivalBits = finishWay(stream, strip, rival, matchWay, m);
  if (rivalBits < bits) {
    state.way = rival;
    return rivalBits;
  }
  if (way == RUNS) return finishRuns(stream, strip, sequencesOf(strip, otherKind(matchWay)));
  return measureStrip(stream, strip, sourceOf(strip, way), sequencesOf(strip, way), endOf(strip, way));
}

/**
 * Nothing is known of a picture's literals before its first strip is parsed: they cost what they would without matches,
 * if that is more than the prices that a stream begins with. Of filtered rows zero runs have just been measured.
 * Returns whether filters may pay: where they leave literals nearly as costly as they were, matches of unfiltered rows
 * have won on every picture tried.
 */
function priceLiterals(stream: usize, strip: Strip, m: i32): bool {
  const state = changetype<Stream>(stream);
  state.filteredLiteral = max(state.filteredLiteral, averageLiteral(stream, 0));
  copyRows(strip.rows, strip.count, strip.stride, strip.unfiltered);
  const sequences = sequencesOf(strip, UNFILTERED_MATCHES);
  const filtered = averageWithoutMatches(stream, strip.filtered, m, sequences);
  const unfiltered = averageWithoutMatches(stream, strip.unfiltered, m, sequences);
  state.unfilteredLiteral = max(state.unfilteredLiteral, unfiltered);
  return filtered * 5 < unfiltered * 4 || filtered < NEARLY_ONE_BIT;
}

/** Parses and measures the first `m` bytes. */
function sampleMatches(stream: usize, strip: Strip, way: i32, m: i32): i64 {
  parseFirst(stream, strip, way, m);
  const bits = measure(stream, sourceOf(strip, way), m, strip.level, sequencesOf(strip, way), endOf(strip, way));
  learn(stream, kindOf(way));
  return bits;
}

function parseFirst(stream: usize, strip: Strip, way: i32, m: i32): void {
  if (way == UNFILTERED_MATCHES) copyRows(strip.rows, strip.count, strip.stride, strip.unfiltered);
  else filterStrip(stream, strip);
  const src = sourceOf(strip, way);
  const level = levelOf(strip.level);
  setEnd(strip, way, parseMatches(stream, kindOf(way), level, src, src, src, src + m, sequencesOf(strip, way)));
}

/** Finishes and measures what was tried on the first `m` bytes. Zero runs take the place of the matches that lost. */
function finishWay(stream: usize, strip: Strip, way: i32, matchWay: i32, m: i32): i64 {
  if (way == RUNS) return finishRuns(stream, strip, sequencesOf(strip, otherKind(matchWay)));
  return finishMatches(stream, strip, way, m);
}

function finishRuns(stream: usize, strip: Strip, sequences: usize): i64 {
  return measureStrip(stream, strip, strip.filtered, sequences, parseRuns(stream, strip, strip.n, sequences));
}

/** Parses what comes after the first `m` bytes: the literals at their end are searched again. Measures the strip. */
function finishMatches(stream: usize, strip: Strip, way: i32, m: i32): i64 {
  const src = sourceOf(strip, way);
  if (m < strip.n) {
    const last = endOf(strip, way) - SEQUENCE_BYTES;
    const anchor = src + m - load<u32>(last);
    const from = max(anchor, src + m - MARGIN);
    const level = levelOf(strip.level);
    setEnd(strip, way, parseMatches(stream, kindOf(way), level, src, from, anchor, src + strip.n, last));
  }
  const bits = measureStrip(stream, strip, src, sequencesOf(strip, way), endOf(strip, way));
  learn(stream, kindOf(way));
  return bits;
}

/**
 * The strip, just measured in the way of the ones before, takes more bits than they: the other kind of rows may take
 * fewer. It is tried on as many bytes as the first sequences of that way stand for.
 */
function tryOther(stream: usize, strip: Strip, bits: i64): i64 {
  const state = changetype<Stream>(stream);
  const way = state.way;
  const sequences = sequencesOf(strip, way);
  const end = endOf(strip, way);
  const sample = sampleBytes(state, strip);
  let m = 0;
  let split = sequences;
  for (; split < end && m < sample; split += SEQUENCE_BYTES) m += load<u32>(split) + load<u16>(split, 4);
  if (m == strip.n) return bits;
  const before = measure(stream, sourceOf(strip, way), m, strip.level, sequences, split);
  const other = otherKind(way);
  if (sampleMatches(stream, strip, other, m) < before) {
    const otherBits = finishMatches(stream, strip, other, m);
    if (otherBits < bits) {
      state.way = other;
      return otherBits;
    }
  }
  return measureStrip(stream, strip, sourceOf(strip, way), sequences, end);
}

/**
 * What matches must save to be worth their time: zero runs cost less of it. In 32nds of what zero runs take. In a small
 * picture, tried whole, that time is spent already.
 */
// @ts-ignore: decorator
@inline
function worthOfMatches(state: Stream, strip: Strip, expected: bool): i32 {
  const level = strip.level;
  if (state.done == 0 && strip.n <= MAX_SMALL) return 32;
  if (level == FAST) return expected ? 30 : 28;
  return level == BALANCED && !expected ? 30 : 32;
}

/** The rows on which ways are tried: a quarter of a strip, but all of a tiny one, and of a large picture's first. */
function sampleBytes(state: Stream, strip: Strip): i32 {
  if (strip.n <= MIN_SAMPLED_STRIP || (state.done == 0 && strip.n > MAX_SMALL)) return strip.n;
  const rows = max(min(8, strip.count), strip.count >> 2);
  return rows * (strip.stride + 1);
}

// Where each kind of rows has its bytes and its sequences.

// @ts-ignore: decorator
@inline
function kindOf(way: i32): usize {
  return way == UNFILTERED_MATCHES ? UNFILTERED : FILTERED;
}

// @ts-ignore: decorator
@inline
function otherKind(way: i32): i32 {
  return way == UNFILTERED_MATCHES ? FILTERED_MATCHES : UNFILTERED_MATCHES;
}

// @ts-ignore: decorator
@inline
function sourceOf(strip: Strip, way: i32): usize {
  return way == UNFILTERED_MATCHES ? strip.unfiltered : strip.filtered;
}

// @ts-ignore: decorator
@inline
function sequencesOf(strip: Strip, way: i32): usize {
  return way == UNFILTERED_MATCHES ? strip.sequences + (((<usize>strip.n / 3) << 3) + 64) : strip.sequences;
}

// @ts-ignore: decorator
@inline
function endOf(strip: Strip, way: i32): usize {
  return way == UNFILTERED_MATCHES ? strip.unfilteredEnd : strip.filteredEnd;
}

// @ts-ignore: decorator
@inline
function setEnd(strip: Strip, way: i32, end: usize): void {
  if (way == UNFILTERED_MATCHES) strip.unfilteredEnd = end;
  else strip.filteredEnd = end;
}
