// WebP (RFC 9649): its size, and whether all of it is there.
import { broken, bytesIn, truncated } from "./faults.ts";

const [VP8, VP8L, VP8X] = [0x56503820, 0x5650384c, 0x56503858];

/** @throws RangeError where the file is shorter than its RIFF header says, or its first chunk is none of WebP's */
export function readWebp(bytes: Uint8Array): { readonly width: number; readonly height: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 16) throw truncated("its header is cut short");
  const expected = 8 + view.getUint32(4, true);
  if (bytes.length < expected) throw truncated(`it lacks ${bytesIn(expected - bytes.length)}`);
  const chunk = view.getUint32(12);
  if (bytes.length < (chunk === VP8L ? 25 : 30)) throw truncated("its header is cut short");
  if (chunk === VP8) {
    return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
  }
  if (chunk === VP8L) {
    const bits = view.getUint32(21, true);
    return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
  }
  if (chunk !== VP8X) throw broken("a WebP whose first chunk is none of VP8, VP8L and VP8X");
  const uint24 = (at: number): number => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
  return { width: 1 + uint24(24), height: 1 + uint24(27) };
}
