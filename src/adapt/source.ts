// What an input turns out to be.

import type { Frame, Layout } from "../frame.ts";
import { withCode } from "../messages.ts";
import type { Rows, Samples } from "../rows.ts";
import type { Leader } from "../team.ts";
import type { OnWarning } from "../warnings.ts";

export interface AdaptOptions {
  readonly layout?: Layout | undefined;
  /** The array's first axis counts pictures: the Frame is the first of them, and its `batch` says where the others are. */
  readonly batch?: boolean | undefined;
  readonly onWarning?: OnWarning | undefined;
}

/** The furthest stage that an input has reached by itself. */
export type Source =
  | {
      readonly kind: "frame";
      readonly frame: Frame;
      /** Other threads that encode parts of it. */
      readonly team?: Leader | undefined;
    }
  /** 8-bit pixels of mode L, LA, RGB or RGBA, W&B's "PIL image": taken as they are, never normalized. */
  | {
      readonly kind: "decoded";
      readonly rows: Rows;
      /** What `rows` are made of, where it is plain samples: for the options that look at values. */
      readonly samples?: Samples | undefined;
      /** Its pixels are RGBA even where the picture has no alpha: a canvas, ImageData, a bitmap, a video frame. */
      readonly alwaysAlpha?: boolean;
      readonly team?: Leader | undefined;
    }
  /** An encoded file, logged byte for byte; `format` is a path's extension, else what the bytes are. */
  | {
      readonly kind: "file";
      /** Its own memory: the caller may reuse theirs. */
      readonly bytes: Uint8Array;
      readonly format: string;
      readonly width: number;
      readonly height: number;
    }
  | { readonly kind: "reference"; readonly url: string };

/** The Source that an input is, or undefined: not mine. Throws where it is mine and wrong. */
export type Reader = (input: unknown, options: AdaptOptions) => Source | undefined;

/** The error for an input that the constructor cannot read. */
export function asyncInputError(what: string): TypeError {
  return withCode(
    new TypeError(`${what} is read asynchronously: write await Image.from(x) instead of new Image(x)`),
    "needs-await",
  );
}
