// Records → entropy-coded bytes (T.81 annex F), by tokens.
//
//   records ─ jpegTokenize ─▶ tokens ─ jpegCountTokens ─▶ optimized tables, ─ jpegWriteTokens ─▶ words
//   records ─ jpegWriteRecords, with tables known beforehand ─▶ words ─ jpegStuff ─▶ bytes
//
// A token (u16) is an index into one table of codes: whatever is written next (a DC difference, a run with its
// coefficient, the end of a block) is one entry of it, so that the loop that writes bits knows nothing of blocks.
import { AC, BlockRecord, COEFFICIENTS, LARGE, RECORD_BYTES, VALUE, ZIGZAG } from "./record";

/** Index of the token for 16 zeros, from a table's first AC token; that for the end of a block is 0. */
const SIXTEEN_ZEROS = 15 << 7;

/** The k-th coefficient in zigzag order. */
// @ts-ignore: decorator
@inline
function coefficient(record: usize, k: i32): i32 {
  return <i32>load<i16>(record + <usize>load<u8>(ZIGZAG + k), COEFFICIENTS);
}

/** Has no token of its own with its run: see LARGE. */
// @ts-ignore: decorator
@inline
function isLarge(c: i32): bool {
  return <u32>(c + 63) >= 127;
}

// @ts-ignore: decorator
@inline
function largeToken(ac: i32, run: i32, c: i32): i32 {
  return LARGE + ((ac - AC) >> 3) + (run << 4) + (32 - clz(abs(c)));
}

/** Writes the records' tokens from `out` on; returns their end. */
export function jpegTokenize(records: usize, end: usize, out: usize): usize {
  for (; records < end; records += RECORD_BYTES) {
    const record = changetype<BlockRecord>(records);
    let rest = record.nonZero;
    let token = <i32>record.dcToken;
    const ac = <i32>record.acToken;
    let last = 0;
    for (;;) {
      store<u16>(out, token);
      out += 2;
      if (!rest) break;
      const k = <i32>ctz(rest);
      const run = k - last - 1;
      if (run > 15) {
        last += 16;
        token = ac + SIXTEEN_ZEROS;
        continue;
      }
      last = k;
      rest &= rest - 1;
      const c = coefficient(records, k);
      assert(c != 0 && abs(c) < 1024);
      token = ac + (run << 7) + c + 64;
      if (isLarge(c)) {
        store<u16>(out, largeToken(ac, run, c));
        out += 2;
        token = VALUE + 1024 + c;
      }
    }
    store<u16>(out, ac);
    out += last == 63 ? 0 : 2;
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

// Writing: whole 32-bit words go to `out`; fewer than 32 bits are left over at `state`: u64 bits (stale ones above
// them), i32 their number. The word before `out` is written, too: the last whole word is stored again and again, where
// a branch would be mispredicted every other word.

/** Writes the tokens' codes (u32: bits << 5 | length) as words; returns the end of the words. */
export function jpegWriteTokens(tokens: usize, end: usize, codes: usize, state: usize, out: usize): usize {
  let bits = load<u64>(state);
  let at = load<u32>(state, 8);
  for (; tokens < end; tokens += 2) {
    const code = load<u32>(codes + (<usize>load<u16>(tokens) << 2));
    assert((code & 31) > 0); // a token that the tables leave out would be lost in silence
    bits = (bits << (code & 31)) | (code >> 5);
    at += code & 31;
    store<u32>(out + ((at >> 5) << 2) - 4, <u32>(bits >> (at & 31)));
  }
  store<u64>(state, bits);
  store<u32>(state, at & 31, 8);
  return out + ((at >> 5) << 2);
}

/** jpegTokenize and jpegWriteTokens in one loop, which spares storing and loading each token. */
export function jpegWriteRecords(records: usize, end: usize, codes: usize, state: usize, out: usize): usize {
  let bits = load<u64>(state);
  let at = load<u32>(state, 8);
  for (; records < end; records += RECORD_BYTES) {
    const record = changetype<BlockRecord>(records);
    let rest = record.nonZero;
    const ac = <i32>record.acToken;
    let code = load<u32>(codes + (<usize>record.dcToken << 2));
    let last = 0;
    for (;;) {
      assert((code & 31) > 0);
      bits = (bits << (code & 31)) | (code >> 5);
      at += code & 31;
      store<u32>(out + ((at >> 5) << 2) - 4, <u32>(bits >> (at & 31)));
      if (!rest) break;
      const k = <i32>ctz(rest);
      const run = k - last - 1;
      if (run > 15) {
        last += 16;
        code = load<u32>(codes + ((ac + SIXTEEN_ZEROS) << 2));
        continue;
      }
      last = k;
      rest &= rest - 1;
      const c = coefficient(records, k);
      assert(c != 0 && abs(c) < 1024);
      if (isLarge(c)) {
        const value = load<u32>(codes + ((VALUE + 1024 + c) << 2));
        code = load<u32>(codes + (largeToken(ac, run, c) << 2));
        code = (((code >> 5) << (value & 31)) | (value >> 5)) << 5 | ((code & 31) + (value & 31));
      } else {
        code = load<u32>(codes + ((ac + (run << 7) + c + 64) << 2));
      }
    }
    if (last != 63) {
      const code = load<u32>(codes + (ac << 2));
      bits = (bits << (code & 31)) | (code >> 5);
      at += code & 31;
      store<u32>(out + ((at >> 5) << 2) - 4, <u32>(bits >> (at & 31)));
    }
  }
  store<u64>(state, bits);
  store<u32>(state, at & 31, 8);
  return out + ((at >> 5) << 2);
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
  const bigEndian = i8x16(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
  for (; words + 16 <= end; words += 16) {
    const x = i8x16.swizzle(v128.load(words), bigEndian);
    v128.store(out, x);
    if (v128.any_true(i8x16.eq(x, ones))) {
      for (let i: usize = 0; i < 16; i++) out = stuffByte(load<u8>(words + (i ^ 3)), out);
    } else {
      out += 16;
    }
  }
  for (; words < end; words += 4) {
    for (let i: usize = 0; i < 4; i++) out = stuffByte(load<u8>(words + (i ^ 3)), out);
  }
  return out;
}

/** The bits left over at `state`, filled up with ones, as bytes; returns their end. */
export function jpegFlush(state: usize, out: usize): usize {
  const n = load<i32>(state, 8);
  const bits = (load<u64>(state) << 7) | 127;
  for (let left = n + 7; left >= 8; left -= 8) out = stuffByte(<u32>(bits >> (left - 8)) & 255, out);
  return out;
}
