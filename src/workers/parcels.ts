// Pixels and options as postMessage takes them. The calling thread adapts the input, which costs next to nothing: a library's tensor
// has methods, and only that thread may reach its memory. What is sent is memory, and what it means.
import { adapt, type Source } from "../adapt/index.ts";
import { isShared } from "../copy-run.ts";
import type { Frame } from "../frame.ts";
import { BoundingBoxes2D, type BoxSet, isBoundingBoxes2D } from "../image/boxes.ts";
import { classesOf } from "../image/classes.ts";
import { asAsked } from "../image/decoded-values.ts";
import { layerEntries } from "../image/dictionary.ts";
import type { MaskSize } from "../image/logits.ts";
import { ImageMask, isImageMask, type MaskInput } from "../image/masks.ts";
import { checkImageOptions, type ImageOptions, type Layers } from "../image/options.ts";
import { kernels } from "../kernels.ts";
import { tagOf } from "../messages.ts";
import { collect, packedPixels, type Rows } from "../rows.ts";
import type { SentPicture, SentRows } from "./messages.ts";
import type { Movable } from "./threads.ts";

export interface Parcel {
  readonly picture: SentPicture;
  readonly options: ImageOptions;
  /** The pool's own memory in it, which comes back with the answer. */
  readonly buffers: readonly ArrayBuffer[];
  readonly transfer: readonly Movable[];
}

/**
 * Packs frames. Fresh memory costs more than the copy (0.64 ms a MB of page faults), so buffers that came back serve again: after the
 * first frames a copy runs at the speed of memory.
 */
export class Parcels {
  readonly #free: ArrayBuffer[] = [];
  readonly #maxFree: number;

  /** @param maxFree how many buffers are kept for the next frames */
  constructor(maxFree: number) {
    this.#maxFree = maxFree;
  }

  /**
   * @param move the input's own memory goes to the worker, and the caller's arrays are empty afterwards
   * @throws what `new Image` throws for an input or options that it does not take
   */
  pack(input: unknown, options: ImageOptions, move: boolean): Parcel {
    checkImageOptions(options);
    const parcel = new Packing((bytes) => this.#take(bytes));
    try {
      const adapted = adapt(input, options);
      // What is asked of decoded pixels' values is settled here, where their samples are.
      const isFile = adapted.kind === "file" || adapted.kind === "reference";
      const asked = isFile ? { source: adapted, options } : asAsked(adapted, options);
      const picture = parcel.picture(asked.source, move);
      return {
        picture,
        options: parcel.options(asked.options, sizeOf(adapted)),
        buffers: parcel.buffers,
        transfer: [...parcel.transfer],
      };
    } catch (error) {
      this.takeBack(parcel.buffers);
      throw error;
    }
  }

  /** Memory of a frame that is done. */
  takeBack(buffers: readonly ArrayBuffer[]): void {
    this.#free.push(...buffers);
    // The largest stay: they serve small frames too.
    this.#free.sort((a, b) => a.byteLength - b.byteLength).splice(0, this.#free.length - this.#maxFree);
  }

  #take(bytes: number): ArrayBuffer {
    const index = this.#free.findIndex(({ byteLength }) => byteLength >= bytes);
    return index < 0 ? new ArrayBuffer(bytes) : this.#free.splice(index, 1)[0]!;
  }
}

/** One parcel in the making. */
class Packing {
  readonly buffers: ArrayBuffer[] = [];
  readonly transfer = new Set<Movable>();
  readonly #take: (bytes: number) => ArrayBuffer;

  constructor(take: (bytes: number) => ArrayBuffer) {
    this.#take = take;
  }

  picture(source: Source, move: boolean): SentPicture {
    if (source.kind === "frame") return { ...source, frame: this.#frame(source.frame, move) };
    if (source.kind === "decoded") {
      const { samples: _, ...fields } = source;
      return { ...fields, rows: this.#rows(source.rows, move) };
    }
    return source;
  }

  #frame(frame: Frame, move: boolean): Frame {
    if (move) return { ...frame, data: this.#moved(frame.data) };
    const { height, width, channels, strides, offset } = frame;
    const reach = [(height - 1) * strides.y, (width - 1) * strides.x, (channels - 1) * strides.c];
    const first = offset + reach.reduce((sum, step) => sum + Math.min(0, step), 0);
    const last = offset + reach.reduce((sum, step) => sum + Math.max(0, step), 0);
    return { ...frame, data: this.#sent(frame.data.subarray(first, last + 1)), offset: offset - first };
  }

  #rows(rows: Rows, move: boolean): SentRows {
    const { read: _, parts: __, packed: ___, ...fields } = rows;
    const lent = packedPixels(rows);
    if (lent !== undefined) return { ...fields, pixels: move ? this.#moved(lent) : this.#sent(lent) };
    const pixels = kernels().scratch(() => collect(rows));
    return { ...fields, pixels: this.#moved(pixels) };
  }

  /** The view itself where its memory is shared; else a copy in the pool's memory. */
  #sent<T extends ArrayBufferView>(view: T): T {
    if (isShared(view.buffer)) return view;
    const buffer = this.#take(view.byteLength);
    this.buffers.push(buffer);
    this.transfer.add(buffer);
    new Uint8Array(buffer).set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
    return viewOf(view, buffer);
  }

  /** The view itself; its memory goes with it. */
  #moved<T extends ArrayBufferView>(view: T): T {
    if (!isShared(view.buffer)) this.transfer.add(view.buffer as ArrayBuffer);
    return view;
  }

  /** Layers become instances or plain data here, functions stay behind. */
  options({ onWarning: _, boxes, masks, classes, ...others }: ImageOptions, size: MaskSize): ImageOptions {
    const boxSet = (set: BoxSet | BoundingBoxes2D, name: string) =>
      isBoundingBoxes2D(set) ? set : new BoundingBoxes2D(set, name);
    const mask = (mask: MaskInput | ImageMask, name: string) =>
      isImageMask(mask) || isPlain(mask) ? (this.#plain(mask) as MaskInput) : new ImageMask(mask, name, size);
    return {
      ...(this.#plain(others) as ImageOptions),
      ...(classes && { classes: classesOf(classes) }),
      ...(boxes && { boxes: mapLayers("boxes", boxes, boxSet) }),
      ...(masks && { masks: mapLayers("masks", masks, mask) }),
    };
  }

  /** Plain data with its arrays in memory that may be sent: the caller may change them while the parcel waits. */
  #plain(value: unknown): unknown {
    if (ArrayBuffer.isView(value)) return this.#sent(value);
    if (Array.isArray(value))
      return typeof value[0] === "number" ? value.slice() : value.map((entry) => this.#plain(entry));
    if (!isPlainObject(value)) return value;
    return mapValues(value, (entry) => this.#plain(entry));
  }
}

/** The size that a mask's `resize: true` means. */
function sizeOf(source: Source): MaskSize {
  if (source.kind === "reference") return { width: 0, height: 0 };
  return source.kind === "frame" ? source.frame : source.kind === "decoded" ? source.rows : source;
}

function mapLayers<T, U>(option: string, layers: Layers<T>, map: (layer: T, name: string) => U): Record<string, U> {
  return mapValues(Object.fromEntries(layerEntries(option, layers)) as Record<string, T>, map);
}

function mapValues<T, U>(values: Readonly<Record<string, T>>, map: (value: T, name: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value, name)]));
}

/** Arrays, typed arrays, primitives, and objects of them: what structured cloning keeps as it is. */
function isPlain(value: unknown): boolean {
  if (typeof value === "function") return false;
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return true;
  if (Array.isArray(value)) return typeof value[0] === "number" || value.every(isPlain);
  return isPlainObject(value) && Object.values(value).every(isPlain);
}

/** `{ … }` of whatever realm. */
function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** A view like `view` on other memory. */
function viewOf<T extends ArrayBufferView>(view: T, buffer: ArrayBuffer): T {
  const View = Reflect.get(globalThis, tagOf(view)) as new (buffer: ArrayBuffer, offset: number, length: number) => T;
  const length = "length" in view ? (view.length as number) : view.byteLength;
  return new View(buffer, 0, length);
}
