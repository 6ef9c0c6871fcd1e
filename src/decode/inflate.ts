// zlib streams (RFC 1950), unpacked into memory whose size is known before: a stream that holds more stops there.
import { Unzlib } from "fflate";
import { broken } from "./faults.ts";

/** Packed bytes handed over at a time: they unpack to 16 MB at most, so that a bomb is seen before it goes off. */
const PIECE = 1 << 14;

/**
 * Unpacks the stream that `pieces` hold into `out` until that is full. The checksum behind the data is not looked at, as
 * Pillow does not: it stops at the last row.
 * @returns how many bytes came; fewer than `out` has where the stream ends early
 * @throws RangeError where the stream is no zlib stream
 */
export function inflateInto(pieces: readonly Uint8Array[], out: Uint8Array): number {
  let length = 0;
  const stream = new Unzlib((part) => {
    const fits = Math.min(part.length, out.length - length);
    out.set(part.subarray(0, fits), length);
    length += fits;
  });
  const packed = joined(pieces);
  for (let at = 0; at < packed.length && length < out.length; at += PIECE) {
    try {
      stream.push(packed.subarray(at, at + PIECE));
    } catch (error) {
      throw broken(`its compressed pixels are broken (${(error as Error).message})`);
    }
  }
  return length;
}

/** A file may have its stream in pieces of a byte each, which fflate would be slow at. */
function joined(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const whole = new Uint8Array(pieces.reduce((total, piece) => total + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Whether the stream unpacks to more than `limit` bytes; a broken one does not. */
export function isLargerThan(packed: Uint8Array, limit: number): boolean {
  let length = 0;
  const stream = new Unzlib((part) => {
    length += part.length;
  });
  try {
    for (let at = 0; at < packed.length && length <= limit; at += PIECE) stream.push(packed.subarray(at, at + PIECE));
  } catch {
    // Pillow drops a profile or a text that does not unpack.
  }
  return length > limit;
}
