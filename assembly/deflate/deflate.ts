// The deflate stream (RFC 1951) inside PNG's IDAT, strip by strip: find repeats, count, make Huffman codes, write bits.
// Bits left over from one strip open the next, so no strip ends with padding or a flush; where a strip is like the one
// before, its block simply goes on.
import { adler32 } from "../checksum";
import { filterRows, plainRows } from "../png/filter";

/** Two literals of at most 13 bits and their length fit a u32 of the pair table. */
const LITERAL_LIMIT = 13;
const DISTANCE_LIMIT = 12;
const CODE_LENGTH_LIMIT = 7;
const LITERALS = 286;
const DISTANCES = 30;
const CODE_LENGTHS = 19;
const END_OF_BLOCK = 256;
const LONGEST_MATCH: u32 = 258;
const LONGEST_DISTANCE: usize = 32768;
/** A sequence's match has 16 bits for its length; longer runs are several sequences. */
const LONGEST_SEQUENCE: usize = 65000;
/** With fewer literals than these the pair table costs more time than it saves. */
const FEWEST_PAIRED: u32 = 4096;
/** With fewer literals than these all are counted. */
const FEWEST_SAMPLED: u32 = 65536;
/**
 * A decoder must take any number of literals in a row; fflate, which fast-png decodes with, makes room for 131,072 at a
 * block's start and at each match and then drops what does not fit. So a block does not go on without a match for longer.
 */
const MOST_LITERALS: usize = 131072;
const HASH_BITS = 15;
/** Strips for which the winner of a trial, filtered or plain rows, holds. */
const STRIPS_A_TRIAL = 10;
/** Half a vector and more short of the window, as matches grow backwards. */
const FARTHEST: usize = LONGEST_DISTANCE - 264;

/** What rows hold: whole samples, a palette's indices, several indices a byte. */
const SAMPLES = 0;
const INDICES = 1;
const PACKED = 2;

/** How long a strip is searched for matches: photographs have only zero runs looked for in FAST and BALANCED. */
const FAST = 0;
const BALANCED = 1;
const SMALL = 2;

/** 65536 u32, by two literals as they lie in memory: outside the stream, as a constant address costs no addition. */
const PAIRS: usize = memory.data(65536 * 4, 64);

/** The stream's state, and the tables of the block at hand; all offsets are from it. */
@unmanaged
class Stream {
  /** Bits not yet written, fewer than 8 between calls. */
  bits: u64;
  count: u64;
  out: usize;
  adler: u32;
  /** Signed range of the strip's bytes. */
  least: i32;
  most: i32;
  /** A block has begun and its codes stand. */
  open: bool;
  /** Bytes of a pixel. */
  pixel: usize;
  /** Bytes of the stream before the strip at hand that lie before it in memory: at most the window. */
  history: u32;
  /** All bytes before it, modulo 2^32. */
  done: u32;
  /** What the strip's Adler-32 will be if it is written as it was last measured; its sequences' end, literals and bits. */
  newAdler: u32;
  sampled: bool;
  sequencesEnd: usize;
  literals: u32;
  extra: u32;
  fresh: i64;
  same: i64;
  /** Average bits of a literal, times 64, of filtered rows and of plain ones. */
  filteredLiteral: i32;
  plainLiteral: i32;
  /** Plain rows were smaller when both were last tried; strips until both are tried again. */
  plain: bool;
  untilTrial: i32;
  /** The tables of matches are cleared when the first strip wants them; photographs never do. */
  tablesReady: bool;
  /** Literals since the open block's last match. */
  unmatched: u32;
  /** The pair table holds the open block's codes. */
  paired: bool;
  /** Of the header last made: entries of HEADER_SYMBOLS, literal and distance lengths named. */
  headerSymbols: u32;
  headerLiterals: u32;
  headerDistances: u32;
}

// Codes are bits << 8 | length, those of matches with the length's extra bits.
const COUNTS: usize = 128; // 4 × 256 u32
const LITERAL_FREQUENCIES: usize = COUNTS + 4096; // 288 u32
const DISTANCE_FREQUENCIES: usize = LITERAL_FREQUENCIES + 288 * 4; // 32 u32
const OPEN_LENGTHS: usize = DISTANCE_FREQUENCIES + 32 * 4; // 288 u8 literals, 32 u8 distances
const NEW_LENGTHS: usize = OPEN_LENGTHS + 320; // the same, of a block that may begin
const PLAIN_COSTS: usize = NEW_LENGTHS + 320; // 260 i32 by a match's length, 32 by its distance's symbol: bits, times 64
const FILTERED_COSTS: usize = PLAIN_COSTS + 292 * 4;
const LITERAL_CODES: usize = FILTERED_COSTS + 292 * 4; // 288 u32
const DISTANCE_CODES: usize = LITERAL_CODES + 288 * 4; // 32 u32
const MATCH_CODES: usize = DISTANCE_CODES + 32 * 4; // 260 u32, by the match's length
const HEADER_FREQUENCIES: usize = MATCH_CODES + 260 * 4; // 32 u32
const HEADER_LENGTHS: usize = HEADER_FREQUENCIES + 32 * 4; // 32 u8
const HEADER_CODES: usize = HEADER_LENGTHS + 32; // 32 u32
const HEADER_SYMBOLS: usize = HEADER_CODES + 32 * 4; // 320 × (u8 symbol, u8 extra bits' value)
const SORTED: usize = HEADER_SYMBOLS + 640; // 288 u32
const DEPTHS: usize = SORTED + 288 * 4; // 288 i32
const LENGTH_COUNTS: usize = DEPTHS + 288 * 4; // 16 u32
const PAIR_LOW: usize = (LENGTH_COUNTS + 64 + 15) & ~15; // 256 u32: code << 6 | length
const PAIR_SHIFT: usize = PAIR_LOW + 1024; // 256 u32: 1 << length
// 2^15 u32 by hash: the last place with it; 32768 u32 by place: the one before with the same. Of each of two kinds of rows.
const TABLE_BYTES: usize = (4 << HASH_BITS) + 32768 * 4;
const FILTERED_TABLES: usize = PAIR_SHIFT + 1024;
const PLAIN_TABLES: usize = FILTERED_TABLES + TABLE_BYTES;
const STREAM_BYTES: usize = PLAIN_TABLES + TABLE_BYTES;

/** Zlib's symbol of a match length 3 … 258, less 257, and its extra bits; by computation from RFC 1951, 3.2.5. */
// @ts-ignore: decorator
@inline
function lengthSymbol(length: u32): u32 {
  if (length == LONGEST_MATCH) return 28;
  const l = length - 3;
  if (l < 8) return l;
  const extra = 29 - clz(l);
  return (extra << 2) + (l >> extra);
}

// @ts-ignore: decorator
@inline
function lengthExtra(length: u32): u32 {
  const l = length - 3;
  return l < 8 || length == LONGEST_MATCH ? 0 : 29 - clz(l);
}

// @ts-ignore: decorator
@inline
function distanceSymbol(distanceLess1: u32): u32 {
  if (distanceLess1 < 4) return distanceLess1;
  const top = 31 - clz(distanceLess1);
  return (top << 1) + ((distanceLess1 >> (top - 1)) & 1);
}

// @ts-ignore: decorator
@inline
function distanceExtra(distanceLess1: u32): u32 {
  return distanceLess1 < 4 ? 0 : 30 - clz(distanceLess1);
}

/** The next piece of a match longer than 258, so that no rest of 1 or 2 remains, which no code could name. */
// @ts-ignore: decorator
@inline
function piece(length: u32): u32 {
  if (length <= LONGEST_MATCH) return length;
  return length - LONGEST_MATCH < 3 ? LONGEST_MATCH - 3 : LONGEST_MATCH;
}

// --- Sequences: some literals, then a match; u32 literals, u16 length, u16 distance - 1. The last one's length is 0; so
// is that of one after which the block must begin anew.

// @ts-ignore: decorator
@inline
function sequence(at: usize, literals: usize, length: usize, distanceLess1: usize): usize {
  for (; literals > MOST_LITERALS; literals -= MOST_LITERALS, at += 8) {
    store<u32>(at, <u32>MOST_LITERALS);
    store<u32>(at, 0, 4);
  }
  store<u32>(at, <u32>literals);
  store<u32>(at, <u32>(length | (distanceLess1 << 16)), 4);
  return at + 8;
}

/** One bit for each of 64 bytes: it is zero. */
// @ts-ignore: decorator
@inline
function zeros(at: usize): u64 {
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

/** Appends runs of at least 12 (or 8) zeros as matches of distance 1; returns the end of the sequences. */
export function parseZeroRuns(src: usize, n: i32, sequences: usize, eight: bool): usize {
  const end = src + n;
  const step: usize = eight ? 57 : 53;
  let anchor = src;
  let at = src;
  let next = sequences;
  while (at + 64 <= end) {
    const mask = zeros(at);
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
    next = zeroRun(next, anchor, start, at);
    anchor = at;
  }
  return sequence(next, end - anchor, 0, 0);
}

/** Literals from anchor, then zeros from start to end. */
// @ts-ignore: decorator
@inline
function zeroRun(next: usize, anchor: usize, start: usize, end: usize): usize {
  let literals = start + 1 - anchor;
  let length = end - start - 1;
  while (length > LONGEST_SEQUENCE) {
    next = sequence(next, literals, LONGEST_SEQUENCE, 0);
    length -= LONGEST_SEQUENCE;
    literals = 0;
    // A rest of 1 or 2 would be no match.
    if (length < 3) return sequence(next - 8, load<u32>(next - 8), LONGEST_SEQUENCE + length, 0);
  }
  return sequence(next, literals, length, 0);
}

// @ts-ignore: decorator
@inline
function hashed(word: u32): usize {
  return <usize>((word * 0x9e3779b1) >> (32 - HASH_BITS)) << 2;
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

/** Bits, times 64, of a match in its pieces. */
// @ts-ignore: decorator
@inline
function costOf(costs: usize, length: usize, distance: usize): i32 {
  const ofDistance = get(costs, 260 + distanceSymbol(<u32>distance - 1));
  if (length <= LONGEST_MATCH) return get(costs, <i32>length) + ofDistance;
  const whole = <i32>(length / LONGEST_MATCH);
  return (get(costs, LONGEST_MATCH) + ofDistance) * (whole + 1);
}

/** What matches cost with the code lengths of the strip just measured: the next is like it. */
function keepCosts(stream: usize, costs: usize, lengths: usize): void {
  for (let length: u32 = 3; length <= LONGEST_MATCH; length++) {
    const bits = <i32>load<u8>(lengths + 257 + lengthSymbol(length));
    put(costs, length, ((bits == 0 ? 12 : bits) + lengthExtra(length)) << 6);
  }
  for (let symbol: u32 = 0; symbol < 30; symbol++) {
    const bits = <i32>load<u8>(lengths + 288 + symbol);
    put(costs, 260 + symbol, ((bits == 0 ? 9 : bits) + (symbol < 4 ? 0 : (symbol >> 1) - 1)) << 6);
  }
}

/**
 * Matches (LZ77): a run of the byte or the pixel before, then chains of earlier places with the same 3 or 4 bytes. Taken is what costs
 * least by the byte, with the code lengths of the strip before; a short match waits a step for the place after it to have a better one.
 * Far copies end with the first code, so that a run can take over: in blank rows it costs a third of what the row above does.
 */
function parseMatches(
  stream: usize,
  tables: usize,
  src: usize,
  n: i32,
  sequences: usize,
  literal: i32,
  costs: usize,
  flat: bool,
  level: i32,
): usize {
  // Three bytes of a photograph cost less than a match.
  const least: usize = flat ? 3 : 4;
  const unused: u32 = flat ? 8 : 0;
  const tries = flat ? triesOf(level) : 12;
  const nice = longEnough(level);
  // Of long matches not every place is entered, but where time matters less.
  const stride: usize = level == FAST ? 8 : level == BALANCED ? 4 : 1;
  const state = changetype<Stream>(stream);
  if (!state.tablesReady) memory.fill(stream + FILTERED_TABLES, 0, 2 * TABLE_BYTES);
  state.tablesReady = true;
  const pixel = state.pixel;
  const hash = tables;
  const chain = tables + (4 << HASH_BITS);
  // Places are counted from the stream's beginning, so that the tables stay good from strip to strip.
  const base = src - <usize>state.done;
  const end = src + n;
  let anchor = src;
  let at = state.done > 0 ? src : src + 1;
  let next = sequences;
  const last = n > 64 ? end - 32 : src;
  // The match that waits for the place after it: it begins at `at - 1`.
  let heldStop: usize = 0;
  let heldDistance: usize = 0;
  let heldCost: i32 = 0;
  let miss: usize = 0;
  while (at < last) {
    const word = load<u32>(at) << unused;
    const slot = hash + hashed(word);
    const place = at - base;
    const head = load<u32>(slot);
    let candidate = base + head;
    store<u32>(chain + ((place & 32767) << 2), head);
    store<u32>(slot, <u32>place);
    let stop: usize = 0;
    let distance: usize = 0;
    // The best so far, from the place that waits if one does: what it costs and how far it reaches.
    const waits = heldStop != 0;
    const from = waits ? at - 1 : at;
    const before = waits ? literal : 0;
    let bestCost = waits ? heldCost : literal;
    let bestLength = waits ? heldStop - from : 1;
    const run: usize = load<u32>(at - 1) << unused == word ? 1 : load<u32>(at - pixel) << unused == word ? pixel : 0;
    if (run != 0 && place >= run) {
      const p = endOfMatch(at + least, run, min(end, at + LONGEST_SEQUENCE / 2));
      const cost = costOf(costs, p - at, run) + before;
      if (<u64>cost * bestLength < <u64>bestCost * (p - from)) {
        bestCost = cost;
        bestLength = p - from;
        stop = p;
        distance = run;
      }
    }
    for (let left = stop != 0 && stop - at >= nice ? 0 : tries; left > 0; left--) {
      const away = at - candidate;
      if (away > FARTHEST || away == 0) break;
      // One that reaches further than the best so far has the byte after that one in common too.
      if (load<u32>(candidate) << unused == word && (stop == 0 || load<u8>(stop) == load<u8>(stop - away))) {
        const p = endOfMatch(at + least, away, min(end, at + LONGEST_MATCH));
        // The cheapest by the byte: each 258 bytes take the codes anew, so a run beats a far copy that reaches further.
        const cost = costOf(costs, p - at, away) + before;
        if (<u64>cost * bestLength < <u64>bestCost * (p - from)) {
          bestCost = cost;
          bestLength = p - from;
          stop = p;
          distance = away;
          if (p - at >= nice) break;
        }
      }
      if (left == 1) break;
      const earlier = base + load<u32>(chain + (((candidate - base) & 32767) << 2));
      if (earlier >= candidate) break;
      candidate = earlier;
    }
    if (stop != 0) {
      heldStop = stop;
      heldDistance = distance;
      heldCost = bestCost - before;
      at++;
      miss = 0;
      if (stop - at < nice) continue;
    } else if (heldStop == 0) {
      at += 1 + (miss >> 5);
      miss++;
      continue;
    }
    let start = at - 1;
    const earliest = max(max(anchor, base + heldDistance), heldStop - LONGEST_SEQUENCE);
    while (start > earliest && load<u8>(start - 1) == load<u8>(start - 1 - heldDistance)) start--;
    assert(start >= anchor && start - heldDistance + state.history >= src && heldStop <= end);
    next = sequence(next, start - anchor, heldStop - start, heldDistance - 1);
    const step: usize = heldStop - at > 64 ? stride : 1;
    const until = min(heldStop, last);
    const entered = stop == 0 ? at + 1 : at;
    // Inside a run all places look the same: only its end tells what follows.
    for (let p = heldDistance <= pixel ? max(entered, heldStop - 4) : entered; p < until; p += step) {
      const key = hash + hashed(load<u32>(p) << unused);
      store<u32>(chain + (((p - base) & 32767) << 2), load<u32>(key));
      store<u32>(key, <u32>(p - base));
    }
    anchor = at = heldStop;
    heldStop = 0;
  }
  if (heldStop != 0) {
    next = sequence(next, at - 1 - anchor, heldStop - (at - 1), heldDistance - 1);
    anchor = heldStop;
  }
  return sequence(next, end - anchor, 0, 0);
}

// --- Counting

/** Bytes that the sequences stand for; only the debug build asks. */
function lengthOf(sequences: usize, end: usize): i32 {
  let bytes: u32 = 0;
  for (let s = sequences; s < end; s += 8) bytes += load<u32>(s) + load<u16>(s, 4);
  return bytes;
}

/** Literals of the sequences. */
function countOfLiterals(sequences: usize, end: usize): u32 {
  let literals: u32 = 0;
  for (let s = sequences; s < end; s += 8) literals += load<u32>(s);
  return literals;
}

// @ts-ignore: decorator
@inline
function count8(counts: usize, word: u64, weight: u32): void {
  count(counts, word, 0, weight);
  count(counts + 1024, word, 8, weight);
  count(counts + 2048, word, 16, weight);
  count(counts + 3072, word, 24, weight);
  count(counts, word, 32, weight);
  count(counts + 1024, word, 40, weight);
  count(counts + 2048, word, 48, weight);
  count(counts + 3072, word, 56, weight);
}

// @ts-ignore: decorator
@inline
function count(counts: usize, word: u64, shift: u64, weight: u32): void {
  const at = counts + (<usize>((word >> shift) & 255) << 2);
  store<u32>(at, load<u32>(at) + weight);
}

/** Frequencies of literals: all, or about an eighth: 8 of every 64 in long runs, short runs in one of eight groups of 64. */
function countLiterals(stream: usize, src: usize, sequences: usize, end: usize, sampled: bool): void {
  const counts = stream + COUNTS;
  memory.fill(counts, 0, 4096);
  let at = src;
  for (let s = sequences; s < end; s += 8) {
    let literals = load<u32>(s);
    const after = at + literals + <usize>load<u16>(s, 4);
    let weight: u32 = 1;
    if (sampled && literals >= 64) {
      for (; literals >= 64; literals -= 64, at += 64) count8(counts, load<u64>(at), 8);
      literals = 0;
    } else if (sampled) {
      if (((s - sequences) >> 9) & 7) literals = 0;
      weight = 8;
    }
    for (; literals >= 8; literals -= 8, at += 8) count8(counts, load<u64>(at), weight);
    for (; literals > 0; literals--, at++) {
      const slot = counts + (<usize>load<u8>(at) << 2);
      store<u32>(slot, load<u32>(slot) + weight);
    }
    at = after;
  }
  const frequencies = stream + LITERAL_FREQUENCIES;
  for (let i: usize = 0; i < 1024; i += 16) {
    const sum = i32x4.add(
      i32x4.add(v128.load(counts + i), v128.load(counts + i, 1024)),
      i32x4.add(v128.load(counts + i, 2048), v128.load(counts + i, 3072)),
    );
    v128.store(frequencies + i, sum);
  }
  if (sampled) {
    // A value that the sample missed must have a code, one outside the strip's range need not waste any.
    const state = changetype<Stream>(stream);
    for (let value = state.least; value <= state.most; value++) bump(frequencies, value & 255, 1);
  }
}

// @ts-ignore: decorator
@inline
function bump(frequencies: usize, symbol: u32, by: u32): void {
  const at = frequencies + (<usize>symbol << 2);
  store<u32>(at, load<u32>(at) + by);
}

/** Frequencies of length and distance symbols, exact; returns the extra bits they carry. */
function countMatches(stream: usize, sequences: usize, end: usize): u32 {
  const literals = stream + LITERAL_FREQUENCIES;
  const distances = stream + DISTANCE_FREQUENCIES;
  memory.fill(literals + 256 * 4, 0, 32 * 4);
  memory.fill(distances, 0, 32 * 4);
  bump(literals, END_OF_BLOCK, 1);
  let extra: u32 = 0;
  for (let s = sequences; s < end; s += 8) {
    let length: u32 = load<u16>(s, 4);
    if (length == 0) continue;
    const distanceLess1 = load<u16>(s, 6);
    let pieces: u32 = 1;
    if (length > LONGEST_MATCH) {
      const whole = (length - 3) / LONGEST_MATCH;
      length -= whole * LONGEST_MATCH;
      // `piece` takes 255 once where 1 or 2 would remain: here such a rest shows as more than 258.
      bump(literals, 285, whole);
      pieces += whole;
      if (length > LONGEST_MATCH) {
        bump(literals, 257 + lengthSymbol(LONGEST_MATCH - 3), 1);
        extra += lengthExtra(LONGEST_MATCH - 3);
        length -= LONGEST_MATCH - 3;
        pieces++;
      }
    }
    bump(literals, 257 + lengthSymbol(length), 1);
    bump(distances, distanceSymbol(distanceLess1), pieces);
    extra += lengthExtra(length) + pieces * distanceExtra(distanceLess1);
  }
  // A decoder wants a complete code even if no match uses it.
  bump(distances, 0, 1);
  bump(distances, 1, 1);
  return extra;
}

// --- Huffman codes

/**
 * Code lengths at most `limit`. Lengths of an unlimited Huffman code in place (Moffat and Katajainen, 1995); those over
 * the limit are cut to it and the code made complete again by lengthening the longest of the shorter ones.
 */
function makeLengths(stream: usize, frequencies: usize, symbols: i32, limit: i32, lengths: usize): void {
  const sorted = stream + SORTED;
  const depths = stream + DEPTHS;
  memory.fill(lengths, 0, symbols);
  let used = 0;
  for (let symbol = 0; symbol < symbols; symbol++) {
    const frequency = load<u32>(frequencies + (<usize>symbol << 2));
    if (frequency > 0) {
      put(sorted, used, (min<u32>(frequency, 0x7fffff) << 9) | symbol);
      used++;
    }
  }
  if (used == 0) return;
  if (used == 1) {
    store<u8>(lengths + (load<u32>(sorted) & 511), 1);
    return;
  }
  sort(sorted, used, depths);
  for (let i = 0; i < used; i++) put(depths, i, get(sorted, i) >>> 9);

  put(depths, 0, get(depths, 0) + get(depths, 1));
  let root = 0;
  let leaf = 2;
  for (let next = 1; next < used - 1; next++) {
    let weight: i32;
    if (leaf >= used || get(depths, root) < get(depths, leaf)) {
      weight = get(depths, root);
      put(depths, root, next);
      root++;
    } else {
      weight = get(depths, leaf);
      leaf++;
    }
    if (leaf >= used || (root < next && get(depths, root) < get(depths, leaf))) {
      weight += get(depths, root);
      put(depths, root, next);
      root++;
    } else {
      weight += get(depths, leaf);
      leaf++;
    }
    put(depths, next, weight);
  }
  put(depths, used - 2, 0);
  for (let next = used - 3; next >= 0; next--) put(depths, next, get(depths, get(depths, next)) + 1);

  // How many codes have each length.
  const counts = stream + LENGTH_COUNTS;
  memory.fill(counts, 0, 64);
  let open = 1;
  let inner = 0;
  let node = used - 2;
  for (let depth = 0; open > 0; depth++) {
    while (node >= 0 && get(depths, node) == depth) {
      inner++;
      node--;
    }
    const length = min(depth, limit);
    put(counts, length, get(counts, length) + open - inner);
    open = inner << 1;
    inner = 0;
  }
  let kraft = 0;
  for (let length = 1; length <= limit; length++) kraft += get(counts, length) << (limit - length);
  for (; kraft > 1 << limit; kraft--) {
    put(counts, limit, get(counts, limit) - 1);
    let length = limit - 1;
    while (get(counts, length) == 0) length--;
    put(counts, length, get(counts, length) - 1);
    put(counts, length + 1, get(counts, length + 1) + 2);
  }
  let i = 0;
  for (let length = limit; length > 0; length--) {
    for (let left = get(counts, length); left > 0; left--) {
      store<u8>(lengths + (get(sorted, i) & 511), <u8>length);
      i++;
    }
  }
}

// @ts-ignore: decorator
@inline
function get(array: usize, i: i32): i32 {
  return load<i32>(array + (<usize>i << 2));
}

// @ts-ignore: decorator
@inline
function put(array: usize, i: i32, value: i32): void {
  store<i32>(array + (<usize>i << 2), value);
}

/** Ascending by frequency, at most 2^23 - 1: three stable passes of 8 bits, in 2 µs where Shell's sort takes 10. */
function sort(array: usize, n: i32, spare: usize): void {
  pass(array, n, 9, spare);
  pass(spare, n, 17, array);
  pass(array, n, 25, spare);
  memory.copy(array, spare, n << 2);
}

/** Entries of `array` → `sorted`, by their bits from `shift` on. */
function pass(array: usize, n: i32, shift: i32, sorted: usize): void {
  memory.fill(BUCKETS, 0, 1024);
  for (let i = 0; i < n; i++) bump(BUCKETS, (get(array, i) >>> shift) & 255, 1);
  for (let bucket = 0, first = 0; bucket < 256; bucket++) {
    const size = get(BUCKETS, bucket);
    put(BUCKETS, bucket, first);
    first += size;
  }
  for (let i = 0; i < n; i++) {
    const value = get(array, i);
    const bucket = (value >>> shift) & 255;
    put(sorted, get(BUCKETS, bucket), value);
    bump(BUCKETS, bucket, 1);
  }
}

const BUCKETS: usize = memory.data(1024, 16);

/** Canonical codes, first bit lowest as deflate writes them, as bits << 8 | length. */
function makeCodes(stream: usize, lengths: usize, symbols: i32, codes: usize): void {
  const counts = stream + LENGTH_COUNTS;
  memory.fill(counts, 0, 64);
  for (let symbol = 0; symbol < symbols; symbol++) bump(counts, load<u8>(lengths + symbol), 1);
  let code = 0;
  put(counts, 0, 0);
  for (let length = 0; length < 16; length++) {
    const first = code;
    code = (code + get(counts, length)) << 1;
    put(counts, length, first);
  }
  for (let symbol = 0; symbol < symbols; symbol++) {
    const length = load<u8>(lengths + symbol);
    const next = get(counts, length);
    put(counts, length, next + 1);
    put(codes, symbol, length == 0 ? 0 : (reversed(next, length) << 8) | length);
  }
}

function reversed(code: i32, length: i32): i32 {
  let bits = 0;
  for (; length > 0; length--, code >>= 1) bits = (bits << 1) | (code & 1);
  return bits;
}

/** Bits that the strip takes with these lengths, the extra ones aside; -1 where a symbol in use has no code. */
function costWith(stream: usize, lengths: usize): i64 {
  let bits: i64 = 0;
  for (let symbol = 0; symbol < 320; symbol++) {
    // 288 literal and length frequencies, then 32 of distances, as the lengths lie.
    const frequency = <u32>get(stream + LITERAL_FREQUENCIES, symbol);
    const length = load<u8>(lengths + symbol);
    if (frequency > 0 && length == 0) return -1;
    bits += <i64>frequency * length;
  }
  return bits;
}

// --- Bits

// @ts-ignore: decorator
@inline
function write(state: Stream, bits: u64, count: u64): void {
  const buffer = state.bits | (bits << state.count);
  const total = state.count + count;
  store<u64>(state.out, buffer);
  state.out += <usize>(total >> 3);
  state.bits = buffer >> (total & 56);
  state.count = total & 7;
}

// @ts-ignore: decorator
@inline
function writeCode(state: Stream, codes: usize, symbol: i32): void {
  const code = <u32>get(codes, symbol);
  write(state, code >> 8, code & 255);
}

/**
 * The code lengths of NEW_LENGTHS, run-length coded (RFC 1951, 3.2.7), to HEADER_SYMBOLS with their own code; returns the header's bits.
 */
function makeHeader(stream: usize): i32 {
  const lengths = stream + NEW_LENGTHS;
  const symbols = stream + HEADER_SYMBOLS;
  const frequencies = stream + HEADER_FREQUENCIES;
  let literals = LITERALS;
  while (literals > 257 && load<u8>(lengths + literals - 1) == 0) literals--;
  let distances = DISTANCES;
  while (distances > 1 && load<u8>(lengths + 288 + distances - 1) == 0) distances--;
  memory.fill(frequencies, 0, 32 * 4);
  const total = literals + distances;
  let written = 0;
  for (let i = 0; i < total; ) {
    const length = headerLength(lengths, literals, i);
    let run = 1;
    while (i + run < total && headerLength(lengths, literals, i + run) == length) run++;
    i += run;
    if (length == 0) {
      for (; run >= 11; run -= min(run, 138)) {
        written = headerSymbol(symbols, written, frequencies, 18, min(run, 138) - 11);
      }
      if (run >= 3) {
        written = headerSymbol(symbols, written, frequencies, 17, run - 3);
        run = 0;
      }
    } else {
      written = headerSymbol(symbols, written, frequencies, length, 0);
      run--;
      for (; run >= 3; run -= min(run, 6)) written = headerSymbol(symbols, written, frequencies, 16, min(run, 6) - 3);
    }
    for (; run > 0; run--) written = headerSymbol(symbols, written, frequencies, length, 0);
  }
  const state = changetype<Stream>(stream);
  state.headerSymbols = written;
  state.headerLiterals = literals;
  state.headerDistances = distances;
  makeLengths(stream, frequencies, CODE_LENGTHS, CODE_LENGTH_LIMIT, stream + HEADER_LENGTHS);
  let bits = 3 + 14 + 3 * CODE_LENGTHS;
  for (let symbol = 0; symbol < CODE_LENGTHS; symbol++) {
    const extra = symbol == 16 ? 2 : symbol == 17 ? 3 : symbol == 18 ? 7 : 0;
    bits += get(frequencies, symbol) * (load<u8>(stream + HEADER_LENGTHS + symbol) + extra);
  }
  return bits;
}

// @ts-ignore: decorator
@inline
function headerLength(lengths: usize, literals: i32, i: i32): u32 {
  const at: i32 = i < literals ? i : 288 + i - literals;
  return load<u8>(lengths + at);
}

// @ts-ignore: decorator
@inline
function headerSymbol(symbols: usize, written: i32, frequencies: usize, symbol: i32, extra: i32): i32 {
  store<u8>(symbols + (written << 1), <u8>symbol);
  store<u8>(symbols + (written << 1), <u8>extra, 1);
  bump(frequencies, symbol, 1);
  return written + 1;
}

/** Order in which a header names the lengths of its own code. */
const HEADER_ORDER: usize = memory.data<u8>([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]);

/** The header that `makeHeader` has made. */
function writeHeader(stream: usize): void {
  const state = changetype<Stream>(stream);
  makeCodes(stream, stream + HEADER_LENGTHS, CODE_LENGTHS, stream + HEADER_CODES);
  let named = CODE_LENGTHS;
  while (named > 4 && load<u8>(stream + HEADER_LENGTHS + load<u8>(HEADER_ORDER + named - 1)) == 0) named--;
  write(state, 4, 3); // not the last, dynamic codes
  write(state, state.headerLiterals - 257, 5);
  write(state, state.headerDistances - 1, 5);
  write(state, named - 4, 4);
  for (let i = 0; i < named; i++) write(state, load<u8>(stream + HEADER_LENGTHS + load<u8>(HEADER_ORDER + i)), 3);
  for (let i: u32 = 0; i < state.headerSymbols; i++) {
    const symbol = load<u8>(stream + HEADER_SYMBOLS + (i << 1));
    writeCode(state, stream + HEADER_CODES, symbol);
    if (symbol >= 16) {
      write(state, load<u8>(stream + HEADER_SYMBOLS + (i << 1), 1), symbol == 16 ? 2 : symbol == 17 ? 3 : 7);
    }
  }
}

/** Opens a block with the codes of NEW_LENGTHS, whose header `makeHeader` has made. */
function openBlock(stream: usize): void {
  const state = changetype<Stream>(stream);
  const lengths = stream + OPEN_LENGTHS;
  memory.copy(lengths, stream + NEW_LENGTHS, 320);
  writeHeader(stream);
  makeCodes(stream, lengths, 288, stream + LITERAL_CODES);
  makeCodes(stream, lengths + 288, 32, stream + DISTANCE_CODES);
  for (let length: u32 = 3; length <= LONGEST_MATCH; length++) {
    const symbol = lengthSymbol(length);
    const code = <u32>get(stream + LITERAL_CODES, 257 + symbol);
    const extra = lengthExtra(length);
    const value: u32 = (length - 3) & ((<u32>1 << extra) - 1);
    put(stream + MATCH_CODES, length, ((((code >> 8) | (value << (code & 255))) << 8) | (code & 255)) + extra);
  }
  state.open = true;
  state.paired = false;
}

function closeBlock(stream: usize): void {
  const state = changetype<Stream>(stream);
  if (state.open) writeCode(state, stream + LITERAL_CODES, END_OF_BLOCK);
  state.open = false;
}

/** Ends the block and begins another with the same codes. */
function reopenBlock(stream: usize): void {
  writeCode(changetype<Stream>(stream), stream + LITERAL_CODES, END_OF_BLOCK);
  memory.copy(stream + NEW_LENGTHS, stream + OPEN_LENGTHS, 320);
  makeHeader(stream);
  writeHeader(stream);
}

/** Entry of two literals: both codes << 6 | their length; built from `code << 6 | length` of one and 1 << its length. */
function makePairs(stream: usize): void {
  const low = stream + PAIR_LOW;
  const shift = stream + PAIR_SHIFT;
  for (let i = 0; i < 256; i++) {
    const code = <u32>get(stream + LITERAL_CODES, i);
    put(low, i, ((code >> 8) << 6) | (code & 255));
    put(shift, i, 1 << (code & 255));
  }
  let entry = PAIRS;
  for (let high = 0; high < 256; high++) {
    const code = <u32>get(stream + LITERAL_CODES, high);
    const bits = i32x4.splat((code >> 8) << 6);
    const length = i32x4.splat(code & 255);
    for (let i: usize = 0; i < 1024; i += 16, entry += 16) {
      v128.store(
        entry,
        i32x4.add(i32x4.add(v128.load(low + i), length), i32x4.mul(bits, v128.load(shift + i))),
      );
    }
  }
  changetype<Stream>(stream).paired = true;
}

/** Literals, a multiple of 8, by pairs. Exported, as Binaryen would put it into its one caller and V8 then its variables on the stack. */
export function writeLiterals(stream: usize, at: usize, n: u32): void {
  const state = changetype<Stream>(stream);
  let bits = state.bits;
  let count = state.count;
  let out = state.out;
  for (const end = at + n; at < end; at += 8) {
    const entry0 = <u64>load<u32>(PAIRS + (<usize>load<u16>(at) << 2));
    const entry1 = <u64>load<u32>(PAIRS + (<usize>load<u16>(at, 2) << 2));
    const entry2 = <u64>load<u32>(PAIRS + (<usize>load<u16>(at, 4) << 2));
    const entry3 = <u64>load<u32>(PAIRS + (<usize>load<u16>(at, 6) << 2));
    // Lengths are kept modulo 64 only: shifts ignore their upper bits, where an entry's code is.
    const low = (entry0 >> 6) | ((entry1 >> 6) << entry0);
    const high = (entry2 >> 6) | ((entry3 >> 6) << entry2);
    const lowLength = (entry0 + entry1) & 63;
    const length = lowLength + ((entry2 + entry3) & 63);
    bits |= low << count;
    if (length <= 56) {
      bits |= high << (count + lowLength);
      count += length;
    } else {
      count += lowLength;
      store<u64>(out, bits);
      out += <usize>(count >> 3);
      bits >>= count & 56;
      count &= 7;
      bits |= high << count;
      count += length - lowLength;
    }
    store<u64>(out, bits);
    out += <usize>(count >> 3);
    bits >>= count & 56;
    count &= 7;
  }
  state.bits = bits;
  state.count = count;
  state.out = out;
}

/** The sequences in the open block's codes. */
function writeSequences(stream: usize, src: usize, sequences: usize, end: usize): void {
  const state = changetype<Stream>(stream);
  const literalCodes = stream + LITERAL_CODES;
  const matchCodes = stream + MATCH_CODES;
  const distanceCodes = stream + DISTANCE_CODES;
  const paired = state.paired;
  let bits = state.bits;
  let count = state.count;
  let out = state.out;
  let at = src;
  for (let s = sequences; s < end; s += 8) {
    let literals = load<u32>(s);
    if (paired && literals >= 16) {
      const eights = literals & ~7;
      state.bits = bits;
      state.count = count;
      state.out = out;
      writeLiterals(stream, at, eights);
      at += eights;
      literals -= eights;
      bits = state.bits;
      count = state.count;
      out = state.out;
    }
    // 7 + 4 × 13 bits fit; so do 7 + 3 × 13, and then a match after them is written on its own.
    for (; literals >= 4; literals -= 4, at += 4) {
      const four = load<u32>(at);
      const code0 = <u64>load<u32>(literalCodes + ((four & 255) << 2));
      const code1 = <u64>load<u32>(literalCodes + (((four >> 8) & 255) << 2));
      const code2 = <u64>load<u32>(literalCodes + (((four >> 16) & 255) << 2));
      const code3 = <u64>load<u32>(literalCodes + ((four >> 24) << 2));
      bits |= (code0 >> 8) << count;
      count += code0 & 255;
      bits |= (code1 >> 8) << count;
      count += code1 & 255;
      bits |= (code2 >> 8) << count;
      count += code2 & 255;
      bits |= (code3 >> 8) << count;
      count += code3 & 255;
      store<u64>(out, bits);
      out += <usize>(count >> 3);
      bits >>= count & 56;
      count &= 7;
    }
    if (literals > 0) {
      for (; literals > 0; literals--, at++) {
        const code = <u64>load<u32>(literalCodes + (<usize>load<u8>(at) << 2));
        bits |= (code >> 8) << count;
        count += code & 255;
      }
      store<u64>(out, bits);
      out += <usize>(count >> 3);
      bits >>= count & 56;
      count &= 7;
    }
    let length: u32 = load<u16>(s, 4);
    if (length == 0) {
      if (s + 8 < end) {
        state.bits = bits;
        state.count = count;
        state.out = out;
        reopenBlock(stream);
        bits = state.bits;
        count = state.count;
        out = state.out;
      }
      continue;
    }
    at += length;
    const distanceLess1: u32 = load<u16>(s, 6);
    const distance = load<u32>(distanceCodes + (distanceSymbol(distanceLess1) << 2));
    const extra = distanceExtra(distanceLess1);
    const distanceCode = <u64>(distance >> 8) | (<u64>(distanceLess1 & ((1 << extra) - 1)) << (distance & 255));
    const distanceLength = <u64>((distance & 255) + extra);
    for (; length > 0; ) {
      const now = piece(length);
      length -= now;
      const match = <u64>load<u32>(matchCodes + (now << 2));
      bits |= ((match >> 8) | (distanceCode << (match & 255))) << count;
      count += (match & 255) + distanceLength;
      store<u64>(out, bits);
      out += <usize>(count >> 3);
      bits >>= count & 56;
      count &= 7;
    }
  }
  state.bits = bits;
  state.count = count;
  state.out = out;
}

/** Bytes as they are, in stored blocks (RFC 1951, 3.2.4). */
function writeStored(stream: usize, src: usize, n: i32): void {
  const state = changetype<Stream>(stream);
  for (; n > 0; ) {
    const size = min(n, 65535);
    write(state, 0, 3);
    if (state.count > 0) write(state, 0, 8 - state.count);
    store<u32>(state.out, size | (~size << 16));
    memory.copy(state.out + 4, src, size);
    state.out += 4 + size;
    src += size;
    n -= size;
  }
}

// --- The stream

/** Starts a zlib stream at `stream`, STREAM_BYTES of memory; returns the bytes of its header, written to out. */
export function deflateBegin(stream: usize, out: usize): i32 {
  const state = changetype<Stream>(stream);
  state.bits = 0;
  state.count = 0;
  state.adler = 1;
  state.open = false;
  state.paired = false;
  state.history = 0;
  state.done = 0;
  state.filteredLiteral = 5 << 6;
  state.plainLiteral = 6 << 6;
  state.tablesReady = false;
  // What codes are taken to cost before the first strip tells.
  memory.fill(stream + NEW_LENGTHS, 5, 320);
  keepCosts(stream, stream + PLAIN_COSTS, stream + NEW_LENGTHS);
  keepCosts(stream, stream + FILTERED_COSTS, stream + NEW_LENGTHS);
  state.plain = false;
  state.untilTrial = 0;
  store<u16>(out, 0x0178); // RFC 1950: deflate with a 32 KB window, no dictionary, fastest
  return 2;
}

function resetRange(stream: usize): usize {
  const state = changetype<Stream>(stream);
  state.least = -16;
  state.most = 16;
  return stream + offsetof<Stream>("least");
}

/** What the sequences would take, in bits; their codes stay for `writeStrip`. */
function measure(stream: usize, src: usize, n: i32, level: i32, sequences: usize, end: usize): i64 {
  const state = changetype<Stream>(stream);
  assert(end - sequences <= ((<usize>n / 3) << 3) + 64);
  assert(lengthOf(sequences, end) == n);
  const literals = countOfLiterals(sequences, end);
  state.literals = literals;
  state.sequencesEnd = end;
  state.sampled = level == FAST && literals >= FEWEST_SAMPLED;
  if (state.sampled) state.newAdler = adler32(src, n, state.adler, resetRange(stream));
  countLiterals(stream, src, sequences, end, state.sampled);
  state.extra = countMatches(stream, sequences, end);
  makeLengths(stream, stream + LITERAL_FREQUENCIES, 288, LITERAL_LIMIT, stream + NEW_LENGTHS);
  makeLengths(stream, stream + DISTANCE_FREQUENCIES, 32, DISTANCE_LIMIT, stream + NEW_LENGTHS + 288);
  const header = makeHeader(stream);
  state.fresh = costWith(stream, stream + NEW_LENGTHS) + header;
  const goesOn = state.open && state.unmatched + load<u32>(sequences) <= <u32>MOST_LITERALS;
  const same = goesOn ? costWith(stream, stream + OPEN_LENGTHS) : -1;
  state.same = same;
  return (same >= 0 && same < state.fresh ? same : state.fresh) + state.extra;
}

/** Average bits, times 64, of symbols of what was measured; `otherwise` if there are none. */
function average(stream: usize, frequencies: usize, first: i32, end: i32, otherwise: i32): i32 {
  let bits: u64 = 0;
  let count: u64 = 0;
  const lengths = frequencies == LITERAL_FREQUENCIES ? NEW_LENGTHS : NEW_LENGTHS + 288;
  for (let i = first; i < end; i++) {
    const frequency = <u32>get(stream + frequencies, i);
    count += frequency;
    bits += <u64>frequency * load<u8>(stream + lengths + i);
  }
  return count == 0 ? otherwise : <i32>max<u64>(1, (bits << 6) / count);
}

/** Parses with matches and measures; the averages are for the next strip. */
function measurePlain(stream: usize, src: usize, n: i32, level: i32, sequences: usize): i64 {
  const state = changetype<Stream>(stream);
  const tables = stream + PLAIN_TABLES;
  const end = parseMatches(stream, tables, src, n, sequences, state.plainLiteral, stream + PLAIN_COSTS, true, level);
  const bits = measure(stream, src, n, level, sequences, end);
  state.plainLiteral = average(stream, LITERAL_FREQUENCIES, 0, 256, state.plainLiteral);
  keepCosts(stream, stream + PLAIN_COSTS, stream + NEW_LENGTHS);
  return bits;
}

/** The same for filtered rows, whose zero runs are known; where those are few, matches are not worth FAST's time. */
function measureMatches(stream: usize, src: usize, n: i32, level: i32, flat: bool, sequences: usize, end: usize): i64 {
  if (!flat && level == FAST) return measure(stream, src, n, level, sequences, end);
  const runs = flat ? i64.MAX_VALUE : measure(stream, src, n, level, sequences, end);
  const state = changetype<Stream>(stream);
  const tables = stream + FILTERED_TABLES;
  end = parseMatches(stream, tables, src, n, sequences, state.filteredLiteral, stream + FILTERED_COSTS, flat, level);
  const bits = measure(stream, src, n, level, sequences, end);
  state.filteredLiteral = average(stream, LITERAL_FREQUENCIES, 0, 256, state.filteredLiteral);
  keepCosts(stream, stream + FILTERED_COSTS, stream + NEW_LENGTHS);
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
  const goesOn = state.same >= 0 && state.same < state.fresh;
  if (!goesOn) {
    closeBlock(stream);
    openBlock(stream);
  }
  if (!state.paired && state.literals >= FEWEST_PAIRED) makePairs(stream);
  const end = state.sequencesEnd;
  writeSequences(stream, src, sequences, end);
  const tail = load<u32>(end - 8);
  state.unmatched = end - 8 == sequences && goesOn ? state.unmatched + tail : tail;
}

/** Few enough literals that matches will pay. */
// @ts-ignore: decorator
@inline
function isFlat(literals: u32, n: i32): bool {
  return <u64>literals * 5 < <u64>n * 2;
}

/**
 * Filters and deflates a strip: `count` rows of `stride` bytes at rows, the row above them before them. Returns how many
 * bytes are at out; up to 7 bits stay in `stream`. `form`: SAMPLES, INDICES (a byte each) or PACKED (several to a byte).
 * Flat strips are tried with filters and without; the winner holds for the next strips.
 * Memory: the window and count · (stride + 1) + 64 bytes at filtered and at plain, 8 / 3 of it at sequences, 2 of it and 4 KB at out.
 */
export function deflateStrip(
  stream: usize,
  rows: usize,
  count: i32,
  stride: i32,
  pixel: i32,
  form: i32,
  level: i32,
  filtered: usize,
  plain: usize,
  sequences: usize,
  out: usize,
): i32 {
  const state = changetype<Stream>(stream);
  state.out = out;
  state.pixel = pixel;
  const n = count * (stride + 1);
  filtered += LONGEST_DISTANCE;
  plain += LONGEST_DISTANCE;
  const plainSequences = sequences + (((<usize>n / 3) << 3) + 64);
  let bits: i64 = 0;
  let chosen: usize = 0;
  if (form == PACKED || (state.plain && state.untilTrial > 0)) {
    plainRows(rows, count, stride, plain);
    bits = measurePlain(stream, plain, n, level, sequences);
    if (form == PACKED || isFlat(state.literals, n)) chosen = plain;
    state.untilTrial--;
  }
  if (chosen == 0) {
    chosen = filtered;
    filterRows(rows, count, stride, pixel, level == FAST ? 4 : 1, filtered);
    const end = parseZeroRuns(filtered, n, sequences, level != FAST);
    const flat = isFlat(countOfLiterals(sequences, end), n);
    if (level != SMALL && !flat && form != INDICES) {
      bits = measure(stream, filtered, n, level, sequences, end);
    } else if (state.untilTrial > 0 || (!flat && form != INDICES)) {
      bits = measureMatches(stream, filtered, n, level, flat, sequences, end);
      state.untilTrial--;
    } else {
      plainRows(rows, count, stride, plain);
      const plainBits = measurePlain(stream, plain, n, level, plainSequences);
      const plainEnd = state.sequencesEnd;
      bits = measureMatches(stream, filtered, n, level, flat, sequences, end);
      // A handicap: each change of kind costs what the window held of the other, and plain rows' matches grow with it.
      state.plain = form == INDICES ? plainBits < bits : plainBits * 7 < bits * 8;
      state.untilTrial = level == SMALL ? 0 : STRIPS_A_TRIAL;
      if (state.plain) {
        chosen = plain;
        sequences = plainSequences;
        bits = measure(stream, plain, n, level, plainSequences, plainEnd);
      }
    }
  }
  writeStrip(stream, chosen, n, bits, sequences);
  assert(state.out - out <= 2 * <usize>n + 4096);
  const history = min<i32>(<i32>LONGEST_DISTANCE, n);
  // A strip shorter than the window leaves a part of what was before it.
  const older = min<i32>(state.history, <i32>LONGEST_DISTANCE - history);
  keep(filtered, chosen, n, history, older);
  keep(plain, chosen, n, history, older);
  state.history = history + older;
  state.done += n;
  return <i32>(state.out - out);
}

/** Puts the stream's last bytes before `at`, where the next strip will lie. */
function keep(at: usize, strip: usize, n: i32, history: i32, older: i32): void {
  memory.copy(at - history - older, at - older, older);
  memory.copy(at - history, strip + n - history, history);
}

/** Ends the stream with its Adler-32; returns the bytes written to out. */
export function deflateEnd(stream: usize, out: usize): i32 {
  const state = changetype<Stream>(stream);
  state.out = out;
  closeBlock(stream);
  write(state, 3, 10); // the last block, of fixed codes: only its end
  if (state.count > 0) write(state, 0, 8 - state.count);
  store<u32>(state.out, bswap(state.adler));
  return <i32>(state.out - out) + 4;
}

/** What the stream and its tables take. */
export function streamBytes(): usize {
  return STREAM_BYTES;
}

/** Earlier places that are looked at for a match, until one is as long as `longEnough`. */
function triesOf(level: i32): i32 {
  return level == FAST ? 6 : level == BALANCED ? 8 : 32;
}

function longEnough(level: i32): usize {
  return level == FAST ? 16 : level == BALANCED ? 32 : LONGEST_MATCH;
}
