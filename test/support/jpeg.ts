// JPEG files beside those of sharp (libjpeg-turbo through libvips) and as jpeg-js reads them.
import { expect } from "@jest/globals";
import { decode as decodeByJpegJs } from "jpeg-js";
import sharp from "sharp";
import type { EncodeOptions } from "../../src/encode/index.ts";
import { encodeJpegRows } from "./encoded.ts";
import { type Picture, rowsOf } from "./pictures.ts";

export function bySharp({ data, width, height, channels }: Picture, options: EncodeOptions): Promise<Buffer> {
  return sharp(data, { raw: { width, height, channels } })
    .toColourspace(channels === 1 ? "b-w" : "srgb")
    .jpeg({
      quality: options.quality ?? 75,
      chromaSubsampling: options.subsampling ?? "4:2:0",
      optimizeCoding: options.compression === "small",
    })
    .toBuffer();
}

/** From the scan's header on: sharp leaves JFIF's segment out. */
export function scan(file: Uint8Array): Buffer {
  let at = 2;
  while (file[at + 1] !== 0xda) at += 2 + file[at + 2]! * 256 + file[at + 3]!;
  return Buffer.from(file.buffer, file.byteOffset + at, file.length - at);
}

export function psnr(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return sum === 0 ? Infinity : 10 * Math.log10((255 * 255 * a.length) / sum);
}

export async function decoded(file: Uint8Array, channels: number): Promise<Uint8Array> {
  const image = sharp(file).toColourspace(channels === 1 ? "b-w" : "srgb");
  return image.raw().toBuffer();
}

/** Stronger than any PSNR: sharp's own coefficients, coded as sharp codes them. And both decoders read them. */
export async function expectSharps(made: Picture, options: EncodeOptions): Promise<void> {
  const file = encodeJpegRows(rowsOf(made), options);
  const other = await bySharp(made, options);
  expect(scan(file).equals(scan(other))).toBe(true);
  const pixels = await decoded(file, made.channels);
  expect(pixels.length).toBe(made.data.length);
  const difference = psnr(made.data, await decoded(other, made.channels)) - psnr(made.data, pixels);
  expect(difference > 0.1).toBe(false);
  const { width, height } = decodeByJpegJs(file, { useTArray: true, maxMemoryUsageInMB: 2048 });
  expect([width, height]).toEqual([made.width, made.height]);
}
