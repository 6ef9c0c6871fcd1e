// What `run.log` takes, as TypeScript sees it. snapshot.ts checks it at run time, in words.
import type { TypedArray } from "../dtype.ts";
import type { Image } from "../image/image.ts";

/** A value that a row can hold. `undefined` is skipped. */
export type Loggable =
  | number
  | string
  | boolean
  | bigint
  | null
  | undefined
  | Date
  | TypedArray
  | Image
  | { toJSON(key?: string): unknown }
  | readonly Loggable[]
  | { readonly [key: string]: Loggable };

/**
 * The data of `run.log`: `Data` itself, where no key holds what never can be logged. Interfaces without an index signature
 * and values of type `unknown` pass, as `{ [key: string]: Loggable }` would not let them; what they hold is checked when they are logged.
 */
export type LogData<Data> = Data & { readonly [Key in keyof Data]: Refusal<Data[Key]> };

type Refusal<Value> = 0 extends 1 & Value // any
  ? Value
  : Value extends PromiseLike<unknown>
    ? "a promise cannot be logged: await it first"
    : Value extends symbol | ((...args: never[]) => unknown)
      ? "a function or a symbol cannot be logged"
      : Value;

/** The data of `run.logAsync`: that of `run.log`, where promises stand for values. */
export type AsyncLogData<Data> = Data & {
  readonly [Key in keyof Data]: Refusal<Awaited<Data[Key]>> | PromiseLike<unknown>;
};
