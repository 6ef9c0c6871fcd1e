// The tables of baseline JPEG (ITU-T T.81 annexes C and K) as libjpeg uses them, and the segments that carry them.

/** A Huffman table as a DHT segment holds it: how many codes of each length 1 … 16, then the symbols in code order. */
export interface HuffmanTable {
  readonly counts: Uint8Array;
  readonly symbols: Uint8Array;
}

/** For table 0 (luma, and every component but RGB's chroma) and table 1. */
export interface HuffmanTables {
  readonly dc: readonly HuffmanTable[];
  readonly ac: readonly HuffmanTable[];
}

/** Index in zigzag order → position in the 8 × 8 block (T.81 figure A.6). */
export const ZIGZAG = Uint8Array.of(
  ...[
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28,
  ],
  ...[
    35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47,
    55,
  ],
  ...[62, 63],
);

// T.81 tables K.1 and K.2, in zigzag order.
const LUMA = [
  ...[
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61,
  ],
  ...[60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77, 113],
  ...[121, 112, 100, 120, 92, 101, 103, 99],
];
const CHROMA = [
  ...[
    17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
  ],
  ...[99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99],
  ...[99, 99, 99, 99, 99, 99, 99, 99],
];

/** Divisors for luma and chroma, in zigzag order, at libjpeg's quality 1 … 100 (jpeg_quality_scaling, baseline). */
export function quantisers(quality: number): readonly Uint8Array[] {
  const scale = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  return [LUMA, CHROMA].map((table) =>
    Uint8Array.from(table, (base) => Math.min(255, Math.max(1, Math.floor((base * scale + 50) / 100)))),
  );
}

function table(counts: string, symbols: string): HuffmanTable {
  return { counts: fromHex(counts), symbols: fromHex(symbols) };
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

/** T.81 tables K.3 to K.6. */
export const STANDARD_TABLES: HuffmanTables = {
  dc: [
    table("00010501010101010100000000000000", "000102030405060708090a0b"),
    table("00030101010101010101010000000000", "000102030405060708090a0b"),
  ],
  ac: [
    table(
      "0002010303020403050504040000017d",
      "01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a343536373839" +
        "3a434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6" +
        "a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa",
    ),
    table(
      "00020102040403040705040400010277",
      "000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f11718191a262728292a353637" +
        "38393a434445464748494a535455565758595a636465666768696a737475767778797a82838485868788898a92939495969798999aa2a3" +
        "a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa",
    ),
  ],
};

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
const BITS = 12800;
export const TOKENS = 14848;

const size = (value: number): number => 32 - Math.clz32(Math.abs(value));

/** What each token writes, as the kernel wants it: bits << 5 | their number; 0 for what cannot occur. */
export function tokenCodes(tables: HuffmanTables): Uint32Array {
  const codes = new Uint32Array(TOKENS);
  const withValue = (code: number, value: number): number => {
    const bits = size(value);
    // T.81 F.1.2.1: a negative value is written as the low bits of value − 1.
    const low = (value < 0 ? value - 1 : value) & ((1 << bits) - 1);
    return ((((code >>> 5) << bits) | low) << 5) | ((code & 31) + bits);
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
  for (let value = -1023; value <= 1023; value++) codes[BITS + 1024 + value] = withValue(0, value);
  return codes;
}

/** Symbol → code << 5 | length, the codes counted up from the shortest (T.81 annex C). */
function symbolCodes({ counts, symbols }: HuffmanTable): Uint32Array {
  const codes = new Uint32Array(256);
  let code = 0;
  let k = 0;
  for (let length = 1; length <= 16; length++, code <<= 1) {
    for (let i = 0; i < counts[length - 1]!; i++) codes[symbols[k++]!] = (code++ << 5) | length;
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

export interface Component {
  readonly id: number;
  /** Samples across and down for one of the least sampled component's: 1 or 2. */
  readonly sampling: number;
  /** Which quantisers and Huffman tables: 0 or 1. */
  readonly table: number;
}

/** Everything before the entropy-coded bytes, segment for segment as libjpeg writes it. */
export function jpegHeader(
  width: number,
  height: number,
  components: readonly Component[],
  divisors: readonly Uint8Array[],
  huffman: HuffmanTables,
): Uint8Array {
  const bytes: number[] = [0xff, 0xd8];
  const segment = (marker: number, ...body: number[]): void => {
    bytes.push(0xff, marker, (body.length + 2) >> 8, (body.length + 2) & 255, ...body);
  };
  if (components.length === 4) {
    segment(0xee, ...ascii("Adobe"), 0, 100, 0, 0, 0, 0, 0); // version 100, no flags, transform 0: CMYK as it is
  } else {
    segment(0xe0, ...ascii("JFIF\0"), 1, 1, 0, 0, 1, 0, 1, 0, 0); // 1.01, pixels without a unit 1:1, no thumbnail
  }
  const tables = components.some(({ table }) => table === 1) ? [0, 1] : [0];
  for (const t of tables) segment(0xdb, t, ...divisors[t]!);
  segment(
    0xc0,
    8,
    height >> 8,
    height & 255,
    width >> 8,
    width & 255,
    components.length,
    ...components.flatMap(({ id, sampling, table }) => [id, 17 * sampling, table]),
  );
  for (const t of tables) {
    segment(0xc4, t, ...huffman.dc[t]!.counts, ...huffman.dc[t]!.symbols);
    segment(0xc4, 16 + t, ...huffman.ac[t]!.counts, ...huffman.ac[t]!.symbols);
  }
  segment(0xda, components.length, ...components.flatMap(({ id, table }) => [id, 17 * table]), 0, 63, 0);
  return Uint8Array.from(bytes);
}

const ascii = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));
