// Whether rows repeat, from a look at few of them: photographs do not, and a search for matches would be lost on them.
import { WINDOW } from "./state";

const SLOTS = 1024;
const TABLE: usize = memory.data(SLOTS * 4, 16);
/** Pixels looked at: at first, and where some of those repeat. */
const FEW = 3072;
const MANY = 12288;

/**
 * Whether matches may pay where zero runs do not: unfiltered rows repeat often, or filtered ones repeat, too, if only a
 * little where a byte takes more than 4 bits (`isDense`). The bounds were found on pictures of forty kinds; photographs
 * stay below them, but for a strip of a dark sky here and there.
 */
export function mayRepeat(rows: usize, filtered: usize, bytes: usize, pixel: usize, isDense: bool): bool {
  if (isGray(rows, bytes, pixel)) return true;
  if (shareOfRepeats(rows, bytes, pixel, FEW) == 0) return false;
  const share = shareOfRepeats(rows, bytes, pixel, MANY);
  if (share < 3) return false;
  if (share >= 64) return true;
  const filteredShare = shareOfRepeats(filtered, bytes, pixel, MANY);
  return filteredShare >= (isDense ? 3 : 5) || (filteredShare >= 2 && share >= 12);
}

/** Gray in three or four channels: each byte repeats in its pixel, and pixels of one gray match each other. */
function isGray(rows: usize, bytes: usize, pixel: usize): bool {
  if (pixel != 3 && pixel != 4) return false;
  for (let p = rows, end = rows + min(bytes, 1024 * pixel); p < end; p += pixel) {
    if (load<u8>(p) != load<u8>(p, 1) || load<u8>(p) != load<u8>(p, 2)) return false;
  }
  return true;
}

/**
 * Share of repeats, in 256ths, among 24-byte words that begin at a pixel: about every eighth, chosen by its hash, so
 * that equal ones are chosen together, and compared with the last one of the same hash. Runs of a pixel count neither
 * way.
 */
function shareOfRepeats(rows: usize, bytes: usize, pixel: usize, pixels: usize): i32 {
  memory.fill(TABLE, 0, SLOTS * 4);
  const start = rows + pixel;
  const end = rows + min(bytes, pixels * pixel) - 24;
  let met = 0;
  let looked = 16;
  for (let p = start; p < end; p += pixel) {
    const word = load<u64>(p);
    const hash = <u32>((word * 0x9e3779b97f4a7c15) >> 32);
    if (hash & 7) continue;
    const slot = TABLE + <usize>((hash >> 22) << 2);
    const head = load<u32>(slot);
    store<u32>(slot, <u32>(p - rows));
    if (word == load<u64>(p - pixel)) continue;
    looked++;
    if (head != 0 && p - rows - head < WINDOW && isEqual24(rows + head, p)) met++;
  }
  return (met << 8) / looked;
}

// @ts-ignore: decorator
@inline
function isEqual24(a: usize, b: usize): bool {
  return load<u64>(a) == load<u64>(b) && load<u64>(a, 8) == load<u64>(b, 8) && load<u64>(a, 16) == load<u64>(b, 16);
}
