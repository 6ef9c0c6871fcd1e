// Planes ⇄ interleaved pixels, in bytes.
import { high8, interleave3, interleave4, low8 } from "../lanes";

/** n pixels: dst[i · channels + c] = src[c · plane + i], bytes. */
export function interleave(src: usize, plane: i32, n: i32, channels: i32, dst: usize): void {
  let done = 0;
  if (channels == 2) {
    for (; done + 16 <= n; done += 16, dst += 32) {
      const a = v128.load(src + done);
      const b = v128.load(src + plane + done);
      v128.store(dst, low8(a, b));
      v128.store(dst, high8(a, b), 16);
    }
  } else if (channels == 3) {
    // 18: 4 bytes past the 16 pixels are written.
    for (; done + 18 <= n; done += 16, dst += 48) {
      const at = src + done;
      interleave3(v128.load(at), v128.load(at + plane), v128.load(at + 2 * plane), dst);
    }
  } else if (channels == 4) {
    for (; done + 16 <= n; done += 16, dst += 64) {
      const at = src + done;
      interleave4(v128.load(at), v128.load(at + plane), v128.load(at + 2 * plane), v128.load(at + 3 * plane), dst);
    }
  }
  for (; done < n; done++) {
    for (let c = 0; c < channels; c++) store<u8>(dst++, load<u8>(src + <usize>c * plane + done));
  }
}

/** n pixels: dst[c · plane + i] = src[i · channels + c], bytes. */
export function deinterleave(src: usize, n: i32, channels: i32, dst: usize, plane: i32): void {
  let done = 0;
  if (channels == 2) {
    for (; done + 16 <= n; done += 16, src += 32) {
      const a = v128.load(src);
      const b = v128.load(src, 16);
      const low = i16x8.splat(0xff);
      v128.store(dst + done, i8x16.narrow_i16x8_u(v128.and(a, low), v128.and(b, low)));
      v128.store(dst + plane + done, i8x16.narrow_i16x8_u(i16x8.shr_u(a, 8), i16x8.shr_u(b, 8)));
    }
  } else if (channels == 3) {
    // RRRRGGGGBBBB of 4 pixels each. 18: 4 bytes past the 16 pixels are read.
    const order = i8x16(0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11, -1, -1, -1, -1);
    for (; done + 18 <= n; done += 16, src += 48) {
      const a = i8x16.swizzle(v128.load(src), order);
      const b = i8x16.swizzle(v128.load(src, 12), order);
      const c = i8x16.swizzle(v128.load(src, 24), order);
      const d = i8x16.swizzle(v128.load(src, 36), order);
      const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
      const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
      const to = dst + done;
      v128.store(to, v128.shuffle<i64>(ab, cd, 0, 2));
      v128.store(to + plane, v128.shuffle<i64>(ab, cd, 1, 3));
      const third = v128.shuffle<i64>(v128.shuffle<i32>(a, b, 2, 6, 3, 7), v128.shuffle<i32>(c, d, 2, 6, 3, 7), 0, 2);
      v128.store(to + 2 * plane, third);
    }
  } else if (channels == 4) {
    const order = i8x16(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    for (; done + 16 <= n; done += 16, src += 64) {
      const a = i8x16.swizzle(v128.load(src), order);
      const b = i8x16.swizzle(v128.load(src, 16), order);
      const c = i8x16.swizzle(v128.load(src, 32), order);
      const d = i8x16.swizzle(v128.load(src, 48), order);
      const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
      const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
      const abHigh = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
      const cdHigh = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
      const to = dst + done;
      v128.store(to, v128.shuffle<i64>(ab, cd, 0, 2));
      v128.store(to + plane, v128.shuffle<i64>(ab, cd, 1, 3));
      v128.store(to + 2 * plane, v128.shuffle<i64>(abHigh, cdHigh, 0, 2));
      v128.store(to + 3 * plane, v128.shuffle<i64>(abHigh, cdHigh, 1, 3));
    }
  }
  for (; done < n; done++) {
    for (let c = 0; c < channels; c++) store<u8>(dst + <usize>c * plane + done, load<u8>(src++));
  }
}

/** The smallest of n alphas, the last byte of each of n pixels of 2 or 4 channels; 255 if there are none. */
export function lowestAlpha(src: usize, n: i32, channels: i32): i32 {
  let least = i8x16.splat(-1);
  const colors = channels == 4 ? i32x4.splat(0x00ffffff) : i16x8.splat(0xff);
  const end = src + n * channels;
  for (; src + 16 <= end; src += 16) least = i8x16.min_u(least, v128.or(v128.load(src), colors));
  // Halves folded together until one lane is left.
  least = i8x16.min_u(least, v128.shuffle<i64>(least, least, 1, 1));
  least = i8x16.min_u(least, i64x2.shr_u(least, 32));
  least = i8x16.min_u(least, i64x2.shr_u(least, 16));
  let lowest: i32 = i8x16.extract_lane_u(least, 1);
  for (src += channels - 1; src < end; src += channels) lowest = min(lowest, <i32>load<u8>(src));
  return lowest;
}

