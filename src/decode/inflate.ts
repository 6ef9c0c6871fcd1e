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
  return inflate(pieces, out.length, (part, at) => out.set(part, at));
}

/** How many bytes the stream unpacks to, counted up to `limit` without being kept. @throws as inflateInto */
export function inflatedBytes(pieces: readonly Uint8Array[], limit: number): number {
  return inflate(pieces, limit, () => {});
}

function inflate(pieces: readonly Uint8Array[], limit: number, take: (part: Uint8Array, at: number) => void): number {
  let length = 0;
  const stream = new Unzlib((part) => {
    const fits = part.subarray(0, limit - length);
    take(fits, length);
    length += fits.length;
  });
  const packed = joined(pieces);
  for (let at = 0; at < packed.length && length < limit; at += PIECE) {
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
