// Interleaved pixels → planes, for who wants them back channels first.
import { conversionKernels } from "../fallback/index.ts";
import { kernels } from "../kernels.ts";
import { BAND_BYTES } from "../rows.ts";

/** A copy, [channels][pixels]. */
export function toPlanes<T extends Uint8Array | Uint16Array>(data: T, channels: number): T {
  if (channels === 1) return data.slice() as T;
  return (data.BYTES_PER_ELEMENT === 1 ? bytePlanes(data as Uint8Array, channels) : wordPlanes(data, channels)) as T;
}

function bytePlanes(data: Uint8Array, channels: number): Uint8Array {
  const planes = new Uint8Array(data.length);
  const pixels = data.length / channels;
  const { u8, scratch, reserve } = kernels();
  const convert = conversionKernels();
  scratch(() => {
    const band = Math.min(pixels, Math.floor(BAND_BYTES / channels));
    const src = reserve(band * channels);
    const dst = reserve(band * channels);
    for (let first = 0; first < pixels; first += band) {
      const count = Math.min(band, pixels - first);
      u8.set(data.subarray(first * channels, (first + count) * channels), src);
      convert.deinterleave(src, count, channels, dst, count);
      for (let c = 0; c < channels; c++) {
        planes.set(u8.subarray(dst + c * count, dst + (c + 1) * count), c * pixels + first);
      }
    }
  });
  return planes;
}

function wordPlanes<T extends Uint8Array | Uint16Array>(data: T, channels: number): T {
  const planes = data.slice() as T;
  const pixels = data.length / channels;
  for (let i = 0, o = 0; o < pixels; o++) {
    for (let c = 0; c < channels; c++) planes[c * pixels + o] = data[i++]!;
  }
  return planes;
}
