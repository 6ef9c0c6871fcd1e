// A run's line in the list of runs.
import type { RunListing } from "../read/list.ts";
import type { RunHead } from "./api.ts";
import type { RunAnswers } from "./run-answers.ts";

const LAST_VALUES = 12;

export type Counts = Pick<RunHead, "steps" | "pictures" | "last">;

export function countsOf(answers: RunAnswers): Counts {
  const { columns } = answers.read;
  return { steps: columns.rows, pictures: columns.pictures, last: answers.last(LAST_VALUES) };
}

/** @param counted what was counted when the run was read whole, or the run itself */
export function headOf(id: string, found: RunListing, counted: Counts | RunAnswers | null): RunHead {
  const { run, state, exit, problem, modified, dir } = found;
  const code = exit?.code ?? 0;
  const reason = problem ?? (state === "failed" ? `exit code ${code}` : null);
  return {
    id,
    name: run?.name || run?.id || found.id,
    project: run?.project || "",
    state: problem === null ? state : "unreadable",
    ...(reason === null ? {} : { reason }),
    startTime: run?.startTime || modified,
    folder: dir,
    tags: run?.tags ?? [],
    ...(run?.notes ? { notes: run.notes } : {}),
    ...(run?.group ? { group: run.group } : {}),
    ...(counted !== null && "read" in counted ? countsOf(counted) : counted),
  };
}
