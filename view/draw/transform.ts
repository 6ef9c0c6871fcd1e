// Where a picture lies in a canvas, in device pixels.
import type { Zoom } from "../model/state.ts";

export interface View {
  /** Device pixels a picture's pixel. */
  readonly scale: number;
  /** The picture's left top corner in the canvas. */
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The whole picture in the middle; no larger than `most` times its size. */
export function fitted(picture: Size, canvas: Size, most = Number.POSITIVE_INFINITY): View {
  const scale = Math.min(canvas.width / picture.width, canvas.height / picture.height, most);
  return centered(picture, canvas, scale, picture.width / 2, picture.height / 2);
}

/** The picture's point (x, y) in the middle of the canvas, its corner on a whole device pixel. */
export function centered(_picture: Size, canvas: Size, scale: number, x: number, y: number): View {
  return { scale, x: Math.round(canvas.width / 2 - x * scale), y: Math.round(canvas.height / 2 - y * scale) };
}

export function zoomed(picture: Size, canvas: Size, zoom: Zoom | null): View {
  return zoom === null ? fitted(picture, canvas) : centered(picture, canvas, zoom.scale, zoom.x, zoom.y);
}

/** The picture's pixel under a device pixel of the canvas; it may lie outside of the picture. */
export function pixelAt(view: View, x: number, y: number): { readonly x: number; readonly y: number } {
  return { x: Math.floor((x + 0.5 - view.x) / view.scale), y: Math.floor((y + 0.5 - view.y) / view.scale) };
}

/** Zoomed by `factor` with the picture's point under (x, y) kept there. */
export function zoomedAt(view: View, canvas: Size, factor: number, x: number, y: number): Zoom {
  const scale = Math.min(256, Math.max(1 / 64, view.scale * factor));
  const px = (x - view.x) / view.scale;
  const py = (y - view.y) / view.scale;
  return { scale, x: px + (canvas.width / 2 - x) / scale, y: py + (canvas.height / 2 - y) / scale };
}
