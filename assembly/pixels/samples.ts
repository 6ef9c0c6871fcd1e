// Pixels with fewer samples that show the same, and whether they do: both in one pass, as the encoder supposes that a
// picture goes on as it began.

/**
 * RGB or RGBA → its first samples. True where all pixels are grey, red = green = blue, and opaque: then that is all
 * there is to them. Up to 16 bytes past the pixels are read, and up to 16 past dst's written.
 */
export function greySamples(src: usize, pixels: i32, samples: i32, dst: usize): bool {
  return samples == 3 ? greyOfRgb(src, pixels, dst) : greyOfRgba(src, pixels, dst);
}

function greyOfRgb(src: usize, pixels: i32, dst: usize): bool {
  const inFirst = i8x16(0, 3, 6, 9, 12, 15, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
  const inSecond = i8x16(-1, -1, -1, -1, -1, -1, 2, 5, 8, 11, 14, -1, -1, -1, -1, -1);
  const inThird = i8x16(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 1, 4, 7, 10, 13);
  // Every sample equals the one behind it, but for blue, where the next pixel begins.
  const blueInFirst = i8x16(0, 0, -1, 0, 0, -1, 0, 0, -1, 0, 0, -1, 0, 0, -1, 0);
  const blueInSecond = i8x16(0, -1, 0, 0, -1, 0, 0, -1, 0, 0, -1, 0, 0, -1, 0, 0);
  const blueInThird = i8x16(-1, 0, 0, -1, 0, 0, -1, 0, 0, -1, 0, 0, -1, 0, 0, -1);
  let equal = i8x16.splat(-1);
  const end = dst + pixels;
  for (; dst + 16 <= end; dst += 16, src += 48) {
    const first = v128.load(src);
    const second = v128.load(src, 16);
    const third = v128.load(src, 32);
    equal = v128.and(equal, v128.or(i8x16.eq(first, v128.load(src, 1)), blueInFirst));
    equal = v128.and(equal, v128.or(i8x16.eq(second, v128.load(src, 17)), blueInSecond));
    equal = v128.and(equal, v128.or(i8x16.eq(third, v128.load(src, 33)), blueInThird));
    const inFirstTwo = v128.or(i8x16.swizzle(first, inFirst), i8x16.swizzle(second, inSecond));
    v128.store(dst, v128.or(inFirstTwo, i8x16.swizzle(third, inThird)));
  }
  let grey = i8x16.all_true(equal);
  for (; dst < end; dst++, src += 3) {
    const sample = load<u8>(src);
    grey = grey && load<u8>(src, 1) == sample && load<u8>(src, 2) == sample;
    store<u8>(dst, sample);
  }
  return grey;
}

function greyOfRgba(src: usize, pixels: i32, dst: usize): bool {
  let equal = i8x16.splat(-1);
  const end = dst + pixels;
  for (; dst + 16 <= end; dst += 16, src += 64) {
    const a = v128.load(src);
    const b = v128.load(src, 16);
    const c = v128.load(src, 32);
    const d = v128.load(src, 48);
    equal = v128.and(equal, v128.and(equalsOpaqueGrey(a), equalsOpaqueGrey(b)));
    equal = v128.and(equal, v128.and(equalsOpaqueGrey(c), equalsOpaqueGrey(d)));
    const first = i32x4.splat(255);
    const low = i16x8.narrow_i32x4_u(v128.and(a, first), v128.and(b, first));
    const high = i16x8.narrow_i32x4_u(v128.and(c, first), v128.and(d, first));
    v128.store(dst, i8x16.narrow_i16x8_u(low, high));
  }
  let grey = i8x16.all_true(equal);
  for (; dst < end; dst++, src += 4) {
    const sample = load<u8>(src);
    grey = grey && load<u32>(src) == (0xff000000 | (<u32>sample * 0x010101));
    store<u8>(dst, sample);
  }
  return grey;
}

// @ts-ignore: decorator
@inline
function equalsOpaqueGrey(pixels: v128): v128 {
  const reds = i8x16.swizzle(pixels, i8x16(0, 0, 0, -1, 4, 4, 4, -1, 8, 8, 8, -1, 12, 12, 12, -1));
  return i8x16.eq(pixels, v128.or(reds, i32x4.splat(0xff000000)));
}

/** RGBA → RGB. True where every alpha is 255. Up to 16 bytes past dst's are written. */
export function opaqueSamples(src: usize, pixels: i32, dst: usize): bool {
  // Each vector of four pixels is written over the junk of the one before.
  const colours = i8x16(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
  let all = i8x16.splat(-1);
  const end = src + (<usize>pixels << 2);
  for (; src + 32 <= end; src += 32, dst += 24) {
    const a = v128.load(src);
    const b = v128.load(src, 16);
    all = v128.and(all, v128.and(a, b));
    v128.store(dst, i8x16.swizzle(a, colours));
    v128.store(dst, i8x16.swizzle(b, colours), 12);
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
