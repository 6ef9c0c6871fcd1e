// What the pool and its workers say to each other. Everything here survives structured cloning.
import type { Source } from "../adapt/index.ts";
import type { ImageOptions } from "../image/options.ts";
import type { Rows } from "../rows.ts";
import type { TeamMemory } from "../team.ts";
import type { Warning } from "../warnings.ts";

/** What a page's worker says once it runs. */
export const READY = "ready";

/** What a helper says when it has no more to do. */
export const HELPED = "helped";

/** One image to encode. */
export interface Request {
  readonly picture: SentPicture;
  /** Those of `new Image`, without `onWarning`. */
  readonly options: ImageOptions;
  /** The pool's memory in it: the answer sends it back for the next frame. */
  readonly buffers: readonly ArrayBuffer[];
  /** Workers may share the work; `helper`: the number of one that makes parts, and no image. */
  readonly team?: TeamMemory;
  readonly helper?: number;
}

/** An adapted input whose pixels are in memory. */
export type SentPicture =
  | Exclude<Source, { readonly kind: "decoded" }>
  | (Omit<Extract<Source, { readonly kind: "decoded" }>, "rows"> & { readonly rows: SentRows });

/** Rows as the memory that they lie in, packed, in place of the function that reads them. */
export type SentRows = Omit<Rows, "read" | "parts" | "packed"> & { readonly pixels: Uint8Array };

export interface Answer {
  readonly result: { readonly image: unknown } | { readonly error: PlainError } | typeof HELPED;
  readonly warnings: readonly Warning[];
  readonly buffers: readonly ArrayBuffer[];
}

/** An Error as data: structured cloning keeps neither `code` nor the class of an error from another thread on every engine. */
export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
}

const CLASSES: Readonly<Record<string, new (message: string) => Error>> = { TypeError, RangeError, SyntaxError };

export function plainError(error: unknown): PlainError {
  if (typeof error !== "object" || error === null || !("message" in error)) {
    return { name: "Error", message: String(error) };
  }
  const { name = "Error", message, code } = error as { name?: unknown; message: unknown; code?: unknown };
  return { name: String(name), message: String(message), ...(typeof code === "string" && { code }) };
}

/** The error as the calling thread would have thrown it. */
export function errorOf({ name, message, code }: PlainError): Error {
  const error = new (CLASSES[name] ?? Error)(message);
  return code === undefined ? error : Object.assign(error, { code });
}
