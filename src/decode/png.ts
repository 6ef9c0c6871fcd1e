// A PNG's pixels (PNG third edition). Our own reader on fflate's inflate: fast-png takes truecolor with a suggested palette
// for indexed, fails on interlaced rows below 8 bits, on broken profiles, texts and short tRNS, and unpacks without a bound.
import { broken, bytesIn, fileError, truncated } from "./faults.ts";
import { inflatedBytes, inflateInto } from "./inflate.ts";
import type { Pixels } from "./pixels.ts";
import {
  MOST_PACKED,
  openPng,
  type Pass,
  type PngFile,
  packedBytes,
  passesOf,
  rawBytes,
  SAMPLES,
} from "./png-chunks.ts";

/**
 * The pixels as Pillow and libpng give them: samples below 8 bits spread over 0 to 255; a palette looked up, RGBA where it
 * has a tRNS chunk, indices past its end black; 16 bits kept. A color key (tRNS of gray and truecolor) stays a color.
 * @param indices true: a palette's indices instead of its colors
 */
export function pngPixels(bytes: Uint8Array, indices: boolean): Pixels {
  const png = openPng(bytes);
  checkTexts(png);
  const samples = samplesOf(png, unfiltered(png));
  const { width, height, colorType, depth } = png;
  if (colorType === 3) return indices ? { data: samples, width, height, channels: 1 } : lookedUp(png, samples);
  const channels = SAMPLES[colorType]!;
  if (depth === 16) return { data: words(samples), width, height, channels };
  if (depth < 8) {
    const scale = 255 / (2 ** depth - 1);
    for (let i = 0; i < samples.length; i++) samples[i]! *= scale;
  }
  return { data: samples, width, height, channels };
}

/** Pillow's PngImagePlugin.MAX_TEXT_CHUNK, which guards against a few bytes that unpack to gigabytes. */
const MAX_TEXT_CHUNK = 1 << 20;

function checkTexts({ chunks }: PngFile): void {
  for (const name of ["iCCP", "zTXt"]) {
    const data = chunks.get(name);
    if (data === undefined || unpackedTextBytes(data) <= MAX_TEXT_CHUNK) continue;
    throw fileError(
      "file-too-large",
      `Decompressed data too large for PngImagePlugin.MAX_TEXT_CHUNK: its ${name} chunk has more than 1 MiB`,
    );
  }
}

/** Of what follows the name; a profile or a text that does not unpack is none, as Pillow drops it. */
function unpackedTextBytes(data: Uint8Array): number {
  try {
    return inflatedBytes([data.subarray(data.indexOf(0) + 2)], MAX_TEXT_CHUNK + 1);
  } catch {
    return 0;
  }
}

/** The rows of all passes after their filters, each behind its filter's byte. */
function unfiltered(png: PngFile): Uint8Array {
  const expected = rawBytes(png);
  const packed = packedBytes(png);
  if (expected > MOST_PACKED * packed) throw truncated(`${bytesIn(packed)} of pixels cannot unpack to ${expected}`);
  const raw = new Uint8Array(expected);
  const came = inflateInto(png.data, raw);
  if (came < raw.length) throw truncated(`its pixels end ${raw.length - came} bytes early`);
  const bits = png.depth * SAMPLES[png.colorType]!;
  const step = Math.max(1, bits >> 3);
  let at = 0;
  for (const { columns, rows } of passesOf(png)) {
    const stride = Math.ceil((columns * bits) / 8);
    let above = -1;
    for (let y = 0; y < rows; y++, at += stride) {
      unfilter(raw, raw[at++]!, at, stride, step, above);
      above = at;
    }
  }
  return raw;
}

/** PNG 9.2, in place; `above` is where the row before begins, -1 for the first of a pass, which counts as zeros. */
function unfilter(raw: Uint8Array, filter: number, at: number, stride: number, step: number, above: number): void {
  const end = at + stride;
  const second = Math.min(end, at + step);
  switch (filter) {
    case 0:
      return;
    case 1:
      for (let i = second; i < end; i++) raw[i]! += raw[i - step]!;
      return;
    case 2:
      if (above >= 0) for (let i = at, up = above; i < end; i++) raw[i]! += raw[up++]!;
      return;
    case 3:
      for (let i = at; i < second; i++) raw[i]! += above < 0 ? 0 : raw[above + i - at]! >> 1;
      for (let i = second; i < end; i++) raw[i]! += (raw[i - step]! + (above < 0 ? 0 : raw[above + i - at]!)) >> 1;
      return;
    case 4:
      if (above < 0) {
        unfilter(raw, 1, at, stride, step, above);
        return;
      }
      for (let i = at; i < second; i++) raw[i]! += raw[above + i - at]!;
      for (let i = second, up = above + step; i < end; i++, up++) {
        raw[i]! += paeth(raw[i - step]!, raw[up]!, raw[up - step]!);
      }
      return;
    default:
      throw broken(`its pixels are broken: a row has the filter ${filter}, which the format does not know`);
  }
}

function paeth(left: number, up: number, corner: number): number {
  const [toLeft, toUp] = [Math.abs(up - corner), Math.abs(left - corner)];
  const toCorner = Math.abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

/** One byte a sample below 16 bits, two (big-endian) for 16, the passes put together. */
function samplesOf(png: PngFile, raw: Uint8Array): Uint8Array {
  const { width, height, depth, colorType } = png;
  const pixel = SAMPLES[colorType]! * (depth === 16 ? 2 : 1);
  const samples = new Uint8Array(width * height * pixel);
  let at = 0;
  for (const pass of passesOf(png)) {
    const stride = Math.ceil((pass.columns * SAMPLES[colorType]! * depth) / 8);
    for (let y = 0; y < pass.rows; y++, at += stride) {
      at++;
      const row = (pass.y + y * pass.stepY) * width;
      if (depth < 8) spreadBits(raw, at, depth, pass, samples, row);
      else spreadBytes(raw, at, pixel, pass, samples, row);
    }
  }
  return samples;
}

function spreadBits(raw: Uint8Array, at: number, depth: number, pass: Pass, samples: Uint8Array, row: number): void {
  const mask = 2 ** depth - 1;
  for (let i = 0, x = row + pass.x, bit = 0; i < pass.columns; i++, x += pass.stepX, bit += depth) {
    samples[x] = (raw[at + (bit >> 3)]! >> (8 - depth - (bit & 7))) & mask;
  }
}

function spreadBytes(raw: Uint8Array, at: number, pixel: number, pass: Pass, samples: Uint8Array, row: number): void {
  if (pass.stepX === 1) {
    samples.set(raw.subarray(at, at + pass.columns * pixel), row * pixel);
    return;
  }
  for (let i = 0, o = (row + pass.x) * pixel; i < pass.columns; i++, o += pass.stepX * pixel) {
    for (let c = 0; c < pixel; c++) samples[o + c] = raw[at++]!;
  }
}

function words(bytes: Uint8Array): Uint16Array {
  const data = new Uint16Array(bytes.length / 2);
  for (let i = 0, o = 0; o < data.length; i += 2) data[o++] = (bytes[i]! << 8) | bytes[i + 1]!;
  return data;
}

function lookedUp({ width, height, chunks }: PngFile, indices: Uint8Array): Pixels {
  const colors = chunks.get("PLTE");
  if (colors === undefined) throw broken("its pixels are indices of a palette that it does not have (no PLTE chunk)");
  const alpha = chunks.get("tRNS");
  const channels = alpha === undefined ? 3 : 4;
  const data = new Uint8Array(indices.length * channels);
  for (let i = 0, o = 0; i < indices.length; i++, o += channels) {
    const index = indices[i]!;
    for (let c = 0; c < 3; c++) data[o + c] = colors[index * 3 + c] ?? 0;
    if (alpha !== undefined) data[o + 3] = alpha[index] ?? 255;
  }
  return { data, width, height, channels };
}
