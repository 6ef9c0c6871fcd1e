// Colours of a picture that has few: found, put in an order that makes neighbours of similar ones, and rows as indices.

/** Open addressing, at most a quarter full: u32 colour, u32 index + 1 (0: free). Behind it the colours as they came. */
const SLOTS = 1024;
const MOST = 256;
const COLOURS: usize = SLOTS * 8;
const COUNT: usize = COLOURS + MOST * 4;
const PALETTE_BYTES: usize = COUNT + 16;

export function paletteBytes(): usize {
  return PALETTE_BYTES;
}

export function paletteBegin(palette: usize): void {
  memory.fill(palette, 0, PALETTE_BYTES);
}

/** Where the colour is, or is to be put. */
function slotOf(palette: usize, colour: u32): usize {
  let slot = (colour * 0x9e3779b1) >> 22;
  let at = palette + (<usize>slot << 3);
  while (load<u32>(at, 4) != 0 && load<u32>(at) != colour) {
    slot = (slot + 1) & (SLOTS - 1);
    at = palette + (<usize>slot << 3);
  }
  return at;
}

/** Pixels of a run from p on that equal the one before p, by whole vectors. */
// @ts-ignore: decorator
@inline
function repeats(p: usize, end: usize, samples: usize): bool {
  return p + 16 <= end && i8x16.all_true(i8x16.eq(v128.load(p), v128.load(p - samples)));
}

/**
 * Adds the colours of `pixels` pixels of 1 to 4 samples; returns how many the palette then has, 257 when there are more.
 * Up to 3 bytes past the pixels are read.
 */
export function paletteAdd(palette: usize, src: usize, pixels: i32, samples: i32): i32 {
  let count = load<i32>(palette + COUNT);
  const mask = samples == 4 ? <u32>-1 : (<u32>1 << (samples << 3)) - 1;
  const end = src + <usize>pixels * samples;
  const whole = <usize>(16 / samples) * samples;
  let before: u32 = 0;
  for (let p = src; p < end; ) {
    if (p > src && repeats(p, end, samples)) {
      p += whole;
      continue;
    }
    const colour = load<u32>(p) & mask;
    if (p == src || colour != before) {
      const slot = slotOf(palette, colour);
      if (load<u32>(slot, 4) == 0) {
        if (count == MOST) return MOST + 1;
        store<u32>(slot, colour);
        store<u32>(palette + COLOURS + (<usize>count << 2), colour);
        count++;
        store<u32>(slot, count, 4);
      }
      before = colour;
    }
    p += samples;
  }
  store<i32>(palette + COUNT, count);
  return count;
}

/** All of the pixels have red = green = blue. */
export function isGrey(src: usize, pixels: i32, samples: i32): bool {
  for (const end = src + <usize>pixels * samples; src < end; src += samples) {
    if (load<u8>(src) != load<u8>(src, 1) || load<u8>(src) != load<u8>(src, 2)) return false;
  }
  return true;
}

// @ts-ignore: decorator
@inline
function channel(colour: u32, shift: u32): i32 {
  return (colour >> shift) & 255;
}

/**
 * Orders the palette: from the darkest colour on to the nearest one not yet taken, which puts a colour map back in its order,
 * so that indices are smooth where colours are; those with alpha below `opaque` first, as tRNS names the first entries.
 * The colours, u32 each, are then at the pointer returned.
 */
export function paletteOrder(palette: usize, alpha: bool): usize {
  const count = load<i32>(palette + COUNT);
  const colours = palette + COLOURS;
  for (let i = 0; i < count; i++) {
    const previous = i == 0 ? 0 : load<u32>(colours + (<usize>(i - 1) << 2));
    let best = i;
    let least = i32.MAX_VALUE;
    for (let j = i; j < count; j++) {
      const colour = load<u32>(colours + (<usize>j << 2));
      const r = channel(colour, 0) - channel(previous, 0);
      const g = channel(colour, 8) - channel(previous, 8);
      const b = channel(colour, 16) - channel(previous, 16);
      let distance = 2 * r * r + 4 * g * g + b * b;
      if (alpha && channel(colour, 24) == 255) distance += 1 << 24;
      if (distance < least) {
        least = distance;
        best = j;
      }
    }
    const at = colours + (<usize>i << 2);
    const from = colours + (<usize>best << 2);
    const colour = load<u32>(from);
    store<u32>(from, load<u32>(at));
    store<u32>(at, colour);
    store<u32>(slotOf(palette, colour), i + 1, 4);
  }
  return colours;
}

/** Pixels → indices, a byte each; up to 16 bytes past dst's are written. */
export function paletteIndices(palette: usize, src: usize, pixels: i32, samples: i32, dst: usize): void {
  const mask = samples == 4 ? <u32>-1 : (<u32>1 << (samples << 3)) - 1;
  const end = src + <usize>pixels * samples;
  const each = <usize>(16 / samples);
  let before: u32 = 0;
  let index: u32 = 0;
  for (let p = src; p < end; ) {
    if (p > src && repeats(p, end, samples)) {
      v128.store(dst, i8x16.splat(<i8>index));
      dst += each;
      p += each * samples;
      continue;
    }
    const colour = load<u32>(p) & mask;
    if (p == src || colour != before) {
      index = load<u32>(slotOf(palette, colour), 4) - 1;
      before = colour;
    }
    store<u8>(dst, <u8>index);
    dst++;
    p += samples;
  }
}

/** Rows of a byte a sample → `depth` (1, 2, 4) bits a sample, the first highest, rows from a byte on, zeros behind. */
export function packBits(src: usize, width: i32, rows: i32, depth: i32, dst: usize): void {
  const most: u32 = (1 << depth) - 1;
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < width; ) {
      let byte: u32 = 0;
      for (let shift = 8 - depth; shift >= 0 && x < width; shift -= depth, x++) {
        byte |= (load<u8>(src) & most) << shift;
        src++;
      }
      store<u8>(dst, <u8>byte);
      dst++;
    }
  }
}

/** Samples of RGB or RGBA whose three are equal → the first of each. */
export function firstSamples(src: usize, pixels: i32, samples: i32, dst: usize): void {
  for (const end = dst + pixels; dst < end; dst++, src += samples) store<u8>(dst, load<u8>(src));
}

/** Little-endian i32 → big-endian u16, clipped as Pillow's packer of mode I does. */
export function clip16(src: usize, samples: i32, dst: usize): void {
  for (const end = dst + (<usize>samples << 1); dst < end; dst += 2, src += 4) {
    const value = min(max(load<i32>(src), 0), 65535);
    store<u16>(dst, <u16>((value >> 8) | (value << 8)));
  }
}
