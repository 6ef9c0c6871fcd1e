// Samples as a PNG has them: RGBA without an alpha that says nothing (and whether it does, in the same pass),
// big-endian 16 bits.

/** RGBA → RGB. True where every alpha is 255. Up to 16 bytes past dst's are written. */
export function opaqueSamples(src: usize, pixels: i32, dst: usize): bool {
  // Each vector of four pixels is written over the junk of the one before.
  const colors = i8x16(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
  let all = i8x16.splat(-1);
  const end = src + (<usize>pixels << 2);
  for (; src + 32 <= end; src += 32, dst += 24) {
    const a = v128.load(src);
    const b = v128.load(src, 16);
    all = v128.and(all, v128.and(a, b));
    v128.store(dst, i8x16.swizzle(a, colors));
    v128.store(dst, i8x16.swizzle(b, colors), 12);
  }
  let opaque = i8x16.all_true(i8x16.eq(v128.or(all, i32x4.splat(0x00ffffff)), i8x16.splat(-1)));
  for (; src < end; src += 4, dst += 3) {
    const pixel = load<u32>(src);
    opaque = opaque && pixel >>> 24 == 255;
    store<u16>(dst, <u16>pixel);
    store<u8>(dst, <u8>(pixel >>> 16), 2);
  }
  return opaque;
}

/** Little-endian 16-bit samples → PNG's big-endian ones, in place; up to 16 bytes are read and written past them. */
export function swapBytes16(at: usize, samples: i32): void {
  const swapped = i8x16(1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
  for (const end = at + (<usize>samples << 1); at < end; at += 16) {
    v128.store(at, i8x16.swizzle(v128.load(at), swapped));
  }
}

/** Little-endian i32 → big-endian u16, clipped as Pillow's packer of mode I does. */
export function clip16(src: usize, samples: i32, dst: usize): void {
  for (const end = dst + (<usize>samples << 1); dst < end; dst += 2, src += 4) {
    const value = min(max(load<i32>(src), 0), 65535);
    store<u16>(dst, <u16>((value >> 8) | (value << 8)));
  }
}
