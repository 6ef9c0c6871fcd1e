// Every warning of the package goes through here: to the image's own onWarning, else to the process's, else once a code
// to stderr. A warning never stops anything.
import { printable } from "./messages.ts";
import { shared } from "./shared.ts";

export interface Warning {
  /**
   * Stable, for programs. Of values: "clipped", "nan", "almost-black", "infinite", "ambiguous-layout", "histogram-not-finite". Of Images:
   * "alpha-dropped", "options-ignored", "subsampling", "palette-too-many-colors", "file-incomplete", "large-file", "box-outside", "box-inverted",
   * "class-labels-conflict", "layers-left" (boxes and masks of another Image), "captions-left" (of the pictures of a grid), "max-items",
   * "mixed-sizes", "mixed-formats", "mixed-modes". Of runs: "step" (a row whose step is over was dropped), "long-line" (W&B's client will skip the row), "row-dropped" (it cannot be written at all), "write-failed" (see `onError` of `init`), "run-folder-gone",
   * "temporary-folder", "variables-ignored", "resume-ignored", "image-missing" (the program ended before a promise gave it). Of a
   * pool: "workers-unavailable". More may come.
   */
  readonly code: string;
  /** For people: what was seen, with its values, and what to do. */
  readonly message: string;
}

export type OnWarning = (warning: Warning) => void;

const state = shared("warnings 1", () => ({
  said: new Set<string>(),
  processWide: undefined as OnWarning | undefined,
  silent: (): boolean => false,
}));

/** Takes the warnings of every image and run that has no `onWarning` of its own; undefined: each code once on stderr. */
export function setOnWarning(onWarning: OnWarning | undefined): void {
  state.processWide = onWarning;
}

/** Node's door passes whether WANDB_SILENT is set: then nothing goes to stderr. */
export function setSilent(isSilent: () => boolean): void {
  state.silent = isSilent;
}

export function warn(
  code: string,
  message: string,
  onWarning: OnWarning | undefined = state.processWide,
  otherwise: OnWarning = sayOnce,
): void {
  (onWarning ?? otherwise)({ code, message });
}

function sayOnce({ code, message }: Warning): void {
  if (state.said.has(code) || state.silent()) return;
  state.said.add(code);
  console.warn(`wandb-image: ${printable(message)}`);
}
