// Records → entropy-coded bytes (T.81 annex F), by tokens.
//
//   records ─ jpegTokenize ─▶ tokens ─ jpegWriteTokens ─▶ words ─ jpegStuff ─▶ bytes
//                             tokens ─ jpegCountTokens ─▶ optimized tables
//
// A token (u16) is an index into one table of codes: whatever is written next (a DC difference, a run with its
// coefficient, the end of a block) is one entry of it, so that the loop that writes bits knows nothing of blocks.
import { AC, BlockRecord, COEFFICIENTS, DC, LARGE, RECORD_BYTES, VALUE, ZIGZAG } from "./record";

/** Index of the token for 16 zeros, from a table's first AC token; that for the end of a block is 0. */
const SIXTEEN_ZEROS = 15 << 7;
/** A DC difference of -2048, which does not occur: its code has no bits. */
const NOTHING = DC;

/** The k-th coefficient in zigzag order. */
// @ts-ignore: decorator
@inline
function coefficient(record: usize, k: i32): i32 {
  return <i32>load<i16>(record + <usize>load<u8>(ZIGZAG + k), COEFFICIENTS);
}

/** Writes the records' tokens from `out` on, an even number of them; returns their end. */
export function jpegTokenize(records: usize, end: usize, out: usize): usize {
  const start = out;
  for (; records < end; records += RECORD_BYTES) {
    const record = changetype<BlockRecord>(records);
    const ac = <i32>record.acToken;
    store<u16>(out, record.dcToken);
    out = record.irregular ? tokenizeIrregular(records, out + 2) : tokenizeRegular(records, out + 2);
    store<u16>(out, ac);
    out += record.nonZero >> 63 ? 0 : 2; // the end of the block needs no token after its last coefficient
  }
  store<u16>(out, NOTHING);
  return out + ((out - start) & 2);
}

/**
 * A token for each coefficient, two in each turn: the last of an odd number is followed by junk, which whatever comes
 * next covers. A turn without a branch in it is worth it: most of the time of a detailed picture goes by here.
 */
// @ts-ignore: decorator
@inline
function tokenizeRegular(records: usize, out: usize): usize {
  const record = changetype<BlockRecord>(records);
  const tokensEnd = out + (<usize>popcnt(record.nonZero) << 1);
  const first = <i32>record.acToken - 128 + 64;
  let last = 0;
  for (let rest = record.nonZero; rest != 0; out += 4) {
    const k = <i32>ctz(rest);
    rest &= rest - 1;
    store<u16>(out, first + ((k - last) << 7) + coefficient(records, k));
    last = <i32>ctz(rest);
    rest &= rest - 1;
    store<u16>(out, first + ((last - k) << 7) + coefficient(records, last), 2);
  }
  return tokensEnd;
}

/** Sixteen zeros have a token of their own, and large coefficients two. */
function tokenizeIrregular(records: usize, out: usize): usize {
  const record = changetype<BlockRecord>(records);
  const ac = <i32>record.acToken;
  let last = 0;
  for (let rest = record.nonZero; rest != 0; rest &= rest - 1, out += 2) {
    const k = <i32>ctz(rest);
    let run = k - last - 1;
    for (; run > 15; run -= 16, out += 2) store<u16>(out, ac + SIXTEEN_ZEROS);
    last = k;
    const c = coefficient(records, k);
    assert(c != 0 && abs(c) < 1024);
    if (abs(c) < 64) {
      store<u16>(out, ac + (run << 7) + c + 64);
    } else {
      store<u16>(out, LARGE + ((ac - AC) >> 3) + (run << 4) + (32 - clz(abs(c))));
      store<u16>(out, VALUE + 1024 + c, 2);
      out += 2;
    }
  }
  return out;
}

/** Adds how often each token occurs to `counts` (u32 each). */
export function jpegCountTokens(tokens: usize, end: usize, counts: usize): void {
  for (; tokens < end; tokens += 2) {
    const count = counts + (<usize>load<u16>(tokens) << 2);
    store<u32>(count, load<u32>(count) + 1);
  }
}

/**
 * Writes the codes of an even number of tokens as whole 64-bit words; returns their end. Fewer than 64 bits are left
 * over at `state`: u64 bits (stale ones above them), i32 their number. A code is a u32, bits << 6 | length, and its own
 * shift count; two make 52 bits at most.
 */
export function jpegWriteTokens(tokens: usize, end: usize, codes: usize, state: usize, out: usize): usize {
  let bits = load<u64>(state);
  let used = load<i32>(state, 8);
  for (; tokens < end; tokens += 4) {
    const token = <usize>load<u16>(tokens, 2);
    const first = load<u32>(codes + (<usize>load<u16>(tokens) << 2));
    const second = load<u32>(codes + (token << 2));
    const both = (<u64>(first >> 6) << second) | (second >> 6);
    const length = <i32>((first & 63) + (second & 63));
    // A token that the tables leave out would be lost in silence.
    assert((first & 63) > 0 && ((second & 63) > 0 || token == NOTHING));
    used += length;
    if (used >= 64) {
      used -= 64;
      store<u64>(out, (bits << (length - used)) | (both >> used));
      out += 8;
    }
    bits = (bits << length) | both;
  }
  store<u64>(state, bits);
  store<i32>(state, used, 8);
  return out;
}

/** Moves whole words, of bits that another thread wrote, behind the bits at `state`, in place; returns their end. */
export function jpegShiftWords(words: usize, end: usize, state: usize): usize {
  const used = <u64>load<i32>(state, 8);
  if (used == 0) return end;
  let bits = load<u64>(state);
  for (; words < end; words += 8) {
    const word = load<u64>(words);
    store<u64>(words, (bits << (64 - used)) | (word >> used));
    bits = word;
  }
  store<u64>(state, bits);
  return end;
}

/** The same of the last `count` bits, fewer than 64, at `word`, stale ones above them. */
export function jpegShiftRest(word: usize, count: i32, state: usize): usize {
  const rest = load<u64>(word);
  const bits = load<u64>(state);
  const used = load<i32>(state, 8) + count;
  store<u64>(state, (bits << count) | (rest & (((<u64>1) << count) - 1)));
  store<i32>(state, used & 63, 8);
  if (used < 64) return word;
  store<u64>(word, (bits << (64 + count - used)) | ((rest & (((<u64>1) << count) - 1)) >> (used - 64)));
  store<u64>(state, rest);
  return word + 8;
}

// @ts-ignore: decorator
@inline
function stuffByte(byte: u32, out: usize): usize {
  store<u8>(out, byte);
  if (byte != 255) return out + 1;
  store<u8>(out, 0, 1);
  return out + 2;
}

/** Words to bytes, the most significant first, a 0 after every 255 (T.81 F.1.2.3); returns their end. */
export function jpegStuff(words: usize, end: usize, out: usize): usize {
  const ones = i8x16.splat(-1);
  const bigEndian = i8x16(7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8);
  for (; words + 16 <= end; words += 16) {
    const x = i8x16.swizzle(v128.load(words), bigEndian);
    v128.store(out, x);
    if (v128.any_true(i8x16.eq(x, ones))) {
      for (let i: usize = 0; i < 16; i++) out = stuffByte(load<u8>(words + (i ^ 7)), out);
    } else {
      out += 16;
    }
  }
  for (; words < end; words += 8) {
    for (let i: usize = 0; i < 8; i++) out = stuffByte(load<u8>(words + (i ^ 7)), out);
  }
  return out;
}

/** The bits left over at `state`, filled up with ones, as bytes; returns their end. */
export function jpegFlush(state: usize, out: usize): usize {
  const bits = load<u64>(state);
  let left = load<i32>(state, 8);
  for (; left >= 8; left -= 8) out = stuffByte(<u32>(bits >> (left - 8)) & 255, out);
  return left > 0 ? stuffByte((<u32>(bits << (8 - left)) | (255 >> left)) & 255, out) : out;
}
