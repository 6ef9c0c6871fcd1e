// Input → what it is: a Frame, decoded 8-bit pixels, a file's bytes, or a reference. The first adapter that accepts wins.
import type { Frame, Layout } from "../frame.ts";

export interface AdaptOptions {
  readonly layout?: Layout;
}

/** The furthest stage that an input has reached by itself. */
export type Source =
  | { readonly kind: "frame"; readonly frame: Frame }
  /** 8-bit interleaved pixels, W&B's "PIL image": taken as they are, never normalised. */
  | {
      readonly kind: "decoded";
      readonly data: Uint8Array;
      readonly width: number;
      readonly height: number;
      readonly channels: 1 | 2 | 3 | 4;
    }
  /** An encoded file, logged byte for byte; `format` is a path's extension, else what the bytes are. */
  | {
      readonly kind: "file";
      readonly bytes: Uint8Array;
      readonly format: string;
      readonly width: number;
      readonly height: number;
    }
  | { readonly kind: "reference"; readonly url: string };
