// `npx wandb-image repair`
import { shellQuote } from "../log/console.ts";
import { openFolder } from "../read/folder.ts";
import { peek } from "../read/peek.ts";
import { type RepairReport, repair } from "../repair/repair.ts";
import { verify } from "../repair/verify.ts";
import { defineCommand, plain } from "./command.ts";
import { runsIn } from "./verify.ts";

const HELP = `
Make a copy, beside a damaged run, that uploads: what can be read of its records, in order, and its files, found by their
hash where their names were changed. A row whose picture is lost keeps its other values. repair.json in the new folder
lists what is lost. The old folder is not touched.

usage: npx wandb-image repair [folder …] [--json] [--force]

  folder    a run's folder, a wandb folder, or the folder it lies in; default WANDB_DIR, else the current folder
  --json    what was done, as one JSON array
  --force   also where a program may still be writing the run (its file changed within the last minute)

Runs that are whole are left alone. Exit code 1 where a run could not be repaired.
`;

export const command = defineCommand({
  help: HELP,
  options: { json: { type: "boolean" }, force: { type: "boolean" } },
  async run(folders, { json = false, force = false }) {
    const reports: (RepairReport | { from: string; error: string })[] = [];
    const say = (line: string) => (json ? undefined : console.log(line));
    for (const dir of await runsIn(folders)) {
      if ((await verify(dir)).problemCount === 0) {
        say(`${plain(dir)}: whole, left alone`);
        continue;
      }
      try {
        if (!force) await refuseLive(dir);
        const report = await repair(dir);
        reports.push(report);
        say(described(report));
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        reports.push({ from: dir, error: message });
        say(`${plain(dir)}: cannot be repaired: ${plain(message)}`);
      }
    }
    if (json) console.log(JSON.stringify(reports, null, 2));
    return reports.some((report) => "error" in report) ? 1 : 0;
  },
});

async function refuseLive(dir: string): Promise<void> {
  const source = await openFolder(dir);
  try {
    const { state } = await peek(source);
    if (state === "live")
      throw new Error("it may still be written: it changed within the last minute; --force repairs it now");
  } finally {
    await source.close();
  }
}

function described({ from, to, rows, records, lost, files, damage }: RepairReport): string {
  const lines = [
    `${plain(from)}`,
    `  → ${plain(to)}`,
    `  ${rows} rows; ${records.kept} records as they were, ${records.rewritten} rewritten, ${records.dropped} left out`,
    `  ${files.copied} files, ${files.renamed.length} of them found under other names; ${files.lost.length} lost`,
  ];
  if (damage.length > 0) lines.push(`  ${damage.length} places of the record file could not be read`);
  if (lost.length > 0) lines.push(`  ${lost.length} values name lost files and are left out: see repair.json`);
  lines.push(`  upload it: npx wandb-image sync ${shellQuote(to)}`);
  return lines.join("\n");
}
