// The memory of one deflate stream: its state, then the tables of the block at hand, at fixed offsets.
//
// ╒═ bytes ═══╤═ table ═══════════════╤═ entries ══════════════════════════════════════════════════╕
// │       192 │ Stream                │ the fields below                                           │
// │      4096 │ COUNTS                │ 4 × 256 u32: partial histograms of literals                │
// │      1152 │ LITERAL_FREQUENCIES   │ 288 u32, by symbol of the literal/length alphabet          │
// │       128 │ DISTANCE_FREQUENCIES  │ 32 u32, by symbol of the distance alphabet                 │
// │       320 │ OPEN_LENGTHS          │ 288 + 32 u8: code lengths of the open block                │
// │       320 │ NEW_LENGTHS           │ 288 + 32 u8: code lengths that fit the strip best          │
// │  2 × 1168 │ COSTS                 │ 260 i32 by match length, 32 i32 by distance symbol:        │
// │           │                       │   bits × 64, of filtered rows, then of unfiltered ones     │
// │      1152 │ LITERAL_CODES         │ 288 u32: bits << 8 | length                                │
// │       128 │ DISTANCE_CODES        │ 32 u32: the same                                           │
// │      1040 │ MATCH_CODES           │ 260 u32 by match length: the same, extra bits included     │
// │       128 │ HEADER_FREQUENCIES    │ 32 u32, by symbol of the code length alphabet              │
// │        32 │ HEADER_LENGTHS        │ 32 u8                                                      │
// │       128 │ HEADER_CODES          │ 32 u32                                                     │
// │       640 │ HEADER_SYMBOLS        │ 320 × (u8 symbol, u8 value of its extra bits)              │
// │      1152 │ SORTED                │ 288 u32: frequency << 9 | symbol                           │
// │      1152 │ DEPTHS                │ 288 i32: the Huffman tree while code lengths are made      │
// │        64 │ LENGTH_COUNTS         │ 16 u32: codes of each length                               │
// │      1024 │ PAIR_LOW              │ 256 u32: bits << 6 | length                                │
// │      1024 │ PAIR_SHIFT            │ 256 u32: 1 << length                                       │
// │ 2 × 512 K │ TABLES                │ earlier positions by hash (buckets.ts, chains.ts): of      │
// │           │                       │   filtered rows, then of unfiltered ones                   │
// └───────────┴───────────────────────┴────────────────────────────────────────────────────────────┘

/** Longest code of a literal or length: two of them and their length fit a u32 of the pair table. */
export const LITERAL_LIMIT = 13;
/** Longest code of a distance. */
export const DISTANCE_LIMIT = 12;
/** Longest code of a code length (RFC 1951, 3.2.7). */
export const CODE_LENGTH_LIMIT = 7;

/** How far back a match may begin. */
export const WINDOW: usize = 32768;
/** Two kinds of rows, each with its costs, its chains and its average literal. */
export const FILTERED: usize = 0;
export const UNFILTERED: usize = 1;
export const COST_BYTES: usize = 292 * 4;
/** Earlier positions by hash, of one kind of rows: chains take most. */
export const TABLE_BYTES: usize = 512 << 10;

/** The state of a stream; every table's offset counts from its first byte. */
@unmanaged
export class Stream {
  /** Bits not written yet, fewer than 8 between calls. */
  bits: u64;
  /** How many. */
  count: u64;
  /** Where the next byte of the stream goes. */
  out: usize;
  /** Of the strips written so far. */
  adler: u32;
  /** Signed range of the strip's bytes; `adler32` writes both. */
  min: i32;
  max: i32;
  /** A block has begun, with the codes of LITERAL_CODES and DISTANCE_CODES. */
  open: bool;
  /** Bytes of a pixel. */
  pixel: usize;
  /** Bytes of a row with its filter type. */
  row: usize;
  /** Bytes of the stream before the strip at hand that lie before it in memory: at most the window. */
  history: u32;
  /** All bytes before it, modulo 2^32. */
  done: u32;
  /** Measured last: the Adler-32 after the strip, where the literals were sampled. */
  newAdler: u32;
  sampled: bool;
  /** Measured last: where the sequences end, how many literals they have. */
  sequencesEnd: usize;
  literals: u32;
  /**
   * Measured last: extra bits of the matches, and bits of all symbols with new codes or the open block's (-1: cannot).
   */
  extraBits: u32;
  bitsWithNewCodes: i64;
  bitsWithOpenCodes: i64;
  /** Average bits of a literal, times 64, in the strip before: of filtered rows, then of unfiltered ones. */
  filteredLiteral: i32;
  unfilteredLiteral: i32;
  /** How the last strip was written, a way of choice.ts; strips until all ways are tried again. */
  way: i32;
  /** How rows are filtered: 0, each by the filter that fits it, or all by one. */
  filter: u8;
  /** Zero runs were most of the strip on which the ways were tried last. */
  manyRuns: bool;
  /** Matches were tried then. */
  tried: bool;
  untilTrial: i32;
  /** Sixteenths of a bit by the byte that the last strip took. */
  density: i32;
  /** Bits of a hash in TABLES; 0: no strip has wanted them yet. */
  tableBits: u32;
  /** Literals since the open block's last match. */
  unmatched: u32;
  /** The pair table holds the open block's codes. */
  paired: bool;
  /** The block of the header made last has fixed codes. */
  isFixed: bool;
  /** If not: entries of HEADER_SYMBOLS, and how many code lengths of each alphabet it lists. */
  headerSymbols: u32;
  hlit: u32;
  hdist: u32;
}

const STATE_BYTES: usize = 192;

export const COUNTS: usize = STATE_BYTES;
export const LITERAL_FREQUENCIES: usize = COUNTS + 4096;
export const DISTANCE_FREQUENCIES: usize = LITERAL_FREQUENCIES + 288 * 4;
export const OPEN_LENGTHS: usize = DISTANCE_FREQUENCIES + 32 * 4;
export const NEW_LENGTHS: usize = OPEN_LENGTHS + 320;
export const COSTS: usize = NEW_LENGTHS + 320;
export const LITERAL_CODES: usize = COSTS + 2 * COST_BYTES;
export const DISTANCE_CODES: usize = LITERAL_CODES + 288 * 4;
export const MATCH_CODES: usize = DISTANCE_CODES + 32 * 4;
export const HEADER_FREQUENCIES: usize = MATCH_CODES + 260 * 4;
export const HEADER_LENGTHS: usize = HEADER_FREQUENCIES + 32 * 4;
export const HEADER_CODES: usize = HEADER_LENGTHS + 32;
export const HEADER_SYMBOLS: usize = HEADER_CODES + 32 * 4;
export const SORTED: usize = HEADER_SYMBOLS + 640;
export const DEPTHS: usize = SORTED + 288 * 4;
export const LENGTH_COUNTS: usize = DEPTHS + 288 * 4;
export const PAIR_LOW: usize = (LENGTH_COUNTS + 64 + 15) & ~15;
export const PAIR_SHIFT: usize = PAIR_LOW + 1024;
export const TABLES: usize = PAIR_SHIFT + 1024;
const STREAM_BYTES: usize = TABLES + 2 * TABLE_BYTES;

/** Bytes of a stream's memory. The compiler stops where the fields outgrow their place: they would overwrite COUNTS. */
export function streamBytes(): usize {
  if (offsetof<Stream>() > STATE_BYTES) ERROR("deflate/state.ts: Stream is larger than STATE_BYTES");
  return STREAM_BYTES;
}

// @ts-ignore: decorator
@inline
export function get(array: usize, i: i32): i32 {
  return load<i32>(array + (<usize>i << 2));
}

// @ts-ignore: decorator
@inline
export function put(array: usize, i: i32, value: i32): void {
  store<i32>(array + (<usize>i << 2), value);
}

// @ts-ignore: decorator
@inline
export function increment(array: usize, i: u32, by: u32): void {
  const at = array + (<usize>i << 2);
  store<u32>(at, load<u32>(at) + by);
}
