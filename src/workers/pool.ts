// Images encoded on other threads. A frame goes to an idle worker, or waits in a queue of bounded length; what comes back is the Image
// that `new Image` would have made: the same bytes, metadata, warnings and errors.
//
// No pool library: workerpool, the kept one that serves Node and pages, keeps a program alive while its workers idle and cannot hand
// buffers back; tinypool and piscina serve Node alone.
import { isAwaited, resolveInput } from "../adapt/index.ts";
import type { HostAsyncDisposable } from "../host-types.ts";
import { isImageClone } from "../image/clone.ts";
import { Image, type ImageInput, type ImageSource, isImage } from "../image/image.ts";
import { withCode } from "../messages.ts";
import { type OnWarning, warn } from "../warnings.ts";
import { type Crew, Crews } from "./crews.ts";
import { type Answer, errorOf, HELPED } from "./messages.ts";
import { checkPoolOptions, checkTransfer, type PoolImageOptions, type PoolOptions } from "./options.ts";
import { type Parcel, Parcels } from "./parcels.ts";
import type { Environment, Thread } from "./threads.ts";

/** An image that was asked for. */
interface Job {
  /** Copies or moves the input; throws where it cannot go to another thread. */
  pack(): Parcel;
  readonly onWarning: OnWarning | undefined;
  resolve(image: Image): void;
  reject(error: unknown): void;
}

/** A job whose input was copied or moved. */
interface PackedJob {
  readonly job: Job;
  readonly parcel: Parcel;
}

interface Worker {
  readonly thread: Thread;
  /** What it encodes, and with whom. */
  job: Job | null;
  crew: Crew | null;
  /** The crew that it helps, and its number there; before its own job. */
  helps: { readonly crew: Crew; readonly number: number } | null;
}

/** `await using pool = new ImagePool()` closes it. */
export interface ImagePool extends HostAsyncDisposable {}

let environment: Environment | undefined;

/** The door says how threads are started. */
export function setEnvironment(given: Environment): void {
  environment = given;
}

/**
 * Encodes Images on other threads, in Node and in pages. Workers start with the first frames; an idle pool does not keep a program
 * alive.
 *
 * @example
 *   const pool = new ImagePool({ workers: 2 });
 *   const image = await pool.image({ data, shape: [1080, 1920, 3] }, { fileType: "jpg" });
 *   run.log({ frame: image });
 *   await pool.close();
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the method is there, under a name that only newer libs know
export class ImagePool {
  readonly #environment: Environment;
  readonly #maxWorkers: number;
  readonly #maxQueued: number;
  readonly #dropsWhenFull: boolean;
  readonly #parcels: Parcels;
  readonly #crews: Crews;
  readonly #workers = new Set<Worker>();
  /** Packed, and sent when a worker is idle. */
  readonly #queue: PackedJob[] = [];
  /** Not packed yet: the queue was full. */
  readonly #waiting: Job[] = [];
  readonly #onEmpty: (() => void)[] = [];
  /** Why no frame is taken any more; null: the pool is open. */
  #ended: unknown = null;

  /** @throws TypeError or RangeError for an option of the wrong kind or value */
  constructor(options: PoolOptions = {}) {
    checkPoolOptions(options);
    if (environment === undefined) throw new Error('ImagePool: import it from "wandb-image/workers"');
    this.#environment = environment;
    this.#maxWorkers = options.workers ?? Math.max(1, environment.cores() - 1);
    this.#maxQueued = options.maxQueued ?? 2 * this.#maxWorkers;
    this.#dropsWhenFull = options.onFull === "drop";
    this.#parcels = new Parcels(this.#maxWorkers + this.#maxQueued);
    this.#crews = new Crews(this.#maxWorkers);
    const signal = options.signal as AbortSignal | undefined;
    if (signal === undefined) return;
    if (signal.aborted) this.#end(signal.reason);
    else signal.addEventListener("abort", () => this.#end(signal.reason), { once: true });
  }

  /** Frames that are being encoded or wait for it. */
  get pending(): number {
    const busy = [...this.#workers].filter(({ job }) => job !== null);
    return busy.length + this.#queue.length + this.#waiting.length;
  }

  /**
   * The Image of `input`, encoded by a worker. Where a worker is idle or the queue has a place, the input is copied before this returns
   * and the caller may reuse it at once; else it is read later and must not change until then.
   *
   * @param input what `Image.from` takes
   * @param options those of `new Image`, and `transfer`
   * @returns a promise that rejects with what `new Image` throws; with `code: "frame-dropped"` where the queue was full and `onFull` is
   *   "drop"; with `code: "worker-died"` where the worker ended (the next frame starts another)
   */
  async image(input: ImageSource, options: PoolImageOptions = {}): Promise<Image> {
    const { transfer = false, ...imageOptions } = options;
    checkTransfer(transfer);
    const settled = isAwaited(input) ? await resolveInput(input) : input;
    // Nothing to encode: the file is taken as it is.
    if (isImage(settled) || isImageClone(settled)) return new Image(settled as ImageInput, imageOptions);
    return new Promise((resolve, reject) => {
      const pack = () => this.#parcels.pack(settled, imageOptions, transfer);
      this.#enter({ pack, onWarning: imageOptions.onWarning, resolve, reject });
    });
  }

  #enter(job: Job): void {
    if (this.#ended !== null) throw this.#ended;
    if (this.#hasPlace()) {
      this.#queue.push({ job, parcel: job.pack() });
      this.#send();
    } else if (this.#dropsWhenFull) {
      const words = `ImagePool: the queue is full (maxQueued: ${this.#maxQueued}); the frame was dropped`;
      throw withCode(new Error(words), "frame-dropped");
    } else {
      this.#waiting.push(job);
    }
  }

  /** Gives the head of the queue to idle workers, and the places that become free to the frames that wait for one. */
  #send(): void {
    for (;;) {
      this.#admit();
      const worker = this.#queue.length > 0 ? this.#freeWorker() : null;
      if (worker === null) break;
      const { job, parcel } = this.#queue.shift()!;
      const { transfer, ...request } = parcel;
      const crew = this.#crews.of(request);
      worker.helps?.crew.recall();
      worker.job = job;
      worker.crew = crew;
      worker.thread.keepAlive(true);
      worker.thread.post(crew === null ? request : { ...request, team: crew.memory }, transfer);
      // Frames that come in the same turn go first.
      if (crew !== null) queueMicrotask(() => this.#help());
    }
    if (this.pending === 0) for (const onEmpty of this.#onEmpty.splice(0)) onEmpty();
  }

  /** Workers that idle while no frame waits help with those that have begun: their files are there sooner. */
  #help(): void {
    for (const { crew } of this.#workers) {
      while (crew?.wantsHelp && this.#queue.length === 0) {
        const worker = this.#idleWorker();
        if (worker === null) return;
        const request = crew.join();
        worker.helps = { crew, number: request.helper! };
        worker.thread.post(request, []);
      }
    }
  }

  #admit(): void {
    while (this.#waiting.length > 0 && this.#hasPlace()) {
      const job = this.#waiting.shift()!;
      try {
        this.#queue.push({ job, parcel: job.pack() });
      } catch (error) {
        job.reject(error);
      }
    }
  }

  #hasPlace(): boolean {
    return this.#queue.length < this.#maxQueued || (this.#queue.length === 0 && this.#freeWorker() !== null);
  }

  /** One without a job; it may have to be called back from helping. */
  #freeWorker(): Worker | null {
    return this.#idleWorker() ?? [...this.#workers].find(({ job }) => job === null) ?? null;
  }

  #idleWorker(): Worker | null {
    for (const worker of this.#workers) if (worker.job === null && worker.helps === null) return worker;
    if (this.#workers.size === this.#maxWorkers) return null;
    const worker: Worker = {
      thread: this.#environment.startThread({
        onAnswer: (answer) => this.#answered(worker, answer),
        onDeath: (reason) => this.#died(worker, reason),
      }),
      job: null,
      crew: null,
      helps: null,
    };
    this.#workers.add(worker);
    return worker;
  }

  #answered(worker: Worker, { result, warnings, buffers }: Answer): void {
    if (result === HELPED) {
      worker.helps!.crew.leave();
      worker.helps = null;
      // The next frame may have begun before the helper of the last one was free.
      this.#help();
      return;
    }
    const job = worker.job!;
    worker.job = null;
    worker.crew?.leave();
    worker.crew = null;
    worker.thread.keepAlive(false);
    this.#parcels.takeBack(buffers);
    this.#send();
    // The last frames of many: not at once, for whoever waited for this frame may have the next one.
    if (worker.job === null) setTimeout(() => this.#help(), 1);
    try {
      for (const { code, message } of warnings) warn(code, message, job.onWarning);
      if ("error" in result) throw errorOf(result.error);
      job.resolve(new Image(result.image as ImageInput, { onWarning: job.onWarning }));
    } catch (error) {
      job.reject(error);
    }
  }

  #died(worker: Worker, reason: string): void {
    this.#workers.delete(worker);
    worker.helps?.crew.abandon(worker.helps.number);
    worker.crew?.recall();
    worker.crew?.leave();
    worker.job?.reject(
      withCode(new Error(`ImagePool: a worker ended (${reason}); the frame that it encoded is lost`), "worker-died"),
    );
    this.#send();
  }

  #end(reason: unknown): void {
    this.#ended = reason;
    const lost = [...this.#workers].flatMap(({ job }) => job ?? []);
    for (const { thread } of this.#workers) thread.end();
    this.#workers.clear();
    for (const job of [...lost, ...this.#queue.splice(0).map(({ job }) => job), ...this.#waiting.splice(0)]) {
      job.reject(reason);
    }
    for (const onEmpty of this.#onEmpty.splice(0)) onEmpty();
  }

  /** Takes no further frames, waits for those that were asked for, and ends the workers. */
  async close(): Promise<void> {
    this.#ended ??= withCode(new Error("ImagePool: the pool is closed"), "pool-closed");
    if (this.pending > 0) await new Promise<void>((resolve) => this.#onEmpty.push(resolve));
    this.#end(this.#ended);
  }

  /** @internal Typed by HostAsyncDisposable. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
