// The page as a whole.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { failure, help, large, mat, runs, sidebar, tab, theme } from "../model/state.ts";
import { placeText, target } from "../model/timeline.ts";
import { Bar } from "./bar.tsx";
import { NoRuns } from "./empty.tsx";
import { Help } from "./help.tsx";
import { Large } from "./large.tsx";
import { Panels } from "./panels.tsx";
import { Player } from "./player.tsx";
import { Scalars } from "./scalars.tsx";
import { Sidebar } from "./sidebar.tsx";
import { ConfigTable, Console } from "./tables.tsx";

export function App() {
  useEffect(() => {
    document.documentElement.dataset.theme = theme.value;
  }, [theme.value]);
  const isEmpty = runs.value !== null && runs.value.length === 0;
  return (
    <div class={`app ${sidebar.value && !isEmpty ? "" : "wide"}`}>
      <Bar />
      {sidebar.value && !isEmpty && <Sidebar />}
      <main aria-label={large.value ? "Large view" : tab.value} data-mat={mat.value}>
        {failure.value && (
          <p class="failure" role="alert">
            {failure.value}
          </p>
        )}
        {isEmpty ? <NoRuns /> : <Inside />}
        {help.value && <Help />}
      </main>
      {!isEmpty && (tab.value === "pictures" || tab.value === "scalars") && <Player />}
      <Said />
    </div>
  );
}

function Inside() {
  if (runs.value === null) return null;
  if (large.value !== null) return <Large />;
  if (tab.value === "scalars") return <Scalars />;
  if (tab.value === "config") return <ConfigTable />;
  if (tab.value === "console") return <Console />;
  return <Panels />;
}

/** Says to a screen reader where the slider stands, once it has come to rest. */
function Said() {
  const text = useSignal("");
  const now = placeText(target.value);
  useEffect(() => {
    const timer = setTimeout(() => (text.value = now), 700);
    return () => clearTimeout(timer);
  }, [now, text]);
  return (
    <p class="hidden-text" role="status">
      {text.value}
    </p>
  );
}
