// Blocks of samples → quantized coefficients: the forward DCT in the integers of libjpeg's "islow" (Loeffler,
// Ligtenberg and Moschytz, 1989), and the quotients by the quantization table.
import { high16, high32, high64, low16, low32, low64, low8 } from "../lanes";
import { AC, BlockRecord, COEFFICIENTS, DC, PITCH, RECORD_BYTES, ZIGZAG } from "./record";

// libjpeg's constants, with 13 bits of fraction.
const FIX_0_298: i16 = 2446; // 0.298631336
const FIX_0_390: i16 = 3196; // 0.390180644
const FIX_0_541: i16 = 4433; // 0.541196100
const FIX_0_765: i16 = 6270; // 0.765366865
const FIX_0_899: i16 = 7373; // 0.899976223
const FIX_1_175: i16 = 9633; // 1.175875602
const FIX_1_501: i16 = 12299; // 1.501321110
const FIX_1_847: i16 = 15137; // 1.847759065
const FIX_1_961: i16 = 16069; // 1.961570560
const FIX_2_053: i16 = 16819; // 2.053119869
const FIX_2_562: i16 = 20995; // 2.562915447
const FIX_3_072: i16 = 25172; // 3.072711026

// libjpeg rotates in steps that share products. Multiplied out, an even coefficient is a sum of two products, of the
// pair (e3, e2), and an odd one of four, of the pairs (m4, m7) and (m5, m6): what a dot product of 16-bit pairs
// computes. In the odd part z5 = FIX_1_175 · (m4 + m5 + m6 + m7) reaches every coefficient; the other constants join
// where they meet. The vectors lie in memory: V8 from version 13 on makes the constants of the code anew for each
// block.
const E2_3: i16 = FIX_0_541 + FIX_0_765; // 10703
const E2_2: i16 = FIX_0_541;
const E6_3: i16 = FIX_0_541;
const E6_2: i16 = FIX_0_541 - FIX_1_847; // -10704
const O1_4: i16 = FIX_1_175 - FIX_0_899; // 2260
const O1_7: i16 = FIX_1_175 + FIX_1_501 - FIX_0_899 - FIX_0_390; // 11363
const O1_5: i16 = FIX_1_175 - FIX_0_390; // 6437
const O1_6: i16 = FIX_1_175;
const O3_4: i16 = FIX_1_175 - FIX_1_961; // -6436
const O3_7: i16 = FIX_1_175;
const O3_5: i16 = FIX_1_175 - FIX_2_562; // -11362
const O3_6: i16 = FIX_1_175 + FIX_3_072 - FIX_2_562 - FIX_1_961; // -2259
const O5_4: i16 = FIX_1_175;
const O5_7: i16 = FIX_1_175 - FIX_0_390; // 6437
const O5_5: i16 = FIX_1_175 + FIX_2_053 - FIX_2_562 - FIX_0_390; // 2261
const O5_6: i16 = FIX_1_175 - FIX_2_562; // -11362
const O7_4: i16 = FIX_1_175 + FIX_0_298 - FIX_0_899 - FIX_1_961; // -11363
const O7_7: i16 = FIX_1_175 - FIX_0_899; // 2260
const O7_5: i16 = FIX_1_175;
const O7_6: i16 = FIX_1_175 - FIX_1_961; // -6436
// prettier-ignore
const ROTATIONS: usize = memory.data<i16>([
  E2_3, E2_2, E2_3, E2_2, E2_3, E2_2, E2_3, E2_2,
  E6_3, E6_2, E6_3, E6_2, E6_3, E6_2, E6_3, E6_2,
  O1_4, O1_7, O1_4, O1_7, O1_4, O1_7, O1_4, O1_7,
  O1_5, O1_6, O1_5, O1_6, O1_5, O1_6, O1_5, O1_6,
  O3_4, O3_7, O3_4, O3_7, O3_4, O3_7, O3_4, O3_7,
  O3_5, O3_6, O3_5, O3_6, O3_5, O3_6, O3_5, O3_6,
  O5_4, O5_7, O5_4, O5_7, O5_4, O5_7, O5_4, O5_7,
  O5_5, O5_6, O5_5, O5_6, O5_5, O5_6, O5_5, O5_6,
  O7_4, O7_7, O7_4, O7_7, O7_4, O7_7, O7_4, O7_7,
  O7_5, O7_6, O7_5, O7_6, O7_5, O7_6, O7_5, O7_6,
], 16);
const EVEN2: usize = ROTATIONS;
const EVEN6: usize = ROTATIONS + 16;
const ODD1: usize = ROTATIONS + 32;
const ODD3: usize = ROTATIONS + 64;
const ODD5: usize = ROTATIONS + 96;
const ODD7: usize = ROTATIONS + 128;

/** A coefficient of the even part, not descaled. */
// @ts-ignore: decorator
@inline
function even(e: v128, rotation: usize): v128 {
  return i32x4.dot_i16x8_s(e, v128.load(rotation));
}

/** A coefficient of the odd part, not descaled. */
// @ts-ignore: decorator
@inline
function odd(m47: v128, m56: v128, rotation: usize): v128 {
  return i32x4.add(
    i32x4.dot_i16x8_s(m47, v128.load(rotation)),
    i32x4.dot_i16x8_s(m56, v128.load(rotation, 16)),
  );
}

/** DCT and quotients of the 8 × 8 samples at src, into the record; returns the mask of what is not zero. */
function transform(src: usize, quant: usize, record: usize): u64 {
  // Bytes transpose in 12 shuffles, where i16 take 24.
  const a0 = low8(v128.load64_zero(src), v128.load64_zero(src, PITCH));
  const a1 = low8(v128.load64_zero(src, 2 * PITCH), v128.load64_zero(src, 3 * PITCH));
  const a2 = low8(v128.load64_zero(src, 4 * PITCH), v128.load64_zero(src, 5 * PITCH));
  const a3 = low8(v128.load64_zero(src, 6 * PITCH), v128.load64_zero(src, 7 * PITCH));
  const flat = i8x16.splat(load<i8>(src));
  const upper = v128.or(v128.xor(a0, flat), v128.xor(a1, flat));
  const lower = v128.or(v128.xor(a2, flat), v128.xor(a3, flat));
  if (!v128.any_true(v128.or(upper, lower))) return transformFlat(load<i8>(src), quant, record);
  const b0 = low16(a0, a1);
  const b1 = high16(a0, a1);
  const b2 = low16(a2, a3);
  const b3 = high16(a2, a3);
  const c0 = low32(b0, b2);
  const c1 = high32(b0, b2);
  const c2 = low32(b1, b3);
  const c3 = high32(b1, b3);
  return transformRows(
    i16x8.extend_low_i8x16_s(c0), i16x8.extend_high_i8x16_s(c0),
    i16x8.extend_low_i8x16_s(c1), i16x8.extend_high_i8x16_s(c1),
    i16x8.extend_low_i8x16_s(c2), i16x8.extend_high_i8x16_s(c2),
    i16x8.extend_low_i8x16_s(c3), i16x8.extend_high_i8x16_s(c3),
    quant, record,
  );
}

/** A block of equal samples has a DC alone: 64 times the sample, which both passes compute without rounding. */
// @ts-ignore: decorator
@inline
function transformFlat(sample: i32, quant: usize, record: usize): u64 {
  const dc = <f32>(sample << 6) * load<f32>(quant) + 12582912.0;
  store<u16>(record, <u16>reinterpret<u32>(dc), COEFFICIENTS);
  return 0;
}

/** The first pass, over rows as in libjpeg, since it rounds: d0 … d7 hold a column each. Then the second. */
// @ts-ignore: decorator
@inline
function transformRows(
  d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128, d6: v128, d7: v128, quant: usize, record: usize,
): u64 {
  const s0 = i16x8.add(d0, d7);
  const s1 = i16x8.add(d1, d6);
  const s2 = i16x8.add(d2, d5);
  const s3 = i16x8.add(d3, d4);
  const m4 = i16x8.sub(d3, d4);
  const m5 = i16x8.sub(d2, d5);
  const m6 = i16x8.sub(d1, d6);
  const m7 = i16x8.sub(d0, d7);
  const e0 = i16x8.add(s0, s3);
  const e1 = i16x8.add(s1, s2);
  const e2 = i16x8.sub(s1, s2);
  const e3 = i16x8.sub(s0, s3);
  const el = low16(e3, e2);
  const eh = high16(e3, e2);
  const pl = low16(m4, m7);
  const ph = high16(m4, m7);
  const ql = low16(m5, m6);
  const qh = high16(m5, m6);
  return transpose(
    i16x8.shl(i16x8.add(e0, e1), 2),
    descale11(odd(pl, ql, ODD1), odd(ph, qh, ODD1)),
    descale11(even(el, EVEN2), even(eh, EVEN2)),
    descale11(odd(pl, ql, ODD3), odd(ph, qh, ODD3)),
    i16x8.shl(i16x8.sub(e0, e1), 2),
    descale11(odd(pl, ql, ODD5), odd(ph, qh, ODD5)),
    descale11(even(el, EVEN6), even(eh, EVEN6)),
    descale11(odd(pl, ql, ODD7), odd(ph, qh, ODD7)),
    quant, record,
  );
}

/** Rows to columns, between the passes. */
// @ts-ignore: decorator
@inline
function transpose(
  t0: v128, t1: v128, t2: v128, t3: v128, t4: v128, t5: v128, t6: v128, t7: v128, quant: usize, record: usize,
): u64 {
  const a0 = low16(t0, t1);
  const a1 = high16(t0, t1);
  const a2 = low16(t2, t3);
  const a3 = high16(t2, t3);
  const a4 = low16(t4, t5);
  const a5 = high16(t4, t5);
  const a6 = low16(t6, t7);
  const a7 = high16(t6, t7);
  const b0 = low32(a0, a2);
  const b1 = high32(a0, a2);
  const b2 = low32(a1, a3);
  const b3 = high32(a1, a3);
  const b4 = low32(a4, a6);
  const b5 = high32(a4, a6);
  const b6 = low32(a5, a7);
  const b7 = high32(a5, a7);
  return transformColumns(
    low64(b0, b4), high64(b0, b4), low64(b1, b5), high64(b1, b5),
    low64(b2, b6), high64(b2, b6), low64(b3, b7), high64(b3, b7),
    quant, record,
  );
}

/** The second pass, and the quotients: a row of coefficients at a time. */
// @ts-ignore: decorator
@inline
function transformColumns(
  d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128, d6: v128, d7: v128, quant: usize, record: usize,
): u64 {
  const s0 = i16x8.add(d0, d7);
  const s1 = i16x8.add(d1, d6);
  const s2 = i16x8.add(d2, d5);
  const s3 = i16x8.add(d3, d4);
  const m4 = i16x8.sub(d3, d4);
  const m5 = i16x8.sub(d2, d5);
  const m6 = i16x8.sub(d1, d6);
  const m7 = i16x8.sub(d0, d7);
  const e0 = i16x8.add(s0, s3);
  const e1 = i16x8.add(s1, s2);
  const e2 = i16x8.sub(s1, s2);
  const e3 = i16x8.sub(s0, s3);
  const el = low16(e3, e2);
  const eh = high16(e3, e2);
  const pl = low16(m4, m7);
  const ph = high16(m4, m7);
  const ql = low16(m5, m6);
  const qh = high16(m5, m6);
  const q0 = quantizeSums(record, 0, i16x8.add(e0, e1), quant);
  const q1 = quantize(record, 1, descale15(odd(pl, ql, ODD1)), descale15(odd(ph, qh, ODD1)), quant);
  let mask = zeros(q0, q1);
  const q2 = quantize(record, 2, descale15(even(el, EVEN2)), descale15(even(eh, EVEN2)), quant);
  const q3 = quantize(record, 3, descale15(odd(pl, ql, ODD3)), descale15(odd(ph, qh, ODD3)), quant);
  mask |= zeros(q2, q3) << 16;
  const q4 = quantizeSums(record, 4, i16x8.sub(e0, e1), quant);
  const q5 = quantize(record, 5, descale15(odd(pl, ql, ODD5)), descale15(odd(ph, qh, ODD5)), quant);
  mask |= zeros(q4, q5) << 32;
  const q6 = quantize(record, 6, descale15(even(el, EVEN6)), descale15(even(eh, EVEN6)), quant);
  const q7 = quantize(record, 7, descale15(odd(pl, ql, ODD7)), descale15(odd(ph, qh, ODD7)), quant);
  mask |= zeros(q6, q7) << 48;
  return ~mask;
}

/** Two bits of fraction stay after the first pass (libjpeg's PASS1_BITS). */
// @ts-ignore: decorator
@inline
function descale11(low: v128, high: v128): v128 {
  const half = i32x4.splat(1024);
  return i16x8.narrow_i32x4_s(i32x4.shr_s(i32x4.add(low, half), 11), i32x4.shr_s(i32x4.add(high, half), 11));
}

// @ts-ignore: decorator
@inline
function descale15(x: v128): v128 {
  return i32x4.shr_s(i32x4.add(x, i32x4.splat(16384)), 15);
}

// @ts-ignore: decorator
@inline
function quantizeSums(record: usize, row: usize, sums: v128, quant: usize): v128 {
  const x = i16x8.shr_s(i16x8.add(sums, i16x8.splat(2)), 2);
  return quantize(record, row, i32x4.extend_low_i16x8_s(x), i32x4.extend_high_i16x8_s(x), quant);
}

/**
 * One row of coefficients by the reciprocals at `quant`. Adding 1.5 · 2^23 rounds to a whole number that stands in the
 * low 16 bits; the reciprocals are larger than 1 / (8 Q) by 2^-18, which sends halves away from zero, as libjpeg's
 * division does, and changes nothing else (differences between quotients are at least 2^-14 of them).
 */
// @ts-ignore: decorator
@inline
function quantize(record: usize, row: usize, low: v128, high: v128, quant: usize): v128 {
  const magic = f32x4.splat(12582912.0);
  const a = f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(low), v128.load(quant + 32 * row)), magic);
  const b = f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(high), v128.load(quant + 32 * row, 16)), magic);
  const both = v128.shuffle<i16>(a, i32x4.shl(b, 16), 0, 9, 2, 11, 4, 13, 6, 15);
  v128.store(record + COEFFICIENTS + 16 * row, both);
  return both;
}

// @ts-ignore: decorator
@inline
function zeros(a: v128, b: v128): u64 {
  return <u64>i8x16.bitmask(i8x16.eq(i8x16.narrow_i16x8_s(a, b), i8x16.splat(0)));
}

/**
 * Fills `masks`, 8 × 256 u64: which positions in zigzag order the bits of one byte of a block's mask are. The OR of one
 * entry a byte turns the mask into zigzag order.
 */
export function jpegFillMasks(masks: usize): void {
  for (let k = 0; k < 64; k++) {
    const position = <usize>load<u8>(ZIGZAG + k) >> 1;
    store<u64>(masks + ((position >> 3) << 11) + (8 << (position & 7)), (<u64>1) << k);
  }
  for (let row = masks; row < masks + 16384; row += 2048) {
    store<u64>(row, 0);
    for (let i: usize = 3; i < 256; i++) {
      const rest = i & (i - 1);
      store<u64>(row + (i << 3), load<u64>(row + (rest << 3)) | load<u64>(row + ((i ^ rest) << 3)));
    }
  }
}

// @ts-ignore: decorator
@inline
function inZigzagOrder(bits: u64, masks: usize): u64 {
  return (
    load<u64>(masks + (<usize>(bits & 255) << 3)) |
    load<u64>(masks + (<usize>((bits >> 8) & 255) << 3), 2048) |
    load<u64>(masks + (<usize>((bits >> 16) & 255) << 3), 4096) |
    load<u64>(masks + (<usize>((bits >> 24) & 255) << 3), 6144) |
    load<u64>(masks + (<usize>((bits >> 32) & 255) << 3), 8192) |
    load<u64>(masks + (<usize>((bits >> 40) & 255) << 3), 10240) |
    load<u64>(masks + (<usize>((bits >> 48) & 255) << 3), 12288) |
    load<u64>(masks + (<usize>(bits >> 56) << 3), 14336)
  );
}

/** One block of an MCU, of which src/encode/jpeg.ts makes a list. */
@unmanaged
class BlockPlan {
  /** The samples of the block in the tile's first MCU, and the bytes to the same block of the next MCU. */
  samples: usize;
  step: usize;
  /** Where the DC before it is kept (i32). */
  predictor: usize;
  /** Reciprocals of its quantization table. */
  quant: usize;
  /** Its Huffman tables: 0 or 1. */
  table: i32;
  /** When it lies outside of the picture: bit 0, in the last MCU of a row; bit 1, in the last row of MCUs. */
  outside: u32;
}

/**
 * Writes records of the blocks of `mcus` MCUs of a tile from `out` on; returns their end. `plan` lists the `blocks`
 * blocks of an MCU. `edge` and `lastEdge` say which bits of `outside` hold for the first MCUs and for the last one. A
 * block outside repeats the DC before it.
 */
export function jpegTransformBlocks(
  plan: usize, blocks: i32, mcus: i32, edge: u32, lastEdge: u32, masks: usize, out: usize,
): usize {
  const planEnd = plan + <usize>blocks * offsetof<BlockPlan>();
  for (let m = 0; m < mcus; m++) {
    if (m == mcus - 1) edge = lastEdge;
    for (let entry = plan; entry < planEnd; entry += offsetof<BlockPlan>(), out += RECORD_BYTES) {
      const block = changetype<BlockPlan>(entry);
      const record = changetype<BlockRecord>(out);
      let nonZero: u64 = 0;
      let difference = 0;
      if (!(block.outside & edge)) {
        nonZero = inZigzagOrder(transform(block.samples + <usize>m * block.step, block.quant, out), masks) & ~1;
        const dc = <i32>load<i16>(out, COEFFICIENTS);
        assert(abs(dc) <= 1024);
        difference = dc - load<i32>(block.predictor);
        store<i32>(block.predictor, dc);
      }
      record.nonZero = nonZero;
      record.dcToken = DC + (block.table << 12) + 2048 + difference;
      record.acToken = AC + (block.table << 11);
    }
  }
  return out;
}
