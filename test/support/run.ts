// A run for tests of media: it keeps their files and, in order, what it is asked to save.
import type { MediaRun } from "../../src/image/media-run.ts";
import type { Warning } from "../../src/warnings.ts";

export function memoryRun(id = "abc") {
  const files = new Map<string, Uint8Array>();
  const labels = new Map<string, object>();
  const order: string[] = [];
  const run: MediaRun = {
    id,
    saveMedia(path, bytes) {
      files.set(path, bytes);
      order.push(path.replace(/[0-9a-f]{20}/, "#"));
    },
    saveClassLabels(kind, key, names) {
      labels.set(`${kind} ${key}`, names);
      order.push(`${kind} ${key}`);
    },
  };
  return { run, files, labels, order, text: (path: string) => new TextDecoder().decode(files.get(path)) };
}

/** What `make` warned of. */
export function warningsOf(make: (onWarning: (warning: Warning) => void) => unknown): Warning[] {
  const warnings: Warning[] = [];
  make((warning) => warnings.push(warning));
  return warnings;
}

export function codesOf(make: (onWarning: (warning: Warning) => void) => unknown): string[] {
  return warningsOf(make).map(({ code }) => code);
}
