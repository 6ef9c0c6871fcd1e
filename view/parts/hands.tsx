// What hands do on a picture of the large view.
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { pixelAt } from "../draw/transform.ts";
import { panBy, pointer, region, viewOf, zoomBy, zoomTo } from "../model/large.ts";
import type { PaneModel } from "../model/pane.ts";
import { zoom } from "../model/state.ts";
import type { CanvasSize } from "./canvas.tsx";

interface HandsProps {
  readonly pane: PaneModel;
  readonly size: CanvasSize;
  readonly children: ComponentChildren;
}

/** Wheel, drag, pinch, double click; with Shift a drag draws the histogram's rectangle. */
export function Hands({ pane, size, children }: HandsProps) {
  const box = useRef<HTMLDivElement>(null);
  const touches = useMemo(() => new Map<number, Point>(), []);
  const start = useMemo(() => ({ region: null as Point | null }), []);
  const place = (event: MouseEvent) => placeIn(box.current!, event, size.peek().ratio);
  const pixel = (at: Point) => pixelUnder(pane, size, at);

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

type Point = { readonly x: number; readonly y: number };

/** In device pixels of the canvas. */
function placeIn(element: HTMLElement, event: MouseEvent, ratio: number): Point {
  const { left, top } = element.getBoundingClientRect();
  return { x: (event.clientX - left) * ratio, y: (event.clientY - top) * ratio };
}

function pixelUnder(pane: PaneModel, size: CanvasSize, at: Point): Point | null {
  const content = pane.content.peek();
  if (content.kind !== "picture") return null;
  return pixelAt(viewOf(content.picture, size.peek()), at.x - 0.5, at.y - 0.5);
}

function regionOf(a: Point, b: Point) {
  return { x0: Math.min(a.x, b.x), y0: Math.min(a.y, b.y), x1: Math.max(a.x, b.x) + 1, y1: Math.max(a.y, b.y) + 1 };
}

function pinch(touches: ReadonlyMap<number, Point>, id: number, before: Point, after: Point): void {
  const other = [...touches].find(([touch]) => touch !== id)![1];
  const distance = (at: Point) => Math.hypot(at.x - other.x, at.y - other.y);
  zoomBy(distance(after) / Math.max(1, distance(before)), (after.x + other.x) / 2, (after.y + other.y) / 2);
  panBy((after.x - before.x) / 2, (after.y - before.y) / 2);
}
