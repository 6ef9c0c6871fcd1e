// One place where a picture is shown: which run, key and item; what it shows now; how it gets what it will show.
import { type Signal, signal } from "@preact/signals";
import type { PictureMark, PictureRow, RunIndex } from "../../src/view/api.ts";
import { isTruth } from "../../src/view/class-names.ts";
import { type MaskIds, maskOf, type Picture, pictureOf } from "../data/pictures.ts";
import { rowAt } from "../data/rows.ts";
import { addDrawable, type Drawable } from "./frame.ts";
import { indexes, overlays, type PaneRef } from "./state.ts";
import { rowOf, shownAt } from "./timeline.ts";

export interface Loaded {
  readonly kind: "picture";
  readonly step: number;
  readonly held: boolean;
  readonly row: PictureRow;
  readonly mark: PictureMark;
  readonly picture: Picture;
  readonly masks: ReadonlyMap<string, MaskIds>;
}

/** `text` says what is the matter. */
export interface Nothing {
  readonly kind: "waiting" | "nothing" | "broken";
  readonly step: number | null;
  readonly held: boolean;
  readonly row: PictureRow | null;
  readonly text: string;
}

export type Content = Loaded | Nothing;

const WAITING: Nothing = { kind: "waiting", step: null, held: false, row: null, text: "" };

export class PaneModel implements Drawable {
  readonly ref: PaneRef;
  readonly content: Signal<Content> = signal(WAITING);
  #stop: (() => void) | null = null;

  constructor(ref: PaneRef) {
    this.ref = ref;
  }

  /** From now on it takes part in frames. */
  start(): void {
    this.#stop ??= addDrawable(this);
  }

  stop(): void {
    this.#stop?.();
    this.#stop = null;
  }

  async prepare(place: number): Promise<() => void> {
    const content = await this.#load(place);
    return () => {
      if (content !== this.content.peek()) this.content.value = content;
    };
  }

  async #load(place: number): Promise<Content> {
    const { run, key, item, step } = this.ref;
    const index = indexes.peek().get(run);
    if (index === undefined) return WAITING;
    const at = step === null ? shownAt(index, key, place) : pinned(index, key, step);
    if (at === null) return nothing(step === null ? "no picture yet at this step" : `nothing at step ${step}`);
    const now = this.content.peek();
    try {
      const row = await rowAt(index, key, at.index);
      if (row === null) return nothing("this step cannot be read");
      const mark = row.pictures[item];
      if (mark === undefined)
        return { ...nothing(`${row.pictures.length} in the list at this step`), row, ...heldAt(at) };
      try {
        return await withFiles(run, row, mark, at.held, now);
      } catch (error) {
        return { kind: "broken", ...heldAt(at), row, text: (error as Error).message };
      }
    } catch (error) {
      return { kind: "broken", ...heldAt(at), row: null, text: (error as Error).message };
    }
  }
}

const heldAt = (at: { step: number; held: boolean }) => ({ step: at.step, held: at.held });

function nothing(text: string): Nothing {
  return { kind: "nothing", step: null, held: false, row: null, text };
}

function pinned(index: RunIndex, key: string, step: number) {
  const row = rowOf(index, key, step);
  return row < 0 ? null : { index: row, step, held: false };
}

/** The same content where nothing changed, so that nothing is drawn anew. */
async function withFiles(
  run: string,
  row: PictureRow,
  mark: PictureMark,
  held: boolean,
  now: Content,
): Promise<Content> {
  const [picture, masks] = await Promise.all([pictureOf(run, mark), masksOf(run, mark)]);
  const unchanged =
    now.kind === "picture" &&
    now.picture === picture &&
    now.mark === mark &&
    now.held === held &&
    now.masks.size === masks.size;
  return unchanged ? now : { kind: "picture", step: row.step, held, row, mark, picture, masks };
}

/** A mask that cannot be read is left out: the picture counts more. Truth lies under predictions. */
async function masksOf(run: string, mark: PictureMark): Promise<ReadonlyMap<string, MaskIds>> {
  const { hidden, masks } = overlays.peek();
  if (mark.masks === undefined || hidden || !masks) return NO_MASKS;
  const layers = Object.entries(mark.masks).sort(([a], [b]) => Number(isTruth(b)) - Number(isTruth(a)));
  const read = await Promise.all(layers.map(([, path]) => maskOf(run, path).catch(() => null)));
  const found = new Map<string, MaskIds>();
  for (const [i, [layer]] of layers.entries()) if (read[i]) found.set(layer, read[i]);
  return found;
}

const NO_MASKS: ReadonlyMap<string, MaskIds> = new Map();
