// The page's beginning: where its runs come from, what its address says, and then what is on it.

import { effect } from "@preact/signals";
import "uplot/dist/uPlot.min.css";
import "./style/base.css";
import "./style/panels.css";
import "./style/large.css";
import { render } from "preact";
import { openSource } from "./data/open.ts";
import { listenToKeys } from "./model/keyboard.ts";
import { keepLink, readLink } from "./model/link.ts";
import { keepUp, readRuns } from "./model/live.ts";
import { failure, selectedRuns, setSource, theme } from "./model/state.ts";
import { App } from "./parts/app.tsx";
import { takeDrops } from "./parts/drop.ts";

async function begin(): Promise<void> {
  rememberTheme();
  readLink(location.hash);
  listenToKeys();
  nameTitle();
  takeDrops();
  render(<App />, document.getElementById("app")!);
  try {
    setSource(openSource());
    await readRuns();
    keepUp();
  } catch (error) {
    failure.value = (error as Error).message;
  }
  keepLink();
}

function nameTitle(): void {
  effect(() => {
    const names = selectedRuns.value.map((run) => run.name);
    document.title = [...names.slice(0, 2), names.length > 2 ? `and ${names.length - 2} more` : "", "wandb-image"]
      .filter(Boolean)
      .join(" · ");
  });
}

function rememberTheme(): void {
  try {
    theme.value = (localStorage.getItem("wandb-image.theme") ?? "auto") as "auto";
    effect(() => localStorage.setItem("wandb-image.theme", theme.value));
  } catch {
    // a page without storage follows the system
  }
}

begin();
