// A zlib stream (RFC 1950, 1951) for PNG's IDAT, strip by strip: filter rows, find matches, measure, write the
// cheapest.
//
// What it takes for granted: a strip's bytes and the 32 KB before them lie in memory; nobody asks for a flush between
// strips, so up to 7 bits of one open the next, and a block goes on while its codes fit; the debug build checks bounds.
import { adler32 } from "../checksum";
import { copyRows, filterRows } from "../png/filter";
import { alignToByte, writeBits, writeStored } from "./bits";
import { closeBlock, openBlock, preparePairs, writeSequences } from "./block";
import { FAST, Level, levelOf, SMALL } from "./levels";
import { parseMatches, updateCosts } from "./matches";
import { averageLiteral, measure, resetRange, staysOpen } from "./measure";
import { parseZeroRuns } from "./runs";
import { countLiterals, SEQUENCE_BYTES } from "./sequences";
import { FILTERED, NEW_LENGTHS, Stream, UNFILTERED, WINDOW } from "./state";

// What a row holds: whole samples, a palette's indices, several indices a byte.
const INDICES = 1;
const PACKED = 2;

/** Starts a zlib stream at `stream`, streamBytes() of memory; returns the bytes of its header, written to out. */
export function deflateBegin(stream: usize, out: usize): i32 {
  const state = changetype<Stream>(stream);
  state.bits = 0;
  state.count = 0;
  state.adler = 1;
  state.open = false;
  state.paired = false;
  state.history = 0;
  state.done = 0;
  state.chainsReady = false;
  state.unfiltered = false;
  state.untilTrial = 0;
  // Prices until the first strip has told its own: every symbol has 5 bits.
  state.filteredLiteral = 5 << 6;
  state.unfilteredLiteral = 6 << 6;
  memory.fill(stream + NEW_LENGTHS, 5, 320);
  updateCosts(stream, FILTERED, stream + NEW_LENGTHS);
  updateCosts(stream, UNFILTERED, stream + NEW_LENGTHS);
  store<u16>(out, 0x0178); // RFC 1950: deflate with a 32 KB window, no dictionary, fastest
  return 2;
}

/**
 * Filters and deflates a strip: `count` rows of `stride` bytes at `rows`, the row above them before them. Returns how
 * many bytes are at `out`; up to 7 bits stay in the stream. `form` is 0 for samples, INDICES (a byte each) or PACKED.
 * Memory: 32 KB and count · (stride + 1) + 64 bytes at `filtered` and at `unfiltered`, 8 / 3 of it twice at
 * `sequences`, 2 of it and 4 KB at `out`.
 */
export function deflateStrip(
  stream: usize, rows: usize, count: i32, stride: i32, pixel: i32, form: i32, level: i32,
  filtered: usize, unfiltered: usize, sequences: usize, out: usize,
): i32 {
  const state = changetype<Stream>(stream);
  state.out = out;
  state.pixel = pixel;
  const n = count * (stride + 1);
  filtered += WINDOW;
  unfiltered += WINDOW;
  let chosen = filtered;
  let bits: i64 = 0;
  if (form == PACKED || (state.unfiltered && state.untilTrial > 0)) {
    copyRows(rows, count, stride, unfiltered);
    bits = measureUnfiltered(stream, unfiltered, n, level, sequences);
    if (form == PACKED || isCompressible(state.literals, n)) chosen = unfiltered;
    state.untilTrial--;
  }
  if (chosen == filtered) {
    filterRows(rows, count, stride, pixel, levelOf(level).filterStep, filtered);
    const end = parseZeroRuns(filtered, n, sequences, levelOf(level).shortRuns != 0);
    const compressible = isCompressible(countLiterals(sequences, end), n);
    if (form != INDICES && !compressible && level != SMALL) {
      bits = measure(stream, filtered, n, level, sequences, end);
    } else if (state.untilTrial > 0 || (form != INDICES && !compressible)) {
      bits = measureFiltered(stream, filtered, n, level, compressible, sequences, end);
      state.untilTrial--;
    } else {
      const second = sequences + (((<usize>n / 3) << 3) + 64);
      copyRows(rows, count, stride, unfiltered);
      const unfilteredBits = measureUnfiltered(stream, unfiltered, n, level, second);
      const secondEnd = state.sequencesEnd;
      bits = measureFiltered(stream, filtered, n, level, compressible, sequences, end);
      // Unfiltered rows win while they are up to 1/7 larger: a change of kind loses the other kind's window, and their
      // matches grow with it.
      state.unfiltered = form == INDICES ? unfilteredBits < bits : unfilteredBits * 7 < bits * 8;
      state.untilTrial = levelOf(level).trialStrips;
      if (state.unfiltered) {
        chosen = unfiltered;
        sequences = second;
        bits = measure(stream, unfiltered, n, level, second, secondEnd);
      }
    }
  }
  writeStrip(stream, chosen, n, bits, sequences);
  assert(state.out - out <= 2 * <usize>n + 4096);
  advanceWindow(state, filtered, unfiltered, chosen, n);
  return <i32>(state.out - out);
}

/** Few enough literals that matches will pay. */
// @ts-ignore: decorator
@inline
function isCompressible(literals: u32, n: i32): bool {
  return <u64>literals * 5 < <u64>n * 2;
}

/** Finds matches in unfiltered rows and measures them; the averages are for the next strip. */
function measureUnfiltered(stream: usize, src: usize, n: i32, level: i32, sequences: usize): i64 {
  const state = changetype<Stream>(stream);
  const end = parseMatches(stream, UNFILTERED, levelOf(level), true, src, n, sequences);
  const bits = measure(stream, src, n, level, sequences, end);
  state.unfilteredLiteral = averageLiteral(stream, state.unfilteredLiteral);
  updateCosts(stream, UNFILTERED, stream + NEW_LENGTHS);
  return bits;
}

/** The same of filtered rows, whose zero runs are known; where those are few, matches are not worth FAST's time. */
function measureFiltered(
  stream: usize, src: usize, n: i32, level: i32, compressible: bool, sequences: usize, end: usize,
): i64 {
  if (!compressible && level == FAST) return measure(stream, src, n, level, sequences, end);
  const runs = compressible ? i64.MAX_VALUE : measure(stream, src, n, level, sequences, end);
  const state = changetype<Stream>(stream);
  end = parseMatches(stream, FILTERED, levelOf(level), compressible, src, n, sequences);
  const bits = measure(stream, src, n, level, sequences, end);
  state.filteredLiteral = averageLiteral(stream, state.filteredLiteral);
  updateCosts(stream, FILTERED, stream + NEW_LENGTHS);
  if (runs < bits) return measure(stream, src, n, level, sequences, parseZeroRuns(src, n, sequences, true));
  return bits;
}

/** Writes what was measured last. */
function writeStrip(stream: usize, src: usize, n: i32, bits: i64, sequences: usize): void {
  const state = changetype<Stream>(stream);
  state.adler = state.sampled ? state.newAdler : adler32(src, n, state.adler, resetRange(stream));
  // Half a percent: the codes fit the sample better than what was not sampled.
  if (bits > (<i64>n * 8 * 199) / 200) {
    closeBlock(stream);
    writeStored(stream, src, n);
    return;
  }
  const goesOn = staysOpen(state);
  if (!goesOn) {
    closeBlock(stream);
    openBlock(stream);
  }
  preparePairs(stream, state.literals);
  const end = state.sequencesEnd;
  writeSequences(stream, src, sequences, end);
  const last = end - SEQUENCE_BYTES;
  state.unmatched = load<u32>(last) + (last == sequences && goesOn ? state.unmatched : 0);
}

/**
 * Puts the stream's last bytes, at most a window, before `filtered` and `unfiltered`, where the next strip will lie.
 */
function advanceWindow(state: Stream, filtered: usize, unfiltered: usize, chosen: usize, n: i32): void {
  const recent = min<i32>(<i32>WINDOW, n);
  // A strip shorter than the window leaves a part of what was before it.
  const older = min<i32>(state.history, <i32>WINDOW - recent);
  copyHistory(filtered, chosen + n, recent, older);
  copyHistory(unfiltered, chosen + n, recent, older);
  state.history = recent + older;
  state.done += n;
}

function copyHistory(at: usize, stripEnd: usize, recent: i32, older: i32): void {
  memory.copy(at - recent - older, at - older, older);
  memory.copy(at - recent, stripEnd - recent, recent);
}

/** Ends the stream with its Adler-32; returns the bytes written to out. */
export function deflateEnd(stream: usize, out: usize): i32 {
  const state = changetype<Stream>(stream);
  state.out = out;
  closeBlock(stream);
  writeBits(state, 3, 10); // BFINAL 1, BTYPE 01: fixed codes, of which 0000000 ends the block
  alignToByte(state);
  store<u32>(state.out, bswap(state.adler));
  return <i32>(state.out - out) + 4;
}
