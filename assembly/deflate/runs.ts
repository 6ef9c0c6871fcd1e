// Runs of zeros in filtered rows: all that photographs repeat.
import { appendSequence, MAX_SEQUENCE_MATCH, SEQUENCE_BYTES } from "./sequences";

/**
 * Parses a strip into sequences whose matches are runs of at least 12 (or 8) zeros; returns the end of the sequences.
 * `follows`: the byte before the strip is in the window.
 */
export function parseZeroRuns(src: usize, n: i32, sequences: usize, eight: bool, follows: bool): usize {
  const end = src + n;
  // Zeros at the strip's start match a zero before it.
  const matched = follows && load<u8>(src - 1) == 0 ? src : 0;
  const step: usize = eight ? 57 : 53;
  let anchor = src;
  let at = src;
  let next = sequences;
  while (at + 64 <= end) {
    const mask = zeroBytes(at);
    // A bit survives where it and the next 3, then 7, then 11 are set.
    let runs = mask & (mask >> 1);
    runs &= runs >> 2;
    runs &= runs >> 4;
    if (!eight) runs &= runs >> 4;
    if (runs == 0) {
      at += step;
      continue;
    }
    const first = ctz(runs);
    const length = ctz(~(mask >> first));
    const start = at + <usize>first;
    at = start + <usize>length;
    if (first + length == 64) at = endOfZeros(at, end);
    next = appendZeroRun(next, anchor, start == matched ? start : start + 1, at);
    anchor = at;
  }
  return appendSequence(next, end - anchor, 0, 0);
}

/** One bit for each of 64 bytes: it is zero. */
// @ts-ignore: decorator
@inline
function zeroBytes(at: usize): u64 {
  const zero = i8x16.splat(0);
  return (
    <u64>i8x16.bitmask(i8x16.eq(v128.load(at), zero)) |
    (<u64>i8x16.bitmask(i8x16.eq(v128.load(at, 16), zero)) << 16) |
    (<u64>i8x16.bitmask(i8x16.eq(v128.load(at, 32), zero)) << 32) |
    (<u64>i8x16.bitmask(i8x16.eq(v128.load(at, 48), zero)) << 48)
  );
}

/** First byte at or after `at`, before `end`, that is not zero. */
// @ts-ignore: decorator
@inline
function endOfZeros(at: usize, end: usize): usize {
  while (at + 16 <= end && !v128.any_true(v128.load(at))) at += 16;
  while (at < end && load<u8>(at) == 0) at++;
  return at;
}

/** Literals from `anchor`, then zeros from `start` to `end`, which match the one before them. */
// @ts-ignore: decorator
@inline
function appendZeroRun(next: usize, anchor: usize, start: usize, end: usize): usize {
  let literals = start - anchor;
  let length = end - start;
  while (length > MAX_SEQUENCE_MATCH) {
    next = appendSequence(next, literals, MAX_SEQUENCE_MATCH, 0);
    length -= MAX_SEQUENCE_MATCH;
    literals = 0;
    // 1 or 2 bytes are too few for a match: they lengthen the one before.
    if (length < 3) {
      const last = next - SEQUENCE_BYTES;
      return appendSequence(last, load<u32>(last), MAX_SEQUENCE_MATCH + length, 0);
    }
  }
  return appendSequence(next, literals, length, 0);
}
