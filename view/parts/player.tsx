// The one slider: every place where a picture was logged, and what goes through them.
import { useComputed, useSignal } from "@preact/signals";
import { useCallback, useEffect } from "preact/hooks";
import { readLines } from "../data/lines.ts";
import type { Joined } from "../draw/lines.ts";
import type { Size } from "../draw/transform.ts";
import { shown } from "../model/frame.ts";
import { play } from "../model/play.ts";
import { axis, follow, loop, playing, runs, selected, selectedIndexes, speed } from "../model/state.ts";
import {
  axes,
  chooseAxis,
  goTo,
  goToPlace,
  move,
  placeText,
  target,
  tick,
  ticks,
  toggleFollow,
  upTo,
} from "../model/timeline.ts";
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

/** Where pictures lie along the slider, darker where there are more; and the loss above, where there is one. */
function Density() {
  const loss = useSignal<Joined | null>(null);
  const key = useComputed(() =>
    Object.keys(selectedIndexes.value[0]?.scalars ?? {}).find((name) => /(^|[/_.])loss$/i.test(name)),
  );
  const index = selectedIndexes.value[0];
  useEffect(() => {
    if (index === undefined || key.value === undefined) loss.value = null;
    else readLines([index.id], key.value).then((found) => (loss.value = found));
  }, [index, key.value, loss]);
  const draw = useCallback(
    (context: CanvasRenderingContext2D, { width, height, ratio }: Size & { ratio: number }) => {
      context.clearRect(0, 0, width, height);
      const all = ticks.value;
      if (all.length === 0) return;
      context.fillStyle = context.strokeStyle = getComputedStyle(context.canvas).color;
      drawDensity(context, all, width, height, ratio);
      if (loss.value && axis.value === "step") drawLoss(context, all, loss.value, width, height, ratio);
    },
    [loss],
  );
  return <Canvas class="density" draw={draw} />;
}

function drawDensity(
  context: CanvasRenderingContext2D,
  all: Float64Array,
  width: number,
  height: number,
  ratio: number,
): void {
  const last = Math.max(1, all.length - 1);
  // The slider gives each tick the same room: what lies close by steps lies far apart there.
  const bins = new Uint32Array(Math.max(1, Math.floor(width / (2 * ratio))));
  for (let i = 0; i < all.length; i++) bins[Math.min(bins.length - 1, Math.floor((i / last) * bins.length))]!++;
  const most = Math.max(...bins);
  const tall = Math.round(4 * ratio);
  for (const [i, n] of bins.entries()) {
    if (n === 0) continue;
    context.globalAlpha = 0.25 + (0.5 * n) / most;
    context.fillRect(Math.round(i * 2 * ratio), height - tall, Math.max(1, Math.round(ratio)), tall);
  }
  context.globalAlpha = 1;
}

function drawLoss(
  context: CanvasRenderingContext2D,
  all: Float64Array,
  { steps, high }: Joined,
  width: number,
  height: number,
  ratio: number,
): void {
  const values = high[0]!.map((value) => value ?? Number.NaN);
  const finite = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (finite.length < 2) return;
  // A first outlier does not flatten the rest.
  const [low, top] = [finite[0]!, finite[Math.floor(finite.length * 0.98)]!];
  const room = height - 6 * ratio;
  context.globalAlpha = 0.55;
  context.lineWidth = ratio;
  context.beginPath();
  for (const [i, step] of steps.entries()) {
    const x = (Math.max(0, upTo(all, step) - 1) / Math.max(1, all.length - 1)) * width;
    const y = ratio + room * (1 - Math.min(1, (values[i]! - low) / (top - low || 1)));
    if (Number.isFinite(y)) context.lineTo(x, y);
  }
  context.stroke();
  context.globalAlpha = 1;
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
        onChange={(event) => chooseAxis(event.currentTarget.value)}
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
