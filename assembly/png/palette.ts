// Colors of a picture that has few: found, put in an order that makes neighbors of similar ones, and rows as indices.

/**
 * Open addressing, at most a sixteenth full: u32 colors, then u16 each its index + 256 (0: free). Behind them the
 * colors as they came.
 */
const SLOTS = 4096;
const MOST = 256;
const NUMBERS: usize = SLOTS * 4;
const COLORS: usize = NUMBERS + SLOTS * 2;
const COUNT: usize = COLORS + MOST * 4;
const PALETTE_BYTES: usize = COUNT + 16;

export function paletteBytes(): usize {
  return PALETTE_BYTES;
}

/** Its colors, u32 each, in the order in which they came, or that of `paletteOrder`. */
export function paletteColors(palette: usize): usize {
  return palette + COLORS;
}

export function paletteBegin(palette: usize): void {
  memory.fill(palette, 0, PALETTE_BYTES);
  // A free slot must not look like a hit: color 0 belongs to slot 0 alone, color 1 does not.
  store<u32>(palette, 1);
}

// @ts-ignore: decorator
@inline
function firstSlot(color: u32): usize {
  return <usize>((color * 0x9e3779b1) >> 20);
}

// @ts-ignore: decorator
@inline
function colorIn(palette: usize, slot: usize): u32 {
  return load<u32>(palette + (slot << 2));
}

// @ts-ignore: decorator
@inline
function number(palette: usize, slot: usize): u32 {
  return load<u16>(palette + (slot << 1), NUMBERS);
}

/** Where the color is, or is to be put. */
function slotOf(palette: usize, color: u32): usize {
  let slot = firstSlot(color);
  while (number(palette, slot) != 0 && colorIn(palette, slot) != color) slot = (slot + 1) & (SLOTS - 1);
  return slot;
}

/** The 48 bytes at p repeat the pixel before them. */
// @ts-ignore: decorator
@inline
function repeats(p: usize, end: usize, samples: usize): bool {
  if (p + 48 > end) return false;
  const before = p - samples;
  const first = i8x16.eq(v128.load(p), v128.load(before));
  const second = i8x16.eq(v128.load(p, 16), v128.load(before, 16));
  const third = i8x16.eq(v128.load(p, 32), v128.load(before, 32));
  return i8x16.all_true(v128.and(v128.and(first, second), third));
}

/**
 * Adds the colors of `pixels` pixels of 1, 3 or 4 samples; returns how many the palette then has, 257 when there are
 * more. Up to 3 bytes past the pixels are read.
 */
export function paletteAdd(palette: usize, src: usize, pixels: i32, samples: i32): i32 {
  const mask = samples == 4 ? <u32>-1 : (<u32>1 << (samples << 3)) - 1;
  const four = <usize>samples << 2;
  const end = src + <usize>pixels * samples;
  for (let p = src; p < end; ) {
    if (p > src && repeats(p, end, samples)) {
      p += 48;
      continue;
    }
    // Four at once, as a branch a pixel costs more than the look.
    for (const stop = min(end, p + 48); p < stop; p += four) {
      if (p + four <= end) {
        const color0 = load<u32>(p) & mask;
        const color1 = load<u32>(p + samples) & mask;
        const color2 = load<u32>(p + (samples << 1)) & mask;
        const color3 = load<u32>(p + samples * 3) & mask;
        const unknown =
          (colorIn(palette, firstSlot(color0)) ^ color0) | (colorIn(palette, firstSlot(color1)) ^ color1) |
          (colorIn(palette, firstSlot(color2)) ^ color2) | (colorIn(palette, firstSlot(color3)) ^ color3);
        if (unknown == 0) continue;
      }
      for (let q = p; q < min(end, p + four); q += samples) {
        if (!add(palette, load<u32>(q) & mask)) return MOST + 1;
      }
    }
  }
  return load<i32>(palette + COUNT);
}

/** False where the palette is full. */
function add(palette: usize, color: u32): bool {
  const slot = slotOf(palette, color);
  if (number(palette, slot) != 0) return true;
  const count = load<i32>(palette + COUNT);
  if (count == MOST) return false;
  store<u32>(palette + (slot << 2), color);
  store<u16>(palette + (slot << 1), <u16>(MOST + count), NUMBERS);
  store<u32>(palette + COLORS + (<usize>count << 2), color);
  store<i32>(palette + COUNT, count + 1);
  return true;
}

// @ts-ignore: decorator
@inline
function channel(color: u32, shift: u32): i32 {
  return (color >> shift) & 255;
}

/**
 * Orders the palette: from the darkest color on to the nearest one not yet taken, which puts a color map back in its
 * order, so that indices are smooth where colors are; those with alpha below `opaque` first, as tRNS names the first
 * entries.
 */
export function paletteOrder(palette: usize, alpha: bool): void {
  const count = load<i32>(palette + COUNT);
  const colors = palette + COLORS;
  for (let i = 0; i < count; i++) {
    const previous = i == 0 ? 0 : load<u32>(colors + (<usize>(i - 1) << 2));
    let best = i;
    let least = i32.MAX_VALUE;
    for (let j = i; j < count; j++) {
      const color = load<u32>(colors + (<usize>j << 2));
      const r = channel(color, 0) - channel(previous, 0);
      const g = channel(color, 8) - channel(previous, 8);
      const b = channel(color, 16) - channel(previous, 16);
      let distance = 2 * r * r + 4 * g * g + b * b;
      if (alpha && channel(color, 24) == 255) distance += 1 << 24;
      if (distance < least) {
        least = distance;
        best = j;
      }
    }
    const at = colors + (<usize>i << 2);
    const from = colors + (<usize>best << 2);
    const color = load<u32>(from);
    store<u32>(from, load<u32>(at));
    store<u32>(at, color);
    store<u16>(palette + (slotOf(palette, color) << 1), <u16>(MOST + i), NUMBERS);
  }
}

/** Pixels of colors of the palette → indices, a byte each; up to 16 bytes past them are written. */
export function paletteIndices(palette: usize, src: usize, pixels: i32, samples: i32, dst: usize): void {
  const mask = samples == 4 ? <u32>-1 : (<u32>1 << (samples << 3)) - 1;
  const four = <usize>samples << 2;
  const end = src + <usize>pixels * samples;
  const each = <usize>(48 / samples);
  for (let p = src; p < end; ) {
    if (p > src && repeats(p, end, samples)) {
      const run = v128.load8_splat(dst - 1);
      v128.store(dst, run);
      if (samples == 1) {
        v128.store(dst, run, 16);
        v128.store(dst, run, 32);
      }
      dst += each;
      p += 48;
      continue;
    }
    for (const stop = min(end, p + 48); p < stop; p += four, dst += 4) {
      if (p + four <= end) {
        const color0 = load<u32>(p) & mask;
        const color1 = load<u32>(p + samples) & mask;
        const color2 = load<u32>(p + (samples << 1)) & mask;
        const color3 = load<u32>(p + samples * 3) & mask;
        const slot0 = firstSlot(color0);
        const slot1 = firstSlot(color1);
        const slot2 = firstSlot(color2);
        const slot3 = firstSlot(color3);
        store<u8>(dst, <u8>number(palette, slot0));
        store<u8>(dst, <u8>number(palette, slot1), 1);
        store<u8>(dst, <u8>number(palette, slot2), 2);
        store<u8>(dst, <u8>number(palette, slot3), 3);
        const elsewhere =
          (colorIn(palette, slot0) ^ color0) | (colorIn(palette, slot1) ^ color1) |
          (colorIn(palette, slot2) ^ color2) | (colorIn(palette, slot3) ^ color3);
        if (elsewhere == 0) continue;
      }
      for (let q = p, i = dst; q < min(end, p + four); q += samples, i++) {
        store<u8>(i, <u8>number(palette, slotOf(palette, load<u32>(q) & mask)));
      }
    }
  }
}

/** Neighbours of `bits` bits, a byte each → one byte of both: the first in the upper bits. */
// @ts-ignore: decorator
@inline
function joined(x: v128, bits: i32): v128 {
  const both = v128.or(i16x8.shl(x, bits), i16x8.shr_u(x, 8));
  return i8x16.narrow_i16x8_u(v128.and(both, i16x8.splat(255)), i16x8.splat(0));
}

/**
 * Rows of a byte a sample → `depth` (1, 2, 4) bits a sample, the first highest, rows from a byte on, zeros behind. Up
 * to 8 bytes past dst's are written.
 */
export function packBits(src: usize, width: i32, rows: i32, depth: i32, dst: usize): void {
  const most: u32 = (1 << depth) - 1;
  const mask = i8x16.splat(<i8>most);
  for (let y = 0; y < rows; y++) {
    let x = 0;
    for (; x + 16 <= width; x += 16, src += 16) {
      let packed = v128.and(v128.load(src), mask);
      if (depth == 1) {
        packed = joined(packed, 1);
        packed = joined(packed, 2);
      } else if (depth == 2) {
        packed = joined(packed, 2);
      }
      v128.store64_lane(dst, joined(packed, 4), 0);
      dst += depth << 1;
    }
    while (x < width) {
      let byte: u32 = 0;
      for (let shift = 8 - depth; shift >= 0 && x < width; shift -= depth, x++, src++) {
        byte |= (load<u8>(src) & most) << shift;
      }
      store<u8>(dst, <u8>byte);
      dst++;
    }
  }
}
