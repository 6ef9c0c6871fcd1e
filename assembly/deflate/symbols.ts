// The alphabets of deflate (RFC 1951, 3.2.5), computed instead of looked up.

export const END_OF_BLOCK = 256;
/** Symbol of the shortest match; those of the longer ones follow. */
export const FIRST_LENGTH = 257;
export const MIN_MATCH: u32 = 3;
export const MAX_MATCH: u32 = 258;

/** Symbol of a match length 3 … 258, less FIRST_LENGTH. */
// @ts-ignore: decorator
@inline
export function lengthSymbol(length: u32): u32 {
  if (length == MAX_MATCH) return 28;
  const l = length - MIN_MATCH;
  if (l < 8) return l;
  const extra = 29 - clz(l);
  return (extra << 2) + (l >> extra);
}

/** How many extra bits follow a length's symbol; their value is the low bits of length - 3. */
// @ts-ignore: decorator
@inline
export function lengthExtraBits(length: u32): u32 {
  const l = length - MIN_MATCH;
  return l < 8 || length == MAX_MATCH ? 0 : 29 - clz(l);
}

// @ts-ignore: decorator
@inline
export function distanceSymbol(distanceLess1: u32): u32 {
  if (distanceLess1 < 4) return distanceLess1;
  const top = 31 - clz(distanceLess1);
  return (top << 1) + ((distanceLess1 >> (top - 1)) & 1);
}

/** How many extra bits follow a distance's symbol; their value is the low bits of distance - 1. */
// @ts-ignore: decorator
@inline
export function distanceExtraBits(distanceLess1: u32): u32 {
  return distanceLess1 < 4 ? 0 : 30 - clz(distanceLess1);
}
