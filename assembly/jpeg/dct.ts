// A block of samples → quantized coefficients: the forward DCT in the integers of libjpeg's "islow" (Loeffler,
// Ligtenberg and Moschytz, 1989), and the quotients by the quantization table. Its two passes are two functions, each
// for a loop over many blocks: a processor looks ahead over several short ones, not over a long one.
import { high16, high32, high64, low16, low32, low64, low8 } from "../lanes";
import { BlockRecord, COEFFICIENTS, PITCH } from "./record";

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

// libjpeg rotates in steps. Multiplied out, a coefficient is a sum of products of two pairs at most, which dot products
// of 16-bit pairs compute: an even one of (e3, e2), an odd one of (z3, z4) and either (m4, m7) or (m5, m6). The vectors
// lie in memory: V8 from version 13 on makes the constants of the code anew for each block.
const E2_3: i16 = FIX_0_541 + FIX_0_765; // 10703
const E2_2: i16 = FIX_0_541;
const E6_3: i16 = FIX_0_541;
const E6_2: i16 = FIX_0_541 - FIX_1_847; // -10704
const Y3_3: i16 = FIX_1_175 - FIX_1_961; // -6436
const Y3_4: i16 = FIX_1_175;
const Y4_3: i16 = FIX_1_175;
const Y4_4: i16 = FIX_1_175 - FIX_0_390; // 6437
const O1_4: i16 = -FIX_0_899;
const O1_7: i16 = FIX_1_501 - FIX_0_899; // 4926
const O3_5: i16 = -FIX_2_562;
const O3_6: i16 = FIX_3_072 - FIX_2_562; // 4177
const O5_5: i16 = FIX_2_053 - FIX_2_562; // -4176
const O5_6: i16 = -FIX_2_562;
const O7_4: i16 = FIX_0_298 - FIX_0_899; // -4927
const O7_7: i16 = -FIX_0_899;
// prettier-ignore
const ROTATIONS: usize = memory.data<i16>([
  E2_3, E2_2, E2_3, E2_2, E2_3, E2_2, E2_3, E2_2,
  E6_3, E6_2, E6_3, E6_2, E6_3, E6_2, E6_3, E6_2,
  Y3_3, Y3_4, Y3_3, Y3_4, Y3_3, Y3_4, Y3_3, Y3_4,
  Y4_3, Y4_4, Y4_3, Y4_4, Y4_3, Y4_4, Y4_3, Y4_4,
  O1_4, O1_7, O1_4, O1_7, O1_4, O1_7, O1_4, O1_7,
  O3_5, O3_6, O3_5, O3_6, O3_5, O3_6, O3_5, O3_6,
  O5_5, O5_6, O5_5, O5_6, O5_5, O5_6, O5_5, O5_6,
  O7_4, O7_7, O7_4, O7_7, O7_4, O7_7, O7_4, O7_7,
], 16);
const EVEN2: usize = ROTATIONS;
const EVEN6: usize = ROTATIONS + 16;
const Y3: usize = ROTATIONS + 32;
const Y4: usize = ROTATIONS + 48;
const ODD1: usize = ROTATIONS + 64;
const ODD3: usize = ROTATIONS + 80;
const ODD5: usize = ROTATIONS + 96;
const ODD7: usize = ROTATIONS + 112;

// prettier-ignore
const ROUNDINGS: usize = memory.data<i32>([
    1024,   1024,   1024,   1024, // half of 2^11
   16384,  16384,  16384,  16384, // half of 2^15
  -32768, -32768, -32768, -32768, // what is left of the bits then
], 16);
const HALF11: usize = ROUNDINGS;
const HALF15: usize = ROUNDINGS + 16;
const WHOLE15: usize = ROUNDINGS + 32;

// prettier-ignore
const BYTES: usize = memory.data<u8>([
    0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, // all but the DC
  192, 192, 192, 192, 192, 192, 192, 192, 192, 192, 192, 192, 192, 192, 192, 192, // bits of 64 and more
], 16);
const NOT_DC: usize = BYTES;
const FROM_64: usize = BYTES + 16;

/** A rotation of pairs, added to a sum. */
// @ts-ignore: decorator
@inline
function rotate(pairs: v128, rotation: usize, sum: v128): v128 {
  return i32x4.add(i32x4.dot_i16x8_s(pairs, v128.load(rotation)), sum);
}

/** The first pass over the 8 × 8 samples at src, into the record; false where they are equal, and the DC is there. */
// @ts-ignore: decorator
@inline
export function firstPass(src: usize, quant: usize, record: usize): bool {
  // Bytes transpose in 12 shuffles, where i16 take 24.
  const a0 = low8(v128.load64_zero(src), v128.load64_zero(src, PITCH));
  const a1 = low8(v128.load64_zero(src, 2 * PITCH), v128.load64_zero(src, 3 * PITCH));
  const a2 = low8(v128.load64_zero(src, 4 * PITCH), v128.load64_zero(src, 5 * PITCH));
  const a3 = low8(v128.load64_zero(src, 6 * PITCH), v128.load64_zero(src, 7 * PITCH));
  const flat = i8x16.splat(load<i8>(src));
  const upper = v128.or(v128.xor(a0, flat), v128.xor(a1, flat));
  const lower = v128.or(v128.xor(a2, flat), v128.xor(a3, flat));
  if (!v128.any_true(v128.or(upper, lower))) {
    transformFlat(load<i8>(src), quant, record);
    return false;
  }
  const b0 = low16(a0, a1);
  const b1 = high16(a0, a1);
  const b2 = low16(a2, a3);
  const b3 = high16(a2, a3);
  const c0 = low32(b0, b2);
  const c1 = high32(b0, b2);
  const c2 = low32(b1, b3);
  const c3 = high32(b1, b3);
  transformRows(
    i16x8.extend_low_i8x16_s(c0), i16x8.extend_high_i8x16_s(c0),
    i16x8.extend_low_i8x16_s(c1), i16x8.extend_high_i8x16_s(c1),
    i16x8.extend_low_i8x16_s(c2), i16x8.extend_high_i8x16_s(c2),
    i16x8.extend_low_i8x16_s(c3), i16x8.extend_high_i8x16_s(c3),
    record + COEFFICIENTS,
  );
  return true;
}

/** A block of equal samples has a DC alone: 64 times the sample, which both passes compute without rounding. */
// @ts-ignore: decorator
@inline
function transformFlat(sample: i32, quant: usize, record: usize): void {
  const dc = <f32>(sample << 24) * load<f32>(quant) + 12582912.0;
  store<u16>(record, <u16>reinterpret<u32>(dc), COEFFICIENTS);
}

/** By rows as in libjpeg, since it rounds: d0 … d7 hold a column each, and so do the vectors at `out`. */
// @ts-ignore: decorator
@inline
function transformRows(
  d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128, d6: v128, d7: v128, out: usize,
): void {
  const m4 = i16x8.sub(d3, d4);
  const m5 = i16x8.sub(d2, d5);
  const m6 = i16x8.sub(d1, d6);
  const m7 = i16x8.sub(d0, d7);
  const s0 = i16x8.add(d0, d7);
  const s1 = i16x8.add(d1, d6);
  const s2 = i16x8.add(d2, d5);
  const s3 = i16x8.add(d3, d4);
  const e0 = i16x8.add(s0, s3);
  const e1 = i16x8.add(s1, s2);
  v128.store(out, i16x8.shl(i16x8.add(e0, e1), 2));
  v128.store(out, i16x8.shl(i16x8.sub(e0, e1), 2), 64);
  const half = v128.load(HALF11);
  const e2 = i16x8.sub(s1, s2);
  const e3 = i16x8.sub(s0, s3);
  const el = low16(e3, e2);
  const eh = high16(e3, e2);
  v128.store(out, shift11(rotate(el, EVEN2, half), rotate(eh, EVEN2, half)), 32);
  v128.store(out, shift11(rotate(el, EVEN6, half), rotate(eh, EVEN6, half)), 96);
  const z3 = i16x8.add(m4, m6);
  const z4 = i16x8.add(m5, m7);
  const zl = low16(z3, z4);
  const zh = high16(z3, z4);
  const y4l = rotate(zl, Y4, half);
  const y4h = rotate(zh, Y4, half);
  const pl = low16(m4, m7);
  const ph = high16(m4, m7);
  v128.store(out, shift11(rotate(pl, ODD1, y4l), rotate(ph, ODD1, y4h)), 16);
  const ql = low16(m5, m6);
  const qh = high16(m5, m6);
  v128.store(out, shift11(rotate(ql, ODD5, y4l), rotate(qh, ODD5, y4h)), 80);
  const y3l = rotate(zl, Y3, half);
  const y3h = rotate(zh, Y3, half);
  v128.store(out, shift11(rotate(ql, ODD3, y3l), rotate(qh, ODD3, y3h)), 48);
  v128.store(out, shift11(rotate(pl, ODD7, y3l), rotate(ph, ODD7, y3h)), 112);
}

/** The second pass over what the first left in the record: coefficients, and what is to be known of them. */
// @ts-ignore: decorator
@inline
export function secondPass(record: usize, quant: usize): void {
  const t0 = v128.load(record, COEFFICIENTS);
  const t1 = v128.load(record, COEFFICIENTS + 16);
  const t2 = v128.load(record, COEFFICIENTS + 32);
  const t3 = v128.load(record, COEFFICIENTS + 48);
  const t4 = v128.load(record, COEFFICIENTS + 64);
  const t5 = v128.load(record, COEFFICIENTS + 80);
  const t6 = v128.load(record, COEFFICIENTS + 96);
  const t7 = v128.load(record, COEFFICIENTS + 112);
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
  transformColumns(
    low64(b0, b4), high64(b0, b4), low64(b1, b5), high64(b1, b5),
    low64(b2, b6), high64(b2, b6), low64(b3, b7), high64(b3, b7),
    quant, record,
  );
}

/** A row of coefficients at a time, the even ones first: V8 then has to move few vectors out of registers. */
// @ts-ignore: decorator
@inline
function transformColumns(
  d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128, d6: v128, d7: v128, quant: usize, record: usize,
): void {
  const out = record + COEFFICIENTS;
  const m4 = i16x8.sub(d3, d4);
  const m5 = i16x8.sub(d2, d5);
  const m6 = i16x8.sub(d1, d6);
  const m7 = i16x8.sub(d0, d7);
  const s0 = i16x8.add(d0, d7);
  const s1 = i16x8.add(d1, d6);
  const s2 = i16x8.add(d2, d5);
  const s3 = i16x8.add(d3, d4);
  const e0 = i16x8.add(s0, s3);
  const e1 = i16x8.add(s1, s2);
  const q0 = quantizeSums(i16x8.add(e0, e1), quant, out);
  const q4 = quantizeSums(i16x8.sub(e0, e1), quant + 128, out + 16);
  const half = v128.load(HALF15);
  const e2 = i16x8.sub(s1, s2);
  const e3 = i16x8.sub(s0, s3);
  const el = low16(e3, e2);
  const eh = high16(e3, e2);
  const q2 = quantize15(rotate(el, EVEN2, half), rotate(eh, EVEN2, half), quant + 64, out + 32);
  const q6 = quantize15(rotate(el, EVEN6, half), rotate(eh, EVEN6, half), quant + 192, out + 48);
  const evens = v128.and(i8x16.narrow_i16x8_s(q0, q4), v128.load(NOT_DC));
  const evens2 = i8x16.narrow_i16x8_s(q2, q6);
  const z3 = i16x8.add(m4, m6);
  const z4 = i16x8.add(m5, m7);
  const zl = low16(z3, z4);
  const zh = high16(z3, z4);
  const y4l = rotate(zl, Y4, half);
  const y4h = rotate(zh, Y4, half);
  const pl = low16(m4, m7);
  const ph = high16(m4, m7);
  const q1 = quantize15(rotate(pl, ODD1, y4l), rotate(ph, ODD1, y4h), quant + 32, out + 64);
  const ql = low16(m5, m6);
  const qh = high16(m5, m6);
  const q5 = quantize15(rotate(ql, ODD5, y4l), rotate(qh, ODD5, y4h), quant + 160, out + 80);
  const y3l = rotate(zl, Y3, half);
  const y3h = rotate(zh, Y3, half);
  const q3 = quantize15(rotate(ql, ODD3, y3l), rotate(qh, ODD3, y3h), quant + 96, out + 96);
  const q7 = quantize15(rotate(pl, ODD7, y3l), rotate(ph, ODD7, y3h), quant + 224, out + 112);
  survey(evens, evens2, i8x16.narrow_i16x8_s(q1, q5), i8x16.narrow_i16x8_s(q3, q7), record);
}

/** Which coefficients, narrowed to bytes, are not zero (in the order of the record), and whether one is large. */
// @ts-ignore: decorator
@inline
function survey(a: v128, b: v128, c: v128, d: v128, record: usize): void {
  const zero = zeros(a) | (zeros(b) << 16) | (zeros(c) << 32) | (zeros(d) << 48);
  const sizes = v128.or(v128.or(i8x16.abs(a), i8x16.abs(b)), v128.or(i8x16.abs(c), i8x16.abs(d)));
  changetype<BlockRecord>(record).nonZero = ~zero;
  changetype<BlockRecord>(record).irregular = v128.any_true(v128.and(sizes, v128.load(FROM_64)));
}

// @ts-ignore: decorator
@inline
function zeros(bytes: v128): u64 {
  return <u64>i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(0)));
}

/** Two bits of fraction stay after the first pass (libjpeg's PASS1_BITS). */
// @ts-ignore: decorator
@inline
function shift11(low: v128, high: v128): v128 {
  return i16x8.narrow_i32x4_s(i32x4.shr_s(low, 11), i32x4.shr_s(high, 11));
}

// A coefficient is shifted down to a whole number before the division; where it stands does not matter, the reciprocals
// being powers of two smaller, so that bits are cleared instead.

/** Sums have two bits of fraction, and are moved up by 16. */
// @ts-ignore: decorator
@inline
function quantizeSums(sums: v128, quant: usize, out: usize): v128 {
  const whole = v128.and(i16x8.add(sums, i16x8.splat(2)), i16x8.splat(-4));
  const zero = i16x8.splat(0);
  return quantize(low16(zero, whole), high16(zero, whole), quant, out);
}

// @ts-ignore: decorator
@inline
function quantize15(low: v128, high: v128, quant: usize, out: usize): v128 {
  return quantize(v128.and(low, v128.load(WHOLE15)), v128.and(high, v128.load(WHOLE15)), quant, out);
}

/**
 * One row of coefficients by the reciprocals at `quant`. Adding 1.5 · 2^23 rounds to a whole number that stands in the
 * low 16 bits; the reciprocals are larger than those of Q by 2^-18, which sends halves away from zero, as libjpeg's
 * division does, and changes nothing else (differences between quotients are at least 2^-14 of them).
 */
// @ts-ignore: decorator
@inline
function quantize(low: v128, high: v128, quant: usize, out: usize): v128 {
  const magic = f32x4.splat(12582912.0);
  const a = f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(low), v128.load(quant)), magic);
  const b = f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(high), v128.load(quant, 16)), magic);
  const both = v128.shuffle<i16>(a, i32x4.shl(b, 16), 0, 9, 2, 11, 4, 13, 6, 15);
  v128.store(out, both);
  return both;
}
