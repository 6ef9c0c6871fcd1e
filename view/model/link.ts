// The whole view in the address, after #, as short as it can be: a link shows what its sender saw.
import { effect } from "@preact/signals";
import * as state from "./state.ts";
import { target } from "./timeline.ts";

/** One choice: how it is written (null: it is as usual), and how it is read. */
interface Part {
  readonly write: () => string | null;
  readonly read: (text: string) => void;
}

const number = (value: number) => String(Number(value.toPrecision(10)));
const list = (values: Iterable<string>) => Array.from(values, encodeURIComponent).join(",");
const unlist = (text: string) => text.split(",").filter(Boolean).map(decodeURIComponent);

function choice<T extends string | number>(signal: { value: T }, usual: T): Part {
  return {
    write: () => {
      const { value } = signal;
      if (value === usual) return null;
      return typeof value === "number" ? number(value) : encodeURIComponent(value);
    },
    read: (text) => (signal.value = (typeof usual === "number" ? Number(text) : decodeURIComponent(text)) as T),
  };
}

function pane({ run, key, item, step }: state.PaneRef): string {
  return list([run, key, String(item), step === null ? "" : String(step)].map((part) => part || "-"));
}

function unpane(text: string): state.PaneRef | null {
  const [run, key, item, step] = unlist(text);
  if (run === undefined || key === undefined) return null;
  return { run, key, item: Number(item) || 0, step: step === undefined || step === "-" ? null : Number(step) };
}

const PARTS: Readonly<Record<string, Part>> = {
  r: { write: () => list(state.selected.value), read: (text) => (state.selected.value = unlist(text)) },
  t: choice(state.tab, "pictures"),
  k: choice(state.filter, ""),
  x: choice(state.axis, "step"),
  s: {
    write: () => (state.follow.value ? null : number(target.value)),
    read: (text) => {
      state.follow.value = false;
      state.at.value = Number(text);
    },
  },
  w: choice(state.cellWidth, state.CELL_WIDTH),
  f: choice(state.fit, "fit"),
  b: choice(state.mat, "theme"),
  o: {
    write: () => (state.large.value === null ? null : pane(state.large.value)),
    read: (text) => (state.large.value = unpane(text)),
  },
  p: {
    write: () => state.pins.value.map(pane).join(";") || null,
    read: (text) => (state.pins.value = text.split(";").flatMap((part) => unpane(part) ?? [])),
  },
  m: choice(state.mode, "side"),
  g: choice(state.gain, 1),
  z: {
    write: () => {
      const zoom = state.zoom.value;
      return zoom === null
        ? null
        : [zoom.scale, zoom.x, zoom.y].map((value) => number(Number(value.toFixed(3)))).join(",");
    },
    read: (text) => {
      const [scale, x, y] = text.split(",").map(Number);
      if (scale !== undefined && x !== undefined && y !== undefined && scale > 0) state.zoom.value = { scale, x, y };
    },
  },
  l: {
    write: () => {
      const { off, thresholds, opacity, ...flags } = state.overlays.value;
      const usual = state.PLAIN_OVERLAYS;
      const changed = (Object.keys(flags) as (keyof typeof flags)[]).filter((name) => flags[name] !== usual[name]);
      const parts = [
        ...changed.map((name) => `!${name}`),
        ...(opacity === usual.opacity ? [] : [`=${number(opacity)}`]),
        ...Object.entries(thresholds).map(([name, least]) => `>${number(least)} ${name}`),
        ...Array.from(off, (entry) => `-${entry}`),
      ];
      return list(parts) || null;
    },
    read: (text) => (state.overlays.value = readOverlays(unlist(text))),
  },
  i: {
    write: () => Array.from(state.looks.value, ([key, looks]) => looksText(key, looks)).join(";") || null,
    read: (text) => (state.looks.value = new Map(text.split(";").map(readLooks))),
  },
  c: {
    write: () => list(state.closedSections.value) || null,
    read: (text) => (state.closedSections.value = new Set(unlist(text))),
  },
  d: { write: () => list(state.order.value) || null, read: (text) => (state.order.value = unlist(text)) },
};

function looksText(key: string, { low, high, gamma, channel, colormap }: state.Looks): string {
  return list([key, number(low), number(high), number(gamma), channel, colormap || "-"]);
}

function readLooks(text: string): [string, state.Looks] {
  const [key = "", low, high, gamma, channel, colormap] = unlist(text);
  const looks = { low: Number(low) || 0, high: Number(high) || 1, gamma: Number(gamma) || 1 };
  return [key, { ...looks, channel: (channel ?? "rgb") as "rgb", colormap: (colormap === "-" ? "" : colormap) as "" }];
}

function readOverlays(parts: readonly string[]): state.Overlays {
  const flags: Record<string, boolean> = {};
  const thresholds: Record<string, number> = {};
  const off = new Set<string>();
  let { opacity } = state.PLAIN_OVERLAYS;
  for (const part of parts) {
    const rest = part.slice(1);
    if (part[0] === "!" && rest in state.PLAIN_OVERLAYS) flags[rest] = !state.PLAIN_OVERLAYS[rest as "boxes"];
    if (part[0] === "=") opacity = Number(rest);
    if (part[0] === ">") thresholds[rest.slice(rest.indexOf(" ") + 1)] = Number(rest.slice(0, rest.indexOf(" ")));
    if (part[0] === "-") off.add(rest);
  }
  return { ...state.PLAIN_OVERLAYS, ...flags, thresholds, off, opacity };
}

function writeLink(): string {
  const parts: string[] = [];
  for (const [name, part] of Object.entries(PARTS)) {
    const text = part.write();
    if (text !== null && text !== "") parts.push(`${name}=${text}`);
  }
  return parts.join("&");
}

export function readLink(hash: string): void {
  for (const text of hash.replace(/^#/, "").split("&")) {
    const name = text.slice(0, text.indexOf("="));
    try {
      PARTS[name]?.read(text.slice(name.length + 1));
    } catch {
      // a link that was cut short: what can be read of it holds
    }
  }
}

/** Keeps the address to what is shown, a moment later so that scrubbing costs nothing. */
export function keepLink(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let written = "";
  effect(() => {
    const link = writeLink();
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (link === written) return;
      written = link;
      history.replaceState(null, "", `#${link}`);
    }, 150);
  });
  addEventListener("hashchange", () => {
    if (location.hash.slice(1) !== written) readLink(location.hash);
  });
}

export async function copyLink(): Promise<void> {
  await navigator.clipboard?.writeText(location.href).catch(() => {});
}
