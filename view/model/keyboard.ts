// The keyboard, for all of it. Fields keep the keys that they need.

import { inView } from "./in-view.ts";
import { closeLarge, largeKey, stepItem } from "./large.ts";
import { setThreshold } from "./layers.ts";
import { copyLink } from "./link.ts";
import { play } from "./play.ts";
import { changeOverlays, help, large, overlays, runs, selected, selectRun, sidebar, tab } from "./state.ts";
import { goTo, move, ticks, toggleFollow } from "./timeline.ts";

const PLAIN: Readonly<Record<string, () => void>> = {
  Home: () => goTo(0),
  End: () => goTo(ticks.value.length - 1),
  " ": play,
  j: () => nextPanel(1),
  k: () => nextPanel(-1),
  h: () => flip("hidden"),
  b: () => flip("boxes"),
  m: () => flip("masks"),
  o: () => flip("outline"),
  l: () => flip("labels"),
  "[": () => moveThreshold(-0.05),
  "]": () => moveThreshold(0.05),
  x: compareNext,
  f: toggleFollow,
  "/": () => {
    large.value = null;
    if (tab.value !== "scalars") tab.value = "pictures";
    const field = () => document.getElementById("filter");
    if (field()) field()!.focus();
    else setTimeout(() => field()?.focus(), 0); // it comes with the panels
  },
  r: () => (sidebar.value = !sidebar.value),
  c: copyLink,
  "?": () => (help.value = !help.value),
  Escape: () => {
    if (help.value) help.value = false;
    else if (large.value) closeLarge();
  },
};

export function listenToKeys(): void {
  addEventListener("keydown", (event) => {
    if (isForField(event) || event.metaKey) return;
    if (onKey(event)) event.preventDefault();
  });
}

function onKey(event: KeyboardEvent): boolean {
  const { key } = event;
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const direction = key === "ArrowLeft" ? -1 : 1;
    if (event.altKey && large.value) return largeKey(event);
    if (event.ctrlKey && large.value) stepItem(direction);
    else if (event.ctrlKey || event.altKey) return false;
    else move(direction * (event.shiftKey ? 10 : 1));
    return true;
  }
  if (event.ctrlKey || (event.altKey && !large.value)) return false;
  if (large.value && largeKey(event)) return true;
  if (event.altKey) return false;
  // A focused button takes Space and Enter itself, but for panes: there Space plays.
  const focused = document.activeElement;
  if (key === " " && focused instanceof HTMLButtonElement && !focused.classList.contains("pane")) return false;
  const action = PLAIN[key.length === 1 ? key.toLowerCase() : key];
  action?.();
  return action !== undefined;
}

function isForField(event: KeyboardEvent): boolean {
  const { target, key } = event;
  if (target instanceof HTMLSelectElement) return key !== "Escape" && key !== "?";
  if (!(target instanceof HTMLInputElement)) return false;
  if (target.type === "range") {
    // The step slider moves as the arrows do anyway; the others need theirs.
    return /^(Arrow|Home|End|Page)/.test(key) && !target.classList.contains("step-slider");
  }
  return key !== "Escape" || target.value !== "";
}

function flip(name: "hidden" | "boxes" | "masks" | "outline" | "labels"): void {
  changeOverlays({ [name]: !overlays.value[name] });
}

function moveThreshold(by: number): void {
  const score = inView.value.scores[0];
  if (score === undefined) return;
  const [from, to] = score.least >= 0 && score.most <= 1 ? [0, 1] : [score.least, score.most];
  const now = overlays.value.thresholds[score.name] ?? from;
  const next = Math.min(to, Math.max(from, now + by * (to - from)));
  setThreshold(score.name, Number(next.toPrecision(6)), from);
}

/** Adds the next run that is not there yet; past the last one it is alone again. */
function compareNext(): void {
  const all = (runs.value ?? []).filter((run) => run.state !== "unreadable").map((run) => run.id);
  const next = all.find((id) => !selected.value.includes(id) && all.indexOf(id) > all.indexOf(selected.value.at(-1)!));
  if (next) selectRun(next, true);
  else if (selected.value.length > 1) selected.value = [selected.value[0]!];
}

function nextPanel(by: number): void {
  const panes = [...document.querySelectorAll<HTMLElement>("button.pane")];
  const now = panes.indexOf(document.activeElement as HTMLElement);
  const next = panes[now < 0 ? 0 : now + by];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}
