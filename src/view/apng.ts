// An animated PNG (PNG, third edition, 11.3.5): each frame is encoded as a PNG of its own, and its data put into one file.
import { crc32 } from "../crc32.ts";
import { encode } from "../encode/index.ts";
import { kernels } from "../kernels.ts";
import { packedRows } from "../rows.ts";
import type { Raster } from "./raster.ts";

export function encodeRaster({ data, width, height }: Raster): Uint8Array {
  return kernels().scratch(() => encode(packedRows(data, "RGB", width, height), "png").bytes);
}

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
}

/** @param frames all of one size @param fps frames a second */
export function encodeApng(frames: readonly Raster[], fps: number): Uint8Array {
  const { width, height } = frames[0]!;
  const out: Uint8Array[] = [Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)];
  let sequence = 0;
  for (const [i, frame] of frames.entries()) {
    const chunks = chunksOf(encodeRaster(frame));
    if (i === 0) out.push(chunk("IHDR", chunks[0]!.data), chunk("acTL", words(frames.length, 0)));
    const control = new Uint8Array(26);
    control.set(words(sequence++, width, height, 0, 0));
    new DataView(control.buffer).setUint16(20, 100);
    new DataView(control.buffer).setUint16(22, Math.round(100 * fps));
    out.push(chunk("fcTL", control));
    for (const { type, data } of chunks) {
      if (type !== "IDAT") continue;
      out.push(i === 0 ? chunk("IDAT", data) : chunk("fdAT", joined(words(sequence++), data)));
    }
  }
  out.push(chunk("IEND", new Uint8Array()));
  return new Uint8Array(Buffer.concat(out));
}

function chunksOf(file: Uint8Array): Chunk[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const found: Chunk[] = [];
  for (let at = 8; at < file.length; at += view.getUint32(at) + 12) {
    const type = String.fromCharCode(...file.subarray(at + 4, at + 8));
    found.push({ type, data: file.subarray(at + 8, at + 8 + view.getUint32(at)) });
  }
  return found;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

function words(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  for (const [i, value] of values.entries()) new DataView(bytes.buffer).setUint32(4 * i, value);
  return bytes;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}
