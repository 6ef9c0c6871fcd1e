// Window and level, gamma, channels and colormaps of a key's pictures.
import { histogramOf } from "../data/pixels.ts";
import { region } from "../model/large.ts";
import type { PaneModel } from "../model/pane.ts";
import { changeLooks, type Looks, looks, looksOf } from "../model/state.ts";
import { usePixels } from "./use-pixels.ts";

type Change = (part: Partial<Looks>) => void;

export function LooksPanel({ pane }: { pane: PaneModel }) {
  const pixels = usePixels(pane).value;
  const { key } = pane.ref;
  const now = looksOf(key);
  const most = pixels?.most ?? 255;
  const change: Change = (part) => changeLooks(key, part);
  const auto = () => {
    if (pixels === null) return;
    const { least, most: greatest } = histogramOf(pixels, region.value);
    change({ low: least / most, high: Math.max(least + 1, greatest) / most });
  };
  return (
    <section class="looks">
      <h2>
        Look
        <button type="button" class="link" onClick={auto}>
          auto
        </button>
        {looks.value.has(key) && (
          <button type="button" class="link" onClick={() => changeLooks(key, null)}>
            as it is
          </button>
        )}
      </h2>
      <Edge
        name="from"
        value={now.low}
        most={most}
        onChange={(low) => change({ low, high: Math.max(now.high, low + 1 / most) })}
      />
      <Edge
        name="to"
        value={now.high}
        most={most}
        onChange={(high) => change({ high, low: Math.min(now.low, high - 1 / most) })}
      />
      <label class="slider">
        <span>gamma</span>
        <input
          type="range"
          min="-1"
          max="1"
          step="0.05"
          value={Math.log10(now.gamma)}
          onInput={(event) => change({ gamma: Number((10 ** event.currentTarget.valueAsNumber).toPrecision(3)) })}
        />
        <output>{now.gamma}</output>
      </label>
      <Choices now={now} channels={pixels?.channels ?? 3} change={change} />
    </section>
  );
}

function Choices({ now, channels, change }: { now: Looks; channels: number; change: Change }) {
  const isGray = channels <= 2;
  return (
    <div class="forms">
      {!isGray && (
        <select
          aria-label="Channel"
          value={now.channel}
          onChange={(event) => change({ channel: event.currentTarget.value as "rgb" })}
        >
          <option value="rgb">all channels</option>
          <option value="r">red alone</option>
          <option value="g">green alone</option>
          <option value="b">blue alone</option>
          {channels === 4 && <option value="a">alpha alone</option>}
        </select>
      )}
      {(isGray || now.channel !== "rgb") && (
        <select
          aria-label="Colormap"
          value={now.colormap}
          onChange={(event) => change({ colormap: event.currentTarget.value as "" })}
        >
          <option value="">gray</option>
          <option value="viridis">viridis</option>
          <option value="magma">magma</option>
          <option value="turbo">turbo</option>
        </select>
      )}
    </div>
  );
}

interface EdgeProps {
  readonly name: string;
  /** 0 to 1; shown in the file's own values, up to `most`. */
  readonly value: number;
  readonly most: number;
  readonly onChange: (value: number) => void;
}

function Edge({ name, value, most, onChange }: EdgeProps) {
  const shown = Math.round(value * most);
  return (
    <label class="slider">
      <span>{name}</span>
      <input
        type="range"
        min="0"
        max={most}
        step="1"
        value={shown}
        onInput={(event) => onChange(event.currentTarget.valueAsNumber / most)}
      />
      <output>{shown}</output>
    </label>
  );
}
