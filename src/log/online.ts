// A run that is uploaded while it goes on: what programs and people are told of that, and how its end waits for it.
import type { UploadError } from "../upload/errors.ts";
import type { UploadProgress } from "../upload/progress.ts";
import type { ResumeState } from "../upload/resume.ts";
import type { RunConsole } from "./console.ts";

/** The server's answer to a run that began. */
export interface ReadyRun {
  /** The run's page. */
  readonly url: string;
  readonly entity: string;
  readonly project: string;
  readonly id: string;
  readonly name: string;
  /** Whether it goes on with what the server had of it. */
  readonly resumed: boolean;
}

/** An upload that is under way. */
export interface Uploading {
  /** Never rejects. */
  readonly done: Promise<UploadProgress>;
  /** The run's end was written. */
  wake(): void;
  stop(): void;
  /** Whether it keeps the program running. */
  keepAlive(alive: boolean): void;
}

/** How the engine around us uploads a run. */
export interface Uploader {
  /** For people: which server, and where the key came from. */
  readonly description: string;
  /** What goes on with this upload later, for people. */
  readonly commands: readonly string[];
  /** What the server has of the run; undefined for one that begins. */
  resume?(): Promise<ResumeState | undefined>;
  start(resumed: ResumeState | undefined, onProgress: (progress: UploadProgress) => void): Promise<Uploading>;
}

export interface OnlineOptions {
  readonly id: string;
  readonly console: RunConsole;
  /** Seconds. */
  readonly initTimeout: number;
  /** Seconds in which nothing was acknowledged. */
  readonly finishTimeout: number;
  readonly onUpload: ((progress: UploadProgress) => void) | undefined;
  /** Puts what the server has into the run. */
  readonly applyResumed: (state: ResumeState) => void;
}

const REPORT_INTERVAL = 5000;

const NOT_BEGUN: UploadProgress = {
  state: "connecting",
  url: null,
  entity: "",
  project: "",
  displayName: "",
  rows: { sent: 0, read: 0 },
  files: { sent: 0, read: 0, bytes: 0 },
  owed: [],
  error: null,
  waiting: null,
  complete: false,
  stopRequested: false,
};

export class Online {
  readonly ready: Promise<ReadyRun>;
  progress = NOT_BEGUN;
  /** Whether the server was asked what it has of the run, and has not answered. */
  isResuming: boolean;
  readonly #uploader: Uploader;
  readonly #options: OnlineOptions;
  readonly #stopped = new AbortController();
  readonly #uploading: Promise<Uploading | undefined>;
  #resumed = false;
  /** Whether this end stopped the upload. */
  #gaveUp = false;
  #isReady: (run: ReadyRun) => void = () => {};
  #isNotReady: (error: unknown) => void = () => {};
  #lastProgress = performance.now();
  #said = "";

  constructor(uploader: Uploader, options: OnlineOptions) {
    this.#uploader = uploader;
    this.#options = options;
    this.isResuming = uploader.resume !== undefined;
    this.ready = new Promise((resolve, reject) => {
      this.#isReady = resolve;
      this.#isNotReady = reject;
    });
    this.ready.catch(() => {}); // said on the console, too
    this.#uploading = this.#start();
    this.#limitReady(options.initTimeout);
  }

  get stopped(): AbortSignal {
    return this.#stopped.signal;
  }

  /** Waits until everything is acknowledged, or nothing was for too long; says what came of it. */
  async finish(): Promise<void> {
    const uploading = await this.#uploading;
    if (uploading === undefined) return;
    const { console, finishTimeout } = this.#options;
    uploading.keepAlive(true);
    uploading.wake();
    this.#lastProgress = performance.now();
    let tick = 0;
    const giveUp = () => {
      this.#gaveUp = true;
      uploading.stop();
    };
    const timer = setInterval(() => {
      if ((performance.now() - this.#lastProgress) / 1000 >= finishTimeout) giveUp();
      else if (++tick % (REPORT_INTERVAL / 250) === 0) console.say(`Uploading: ${this.#countsLeft()}`);
    }, 250);
    try {
      if (finishTimeout === 0) giveUp();
      this.#onProgress(await uploading.done);
    } finally {
      clearInterval(timer);
      uploading.keepAlive(false);
    }
    this.#sayEnd();
  }

  /** What is said where the program ends before the upload. */
  sayOwed(): void {
    const { console } = this.#options;
    const { rows, files } = this.progress;
    console.say(`The upload was not finished (${rows.sent} rows and ${files.sent} files are there). To go on with it:`);
    this.#sayCommands();
  }

  async #start(): Promise<Uploading | undefined> {
    const { applyResumed } = this.#options;
    try {
      const state = await this.#uploader.resume?.();
      if (state !== undefined) applyResumed(state);
      this.#resumed = state !== undefined;
      this.isResuming = false;
      const uploading = await this.#uploader.start(state, (progress) => this.#onProgress(progress));
      uploading.keepAlive(false);
      void uploading.done.then((progress) => this.#onProgress(progress));
      return uploading;
    } catch (error) {
      this.isResuming = false;
      this.#onProgress({ ...this.progress, state: "stopped", error: error as UploadError });
      return undefined;
    }
  }

  #limitReady(seconds: number): void {
    const timer = setTimeout(() => {
      const waiting = this.progress.waiting === null ? "" : `: ${this.progress.waiting}`;
      this.#isNotReady(
        new Error(
          `the server did not answer in ${seconds} s${waiting}. The run goes on on disk, and its upload is tried again`,
        ),
      );
    }, seconds * 1000);
    // It keeps the program running: one that awaits `ready` must not come to its end by that.
    const clear = () => clearTimeout(timer);
    this.ready.then(clear, clear);
  }

  #onProgress(progress: UploadProgress): void {
    const { console, id, onUpload } = this.#options;
    const before = this.progress;
    this.progress = progress;
    const { url, entity, project, displayName, rows, files, error, waiting } = progress;
    if (rows.sent !== before.rows.sent || files.sent !== before.files.sent || progress.state !== before.state) {
      this.#lastProgress = performance.now();
    }
    if (url !== null && before.url === null) {
      console.say(`View run ${displayName || id} at: ${url}`);
      this.#isReady({ url, entity, project, id, name: displayName, resumed: this.#resumed });
    }
    if (progress.stopRequested && !this.stopped.aborted) {
      console.say("The run is to be stopped: somebody pressed Stop in the app");
      this.#stopped.abort();
    }
    if (error !== null) this.#isNotReady(error);
    if (error !== null && before.error === null && !this.#gaveUp) {
      console.error(`${error.message}. The run goes on on disk`);
      if (this.#uploader.commands.length > 0) console.error(`To upload the rest later: ${this.#uploader.commands[0]}`);
    } else if (waiting !== null) {
      // The same trouble once, however often it is met.
      const trouble = waiting.replace(/; trying again in \d+ s$/, "");
      if (trouble !== this.#said) console.warn(`upload ${trouble}`, waiting);
      this.#said = trouble;
    }
    onUpload?.(progress);
  }

  #sayEnd(): void {
    const { console, id, finishTimeout } = this.#options;
    const { state, complete, owed, url, displayName, rows, files } = this.progress;
    if (state === "done" && complete && owed.length === 0) {
      console.say(`Uploaded ${rows.sent} rows, ${files.sent} files (${(files.bytes / 1e6).toFixed(1)} MB)`);
      console.say(`View run ${displayName || id} at: ${url}`);
      return;
    }
    if (state === "stopped" && this.#gaveUp) {
      console.error(`Nothing arrived in ${finishTimeout} s: ${this.#countsLeft()}`);
    }
    for (const { path, reason } of owed.slice(0, 10)) console.error(`not uploaded: ${path}: ${reason}`);
    if (owed.length > 10) console.error(`and ${owed.length - 10} more`);
    console.say("The run is on disk. To go on with its upload:");
    this.#sayCommands();
  }

  #sayCommands(): void {
    for (const command of this.#uploader.commands) this.#options.console.say(command);
  }

  #countsLeft(): string {
    const { rows, files, waiting } = this.progress;
    const counts = `${rows.sent} of ${rows.read} rows, ${files.sent} of ${files.read} files, ${(files.bytes / 1e6).toFixed(1)} MB`;
    return waiting === null ? counts : `${counts}; ${waiting}`;
  }
}
