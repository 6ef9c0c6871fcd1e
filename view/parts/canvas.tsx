// A canvas in the screen's own pixels that draws itself anew when what it shows changes.
import { effect, type Signal, signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Size } from "../draw/transform.ts";

/** Device pixels; 0 × 0 until the first layout. */
export type CanvasSize = Signal<Size & { readonly ratio: number }>;

const sizes = new WeakMap<Element, CanvasSize>();

/** One observer for all canvases. Where a browser knows the exact device pixels, those: at a ratio of 1.5 rounding shows. */
const observer = new ResizeObserver((entries) => {
  for (const entry of entries) {
    const ratio = devicePixelRatio;
    const css = entry.contentBoxSize[0]!;
    const width = deviceLength(css.inlineSize * ratio, entry.devicePixelContentBoxSize?.[0]?.inlineSize);
    const height = deviceLength(css.blockSize * ratio, entry.devicePixelContentBoxSize?.[0]?.blockSize);
    const size = sizes.get(entry.target);
    if (size && (size.peek().width !== width || size.peek().height !== height || size.peek().ratio !== ratio)) {
      size.value = { width, height, ratio };
    }
  }
});

/** The exact length, unless it is of another screen: a browser that emulates a ratio still tells its own pixels. */
function deviceLength(length: number, exact: number | undefined): number {
  return exact !== undefined && Math.abs(exact - length) <= 1 ? exact : Math.round(length);
}

export interface CanvasProps {
  readonly draw: (context: CanvasRenderingContext2D, size: Size & { readonly ratio: number }) => void;
  readonly size?: CanvasSize;
  readonly label?: string;
  readonly class?: string;
}

/** `draw` is called again when a signal that it read changes; it must be the same function from render to render. */
export function Canvas({ draw, size: given, label, class: name }: CanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useMemo<CanvasSize>(() => given ?? signal({ width: 0, height: 0, ratio: 1 }), [given]);

  useEffect(() => {
    const element = canvas.current!;
    sizes.set(element, size);
    try {
      observer.observe(element, { box: "device-pixel-content-box" });
    } catch {
      observer.observe(element); // a browser that does not know that box
    }
    return () => observer.unobserve(element);
  }, [size]);

  useEffect(() => {
    const element = canvas.current!;
    const context = element.getContext("2d")!;
    return effect(() => {
      const now = size.value;
      if (now.width === 0 || now.height === 0) return;
      if (element.width !== now.width) element.width = now.width;
      if (element.height !== now.height) element.height = now.height;
      draw(context, now);
    });
  }, [draw, size]);

  // Without a label the element around it says what it shows.
  const named = label === undefined ? {} : { role: "img" as const, "aria-label": label };
  return <canvas ref={canvas} class={name} {...named} />;
}
