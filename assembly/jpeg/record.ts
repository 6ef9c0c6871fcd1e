// A quantized block between the DCT and the entropy coder, and how a tile's planes lie.
//
// ╒═══ u64 ═══╤══ u32 ═══╤══ u32 ═══╤═════════════════ 64 × i16 ══════════════════╕
// │  nonZero  │ dcToken  │ acToken  │                coefficients                 │
// └───────────┴──────────┴──────────┴─────────────────────────────────────────────┘
// The coefficients lie in rows of frequencies; in a row the columns are in the order 0 4 1 5 2 6 3 7, as the quantizer
// leaves them.

@unmanaged
export class BlockRecord {
  /** Bit k: the k-th coefficient in zigzag order is not zero. Bit 0 is clear, as the DC has a token of its own. */
  nonZero: u64;
  /** The token of the DC difference. */
  dcToken: u32;
  /** The first AC token of the block's table. */
  acToken: u32;
}

// @ts-ignore: decorator
@inline export const COEFFICIENTS: usize = 16;
// @ts-ignore: decorator
@inline export const RECORD_BYTES: usize = COEFFICIENTS + 64 * 2;

/** Byte offset in COEFFICIENTS of each coefficient in zigzag order (T.81 figure A.6). */
// prettier-ignore
export const ZIGZAG: usize = memory.data<u8>([
    0,   4,  16,  32,  20,   8,  12,  24,
   36,  48,  64,  52,  40,  28,   2,   6,
   18,  44,  56,  68,  80,  96,  84,  72,
   60,  34,  22,  10,  14,  26,  38,  50,
   76,  88, 100, 112, 116, 104,  92,  66,
   54,  42,  30,  46,  58,  70,  82, 108,
  120, 124,  98,  86,  74,  62,  78,  90,
  102, 114, 118, 106,  94, 110, 122, 126,
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
