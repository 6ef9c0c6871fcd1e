// `npx wandb-image ls`
import { listRuns } from "../read/list.ts";
import { defineCommand, plain } from "./command.ts";

export const command = defineCommand({
  help: `
List the runs in a folder.

usage: npx wandb-image ls [folder] [--json]

  folder   a run's folder, a wandb folder, or the folder it lies in; default WANDB_DIR, else the current folder
  --json   one JSON array, for programs
`,
  options: { json: { type: "boolean" } },
  async run([dir = process.env.WANDB_DIR ?? "."], { json }) {
    const runs = await listRuns(dir);
    if (json) console.log(JSON.stringify(runs, null, 2));
    else for (const run of runs) console.log(plain(`${run.id}  ${run.state}  ${run.run?.name ?? ""}  ${run.dir}`));
    return 0;
  },
});
