// Which of the files that a run's records name can be had, and where from.
import { safePath } from "../read/source.ts";
import type { DiskFile } from "./disk.ts";
import { digitsOf, type Scan } from "./scan.ts";
import { isSame } from "./verify.ts";

export interface Copy {
  /** Below files/ of the old folder. */
  readonly from: string;
  /** Below files/ of the new one. */
  readonly to: string;
}

export interface FilePlan {
  readonly copies: readonly Copy[];
  /** Named by the records, and nowhere to be found. */
  readonly lost: ReadonlySet<string>;
  /** Whole media that no record names any more, as their names tell: they are recorded anew. */
  readonly unnamed: readonly string[];
}

export function planFiles(scan: Scan, disk: ReadonlyMap<string, DiskFile>): FilePlan {
  const copies = new Map<string, string>();
  const lost = new Set<string>();
  const byHash = hashes(disk);
  for (const named of scan.files.values()) {
    const { path } = named;
    if (safePath(path) === null) {
      lost.add(path);
      continue;
    }
    const found = disk.get(path);
    if (found !== undefined && isSame(named, found)) {
      copies.set(path, path);
      continue;
    }
    const wanted = named.sha256 ?? digitsOf(path);
    const elsewhere = wanted === null ? undefined : (byHash.get(wanted) ?? byHash.get(wanted.slice(0, 20)));
    if (elsewhere !== undefined && (named.sha256 === null || elsewhere.sha256 === named.sha256)) {
      copies.set(path, elsewhere.path);
    } else {
      lost.add(path);
    }
  }

  const unnamed: string[] = [];
  const used = new Set(copies.values());
  for (const { path, sha256 } of disk.values()) {
    if (copies.has(path) || lost.has(path)) continue;
    const digits = digitsOf(path);
    if (digits === null) {
      // Media without digits in their names were moved, or are of versions that named them otherwise.
      if (!(path.startsWith("media/") && used.has(path))) copies.set(path, path);
    } else if (sha256.startsWith(digits)) {
      copies.set(path, path);
      unnamed.push(path);
    }
  }
  return { copies: Array.from(copies, ([to, from]) => ({ from, to })), lost, unnamed };
}

/** Files by their SHA-256, and by its first 20 digits. */
function hashes(disk: ReadonlyMap<string, DiskFile>): Map<string, DiskFile> {
  const found = new Map<string, DiskFile>();
  for (const file of disk.values()) {
    found.set(file.sha256, file);
    found.set(file.sha256.slice(0, 20), file);
  }
  return found;
}
