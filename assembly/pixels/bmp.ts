/** Exchanges the first and third byte of every pixel of `pixel` (3 or 4) bytes, in place: RGB ⇄ BGR, RGBA ⇄ BGRA. */
export function swapRedBlue(at: usize, bytes: usize, pixel: usize): void {
  const end = at + bytes;
  if (pixel == 3) {
    // Five pixels a vector; its sixteenth byte is written back as it was.
    for (; at < end; at += 15) {
      v128.store(at, i8x16.swizzle(v128.load(at), i8x16(2, 1, 0, 5, 4, 3, 8, 7, 6, 11, 10, 9, 14, 13, 12, 15)));
    }
  } else {
    for (; at < end; at += 16) {
      v128.store(at, i8x16.swizzle(v128.load(at), i8x16(2, 1, 0, 3, 6, 5, 4, 7, 10, 9, 8, 11, 14, 13, 12, 15)));
    }
  }
}
