// What a strip's sequences would take, in bits, before any of them is written.
import { adler32 } from "../checksum";
import { countLiteralFrequencies, countMatchFrequencies } from "./frequencies";
import { makeFixedLengths, makeHeader } from "./header";
import { makeCodeLengths } from "./huffman";
import { FAST } from "./levels";
import { appendSequence, bytesOfSequences, countLiterals, MAX_LITERALS } from "./sequences";
import {
  DISTANCE_FREQUENCIES, DISTANCE_LIMIT, get, LITERAL_FREQUENCIES, LITERAL_LIMIT, NEW_LENGTHS, OPEN_LENGTHS, Stream,
} from "./state";

/** A larger strip has no use for the fixed codes: its header costs little. */
const MAX_FIXED = 4096;
const FIXED_LENGTHS: usize = memory.data(320, 16);
/** With fewer literals all are counted. */
const MIN_SAMPLED: u32 = 65536;

/**
 * Bits of the sequences, with new codes or with the open block's, whichever is less. Both the choice and the codes stay
 * in the stream's state, so that what is measured last can be written.
 */
export function measure(stream: usize, src: usize, n: i32, level: i32, sequences: usize, end: usize): i64 {
  const state = changetype<Stream>(stream);
  assert(end - sequences <= ((<usize>n / 3) << 3) + 64);
  assert(bytesOfSequences(sequences, end) == n);
  const literals = countLiterals(sequences, end);
  state.literals = literals;
  state.sequencesEnd = end;
  state.sampled = level == FAST && literals >= MIN_SAMPLED;
  if (state.sampled) state.newAdler = adler32(src, n, state.adler, resetRange(stream));
  countLiteralFrequencies(stream, src, sequences, end, state.sampled);
  state.extraBits = countMatchFrequencies(stream, sequences, end);
  makeCodeLengths(stream, stream + LITERAL_FREQUENCIES, 288, LITERAL_LIMIT, stream + NEW_LENGTHS);
  makeCodeLengths(stream, stream + DISTANCE_FREQUENCIES, 32, DISTANCE_LIMIT, stream + NEW_LENGTHS + 288);
  const header = makeHeader(stream);
  state.bitsWithNewCodes = bitsWith(stream, stream + NEW_LENGTHS) + header;
  if (n <= MAX_FIXED) considerFixedCodes(stream);
  const canStayOpen = state.open && state.unmatched + load<u32>(sequences) <= <u32>MAX_LITERALS;
  state.bitsWithOpenCodes = canStayOpen ? bitsWith(stream, stream + OPEN_LENGTHS) : -1;
  return (staysOpen(state) ? state.bitsWithOpenCodes : state.bitsWithNewCodes) + state.extraBits;
}

/** The fixed codes take the place of the strip's own, where a header costs more than it saves. */
function considerFixedCodes(stream: usize): void {
  const state = changetype<Stream>(stream);
  makeFixedLengths(FIXED_LENGTHS);
  const bits = bitsWith(stream, FIXED_LENGTHS) + 3;
  if (bits >= state.bitsWithNewCodes) return;
  state.bitsWithNewCodes = bits;
  memory.copy(stream + NEW_LENGTHS, FIXED_LENGTHS, 320);
  makeHeader(stream);
}

/** What was measured last goes on in the open block. */
// @ts-ignore: decorator
@inline
export function staysOpen(state: Stream): bool {
  return state.bitsWithOpenCodes >= 0 && state.bitsWithOpenCodes < state.bitsWithNewCodes;
}

/** The range at its narrowest; returns where `adler32` puts what it finds. */
export function resetRange(stream: usize): usize {
  const state = changetype<Stream>(stream);
  state.min = -16;
  state.max = 16;
  return stream + offsetof<Stream>("min");
}

/** Bits of all symbols with code lengths, the extra bits aside; -1 where a symbol that occurs has no code. */
function bitsWith(stream: usize, lengths: usize): i64 {
  let bits: i64 = 0;
  for (let symbol = 0; symbol < 320; symbol++) {
    // 288 literals and lengths, then 32 distances, as the code lengths lie.
    const frequency = <u32>get(stream + LITERAL_FREQUENCIES, symbol);
    const length = load<u8>(lengths + symbol);
    if (frequency > 0 && length == 0) return -1;
    bits += <i64>frequency * length;
  }
  return bits;
}

/** Average bits, times 64, of a literal of what was measured last; `fallback` if it has none. */
export function averageLiteral(stream: usize, fallback: i32): i32 {
  let bits: u64 = 0;
  let count: u64 = 0;
  for (let literal = 0; literal < 256; literal++) {
    const frequency = <u32>get(stream + LITERAL_FREQUENCIES, literal);
    count += frequency;
    bits += <u64>frequency * load<u8>(stream + NEW_LENGTHS + literal);
  }
  return count == 0 ? fallback : <i32>max<u64>(1, (bits << 6) / count);
}

/** The same of the first bytes at `src`, if all of them were literals. */
export function averageWithoutMatches(stream: usize, src: usize, n: i32, sequences: usize): i32 {
  const end = appendSequence(sequences, min(n, MIN_SAMPLED - 1), 0, 0);
  countLiteralFrequencies(stream, src, sequences, end, false);
  makeCodeLengths(stream, stream + LITERAL_FREQUENCIES, 256, LITERAL_LIMIT, stream + NEW_LENGTHS);
  return averageLiteral(stream, 0);
}
