// Boxes with their labels, in device pixels: lines on whole pixels, chips that keep out of each other's way.
import type { BoxMark } from "../../src/view/api.ts";
import type { ShownBox } from "../model/layers.ts";
import { inkOn } from "./colors.ts";
import type { Size, View } from "./transform.ts";

export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Where a box lies in the canvas; its corners in order, whichever way round they were logged. */
function placedBox({ at, pixel }: BoxMark, picture: Size, view: View): Rectangle {
  const [sx, sy] = pixel ? [view.scale, view.scale] : [picture.width * view.scale, picture.height * view.scale];
  const [x0, y0, x1, y1] = at;
  return {
    left: view.x + Math.min(x0, x1) * sx,
    right: view.x + Math.max(x0, x1) * sx,
    top: view.y + Math.min(y0, y1) * sy,
    bottom: view.y + Math.max(y0, y1) * sy,
  };
}

export interface BoxLook {
  /** Device pixels a CSS pixel. */
  readonly ratio: number;
  readonly labels: boolean;
  /** The box under the pointer. */
  readonly hovered: BoxMark | null;
}

export function drawBoxes(
  context: CanvasRenderingContext2D,
  boxes: readonly ShownBox[],
  picture: Size,
  view: View,
  { ratio, labels, hovered }: BoxLook,
): void {
  const placed = boxes.map((shown) => ({ shown, at: placedBox(shown.box, picture, view) }));
  for (const { shown, at } of placed) frame(context, at, shown, ratio, shown.box === hovered);
  if (!labels) return;
  const chips: Rectangle[] = [];
  const { width, height } = context.canvas;
  for (const { shown, at } of placed) {
    const isHovered = shown.box === hovered;
    const outside = at.right < 0 || at.bottom < 0 || at.left > width || at.top > height;
    if (outside || (!isHovered && at.right - at.left < 14 * ratio)) continue;
    label(context, at, shown, ratio, chips, isHovered);
  }
}

function frame(context: CanvasRenderingContext2D, at: Rectangle, shown: ShownBox, ratio: number, bold: boolean): void {
  const line = Math.max(1, Math.round((bold ? 3 : 1.75) * ratio));
  const half = (line % 2) / 2; // so that the line covers whole pixels
  const [left, top] = [Math.round(at.left) + half, Math.round(at.top) + half];
  const [right, bottom] = [Math.round(at.right) - half, Math.round(at.bottom) - half];
  const [width, height] = [Math.max(0, right - left), Math.max(0, bottom - top)];
  context.lineJoin = "miter";
  context.lineWidth = line + 2 * Math.max(1, Math.round(0.5 * ratio));
  context.strokeStyle = "rgb(0 0 0 / 0.45)"; // reads on any picture
  context.setLineDash([]);
  context.strokeRect(left, top, width, height);
  context.lineWidth = line;
  context.strokeStyle = shown.color;
  if (shown.dashed) context.setLineDash([Math.round(6 * ratio), Math.round(4 * ratio)]);
  context.strokeRect(left, top, width, height);
  context.setLineDash([]);
}

function label(
  context: CanvasRenderingContext2D,
  at: Rectangle,
  shown: ShownBox,
  ratio: number,
  chips: Rectangle[],
  always: boolean,
): void {
  context.font = `500 ${Math.round(11 * ratio)}px system-ui, sans-serif`;
  context.textBaseline = "middle";
  const text = shown.text.length > 60 ? `${shown.text.slice(0, 59)}…` : shown.text;
  const width = Math.ceil(context.measureText(text).width + 8 * ratio);
  const height = Math.round(16 * ratio);
  const chip = freePlace(at, width, height, context.canvas, chips);
  if (chip === null && !always) return;
  const place = chip ?? placeOf(Math.round(at.left), Math.round(at.top) - height, width, height, context.canvas);
  chips.push(place);
  context.fillStyle = shown.color;
  context.fillRect(place.left, place.top, width, height);
  context.fillStyle = inkOn(shown.color);
  context.fillText(text, place.left + 4 * ratio, place.top + height / 2 + 0.5 * ratio);
}

/** Above the box, in its upper corner, below it, in its lower corner; null where others are already. */
function freePlace(at: Rectangle, width: number, height: number, canvas: Size, taken: readonly Rectangle[]) {
  const left = Math.round(at.left);
  const tops = [at.top - height, at.top, at.bottom, at.bottom - height].map(Math.round);
  for (const top of tops) {
    const place = placeOf(left, top, width, height, canvas);
    if (place.top !== top) continue;
    if (!taken.some((other) => overlap(other, place))) return place;
  }
  return null;
}

function placeOf(left: number, top: number, width: number, height: number, canvas: Size): Rectangle {
  const x = Math.max(0, Math.min(left, canvas.width - width));
  const y = Math.max(0, Math.min(top, canvas.height - height));
  return { left: x, top: y, right: x + width, bottom: y + height };
}

function overlap(a: Rectangle, b: Rectangle): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/** The smallest box that holds the device pixel; the last drawn of two equal ones. */
export function boxAt(boxes: readonly ShownBox[], picture: Size, view: View, x: number, y: number): ShownBox | null {
  let found: ShownBox | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const shown of boxes) {
    const { left, top, right, bottom } = placedBox(shown.box, picture, view);
    if (x < left || x > right || y < top || y > bottom) continue;
    const area = (right - left) * (bottom - top);
    if (area <= least) [found, least] = [shown, area];
  }
  return found;
}
