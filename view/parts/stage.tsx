// A canvas of the large view: one picture, or two over each other.
import { signal } from "@preact/signals";
import { useCallback, useMemo } from "preact/hooks";
import { boxAt } from "../draw/boxes.ts";
import { difference, looked } from "../draw/looks.ts";
import { drawSheet, paint } from "../draw/paint.ts";
import { drawPixelGrid } from "../draw/pixel-grid.ts";
import type { Size, View } from "../draw/transform.ts";
import { first, pointer, region, viewOf } from "../model/large.ts";
import { shownBoxes } from "../model/layers.ts";
import type { Loaded, PaneModel } from "../model/pane.ts";
import { type CompareMode, gain, mat, overlays, swipe } from "../model/state.ts";
import { Canvas, type CanvasSize } from "./canvas.tsx";
import { Hands } from "./hands.tsx";
import { describe, labelsOf } from "./pane.tsx";

type Sized = Size & { readonly ratio: number };

export interface StageProps {
  /** One, or two that are drawn over each other as `mode` says. */
  readonly panes: readonly PaneModel[];
  readonly mode: CompareMode;
  readonly isFirst: boolean;
}

export function Stage({ panes, mode, isFirst }: StageProps) {
  const size = useMemo<CanvasSize>(() => signal({ width: 0, height: 0, ratio: 1 }), []);
  const [a, b] = panes as [PaneModel, PaneModel?];
  const draw = useCallback(
    (context: CanvasRenderingContext2D, now: Sized) => {
      const content = a.content.value;
      if (content.kind !== "picture") {
        context.clearRect(0, 0, now.width, now.height);
        return;
      }
      if (isFirst) noteFirst(content, now);
      const view = viewOf(content.picture, now);
      paintPane(context, a, content, view, now);
      const other = b?.content.value;
      if (b && other?.kind === "picture") paintOver(context, mode, { a: content, b: other, pane: b }, view, now);
      else drawPixelGrid(context, content.picture, view, now.ratio);
      drawMarks(context, view, now);
    },
    [a, b, mode, isFirst],
  );
  const content = a.content.value;
  const text = content.kind === "picture" ? "" : content.text;
  const other = b?.content.value;
  const differ =
    mode === "difference" &&
    content.kind === "picture" &&
    other?.kind === "picture" &&
    !sameSize(content.picture, other.picture);
  return (
    <div class="stage">
      <Hands pane={a} size={size}>
        <Canvas draw={draw} size={size} label={describe(a.ref, content)} />
      </Hands>
      {text && <span class={`words ${content.kind}`}>{text}</span>}
      {differ && <span class="words">the two pictures differ in size: there is no difference to show</span>}
    </div>
  );
}

const sameSize = (a: Size, b: Size) => a.width === b.width && a.height === b.height;

function noteFirst(content: Loaded, canvas: Sized): void {
  const before = first.peek();
  const { width, height } = content.picture;
  if (before?.canvas === canvas && sameSize(before.picture, content.picture)) return;
  first.value = { picture: { width, height }, canvas };
}

function paintPane(context: CanvasRenderingContext2D, pane: PaneModel, content: Loaded, view: View, size: Sized): void {
  paint(context, {
    sheet: looked(content.picture, pane.ref.key),
    mark: content.mark,
    masks: content.masks,
    labels: labelsOf(pane.ref),
    overlays: overlays.value,
    view,
    ratio: size.ratio,
    hovered: hoveredBox(pane, content),
    crispFrom: 1,
    checker: mat.value === "checker",
  });
}

function hoveredBox(pane: PaneModel, content: Loaded) {
  const at = pointer.value;
  if (at === null || !content.mark.boxes) return null;
  const boxes = shownBoxes(overlays.value, labelsOf(pane.ref), content.mark);
  return boxAt(boxes, content.picture, { scale: 1, x: 0, y: 0 }, at.x + 0.5, at.y + 0.5)?.box ?? null;
}

interface Pair {
  readonly a: Loaded;
  readonly b: Loaded;
  readonly pane: PaneModel;
}

let over: HTMLCanvasElement | null = null;

/** The second picture over the first, which is drawn already. */
function paintOver(
  context: CanvasRenderingContext2D,
  mode: CompareMode,
  { a, b, pane }: Pair,
  view: View,
  size: Sized,
): void {
  const { width, height } = size;
  if (mode === "difference") {
    const sheet = difference(a.picture, b.picture, gain.value);
    context.clearRect(0, 0, width, height);
    if (sheet) drawSheet(context, sheet, view, 1);
    return;
  }
  over ??= document.createElement("canvas");
  over.width = width;
  over.height = height;
  paintPane(over.getContext("2d")!, pane, b, viewOf(b.picture, size), size);
  if (mode === "onion") {
    context.globalAlpha = swipe.value;
    context.drawImage(over, 0, 0);
    context.globalAlpha = 1;
    return;
  }
  const edge = Math.round(width * swipe.value);
  context.clearRect(edge, 0, width - edge, height);
  context.drawImage(over, edge, 0, width - edge, height, edge, 0, width - edge, height);
  context.fillStyle = "#fff";
  context.fillRect(edge - 1, 0, Math.max(2, size.ratio), height);
}

/** The pixel under the pointer where pixels are large, and the rectangle of the histogram. */
function drawMarks(context: CanvasRenderingContext2D, view: View, { ratio }: Sized): void {
  const line = Math.max(1, Math.round(ratio));
  const at = pointer.value;
  context.lineWidth = line;
  if (at && view.scale >= 6 * ratio) outline(context, view, { x0: at.x, y0: at.y, x1: at.x + 1, y1: at.y + 1 });
  if (region.value) outline(context, view, region.value);
}

function outline(
  context: CanvasRenderingContext2D,
  view: View,
  area: { x0: number; y0: number; x1: number; y1: number },
): void {
  const [x, y] = [view.x + area.x0 * view.scale, view.y + area.y0 * view.scale];
  const [width, height] = [(area.x1 - area.x0) * view.scale, (area.y1 - area.y0) * view.scale];
  context.setLineDash([4, 4]);
  context.strokeStyle = "#000";
  context.strokeRect(x, y, width, height);
  context.lineDashOffset = 4;
  context.strokeStyle = "#fff";
  context.strokeRect(x, y, width, height);
  context.lineDashOffset = 0;
  context.setLineDash([]);
}
