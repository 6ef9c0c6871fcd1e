// What has to be waited for. `resolveInput` gives something that `adapt` takes synchronously, so that `Image.from` is
// `new Image(await resolveInput(input))`: pixels are read and encoded in one go, and no view goes stale in between.
import { tagOf } from "../messages.ts";
import { isUnloaded, load } from "./canvas.ts";
import { rawPixelsOf } from "./decoded.ts";
import { checkLength, type FetchOptions, fetchAddress, known, readGiven, readResponse, readStream } from "./fetch.ts";
import { type Fields, fieldsOf, hasMethods, isMethod } from "./fields.ts";
import { base64Error, shortened } from "./foreign.ts";
import { isOnCpu, isOnnxTensor, isTfjsTensor } from "./tensor.ts";

/** A kind of input that is read asynchronously. */
export interface AsyncReader {
  accepts(input: unknown): boolean;
  /** The same picture as another input. */
  read(input: unknown, options: FetchOptions): unknown;
}

let adapters = 0;

/** Puts a reader before all others: what an adapter or a door adds. */
export function addAsyncReader(asyncReader: AsyncReader): void {
  asyncReaders.unshift(asyncReader);
}

/** Remembers that an adapter may know bytes that are not a file of a known format. */
export function expectForeignBytes(): void {
  adapters++;
}

const takesAny = () => adapters > 0;

/** A reader of what keeps no limits of its own. */
export function given(accepts: AsyncReader["accepts"], read: AsyncReader["read"]): AsyncReader {
  return { accepts, read: (input, options) => readGiven(input, options, () => read(input, options)) };
}

export const asyncReaders: AsyncReader[] = [
  given(
    (input) => hasMethods(input, "then"),
    (input) => input,
  ),
  given(isSharp, fromSharp),
  given((input) => isTfjsTensor(input) && isMethod(input.data), fromTfjs),
  given((input) => isOnnxTensor(input) && !isOnCpu(input.location), fromOnnx),
  given(isJaxArray, fromJax),
  given(isUnloaded, load),
  { accepts: isFetchable, read: (input, options) => fetchAddress(String(input), options, takesAny()) },
  given(
    (input) => hasMethods(input, "getFile"),
    (input) => (input as { getFile(): unknown }).getFile(),
  ),
  {
    accepts: (input) => tagOf(input) === "Response",
    read: (input, options) => readResponse(input as Response, options, takesAny()),
  },
  given((input) => hasMethods(input, "arrayBuffer"), fromBlob),
  {
    accepts: (input) => hasMethods(input, "getReader"),
    read: (input, options) => readStream(input as ReadableStream, options, takesAny()),
  },
  { accepts: isChunked, read: fromChunks },
];

function isSharp(input: unknown): boolean {
  return hasMethods(input, "toBuffer", "metadata", "raw", "clone");
}

interface Sharp {
  readonly options?: unknown;
  clone(): Sharp;
  toColourspace?(space: string): Sharp;
  raw(options: { depth: string }): Sharp;
  toBuffer(options: { resolveWithObject: true }): Promise<{ data: Uint8Array; info: Fields }>;
}

/**
 * A clone, so that the user's pipeline can go on. 16 bits stay where the pipeline's color space has them; inks and Lab become
 * sRGB, which is what can be seen.
 */
async function fromSharp(input: unknown): Promise<unknown> {
  const clone = (input as Sharp).clone();
  const { colourspace, rawDepth } = fieldsOf(clone.options);
  const deep = colourspace === "rgb16" || colourspace === "grey16";
  if (!deep && colourspace !== "b-w") clone.toColourspace?.("srgb");
  const depth = deep && rawDepth === "ushort" ? "ushort" : "uchar";
  const { data, info } = await clone.raw({ depth }).toBuffer({ resolveWithObject: true });
  return rawPixelsOf(data, info);
}

/** Without the stall that `dataSync` is on a GPU. */
async function fromTfjs(input: unknown): Promise<unknown> {
  const { shape, dtype, isDisposed } = input as Fields;
  // Only the synchronous reader says that a tensor was disposed of.
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

/** What is left of a string in a page: an address relative to it, as `<img src>` takes it. A path, where there are files. */
export const pageAddresses: AsyncReader = {
  accepts: (input) =>
    typeof input === "string" &&
    input !== "" &&
    !/^[a-z][a-z0-9+.-]*:/i.test(input) &&
    base64Error(input) === undefined,
  read: (input, options) => {
    const base = globalThis.document?.baseURI ?? globalThis.location?.href;
    if (base === undefined)
      throw new TypeError(`${shortened(input as string)}: there is no page here that it could be relative to`);
    return fetchAddress(new URL(input as string, base).href, options, takesAny());
  },
};

function fromBlob(input: unknown, { maxBytes }: FetchOptions): Promise<unknown> {
  const { name, size } = input as { name?: unknown; size?: unknown };
  const called = typeof name === "string" && name !== "" ? name : `a ${tagOf(input)}`;
  // It is here already: only a limit that was asked for refuses it.
  if (maxBytes !== undefined) checkLength(Number(size), called, { maxBytes });
  return (input as Blob).arrayBuffer().then((buffer) => known(new Uint8Array(buffer), called, takesAny()));
}

/** Node's streams, and anything else that yields bytes. */
function isChunked(input: unknown): boolean {
  return typeof fieldsOf(input)[Symbol.asyncIterator as unknown as string] === "function";
}

async function fromChunks(input: unknown, options: FetchOptions): Promise<unknown> {
  const iterator = (input as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  const stream = new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await iterator.return?.();
    },
  });
  return readStream(stream, options, takesAny());
}
