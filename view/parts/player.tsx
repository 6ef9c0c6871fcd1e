// The one slider: every place where a picture was logged, and what goes through them.
import { useComputed, useSignal } from "@preact/signals";
import { useCallback } from "preact/hooks";
import type { Size } from "../draw/transform.ts";
import { shown } from "../model/frame.ts";
import { play } from "../model/play.ts";
import { at, axis, follow, loop, playing, runs, selected, speed } from "../model/state.ts";
import { axes, goTo, goToPlace, move, placeText, target, tick, ticks, toggleFollow } from "../model/timeline.ts";
import { Canvas } from "./canvas.tsx";
import { Icon } from "./icon.tsx";

export function Player() {
  const count = ticks.value.length;
  if (count === 0) return null;
  const last = count - 1;
  const text = `${placeText(target.value)} of ${placeText(ticks.value[last]!)}`;
  return (
    <footer class="player">
      <div class="buttons">
        <button type="button" class="icon" title="First (Home)" aria-label="First" onClick={() => goTo(0)}>
          <Icon name="first" />
        </button>
        <button type="button" class="icon" title="Back (←)" aria-label="Back" onClick={() => move(-1)}>
          <Icon name="back" />
        </button>
        <button
          type="button"
          class="icon"
          title="Play (Space)"
          aria-label={playing.value ? "Pause" : "Play"}
          onClick={play}
        >
          <Icon name={playing.value ? "pause" : "play"} />
        </button>
        <button type="button" class="icon" title="On (→)" aria-label="On" onClick={() => move(1)}>
          <Icon name="on" />
        </button>
        <button type="button" class="icon" title="Last (End)" aria-label="Last" onClick={() => goTo(last)}>
          <Icon name="last" />
        </button>
      </div>
      <div class="track">
        <Density />
        <input
          type="range"
          class="step-slider"
          min="0"
          max={last}
          step="1"
          value={tick.value}
          aria-label={axis.value}
          aria-valuetext={text}
          onInput={(event) => goTo(event.currentTarget.valueAsNumber)}
        />
      </div>
      <StepField />
      <Settings />
    </footer>
  );
}

/** Where pictures lie along the slider: darker where there are more. */
function Density() {
  const draw = useCallback((context: CanvasRenderingContext2D, { width, height, ratio }: Size & { ratio: number }) => {
    context.clearRect(0, 0, width, height);
    const all = ticks.value;
    const first = all[0] ?? 0;
    const span = (all[all.length - 1] ?? 0) - first || 1;
    const bins = new Uint32Array(Math.max(1, Math.floor(width / (2 * ratio))));
    for (const place of all) bins[Math.min(bins.length - 1, Math.floor(((place - first) / span) * bins.length))]!++;
    const most = Math.max(...bins);
    context.fillStyle = getComputedStyle(context.canvas).color;
    for (const [i, n] of bins.entries()) {
      if (n === 0) continue;
      context.globalAlpha = 0.25 + (0.5 * n) / most;
      context.fillRect(Math.round(i * 2 * ratio), 0, Math.max(1, Math.round(ratio)), height);
    }
    context.globalAlpha = 1;
  }, []);
  return <Canvas class="density" draw={draw} />;
}

/** The place as a number that can be typed. */
function StepField() {
  const typed = useSignal<string | null>(null);
  const number = useComputed(() => String(Number(target.value.toPrecision(9))));
  const take = () => {
    const value = Number(typed.value);
    if (typed.value !== null && typed.value.trim() !== "" && Number.isFinite(value)) goToPlace(value);
    typed.value = null;
  };
  const isTime = axis.value === "_timestamp";
  return (
    <label class="step-field">
      <select
        aria-label="The slider goes by"
        value={axis.value}
        onChange={(event) => {
          axis.value = event.currentTarget.value;
          at.value = Number.POSITIVE_INFINITY;
          follow.value = true;
        }}
      >
        {axes.value.map((key) => (
          <option key={key} value={key}>
            {{ _runtime: "runtime", _timestamp: "time" }[key] ?? key}
          </option>
        ))}
      </select>
      {isTime ? (
        <output>{placeText(target.value)}</output>
      ) : (
        <input
          type="text"
          inputMode="decimal"
          aria-label="Go to"
          size={Math.max(4, number.value.length)}
          value={typed.value ?? number.value}
          onInput={(event) => (typed.value = event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter") take();
            if (event.key === "Escape") typed.value = null;
          }}
          onBlur={take}
        />
      )}
      <Loading />
    </label>
  );
}

/** Says that the picture on the screen is not yet the slider's. */
function Loading() {
  return <span class={`loading ${shown.value === target.value ? "" : "on"}`} aria-hidden="true" />;
}

function Settings() {
  const isLive = useComputed(() =>
    (runs.value ?? []).some((run) => selected.value.includes(run.id) && run.state === "live"),
  );
  return (
    <div class="settings">
      <label>
        <select
          aria-label="Frames a second"
          value={speed.value}
          onChange={(event) => (speed.value = Number(event.currentTarget.value))}
        >
          {[1, 2, 5, 10, 15, 20, 30].map((n) => (
            <option key={n} value={n}>
              {n} fps
            </option>
          ))}
        </select>
      </label>
      <select
        aria-label="At the end"
        value={loop.value}
        onChange={(event) => (loop.value = event.currentTarget.value as "loop")}
      >
        <option value="loop">loop</option>
        <option value="bounce">to and fro</option>
        <option value="once">once</option>
      </select>
      {isLive.value && (
        <button
          type="button"
          class="toggle"
          aria-pressed={follow.value}
          title="Keep to the newest step (F)"
          onClick={toggleFollow}
        >
          follow
        </button>
      )}
    </div>
  );
}
