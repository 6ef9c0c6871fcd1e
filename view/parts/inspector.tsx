// Beside the large view: values under the pointer in every pane, histogram, window and level, the boxes as a table.
import { useComputed } from "@preact/signals";
import { useCallback } from "preact/hooks";
import { className } from "../../src/view/class-names.ts";
import { type Histogram, histogramOf, type Pixels, valuesAt } from "../data/pixels.ts";
import { boxAt } from "../draw/boxes.ts";
import type { Size } from "../draw/transform.ts";
import { pointer, region } from "../model/large.ts";
import { scoreText, shownBoxes } from "../model/layers.ts";
import type { Loaded, PaneModel } from "../model/pane.ts";
import { overlays } from "../model/state.ts";
import { Canvas } from "./canvas.tsx";
import { LooksPanel } from "./looks-panel.tsx";
import { labelsOf, RunName } from "./pane.tsx";
import { usePixels } from "./use-pixels.ts";

export function Inspector({ panes }: { panes: readonly PaneModel[] }) {
  const main = panes[0];
  if (main === undefined) return null;
  return (
    <aside class="inspector" aria-label="Values">
      <section class="readout">
        <h2>
          {pointer.value ? `x ${pointer.value.x}  y ${pointer.value.y}` : <span class="dim">point at a pixel</span>}
        </h2>
        {panes.map((pane) => (
          <Values key={JSON.stringify(pane.ref)} pane={pane} named={panes.length > 1} />
        ))}
      </section>
      <HistogramOf pane={main} />
      <LooksPanel pane={main} />
      <Facts pane={main} />
      <BoxTable pane={main} />
    </aside>
  );
}

const NAMES = { 1: "L", 2: "LA", 3: "RGB", 4: "RGBA" } as const;

function Values({ pane, named }: { pane: PaneModel; named: boolean }) {
  const pixels = usePixels(pane).value;
  const at = pointer.value;
  const content = pane.content.value;
  const values = pixels && at && valuesAt(pixels, at.x, at.y);
  const marks = at && content.kind === "picture" ? marksAt(pane, content, at.x, at.y) : [];
  return (
    <div class="values">
      {named && <RunName id={pane.ref.run} />}
      <p class="numbers">
        {values && pixels ? (
          <>
            <span class="swatch" style={{ background: cssColor(values, pixels) }} />
            <span class="dim">{NAMES[pixels.channels]}</span> {values.join(" ")}
            {pixels.most === 65535 && <span class="dim"> of 65535</span>}
          </>
        ) : (
          <span class="dim">–</span>
        )}
      </p>
      {marks.map(([layer, text]) => (
        <p class="mark" key={layer}>
          <span class="dim">{layer}:</span> {text}
        </p>
      ))}
    </div>
  );
}

function cssColor(values: readonly number[], { most, channels }: Pixels): string {
  const [r = 0, g = r, b = r] = channels <= 2 ? [values[0]!] : values;
  return `rgb(${[r, g, b].map((value) => Math.round((255 * value) / most)).join(" ")})`;
}

/** What each layer says of the pixel: the mask's class, the box's name and scores. */
function marksAt(pane: PaneModel, content: Loaded, x: number, y: number): [string, string][] {
  const { picture, masks, mark } = content;
  if (x < 0 || y < 0 || x >= picture.width || y >= picture.height) return [];
  const labels = labelsOf(pane.ref);
  const found: [string, string][] = [];
  for (const [layer, mask] of masks) {
    const column = Math.floor(((x + 0.5) * mask.width) / picture.width);
    const row = Math.floor(((y + 0.5) * mask.height) / picture.height);
    const id = mask.ids[row * mask.width + column]!;
    found.push([layer, `${className(labels, layer, id)} (${id})`]);
  }
  const shown = boxAt(shownBoxes(overlays.value, labels, mark), picture, { scale: 1, x: 0, y: 0 }, x + 0.5, y + 0.5);
  if (shown) {
    const scores = Object.entries(shown.box.scores ?? {}).map(([name, score]) => `${name} ${scoreText(score)}`);
    found.push([
      shown.layer,
      [shown.name, shown.box.caption !== shown.name && shown.box.caption, ...scores].filter(Boolean).join(", "),
    ]);
  }
  return found;
}

const CHANNEL_COLORS = ["#e0483e", "#3fa34d", "#3f7de0"];

function HistogramOf({ pane }: { pane: PaneModel }) {
  const pixels = usePixels(pane);
  const histogram = useComputed<Histogram | null>(() => pixels.value && histogramOf(pixels.value, region.value));
  const draw = useCallback(
    (context: CanvasRenderingContext2D, { width, height }: Size) => {
      context.clearRect(0, 0, width, height);
      const now = histogram.value;
      if (now === null) return;
      // The two ends often hold most of the pixels: the tallest bin between them gives the scale.
      const tallest = Math.max(1, ...now.bins.map((bins) => Math.max(...bins.subarray(1, 255))));
      context.globalCompositeOperation = now.bins.length > 1 ? "screen" : "source-over";
      for (const [c, bins] of now.bins.entries()) {
        context.fillStyle = now.bins.length > 1 ? CHANNEL_COLORS[c]! : "#8a8a8a";
        for (let i = 0; i < 256; i++) {
          const x0 = Math.floor((i * width) / 256);
          const x1 = Math.floor(((i + 1) * width) / 256);
          const tall = Math.min(height, Math.round((height * bins[i]!) / tallest));
          context.fillRect(x0, height - tall, Math.max(1, x1 - x0), tall);
        }
      }
      context.globalCompositeOperation = "source-over";
    },
    [histogram],
  );
  const now = histogram.value;
  return (
    <section class="histogram">
      <h2>
        Histogram{" "}
        {region.value && (
          <button type="button" class="link" onClick={() => (region.value = null)}>
            whole picture
          </button>
        )}
      </h2>
      <Canvas draw={draw} label={now ? `Histogram: least ${now.least}, greatest ${now.most}` : "Histogram"} />
      {now && (
        <p class="dim">
          {now.least} … {now.most}, mean {Number(now.mean.toPrecision(4))}
          {region.value ? `, ${now.count} pixels` : ""}
        </p>
      )}
    </section>
  );
}

function Facts({ pane }: { pane: PaneModel }) {
  const content = pane.content.value;
  if (content.kind !== "picture") return null;
  const { picture, mark } = content;
  return (
    <section class="facts">
      {mark.caption && <p class="whole-caption">{mark.caption}</p>}
      <p class="dim">
        {picture.width} × {picture.height}, {sizeText(picture.blob.size)}
      </p>
      <p class="dim path">{mark.path}</p>
      <button type="button" class="link" onClick={() => save(picture.blob, mark.path)}>
        save the file
      </button>
    </section>
  );
}

/** As it was logged, byte for byte. */
function save(blob: Blob, path: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = path.slice(path.lastIndexOf("/") + 1);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1e6 ? `${Number((bytes / 1e3).toPrecision(3))} kB` : `${Number((bytes / 1e6).toPrecision(3))} MB`;
}

const TABLE_ROWS = 200;

/** The boxes in words, for those who cannot see them, and to find one among many. */
function BoxTable({ pane }: { pane: PaneModel }) {
  const content = pane.content.value;
  if (content.kind !== "picture" || !content.mark.boxes) return null;
  const boxes = shownBoxes({ ...overlays.value, hidden: false, boxes: true }, labelsOf(pane.ref), content.mark);
  if (boxes.length === 0) return null;
  return (
    <section>
      <details>
        <summary>{boxes.length} boxes</summary>
        <table class="boxes">
          <thead>
            <tr>
              <th scope="col">layer</th>
              <th scope="col">class</th>
              <th scope="col">score</th>
              <th scope="col">left, top, right, bottom</th>
            </tr>
          </thead>
          <tbody>
            {boxes.slice(0, TABLE_ROWS).map(({ layer, name, box, color }, i) => (
              <tr key={i}>
                <td>{layer}</td>
                <td>
                  <span class="swatch" style={{ background: color }} /> {name}
                </td>
                <td>
                  {Object.values(box.scores ?? {})
                    .map(scoreText)
                    .join(" ")}
                </td>
                <td>{cornersText(box.at, box.pixel ? null : content.picture)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </section>
  );
}

/** In pixels. */
function cornersText(at: readonly number[], picture: Size | null): string {
  return at
    .map((value, i) => Math.round(picture ? value * (i % 2 === 0 ? picture.width : picture.height) : value))
    .join(", ");
}
