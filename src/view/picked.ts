// Which pictures of a run are meant by --key and --step.
import type { PictureMark } from "./api.ts";
import { unpackSteps } from "./api.ts";
import type { RunAnswers } from "./run-answers.ts";

export interface Picked {
  readonly key: string;
  readonly step: number;
  readonly item: number;
  /** How many pictures lie there. */
  readonly count: number;
  readonly mark: PictureMark;
}

/** The last picture of each key at `step` or before it; with "all" all of them, in the order of the steps. */
export async function picked(
  answers: RunAnswers,
  keys: (key: string) => boolean,
  step: number | "last" | "all",
): Promise<Picked[]> {
  const found: Picked[] = [];
  for (const [key, packed] of Object.entries(answers.index().pictures)) {
    if (!keys(key)) continue;
    const steps = unpackSteps(packed);
    let [from, to] = [0, steps.length];
    if (step !== "all") {
      to = step === "last" ? steps.length : steps.findLastIndex((at) => at <= step) + 1;
      from = Math.max(0, to - 1);
    }
    for (const row of await answers.rows(key, from, to)) {
      const { pictures } = row;
      for (const [item, mark] of pictures.entries())
        found.push({ key, step: row.step, item, count: pictures.length, mark });
    }
  }
  return found;
}
