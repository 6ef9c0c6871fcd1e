// One run on its way to a server: the .wandb file is the queue, and this a cursor over it. Live and later are the same.
//
//   log ─ Intake ─▶ files ─ FileTransfer ─▶ storage
//            └────▶ rows ─ Window (until their files are there) ─ StreamQueue ─▶ file_stream ─▶ cursor
import type { RunSource } from "../read/source.ts";
import { alignedStart } from "./align.ts";
import { Bell, type Clock } from "./clock.ts";
import type { Cursor, CursorStore, SharedWriter } from "./cursor.ts";
import { asUploadError, UploadError } from "./errors.ts";
import { FileTransfer, type LocalFile } from "./files.ts";
import { post, runResumeStatus, type Server } from "./graphql.ts";
import { type Answer, FILE_STREAM } from "./http.ts";
import { Intake, type Outlet } from "./intake.ts";
import { madeFiles } from "./made-files.ts";
import type { Pace } from "./pace.ts";
import type { UploadProgress } from "./progress.ts";
import { RemoteRun, type Target } from "./remote-run.ts";
import { Schedule } from "./schedule.ts";
import { Status } from "./status.ts";
import { StreamQueue, type StreamRequest, type StreamStart } from "./stream.ts";
import { Window } from "./window.ts";

const POLL = 250;
/** A list of names is small, but not without a bound. */
const MAX_OWED = 10_000;
/** A server that finds a request too large is asked with smaller ones, down to this. */
const LEAST_REQUEST = 64 << 10;

export interface UploadOptions {
  readonly server: Server;
  readonly source: RunSource;
  /** Opens files of the run; else the source does. */
  readonly openFile?: ((path: string) => Promise<LocalFile | null>) | undefined;
  readonly cursor: CursorStore;
  readonly clock: Clock;
  readonly pace: Pace;
  /** PUTs at a time. */
  readonly concurrency: number;
  /** Whether the run is still being written: its end is waited for. */
  readonly live: boolean;
  /** Another place than the run's own. */
  readonly target?: Target | undefined;
  /** Whether all of it is sent once more, to the places where it was put before. */
  readonly again?: boolean | undefined;
  /** The run as the server has it, where it is resumed. */
  readonly resumed?: { readonly storageId: string; readonly start: StreamStart } | undefined;
  /** One of several writers of a run: lines are numbered for each, and the server puts them together. */
  readonly sharedWriter?: SharedWriter | undefined;
  /** The exit code for a run that has no end, as it was killed. Without it such a run is left open. */
  readonly endAs?: number | undefined;
  /** Who uploads: "wandb-image/0.1.0". */
  readonly producer: string;
  readonly onChange?: ((progress: UploadProgress) => void) | undefined;
}

export class Upload {
  readonly #options: UploadOptions;
  readonly #bell = new Bell();
  readonly #stop = new AbortController();
  readonly #intake: Intake;
  /** What this upload makes itself: config.yaml and the like. */
  readonly #made = new Map<string, Blob>();
  readonly #queue = new StreamQueue();
  readonly #window = new Window(this.#queue);
  readonly #files: FileTransfer;
  readonly #run: RemoteRun;
  readonly #status = new Status();
  #server: Server;
  #writer: SharedWriter | undefined;
  /** Lines that the server had of this run before this log's. */
  #start: StreamStart = { history: 0, events: 0, output: 0 };

  readonly #schedule: Schedule;

  constructor(options: UploadOptions) {
    this.#options = options;
    this.#schedule = new Schedule(options.clock);
    this.#intake = new Intake(options.source, this.#outlet());
    this.#files = this.#transfer();
    this.#server = options.server;
    this.#run = new RemoteRun(options.target ?? {}, options.producer, this.#stop.signal);
  }

  get progress(): UploadProgress {
    const { entity, project } = this.#run.place;
    const { displayName } = this.#run;
    const url = this.#run.url(this.#server);
    const rows = { sent: Math.max(0, this.#queue.rows - this.#start.history), read: this.#intake.rows };
    return this.#status.progress({ url, entity, project, displayName, rows, filesRead: this.#intake.files });
  }

  /** Something was written to the log, or its end. */
  wake(): void {
    this.#bell.wake();
  }

  /** Ends the upload where it is. */
  stop(): void {
    this.#stop.abort();
    this.#bell.wake();
  }

  /** Said before another attempt is made. */
  trouble({ error, wait }: { error: UploadError; wait: number }): void {
    this.#status.waiting = `${error.message}; trying again in ${Math.max(1, Math.round(wait / 1000))} s`;
    this.#changed();
  }

  /** Uploads the run until its end is acknowledged, or something stops it; never rejects. */
  async run(): Promise<UploadProgress> {
    try {
      await this.#begin();
      await this.#until(() => this.#ending);
      await this.#finish();
      this.#status.state = "done";
    } catch (error) {
      this.#status.error ??= asUploadError(error);
      this.#status.state = "stopped";
    }
    this.#stop.abort();
    try {
      if (this.#run.isThere) await this.#save(true);
      if (this.#status.state === "done" && this.#status.complete && this.#status.owed.size === 0)
        await this.#options.cursor.markSynced();
      await this.#options.source.close();
    } catch (error) {
      this.#status.error ??= asUploadError(error);
      this.#status.state = "stopped";
    }
    this.#changed();
    return this.progress;
  }

  /** Whether no more rows will come. */
  get #ending(): boolean {
    return this.#intake.ended || (!this.#options.live && this.#intake.atEnd);
  }

  async #begin(): Promise<void> {
    const { again, cursor, server, source, target = {}, resumed, clock, live } = this.#options;
    const found = await cursor.load();
    const known = found !== undefined && goesOn(found, server.baseUrl, target) ? found : undefined;
    const before = known && again ? { ...known, offset: 0, files: 0, owed: [] } : known;
    for (const owed of before?.owed ?? []) if (!owed.lost) this.#status.owed.set(owed.path, owed);
    this.#writer = this.#options.sharedWriter ?? before?.writer;
    if (this.#writer !== undefined) this.#server = asWriter(server, this.#writer);
    while (!(await this.#intake.skip(before?.offset ?? 0, !live))) {
      this.#mustGoOn();
      if (!live) throw new UploadError("broken-file", noRun(source.name, this.#intake.fold.run !== null));
      await this.#bell.wait(clock, POLL);
    }
    const rows = await this.#tell(before?.storageId ?? resumed?.storageId);
    this.#start = before?.start ?? resumed?.start ?? { history: await this.#firstLine(rows), events: 0, output: 0 };
    const { skipped } = this.#intake;
    this.#queue.begin({
      ...this.#start,
      history: this.#start.history + skipped.history,
      events: this.#start.events + skipped.events,
    });
    this.#files.start(this.#run.place);
    this.#status.files = before?.files ?? 0;
    this.#status.state = "uploading";
    await this.#save(true);
    this.#retryOwed();
    this.#changed();
  }

  /** Where the rows of a run begin that the server may know already. */
  async #firstLine(rows: number): Promise<number> {
    const { source } = this.#options;
    if (rows === 0 || this.#writer !== undefined) return 0;
    const known = await runResumeStatus(this.#server, this.#run.place, this.#stop.signal);
    return alignedStart(source, rows, known?.historyTail ?? null);
  }

  /** Does what is due, again and again. */
  async #until(isDone: () => boolean): Promise<void> {
    const { clock, live } = this.#options;
    for (;;) {
      this.#mustGoOn();
      if (!this.#ending) await this.#intake.fill(() => this.#window.isFull, !live);
      if (this.#ending) this.#files.hurry();
      const patience = this.#window.release(clock.now());
      if (this.#configChanged && (this.#ending || this.#schedule.configIsDue())) await this.#tell();
      else if (isDone()) return;
      else if (this.#queue.isFull || this.#schedule.streamIsDue(this.#hasNews)) await this.#send();
      else await this.#rest(patience);
    }
  }

  async #rest(patience: number): Promise<void> {
    const poll = this.#ending ? Number.POSITIVE_INFINITY : POLL;
    const due = this.#schedule.wait(this.#hasNews, this.#configChanged);
    await this.#bell.wait(this.#options.clock, Math.min(patience, poll, due));
  }

  get #hasNews(): boolean {
    return !this.#queue.isEmpty || (this.#intake.changed.summary && this.#window.rows === 0);
  }

  get #configChanged(): boolean {
    return this.#intake.changed.config || this.#intake.changed.run;
  }

  /** @returns how many rows the server had of the run */
  async #tell(storageId?: string): Promise<number> {
    const { fold, changed } = this.#intake;
    changed.config = false;
    changed.run = false;
    const rows = await this.#run.tell(this.#server, fold, storageId);
    this.#schedule.configured();
    this.#progressed();
    return rows;
  }

  async #send(end?: { exitCode: number }): Promise<StreamRequest> {
    const { clock, pace } = this.#options;
    this.#takeSummary(end !== undefined);
    const request = this.#queue.next(end);
    await pace.wait(clock, this.#stop.signal);
    this.#mustGoOn();
    let answer: Answer;
    try {
      answer = await post(this.#server, {
        what: "file_stream",
        path: this.#run.streamPath,
        body: new TextEncoder().encode(request.body),
        policy: FILE_STREAM,
        headers: this.#writer && { ...ASYNC_STREAM, "X-WANDB-ASYNC-CLIENT-ID": this.#writer.id },
        signal: this.#stop.signal,
      });
    } catch (error) {
      const { limits } = this.#queue;
      if (!(error instanceof UploadError) || error.status !== 413 || limits.request <= LEAST_REQUEST) throw error;
      limits.request >>= 1;
      return this.#send(end);
    }
    pace.heed(answer.headers, clock);
    this.#queue.acknowledge(request);
    this.#window.settle(request.uploaded);
    this.#status.complete = request.complete;
    this.#schedule.streamed();
    if (/"stopped"\s*:\s*true/.test(answer.body)) this.#status.stopRequested = true;
    this.#progressed();
    await this.#save(false);
    return request;
  }

  /** The summary names the files of the last row: it goes when they are there. */
  #takeSummary(last: boolean): void {
    const { changed, fold } = this.#intake;
    if (!changed.summary || (this.#window.rows > 0 && !last)) return;
    changed.summary = false;
    if (this.#writer?.primary === false) return;
    const text = fold.summary.toJson();
    if (!this.#queue.setSummary(text)) this.#owe("the summary", "it is longer than W&B takes a line to be", true);
    else this.#status.owed.delete("the summary");
  }

  async #finish(): Promise<void> {
    const { fold, lastFiles } = this.#intake;
    const exitCode = fold.exit?.code ?? this.#options.endAs;
    if (exitCode !== undefined) this.#status.state = "finishing";
    this.#changed();
    for (const path of lastFiles) this.#addFile(path, this.#intake.position);
    if (exitCode !== undefined && this.#writer?.primary !== false) {
      for (const [path, blob] of madeFiles(this.#intake, this.#options.producer)) {
        this.#made.set(path, blob);
        this.#addFile(path, this.#intake.position);
      }
    }
    await this.#settle();
    this.#retryOwed();
    await this.#settle();
    const isSecondary = fold.exit?.notComplete || this.#writer?.primary === false;
    const end = exitCode === undefined || isSecondary ? undefined : { exitCode };
    while (end !== undefined ? !this.#status.complete : !this.#queue.isEmpty || this.#intake.changed.summary) {
      await this.#send(end);
    }
    if (isSecondary && exitCode !== undefined) this.#status.complete = true;
  }

  #settle(): Promise<void> {
    return this.#until(() => this.#window.rows === 0 && this.#files.pending === 0);
  }

  #addFile(path: string, start: number): void {
    if (this.#window.addFile(path, start, this.#options.clock.now())) this.#files.add(path);
  }

  /** A file that is owed may have an easier time now. */
  #retryOwed(): void {
    for (const { path, lost } of [...this.#status.owed.values()]) {
      if (lost) continue;
      this.#status.owed.delete(path);
      this.#addFile(path, this.#intake.position);
    }
  }

  #owe(path: string, reason: string, lost?: true): void {
    this.#status.owed.set(path, { path, reason, ...(lost && { lost }) });
    this.#window.settle([path]);
    if (this.#status.owed.size > MAX_OWED)
      this.#fail(new UploadError("unavailable", `${MAX_OWED} files did not arrive: ${reason}`));
    this.#bell.wake();
    this.#changed();
  }

  #outlet(): Outlet {
    return {
      row: (line) => this.#window.addRow(line),
      event: (text, start) => this.#queue.addEvent(text, start),
      output: (number, text, start) => this.#queue.setOutput(number, text, start),
      file: (path, start) => this.#addFile(path, start),
      preempting: () => this.#queue.preempt(),
      lost: (name, reason) => this.#owe(name, reason, true),
    };
  }

  #transfer(): FileTransfer {
    const { clock, concurrency, source, openFile } = this.#options;
    const open = openFile ?? (async (path: string) => localFile(await source.blob(path)));
    return new FileTransfer({
      server: () => this.#server,
      clock,
      concurrency,
      signal: this.#stop.signal,
      open: async (path) => localFile(this.#made.get(path) ?? null) ?? open(path),
      onArrived: (path, bytes) => {
        this.#status.files++;
        this.#status.bytes += bytes;
        this.#window.arrived(path);
        this.#progressed();
        this.#bell.wake();
      },
      onOwed: (path, reason) => this.#owe(path, reason),
      onFatal: (error) => this.#fail(error),
    });
  }

  #fail(error: UploadError): void {
    this.#status.error ??= error;
    this.stop();
  }

  #mustGoOn(): void {
    if (!this.#stop.signal.aborted) return;
    throw this.#status.error ?? new UploadError("stopped", "the upload was stopped before its end");
  }

  #progressed(): void {
    this.#status.waiting = null;
    this.#changed();
  }

  #changed(): void {
    this.#options.onChange?.(this.progress);
  }

  async #save(now: boolean): Promise<void> {
    const { cursor, server } = this.#options;
    if (!now && !this.#schedule.cursorIsDue()) return;
    this.#schedule.saved();
    const { entity, project, id } = this.#run.place;
    await cursor.save({
      version: 1,
      baseUrl: server.baseUrl,
      entity,
      project,
      runId: id,
      storageId: this.#run.storageId,
      displayName: this.#run.displayName,
      ...(this.#writer && { writer: this.#writer }),
      start: this.#start,
      offset: this.#window.position(this.#intake.position),
      rows: this.progress.rows.sent,
      files: this.#status.files,
      owed: [...this.#status.owed.values()],
      complete: this.#status.complete,
    });
  }
}

/** What several writers of a run send along, so that the server numbers lines for each. */
const ASYNC_STREAM = { "X-WANDB-USE-ASYNC-FILESTREAM": "true" };

function asWriter(server: Server, { id }: SharedWriter): Server {
  return { ...server, graphqlHeaders: { ...server.graphqlHeaders, ...ASYNC_STREAM, "X-WANDB-CLIENT-ID": id } };
}

/** Whether an upload to this place goes on where an earlier one stopped. */
function goesOn(cursor: Cursor, baseUrl: string, { entity, project, id }: Target): boolean {
  return (
    cursor.baseUrl === baseUrl &&
    (entity === undefined || entity === cursor.entity) &&
    (project === undefined || project === cursor.project) &&
    (id === undefined || id === cursor.runId)
  );
}

function localFile(blob: Blob | null): LocalFile | null {
  return blob && { size: blob.size, held: blob.size, body: async () => blob };
}

function noRun(name: string, hasRun: boolean): string {
  return hasRun
    ? `${name}: its .wandb file is shorter than what was uploaded of it; is it another one?`
    : `${name}: its .wandb file holds no run`;
}
