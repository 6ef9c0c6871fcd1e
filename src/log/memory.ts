// `init` where there is no file system: the run is kept in memory until the program takes it out as files, as a zip or
// into a directory. Pictures are hashed then, asynchronously: in a page a synchronous hash costs more than the encoding.
import type { Bytes, HostBlob } from "../host-types.ts";
import { RunConsole } from "./console.ts";
import { enter, leave } from "./current.ts";
import { type Host, Run } from "./run.ts";
import { type InitOptions, readSettings, type Settings } from "./settings.ts";
import { nullStore, randomRunId, runDirectoryName, type Store } from "./store.ts";
import type { LoggedImage } from "./values.ts";
import { logStart } from "./writer.ts";
import { zip } from "./zip.ts";

/** As much of FileSystemDirectoryHandle as is used: File System Access, OPFS, or one's own. */
export interface DirectoryHandle {
  getDirectoryHandle(name: string, options: { create: true }): Promise<DirectoryHandle>;
  getFileHandle(
    name: string,
    options: { create: true },
  ): Promise<{
    createWritable(): Promise<{ write(bytes: Bytes): Promise<void>; close(): Promise<void> }>;
  }>;
}

/**
 * Begins a run in memory. Options as in Node, where a page has them: there is no environment and no `dir`. Nothing ends
 * the run but `finish`; taken out before that, `wandb sync` uploads it as a run that failed.
 */
export function init(options: InitOptions = {}): MemoryRun {
  const settings = readSettings(options, {});
  const write = (line: string) => console.warn(line);
  const run = new MemoryRun(settings, {
    console: new RunConsole({ silent: false, quiet: true, color: false, write }),
    onProcessEnd: () => () => {},
    onFinished: leave,
  });
  return enter(run);
}

/** A run that `init` of the browser's door made. Its directory can be taken out more than once, also while it goes on. */
export class MemoryRun extends Run {
  readonly #memory: Memory;

  /** @internal */
  constructor(settings: Settings, host: Host) {
    const memory = new Memory(settings);
    super(settings, settings.mode === "disabled" ? nullStore(memory.id) : memory, host);
    this.#memory = memory;
  }

  /**
   * All files of the run by their paths, which begin with offline-run-…/. The bytes are the run's own: not to be changed.
   * @throws what saving a logged picture throws (its key makes no path); the rest of the run is complete the next time
   */
  async toFiles(): Promise<Map<string, Uint8Array>> {
    return await this.#memory.files();
  }

  /** A zip of the run's directory: unpacked, `wandb sync offline-run-…` uploads it. */
  async toZip(): Promise<HostBlob> {
    const entries = [...(await this.toFiles())].map(([path, bytes]) => ({ path, bytes }));
    const files = { path: `${this.#memory.dir}/files/`, bytes: new Uint8Array() };
    return zip(this.dir === "" ? [] : [files, ...entries], new Date(this.#memory.startTime));
  }

  /** Writes the run's directory into one that the user chose (`showDirectoryPicker`), or the origin's own (OPFS). */
  async writeTo(directory: DirectoryHandle): Promise<void> {
    if (this.dir === "") return;
    const run = await directory.getDirectoryHandle(this.dir, { create: true });
    await run.getDirectoryHandle("files", { create: true });
    for (const [path, bytes] of await this.toFiles()) {
      try {
        await writeFile(directory, path.split("/"), bytes);
      } catch (cause) {
        throw new Error(`${path} cannot be written: ${cause instanceof Error ? cause.message : cause}`, { cause });
      }
    }
  }
}

async function writeFile(directory: DirectoryHandle, path: readonly string[], bytes: Uint8Array): Promise<void> {
  for (const name of path.slice(0, -1)) directory = await directory.getDirectoryHandle(name, { create: true });
  const file = await directory.getFileHandle(path.at(-1)!, { create: true });
  const writable = await file.createWritable();
  await writable.write(bytes as Uint8Array<ArrayBuffer>);
  await writable.close();
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
    if (settings.mode !== "disabled") this.append(logStart(settings, this.id, this.startTime, undefined));
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
    if (this.#log.length === 0) return new Map(); // disabled
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
