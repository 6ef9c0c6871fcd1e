// The left side: the runs, and the layers × classes of what is shown.
import { useSignal } from "@preact/signals";
import type { RunHead } from "../../src/view/api.ts";
import { runColor } from "../draw/colors.ts";
import { runs, selected, selectRun } from "../model/state.ts";
import { LayerPanel } from "./layer-panel.tsx";

export function Sidebar() {
  return (
    <aside class="sidebar" aria-label="Runs and layers">
      <RunList />
      <LayerPanel />
    </aside>
  );
}

const MANY = 12;
const SHOWN = 200;

function RunList() {
  const wanted = useSignal("");
  const all = runs.value ?? [];
  const text = wanted.value.toLowerCase();
  const found = text
    ? all.filter((run) => `${run.name} ${run.id} ${run.project} ${run.tags.join(" ")}`.toLowerCase().includes(text))
    : all;
  const projects = new Set(all.map((run) => run.project));
  return (
    <section class="runs">
      <h2>
        Runs <span class="count">{all.length}</span>
      </h2>
      {all.length > MANY && (
        <input
          type="search"
          placeholder="find a run"
          aria-label="Find a run"
          value={wanted.value}
          onInput={(event) => (wanted.value = event.currentTarget.value)}
        />
      )}
      <ul>
        {found.slice(0, SHOWN).map((run) => (
          <RunRow key={run.id} run={run} showProject={projects.size > 1} />
        ))}
      </ul>
      {found.length > SHOWN && <p class="dim">and {found.length - SHOWN} more: find them by name</p>}
    </section>
  );
}

function RunRow({ run, showProject }: { run: RunHead; showProject: boolean }) {
  const position = selected.value.indexOf(run.id);
  const isSelected = position >= 0;
  const isBroken = run.state === "unreadable";
  const counted =
    run.pictures === undefined ? "" : `${run.pictures.toLocaleString("en-US")} pictures, ${run.steps} steps`;
  return (
    <li class={`run ${run.state} ${isSelected ? "selected" : ""}`}>
      <button
        type="button"
        class="quiet"
        aria-pressed={isSelected}
        disabled={isBroken}
        title={`${run.folder}${run.reason ? `\n${run.reason}` : ""}`}
        onClick={(event) => selectRun(run.id, event.ctrlKey || event.metaKey || event.shiftKey)}
      >
        <span class="dot" style={isSelected ? { background: runColor(position) } : {}} />
        <span class="name">{run.name}</span>
        <span class="state">{run.state === "finished" ? "" : run.state}</span>
        <span class="under">
          {showProject && <span>{run.project} · </span>}
          {isBroken ? run.reason : counted || timeText(run.startTime)}
        </span>
      </button>
      {!isBroken && (
        <button
          type="button"
          class="add"
          aria-pressed={isSelected}
          aria-label={`Compare ${run.name}`}
          title={isSelected ? "Take out of the comparison" : "Compare (X)"}
          onClick={() => selectRun(run.id, true)}
        >
          {isSelected ? "−" : "+"}
        </button>
      )}
    </li>
  );
}

function timeText(time: number | null): string {
  return time === null ? "" : new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}
