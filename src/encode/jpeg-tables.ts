// The tables of baseline JPEG (ITU-T T.81, annex K) as libjpeg uses them, written as the standard prints them.

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

/** T.81 figure A.6: the index in zigzag order of each coefficient of an 8 × 8 block. */
// biome-ignore format: a grid, to be held against the standard
const ZIGZAG_INDEX = [
   0,  1,  5,  6, 14, 15, 27, 28,
   2,  4,  7, 13, 16, 26, 29, 42,
   3,  8, 12, 17, 25, 30, 41, 43,
   9, 11, 18, 24, 31, 40, 44, 53,
  10, 19, 23, 32, 39, 45, 52, 54,
  20, 22, 33, 38, 46, 51, 55, 60,
  21, 34, 37, 47, 50, 56, 59, 61,
  35, 36, 48, 49, 57, 58, 62, 63,
];

/** Index in zigzag order → position in the block. */
export const ZIGZAG = Uint8Array.from(ZIGZAG_INDEX.keys()).sort((a, b) => ZIGZAG_INDEX[a]! - ZIGZAG_INDEX[b]!);

/** T.81 table K.1. */
// biome-ignore format: a grid, to be held against the standard
const LUMA = [
   16,  11,  10,  16,  24,  40,  51,  61,
   12,  12,  14,  19,  26,  58,  60,  55,
   14,  13,  16,  24,  40,  57,  69,  56,
   14,  17,  22,  29,  51,  87,  80,  62,
   18,  22,  37,  56,  68, 109, 103,  77,
   24,  35,  55,  64,  81, 104, 113,  92,
   49,  64,  78,  87, 103, 121, 120, 101,
   72,  92,  95,  98, 112, 100, 103,  99,
];

/** T.81 table K.2. */
// biome-ignore format: a grid, to be held against the standard
const CHROMA = [
  17, 18, 24, 47, 99, 99, 99, 99,
  18, 21, 26, 66, 99, 99, 99, 99,
  24, 26, 56, 99, 99, 99, 99, 99,
  47, 66, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99,
];

/** Quantization tables for luma and chroma, in zigzag order, at libjpeg's quality 1 … 100 (jpeg_quality_scaling, baseline). */
export function quantTables(quality: number): readonly Uint8Array[] {
  const scale = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  return [LUMA, CHROMA].map((table) =>
    ZIGZAG.map((position) => Math.min(255, Math.max(1, Math.floor((table[position]! * scale + 50) / 100)))),
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
