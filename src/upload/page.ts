// The upload of a run that is kept in memory, in this thread: a page's, by way of a relay that holds the key, or straight to a server
// that allows the page's origin.
import { MemorySource } from "../read/source.ts";
import { type Clock, liveClock } from "./clock.ts";
import { connect } from "./connect.ts";
import { memoryCursor, type SharedWriter } from "./cursor.ts";
import { originOf } from "./errors.ts";
import type { Server } from "./graphql.ts";
import type { Diagnosis, Fetch, OnRetry } from "./http.ts";
import { type Machine, NO_MACHINE } from "./machine.ts";
import { Pace } from "./pace.ts";
import type { UploadProgress } from "./progress.ts";
import { Upload, type UploadOptions } from "./upload.ts";

/** Browsers make no more than six connections to a host. */
export const CONCURRENCY = 6;

export interface PageTask {
  /** Without one the server is a relay, which has its own. */
  readonly apiKey?: string | undefined;
  /** May be a path of the page's own server. */
  readonly baseUrl?: string | undefined;
  readonly fetch?: Fetch | undefined;
  readonly producer: string;
  readonly resumed?: UploadOptions["resumed"];
  readonly sharedWriter?: SharedWriter | undefined;
}

/** Takes what the run writes, as it writes it. */
export interface MemorySink {
  append(bytes: Uint8Array): void;
  save(path: string, bytes: Uint8Array): void;
}

export interface PageUpload {
  readonly sink: MemorySink;
  readonly done: Promise<UploadProgress>;
  wake(): void;
  stop(): void;
}

/** @throws UploadError in words, where no server could be meant */
export function connectPage({ apiKey, baseUrl, fetch }: PageTask, onRetry?: OnRetry, clock: Clock = liveClock): Server {
  const page = (globalThis as { location?: { href: string } }).location?.href;
  const absolute = baseUrl !== undefined && page !== undefined ? new URL(baseUrl, page).href : baseUrl;
  const relay = apiKey === undefined && baseUrl !== undefined;
  const machine: Machine = { ...NO_MACHINE, diagnose: (url) => diagnoseOrigin(url, fetch) };
  return connect({ apiKey, baseUrl: absolute, fetch, relay, clock, onRetry }, machine);
}

export function uploadPage(task: PageTask, name: string, onChange: (progress: UploadProgress) => void): PageUpload {
  const source = new MemorySource(name);
  const clock: Clock = liveClock;
  const upload: Upload = new Upload({
    server: connectPage(task, (trouble) => upload.trouble(trouble)),
    source,
    cursor: memoryCursor(),
    clock,
    pace: new Pace(),
    concurrency: CONCURRENCY,
    live: true,
    resumed: task.resumed,
    sharedWriter: task.sharedWriter,
    producer: task.producer,
    onChange,
  });
  return {
    sink: {
      append: (bytes) => {
        source.append(bytes);
        upload.wake();
      },
      save: (path, bytes) => source.save(path, bytes),
    },
    done: upload.run(),
    wake: () => upload.wake(),
    stop: () => upload.stop(),
  };
}

/** A page is told nothing of why a request failed: a server that answers without looking at the origin does not allow it. */
async function diagnoseOrigin(url: string, own: Fetch | undefined): Promise<Diagnosis | undefined> {
  const page = (globalThis as { location?: { origin?: string } }).location?.origin;
  if (page === undefined || own !== undefined || originOf(url) === page) return undefined;
  try {
    await fetch(originOf(url), { mode: "no-cors", credentials: "omit" });
  } catch {
    return undefined; // it cannot be reached at all
  }
  const message = `${originOf(url)} is there, but takes no requests from pages of ${page}. Let your own server pass them on: examples/relay`;
  return { final: true, message };
}
