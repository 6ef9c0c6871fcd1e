// The large view: pictures at any zoom, one beside the other or one over the other, and what their pixels are.
import { useEffect, useMemo, useRef } from "preact/hooks";
import { enterView } from "../model/in-view.ts";
import {
  closeLarge,
  currentScale,
  first,
  models,
  paneRefs,
  pin,
  pointer,
  region,
  seen,
  stepItem,
  unpin,
  zoomBy,
  zoomTo,
} from "../model/large.ts";
import { PaneModel } from "../model/pane.ts";
import { type CompareMode, gain, large, mode, type PaneRef, swipe, zoom } from "../model/state.ts";
import { placeText } from "../model/timeline.ts";
import { Icon } from "./icon.tsx";
import { Inspector } from "./inspector.tsx";
import { captionOf, RunName } from "./pane.tsx";
import { KeyName } from "./panels.tsx";
import { Stage } from "./stage.tsx";

export function Large() {
  const panes = useModels(paneRefs.value);
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    box.current?.focus();
    return () => {
      pointer.value = null;
      region.value = null;
      first.value = null;
    };
  }, []);
  const together = mode.value !== "side" && panes.length > 1;
  const only = mode.value === "flicker" ? panes[seen.value % panes.length] : undefined;
  return (
    <section class="large" ref={box} tabIndex={-1} aria-label={`Large view of ${large.value?.key}`}>
      <Top panes={panes} />
      <div class={`stages n${together ? 1 : Math.min(4, panes.length)}`}>
        {together ? (
          <figure class="stage-box">
            <figcaption>
              {only ? (
                <PaneTitle pane={only} />
              ) : (
                panes.slice(0, 2).map((pane) => <PaneTitle key={nameOf(pane.ref)} pane={pane} />)
              )}
            </figcaption>
            <Stage panes={only ? [only] : panes.slice(0, 2)} mode={only ? "side" : mode.value} isFirst />
          </figure>
        ) : (
          panes.map((pane, i) => (
            <figure class="stage-box" key={nameOf(pane.ref)}>
              <figcaption>
                <PaneTitle pane={pane} />
              </figcaption>
              <Stage panes={[pane]} mode="side" isFirst={i === 0} />
            </figure>
          ))
        )}
      </div>
      <Inspector panes={panes} />
    </section>
  );
}

function nameOf({ run, key, item, step }: PaneRef): string {
  return JSON.stringify([run, key, item, step]);
}

/** The same model for the same reference, from render to render. */
function useModels(refs: readonly PaneRef[]): readonly PaneModel[] {
  const kept = useRef(new Map<string, { readonly model: PaneModel; readonly leave: () => void }>());
  const names = refs.map(nameOf).join();
  const list = useMemo(() => {
    const wanted = new Set(refs.map(nameOf));
    for (const [name, { model, leave }] of kept.current) {
      if (wanted.has(name)) continue;
      leave();
      model.stop();
      kept.current.delete(name);
    }
    return refs.map((ref) => {
      const before = kept.current.get(nameOf(ref));
      if (before) return before.model;
      const model = new PaneModel(ref);
      kept.current.set(nameOf(ref), { model, leave: enterView(model) });
      return model;
    });
  }, [names]);
  useEffect(() => {
    for (const model of list) model.start();
    models.value = list;
  }, [list]);
  useEffect(
    () => () => {
      for (const { model, leave } of kept.current.values()) {
        leave();
        model.stop();
      }
      kept.current.clear();
      models.value = [];
    },
    [],
  );
  return list;
}

function PaneTitle({ pane }: { pane: PaneModel }) {
  const content = pane.content.value;
  const isPinned = pane.ref.step !== null;
  return (
    <span class="pane-title">
      <RunName id={pane.ref.run} />
      <span class="dim">
        {content.kind === "picture" || content.step !== null ? placeText(content.step!, "step") : content.text}
        {content.held ? ", held" : ""}
        {isPinned ? ", kept" : ""}
      </span>
      {isPinned && (
        <button
          type="button"
          class="icon small-icon"
          aria-label="Take away"
          title="Take away"
          onClick={() => unpin(pane.ref)}
        >
          <Icon name="close" />
        </button>
      )}
      {content.kind === "picture" && captionOf(content) && <span class="caption-text">{captionOf(content)}</span>}
    </span>
  );
}

const MODES: readonly (readonly [CompareMode, string])[] = [
  ["side", "side by side"],
  ["swipe", "swipe"],
  ["onion", "blend"],
  ["flicker", "flicker"],
  ["difference", "difference"],
];

function Top({ panes }: { panes: readonly PaneModel[] }) {
  const opened = large.value;
  if (opened === null) return null;
  return (
    <header class="large-bar">
      <button type="button" class="icon" aria-label="Back to all panels" title="Back (Esc)" onClick={closeLarge}>
        <Icon name="close" />
      </button>
      <h2 title={opened.key}>
        <KeyName name={opened.key} />
      </h2>
      <Items item={opened.item} count={panes[0]?.content.value.row?.pictures.length ?? 1} />
      <span class="space" />
      {panes.length > 1 && <CompareControls />}
      <button type="button" class="toggle" title="Keep this step beside, to compare it with others (P)" onClick={pin}>
        keep step
      </button>
      <ZoomButtons />
    </header>
  );
}

/** Through a list. */
function Items({ item, count }: { item: number; count: number }) {
  if (count < 2) return null;
  return (
    <span class="items">
      <button
        type="button"
        class="icon"
        aria-label="Previous picture"
        title="Previous (Ctrl ←)"
        onClick={() => stepItem(-1)}
      >
        <Icon name="back" />
      </button>
      {item + 1} of {count}
      <button type="button" class="icon" aria-label="Next picture" title="Next (Ctrl →)" onClick={() => stepItem(1)}>
        <Icon name="on" />
      </button>
    </span>
  );
}

function CompareControls() {
  const now = mode.value;
  return (
    <>
      <select
        aria-label="Compare"
        value={now}
        onChange={(event) => (mode.value = event.currentTarget.value as CompareMode)}
      >
        {MODES.map(([name, text]) => (
          <option key={name} value={name}>
            {text}
          </option>
        ))}
      </select>
      {(now === "swipe" || now === "onion") && (
        <input
          type="range"
          min="0"
          max="1"
          step="0.01"
          aria-label={now === "swipe" ? "Where the second picture begins" : "How much of the second picture"}
          value={swipe.value}
          onInput={(event) => (swipe.value = event.currentTarget.valueAsNumber)}
        />
      )}
      {now === "difference" && (
        <select
          aria-label="Difference times"
          value={gain.value}
          onChange={(event) => (gain.value = Number(event.currentTarget.value))}
        >
          {[1, 2, 4, 8, 16].map((times) => (
            <option key={times} value={times}>
              ×{times}
            </option>
          ))}
        </select>
      )}
    </>
  );
}

function ZoomButtons() {
  const ratio = first.value?.canvas.ratio ?? 1;
  const percent = Math.round((100 * currentScale()) / ratio);
  return (
    <span class="zoom">
      <button type="button" class="icon" aria-label="Smaller" title="Smaller (−)" onClick={() => zoomBy(1 / 1.5)}>
        −
      </button>
      <button
        type="button"
        class="percent"
        aria-label={`Zoom ${percent} %: true size`}
        title="True size (1)"
        onClick={() => zoomTo(1)}
      >
        {percent} %
      </button>
      <button type="button" class="icon" aria-label="Larger" title="Larger (+)" onClick={() => zoomBy(1.5)}>
        +
      </button>
      <button
        type="button"
        class="toggle"
        aria-pressed={zoom.value === null}
        title="Fit (0)"
        onClick={() => (zoom.value = null)}
      >
        fit
      </button>
    </span>
  );
}
