// What a program logs → a checked copy of it. It is checked whole and shares nothing with the caller, so that a bad value is refused
// before anything is written, and arrays may be reused as soon as `log` returns.
import { formatOf } from "../decode/index.ts";
import { bytesOf } from "../dtype.ts";
import { isImageClone } from "../image/clone.ts";
import { Image, type ImageInput } from "../image/image.ts";
import { describe, quoted, tagOf, withCode } from "../messages.ts";
import { type OnWarning, type Warning, warn } from "../warnings.ts";
import { Histogram } from "./histogram.ts";
import type { Slots } from "./slots.ts";
import { elementsOf, readTensor, sizeOf, type Tensor } from "./tensors.ts";
import { isImage, type LoggedImage, type Value, type ValueMap, wellFormed } from "./values.ts";

const EXPECTED =
  "expected a number, string, boolean, null, bigint, Date, array, typed array, plain object, Image or Histogram";

/** W&B's limit: a longer array is logged as a histogram of so many bins. */
const MAX_ARRAY = 32;

/** Deeper values are mistakes, and end in the engine's "Maximum call stack size exceeded". */
const MAX_DEPTH = 1000;

/** What to do instead, by what Object.prototype.toString says. */
const REMEDIES: Readonly<Record<string, string>> = {
  Promise: "await it first",
  Map: "pass Object.fromEntries(map)",
  Set: "pass [...set]",
  ArrayBuffer: "pass a typed array over it",
  SharedArrayBuffer: "pass a typed array over it",
  DataView: "pass a typed array over it",
  Error: "pass its message",
  URLSearchParams: "pass Object.fromEntries(params)",
  FormData: "pass Object.fromEntries(data)",
  ImageData: "pass new Image(data)",
  HTMLCanvasElement: "pass new Image(canvas)",
  OffscreenCanvas: "pass new Image(canvas)",
  ImageBitmap: "pass new Image(bitmap)",
  HTMLImageElement: "pass new Image(element), or await Image.from(element)",
  HTMLVideoElement: "pass new Image(element), or await Image.from(element)",
  VideoFrame: "pass await Image.from(frame)",
  Blob: "pass await Image.from(blob), if it is a picture",
  File: "pass await Image.from(file), if it is a picture",
  Response: "pass await Image.from(response), if it is a picture",
  ReadableStream: "pass await Image.from(stream), if it is a picture",
};

export interface SnapshotOptions {
  /** What becomes of typed arrays of more than 32 numbers; default: a histogram, as W&B's client does. */
  readonly arrays?: "histogram" | "list";
  /** Takes the warnings of those histograms. */
  readonly onWarning?: OnWarning;
  /** Promises leave a Slot in their place; default: they are refused. */
  readonly slots?: Slots;
}

/**
 * A checked copy of `data`, whose own enumerable properties are the keys.
 * @param call the method, in errors
 * @throws TypeError for a value of another kind, RangeError for one out of range, naming its key
 */
export function snapshot(data: unknown, call: string, options: SnapshotOptions = {}): ValueMap {
  if (typeof data !== "object" || data === null) {
    throw withCode(
      new TypeError(`${call}: expected a plain object, { key: value }; got ${describe(data)}`),
      "not-loggable",
    );
  }
  if (isImage(data) || Array.isArray(data) || ArrayBuffer.isView(data) || !isPlain(data)) {
    const isObject = tagOf(data) === "Object" && !isImage(data);
    const remedy = REMEDIES[tagOf(data)] ?? (isObject ? SPREAD : "give it a name: { name: value }");
    throw withCode(
      new TypeError(`${call}: expected a plain object, { key: value }; got ${describe(data)}: ${remedy}`),
      "not-loggable",
    );
  }
  return new Copier(options).fields(data);
}

type Path = (string | number)[];

class Copier {
  readonly #options: SnapshotOptions;
  /** Where the value lies that is being copied, and the objects around it. */
  readonly #path: Path = [];
  readonly #ancestors: object[] = [];

  constructor(options: SnapshotOptions) {
    this.#options = options;
  }

  fields(data: object): ValueMap {
    this.#enter(data);
    const fields: Record<string, Value> = {};
    for (const [key, value] of Object.entries(data)) {
      if (key === "" && !this.#path.some(isIndex)) this.#refuse("an empty key, which W&B drops; give it a name");
      const copied = this.#at(key, value);
      if (copied === undefined) continue;
      const name = wellFormed(key);
      if (name !== "__proto__") fields[name] = copied;
      else Object.defineProperty(fields, name, { value: copied, enumerable: true }); // a key like any other
    }
    this.#ancestors.pop();
    return Object.freeze(fields);
  }

  #at(key: string | number, value: unknown): Value | undefined {
    this.#path.push(key);
    const copied = this.#value(value);
    this.#path.pop(); // not after an error, which names the path
    return copied;
  }

  #value(value: unknown): Value | undefined {
    switch (typeof value) {
      case "undefined":
      case "boolean":
      case "number":
      case "bigint":
        return value;
      case "string":
        return wellFormed(value);
      case "object":
        return value === null ? null : this.#object(value);
      default:
        return this.#refuse(`a ${typeof value} cannot be logged; ${EXPECTED}`);
    }
  }

  #object(value: object): Value | undefined {
    if (isImage(value)) return this.#image(value);
    if (this.#isAwaited(value)) return this.#options.slots!.add(value, show(this.#path)) as unknown as Value;
    if (isImageClone(value)) return this.#image(new Image(value as object as ImageInput));
    if (ArrayBuffer.isView(value) && "length" in value)
      return this.#array(value as ArrayBufferView & ArrayLike<number>);
    if (Array.isArray(value)) return this.#list(value);
    const pixels = pictureSize(value);
    if (pixels !== undefined) this.#refuse(`a picture of ${pixels} cannot be logged as it is; pass new Image(value)`);
    const tensor = this.#read(value);
    if (tensor !== undefined) return this.#tensor(value, tensor);
    switch (tagOf(value)) {
      case "Number":
      case "String":
      case "Boolean":
      case "BigInt":
        return this.#value(value.valueOf());
      case "Date":
        return this.#date(value as Date);
    }
    if ("toJSON" in value && typeof value.toJSON === "function")
      return this.#json(value as { toJSON(key: unknown): unknown });
    if (isPlain(value)) return this.fields(value);
    const remedy = REMEDIES[tagOf(value)] ?? (tagOf(value) === "Object" ? SPREAD : EXPECTED);
    return this.#refuse(`${describe(value)} cannot be logged; ${remedy}`);
  }

  #isAwaited(value: unknown): value is PromiseLike<unknown> {
    if (this.#options.slots === undefined || typeof value !== "object" || value === null) return false;
    return "then" in value && typeof value.then === "function";
  }

  #date(date: Date): string {
    if (Number.isNaN(date.getTime()))
      throw withCode(new RangeError(`key ${show(this.#path)}: an invalid Date`), "not-loggable");
    return date.toISOString();
  }

  #json(value: { toJSON(key: unknown): unknown }): Value | undefined {
    this.#enter(value);
    const copied = this.#value(value.toJSON(this.#path.at(-1)));
    this.#ancestors.pop();
    return copied;
  }

  #list(list: readonly unknown[]): readonly Value[] {
    this.#checkImages(list);
    this.#enter(list);
    const copied: Value[] = [];
    for (let i = 0; i < list.length; i++) {
      const item = list[i];
      if (item === undefined && !(i in list)) {
        this.#refuse(
          `a sparse array: it has ${list.length} items and none at ${i}; fill the holes, with null for example`,
        );
      }
      copied.push(typeof item === "number" ? item : (this.#at(i, item) ?? null));
    }
    this.#ancestors.pop();
    return copied;
  }

  #checkImages(list: readonly unknown[]): void {
    const first = list.findIndex(isImageOrClone);
    if (first === -1) return;
    const odd = list.findIndex((item) => !isImageOrClone(item) && !this.#isAwaited(item));
    if (odd !== -1) {
      this.#refuse(
        `a list mixes Images with other values (item ${odd} is ${describe(list[odd])}); log them under two keys`,
      );
    }
    if (this.#path.some(isIndex)) this.#refuse("Images in a list of lists; W&B knows lists of Images only");
  }

  #image(image: LoggedImage): LoggedImage {
    // An item of a list of Images has one number in its path, its last part.
    if (this.#path.slice(0, -1).some(isIndex)) {
      this.#refuse("an Image in an object in a list; W&B finds Images under keys only");
    }
    if (this.#path.some((part) => String(part).includes("\0"))) {
      throw withCode(
        new RangeError(`key ${show(this.#path)}: a NUL character, which no file name can hold`),
        "not-loggable",
      );
    }
    this.#named(() => image.checkLoggable?.());
    return image;
  }

  /** Does `check`, with the key in front of what it throws. */
  #named(check: () => unknown): void {
    try {
      check();
    } catch (error) {
      if (error instanceof Error) error.message = `key ${show(this.#path)}: ${error.message}`;
      throw error;
    }
  }

  /** A typed array: W&B's client makes a number of one element, and a histogram of many. */
  #array(array: ArrayBufferView & ArrayLike<number | bigint>): Value {
    this.#named(() => bytesOf(array)); // refuses memory that was moved away
    const format = tagOf(array) === "Uint8Array" ? pictureFormat(array as unknown as Uint8Array) : undefined;
    if (format !== undefined) {
      this.#refuse(`the bytes of a ${format} file cannot be logged as they are; pass new Image(bytes)`);
    }
    if (array.length === 1) return array[0]!;
    if (this.#options.arrays === "list" || array.length <= MAX_ARRAY) return Array.from(array);
    return this.#histogram(array);
  }

  #tensor(value: object, tensor: Tensor): Value {
    const elements = sizeOf(tensor.shape);
    if (elements > 1 && tensor.shape.filter((side) => side > 1).length > 1) {
      this.#refuse(
        `${describe(value)} of shape [${tensor.shape.join(", ")}] cannot be logged as it is; ` +
          "pass new Image(value), new Histogram(value), or its numbers",
      );
    }
    if (this.#options.arrays !== "list" && elements > MAX_ARRAY) return this.#histogram(value);
    const list = elementsOf(tensor);
    return elements === 1 ? list[0]! : list;
  }

  #histogram(data: object): Value {
    const onWarning = ({ code, message }: Warning) =>
      warn(code, `key ${show(this.#path)}: ${message}`, this.#options.onWarning);
    return this.#value(new Histogram(data, { numBins: MAX_ARRAY, onWarning }))!;
  }

  #read(value: object): Tensor | undefined {
    try {
      return readTensor(value);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw withCode(
        new TypeError(`key ${show(this.#path)}: ${describe(value)}: ${reason}`, { cause }),
        "not-loggable",
      );
    }
  }

  #enter(value: object): void {
    if (this.#ancestors.includes(value)) this.#refuse("a cycle cannot be logged");
    if (this.#ancestors.length > MAX_DEPTH) {
      throw withCode(
        new RangeError(`key ${show(this.#path)}: more than ${MAX_DEPTH} levels of nesting; log a flatter value`),
        "not-loggable",
      );
    }
    this.#ancestors.push(value);
  }

  #refuse(what: string): never {
    throw withCode(new TypeError(`key ${show(this.#path)}: ${what}`), "not-loggable");
  }
}

/** Of a class without `toJSON`: what it hides (private fields, getters) would be lost in silence. */
const SPREAD = "pass a plain object such as { ...value }, or give its class a toJSON method";

function isImageOrClone(value: unknown): boolean {
  return isImage(value) || isImageClone(value);
}

function isIndex(part: string | number): boolean {
  return typeof part === "number";
}

/** A path of keys as it stands in an error, of any length and on one line. */
function show(path: Path): string {
  let text = "";
  for (const part of path) {
    text += typeof part === "number" ? `[${part}]` : text === "" ? part : `.${part}`;
    if (text.length > MAX_SHOWN) return quoted(`${text.slice(0, MAX_SHOWN)}…`);
  }
  return quoted(text);
}

const MAX_SHOWN = 200;

/** Objects without a class, of any realm, and modules. */
function isPlain(value: object): boolean {
  if (tagOf(value) === "Module") return true;
  if (tagOf(value) !== "Object") return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || value.constructor?.name === "Object" || Object.getPrototypeOf(prototype) === null;
}

/** "640×480" of decoded pixels and of pictures of libraries (canvas, Jimp, OpenCV, transformers.js, sharp); undefined for what is none. */
function pictureSize(value: object): string | undefined {
  const { data, width, height, bitmap, info, rows, cols, getContext } = value as Record<string, unknown>;
  if (isSide(width) && isSide(height) && (isPixels(data) || typeof getContext === "function"))
    return `${width}×${height}`;
  if (isSide(rows) && isSide(cols) && isPixels(data)) return `${cols}×${rows}`;
  if (isPixels(data) && typeof info === "object" && info !== null) return pictureSize({ data, ...info });
  return typeof bitmap === "object" && bitmap !== null ? pictureSize(bitmap) : undefined;
}

/** "PNG" of the bytes of a PNG file; undefined for bytes that only begin like one. */
function pictureFormat(bytes: Uint8Array): string | undefined {
  const format = formatOf(bytes);
  if (format === undefined || bytes.length <= MAX_ARRAY) return undefined;
  // A BMP begins with two bytes that numbers may have too; then its length stands there.
  if (format === "bmp" && new DataView(bytes.buffer, bytes.byteOffset).getUint32(2, true) !== bytes.length)
    return undefined;
  return format === "jpg" ? "JPEG" : format.toUpperCase();
}

function isSide(side: unknown): side is number {
  return typeof side === "number" && Number.isSafeInteger(side) && side > 0;
}

function isPixels(data: unknown): boolean {
  return ArrayBuffer.isView(data);
}
