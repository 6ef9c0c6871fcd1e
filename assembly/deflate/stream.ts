// A zlib stream (RFC 1950, 1951) for PNG's IDAT, strip by strip: filter rows, find matches, measure, write the
// cheapest.
//
// What it takes for granted: a strip's bytes and the 32 KB before them lie in memory; up to 7 bits of one strip open
// the next, and a block goes on while its codes fit; the debug build checks bounds. A long stream is made of segments,
// each begun anew, which end at whole bytes and know nothing of each other: several threads may make them.
import { adler32 } from "../checksum";
import { alignToByte, writeBits, writeStored } from "./bits";
import { closeBlock, openBlock, preparePairs, writeSequences } from "./block";
import { chooseWay, Strip } from "./choice";
import { resetRange, staysOpen } from "./measure";
import { startPrices } from "./prices";
import { SEQUENCE_BYTES } from "./sequences";
import { Stream, WINDOW } from "./state";

/**
 * Starts a segment at `stream`, streamBytes() of memory; returns the bytes of a zlib stream's header, written to out:
 * the first segment's.
 */
export function deflateBegin(stream: usize, out: usize): i32 {
  deflateRestart(stream);
  const state = changetype<Stream>(stream);
  state.done = 0;
  state.tableBits = 0;
  state.way = 0;
  state.untilTrial = 0;
  state.filter = 0;
  startPrices(stream);
  store<u16>(out, 0x0178); // RFC 1950: deflate with a 32 KB window, no dictionary, fastest
  return 2;
}

/** Forgets the strips so far, but for what they taught: prices, and how such rows are best written. */
export function deflateRestart(stream: usize): void {
  const state = changetype<Stream>(stream);
  state.bits = 0;
  state.count = 0;
  state.adler = 1;
  state.open = false;
  state.paired = false;
  state.history = 0;
}

const STRIP: usize = memory.data(offsetof<Strip>(), 16);

/**
 * Filters and deflates a strip: `count` rows of `stride` bytes at `rows`, the row above them before them. Returns how
 * many bytes are at `out`; up to 7 bits stay in the stream. `form` is 0 for samples, 1 for indices (a byte each), 2 for
 * several to a byte. Memory: 32 KB and count · (stride + 1) + 64 bytes at `filtered` and at `unfiltered`, 8 / 3 of it
 * twice at `sequences`, 2 of it and 4 KB at `out`.
 */
export function deflateStrip(
  stream: usize, rows: usize, count: i32, stride: i32, pixel: i32, form: i32, level: i32,
  filtered: usize, unfiltered: usize, sequences: usize, out: usize,
): i32 {
  const state = changetype<Stream>(stream);
  state.out = out;
  state.pixel = pixel;
  state.row = <usize>stride + 1;
  const n = count * (stride + 1);
  const strip = changetype<Strip>(STRIP);
  strip.rows = rows;
  strip.count = count;
  strip.stride = stride;
  strip.form = form;
  strip.level = level;
  strip.filtered = filtered + WINDOW;
  strip.unfiltered = unfiltered + WINDOW;
  strip.sequences = sequences;
  strip.n = n;
  strip.isFiltered = false;
  const bits = chooseWay(stream, strip);
  writeStrip(stream, strip.src, n, bits, strip.measured);
  assert(state.out - out <= 2 * <usize>n + 4096);
  advanceWindow(state, strip.filtered, strip.unfiltered, strip.src, n);
  return <i32>(state.out - out);
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

/** Ends a segment, the last one as the stream's end, its Adler-32 aside; returns the bytes written to out. */
export function deflateEnd(stream: usize, isLast: bool, out: usize): i32 {
  const state = changetype<Stream>(stream);
  state.out = out;
  closeBlock(stream);
  if (isLast) {
    writeBits(state, 3, 10); // BFINAL 1, BTYPE 01: fixed codes, of which 0000000 ends the block
    alignToByte(state);
  } else {
    writeBits(state, 0, 3); // BTYPE 00: a stored block of no bytes, as zlib's Z_SYNC_FLUSH
    alignToByte(state);
    writeBits(state, 0xffff0000, 32);
  }
  return <i32>(state.out - out);
}

/** Of the bytes of a segment that has ended. */
export function deflateAdler(stream: usize): u32 {
  return changetype<Stream>(stream).adler;
}
