// What to do where there is nothing to see.
import { filter, place, selectedIndexes, tab } from "../model/state.ts";

const SNIPPET = `import { init, Image } from "wandb-image";

const run = init({ project: "first-look" });
run.log({ picture: new Image(pixels, { caption: "hello" }) });
await run.finish();`;

export function NoRuns() {
  return (
    <div class="empty">
      <h1>No runs yet</h1>
      <p>
        Looked in <code>{place.value}</code>. Log something there, and it appears here by itself:
      </p>
      <pre>{SNIPPET}</pre>
      <p>
        For a run to look at now: <code>npx wandb-image view --sample</code>. Or drop a run's zip on this page.
      </p>
    </div>
  );
}

export function NoPictures() {
  const keys = selectedIndexes.value.flatMap((index) => [...Object.keys(index.scalars), ...index.others]);
  const shown = [...new Set(keys)].filter((key) => !key.startsWith("_"));
  return (
    <div class="empty">
      <h1>No pictures in this run</h1>
      {shown.length > 0 ? (
        <p>
          It logs {shown.slice(0, 12).join(", ")}
          {shown.length > 12 ? ` and ${shown.length - 12} more` : ""}.{" "}
          <button type="button" class="link" onClick={() => (tab.value = "scalars")}>
            Show the numbers
          </button>
        </p>
      ) : (
        <p>Nothing was logged yet. What is logged appears here by itself.</p>
      )}
    </div>
  );
}

export function NoMatch() {
  return (
    <div class="empty">
      <h1>No key matches “{filter.value}”</h1>
      <p>
        <button type="button" class="link" onClick={() => (filter.value = "")}>
          Show all keys
        </button>
      </p>
    </div>
  );
}
