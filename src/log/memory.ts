// `init` where there is no file system: the run is kept in memory until the program takes it out as files, as a zip or
// into a directory. Pictures are hashed then, asynchronously: in a page a synchronous hash costs more than the encoding.
import { RunConsole } from "./console.ts";
import { enter, leave } from "./current.ts";
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
  const store = settings.mode === "disabled" ? nullStore(settings.id ?? randomRunId()) : new Memory(settings);
  const run = new Run(settings, store, {
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

  constructor(settings: Settings) {
    this.id = settings.id ?? randomRunId();
    this.dir = runDirectoryName(this.id, this.startTime);
    this.append(logStart(settings, this.id, this.startTime, undefined));
  }

  get length(): number {
    return this.#length;
  }

  enqueue(work: () => void, media: Iterable<LoggedImage> = []): void {
    const entry = { work, media: [...media] };
    if (this.#pending.length === 0 && entry.media.length === 0) work();
    else this.#pending.push(entry);
  }

  saveMedia(path: string, bytes: Uint8Array): void {
    this.#media.set(path.replace(/\/+/g, "/"), bytes);
  }

  append(bytes: Uint8Array): void {
    this.#log.push(bytes);
    this.#length += bytes.length;
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
