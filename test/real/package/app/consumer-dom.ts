// With the DOM: what a page holds.
import { Image } from "wandb-image";

export function all(
  canvas: HTMLCanvasElement,
  offscreen: OffscreenCanvas,
  img: HTMLImageElement,
  video: HTMLVideoElement,
  bitmap: ImageBitmap,
  pixels: ImageData,
  file: File,
  handle: FileSystemFileHandle,
  stream: ReadableStream<Uint8Array>,
) {
  const now = [canvas, offscreen, img, video, bitmap, pixels].map((source) => new Image(source));
  return [...now, ...[file, handle, stream].map((source) => Image.from(source))];
}
