// All keys, on one sheet.
import { help } from "../model/state.ts";

const KEYS: readonly (readonly [string, string])[] = [
  ["← →", "step back, on"],
  ["Shift ← →", "ten steps"],
  ["Home End", "first, last step"],
  ["Space", "play; in the large view with several pictures: flicker"],
  ["J K", "next, previous panel"],
  ["Enter, Esc", "large view, back"],
  ["Ctrl ← →", "large view: next, previous picture of a list or key"],
  ["+ − 0 1", "large view: zoom, fit, true size"],
  ["arrows + Alt", "large view: move the picture"],
  ["wheel, drag", "large view: zoom to the pointer, move; with Shift a rectangle for the histogram"],
  ["H", "all overlays"],
  ["B M", "boxes, masks"],
  ["O L", "outlines of masks, names of boxes"],
  ["[ ]", "score threshold"],
  ["X", "compare with the next run"],
  ["P", "large view: keep this step beside"],
  ["D", "large view: difference"],
  ["F", "follow a live run"],
  ["/", "filter keys"],
  ["R", "runs and layers"],
  ["C", "copy the link to this view"],
  ["?", "this list"],
];

export function Help() {
  return (
    <aside class="help" aria-label="Keys">
      <button type="button" class="link" onClick={() => (help.value = false)}>
        close
      </button>
      <dl>
        {KEYS.map(([keys, what]) => (
          <div key={keys}>
            <dt>{keys}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </aside>
  );
}
