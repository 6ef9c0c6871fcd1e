// Numbers over steps: uPlot, one line a run, the slider as a line through all of them.
import { effect, signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import uPlot from "uplot";
import { readLines } from "../data/lines.ts";
import { runColor } from "../draw/colors.ts";
import { type Joined, smooth, textAt, valueText } from "../draw/lines.ts";
import { shown } from "../model/frame.ts";
import { scalarKeys, sectionsOf } from "../model/keys-shown.ts";
import { axis, cellWidth, filter, indexes, logScale, runs, selected, smoothing, theme } from "../model/state.ts";
import { goToPlace } from "../model/timeline.ts";
import { NoMatch } from "./empty.tsx";
import { Grid, Scroller } from "./grid.tsx";
import { KeyName } from "./panels.tsx";

export function Scalars() {
  const frame = useRef<HTMLDivElement>(null);
  const keys = scalarKeys.value;
  return (
    <div class="scroller" ref={frame} tabIndex={-1}>
      <div class="content">
        <div class="forms">
          <label class="slider">
            <span>smoothing</span>
            <input
              type="range"
              min="0"
              max="0.99"
              step="0.01"
              value={smoothing.value}
              onInput={(event) => (smoothing.value = event.currentTarget.valueAsNumber)}
            />
            <output>{smoothing.value.toFixed(2)}</output>
          </label>
          <button
            type="button"
            class="toggle"
            aria-pressed={logScale.value}
            onClick={() => (logScale.value = !logScale.value)}
          >
            log y
          </button>
        </div>
        <Scroller.Provider value={frame}>
          {keys.length === 0 && filter.value && <NoMatch />}
          {sectionsOf(keys).map(({ name, keys: inside }) => (
            <section class="section" key={name}>
              <h2 class={name ? "" : "hidden-text"}>{name || "without a section"}</h2>
              <Grid
                count={inside.length}
                cell={cellWidth.value}
                height={(width) => 30 + Math.max(140, width * 0.55)}
                gap={16}
                label={name || "scalars"}
                render={(i) => <Chart key={inside[i]!} name={inside[i]!} />}
              />
            </section>
          ))}
        </Scroller.Provider>
      </div>
    </div>
  );
}

function Chart({ name }: { name: string }) {
  const box = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => signal<Joined | null>(null), []);
  const last = useMemo(() => signal(""), []);

  useEffect(() => {
    let isGone = false;
    const stop = effect(() => {
      const ids = selected.value.filter((id) => name in (indexes.value.get(id)?.scalars ?? {}));
      readLines(ids, name).then((found) => {
        if (isGone) return;
        lines.value = found;
        last.value = found.last;
      });
    });
    return () => {
      isGone = true;
      stop();
    };
  }, [name, lines, last]);

  useEffect(() => {
    let plot: uPlot | null = null;
    const stop = effect(() => {
      plot?.destroy();
      plot = null;
      void theme.value;
      const now = lines.value;
      if (now === null || !box.current) return;
      plot = makePlot(box.current, now, smoothing.value, logScale.value, (i) => (last.value = textAt(now, i)));
    });
    const stopCursor = effect(() => {
      void shown.value;
      plot?.redraw(false);
    });
    const observer = new ResizeObserver(() => {
      if (plot && box.current) plot.setSize({ width: box.current.clientWidth, height: box.current.clientHeight });
    });
    observer.observe(box.current!);
    return () => {
      stop();
      stopCursor();
      observer.disconnect();
      plot?.destroy();
    };
  }, [lines]);

  return (
    <article class="panel chart">
      <h3 title={name}>
        <KeyName name={name} />
        <span class="value">{last.value}</span>
      </h3>
      <div class="plot" ref={box} role="img" aria-label={`${name} over steps; last ${last.value}`} />
    </article>
  );
}

function makePlot(
  box: HTMLElement,
  { runs: ids, steps, low, high }: Joined,
  ema: number,
  isLog: boolean,
  onCursor: (i: number | null) => void,
): uPlot {
  const style = getComputedStyle(box);
  const ink = style.getPropertyValue("--dim");
  const grid = { stroke: style.getPropertyValue("--line"), width: 1 };
  const ticks = { stroke: style.getPropertyValue("--line"), width: 1, size: 4 };
  const font = "11px system-ui, sans-serif";
  const series: uPlot.Series[] = [{}];
  const data: (number | null)[][] = [[...steps]];
  const bands: uPlot.Band[] = [];
  for (const [i, id] of ids.entries()) {
    const color = runColor(Math.max(0, selected.peek().indexOf(id)));
    const label = runs.peek()?.find((run) => run.id === id)?.name ?? id;
    bands.push({ series: [series.length, series.length + 1], fill: `${color}40` });
    series.push({ label, stroke: `${color}40`, width: 1, spanGaps: true, points: { show: false } });
    series.push({ label, stroke: `${color}40`, width: 1, spanGaps: true, points: { show: false } });
    series.push({
      label,
      stroke: color,
      width: 1.75,
      spanGaps: true,
      points: { show: steps.length < 40, size: 5, fill: color },
    });
    const mean = low[i]!.map((value, k) =>
      value === null || high[i]![k] === null ? null : (value + high[i]![k]!) / 2,
    );
    data.push(high[i]!, low[i]!, smooth(mean, ema));
  }
  const options: uPlot.Options = {
    width: box.clientWidth,
    height: box.clientHeight,
    series,
    bands,
    legend: { show: false },
    cursor: { y: false, points: { size: 7 }, drag: { x: true, y: false }, sync: { key: "steps" } },
    scales: { x: { time: false }, y: isLog ? { distr: 3 } : {} },
    axes: [
      { stroke: ink, font, grid, ticks, size: 26, space: 60 },
      { stroke: ink, font, grid, ticks, size: 56, space: 32, values: (_, splits) => splits.map(valueText) },
    ],
    hooks: { draw: [drawPlace], ready: [goesThere], setCursor: [(plot) => onCursor(plot.cursor.idx ?? null)] },
  };
  return new uPlot(options, data as uPlot.AlignedData, box);
}

/** The slider's place, where the slider goes by steps. */
function drawPlace(plot: uPlot): void {
  if (axis.peek() !== "step") return;
  const x = Math.round(plot.valToPos(shown.peek(), "x", true));
  const { left, top, width, height } = plot.bbox;
  if (x < left || x > left + width) return;
  const { ctx } = plot;
  ctx.save();
  ctx.fillStyle = getComputedStyle(plot.root).getPropertyValue("--accent");
  ctx.fillRect(x - 1, top, 2, height);
  ctx.restore();
}

/** A click goes to the step under it; a drag zooms, a double click shows all again. */
function goesThere(plot: uPlot): void {
  let from = 0;
  plot.over.addEventListener("mousedown", (event) => (from = event.clientX));
  plot.over.addEventListener("click", (event) => {
    if (Math.abs(event.clientX - from) > 3 || axis.peek() !== "step") return;
    goToPlace(Math.round(plot.posToVal(event.offsetX, "x")));
  });
}
