// Whether rows repeat, from a look at few of them: photographs do not, and a search for matches would be lost on them.
import { WINDOW } from "./state";

const SLOT_BITS = 10;
/** More for colors: a noise in some hundreds of them would drive each other out. */
const COLOR_BITS = 12;
const TABLE: usize = memory.data(4 << COLOR_BITS, 16);
/** Pixels looked at: at first, and where some of those repeat; of small pictures. */
const FEW = 3072;
const MANY = 12288;
const SOME: usize = 4096;
/** Bytes of a tiny picture: 32 by 32 pixels, and no more. */
const TINY: usize = 4096;

/**
 * Whether matches may pay where zero runs do not: unfiltered rows repeat often, or filtered ones repeat, too, if only a
 * little where a byte takes more than 4 bits (`isDense`). The bounds were found on pictures of forty kinds; photographs
 * stay below them, but for a strip of a dark sky here and there.
 */
export function mayRepeat(rows: usize, filtered: usize, bytes: usize, pixel: usize, isDense: bool): bool {
  if (isGray(rows, bytes, pixel)) return true;
  if (shareOfRepeats(rows, bytes, pixel, FEW, 7) == 0) return false;
  const share = shareOfRepeats(rows, bytes, pixel, MANY, 7);
  if (share < 3) return false;
  if (share >= 64) return true;
  const filteredShare = shareOfRepeats(filtered, bytes, pixel, MANY, 7);
  return filteredShare >= (isDense ? 3 : 5) || (filteredShare >= 2 && share >= 12);
}

/**
 * The same of a small picture, by pixels of its middle: so few tell only if all are looked at, and if a repeat of
 * 12 bytes counts. Photographs stay below 24, most at 0; what fast-png packs better by matches begins at 25. A tiny
 * picture has had little to repeat. Or most of its pixels have a color that came before: of photographs at most half.
 */
export function maySmallRepeat(rows: usize, bytes: usize, pixel: usize): bool {
  const looked = min(bytes, SOME * pixel);
  const first = (bytes - looked) / 2;
  const middle = rows + first - (first % pixel);
  if (shareOfRepeats(middle, looked, pixel, SOME, 0) >= (bytes <= TINY ? 5 : 24)) return true;
  return hasPixels(pixel) && shareOfColors(middle, looked, pixel, SOME) >= (bytes <= TINY ? 128 : 144);
}

/**
 * Whether most pixels have a color that the last ones had: a color map, a palette. Short matches pay there, though no
 * rows repeat. Of photographs at most half the pixels do, of color maps 85 % and more.
 */
export function hasFewColors(rows: usize, bytes: usize, pixel: usize): bool {
  if (!hasPixels(pixel)) return false;
  return shareOfColors(rows, bytes, pixel, FEW) >= 154 && shareOfColors(rows, bytes, pixel, MANY) >= 205;
}

/** Whether the pixels are of three or four bytes: colors. */
// @ts-ignore: decorator
@inline
function hasPixels(pixel: usize): bool {
  return pixel == 3 || pixel == 4;
}

/** Share, in 256ths, of pixels of a color that the last one of the same hash had, too. Runs of a pixel do not count. */
function shareOfColors(rows: usize, bytes: usize, pixel: usize, pixels: usize): i32 {
  memory.fill(TABLE, 0, 4 << COLOR_BITS);
  const mask: u32 = pixel == 3 ? 0xffffff : 0xffffffff;
  let met = 0;
  let looked = 16;
  for (let p = rows + pixel, end = rows + min(bytes, pixels * pixel) - 4; p < end; p += pixel) {
    const color = load<u32>(p) & mask;
    if (color == (load<u32>(p - pixel) & mask)) continue;
    const slot = TABLE + <usize>(((color * 0x9e3779b1) >> (32 - COLOR_BITS)) << 2);
    if (load<u32>(slot) == color) met++;
    store<u32>(slot, color);
    looked++;
  }
  return (met << 8) / looked;
}

/** Gray in three or four channels: each byte repeats in its pixel, and pixels of one gray match each other. */
function isGray(rows: usize, bytes: usize, pixel: usize): bool {
  if (!hasPixels(pixel)) return false;
  for (let p = rows, end = rows + min(bytes, 1024 * pixel); p < end; p += pixel) {
    if (load<u8>(p) != load<u8>(p, 1) || load<u8>(p) != load<u8>(p, 2)) return false;
  }
  return true;
}

/**
 * Share of repeats, in 256ths, among words of 24 bytes that begin at a pixel: about every eighth, chosen by bits of its
 * hash, so that equal ones are chosen together, and compared with the last one of the same hash. Where `chosen` has no
 * bits all are looked at, and 12 bytes compared. Runs of a pixel count neither way.
 */
export function shareOfRepeats(rows: usize, bytes: usize, pixel: usize, pixels: usize, chosen: u32): i32 {
  memory.fill(TABLE, 0, 4 << SLOT_BITS);
  const start = rows + pixel;
  const end = rows + min(bytes, pixels * pixel) - 24;
  let met = 0;
  let looked = 16;
  for (let p = start; p < end; p += pixel) {
    const word = load<u64>(p);
    const hash = <u32>((word * 0x9e3779b97f4a7c15) >> 32);
    if (hash & chosen) continue;
    const slot = TABLE + <usize>((hash >> (32 - SLOT_BITS)) << 2);
    const head = load<u32>(slot);
    store<u32>(slot, <u32>(p - rows));
    if (word == load<u64>(p - pixel)) continue;
    looked++;
    if (head != 0 && p - rows - head < WINDOW && isEqual(rows + head, p, chosen != 0)) met++;
  }
  return (met << 8) / looked;
}

// @ts-ignore: decorator
@inline
function isEqual(a: usize, b: usize, long: bool): bool {
  if (load<u64>(a) != load<u64>(b) || load<u32>(a, 8) != load<u32>(b, 8)) return false;
  return !long || (load<u64>(a, 12) == load<u64>(b, 12) && load<u32>(a, 20) == load<u32>(b, 20));
}
