// One picture with its marks in a canvas: what every pane, tile and large view draws.
import type { BoxMark, PictureMark } from "../../src/view/api.ts";
import { isTruth, type Labels } from "../../src/view/class-names.ts";
import type { MaskIds } from "../data/pictures.ts";
import { maskColors, shownBoxes } from "../model/layers.ts";
import type { Overlays } from "../model/state.ts";
import { drawBoxes } from "./boxes.ts";
import { packed } from "./colors.ts";
import { drawMask, drawVerdict, type MaskLayer } from "./masks.ts";
import type { Size, View } from "./transform.ts";

/** Pixels to draw, and their smaller copies as they are made. */
export interface Sheet extends Size {
  readonly bitmap: CanvasImageSource;
  readonly halves: OffscreenCanvas[];
}

export interface Painting {
  readonly sheet: Sheet;
  readonly mark: PictureMark;
  readonly masks: ReadonlyMap<string, MaskIds>;
  readonly labels: Labels | undefined;
  readonly overlays: Overlays;
  readonly view: View;
  readonly ratio: number;
  readonly hovered: BoxMark | null;
  /** From this scale on pixels are squares; below, they are blended. */
  readonly crispFrom: number;
  readonly checker: boolean;
}

/** What the verdict of truth against prediction is drawn in: right, predicted wrongly, missed. */
export const VERDICT = { hit: "#009e73", wrong: "#d55e00", missed: "#56b4e9" } as const;

export function paint(context: CanvasRenderingContext2D, painting: Painting): void {
  const { canvas } = context;
  context.clearRect(0, 0, canvas.width, canvas.height);
  if (painting.checker) checkered(context, painting);
  drawSheet(context, painting.sheet, painting.view, painting.crispFrom);
  drawMarks(context, painting);
}

/** Area means when it is made smaller, by halves and a last blend; squares when it is made larger. */
export function drawSheet(context: CanvasRenderingContext2D, sheet: Sheet, view: View, crispFrom: number): void {
  const { width, height } = context.canvas;
  const halvings = Math.min(8, Math.max(0, Math.floor(Math.log2(1 / view.scale) + 1e-6)));
  const from = halvings === 0 ? sheet.bitmap : halved(sheet, halvings);
  const [fw, fh] =
    halvings === 0 ? [sheet.width, sheet.height] : [half(sheet.width, halvings), half(sheet.height, halvings)];
  const [sx, sy] = [(sheet.width * view.scale) / fw, (sheet.height * view.scale) / fh];
  // Only what is seen, on whole pixels of the picture.
  const left = Math.max(0, Math.floor(-view.x / sx));
  const top = Math.max(0, Math.floor(-view.y / sy));
  const right = Math.min(fw, Math.ceil((width - view.x) / sx));
  const bottom = Math.min(fh, Math.ceil((height - view.y) / sy));
  if (right <= left || bottom <= top) return;
  context.imageSmoothingEnabled = view.scale < crispFrom && view.scale !== 1;
  context.imageSmoothingQuality = "low"; // bilinear; the halves have done the rest
  const [w, h] = [right - left, bottom - top];
  context.drawImage(from, left, top, w, h, view.x + left * sx, view.y + top * sy, w * sx, h * sy);
}

function half(length: number, times: number): number {
  for (let i = 0; i < times; i++) length = Math.max(1, Math.ceil(length / 2));
  return length;
}

function halved(sheet: Sheet, times: number): OffscreenCanvas {
  while (sheet.halves.length < times) {
    const n = sheet.halves.length;
    const canvas = new OffscreenCanvas(half(sheet.width, n + 1), half(sheet.height, n + 1));
    const context = canvas.getContext("2d")!;
    context.imageSmoothingQuality = "low";
    context.drawImage(n === 0 ? sheet.bitmap : sheet.halves[n - 1]!, 0, 0, canvas.width, canvas.height);
    sheet.halves.push(canvas);
  }
  return sheet.halves[times - 1]!;
}

function drawMarks(context: CanvasRenderingContext2D, painting: Painting): void {
  const { sheet, mark, masks, labels, overlays, view, ratio } = painting;
  if (overlays.hidden) return;
  if (overlays.masks) {
    const layers: { layer: string; drawn: MaskLayer }[] = [];
    for (const [layer, mask] of masks) {
      const colors = maskColors(overlays, labels, layer, mask.present);
      layers.push({ layer, drawn: { mask, colors } });
    }
    const truth = layers.find(({ layer }) => isTruth(layer));
    const predictions = layers.filter(({ layer }) => !isTruth(layer));
    if (overlays.verdict && truth && predictions.length > 0) {
      const colors = { hit: packed(VERDICT.hit), wrong: packed(VERDICT.wrong), missed: packed(VERDICT.missed) };
      drawVerdict(context, truth.drawn, predictions[0]!.drawn, colors, overlays.opacity, sheet, view);
    } else {
      const width = Math.max(1, Math.round(1.5 * ratio));
      for (const { drawn } of layers) {
        const form = overlays.outline ? ({ kind: "outline", width } as const) : ({ kind: "fill" } as const);
        drawMask(context, drawn, form, overlays.opacity, sheet, view);
      }
    }
  }
  const boxes = shownBoxes(overlays, labels, mark);
  drawBoxes(context, boxes, sheet, view, { ratio, labels: overlays.labels, hovered: painting.hovered });
}

/** Under a picture that has alpha. */
function checkered(context: CanvasRenderingContext2D, { sheet, view, ratio }: Painting): void {
  const side = Math.round(8 * ratio);
  const tile = new OffscreenCanvas(2 * side, 2 * side);
  const own = tile.getContext("2d")!;
  own.fillStyle = "#b9b9b9";
  own.fillRect(0, 0, 2 * side, 2 * side);
  own.fillStyle = "#8f8f8f";
  own.fillRect(0, 0, side, side);
  own.fillRect(side, side, side, side);
  context.fillStyle = context.createPattern(tile, "repeat")!;
  context.fillRect(view.x, view.y, sheet.width * view.scale, sheet.height * view.scale);
}
