// The caller's memory → kernel memory.
import { tagOf } from "./messages.ts";

type Words = Uint8Array | Uint16Array | Uint32Array;

/** Below this many elements, three copies cost more than a slow one. */
const SHORT = 64;

/**
 * Copies `length` elements of `data` from `from` on to `at` in `into`. V8 copies shared memory a word of 8 bytes at a time where both
 * sides lie alike in their words, else a byte at a time, four times as slow. So they are copied to where they lie alike, and moved.
 */
export function copyRun(into: Words, at: number, data: Words, from: number, length: number): void {
  const shift = length < SHORT || !isShared(data.buffer) ? 0 : phase(data, from) - phase(into, at);
  if (shift === 0) {
    into.set(data.subarray(from, from + length), at);
    return;
  }
  const on = shift & (8 / into.BYTES_PER_ELEMENT - 1);
  into.set(data.subarray(from, from + length - on), at + on);
  into.copyWithin(at, at + on, at + length);
  into.set(data.subarray(from + length - on, from + length), at + length - on);
}

/** Elements from a multiple of 8 bytes, modulo 8 bytes. */
function phase(view: Words, at: number): number {
  const size = view.BYTES_PER_ELEMENT;
  return (view.byteOffset / size + at) & (8 / size - 1);
}

export function isShared(buffer: ArrayBufferLike): buffer is SharedArrayBuffer {
  return tagOf(buffer) === "SharedArrayBuffer";
}
