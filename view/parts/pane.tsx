// One pane: a picture of one run with its marks, and words where there is none.
import { signal, useSignal } from "@preact/signals";
import { useCallback, useEffect, useMemo } from "preact/hooks";
import type { Labels } from "../../src/view/class-names.ts";
import { type BoxLook, boxAt } from "../draw/boxes.ts";
import { runColor } from "../draw/colors.ts";
import { looked } from "../draw/looks.ts";
import { paint } from "../draw/paint.ts";
import { fitted, type Size, type View } from "../draw/transform.ts";
import { enterView } from "../model/in-view.ts";
import { openLarge } from "../model/large.ts";
import { shownBoxes } from "../model/layers.ts";
import { type Content, type Loaded, PaneModel } from "../model/pane.ts";
import { fit, indexes, mat, overlays, type PaneRef, runs, selected } from "../model/state.ts";
import { placeText } from "../model/timeline.ts";
import { Canvas, type CanvasSize } from "./canvas.tsx";

export function usePane(ref: PaneRef): PaneModel {
  const { run, key, item, step } = ref;
  const pane = useMemo(() => new PaneModel({ run, key, item, step }), [run, key, item, step]);
  useEffect(() => {
    pane.start();
    const leave = enterView(pane);
    return () => {
      leave();
      pane.stop();
    };
  }, [pane]);
  return pane;
}

export function labelsOf(ref: PaneRef): Labels | undefined {
  return indexes.value.get(ref.run)?.labels[ref.key];
}

/** What a pane of a grid shows: fitted, or at its size from its left top corner. */
function gridView(picture: Size, size: Size & { readonly ratio: number }): View {
  if (fit.value === "fit") return fitted(picture, size, size.ratio * 8);
  const scale = Number(fit.value) * size.ratio;
  const whole = fitted(picture, size, scale);
  if (whole.scale === scale) return whole;
  return { scale, x: Math.max(0, whole.x), y: Math.max(0, whole.y) };
}

export interface PaneProps {
  readonly of: PaneRef;
  readonly onMark?: (mark: Size) => void;
  readonly named?: boolean;
  readonly captioned?: boolean;
  /** A tile of a list, whose header says from which step it is. */
  readonly quiet?: boolean;
}

type Sized = Size & { readonly ratio: number };

function drawPane(context: CanvasRenderingContext2D, pane: PaneModel, size: Sized, hovered: BoxLook["hovered"]): void {
  const loaded = pane.content.value;
  if (loaded.kind !== "picture") {
    context.clearRect(0, 0, size.width, size.height);
    return;
  }
  paint(context, {
    sheet: looked(loaded.picture, pane.ref.key),
    mark: loaded.mark,
    masks: loaded.masks,
    labels: labelsOf(pane.ref),
    overlays: overlays.value,
    view: gridView(loaded.picture, size),
    ratio: size.ratio,
    hovered,
    crispFrom: 2,
    checker: mat.value === "checker",
  });
}

function boxUnder(event: PointerEvent, pane: PaneModel, size: Sized): BoxLook["hovered"] {
  const content = pane.content.peek();
  if (content.kind !== "picture" || !content.mark.boxes) return null;
  const { left, top } = (event.currentTarget as HTMLElement).getBoundingClientRect();
  const boxes = shownBoxes(overlays.peek(), labelsOf(pane.ref), content.mark);
  const [x, y] = [(event.clientX - left) * size.ratio, (event.clientY - top) * size.ratio];
  return boxAt(boxes, content.picture, gridView(content.picture, size), x, y)?.box ?? null;
}

/** A pane in a panel or a list: click or Enter opens it large. */
export function Pane({ of, onMark, named, captioned, quiet }: PaneProps) {
  const pane = usePane(of);
  const size = useMemo<CanvasSize>(() => signal({ width: 0, height: 0, ratio: 1 }), []);
  const hovered = useSignal<BoxLook["hovered"]>(null);
  const content = pane.content.value;

  const mark = content.kind === "picture" ? content.mark : null;
  useEffect(() => {
    if (mark) onMark?.(mark);
  }, [mark, onMark]);

  const draw = useCallback(
    (context: CanvasRenderingContext2D, now: Sized) => drawPane(context, pane, now, hovered.value),
    [pane, hovered],
  );
  const point = (event: PointerEvent) => (hovered.value = boxUnder(event, pane, size.peek()));
  const caption = content.kind === "picture" ? captionOf(content) : null;
  return (
    <figure class="framed">
      <button
        type="button"
        class={`pane ${content.held ? "held" : ""}`}
        data-pane={`${of.run} ${of.key} ${of.item}`}
        aria-label={`${describe(of, content)}${named ? `, ${runName(of.run)}` : ""}`}
        onClick={() => openLarge(of)}
        onPointerMove={point}
        onPointerLeave={() => (hovered.value = null)}
      >
        <Canvas draw={draw} size={size} />
        {content.kind !== "picture" && content.text && <span class={`words ${content.kind}`}>{content.text}</span>}
        {!quiet && content.held && content.step !== null && <span class="chip">{heldText(content.step)}</span>}
        {named && " "}
        {named && <RunName id={of.run} />}
      </button>
      {captioned && (
        <figcaption class="caption" title={caption ?? ""}>
          {caption}
        </figcaption>
      )}
    </figure>
  );
}

export function runName(id: string): string {
  return runs.value?.find((run) => run.id === id)?.name ?? id;
}

export function RunName({ id }: { id: string }) {
  const name = runName(id);
  const position = selected.value.indexOf(id);
  return (
    <span class="run-name">
      <span class="dot" style={{ background: runColor(Math.max(0, position)) }} />
      {name}
    </span>
  );
}

/** What a screen reader says of a pane: the caption where there is one, the key and the step. */
export function describe(of: PaneRef, content: Content): string {
  const where = `${of.key}${of.item > 0 ? ` ${of.item + 1}` : ""}`;
  if (content.kind !== "picture") return `${where}: ${content.text || "loading"}`;
  const step = content.held ? heldText(content.step) : placeText(content.step, "step");
  return [captionOf(content), where, step].filter(Boolean).join(", ");
}

function heldText(step: number): string {
  return `held from step ${step.toLocaleString("en-US")}`;
}

export function captionOf(content: Loaded): string | null {
  return content.mark.caption || null;
}
