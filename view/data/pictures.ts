// Files of pictures → bitmaps and class ids, decoded once and kept within a bound.
import type { PictureMark } from "../../src/view/api.ts";
import { source } from "../model/state.ts";
import { Cache } from "./cache.ts";
import { MissingFile } from "./source.ts";

/** Decoded pixels that are kept, 4 bytes each. */
const MAX_DECODED_BYTES = 256e6;
const MAX_MASK_BYTES = 96e6;
/** Pictures up to this many pixels come in packs. */
const SMALL_PIXELS = 256 * 256;

export interface Picture {
  readonly blob: Blob;
  readonly bitmap: ImageBitmap;
  readonly width: number;
  readonly height: number;
  /** Half, a quarter … the size, as `paint` asks for them. */
  readonly halves: OffscreenCanvas[];
}

export interface MaskIds {
  readonly ids: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly present: readonly number[];
}

const pictures = new Cache<Promise<Picture>>(MAX_DECODED_BYTES);
const masks = new Cache<Promise<MaskIds>>(MAX_MASK_BYTES);

/** Every value as it is in the file: no color management, no alpha multiplied in. */
const AS_IT_IS: ImageBitmapOptions = { colorSpaceConversion: "none", premultiplyAlpha: "none" };

export function pictureOf(run: string, mark: PictureMark): Promise<Picture> {
  const name = `${run}\0${mark.path}`;
  const kept = pictures.get(name);
  if (kept) return kept;
  const small = mark.width * mark.height <= SMALL_PIXELS;
  const asked = (small ? inPack(run, mark.path) : source().file(run, mark.path)).then(decode);
  pictures.set(name, asked, 4 * Math.max(1, mark.width * mark.height) * 1.4);
  asked.catch(() => pictures.delete(name));
  return asked;
}

async function decode(blob: Blob): Promise<Picture> {
  const bitmap = await createImageBitmap(blob, AS_IT_IS).catch(() => null);
  if (bitmap === null) throw new Error(await undecodable(blob));
  return { blob, bitmap, width: bitmap.width, height: bitmap.height, halves: [] };
}

async function undecodable(blob: Blob): Promise<string> {
  if (blob.size === 0) return "the file is empty";
  const head = new Uint8Array(await blob.slice(0, 4).arrayBuffer());
  const kind = { 137: "PNG", 255: "JPEG", 66: "BMP", 71: "GIF", 82: "WebP" }[head[0]!];
  return kind
    ? `this ${kind} file is damaged: it cannot be decoded`
    : "the file is of no kind that a browser shows; see what it is with `file`";
}

export function maskOf(run: string, path: string): Promise<MaskIds> {
  const name = `${run}\0${path}`;
  const kept = masks.get(name);
  if (kept) return kept;
  const asked = source().file(run, path).then(readIds);
  masks.set(name, asked, 1e6);
  asked.then(
    (mask) => masks.weigh(name, mask.ids.length),
    () => masks.delete(name),
  );
  return asked;
}

/** A mask's file is gray: red is the class id. */
async function readIds(blob: Blob): Promise<MaskIds> {
  const { bitmap, width, height } = await decode(blob);
  const { data } = pixelsOfBitmap(bitmap);
  bitmap.close();
  const ids = new Uint8Array(width * height);
  const seen = new Uint8Array(256);
  for (let i = 0, p = 0; i < ids.length; i++, p += 4) seen[(ids[i] = data[p]!)] = 1;
  const present: number[] = [];
  for (let id = 0; id < 256; id++) if (seen[id]) present.push(id);
  return { ids, width, height, present };
}

export function pixelsOfBitmap(bitmap: ImageBitmap): ImageData {
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, bitmap.width, bitmap.height);
}

interface Waiting {
  readonly run: string;
  readonly path: string;
  readonly resolve: (blob: Blob) => void;
  readonly reject: (error: unknown) => void;
}

let waiting: Waiting[] = [];

/** Small files asked for in one turn travel together: a request costs more than the picture. */
function inPack(run: string, path: string): Promise<Blob> {
  return new Promise((resolve, reject) => {
    if (waiting.length === 0) setTimeout(send, 0);
    waiting.push({ run, path, resolve, reject });
  });
}

function send(): void {
  const all = waiting;
  waiting = [];
  for (const run of new Set(all.map((one) => one.run))) {
    const group = all.filter((one) => one.run === run);
    if (group.length < 3) for (const one of group) source().file(run, one.path).then(one.resolve, one.reject);
    else sendPack(run, group);
  }
}

async function sendPack(run: string, group: readonly Waiting[]): Promise<void> {
  try {
    const blobs = await source().files(
      run,
      group.map((one) => one.path),
    );
    for (const [i, { path, resolve, reject }] of group.entries()) {
      const blob = blobs[i];
      if (blob) resolve(blob);
      else if (blob === null) reject(new MissingFile(`${path} is not there`));
      else source().file(run, path).then(resolve, reject);
    }
  } catch (error) {
    for (const { reject } of group) reject(error);
  }
}
