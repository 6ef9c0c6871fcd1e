// Input → what it is: a Frame, decoded 8-bit pixels, a file's bytes, or a reference. The first reader that accepts wins;
// the most specific come first. What has to be waited for is waited for before (async.ts).
import { describe, withCode } from "../messages.ts";
import { readAdapted } from "./adapted.ts";
import { readNested, readRaster } from "./array.ts";
import { addAsyncReader, asyncReaders, expectForeignBytes, given } from "./async.ts";
import { readBase64, readBytes, readDataUrl, readNamed } from "./bytes.ts";
import { readCanvas, readDrawable } from "./canvas.ts";
import { readDecoded } from "./decoded.ts";
import { checkFetchOptions, type FetchOptions } from "./fetch.ts";
import { fieldsOf, hasMethods } from "./fields.ts";
import { readNpy } from "./npy.ts";
import { readMat } from "./opencv.ts";
import { readReference } from "./reference.ts";
import { type AdaptOptions, asyncInputError, type Reader, type Source } from "./source.ts";
import { readNdarray, readNumjs, readOnnxTensor, readScijs, readTensorBuffer, readTfjsTensor } from "./tensor.ts";

export { Adapted } from "./adapted.ts";
export type { FetchOptions } from "./fetch.ts";
export type { AdaptOptions, Reader, Source } from "./source.ts";

const readers: Reader[] = [
  readAdapted,
  readNamed,
  readDataUrl,
  readReference,
  readTfjsTensor,
  readOnnxTensor,
  readScijs,
  readNumjs,
  readTensorBuffer,
  readMat,
  readP5,
  readCanvas,
  readDrawable,
  readNdarray,
  readRaster,
  readDecoded,
  readNested,
  readNpy,
  readBytes,
  readBase64,
];

/** p5's Image, Graphics and sketch: a canvas of `pixelDensity` times their size. Their `pixels` are stale until loadPixels. */
function readP5(input: unknown, options: AdaptOptions): Source | undefined {
  return hasMethods(input, "loadPixels") ? readCanvas(fieldsOf(input).canvas, options) : undefined;
}

/** Puts a reader before all others: what a door adds (files in Node). */
export function addReader(reader: Reader): void {
  readers.unshift(reader);
}

/** Teaches Image a type of your own. */
export interface Adapter {
  /** Whether `input` is of that type. Asked of every input, so it looks at a field or two, takes no data and never throws. */
  accepts(input: unknown): boolean;
  /**
   * The same picture as something that Image takes: `{ data, shape }`, `{ data, width, height }`, an encoded file's bytes …
   * It may be a view: Image reads it at once and keeps nothing.
   */
  convert?(input: unknown): unknown;
  /** For a type that has to be waited for, by `await Image.from(x)`; wins there if both are given. */
  convertAsync?(input: unknown): Promise<unknown>;
}

/**
 * Asks `adapter` before all others.
 * @throws TypeError where it lacks `accepts`, or both ways to convert
 */
export function addAdapter(adapter: Adapter): void {
  const { convert, convertAsync } = adapter;
  if (typeof adapter.accepts !== "function" || (typeof convert !== "function" && typeof convertAsync !== "function")) {
    throw new TypeError("adapter: expected accepts(input), and convert(input) or convertAsync(input)");
  }
  addReader((input, options) => {
    if (!adapter.accepts(input)) return undefined;
    if (convert === undefined) throw asyncInputError(describe(input));
    return adapt(other(input, convert.call(adapter, input)), options);
  });
  expectForeignBytes();
  if (convertAsync === undefined) return;
  addAsyncReader(
    given(
      (input) => adapter.accepts(input),
      async (input) => other(input, await convertAsync.call(adapter, input)),
    ),
  );
}

function other(input: unknown, converted: unknown): unknown {
  if (converted === input) throw new TypeError(`the adapter for ${describe(input)} gave it back unchanged`);
  return converted;
}

/**
 * What an input is. Nothing is copied but nested numbers and files.
 * @throws TypeError for an input of no known kind, RangeError for one whose sizes disagree
 */
export function adapt(input: unknown, options: AdaptOptions = {}): Source {
  for (const read of readers) {
    const source = read(input, options);
    if (source !== undefined) return source;
  }
  if (isAwaited(input)) throw asyncInputError(describe(input));
  throw withCode(
    new TypeError(
      `${describe(input)} is not an image: expected an array { data, shape }, decoded pixels { data, width, height }, ` +
        "rows of numbers, an encoded file's bytes or data: URL, or a path in Node",
    ),
    "not-an-image",
  );
}

/** Whether an input has to be waited for. */
export function isAwaited(input: unknown): boolean {
  return asyncReaders.some(({ accepts }) => accepts(input));
}

/** More steps than a file handle's promise of a Blob, or an adapter's of another library's type, takes: such an input leads nowhere. */
const MAX_STEPS = 16;

/**
 * The input, or what it becomes once waited for: something that `adapt` reads. For `Image.from`:
 * `new Image(await resolveInput(input), options)`.
 */
export async function resolveInput(input: unknown, options: FetchOptions = {}): Promise<unknown> {
  checkFetchOptions(options);
  let resolved = input;
  for (let step = 0; step < MAX_STEPS; step++) {
    const asyncReader = asyncReaders.find(({ accepts }) => accepts(resolved));
    if (asyncReader === undefined) return resolved;
    resolved = await asyncReader.read(resolved, options);
  }
  throw new TypeError(`${describe(input)} leads to other inputs without end; expected a picture, or a promise of one`);
}
