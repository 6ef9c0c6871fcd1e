// A pane's true values in a component.
import { type Signal, signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { type Pixels, pixelsOf } from "../data/pixels.ts";
import type { PaneModel } from "../model/pane.ts";

/** The true values of a pane's picture, read when it changes. */
export function usePixels(pane: PaneModel): Signal<Pixels | null> {
  const pixels = useMemo(() => signal<Pixels | null>(null), []);
  const content = pane.content.value;
  const picture = content.kind === "picture" ? content.picture : null;
  useEffect(() => {
    let isCurrent = true;
    if (picture === null) pixels.value = null;
    else {
      pixelsOf(picture).then(
        (found) => {
          if (isCurrent) pixels.value = found;
        },
        () => (pixels.value = null),
      );
    }
    return () => {
      isCurrent = false;
    };
  }, [picture, pixels]);
  return pixels;
}
