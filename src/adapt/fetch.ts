// Addresses, Responses and streams → the bytes of a file. The first bytes are looked at first, so that a page in place of a
// picture is refused before the rest comes; the rest is counted, and not waited for without end.
import { fileError, formatOf } from "../decode/index.ts";
import { describe, tagOf } from "../messages.ts";
import { NamedBytes, notAPicture } from "./bytes.ts";
import { shortened } from "./foreign.ts";
import { isNpy } from "./npy.ts";

/** What of AbortSignal is used. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** How long `Image.from` waits, and how much it reads. */
export interface FetchOptions {
  /** Gives up when it is aborted, with its reason. */
  readonly signal?: AbortSignalLike | undefined;
  /** More bytes than these (after a server's gzip is unpacked) are refused; default 100 000 000. */
  readonly maxBytes?: number | undefined;
  /** Milliseconds until all of it must be there; default 60 000 for an address, a Response and a stream, else Infinity: without end. */
  readonly timeout?: number | undefined;
}

const MAX_BYTES = 100_000_000;
const TIMEOUT = 60_000;

/** @throws TypeError, RangeError for options of the wrong kind or value */
export function checkFetchOptions({ signal, maxBytes, timeout }: FetchOptions): void {
  if (signal !== undefined && typeof (signal as AbortSignalLike | null)?.addEventListener !== "function") {
    throw new TypeError(`signal: expected an AbortSignal; got ${describe(signal)}`);
  }
  for (const [name, value] of Object.entries({ maxBytes, timeout })) {
    if (value !== undefined && !(typeof value === "number" && value > 0)) {
      throw new RangeError(`${name}: expected a number above 0; got ${describe(value)}`);
    }
  }
}

/** A file, or bytes that an adapter or the .npy reader knows. */
type Fetched = NamedBytes | Uint8Array;

/** @param takesAny whether an adapter may know what is not a file of a known format */
export async function fetchAddress(address: string, options: FetchOptions, takesAny: boolean): Promise<Fetched> {
  return withinLimits(address, options, async (signal) => {
    let response: Response;
    try {
      response = await fetch(address, { signal });
    } catch (cause) {
      throw new TypeError(`${shortened(address)}: cannot be fetched`, { cause });
    }
    return bodyOf(response, address, options, takesAny);
  });
}

export async function readResponse(response: Response, options: FetchOptions, takesAny: boolean): Promise<Fetched> {
  const name = response.url || "a Response";
  return withinLimits(name, options, () => bodyOf(response, name, options, takesAny));
}

export async function readStream(stream: ReadableStream, options: FetchOptions, takesAny: boolean): Promise<Fetched> {
  if (stream.locked) throw new TypeError("the ReadableStream is locked by another reader; pass one branch of tee()");
  return withinLimits("a stream", options, () => bytesOfStream(stream, "a stream", options, takesAny));
}

/** What somebody else will give, in their own time: waited for until the signal or a `timeout` ends it. */
export async function readGiven(
  input: unknown,
  { signal, timeout = Number.POSITIVE_INFINITY }: FetchOptions,
  read: () => unknown,
): Promise<unknown> {
  // Also where the signal is aborted already, and nobody waits for it: else its rejection would end the program.
  if (input instanceof Promise) input.catch(() => {});
  return withinLimits(`a ${tagOf(input)}`, { signal, timeout }, async () => read());
}

/** Runs `read` until the signal or the time ends it. */
async function withinLimits<T>(
  name: string,
  { signal, timeout = TIMEOUT }: FetchOptions,
  read: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (signal?.aborted) throw signal.reason;
  const controller = new AbortController();
  let stop: (reason: unknown) => void = () => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = (reason) => {
      controller.abort(reason);
      reject(reason);
    };
  });
  const onAbort = () => stop(signal!.reason);
  signal?.addEventListener("abort", onAbort);
  const late = () =>
    stop(new Error(`${shortened(name)}: not read within ${timeout / 1000} s; pass timeout (milliseconds) for more`));
  const timer = timeout < 2 ** 31 ? setTimeout(late, timeout) : undefined;
  try {
    return await Promise.race([read(controller.signal), stopped]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

async function bodyOf(response: Response, name: string, options: FetchOptions, takesAny: boolean): Promise<Fetched> {
  const { body } = response;
  try {
    checkHeaders(response, name, options);
  } catch (error) {
    body?.cancel().catch(() => {}); // else its connection stays open
    throw error;
  }
  const type = response.headers?.get("content-type")?.split(";")[0];
  // Some stand-ins for fetch have no stream.
  if (!body) return known(new Uint8Array(await response.arrayBuffer()), name, takesAny, type);
  return bytesOfStream(body, name, options, takesAny, type);
}

function checkHeaders(response: Response, name: string, options: FetchOptions): void {
  const { ok, status, statusText, bodyUsed, headers } = response;
  if (!ok) throw new TypeError(`${shortened(name)}: HTTP ${status} ${statusText}`.trimEnd());
  if (bodyUsed) throw new TypeError(`${shortened(name)}: the body of the Response is used; pass response.clone()`);
  checkLength(Number(headers?.get("content-length") ?? 0), name, options);
}

export function checkLength(length: number, name: string, { maxBytes = MAX_BYTES }: FetchOptions): void {
  if (length <= maxBytes) return;
  throw fileError(
    "file-too-large",
    `${shortened(name)}: more than ${maxBytes} bytes; pass maxBytes to raise the limit`,
  );
}

/** Enough bytes to know every format, and most other contents. */
const FIRST_BYTES = 64;

async function bytesOfStream(
  stream: ReadableStream,
  name: string,
  options: FetchOptions,
  takesAny: boolean,
  type?: string,
): Promise<Fetched> {
  const reader = stream.getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  let looked = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return known(joined(parts, length), name, takesAny, type);
      if (tagOf(value) !== "Uint8Array") throw new TypeError(`a stream of ${describe(value)}; expected one of bytes`);
      parts.push(value as Uint8Array);
      length += (value as Uint8Array).length;
      checkLength(length, name, options);
      if (looked || length < FIRST_BYTES) continue;
      looked = true;
      known(joined(parts, length), name, takesAny, type);
    }
  } catch (error) {
    // Not awaited: a server that never answers would hold up the error.
    reader.cancel().catch(() => {});
    throw error;
  }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @throws TypeError that names where the bytes came from, for bytes that are not a picture */
export function known(bytes: Uint8Array, name: string, takesAny: boolean, type?: string): Fetched {
  if (formatOf(bytes) !== undefined) return new NamedBytes(bytes, name);
  if (isNpy(bytes) || takesAny) return bytes;
  throw notAPicture(bytes, name, type === undefined ? "" : ` (content-type ${shortened(type, 40)})`);
}
