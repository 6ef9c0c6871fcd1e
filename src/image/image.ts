// wandb.Image: whatever the caller holds → an encoded file with its metadata, and its JSON in a run.

import { type Adapter, adapt, addAdapter, type FetchOptions, resolveInput } from "../adapt/index.ts";
import type { AwaitedInput, PictureInput, TensorInput } from "../adapt/input.ts";
import { guessMode, type Normalization, toUint8 } from "../convert/index.ts";
import { decodePixels, formatOf, type Pixels } from "../decode/index.ts";
import { toPlanes } from "../decode/planes.ts";
import type { FileType } from "../encode/index.ts";
import { type Frame, type Layout, MAX_DIMENSION } from "../frame.ts";
import type { Bytes, HostBlob } from "../host-types.ts";
import { describe, printable, quoted, tagOf, withCode } from "../messages.ts";
import { checkOptionNames } from "../option-names.ts";
import { checkNames } from "../options.ts";
import { platform } from "../platform.ts";
import type { Mode } from "../rows.ts";
import { MAX_ITEMS } from "../wandb-format.ts";
import type { OnWarning } from "../warnings.ts";
import type { BoundingBoxes2D, BoxSet } from "./boxes.ts";
import { type Classes, classesOf } from "./classes.ts";
import { checkNotMoved, type ImageClone, isImageClone } from "./clone.ts";
import type { ImageJson, ImageListJson } from "./json.ts";
import { boxesOf, type LayersJson, layersJson, layersOf, masksOf, warnLayersLeft } from "./layers.ts";
import { checkImages, keptImages, type ListOptions, warnMixed } from "./list.ts";
import type { ImageMask } from "./masks.ts";
import { mediaPath } from "./media-path.ts";
import type { MediaRun } from "./media-run.ts";
import { nestedRows, sameArray, samePixels } from "./nested-rows.ts";
import { checkImageOptions, IMAGE_OPTIONS, type ImageOptions, warnIgnored } from "./options.ts";
import type { OverlayJson } from "./overlay.ts";
import { batchFrames, batchOf, type Picture, pictureOf } from "./picture.ts";
import { isInPlace } from "./placement.ts";

/**
 * What `new Image` takes: an array `{ data, shape }`, nested numbers, a library's tensor; decoded pixels `{ data, width, height }`,
 * a canvas, bitmap or a library's picture; an encoded file (a path in Node, a `data:` URL, its bytes); a reference (`http(s)://`,
 * `gs://`, `s3://`); another Image.
 */
export type ImageInput =
  | PictureInput
  | Image
  /** An Image of another copy of this package. */
  | { readonly bytes: Uint8Array; readonly width: number; readonly height: number; readonly format: string };

/** What `Image.from` takes: what `new Image` takes, and what has to be waited for. */
export type ImageSource = ImageInput | AwaitedInput<ImageInput>;

/** Recognizes an Image of another copy of this package, and of another realm, where instanceof would not. */
const BRAND = Symbol.for("wandb-image.Image");
/** Methods by which another copy of this package saves an Image of ours in a list: a private name is of one copy. */
const BIND = Symbol.for("wandb-image.Image.bind");
const PATH = Symbol.for("wandb-image.Image.path");

/**
 * An image for a W&B run: the encoded file and its metadata. All work is done by the constructor; the caller's array is
 * neither kept nor written and may be reused at once.
 * To change anything, make another: `new Image(image, { caption })`.
 */
export class Image {
  /** W&B's limit for a list of images. */
  static readonly MAX_ITEMS = MAX_ITEMS;
  /** Longest side, in pixels, of an image that this package encodes. */
  static readonly MAX_DIMENSION = MAX_DIMENSION;

  readonly caption: string | null;
  readonly grouping: number | null;
  readonly width: number;
  readonly height: number;
  /** The input's size, before `maxSize`. W&B's records have the logged size only. */
  readonly originalSize: { readonly width: number; readonly height: number };
  /** The file type as given ("jpg" stays "jpg"); the extension of a path. */
  readonly format: string;
  /** Pillow's mode of the pixels, whatever form the file stores them in; null for a file that was taken as it is. */
  readonly mode: Mode | null;
  /** The encoded file. A view of this Image's memory: copy before changing it. Empty for a reference. */
  readonly bytes: Bytes;
  /** What the range rule did to the values; null where nothing was normalized. */
  readonly normalization: Normalization | null;
  /** The class set given, or that of the Image copied; names of a layer's own are the layer's. */
  readonly classes: Classes | null;
  /** Sets of boxes by name. */
  readonly boxes: Readonly<Record<string, BoundingBoxes2D>> | null;
  /** Masks by name. */
  readonly masks: Readonly<Record<string, ImageMask>> | null;

  /** The address, if this Image only refers to a picture elsewhere. */
  readonly reference: string | null;

  static {
    Object.defineProperty(Image.prototype, BRAND, { value: true });
  }

  readonly #onWarning: OnWarning | undefined;
  /** The first run that has it, its path there, and those of others: a WeakMap for each image costs more than its JSON. */
  #run: MediaRun | undefined;
  #path = "";
  #otherPaths: WeakMap<MediaRun, string> | undefined;
  #sha256: string | undefined;

  /**
   * @param input an array `{ data, shape }`, nested number arrays, a tensor; decoded pixels `{ data, width, height }`; an
   *   encoded file (a path in Node, a `data:` URL, its bytes); a reference (`http(s)://`, `gs://`, `s3://`); another Image.
   * @throws TypeError for an input or option of the wrong kind, RangeError for a value outside what is accepted.
   */
  constructor(input: ImageInput, options: ImageOptions = {}) {
    checkImageOptions(options);
    const original = isImage(input) || isImageClone(input) ? input : null;
    const picture = original === null ? pictureOf(input, options) : copyOf(original, options);
    this.bytes = picture.bytes as Bytes;
    this.width = picture.width;
    this.height = picture.height;
    this.format = picture.format;
    this.mode = picture.mode;
    this.normalization = picture.normalization;
    this.reference = picture.reference;
    this.caption = options.caption ?? original?.caption ?? null;
    this.grouping = options.grouping ?? original?.grouping ?? null;
    const classes = options.classes ?? original?.classes;
    this.classes = classes ? classesOf(classes) : null;
    const { placement, width, height } = picture;
    this.originalSize = placement?.from ?? original?.originalSize ?? { width, height };
    const moved = placement !== undefined && !isInPlace(placement) ? placement : null;
    // Those of another Image are not copied, as in W&B; a clone is that Image.
    const layers = isImage(original) ? null : original;
    if (isImage(original)) warnLayersLeft("Image", original, options, options.onWarning);
    const boxes = boxesOf(options.boxes ?? layers?.boxes);
    const masks = masksOf(options.masks ?? layers?.masks, placement?.from ?? { width, height });
    this.boxes = moved === null ? boxes : layersOf("boxes", boxes, (layer) => (layer as BoundingBoxes2D).placed(moved));
    this.masks = moved === null ? masks : layersOf("masks", masks, (layer) => (layer as ImageMask).placed(moved));
    this.#onWarning = options.onWarning;
    // A clone's own layers were checked with the Image that it is.
    const areChecked = layers !== null && !options.boxes && !options.masks;
    if (this.reference === null && !areChecked) this.#checkLayers();
  }

  #checkLayers(): void {
    for (const boxes of this.#layers(this.boxes)) boxes.warnOutside(this.width, this.height, this.#onWarning);
    for (const mask of this.#layers(this.masks)) mask.checkSize(this.width, this.height);
  }

  #layers<T>(layers: Readonly<Record<string, T>> | null): T[] {
    return layers === null ? [] : Object.values(layers);
  }

  /** Size of the file in bytes. */
  get size(): number {
    return this.bytes.length;
  }

  /** SHA-256 of the file (of the address, for a reference) in hexadecimal; computed when first asked for. */
  get sha256(): string {
    this.#sha256 ??= platform().sha256(this.#hashed());
    return this.#sha256;
  }

  /** The same as `sha256`, by `crypto.subtle` where there is one: in a browser that is faster, and off this thread. */
  async digest(): Promise<string> {
    this.#sha256 ??= await platform().digest(this.#hashed());
    for (const layer of [...this.#layers(this.boxes), ...this.#layers(this.masks)]) await layer.file.digest();
    return this.#sha256;
  }

  #hashed(): Uint8Array {
    return this.reference === null ? this.bytes : new TextEncoder().encode(this.reference);
  }

  /**
   * An Image of anything that `new Image` takes, and of what has to be waited for: a promise, Blob, File, Response, stream,
   * sharp pipeline, `http(s):` or `blob:` address (fetched; in a page also one relative to it), a tensor on a GPU, an `<img>` or
   * `<video>` still loading.
   * @param options those of the constructor; `signal` and `timeout`, which end the waiting (without `timeout`: an address, a Response
   *   and a stream after 60 000 ms, others never); and `maxBytes` of an address, a Response, a stream (default 100 MB) or a
   *   Blob (default: any)
   * @throws what the constructor throws, TypeError where the source cannot be read, and RangeError of code "file-too-large" past
   *   `maxBytes`
   */
  static async from(input: ImageSource, options: ImageOptions & FetchOptions = {}): Promise<Image> {
    const { signal, maxBytes, timeout, ...others } = options ?? {};
    checkImageOptions(options === null ? options : others);
    return new Image((await resolveInput(input, { signal, maxBytes, timeout })) as ImageInput, others);
  }

  /**
   * The images of a batch: an array of four axes (NHWC, or NCHW where `layout` or the library's convention says so), or
   * three for gray ones. All share one range decision, so that a sequence does not flicker. Options go to each image; a
   * `caption` may also be a list, one for each.
   * @throws what the constructor throws, and RangeError for a shape that is not a batch
   */
  static fromBatch(
    batch: TensorInput,
    options: Omit<ImageOptions, "caption"> & { readonly caption?: string | readonly string[] | null | undefined } = {},
  ): Image[] {
    checkNames("Image.fromBatch", options, IMAGE_OPTIONS, '{ layout: "NCHW" }');
    const { caption, ...others } = options;
    checkImageOptions(others);
    const frames = batchFrames(batchOf(batch, others, "Image.fromBatch"), others);
    if (Array.isArray(caption) && caption.length !== frames.length) {
      throw new RangeError(`caption: ${caption.length} captions for a batch of ${frames.length} images`);
    }
    const captionOf = (n: number) => (Array.isArray(caption) ? caption[n] : caption) as string | undefined;
    return frames.map((frame, n) => new Image(frame as object as ImageInput, { ...others, caption: captionOf(n) }));
  }

  /**
   * Teaches Image a type of your own; the adapter registered last is asked first, before all that come with the package.
   * @throws TypeError where the adapter lacks `accepts`, or both `convert` and `convertAsync`
   */
  static registerAdapter(adapter: Adapter): void {
    addAdapter(adapter);
  }

  /**
   * The mode that an array would be logged in: "L", "LA", "RGB" or "RGBA" by its channels; RGB also for 4 channels when
   * the file type is jpg, as W&B's guess_mode does.
   * @throws RangeError where the shape fits no reading
   */
  static guessMode(array: TensorInput, options: { layout?: Layout; fileType?: FileType } = {}): Mode {
    checkOptionNames("Image.guessMode", options, ["layout", "fileType"]);
    return guessMode(frameOf(array, options.layout, "guessMode"), options.fileType);
  }

  /** `Image.guessMode`, callable on an instance as in W&B. */
  guessMode(array: TensorInput, options: { layout?: Layout; fileType?: FileType } = {}): Mode {
    return Image.guessMode(array, options);
  }

  /**
   * The range rule alone (W&B's to_uint8), bit for bit as numpy gives it.
   * @returns a copy, channels last
   */
  static toUint8(
    array: TensorInput,
    options: { layout?: Layout; normalize?: boolean } = {},
  ): { data: Uint8Array; shape: number[] } {
    checkOptionNames("Image.toUint8", options, ["layout", "normalize"]);
    return toUint8(frameOf(array, options.layout, "toUint8"), { normalize: options.normalize ?? true });
  }

  /** `Image.toUint8`, callable on an instance as in W&B. */
  toUint8(
    array: TensorInput,
    options: { layout?: Layout; normalize?: boolean } = {},
  ): { data: Uint8Array; shape: number[] } {
    return Image.toUint8(array, options);
  }

  /**
   * An image read back from a run directory (Node): its file, caption, grouping, boxes and masks.
   * @param json what `toJson` gave, as a history row holds it
   * @param options.dir the run's directory, `run.dir`
   * @throws TypeError for other JSON (a list's has no single image), and what the file system throws
   */
  static fromJson(json: ImageJson, options: { dir: string }): Image {
    checkOptionNames("fromJson", options, ["dir"]);
    const { dir } = options;
    if (json?._type !== "image-file") {
      throw new TypeError(`fromJson: expected _type "image-file"; got ${describe(json?._type)}`);
    }
    const file = ({ path }: { path: string }) => `${dir}/files/${path}`;
    const layers = <T>(all: LayersJson | undefined, read: (layer: OverlayJson) => T) =>
      all && Object.fromEntries(Object.entries(all).map(([name, layer]) => [name, read(layer)]));
    const text = new TextDecoder();
    return new Image(file(json), {
      caption: json.caption,
      grouping: json.grouping,
      boxes: layers(json.boxes, (boxes) => JSON.parse(text.decode(platform().readFile(file(boxes)))) as BoxSet),
      masks: layers(json.masks, (mask) => ({ path: file(mask) })),
    });
  }

  /** @throws W&B's error for a reference, which no run can hold; TypeError for an Image that `transfer` emptied */
  checkLoggable(): void {
    checkNotMoved(this);
    if (this.reference === null) return;
    throw withCode(
      new TypeError(
        "Image media created by a reference to external storage cannot currently be added to a run: " +
          `${this.reference}. Fetch it first: await Image.from(url)`,
      ),
      "not-loggable",
    );
  }

  isBound(run: MediaRun): boolean {
    return this.#pathIn(run) !== undefined;
  }

  /**
   * Saves the file and the layers into the run; once they are there, a further call keeps the first paths, as in W&B, and
   * gives the layers' class names to the new key as well.
   */
  bindToRun(run: MediaRun, key: string, step: number): void {
    if (!this.isBound(run)) {
      this[BIND](run, key, step);
      return;
    }
    for (const layer of [...this.#layers(this.boxes), ...this.#layers(this.masks)]) {
      layer.saveLabels(run, key, this.#onWarning);
    }
  }

  /** @internal */
  [BIND](run: MediaRun, key: string, step: number): void {
    this.checkLoggable();
    const path = mediaPath("images", key, step, this.sha256, `.${this.format}`);
    run.saveMedia(path, this.bytes);
    for (const boxes of this.#layers(this.boxes)) boxes.bindToRun(run, key, step, this.#onWarning);
    for (const mask of this.#layers(this.masks)) mask.bindToRun(run, key, step, this.#onWarning);
    // Last: what fails before leaves the image unbound, to be bound by another call.
    if (this.#run === undefined || this.#run === run) [this.#run, this.#path] = [run, path];
    else (this.#otherPaths ??= new WeakMap()).set(run, path);
  }

  #pathIn(run: MediaRun): string | undefined {
    return run === this.#run ? this.#path : this.#otherPaths?.get(run);
  }

  /** What a history row of the run says of this image. @throws if it was not bound to the run */
  toJson(run: MediaRun): ImageJson {
    return {
      _type: "image-file",
      sha256: this.sha256,
      size: this.size,
      path: this[PATH](run),
      format: this.format,
      width: this.width,
      height: this.height,
      ...(this.caption === null ? {} : { caption: this.caption }),
      ...(this.grouping ? { grouping: this.grouping } : {}),
      ...(this.boxes === null ? {} : { boxes: layersJson(this.boxes, run) }),
      ...(this.masks === null ? {} : { masks: layersJson(this.masks, run) }),
    };
  }

  /** @internal */
  [PATH](run: MediaRun): string {
    const path = this.#pathIn(run);
    if (path === undefined) throw new Error(`the image is not bound to run ${run.id}: call bindToRun first`);
    return path;
  }

  /**
   * Saves a list of images under one key and gives its JSON. The first MAX_ITEMS are kept, and saying so is a warning.
   * Width, height and format are the first image's, as in W&B.
   */
  static seqToJson(
    images: readonly Image[],
    run: MediaRun,
    key: string,
    step: number,
    options: ListOptions = {},
  ): ImageListJson {
    checkImages("Image.seqToJson", images, isImage);
    const kept = keptImages(images, key, options);
    const first = kept[0]!;
    for (const image of kept) {
      if (!(BIND in image)) throw new TypeError(`${key}: a list with an Image of wandb-image 0.1, beside this version`);
      image.checkLoggable();
    }
    warnMixed(kept, key, options.onWarning);
    for (const image of kept) image[BIND](run, key, step);
    const captions = Image.allCaptions(kept);
    const allBoxes = Image.allBoxes(kept, run);
    const allMasks = Image.allMasks(kept, run);
    return {
      _type: "images/separated",
      width: first.width,
      height: first.height,
      format: first.format,
      count: kept.length,
      filenames: kept.map((image) => image[PATH](run)),
      ...(captions ? { captions } : {}),
      ...(allMasks ? { all_masks: allMasks } : {}),
      ...(allBoxes ? { all_boxes: allBoxes } : {}),
    };
  }

  /** Captions of a list, null where an image has none; false if no image has any. (W&B drops all if the first has none.) */
  static allCaptions(images: readonly Image[]): (string | null)[] | false {
    checkImages("Image.allCaptions", images, isImage);
    if (images.every((image) => image.caption === null)) return false;
    return images.map((image) => image.caption);
  }

  /**
   * Boxes of a list of images that are bound to the run, null where an image has none; false if no image has any. The key
   * and the step are W&B's arguments; neither has an effect.
   */
  static allBoxes(
    images: readonly Image[],
    run: MediaRun,
    _key?: string,
    _step?: number,
  ): (LayersJson | null)[] | false {
    checkImages("Image.allBoxes", images, isImage);
    if (images.every((image) => image.boxes === null)) return false;
    return images.map((image) => image.boxes && layersJson(image.boxes, run));
  }

  /** Masks of a list of images, as `allBoxes` gives their boxes. */
  static allMasks(
    images: readonly Image[],
    run: MediaRun,
    _key?: string,
    _step?: number,
  ): (LayersJson | null)[] | false {
    checkImages("Image.allMasks", images, isImage);
    if (images.every((image) => image.masks === null)) return false;
    return images.map((image) => image.masks && layersJson(image.masks, run));
  }

  /**
   * The pixels, decoded from the file: W&B's nested rows, `[y][x]` or `[y][x][c]`; with a layout one array with its shape.
   * A copy. A JPEG gives what its compression left, as Pillow decodes it.
   * @param options.layout channels last or first; default: nested rows
   * @param options.maxPixels more pixels than these are refused before memory is asked for; default Pillow's 178 956 970
   * @throws RangeError that names the file, with a `code`: "file-unsupported" for GIF and WebP, which nothing here decodes, and for
   *   what Pillow does not read either; "file-broken", "file-truncated", "file-too-large"
   */
  toDataArray(options?: { layout?: undefined; maxPixels?: number }): number[][] | number[][][];
  toDataArray(options: { layout: "HWC" | "CHW"; maxPixels?: number }): {
    data: Uint8Array | Uint16Array;
    shape: [number, number, number];
  };
  toDataArray(options: { layout?: "HWC" | "CHW" | undefined; maxPixels?: number } = {}) {
    checkOptionNames("toDataArray", options, ["layout", "maxPixels"]);
    const pixels = this.pixels(options);
    if (options.layout === undefined) return nestedRows(pixels);
    const { data, height, width, channels } = pixels;
    if (options.layout === "HWC") return { data, shape: [height, width, channels] };
    if (options.layout === "CHW") return { data: toPlanes(data, channels), shape: [channels, height, width] };
    throw new RangeError(`layout ${describe(options.layout)}: expected "HWC" or "CHW"`);
  }

  /**
   * What sends this Image to another thread without a copy: `port.postMessage(...image.transfer())`. There `new Image(message)` and
   * `run.log` know it again, with its layers; here it is empty afterwards. `port.postMessage(image)` sends a copy.
   * An Image that was copied from this one shares its memory, and is empty too.
   * @returns the arguments of `postMessage`: the message, and the buffers to move
   */
  transfer(): [message: Image, buffers: ArrayBuffer[]] {
    // All of it is memory of this Image's own: what callers and files gave was copied.
    const files = [...this.#layers(this.boxes), ...this.#layers(this.masks)].map(({ file }) => file.bytes);
    return [this, [...new Set([this.bytes, ...files].map(({ buffer }) => buffer as ArrayBuffer))]];
  }

  /** The file in a Blob of its media type. */
  toBlob(): HostBlob {
    return new Blob([this.bytes], { type: this.#mediaType() });
  }

  /** The file as a `data:` URL. */
  toDataURL(): string {
    let binary = "";
    // A call takes so many arguments only; 8192 at once is within every engine's limit.
    for (let i = 0; i < this.bytes.length; i += 8192)
      binary += String.fromCharCode(...this.bytes.subarray(i, i + 8192));
    return `data:${this.#mediaType()};base64,${btoa(binary)}`;
  }

  #mediaType(): string {
    // Of the bytes: `format` may be any path's extension.
    const format = formatOf(this.bytes) ?? this.format;
    return `image/${format === "jpg" ? "jpeg" : format}`;
  }

  /**
   * Writes the file (Node), of whatever extension, as it is.
   * @throws what the file system throws; TypeError for a reference, and for options: the file was encoded when the Image was made
   */
  save(path: string, ...options: never[]): void {
    if (options.length > 0) {
      throw new TypeError(
        `save: expected a path alone; got ${describe(options[0])}. Give options such as fileType and quality to new Image`,
      );
    }
    // A number would be a descriptor, of a file that this program has open.
    if (typeof path !== "string" && tagOf(path) !== "URL") {
      throw new TypeError(`save: expected a path; got ${describe(path)}`);
    }
    if (this.reference !== null) throw new TypeError(`${this.reference} is a reference: there is no file to save`);
    platform().writeFile(path, this.bytes);
  }

  /** What `JSON.stringify` and loggers get: what the image is, without its bytes, in less than 1 kB: a long caption is cut. */
  toJSON(): {
    readonly format: string;
    readonly width: number;
    readonly height: number;
    readonly mode: Mode | null;
    readonly size: number;
    readonly sha256: string;
    readonly caption: string | null;
    readonly reference?: string;
  } {
    const { format, width, height, mode, size, sha256, caption, reference } = this;
    const short = (text: string) => (text.length <= 100 ? text : `${[...text.slice(0, 100)].slice(0, -1).join("")}…`);
    return {
      format: short(format),
      width,
      height,
      mode,
      size,
      sha256,
      caption: caption === null ? null : short(caption),
      ...(reference === null ? {} : { reference: short(reference) }),
    };
  }

  /** `Image 640×480 RGB png 213 kB "caption"`; a picture that `maxSize` made smaller also shows its original size. */
  toString(): string {
    const { width, height, originalSize: original, mode, format, size, caption } = this;
    if (this.reference !== null) return `Image ${printable(this.reference)}`;
    const bytes =
      size < 1000 ? `${size} B` : size < 1e6 ? `${Math.round(size / 1000)} kB` : `${(size / 1e6).toFixed(1)} MB`;
    const parts = [
      "Image",
      `${width}×${height}`,
      mode,
      format,
      bytes,
      caption === null ? null : quoted(caption),
      original.width === width && original.height === height ? null : `of ${original.width}×${original.height}`,
    ];
    return parts.filter((part) => part !== null).join(" ");
  }

  /** What Node's console shows. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** The pixels as the file holds them, in `mode`. A copy. */
  pixels({ maxPixels }: { readonly maxPixels?: number | undefined } = {}): Pixels {
    if (this.reference !== null) throw new RangeError(`pixels of the reference ${this.reference} are not here`);
    return decodePixels(this.bytes, { mode: this.mode, maxPixels });
  }

  /**
   * Same pixels, caption, grouping, classes and size, as W&B's `==`; two references: the same address.
   * @param options.maxPixels as for `toDataArray`; files that differ are decoded to be compared
   */
  equals(other: unknown, options: { readonly maxPixels?: number } = {}): boolean {
    checkOptionNames("equals", options, ["maxPixels"]);
    if (!isImage(other)) return false;
    if (this.reference !== null || other.reference !== null) return this.reference === other.reference;
    return (
      this.grouping === other.grouping &&
      this.caption === other.caption &&
      (this.classes === null ? other.classes === null : this.classes.equals(other.classes)) &&
      this.width === other.width &&
      this.height === other.height &&
      (sameArray(this.bytes, other.bytes) ||
        samePixels(this.pixels(options), decodePixels(other.bytes, { mode: other.mode, ...options })))
    );
  }
}

export function isImage(value: unknown): value is Image {
  return typeof value === "object" && value !== null && Reflect.get(value, BRAND) === true;
}

/** An array in any of the forms that `new Image` takes, as it is described to the stages. */
function frameOf(array: unknown, layout: Layout | undefined, method: string): Frame {
  const source = adapt(array, { layout });
  if (source.kind !== "frame")
    throw new TypeError(`Image.${method}: expected an array { data, shape } or rows of numbers`);
  return source.frame;
}

function copyOf(image: Image | ImageClone, options: ImageOptions): Picture {
  checkNotMoved(image);
  warnIgnored(options, "another Image is logged byte for byte. Make it anew from its pixels to change it");
  const { bytes, width, height, format, mode, normalization, reference } = image;
  return { bytes, width, height, format, mode, normalization, reference };
}
