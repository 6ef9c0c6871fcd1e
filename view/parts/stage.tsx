// A canvas of the large view: zoom to the pointer, drag, pinch; one picture, or two over each other.
import { signal } from "@preact/signals";
import { useCallback, useEffect, useMemo, useRef } from "preact/hooks";
import { boxAt } from "../draw/boxes.ts";
import { difference, looked } from "../draw/looks.ts";
import { drawSheet, paint } from "../draw/paint.ts";
import { drawPixelGrid } from "../draw/pixel-grid.ts";
import { pixelAt, type Size, type View } from "../draw/transform.ts";
import { first, panBy, pointer, region, viewOf, zoomBy, zoomTo } from "../model/large.ts";
import { shownBoxes } from "../model/layers.ts";
import type { Loaded, PaneModel } from "../model/pane.ts";
import { type CompareMode, gain, mat, overlays, swipe, zoom } from "../model/state.ts";
import { Canvas, type CanvasSize } from "./canvas.tsx";
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

interface HandsProps {
  readonly pane: PaneModel;
  readonly size: CanvasSize;
  readonly children: preact.ComponentChildren;
}

/** Wheel, drag, pinch, double click; with Shift a drag draws the histogram's rectangle. */
function Hands({ pane, size, children }: HandsProps) {
  const box = useRef<HTMLDivElement>(null);
  const touches = useMemo(() => new Map<number, { x: number; y: number }>(), []);
  const start = useMemo(() => ({ region: null as { x: number; y: number } | null }), []);

  const place = (event: { clientX: number; clientY: number }) => {
    const { left, top } = box.current!.getBoundingClientRect();
    const { ratio } = size.peek();
    return { x: (event.clientX - left) * ratio, y: (event.clientY - top) * ratio };
  };
  const pixel = (at: { x: number; y: number }) => {
    const content = pane.content.peek();
    if (content.kind !== "picture") return null;
    return pixelAt(viewOf(content.picture, size.peek()), at.x - 0.5, at.y - 0.5);
  };

  useEffect(() => {
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const { x, y } = place(event);
      zoomBy(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.002)), x, y);
    };
    const element = box.current!;
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  });

  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    box.current!.setPointerCapture(event.pointerId);
    const at = place(event);
    touches.set(event.pointerId, at);
    start.region = event.shiftKey ? pixel(at) : null;
    if (start.region === null && region.peek() && !event.shiftKey) region.value = null;
  };
  const moved = (event: PointerEvent) => {
    const at = place(event);
    const under = pixel(at);
    pointer.value = under;
    const before = touches.get(event.pointerId);
    if (before === undefined) return;
    touches.set(event.pointerId, at);
    if (start.region && under) region.value = regionOf(start.region, under);
    else if (touches.size === 1) panBy(at.x - before.x, at.y - before.y);
    else if (touches.size === 2) pinch(touches, event.pointerId, before, at);
  };
  const up = (event: PointerEvent) => {
    touches.delete(event.pointerId);
    start.region = null;
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keyboard does all of it, too (model/keyboard.ts)
    <div
      class="hands"
      ref={box}
      onPointerDown={down}
      onPointerMove={moved}
      onPointerUp={up}
      onPointerCancel={up}
      onPointerLeave={() => (pointer.value = null)}
      onDblClick={() => (zoom.value === null ? zoomTo(1) : (zoom.value = null))}
    >
      {children}
    </div>
  );
}

function regionOf(a: { x: number; y: number }, b: { x: number; y: number }) {
  return { x0: Math.min(a.x, b.x), y0: Math.min(a.y, b.y), x1: Math.max(a.x, b.x) + 1, y1: Math.max(a.y, b.y) + 1 };
}

type Point = { readonly x: number; readonly y: number };

function pinch(touches: ReadonlyMap<number, Point>, id: number, before: Point, after: Point): void {
  const other = [...touches].find(([touch]) => touch !== id)![1];
  const distance = (at: Point) => Math.hypot(at.x - other.x, at.y - other.y);
  zoomBy(distance(after) / Math.max(1, distance(before)), (after.x + other.x) / 2, (after.y + other.y) / 2);
  panBy((after.x - before.x) / 2, (after.y - before.y) / 2);
}
