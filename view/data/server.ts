// Runs from `npx wandb-image view`: GET requests and one stream of events.
import type {
  Column,
  ConsoleAnswer,
  PictureRow,
  RunIndex,
  RunsAnswer,
  ScalarLine,
  ViewEvent,
} from "../../src/view/api.ts";
import { MissingFile, type Source } from "./source.ts";

/** Paths in one address: Node takes 16 kB of headers. */
const MAX_ADDRESS = 6000;

export class ServerSource implements Source {
  readonly live = true;

  runs(): Promise<RunsAnswer> {
    return ask("runs", {});
  }

  index(run: string): Promise<RunIndex> {
    return ask("index", { run });
  }

  rows(run: string, key: string, from: number, to: number): Promise<readonly PictureRow[]> {
    return ask("rows", { run, key, from, to });
  }

  scalars(run: string, keys: readonly string[], width: number): Promise<Record<string, ScalarLine>> {
    return ask("scalars", { run, key: keys, width });
  }

  column(run: string, key: string): Promise<Column> {
    return ask("column", { run, key });
  }

  console(run: string): Promise<ConsoleAnswer> {
    return ask("console", { run });
  }

  async file(run: string, path: string, signal?: AbortSignal): Promise<Blob> {
    const answer = await fetch(address(run, path), signal ? { signal } : {});
    if (!answer.ok) throw new MissingFile(answer.status === 404 ? `${path} is not there` : await answer.text());
    return answer.blob();
  }

  async files(run: string, paths: readonly string[], signal?: AbortSignal): Promise<(Blob | null | undefined)[]> {
    const found: (Blob | null | undefined)[] = [];
    while (found.length < paths.length) {
      const query = new URLSearchParams({ run });
      let taken = 0;
      for (let length = 0; found.length + taken < paths.length; taken++) {
        const path = paths[found.length + taken]!;
        length += encodeURIComponent(path).length + 6;
        if (taken > 0 && length > MAX_ADDRESS) break;
        query.append("path", path);
      }
      const answer = await fetch(`api/pack?${query}`, signal ? { signal } : {});
      if (!answer.ok) throw new Error(await answer.text());
      found.push(...unpack(await answer.arrayBuffer(), taken));
    }
    return found;
  }

  watch(listener: (event: ViewEvent) => void, onConnection: (connected: boolean) => void): void {
    const events = new EventSource("api/events");
    events.onmessage = (message) => listener(JSON.parse(message.data) as ViewEvent);
    events.onopen = () => onConnection(true);
    events.onerror = () => onConnection(false);
  }
}

export function address(run: string, path: string): string {
  return `file/${encodeURIComponent(run)}/${path.split("/").map(encodeURIComponent).join("/")}`;
}

async function ask<T>(question: string, values: Record<string, string | number | readonly string[]>): Promise<T> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    for (const one of Array.isArray(value) ? value : [value]) query.append(name, String(one));
  }
  const answer = await fetch(`api/${question}?${query}`);
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as T;
}

/**
 * A pack: for each file its length as u32, then the files, one after another. 0xffffffff stands for a file that is missing,
 * 0xfffffffe for one that the pack had no room for.
 */
function unpack(bytes: ArrayBuffer, count: number): (Blob | null | undefined)[] {
  const lengths = new DataView(bytes);
  let at = 4 * count;
  return Array.from({ length: count }, (_, i) => {
    const length = lengths.getUint32(4 * i, true);
    if (length >= 0xfffffffe) return length === 0xffffffff ? null : undefined;
    at += length;
    return new Blob([new Uint8Array(bytes, at - length, length)]);
  });
}
