// How a strip is written: with or without filters, with or without matches. All ways are tried on the strip's first
// rows, and the winner holds for the next strips while they are like this one. Photographs, whose rows do not repeat,
// are told by a look at few of their bytes: for them trials would cost more than the encoding.
import { copyRows, filterRows } from "../png/filter";
import { BALANCED, FAST, levelOf, SMALL } from "./levels";
import { parseMatches, updateCosts } from "./matches";
import { averageLiteral, measure } from "./measure";
import { mayRepeat } from "./repeats";
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
  /** End of the sequences of the rows that are tried. */
  end: usize;
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
    const isUnlike = !isLike(densityOf(bits, strip.n), state.density);
    if (!isUnlike && !(state.way == RUNS && isSuspect(state, strip, bits))) return bits;
  }
  bits = tryWays(stream, strip);
  state.untilTrial = state.way == RUNS && state.manyRuns ? 0 : levelOf(strip.level).trialStrips;
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

function mayStripRepeat(state: Stream, strip: Strip, bits: i64): bool {
  const bytes = <usize>strip.count * strip.stride;
  return mayRepeat(strip.rows, strip.filtered, bytes, state.pixel, bits > <i64>strip.n * 4);
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
  const kind = way == FILTERED_MATCHES ? FILTERED : UNFILTERED;
  if (kind == FILTERED) filterStrip(stream, strip);
  else copyRows(strip.rows, strip.count, strip.stride, strip.unfiltered);
  const src = sourceOf(strip, kind);
  const end = parseFirst(stream, strip, kind, src, n, sequences);
  const bits = measureStrip(stream, strip, src, sequences, end);
  learn(stream, kind);
  return bits;
}

function filterStrip(stream: usize, strip: Strip): void {
  if (strip.isFiltered) return;
  const pixel = <i32>changetype<Stream>(stream).pixel;
  filterRows(strip.rows, strip.count, strip.stride, pixel, levelOf(strip.level).filterStep, strip.filtered);
  strip.isFiltered = true;
}

// @ts-ignore: decorator
@inline
function parseRuns(strip: Strip, n: i32, sequences: usize): usize {
  return parseZeroRuns(strip.filtered, n, sequences, levelOf(strip.level).shortRuns != 0);
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
  filterStrip(stream, strip);
  const end = parseRuns(strip, n, strip.sequences);
  const manyRuns = hasManyRuns(countLiterals(strip.sequences, end), n);
  state.manyRuns = manyRuns;
  state.tried = manyRuns || strip.form == INDICES || strip.level == SMALL || hasMatches(state.way);
  if (!state.tried) {
    const bits = measureStrip(stream, strip, strip.filtered, strip.sequences, end);
    if (!mayStripRepeat(state, strip, bits)) return measureNoise(stream, strip, bits);
    state.tried = true;
  }
  return tryMatches(stream, strip, manyRuns || hasMatches(state.way));
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
 * Tries filtered and unfiltered rows with matches on the strip's first rows, and goes on with the better ones, or with
 * zero runs alone. Where the rest turns out to be unlike those first rows, both are finished.
 */
function tryMatches(stream: usize, strip: Strip, expected: bool): i64 {
  const state = changetype<Stream>(stream);
  const m = state.done == 0 ? strip.n : sampleBytes(strip);
  const second = strip.sequences + (((<usize>strip.n / 3) << 3) + 64);
  const runs = measure(stream, strip.filtered, m, strip.level, second, parseRuns(strip, m, second));
  const filteredEnd = parseFirst(stream, strip, FILTERED, strip.filtered, m, strip.sequences);
  const filtered = measure(stream, strip.filtered, m, strip.level, strip.sequences, filteredEnd);
  learn(stream, FILTERED);
  copyRows(strip.rows, strip.count, strip.stride, strip.unfiltered);
  const unfilteredEnd = parseFirst(stream, strip, UNFILTERED, strip.unfiltered, m, second);
  const unfiltered = measure(stream, strip.unfiltered, m, strip.level, second, unfilteredEnd);
  learn(stream, UNFILTERED);
  // Unfiltered rows win while they are up to 1/15 larger: the more of them are in the window, the more they match.
  const kind = unfiltered * 15 < filtered * 16 ? UNFILTERED : FILTERED;
  const buffer = kind == UNFILTERED ? second : strip.sequences;
  const spare = kind == UNFILTERED ? strip.sequences : second;
  const way = kind == UNFILTERED ? UNFILTERED_MATCHES : FILTERED_MATCHES;
  const matches = kind == UNFILTERED ? unfiltered : filtered;
  const bar = expected ? runs : lowered(runs, strip.level);
  const isMatched = (kind == UNFILTERED && matches > m ? (matches * 31) >> 5 : matches) < bar;
  strip.end = kind == UNFILTERED ? unfilteredEnd : filteredEnd;
  const bits = isMatched ? finishMatches(stream, strip, kind, m, buffer) : finishRuns(stream, strip, spare);
  state.way = isMatched ? way : RUNS;
  if (m == strip.n || isLike(densityOf(bits, strip.n), densityOf(isMatched ? matches : runs, m))) return bits;
  const other = isMatched ? finishRuns(stream, strip, spare) : finishMatches(stream, strip, kind, m, buffer);
  if (other < bits) {
    state.way = isMatched ? RUNS : way;
    return other;
  }
  if (!isMatched) return finishRuns(stream, strip, spare);
  return measureStrip(stream, strip, sourceOf(strip, kind), buffer, strip.end);
}

/** Rows without zero runs hold few matches as a rule, for which FAST has little time. */
// @ts-ignore: decorator
@inline
function lowered(runs: i64, level: i32): i64 {
  return level == FAST ? (runs * 14) >> 4 : level == BALANCED ? (runs * 15) >> 4 : runs;
}

/** The first rows of a strip, on which ways are tried: a quarter. */
function sampleBytes(strip: Strip): i32 {
  if (strip.n <= MIN_SAMPLED_STRIP) return strip.n;
  const rows = max(min(8, strip.count), strip.count >> 2);
  return rows * (strip.stride + 1);
}

// @ts-ignore: decorator
@inline
function sourceOf(strip: Strip, kind: usize): usize {
  return kind == FILTERED ? strip.filtered : strip.unfiltered;
}

function parseFirst(stream: usize, strip: Strip, kind: usize, src: usize, m: i32, sequences: usize): usize {
  return parseMatches(stream, kind, levelOf(strip.level), src, src, src, src + m, sequences);
}

/** Parses what comes after the first `m` bytes: the literals at their end are searched again. Measures the strip. */
function finishMatches(stream: usize, strip: Strip, kind: usize, m: i32, sequences: usize): i64 {
  const src = sourceOf(strip, kind);
  if (m < strip.n) {
    const last = strip.end - SEQUENCE_BYTES;
    const anchor = src + m - load<u32>(last);
    const from = max(anchor, src + m - MARGIN);
    strip.end = parseMatches(stream, kind, levelOf(strip.level), src, from, anchor, src + strip.n, last);
  }
  const bits = measureStrip(stream, strip, src, sequences, strip.end);
  learn(stream, kind);
  return bits;
}

function finishRuns(stream: usize, strip: Strip, sequences: usize): i64 {
  return measureStrip(stream, strip, strip.filtered, sequences, parseRuns(strip, strip.n, sequences));
}
