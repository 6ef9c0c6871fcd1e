// How a strip's rows are filtered: each by the filter that leaves least, or, at the level `small`, all by Sub or by Up.
// Then the same pixels leave the same residuals, row after row, which match: moire and blur take a sixth less.
import { filterRows, filterRowsBy, SUB, UP } from "../png/filter";
import { levelOf, TRIAL } from "./levels";
import { enterWindow, parseMatches } from "./matches";
import { averageLiteral, measure } from "./measure";
import { shareOfRepeats } from "./repeats";
import { parseZeroRuns } from "./runs";
import { FILTERED, Stream } from "./state";

/** Each row by the filter that fits it. */
const ADAPTIVE: u8 = 0;
/** Strips no longer than this are tried whole. */
const MIN_SAMPLED_STRIP = 49152;
/** Pixels looked at for repeats. */
const LOOKED: usize = 12288;

/** Filters rows in the way that the stream's state says. */
export function filterBy(stream: usize, rows: usize, count: i32, stride: i32, level: i32, dst: usize): void {
  const state = changetype<Stream>(stream);
  const pixel = <i32>state.pixel;
  if (state.filter == ADAPTIVE) filterRows(rows, count, stride, pixel, levelOf(level).filterStep, dst);
  else filterRowsBy(state.filter, rows, count, stride, pixel, dst);
}

/**
 * Chooses how rows are filtered by those of a strip's middle; overwrites what lies at `filtered` and `sequences`. Sub
 * and Up are tried where more of their residuals repeat than of the adaptive ones: of photographs' they do not.
 */
export function chooseFilter(
  stream: usize, rows: usize, count: i32, stride: i32, filtered: usize, sequences: usize,
): void {
  const state = changetype<Stream>(stream);
  const tried = count * (stride + 1) <= MIN_SAMPLED_STRIP ? count : max(min(8, count), count >> 1);
  const first = rows + <usize>(((count - tried) >> 1) * stride);
  const subs = repeatsBy(SUB, stream, first, tried, stride, filtered);
  const ups = repeatsBy(UP, stream, first, tried, stride, filtered);
  const fewest = repeatsBy(ADAPTIVE, stream, first, tried, stride, filtered);
  if (subs <= fewest && ups <= fewest) return;
  const n = tried * (stride + 1);
  const adaptive = measureFiltered(stream, filtered, n, sequences);
  const sub = subs > fewest ? measureBy(SUB, stream, first, tried, stride, filtered, sequences) : i64.MAX_VALUE;
  const up = ups > fewest ? measureBy(UP, stream, first, tried, stride, filtered, sequences) : i64.MAX_VALUE;
  state.filter = adaptive <= min(sub, up) ? ADAPTIVE : sub <= up ? SUB : UP;
  enterWindow(stream, FILTERED, levelOf(TRIAL), filtered, filtered + n);
}

/** Share of residuals that repeat. */
function repeatsBy(filter: u8, stream: usize, rows: usize, count: i32, stride: i32, dst: usize): i32 {
  const state = changetype<Stream>(stream);
  state.filter = filter;
  filterBy(stream, rows, count, stride, TRIAL, dst);
  return shareOfRepeats(dst, <usize>count * (stride + 1), state.pixel, LOOKED, 0);
}

function measureBy(
  filter: u8, stream: usize, rows: usize, count: i32, stride: i32, dst: usize, sequences: usize,
): i64 {
  changetype<Stream>(stream).filter = filter;
  filterBy(stream, rows, count, stride, TRIAL, dst);
  return measureFiltered(stream, dst, count * (stride + 1), sequences);
}

/** Bits of `n` filtered bytes with the better of zero runs and matches, whose literals cost what zero runs leave. */
function measureFiltered(stream: usize, src: usize, n: i32, sequences: usize): i64 {
  const state = changetype<Stream>(stream);
  const level = levelOf(TRIAL);
  const runs = measure(stream, src, n, TRIAL, sequences, parseZeroRuns(src, n, sequences, true, false));
  const literal = state.filteredLiteral;
  state.filteredLiteral = averageLiteral(stream, literal);
  enterWindow(stream, FILTERED, level, src, src + n);
  const end = parseMatches(stream, FILTERED, level, src, src, src, src + n, sequences);
  state.filteredLiteral = literal;
  return min(runs, measure(stream, src, n, TRIAL, sequences, end));
}
