// What is on the screen changes as a whole: every visible pane loads what it will show, and only then all of them draw.
import { batch, computed, effect, signal } from "@preact/signals";
import { indexes, overlays, selected } from "./state.ts";
import { target, tick, ticks } from "./timeline.ts";

export interface Drawable {
  /** Loads what `place` shows; the function that it gives puts that on the screen. Never rejects. */
  prepare(place: number): Promise<() => void>;
}

/** Steps that are loaded ahead, in the direction of the last move. */
const AHEAD = 8;

/** The place that is on the screen; the slider's may be ahead of it. */
export const shown = signal(0);
/** Grows with each whole frame. */
export const frames = signal(0);

const drawables = new Set<Drawable>();
let busy = false;
let again = false;
let lastTick = -1;

export function addDrawable(drawable: Drawable): () => void {
  drawables.add(drawable);
  refresh();
  return () => drawables.delete(drawable);
}

/** One frame at a time: a place that is overtaken while another loads is never asked for. */
export async function refresh(): Promise<void> {
  again = true;
  if (busy) return;
  busy = true;
  try {
    while (again) {
      await nextTurn(); // so that panes mounted together make one frame
      again = false;
      const place = target.peek();
      const puts = await Promise.all(Array.from(drawables, (one) => one.prepare(place)));
      batch(() => {
        for (const put of puts) put();
        shown.value = place;
        frames.value++;
      });
    }
  } finally {
    busy = false;
  }
  lookAhead();
}

async function lookAhead(): Promise<void> {
  const from = tick.peek();
  const direction = from < lastTick ? -1 : 1;
  lastTick = from;
  const began = frames.peek();
  for (let k = 1; k <= AHEAD; k++) {
    const place = ticks.peek()[from + k * direction];
    if (place === undefined) return;
    await Promise.all(Array.from(drawables, (one) => one.prepare(place)));
    if (busy || frames.peek() !== began) return;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Resolves when the slider's place is on the screen. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    const stop = effect(() => {
      if (shown.value !== target.value) return;
      queueMicrotask(() => stop());
      resolve();
    });
  });
}

/** Masks are not loaded while none is drawn. */
const drawsMasks = computed(() => overlays.value.masks && !overlays.value.hidden);

effect(() => {
  void drawsMasks.value;
  void target.value;
  void selected.value;
  void indexes.value;
  refresh();
});
