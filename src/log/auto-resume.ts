// `resume: "auto"`: the last run of a folder that did not end well, as W&B's client keeps it (wandb-resume.json). Node only.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

function fileIn(root: string): string {
  const hidden = join(resolve(root), ".wandb");
  return join(existsSync(hidden) ? hidden : join(resolve(root), "wandb"), "wandb-resume.json");
}

/** The id of a run below `root` that was begun with `resume: "auto"` and has not ended well. */
export function interruptedRun(root: string): string | undefined {
  try {
    const { run_id } = JSON.parse(readFileSync(fileIn(root), "utf8")) as { run_id?: unknown };
    return typeof run_id === "string" && run_id !== "" ? run_id : undefined;
  } catch {
    return undefined;
  }
}

/** Until `forgetRun`, the next run goes on with this one. Best effort. */
export function rememberRun(root: string, id: string): void {
  try {
    mkdirSync(join(fileIn(root), ".."), { recursive: true });
    writeFileSync(fileIn(root), JSON.stringify({ run_id: id }));
  } catch {
    // Then the next run is a new one.
  }
}

export function forgetRun(root: string): void {
  rmSync(fileIn(root), { force: true });
}
