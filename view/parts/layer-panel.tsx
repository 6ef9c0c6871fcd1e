// Layers × classes of what the selected runs' pictures hold: eye, color, opacity, outlines, thresholds.
import { computed, useComputed } from "@preact/signals";
import { isBackground, isTruth } from "../../src/view/class-names.ts";
import { chooseColor, colorOf } from "../draw/colors.ts";
import { VERDICT } from "../draw/paint.ts";
import { inView } from "../model/in-view.ts";
import { passes, project, scoreText, setThreshold, toggle } from "../model/layers.ts";
import { changeOverlays, overlays, PLAIN_OVERLAYS } from "../model/state.ts";
import { Icon } from "./icon.tsx";

export function LayerPanel() {
  const { layers, scores } = inView.value;
  if (layers.length === 0) return null;
  const state = overlays.value;
  const isChanged = state.off.size > 0 || Object.keys(state.thresholds).length > 0;
  return (
    <section class={`layers ${state.hidden ? "off" : ""}`}>
      <h2>
        Layers
        <button
          type="button"
          class="toggle"
          aria-pressed={!state.hidden}
          title="All overlays (H)"
          onClick={() => changeOverlays({ hidden: !state.hidden })}
        >
          {state.hidden ? "hidden" : "shown"}
        </button>
      </h2>
      <Forms />
      {state.verdict && canJudge.value && <Legend />}
      {scores.map((score) => (
        <Threshold key={score.name} {...score} />
      ))}
      <Matrix />
      {isChanged && (
        <button
          type="button"
          class="link"
          onClick={() => (overlays.value = { ...PLAIN_OVERLAYS, opacity: state.opacity })}
        >
          show everything
        </button>
      )}
    </section>
  );
}

/** How boxes and masks are drawn. */
function Forms() {
  const { layers } = inView.value;
  const state = overlays.value;
  const hasBoxes = layers.some((layer) => layer.boxes);
  const hasMasks = layers.some((layer) => layer.masks);
  return (
    <>
      <div class="forms">
        {hasBoxes && <Switch name="boxes" title="B" />}
        {hasBoxes && state.boxes && <Switch name="labels" title="names of boxes" />}
        {hasMasks && <Switch name="masks" title="M" />}
        {hasMasks && state.masks && <Switch name="outline" title="outlines of masks" />}
        {canJudge.value && <Switch name="verdict" title="truth against prediction" />}
      </div>
      {hasMasks && state.masks && !state.outline && (
        <label class="slider">
          <span>opacity</span>
          <input
            type="range"
            min="0"
            max="1"
            step="0.05"
            value={state.opacity}
            onInput={(event) => changeOverlays({ opacity: event.currentTarget.valueAsNumber })}
          />
          <output>{Math.round(state.opacity * 100)} %</output>
        </label>
      )}
    </>
  );
}

function Matrix() {
  const { layers, classes } = inView.value;
  const { off } = overlays.value;
  return (
    <table class="matrix">
      <thead>
        <tr>
          <th scope="col">
            <span class="hidden-text">class</span>
          </th>
          {layers.map(({ name }) => (
            <th scope="col" key={name}>
              <button
                type="button"
                class="quiet"
                aria-pressed={!off.has(name)}
                title={`${name}: show or hide the layer`}
                onClick={() => toggle(name)}
              >
                {name}
              </button>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {classes.map((row) => (
          <ClassRow key={row.name} {...row} />
        ))}
      </tbody>
    </table>
  );
}

const canJudge = computed(() => {
  const masks = inView.value.layers.filter((layer) => layer.masks);
  return masks.some(({ name }) => isTruth(name)) && masks.some(({ name }) => !isTruth(name));
});

function Switch({ name, title }: { name: "boxes" | "masks" | "labels" | "outline" | "verdict"; title: string }) {
  const on = overlays.value[name];
  return (
    <button
      type="button"
      class="toggle"
      aria-pressed={on}
      title={title}
      onClick={() => changeOverlays({ [name]: !on })}
    >
      {name === "verdict" ? "truth vs. prediction" : name}
    </button>
  );
}

function Legend() {
  const entries = [
    ["right", VERDICT.hit],
    ["wrong", VERDICT.wrong],
    ["missed", VERDICT.missed],
  ] as const;
  return (
    <p class="legend">
      {entries.map(([name, color]) => (
        <span key={name}>
          <span class="swatch" style={{ background: color }} /> {name}
        </span>
      ))}
    </p>
  );
}

interface ClassRowProps {
  readonly name: string;
  readonly id: number;
  readonly layers: readonly string[];
}

function ClassRow({ name, id, layers }: ClassRowProps) {
  const state = overlays.value;
  const all = inView.value.layers;
  const usual = !isBackground(name, id) || all.every((layer) => !layer.masks || !layers.includes(layer.name));
  const flips = Number(state.off.has(`*:${name}`));
  const isOn = usual === (flips === 0);
  return (
    <tr class={isOn ? "" : "off"}>
      <th scope="row">
        <input
          type="color"
          aria-label={`Color of ${name}`}
          value={colorOf(project.value, name, id)}
          onInput={(event) => chooseColor(project.value, name, event.currentTarget.value)}
        />
        <button
          type="button"
          class="quiet"
          aria-pressed={isOn}
          title={`${name}: show or hide; with Alt only this one`}
          onClick={(event) => (event.altKey ? onlyClass(name) : toggle(`*:${name}`))}
        >
          {name}
        </button>
      </th>
      {all.map((layer) => (
        <td key={layer.name}>
          {layers.includes(layer.name) && (
            <button
              type="button"
              class="eye"
              aria-label={`${name} in ${layer.name}`}
              aria-pressed={isOn !== state.off.has(`${layer.name}:${name}`)}
              onClick={() => toggle(`${layer.name}:${name}`)}
            >
              <Icon name={isOn !== state.off.has(`${layer.name}:${name}`) ? "eye" : "hidden"} />
            </button>
          )}
        </td>
      ))}
    </tr>
  );
}

/** Hides every other class; once more, and all are back. */
function onlyClass(name: string): void {
  const { classes } = inView.value;
  const off = new Set([...overlays.value.off].filter((entry) => !entry.includes(":")));
  for (const row of classes) {
    const usual = !isBackground(row.name, row.id);
    if (row.name === name ? !usual : usual) off.add(`*:${row.name}`);
  }
  const before = overlays.value.off;
  const isAlone = off.size === before.size && [...off].every((entry) => before.has(entry));
  changeOverlays({ off: isAlone ? new Set() : off });
}

interface ThresholdProps {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly values: readonly number[];
}

const BINS = 32;

function Threshold({ name, least, most, values }: ThresholdProps) {
  const state = overlays.value;
  const [from, to] = least >= 0 && most <= 1 ? [0, 1] : [least, most];
  const value = state.thresholds[name] ?? from;
  const passing = useComputed(() => inView.value.boxes.filter((box) => passes(overlays.value, box)).length);
  const bins = new Array<number>(BINS).fill(0);
  for (const score of values) bins[Math.min(BINS - 1, Math.floor(((score - from) / (to - from || 1)) * BINS))]!++;
  const highest = Math.max(1, ...bins);
  return (
    <div class="threshold">
      <label class="slider">
        <span>{name} ≥</span>
        <input
          type="range"
          min={from}
          max={to}
          step={(to - from) / 100 || 0.01}
          value={value}
          onInput={(event) => setThreshold(name, event.currentTarget.valueAsNumber, from)}
        />
        <output>{scoreText(value)}</output>
      </label>
      <svg viewBox={`0 0 ${BINS} 10`} preserveAspectRatio="none" aria-hidden="true">
        {bins.map((n, i) => {
          const height = n === 0 ? 0 : Math.max(0.7, (10 * n) / highest);
          const isCut = from + ((i + 1) / BINS) * (to - from) <= value;
          return <rect key={i} x={i + 0.1} width="0.8" y={10 - height} height={height} class={isCut ? "cut" : ""} />;
        })}
      </svg>
      <p class="dim">
        {passing} of {inView.value.boxes.length} boxes
      </p>
    </div>
  );
}
