// `init` where there is no file system: the run is kept in memory until the program takes it out as files, as a zip or
// into a directory. Pictures are hashed then, asynchronously: in a page a synchronous hash costs more than the encoding.

import type { MemorySink } from "../upload/page.ts";
import { RunConsole } from "./console.ts";
import { enter, leave } from "./current.ts";
import { pageUploader } from "./page-uploader.ts";
import { Run } from "./run.ts";
import { type InitOptions, readSettings, type Settings } from "./settings.ts";
import { nullStore, randomRunId, runDirectoryName, type Store } from "./store.ts";
import type { LoggedImage } from "./values.ts";
import { logStart } from "./writer.ts";

/**
 * Begins a run in memory. Options as in Node, where a page has them: there is no environment and no `dir`. Nothing ends
 * the run but `finish`; taken out before that, `wandb sync` uploads it as a run that failed.
 */
export function init(options: InitOptions = {}): Run {
  const settings = readSettings(options, {});
  if (settings.durability === "sync") {
    throw new RangeError(
      'init: durability: expected "process"; got "sync", which is for runs on disk: this one is in memory',
    );
  }
  const write = (line: string) => console.warn(line);
  const memory = settings.mode === "disabled" ? undefined : new Memory(settings);
  const isOnline = settings.mode === "online" || settings.mode === "shared";
  const run = new Run(settings, memory ?? nullStore(settings.id ?? randomRunId()), {
    uploader:
      memory && isOnline ? pageUploader(settings, memory.dir, memory.id, (sink) => memory.follow(sink)) : undefined,
    console: new RunConsole({ silent: false, quiet: true, color: false, write }),
    onProcessEnd: () => () => {},
    onFinished: leave,
  });
  return enter(run);
}

class Memory implements Store {
  readonly id: string;
  readonly dir: string;
  readonly startTime = Date.now();
  readonly #media = new Map<string, Uint8Array>();
  readonly #log: Uint8Array[] = [];
  #length = 0;
  /** What waits for hashes, in order. */
  #pending: { work: () => void; media: LoggedImage[] }[] = [];
  #settled: Promise<void> = Promise.resolve();
  /** What uploads the run as it goes on. */
  #sink: MemorySink | undefined;
  readonly #isOnline: boolean;

  constructor(settings: Settings) {
    this.id = settings.id ?? randomRunId();
    this.#isOnline = settings.mode === "online" || settings.mode === "shared";
    this.dir = runDirectoryName(this.id, this.startTime, this.#isOnline);
    this.append(logStart(settings, this.id, this.startTime, undefined));
  }

  get length(): number {
    return this.#length;
  }

  enqueue(work: () => void, media: Iterable<LoggedImage> = []): void {
    const entry = { work, media: [...media] };
    if (this.#pending.length === 0 && entry.media.length === 0) work();
    else this.#pending.push(entry);
    // What is uploaded as it goes on does not wait to be taken out.
    if (this.#isOnline && this.#pending.length === 1) void this.files().catch((error) => console.warn(String(error)));
  }

  /** Puts all that was written, and will be, into `sink`. */
  follow(sink: MemorySink): void {
    for (const [path, bytes] of this.#media) sink.save(path, bytes);
    for (const bytes of this.#log) sink.append(bytes);
    this.#sink = sink;
  }

  saveMedia(path: string, bytes: Uint8Array): void {
    this.#media.set(path.replace(/\/+/g, "/"), bytes);
    this.#sink?.save(path, bytes);
  }

  append(bytes: Uint8Array): void {
    this.#log.push(bytes);
    this.#length += bytes.length;
    this.#sink?.append(bytes);
  }

  close(): void {}

  async files(): Promise<Map<string, Uint8Array>> {
    // One after the other: two calls at once must not do the pending work twice.
    const settled = this.#settled.catch(() => {}).then(() => this.#settle());
    this.#settled = settled;
    await settled;
    const media = [...this.#media].map(([path, bytes]) => [`${this.dir}/files/${path}`, bytes] as const);
    return new Map([...media, [`${this.dir}/run-${this.id}.wandb`, joined(this.#log)]]);
  }

  async #settle(): Promise<void> {
    await Promise.all(this.#pending.flatMap(({ media }) => media.map((medium) => medium.digest?.())));
    const pending = this.#pending;
    this.#pending = [];
    const errors: unknown[] = [];
    for (const { work } of pending) {
      try {
        work();
      } catch (error) {
        errors.push(error); // in Node this is what `log` throws, and the run goes on without that call
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let end = 0;
  for (const part of parts) {
    whole.set(part, end);
    end += part.length;
  }
  return whole;
}
