// One request, sent until it is answered for good: W&B's table of attempts, waits and final answers
// (core/internal/clients/retry_policy.go, backoff.go). Keys travel in `headers` of the caller; redirects are followed
// only where they cannot carry a key elsewhere.
import { type Clock, onAbort } from "./clock.ts";
import { bodyMessage, networkError, originOf, UploadError, type UploadErrorCode } from "./errors.ts";

/** As much of `fetch` as is used. */
export type Fetch = (
  url: string,
  init: {
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | Uint8Array | Blob;
    readonly signal: AbortSignal;
    readonly redirect: "manual";
    /** Cookies go along only to a relay on the page's own server, which knows by them who asks. */
    readonly credentials: "omit" | "same-origin";
  },
) => Promise<Reply>;

/** As much of a Response as is used. */
export interface Reply {
  readonly status: number;
  readonly ok: boolean;
  readonly type: string;
  readonly headers: ReplyHeaders;
  text(): Promise<string>;
  readonly body: { cancel(): Promise<void> } | null;
}

export interface ReplyHeaders {
  get(name: string): string | null;
}

export interface RetryPolicy {
  readonly attempts: number;
  /** Milliseconds for one attempt; undefined: by the size of the body. */
  readonly timeout: number | undefined;
  /** Whether an answer with this status, not 2xx, may be followed by another attempt. */
  retries(status: number, body: string): boolean;
}

/** Statuses that another attempt does not change. */
const FINAL = new Set([400, 401, 403, 404, 409, 410, 413, 422, 501]);

export const GRAPHQL: RetryPolicy = { attempts: 20, timeout: 30_000, retries: (status) => !FINAL.has(status) };

/** Two writers may create a run at once; the loser of that race gets 409 once. */
export const UPSERT: RetryPolicy = { ...GRAPHQL, retries: (status) => status === 409 || !FINAL.has(status) };

/** Seven days. */
export const FILE_STREAM: RetryPolicy = { ...GRAPHQL, attempts: 10_085, timeout: 180_000 };

/** S3 says 400 RequestTimeout where it waited for the body. */
export const PUT: RetryPolicy = {
  attempts: 20,
  timeout: undefined,
  retries: (status, body) =>
    status === 408 || status === 429 || (status >= 500 && status !== 501) || /RequestTimeout/.test(body),
};

const FIRST_WAIT = 2000;
const MAX_WAIT = 60_000;
const MAX_REDIRECTS = 5;

export interface Request {
  /** For errors: what is sent. */
  readonly what: string;
  readonly url: string;
  readonly method: "POST" | "PUT";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | Blob;
  readonly policy: RetryPolicy;
  readonly signal?: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: ReplyHeaders;
  readonly body: string;
}

/** Told before each wait for another attempt. */
export type OnRetry = (trouble: { what: string; error: UploadError; attempt: number; wait: number }) => void;

/** What may be wrong where a host cannot be reached. */
export interface Diagnosis {
  /** Whether another attempt makes no sense. */
  readonly final: boolean;
  readonly message: string;
}

export interface HttpOptions {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly onRetry?: OnRetry | undefined;
  /** What may be wrong where a host cannot be reached: a proxy that `fetch` does not use, a page's origin. */
  readonly diagnose?: ((url: string) => Promise<Diagnosis | undefined>) | undefined;
  readonly credentials?: "omit" | "same-origin" | undefined;
  /** Scales the time an attempt may take, for tests. */
  readonly timeoutScale?: number | undefined;
}

type Attempt = { answer: Answer } | { error: UploadError; again: boolean; wait?: number | undefined };

export class Http {
  readonly #options: HttpOptions;

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  /** @throws UploadError for what no further attempt can change, when all were made, or when `signal` aborted */
  async send(request: Request): Promise<Answer> {
    for (let attempt = 0; ; attempt++) {
      const made = await this.#attempt(request);
      if ("answer" in made) return made.answer;
      const { error, again, wait = backoff(attempt) } = made;
      if (!again || attempt + 1 >= request.policy.attempts || request.signal?.aborted) throw error;
      this.#options.onRetry?.({ what: request.what, error, attempt, wait });
      await this.#options.clock.sleep(wait, request.signal);
      if (request.signal?.aborted) throw error;
    }
  }

  async #attempt(request: Request): Promise<Attempt> {
    const limit = (request.policy.timeout ?? putTimeout(request.body)) * (this.#options.timeoutScale ?? 1);
    const ends = new AbortController();
    const abort = () => ends.abort();
    const timer = setTimeout(abort, limit);
    const forget = onAbort(request.signal, abort);
    if (request.signal?.aborted) abort();
    try {
      const response = await this.#follow(request, ends.signal);
      const body = await response.text();
      const { status, headers } = response;
      if (response.ok) return { answer: { status, headers, body } };
      const again = request.policy.retries(status, body);
      return { error: refusal(request, status, body), again, wait: retryAfter(headers) };
    } catch (cause) {
      if (cause instanceof UploadError) return { error: cause, again: false };
      if (request.signal?.aborted)
        return { error: new UploadError("stopped", `${request.what}: stopped`), again: false };
      return await this.#unreached(request, ends.signal.aborted ? new Error(`no answer in ${limit / 1000} s`) : cause);
    } finally {
      clearTimeout(timer);
      forget();
    }
  }

  /** Redirects that keep method and body, on the same origin only where the request carries a key. */
  async #follow(request: Request, signal: AbortSignal): Promise<Reply> {
    const { method, headers, body } = request;
    let url = request.url;
    for (let hops = 0; ; hops++) {
      const { credentials = "omit" } = this.#options;
      const init = { method, headers, body, signal, redirect: "manual", credentials } as const;
      const response = await this.#options.fetch(url, init);
      if (response.type !== "opaqueredirect" && (response.status < 300 || response.status >= 400)) return response;
      const target = redirectTarget(response, url);
      const { status } = response;
      response.body?.cancel().catch(() => {});
      const carriesKey = Object.keys(headers).some((name) => name.toLowerCase() === "authorization");
      const same = target !== undefined && new URL(target).origin === new URL(url).origin;
      if (
        target === undefined ||
        hops === MAX_REDIRECTS ||
        (status !== 307 && status !== 308) ||
        (carriesKey && !same)
      ) {
        const to = target === undefined ? "elsewhere" : `to ${originOf(target)}`;
        throw new UploadError(
          "redirect",
          `${request.what}: ${originOf(url)} redirects ${to}, where a key is not sent. Set WANDB_BASE_URL to the ` +
            "server's own address",
          { status },
        );
      }
      url = target;
    }
  }

  async #unreached(request: Request, cause: unknown): Promise<Attempt> {
    const hint = await this.#options.diagnose?.(request.url);
    if (hint?.final) return { error: new UploadError("cors", hint.message, { cause }), again: false };
    const { code, message } = networkError(request.url, cause, hint?.message);
    const error = new UploadError(code, `${request.what}: ${message}`, { cause });
    return { error, again: code !== "tls" };
  }
}

function redirectTarget(response: Reply, url: string): string | undefined {
  const location = response.headers.get("location");
  try {
    return location === null ? undefined : new URL(location, url).href;
  } catch {
    return undefined;
  }
}

/** 2 minutes, and a second for each 16 KiB: a slow line is not a dead one. */
function putTimeout(body: string | Uint8Array | Blob): number {
  const bytes = typeof body === "string" ? body.length : body instanceof Blob ? body.size : body.byteLength;
  return 120_000 + bytes / 16;
}

/** 2 s · 2ⁿ, up to a quarter more at random, at most a minute (backoff.go). */
export function backoff(attempt: number, random = Math.random()): number {
  return Math.min(MAX_WAIT, FIRST_WAIT * 2 ** Math.min(attempt, 32) * (1 + 0.25 * random));
}

/** Milliseconds that the server asks for, in seconds or as a date; taken as they are, as W&B's client does. */
export function retryAfter(headers: ReplyHeaders, now = Date.now()): number | undefined {
  const value = headers.get("retry-after")?.trim();
  if (!value) return undefined;
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function refusal(request: Request, status: number, body: string): UploadError {
  const message = bodyMessage(body);
  const at = `${request.what}: ${originOf(request.url)}`;
  const answer = message === "" ? `${status}` : `${status}: ${message}`;
  const fail = (code: UploadErrorCode, words: string) =>
    new UploadError(code, `${at} ${words} (${answer})`, { status });
  if (status === 402 || /quota|storage limit|out of storage|exceeded.*plan/i.test(message)) {
    return fail("quota", "says that a limit of the account is reached");
  }
  if (status === 401) return fail("unauthorized", "refused the API key");
  if (status === 403) return fail("forbidden", "does not allow it");
  if (status === 404) return fail("gone", "does not know it; the run or its project may have been deleted");
  if (status === 410) return fail("gone", "says that the run was deleted");
  if (status === 413) return fail("too-large", "finds the request too large");
  return fail(status >= 500 || status === 429 ? "unavailable" : "refused", "answered with an error");
}
