// What the readers of this folder take, as TypeScript sees it: forms that are ours, and those of libraries by the fields that they are
// recognized by. None is imported, so that the types need no library, no DOM and no @types/node.
import type { ArrayInput } from "../frame.ts";

/** Rows of numbers: `[[0, 1], [1, 0]]`, `[[[r, g, b], …], …]`; the innermost may be typed arrays. */
export type NestedNumbers =
  | readonly ArrayLike<number>[]
  | readonly (readonly ArrayLike<number>[])[]
  | readonly (readonly (readonly ArrayLike<number>[])[])[];

/** Pixels as decoders and canvases give them: taken as they are, never normalized. `ImageData` is one. */
export interface PixelInput {
  /** Rows from the top, channels interleaved; 16-bit samples lose their lower byte. */
  readonly data: ArrayBufferView | ArrayBufferLike;
  readonly width: number;
  readonly height: number;
  /** 1 gray, 2 gray and alpha, 3 RGB, 4 RGBA; default: as many as the data has. */
  readonly channels?: number | undefined;
  /** Bytes from one row to the next, where rows are padded (a camera's, a GPU's); default: they are not. */
  readonly stride?: number | undefined;
  /** The same, by another name. */
  readonly bytesPerRow?: number | undefined;
  /** A camera's or video decoder's frame: luma, and chroma at half the resolution. Other words are of no meaning here. */
  readonly format?: "I420" | "NV12" | "YUY2" | (string & {}) | undefined;
  /** Of such a frame; default BT.601 ("smpte170m") in limited range. WebCodecs' names. Words, as `ImageData` has, are of no meaning here. */
  readonly colorSpace?:
    | { readonly matrix?: "bt601" | "bt709" | "smpte170m" | "bt470bg"; readonly fullRange?: boolean }
    | string
    | undefined;
}

/** An array of a library, recognized by its fields: scijs, stdlib, zarrita, npyjs, TensorFlow.js, onnxruntime, transformers.js, OpenCV.js. */
export type LibraryArray =
  | { readonly data: Values; readonly shape: ArrayLike<number> }
  | { readonly shape: ArrayLike<number>; readonly dtype: string; dataSync(): unknown }
  | { readonly values: unknown; readonly shape: ArrayLike<number>; readonly dtype: string }
  | { readonly dims: readonly number[]; readonly type: string; readonly data: unknown }
  | { readonly selection: { readonly shape: ArrayLike<number>; readonly stride: ArrayLike<number> } }
  | { readonly rows: number; readonly cols: number; channels(): number; type(): number };

type Values =
  | ArrayBufferView
  | ArrayBufferLike
  | ArrayLike<number | bigint | boolean>
  | { readonly length: number; get(index: number): unknown };

/** A picture of a library or of the DOM, recognized by its fields: a canvas, bitmap, `<img>`, `<video>`, VideoFrame; Jimp, image-js, p5, sharp. */
export type LibraryImage =
  | { readonly width: number; readonly height: number; readonly getContext: (...args: never[]) => unknown }
  | { readonly width: number; readonly height: number; close(): void }
  | { readonly naturalWidth: number; readonly naturalHeight: number }
  | { readonly videoWidth: number; readonly videoHeight: number }
  | { readonly displayWidth: number; readonly displayHeight: number }
  | { readonly bitmap: { readonly data: ArrayBufferView; readonly width: number; readonly height: number } }
  | { readonly canvas: unknown; loadPixels(): void }
  | { getRawImage(): object }
  | { readonly data: ArrayBufferView; readonly info: { readonly width: number; readonly height: number } };

declare global {
  /**
   * Types that `Image.registerAdapter` teaches, under any name, so that TypeScript lets them in:
   * `declare global { interface WandbImageInputs { frame: MyFrame } }`.
   */
  interface WandbImageInputs {}
}

/** Numbers that make a picture by the range rule: an array with its shape, nested numbers, a library's array or tensor. */
export type TensorInput = ArrayInput | NestedNumbers | LibraryArray;

/** What is read at once. */
export type PictureInput =
  | TensorInput
  | PixelInput
  | LibraryImage
  /** A path (Node), a `data:` URL, or a reference: `http(s)://`, `gs://`, `s3://`. */
  | string
  | { readonly href: string }
  /** An encoded file's bytes, or those of a .npy. */
  | ArrayBufferView
  | ArrayBufferLike
  | WandbImageInputs[keyof WandbImageInputs];

/** What has to be waited for. */
export type AwaitedInput<Input> = PromiseLike<Input | SourceToRead> | SourceToRead;

/** What is read asynchronously, and what a promise may also give. */
export type SourceToRead =
  /** Blob, File, Response. */
  | { arrayBuffer(): PromiseLike<ArrayBufferLike> }
  /** FileSystemFileHandle. */
  | { getFile(): PromiseLike<{ arrayBuffer(): PromiseLike<ArrayBufferLike> }> }
  /** Streams of the web and of Node. */
  | { readonly locked: boolean; readonly getReader: (...args: never[]) => unknown }
  | AsyncIterable<unknown>
  /** A sharp pipeline. */
  | {
      readonly toBuffer: (...args: never[]) => unknown;
      readonly metadata: (...args: never[]) => unknown;
      raw(): unknown;
    }
  /** jax-js' Array. */
  | { readonly shape: ArrayLike<number>; data(): PromiseLike<unknown> };
