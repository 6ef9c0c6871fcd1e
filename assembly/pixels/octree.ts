// Colors counted and looked up in the cells of a cube, for Pillow's "fast octree" quantization.

/** The pixel, or the first transparent one met instead of any transparent one; `clear` is [met?, pixel], two u32. */
// @ts-ignore: decorator
@inline
function withoutHidden(pixel: u32, clear: usize): u32 {
  if (pixel >> 24) return pixel;
  if (!load<u32>(clear)) {
    store<u32>(clear, 1);
    store<u32>(clear, pixel, 4);
  }
  return load<u32>(clear, 4);
}

/** The cell of the color cube, 3 bits of red, 4 of green, 3 of blue and 3 of alpha. */
// @ts-ignore: decorator
@inline
function cubeCell(pixel: u32): usize {
  return (((pixel >> 5) & 7) << 10) | (((pixel >> 12) & 15) << 6) | (((pixel >> 21) & 7) << 3) | (pixel >> 29);
}

/**
 * Adds n RGBA pixels to 8192 cells of 32 bytes: the sums of r, g, b, a and their number, as u32. At most 2²⁴ a flush.
 */
export function countColors(src: usize, n: i32, cells: usize, clear: usize): void {
  for (const end = src + (<usize>n << 2); src < end; src += 4) {
    const pixel = withoutHidden(load<u32>(src), clear);
    const cell = cells + (cubeCell(pixel) << 5);
    const channels = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(i32x4.splat(pixel)));
    v128.store(cell, i32x4.add(v128.load(cell), channels));
    store<u32>(cell, load<u32>(cell, 16) + 1, 16);
  }
}

/** RGBA → the byte that `table` has for the pixel's cell. */
export function lookUpColors(src: usize, n: i32, table: usize, clear: usize, dst: usize): void {
  for (const end = src + (<usize>n << 2); src < end; src += 4) {
    store<u8>(dst++, load<u8>(table + cubeCell(withoutHidden(load<u32>(src), clear))));
  }
}
