// Planes ⇄ interleaved pixels.

/** n pixels: dst[i · channels + c] = src[c · plane + i], bytes. */
export function interleave(src: usize, plane: i32, n: i32, channels: i32, dst: usize): void {
  for (let c = 0; c < channels; c++) {
    const from = src + <usize>c * plane;
    let to = dst + c;
    for (let i = 0; i < n; i++, to += channels) store<u8>(to, load<u8>(from + i));
  }
}

/** n pixels: dst[c · plane + i] = src[i · channels + c], bytes. */
export function deinterleave(src: usize, n: i32, channels: i32, dst: usize, plane: i32): void {
  for (let c = 0; c < channels; c++) {
    let from = src + c;
    const to = dst + <usize>c * plane;
    for (let i = 0; i < n; i++, from += channels) store<u8>(to + i, load<u8>(from));
  }
}

/** The smallest of n alphas, the last byte of each of n pixels; 255 if there are none. */
export function lowestAlpha(src: usize, n: i32, channels: i32): i32 {
  let lowest: i32 = 255;
  let at = src + channels - 1;
  for (let i = 0; i < n; i++, at += channels) lowest = min(lowest, <i32>load<u8>(at));
  return lowest;
}
