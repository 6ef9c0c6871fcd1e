// A damaged run → a folder beside it that uploads.
import { basename, dirname, join, resolve } from "node:path";
import type { RecordBuilder } from "../log/records.ts";
import { randomRunId, runDirectoryName } from "../log/store.ts";
import { frameRecords } from "../log/wandb-file.ts";
import { openFolder, type RunFolder } from "../read/folder.ts";
import { copyInto, inventory, makeFolder, removeFolder, saveJson, writeWhole } from "./disk.ts";
import { type Copy, type FilePlan, planFiles } from "./files.ts";
import { type Identity, type LostLeaf, type Rebuilt, rebuild } from "./records.ts";
import { type Scan, scanRun } from "./scan.ts";

export interface RepairReport {
  /** The damaged run's folder, which is as it was. */
  readonly from: string;
  /** The new folder. */
  readonly to: string;
  readonly id: string;
  readonly rows: number;
  readonly records: { readonly kept: number; readonly rewritten: number; readonly dropped: number };
  readonly run: Rebuilt["run"];
  readonly exit: Rebuilt["exit"];
  /** What was left out of rows and summary, because its file is lost. */
  readonly lost: readonly LostLeaf[];
  readonly files: {
    readonly copied: number;
    /** Found under other names by their hash. */
    readonly renamed: readonly Copy[];
    readonly lost: readonly string[];
    /** Whole media that no record named any more. */
    readonly recorded: readonly string[];
  };
  /** What of the record file could not be read. */
  readonly damage: readonly { readonly start: number; readonly end: number; readonly reason: string }[];
}

/**
 * Writes a new folder beside `dir`, with all that can be read of it: its records in order, its files, and repair.json.
 * @throws Error naming the place, where there is no run, or the new folder cannot be written; nothing is left of it then
 */
export async function repair(dir: string): Promise<RepairReport> {
  const source = await openFolder(dir, { followLinks: true });
  try {
    const scan = await scanRun(source, false);
    const plan = planFiles(scan, await inventory(source.name));
    const identity = identityOf(source, scan);
    const to = await newFolder(source.name, identity);
    try {
      return await writeRun(source, scan, plan, identity, to);
    } catch (error) {
      await removeFolder(to);
      throw error;
    }
  } finally {
    await source.close();
  }
}

/** From the records; else from the names that W&B gives to folders and files. */
function identityOf({ name, log }: RunFolder, { run }: Scan): Identity {
  const folder = /run-(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)-(.+)$/.exec(basename(resolve(name)));
  const [year, month, day, hours, minutes, seconds] = (folder?.slice(1, 7) ?? []).map(Number);
  const named = folder === null ? Date.now() : new Date(year!, month! - 1, day, hours, minutes, seconds).getTime();
  const given = run === null || run.startTime === 0 ? named : run.startTime;
  const startTime = new Date(given).getFullYear() >= 1000 && new Date(given).getFullYear() <= 9999 ? given : named;
  const ids = [run?.id, /^run-(.+)\.wandb$/.exec(basename(log))?.[1], folder?.[7]];
  return { id: ids.find(isId) ?? randomRunId(), startTime };
}

/** W&B's rule for ids, which are part of names of files. */
function isId(id: string | undefined): id is string {
  return id !== undefined && id.length <= 64 && id.trim() === id && /^[^:;,#?/'\\\0]+$/.test(id) && !/^\.+$/.test(id);
}

/** Beside the old one, with a name that W&B's client takes: the second that is free. */
async function newFolder(old: string, { id, startTime }: Identity): Promise<string> {
  for (let second = startTime; ; second += 1000) {
    const dir = join(dirname(resolve(old)), runDirectoryName(id, second));
    try {
      await makeFolder(dir);
      return dir;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

async function writeRun(
  source: RunFolder,
  scan: Scan,
  plan: FilePlan,
  identity: Identity,
  to: string,
): Promise<RepairReport> {
  await makeFolder(join(to, "files"));
  for (const copy of plan.copies) await copyInto(source.name, copy.from, to, copy.to);
  const rebuilt: Rebuilt = {
    kept: 0,
    rewritten: 0,
    dropped: 0,
    lost: [],
    run: "kept",
    exit: "kept",
  };
  // The record file last: a folder without one is no run.
  const records = rebuild(source, scan, plan, identity, rebuilt);
  await writeWhole(join(to, `run-${identity.id}.wandb`), framed(records));
  const report: RepairReport = {
    from: resolve(source.name),
    to,
    id: identity.id,
    rows: scan.rows,
    records: { kept: rebuilt.kept, rewritten: rebuilt.rewritten, dropped: rebuilt.dropped },
    run: rebuilt.run,
    exit: rebuilt.exit,
    lost: rebuilt.lost,
    files: {
      copied: plan.copies.length,
      renamed: plan.copies.filter((copy) => copy.from !== copy.to),
      lost: [...plan.lost],
      recorded: plan.unnamed,
    },
    damage: scan.problems.flatMap(({ code, start, end, message }) =>
      (code === "torn" || code === "damaged") && start !== undefined && end !== undefined
        ? [{ start, end, reason: message }]
        : [],
    ),
  };
  await saveJson(join(to, "repair.json"), report);
  return report;
}

/** The bytes of a record file, a few hundred kilobytes at a time. */
async function* framed(records: AsyncIterable<RecordBuilder>): AsyncGenerator<Uint8Array, void, undefined> {
  let offset = 0;
  let num = 0;
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  const flush = () => {
    const piece = frameRecords(waiting, offset);
    offset += piece.length;
    waiting = [];
    bytes = 0;
    return piece;
  };
  for await (const record of records) {
    const payload = record(++num);
    waiting.push(payload);
    bytes += payload.length;
    if (bytes > 1 << 18) yield flush();
  }
  if (waiting.length > 0) yield flush();
}
