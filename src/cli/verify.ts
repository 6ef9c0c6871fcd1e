// `npx wandb-image verify`
import { findRuns } from "../read/list.ts";
import { type Verdict, verify } from "../repair/verify.ts";
import { defineCommand, plain } from "./command.ts";

const HELP = `
Check that runs are whole: every record can be read, every file is there with its hash, nothing would be dropped or
refused by an upload.

usage: npx wandb-image verify [folder …] [--json]

  folder   a run's folder, a wandb folder, or the folder it lies in; default WANDB_DIR, else the current folder
  --json   one JSON array, for programs

Exit code 1 where something is wrong. npx wandb-image repair makes a copy that uploads.
`;

/** Problems of one run that are printed; --json tells more. */
const MAX_PRINTED = 50;

export const command = defineCommand({
  help: HELP,
  options: { json: { type: "boolean" } },
  async run(folders, { json = false }) {
    const verdicts: Verdict[] = [];
    for (const dir of await runsIn(folders)) {
      const verdict = await verify(dir);
      verdicts.push(verdict);
      if (!json) print(verdict);
    }
    const broken = verdicts.filter(({ problemCount }) => problemCount > 0).length;
    if (json) console.log(JSON.stringify(verdicts, null, 2));
    else console.log(summary(verdicts.length, broken));
    return broken === 0 ? 0 : 1;
  },
});

/** The runs in the folders that a command was given. */
export async function runsIn(folders: readonly string[]): Promise<string[]> {
  const given = folders.length > 0 ? folders : [process.env.WANDB_DIR || "."];
  const dirs: string[] = [];
  for (const folder of given) {
    const found = await findRuns(folder);
    if (found.length === 0) throw new Error(`${folder}: no runs in there`);
    dirs.push(...found);
  }
  return dirs;
}

function print({ dir, rows, files, problems, problemCount }: Verdict): void {
  const size = `${count(rows, "row")}, ${count(files, "file")}`;
  if (problemCount === 0) {
    console.log(`${plain(dir)}: whole (${size})`);
    return;
  }
  console.log(`${plain(dir)}: ${count(problemCount, "problem")} (${size})`);
  for (const { code, message } of problems.slice(0, MAX_PRINTED))
    console.log(`  ${code.padEnd(12)}  ${plain(message)}`);
  if (problemCount > MAX_PRINTED) console.log(`  and ${problemCount - MAX_PRINTED} more`);
}

function summary(runs: number, broken: number): string {
  if (broken === 0) return `${count(runs, "run")}: nothing is wrong`;
  return `${broken} of ${count(runs, "run")} ${broken === 1 ? "has" : "have"} problems: npx wandb-image repair makes copies that upload`;
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}
