// Gray through a color map, and pixels with alpha laid on a background.

/** n values of a byte → RGB, by 256 colors of 4 bytes each, red first. */
export function colorize(src: usize, n: i32, dst: usize, colors: usize): void {
  // Each color is written with a byte too many, which the next one covers.
  for (; n > 8; n -= 8, src += 8, dst += 24) {
    const four = load<u32>(src);
    const more = load<u32>(src, 4);
    store<u32>(dst, load<u32>(colors + ((four << 2) & 0x3fc)));
    store<u32>(dst, load<u32>(colors + ((four >> 6) & 0x3fc)), 3);
    store<u32>(dst, load<u32>(colors + ((four >> 14) & 0x3fc)), 6);
    store<u32>(dst, load<u32>(colors + ((four >> 22) & 0x3fc)), 9);
    store<u32>(dst, load<u32>(colors + ((more << 2) & 0x3fc)), 12);
    store<u32>(dst, load<u32>(colors + ((more >> 6) & 0x3fc)), 15);
    store<u32>(dst, load<u32>(colors + ((more >> 14) & 0x3fc)), 18);
    store<u32>(dst, load<u32>(colors + ((more >> 22) & 0x3fc)), 21);
  }
  for (; n > 0; n--, src++, dst += 3) {
    const color = load<u32>(colors + (<usize>load<u8>(src) << 2));
    store<u8>(dst, <u8>color);
    store<u8>(dst, <u8>(color >> 8), 1);
    store<u8>(dst, <u8>(color >> 16), 2);
  }
}

/**
 * n pixels of LA or RGBA laid on a color (its bytes red first; equal for LA) → L or RGB, as Pillow's paste with a mask
 * does it: c·a + b·(255 − a), divided by 255 and rounded (`MULDIV255`).
 */
export function blend(src: usize, n: i32, channels: i32, dst: usize, color: i32): void {
  const behind = i32x4.splat(color);
  const alphas =
    channels == 4
      ? i8x16(3, 3, 3, 3, 7, 7, 7, 7, 11, 11, 11, 11, 15, 15, 15, 15)
      : i8x16(1, 1, 3, 3, 5, 5, 7, 7, 9, 9, 11, 11, 13, 13, 15, 15);
  const colors =
    channels == 4
      ? i8x16(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1)
      : i8x16(0, 2, 4, 6, 8, 10, 12, 14, -1, -1, -1, -1, -1, -1, -1, -1);
  const pixels = channels == 4 ? 4 : 8;
  const step: usize = channels == 4 ? 12 : 8;
  // A whole vector is written, more than its pixels need: as long as more of them follow to cover it.
  const written = channels == 4 ? 6 : 16;
  for (; n >= written; n -= pixels, src += 16, dst += step) {
    const x = v128.load(src);
    const a = i8x16.swizzle(x, alphas);
    const b = v128.not(a);
    const low = i16x8.add(i16x8.extmul_low_i8x16_u(x, a), i16x8.extmul_low_i8x16_u(behind, b));
    const high = i16x8.add(i16x8.extmul_high_i8x16_u(x, a), i16x8.extmul_high_i8x16_u(behind, b));
    v128.store(dst, i8x16.swizzle(i8x16.narrow_i16x8_u(over255(low), over255(high)), colors));
  }
  for (; n > 0; n--, src += channels, dst += channels - 1) {
    const a = <i32>load<u8>(src + channels - 1);
    for (let c = 0; c < channels - 1; c++) {
      const sum = <i32>load<u8>(src + c) * a + ((color >> (8 * c)) & 255) * (255 - a) + 128;
      store<u8>(dst + c, <u8>((sum + (sum >> 8)) >> 8));
    }
  }
}

// @ts-ignore: decorator
@inline
function over255(x: v128): v128 {
  const sum = i16x8.add(x, i16x8.splat(128));
  return i16x8.shr_u(i16x8.add(sum, i16x8.shr_u(sum, 8)), 8);
}
