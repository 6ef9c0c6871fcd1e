// What the server has of a run that is resumed → the run's own log, so that what follows stands on it.
import type { MediaRun } from "../image/media-run.ts";
import type { ResumeState } from "../upload/resume.ts";
import type { OnWarning } from "../warnings.ts";
import { snapshot } from "./snapshot.ts";
import type { Store } from "./store.ts";
import { jsonText, type ValueMap } from "./values.ts";
import { configItems, type RunWriter } from "./writer.ts";

/** What a person calls a run, and may change while it goes on. */
export interface Labels {
  readonly name: string | undefined;
  readonly notes: string | undefined;
  readonly tags: readonly string[];
}

/**
 * Writes the old config and summary. W&B's rule: config keys that are not set again are kept.
 * @param isSet whether the run has set a key of the config itself
 * @returns what was written
 */
export function writeResumed(
  { step, config, internal, summary }: ResumeState,
  isSet: (key: string) => boolean,
  to: { readonly run: MediaRun; readonly store: Store; readonly writer: RunWriter; readonly onWarning: OnWarning },
): { config: ValueMap; summary: ValueMap } {
  const kept = Object.fromEntries(Object.entries(config).filter(([key]) => !isSet(key)));
  const old = snapshot(kept, "run.config", { arrays: "list" });
  const labels = Object.entries(snapshot(internal, "run.config", { arrays: "list" }));
  const last = snapshot(summary, "run.summary", { onWarning: to.onWarning });
  to.store.enqueue(() => {
    to.writer.config([
      ...configItems(old),
      ...labels.map(([key, value]) => ({ path: ["_wandb", key], json: jsonText(value) })),
    ]);
    to.writer.summary(to.run, last, step);
  });
  return { config: old, summary: last };
}

/** The server's, where the program gave none. */
export function resumedLabels(given: Labels, { name, notes, tags }: ResumeState): Labels {
  return {
    name: given.name ?? name,
    notes: given.notes ?? notes,
    tags: given.tags.length > 0 ? given.tags : tags,
  };
}
