// Files of a run: where they are to be put is asked for a hundred at a time, and so many are put at once. A file that
// did not arrive is owed, by name and reason; nothing is dropped.
import type { Clock } from "./clock.ts";
import { originOf, UploadError } from "./errors.ts";
import { createRunFiles, type RunFiles, type Server } from "./graphql.ts";
import { PUT } from "./http.ts";

const BATCH = 100;
/** As long as no more than this many addresses are at hand, more are asked for: they age. */
const ADDRESSES = 32;
/** Files that come one by one gather for so long; the first does not wait. */
const GATHER = 1000;
/** Bytes of files that are held in memory, or at least one file. */
const BYTES_AT_ONCE = 24 << 20;
/** How often one file may get another address: presigned ones expire, in 24 hours at W&B. */
const MAX_ADDRESSES = 4;

export interface LocalFile {
  readonly size: number;
  /** Bytes that are in memory while it is sent. */
  readonly held: number;
  body(): Promise<Uint8Array | Blob>;
}

export interface FileTransferOptions {
  readonly server: () => Server;
  readonly clock: Clock;
  readonly concurrency: number;
  readonly signal: AbortSignal;
  /** null where there is no such file. */
  open(path: string): Promise<LocalFile | null>;
  onArrived(path: string, bytes: number): void;
  onOwed(path: string, reason: string): void;
  /** What stops the whole upload: a refused key, a deleted run. */
  onFatal(error: UploadError): void;
}

interface RunPlace {
  readonly entity: string;
  readonly project: string;
  readonly id: string;
}

interface Place {
  readonly path: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export class FileTransfer {
  readonly #options: FileTransferOptions;
  #run: RunPlace | undefined;
  #waiting: string[] = [];
  #places: Place[] = [];
  #asking = 0;
  #putting = 0;
  #bytes = 0;
  #lastAsked = Number.NEGATIVE_INFINITY;
  #hurried = false;
  #timerIsSet = false;
  #isStepping = false;
  readonly #roomWaiters: (() => void)[] = [];
  /** How many addresses each file has had, of those that are not there yet. */
  readonly #addresses = new Map<string, number>();
  /** Hosts that took nothing in as many attempts as there are: until they take something, one attempt each. */
  readonly #down = new Set<string>();

  constructor(options: FileTransferOptions) {
    this.#options = options;
  }

  /** Files that have neither arrived nor are owed. */
  get pending(): number {
    return this.#waiting.length + this.#places.length + this.#asking + this.#putting;
  }

  /** Begins with what was added: the run is there. */
  start(run: RunPlace): void {
    this.#run = run;
    this.#step();
  }

  add(path: string): void {
    this.#waiting.push(path);
    this.#stepSoon();
  }

  /** From now on no file waits for company. */
  hurry(): void {
    this.#hurried = true;
    this.#stepSoon();
  }

  /** Files that are added together are asked for together. */
  #stepSoon(): void {
    if (this.#isStepping) return;
    this.#isStepping = true;
    queueMicrotask(() => {
      this.#isStepping = false;
      this.#step();
    });
  }

  /** Starts all that may start now. */
  #step(): void {
    if (this.#run === undefined || this.#options.signal.aborted) return;
    while (this.#putting < this.#options.concurrency && this.#places.length > 0) {
      this.#putting++;
      void this.#put(this.#places.shift()!);
    }
    if (this.#asking === 0 && this.#waiting.length > 0 && this.#places.length < ADDRESSES) this.#askInTime();
  }

  #askInTime(): void {
    const { clock, signal } = this.#options;
    const wait = this.#lastAsked + GATHER - clock.now();
    if (this.#hurried || this.#waiting.length >= BATCH || wait <= 0) {
      void this.#ask(this.#waiting.splice(0, BATCH));
    } else if (!this.#timerIsSet) {
      this.#timerIsSet = true;
      void clock.sleep(wait, signal).then(() => {
        this.#timerIsSet = false;
        this.#step();
      });
    }
  }

  async #ask(paths: string[]): Promise<void> {
    this.#lastAsked = this.#options.clock.now();
    this.#asking += paths.length;
    await this.#askFor(paths);
    this.#asking -= paths.length;
    this.#step();
  }

  /** Where the server refuses many at once, one of them may be to blame: halves are asked for. */
  async #askFor(paths: readonly string[]): Promise<void> {
    const { server, signal } = this.#options;
    try {
      this.#take(paths, await createRunFiles(server(), this.#run!, paths, signal));
    } catch (error) {
      if (signal.aborted) return;
      const { code, message } = error as UploadError;
      if (code !== "refused" && code !== "too-large") return this.#options.onFatal(error as UploadError);
      if (paths.length === 1) return this.#owe(paths[0]!, message);
      const half = paths.length >> 1;
      await this.#askFor(paths.slice(0, half));
      if (!signal.aborted) await this.#askFor(paths.slice(half));
    }
  }

  #take(paths: readonly string[], { files, uploadHeaders }: RunFiles): void {
    const headers: Record<string, string> = {};
    for (const line of uploadHeaders ?? []) {
      const colon = line.indexOf(":");
      if (colon > 0) headers[line.slice(0, colon).trim()] = line.slice(colon + 1).trim();
    }
    const urls = new Map(files.map(({ name, uploadUrl }) => [name, uploadUrl]));
    for (const path of paths) {
      const url = urls.get(path);
      if (url) this.#places.push({ path, url: new URL(url, this.#options.server().baseUrl).href, headers });
      else this.#owe(path, "the server gave no address for it");
    }
  }

  async #put(place: Place): Promise<void> {
    let held = 0;
    try {
      const file = await this.#options.open(place.path);
      if (file === null) {
        this.#owe(place.path, "there is no such file in the run's files/");
        return;
      }
      while (this.#bytes > 0 && this.#bytes + file.held > BYTES_AT_ONCE && !this.#options.signal.aborted) {
        await new Promise<void>((resolve) => this.#roomWaiters.push(resolve));
      }
      held = file.held;
      this.#bytes += held;
      await this.#send(place, file);
    } catch (error) {
      this.#owe(place.path, error instanceof Error ? error.message : String(error));
    } finally {
      this.#bytes -= held;
      this.#putting--;
      for (const resolve of this.#roomWaiters.splice(0)) resolve();
      this.#step();
    }
  }

  async #send(place: Place, file: LocalFile): Promise<void> {
    const { server, signal } = this.#options;
    const host = originOf(place.url);
    const policy = this.#down.has(host) ? { ...PUT, attempts: 1 } : PUT;
    try {
      await server().http.send({
        what: place.path,
        url: place.url,
        method: "PUT",
        headers: place.headers,
        body: await file.body(),
        policy,
        signal,
      });
      this.#down.delete(host);
      this.#addresses.delete(place.path);
      this.#options.onArrived(place.path, file.size);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof UploadError)) throw error;
      // An address that has expired, S3 says with 403 or 400; another one is as good as the first.
      const addresses = (this.#addresses.get(place.path) ?? 0) + 1;
      this.#addresses.set(place.path, addresses);
      if (error.status >= 400 && error.status < 500 && addresses < MAX_ADDRESSES) this.#waiting.push(place.path);
      else this.#owe(place.path, error.message);
      if (error.code === "network" || error.code === "unavailable") this.#down.add(host);
    }
  }

  #owe(path: string, reason: string): void {
    this.#addresses.delete(path);
    this.#options.onOwed(path, reason);
  }
}
