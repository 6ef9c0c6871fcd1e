// What structured cloning (postMessage, structuredClone, IndexedDB) leaves of an Image and of its layers: the public fields, in plain
// objects without methods. `new Image(clone)` and `run.log` know them again.
import type { Normalization } from "../convert/index.ts";
import type { Mode } from "../rows.ts";
import type { ClassEntry } from "./classes.ts";
import type { ClassLabels } from "./media-run.ts";

export interface ImageClone {
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly format: string;
  readonly mode: Mode | null;
  readonly normalization: Normalization | null;
  readonly originalSize: { readonly width: number; readonly height: number };
  readonly reference: string | null;
  readonly caption: string | null;
  readonly grouping: number | null;
  readonly classes: { readonly classSet: readonly ClassEntry[] } | null;
  readonly boxes: Readonly<Record<string, LayerClone>> | null;
  readonly masks: Readonly<Record<string, MaskClone>> | null;
}

/** A set of boxes: its file holds all of it. */
export interface LayerClone {
  readonly file: { readonly bytes: Uint8Array };
}

export interface MaskClone extends LayerClone {
  readonly file: { readonly bytes: Uint8Array; readonly extension: string };
  readonly width: number;
  readonly height: number;
  readonly classLabels: ClassLabels;
  readonly hasGivenLabels: boolean;
}

const FIELDS: readonly (keyof ImageClone)[] = [
  "bytes",
  "format",
  "normalization",
  "originalSize",
  "reference",
  "masks",
];

export function isImageClone(value: unknown): value is ImageClone {
  if (typeof value !== "object" || value === null || !FIELDS.every((name) => name in value)) return false;
  return ArrayBuffer.isView((value as ImageClone).bytes);
}

/** @throws TypeError for an Image whose memory is on another thread now */
export function checkNotMoved({ bytes, reference }: Pick<ImageClone, "bytes" | "reference">): void {
  if (bytes.length > 0 || reference !== null) return;
  throw new TypeError("the Image is empty: transfer() moved its bytes to another thread");
}

export function isLayerClone(value: unknown): value is LayerClone {
  if (typeof value !== "object" || value === null || !("file" in value) || !("classLabels" in value)) return false;
  return ArrayBuffer.isView((value.file as { bytes?: unknown } | null)?.bytes);
}
