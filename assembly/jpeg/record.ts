// A quantized block between the DCT and the entropy coder, and how a tile's planes lie.
//
// ╒═══ u64 ═══╤══ u16 ══╤══ u16 ══╤═ bool (4 bytes) ═╤════ 64 × i16 ════╕
// │  nonZero  │ dcToken │ acToken │    irregular     │   coefficients   │
// └───────────┴─────────┴─────────┴──────────────────┴──────────────────┘
// The coefficients lie as the quantizer leaves them: rows of frequencies in the order 0 4 2 6 1 5 3 7, and in a row the
// columns in the order 0 4 1 5 2 6 3 7.

@unmanaged
export class BlockRecord {
  /** Bit k: the k-th coefficient in zigzag order is not zero. Bit 0 is clear, as the DC has a token of its own. */
  nonZero: u64;
  /** The token of the DC difference. */
  dcToken: u16;
  /** The first AC token of the block's table. */
  acToken: u16;
  /** A coefficient is larger than its token holds (see AC), or more than 15 zeros precede it. */
  irregular: bool;
}

// @ts-ignore: decorator
@inline export const COEFFICIENTS: usize = 16;
// @ts-ignore: decorator
@inline export const RECORD_BYTES: usize = COEFFICIENTS + 64 * 2;

/** Byte offset in COEFFICIENTS of each coefficient in zigzag order (T.81 figure A.6). */
// prettier-ignore
export const ZIGZAG: usize = memory.data<u8>([
    0,   4,  64,  32,  68,   8,  12,  72,
   36,  96,  16, 100,  40,  76,   2,   6,
   66,  44, 104,  20,  80,  48,  84,  24,
  108,  34,  70,  10,  14,  74,  38,  98,
   28,  88,  52, 112, 116,  56,  92,  18,
  102,  42,  78,  46, 106,  22,  82,  60,
  120, 124,  50,  86,  26, 110,  30,  90,
   54, 114, 118,  58,  94,  62, 122, 126,
    0, // read for what follows the last coefficient, not used
]);

/** Bytes from one row of a plane to the next: a tile's widest row. Three planes of 16 rows stay in the L1 cache. */
// @ts-ignore: decorator
@inline export const PITCH: usize = 512;
/** Bytes from one plane to the next. */
// @ts-ignore: decorator
@inline export const PLANE: usize = 16 * PITCH;

// First token of each kind; table 1 (chroma) follows table 0 (luma). src/encode/jpeg-tables.ts has the same numbers.
/** 4096 a table: a DC difference + 2048. */
// @ts-ignore: decorator
@inline export const DC: i32 = 0;
/**
 * 2048 a table: run << 7 | coefficient + 64, the coefficient within ±63. Where the coefficient would be -64: end of
 * block (run 0) and 16 zeros (run 15).
 */
// @ts-ignore: decorator
@inline export const AC: i32 = 8192;
/** 256 a table: run << 4 | size of a larger coefficient, whose bits follow as a token of VALUE. */
// @ts-ignore: decorator
@inline export const LARGE: i32 = 12288;
/** 2048: a coefficient + 1024, as bits without a code. */
// @ts-ignore: decorator
@inline export const VALUE: i32 = 12800;
