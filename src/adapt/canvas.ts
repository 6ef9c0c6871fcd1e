// Canvases (the DOM's, OffscreenCanvas, @napi-rs/canvas, node-canvas, skia-canvas) and what only a canvas can read: bitmaps,
// <img>, <video>, VideoFrame. Always getImageData, the one way that every canvas gives straight alpha.

import { checkSides } from "../frame.ts";
import { kernels } from "../kernels.ts";
import { describe, tagOf, withCode } from "../messages.ts";
import type { Rows } from "../rows.ts";
import { type Fields, fieldsOf, hasMethods, isCount, isMethod } from "./fields.ts";
import { type AdaptOptions, asyncInputError, type Source } from "./source.ts";

interface Context2d {
  drawImage(image: unknown, x: number, y: number, width: number, height: number): void;
  getImageData(
    x: number,
    y: number,
    width: number,
    height: number,
  ): { readonly data: ArrayLike<number> & ArrayBufferView };
}

/** A canvas, read where it lies; one with a WebGL, WebGPU or bitmap context through a drawing of it. */
export function readCanvas(input: unknown, _options: AdaptOptions): Source | undefined {
  const { width, height } = fieldsOf(input);
  if (!hasMethods(input, "getContext") || !isCount(width) || !isCount(height)) return undefined;
  checkSides(width, height);
  const context = contextOf(input) ?? drawn(input, width, height);
  return { kind: "decoded", rows: canvasRows(context, width, height), alwaysAlpha: true };
}

function contextOf(canvas: unknown): Context2d | null {
  try {
    return (canvas as { getContext(kind: "2d"): Context2d | null }).getContext("2d");
  } catch {
    // A canvas whose control went to a worker: it can still be drawn.
    return null;
  }
}

/**
 * Bytes of pixels asked of a canvas at a time: each call may wait for the GPU, so more than a band; and from 2 MB on Chromium
 * takes fresh memory for each, whose page faults double the time (4K: 24 ms in pieces of 1 MB, 48 ms of 4 MB).
 */
const READBACK_BYTES = 1 << 20;

function canvasRows(context: Context2d, width: number, height: number): Rows {
  const { u8 } = kernels();
  const stride = width * 4;
  const chunk = Math.max(1, Math.floor(READBACK_BYTES / stride));
  let first = 0;
  let pixels = new Uint8ClampedArray(0);
  return {
    mode: "RGBA",
    width,
    height,
    read(y, count, dst) {
      let next = y;
      while (next < y + count) {
        if (next < first || next >= first + pixels.length / stride) {
          first = next;
          pixels = context.getImageData(0, first, width, Math.min(chunk, height - first))
            .data as Uint8ClampedArray<ArrayBuffer>;
        }
        const start = (next - first) * stride;
        const part = pixels.subarray(start, start + (y + count - next) * stride);
        u8.set(part, dst + (next - y) * stride);
        next += part.length / stride;
      }
    },
  };
}

/** ImageBitmap, `<img>`, `<video>` and VideoFrame, drawn onto a canvas of our own. The caller closes the bitmap or frame. */
export function readDrawable(input: unknown, _options: AdaptOptions): Source | undefined {
  const size = drawableSize(input);
  if (size === undefined) return undefined;
  const { width, height } = size;
  checkSides(width, height);
  return { kind: "decoded", rows: canvasRows(drawn(input, width, height), width, height), alwaysAlpha: true };
}

interface Size {
  readonly width: number;
  readonly height: number;
}

function drawableSize(input: unknown): Size | undefined {
  const fields = fieldsOf(input);
  switch (tagOf(input)) {
    case "ImageBitmap":
      if (fields.width === 0)
        throw withCode(new TypeError("the ImageBitmap is closed; log it before close()"), "no-longer-readable");
      return { width: fields.width as number, height: fields.height as number };
    case "VideoFrame":
      if (fields.format === null && fields.codedWidth === 0)
        throw withCode(new TypeError("the VideoFrame is closed; log it before close()"), "no-longer-readable");
      return { width: fields.displayWidth as number, height: fields.displayHeight as number };
    case "HTMLImageElement":
      if (!isLoaded(fields)) throw asyncInputError("an <img> that is not loaded yet");
      return { width: fields.naturalWidth as number, height: fields.naturalHeight as number };
    case "HTMLVideoElement":
      if (!isPlayable(fields)) throw asyncInputError("a <video> that has no frame yet");
      return { width: fields.videoWidth as number, height: fields.videoHeight as number };
    default:
      return undefined;
  }
}

function isLoaded({ complete, naturalWidth }: Fields): boolean {
  return complete === true && naturalWidth !== 0;
}

/** HAVE_CURRENT_DATA or more. */
function isPlayable({ readyState }: Fields): boolean {
  return (readyState as number) >= 2;
}

/** `<img>` and `<video>` that must be waited for. */
export function isUnloaded(input: unknown): boolean {
  const tag = tagOf(input);
  return (
    (tag === "HTMLImageElement" && !isLoaded(fieldsOf(input))) ||
    (tag === "HTMLVideoElement" && !isPlayable(fieldsOf(input)))
  );
}

/** The element itself, once it has pixels. */
export async function load(input: unknown): Promise<unknown> {
  if (tagOf(input) === "HTMLImageElement") {
    const image = input as { decode(): Promise<void>; currentSrc: string };
    try {
      await image.decode();
    } catch (cause) {
      throw new TypeError(`the <img> cannot be loaded: ${image.currentSrc}`, { cause });
    }
    return image;
  }
  const video = input as EventTarget & { currentSrc: string };
  return new Promise((resolve, reject) => {
    video.addEventListener("loadeddata", () => resolve(video), { once: true });
    video.addEventListener("error", () => reject(new TypeError(`the <video> cannot be loaded: ${video.currentSrc}`)), {
      once: true,
    });
  });
}

function drawn(image: unknown, width: number, height: number): Context2d {
  const context = scratchContext(width, height);
  if (context === null) throw new TypeError(`${describe(image)}: there is no 2-D canvas here to read it by`);
  context.drawImage(image, 0, 0, width, height);
  return context;
}

function scratchContext(width: number, height: number): Context2d | null {
  // Read often: kept in plain memory, not on the GPU.
  const settings = { willReadFrequently: true };
  if (typeof OffscreenCanvas === "function") {
    return new OffscreenCanvas(width, height).getContext("2d", settings) as unknown as Context2d | null;
  }
  if (typeof document !== "object" || !isMethod(document.createElement)) return null;
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas.getContext("2d", settings) as unknown as Context2d | null;
}
