// What has to be waited for. Settling gives something that `adapt` takes synchronously, so that `Image.from` is
// `new Image(await settle(input))`: pixels are read and encoded in one go, and no view goes stale in between.
import { describe, tagOf } from "../dtype.ts";
import { isUnloaded, load } from "./canvas.ts";
import { type Fields, fieldsOf, hasMethods, isMethod } from "./fields.ts";
import { isOnCpu, isOnnxTensor, isTfjsTensor } from "./tensor.ts";

/** A kind of input that is read asynchronously. */
export interface Settler {
  accepts(input: unknown): boolean;
  /** The same picture as another input. */
  settle(input: unknown): unknown;
}

export const settlers: Settler[] = [
  { accepts: (input) => hasMethods(input, "then"), settle: (input) => input },
  { accepts: isSharp, settle: fromSharp },
  { accepts: (input) => isTfjsTensor(input) && isMethod(input.data), settle: fromTfjs },
  { accepts: (input) => isOnnxTensor(input) && !isOnCpu(input.location), settle: fromOnnx },
  { accepts: isJaxArray, settle: fromJax },
  { accepts: isUnloaded, settle: load },
  { accepts: isFetchable, settle: fromUrl },
  { accepts: (input) => hasMethods(input, "getFile"), settle: (input) => (input as { getFile(): unknown }).getFile() },
  { accepts: (input) => tagOf(input) === "Response", settle: fromResponse },
  { accepts: (input) => hasMethods(input, "arrayBuffer"), settle: (input) => (input as Blob).arrayBuffer() },
  { accepts: (input) => hasMethods(input, "getReader"), settle: fromStream },
  { accepts: isChunked, settle: fromChunks },
];

function isSharp(input: unknown): boolean {
  return hasMethods(input, "toBuffer", "metadata", "raw", "clone");
}

interface Sharp {
  clone(): Sharp;
  raw(): Sharp;
  toBuffer(options: { resolveWithObject: true }): Promise<{ data: Uint8Array; info: Fields }>;
}

/** A clone, so that the user's pipeline can go on. */
async function fromSharp(input: unknown): Promise<unknown> {
  const { data, info } = await (input as Sharp).clone().raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return { data, width, height, channels };
}

/** Without the stall that `dataSync` is on a GPU. */
async function fromTfjs(input: unknown): Promise<unknown> {
  const { shape, dtype, isDisposed } = input as Fields;
  // Of a disposed tensor only the synchronous reader speaks.
  const data = isDisposed === true ? null : await (input as { data(): Promise<ArrayBufferView> }).data();
  return { shape, dtype, isDisposed, dataSync: () => data };
}

async function fromOnnx(input: unknown): Promise<unknown> {
  const { dims, type } = input as Fields;
  return { dims, type, data: await (input as { getData(): Promise<ArrayBufferView> }).getData() };
}

/** jax-js' Array: `data` is a method, as a tensor's, but shapes follow no convention. */
function isJaxArray(input: unknown): boolean {
  const { shape, dtype } = fieldsOf(input);
  return Array.isArray(shape) && dtype !== undefined && hasMethods(input, "data");
}

async function fromJax(input: unknown): Promise<unknown> {
  const { shape, dtype } = input as Fields;
  return { shape, dtype: String(dtype), data: await (input as { data(): Promise<ArrayBufferView> }).data() };
}

/** gs:// and s3:// stay references: nothing here has their credentials. */
function isFetchable(input: unknown): boolean {
  return (typeof input === "string" || tagOf(input) === "URL") && /^(https?:\/\/|blob:)/i.test(String(input));
}

async function fromUrl(input: unknown): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(String(input));
  } catch (cause) {
    throw new TypeError(`${input}: cannot be fetched`, { cause });
  }
  return fromResponse(response, String(input));
}

async function fromResponse(input: unknown, url = (input as Response).url || "a Response"): Promise<unknown> {
  const response = input as Response;
  if (!response.ok) throw new TypeError(`${url}: HTTP ${response.status} ${response.statusText}`.trimEnd());
  if (response.bodyUsed) throw new TypeError(`${url}: the body of the Response is used; pass response.clone()`);
  return response.arrayBuffer();
}

async function fromStream(input: unknown): Promise<unknown> {
  const stream = input as ReadableStream;
  if (stream.locked) throw new TypeError("the ReadableStream is locked by another reader; pass one branch of tee()");
  return new Response(stream).arrayBuffer();
}

/** Node's streams, and anything else that yields bytes. */
function isChunked(input: unknown): boolean {
  return typeof fieldsOf(input)[Symbol.asyncIterator as unknown as string] === "function";
}

async function fromChunks(input: unknown): Promise<unknown> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const part of input as AsyncIterable<unknown>) {
    if (tagOf(part) !== "Uint8Array") throw new TypeError(`a stream of ${describe(part)}; expected one of bytes`);
    parts.push(part as Uint8Array<ArrayBuffer>);
  }
  return new Blob(parts).arrayBuffer();
}
