// Huffman codes of baseline JPEG (ITU-T T.81, annexes C and K.2): what each token writes, and the best table for a picture's tokens.
import type { HuffmanTable, HuffmanTables } from "./jpeg-tables.ts";

/**
 * The best table for symbols that occur `frequency[symbol]` times, by T.81 annex K.2 with libjpeg's choices among equals, so
 * that the table is the one that Pillow's `optimize` finds.
 */
export function optimalTable(frequency: ArrayLike<number>): HuffmanTable {
  const weight = Float64Array.from({ length: 257 }, (_, i) => (i < 256 ? frequency[i]! : 1)); // 256 keeps 111…1 unused
  const length = new Uint8Array(257);
  const next = new Int16Array(257).fill(-1);
  for (;;) {
    let least = -1;
    let second = -1;
    for (let i = 0; i < 257; i++) {
      if (weight[i] === 0) continue;
      if (least < 0 || weight[i]! <= weight[least]!) {
        second = least;
        least = i;
      } else if (second < 0 || weight[i]! <= weight[second]!) {
        second = i;
      }
    }
    if (second < 0) break;
    weight[least]! += weight[second]!;
    weight[second] = 0;
    let i = least;
    for (length[i]!++; next[i]! >= 0; length[i]!++) i = next[i]!;
    next[i] = second;
    for (i = second; i >= 0; i = next[i]!) length[i]!++;
  }
  const counts = new Int32Array(258);
  for (const bits of length) counts[bits]!++;
  counts[0] = 0;
  for (let bits = 257; bits > 16; bits--) {
    // Two of the longest give their prefix to one of them; the other becomes a brother of a shorter code.
    while (counts[bits]! > 0) {
      let shorter = bits - 2;
      while (counts[shorter] === 0) shorter--;
      counts[bits]! -= 2;
      counts[bits - 1]!++;
      counts[shorter + 1]! += 2;
      counts[shorter]!--;
    }
  }
  let longest = 16;
  while (counts[longest] === 0) longest--;
  counts[longest]!--; // symbol 256's
  const symbols = Array.from({ length: 256 }, (_, symbol) => symbol).filter((symbol) => length[symbol]! > 0);
  return {
    counts: Uint8Array.from(counts.subarray(1, 17)),
    symbols: Uint8Array.from(symbols.sort((a, b) => length[a]! - length[b]! || a - b)),
  };
}

// Tokens, numbered as in assembly/jpeg/record.ts.
const DC = 0;
const AC = 8192;
const LARGE = 12288;
const VALUE = 12800;
export const TOKENS = 14848;

const size = (value: number): number => 32 - Math.clz32(Math.abs(value));

/** What each token writes, as the kernel wants it: bits << 6 | their number; 0 for what cannot occur. */
export function tokenCodes(tables: HuffmanTables): Uint32Array {
  const codes = new Uint32Array(TOKENS);
  const withValue = (code: number, value: number): number => {
    const bits = size(value);
    // T.81 F.1.2.1: a negative value is written as the low bits of value − 1.
    const low = (value < 0 ? value - 1 : value) & ((1 << bits) - 1);
    return ((((code >>> 6) << bits) | low) << 6) | ((code & 63) + bits);
  };
  for (let t = 0; t < tables.dc.length; t++) {
    const dc = symbolCodes(tables.dc[t]!);
    for (let value = -2047; value <= 2047; value++) {
      const code = dc[size(value)]!;
      if (code !== 0) codes[DC + 4096 * t + 2048 + value] = withValue(code, value);
    }
    const ac = symbolCodes(tables.ac[t]!);
    for (let run = 0; run < 16; run++) {
      const token = AC + 2048 * t + 128 * run + 64;
      for (let value = -63; value <= 63; value++) {
        const code = ac[16 * run + size(value)]!;
        if (value !== 0 && code !== 0) codes[token + value] = withValue(code, value);
      }
      codes.set(ac.subarray(16 * run, 16 * run + 16), LARGE + 256 * t + 16 * run);
    }
    codes[AC + 2048 * t] = ac[0x00]!;
    codes[AC + 2048 * t + 128 * 15] = ac[0xf0]!;
  }
  for (let value = -1023; value <= 1023; value++) codes[VALUE + 1024 + value] = withValue(0, value);
  return codes;
}

/** Symbol → code << 6 | length, the codes counted up from the shortest (T.81 annex C). */
function symbolCodes({ counts, symbols }: HuffmanTable): Uint32Array {
  const codes = new Uint32Array(256);
  let code = 0;
  let k = 0;
  for (let length = 1; length <= 16; length++, code <<= 1) {
    for (let i = 0; i < counts[length - 1]!; i++) codes[symbols[k++]!] = (code++ << 6) | length;
  }
  return codes;
}

/** The best tables for tokens that occur `counts[token]` times. */
export function optimalTables(counts: Uint32Array, tables: number): HuffmanTables {
  const dc: HuffmanTable[] = [];
  const ac: HuffmanTable[] = [];
  for (let t = 0; t < tables; t++) {
    const dcFrequency = new Float64Array(256);
    for (let value = -2047; value <= 2047; value++) dcFrequency[size(value)]! += counts[DC + 4096 * t + 2048 + value]!;
    dc.push(optimalTable(dcFrequency));
    const acFrequency = Float64Array.from(counts.subarray(LARGE + 256 * t, LARGE + 256 * (t + 1)));
    for (let run = 0; run < 16; run++) {
      const token = AC + 2048 * t + 128 * run + 64;
      for (let value = -63; value <= 63; value++) acFrequency[16 * run + size(value)]! += counts[token + value]!;
    }
    acFrequency[0x00]! += counts[AC + 2048 * t]!;
    acFrequency[0xf0]! += counts[AC + 2048 * t + 128 * 15]!;
    ac.push(optimalTable(acFrequency));
  }
  return { dc, ac };
}
