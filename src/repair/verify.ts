// Whether a run's folder holds what its records say, and uploads whole.
import { openFolder } from "../read/folder.ts";
import { peek } from "../read/peek.ts";
import { safePath } from "../read/source.ts";
import { type DiskFile, inventory } from "./disk.ts";
import { digitsOf, type NamedFile, type Problem, report, type Scan, scanRun } from "./scan.ts";

export interface Verdict {
  /** The run's folder. */
  readonly dir: string;
  /** "" where no record says it. */
  readonly id: string;
  readonly records: number;
  readonly rows: number;
  /** Files that the records name. */
  readonly files: number;
  /** What is wrong: the first 10,000. Empty for a run that is whole. */
  readonly problems: readonly Problem[];
  readonly problemCount: number;
}

/** Reads a run's records and hashes its files. @param now for tests: when the run counts as live */
export async function verify(dir: string, now: number = Date.now()): Promise<Verdict> {
  try {
    const source = await openFolder(dir, { followLinks: true });
    try {
      const { state } = await peek(source, now);
      const scan = await scanRun(source, state === "live");
      checkFiles(scan, await inventory(source.name));
      const { run, records, rows, files, problems, problemCount } = scan;
      return { dir, id: run?.id ?? "", records, rows, files: files.size, problems, problemCount };
    } finally {
      await source.close();
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const problems = [{ code: "unreadable", message }];
    return { dir, id: "", records: 0, rows: 0, files: 0, problems, problemCount: 1 };
  }
}

function checkFiles(scan: Scan, disk: ReadonlyMap<string, DiskFile>): void {
  for (const file of scan.files.values()) {
    const at = {
      path: file.path,
      ...(file.key !== null && { key: file.key }),
      ...(file.step !== null && { step: file.step }),
    };
    const what = describe(file);
    const found = disk.get(file.path);
    if (safePath(file.path) === null) {
      report(scan, { code: "outside", message: `${what} would lie outside of the run's files/`, ...at });
    } else if (found === undefined) {
      report(scan, { code: "missing", message: `${what} is not there`, ...at });
    } else if (!isSame(file, found)) {
      report(scan, { code: "changed", message: `${what} is not what was logged: ${difference(file, found)}`, ...at });
    } else if (!file.recorded && file.path.startsWith("media/")) {
      report(scan, { code: "unrecorded", message: `${what} is there, but no record has W&B upload it`, ...at });
    }
  }
}

/** Whether a file is the one that was logged, as far as the records say: by its hash, else by the digits in its name. */
export function isSame(named: NamedFile, found: DiskFile): boolean {
  if (named.sha256 !== null) return found.sha256 === named.sha256;
  const digits = digitsOf(named.path);
  if (digits !== null) return found.sha256.startsWith(digits);
  return named.size === null || named.size === found.size;
}

function difference({ size }: NamedFile, found: DiskFile): string {
  return size !== null && size !== found.size ? `${found.size} bytes instead of ${size}` : "its SHA-256 is another";
}

function describe({ path, key, step }: NamedFile): string {
  if (key === null) return path;
  return `${path}, ${JSON.stringify(key)} of ${step === null ? "the summary" : `step ${step}`},`;
}
