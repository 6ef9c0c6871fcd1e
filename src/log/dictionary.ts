// `run.config` and `run.summary`: read like plain objects, written by assignment or `update`.
import type { Fields, Value } from "./values.ts";

export interface UpdateOptions {
  /** Config only: lets a key that was set before get another value. W&B's `allow_val_change`. */
  readonly allowValChange?: boolean | undefined;
}

export interface Dictionary {
  /** Sets each key of `values`; the others stay. */
  update(values: Readonly<Record<string, unknown>>, options?: UpdateOptions): void;
  [key: string]: unknown;
}

/**
 * A dictionary whose changes go through `update` (a lost assignment would be lost in silence), and the function that
 * then shows their result in it.
 */
export function dictionary(update: Dictionary["update"]): { view: Dictionary; show(values: Fields): void } {
  const shown: object = Object.create(null, { update: { value: update } });
  const view = new Proxy(shown, {
    set(_, key, value) {
      if (typeof key === "symbol" || key === "update") return false;
      update({ [key]: value });
      return true;
    },
    defineProperty: () => false,
    deleteProperty: () => false,
  });
  return {
    view: view as Dictionary,
    show(values) {
      for (const [key, value] of Object.entries<Value>(values)) {
        if (key === "update") continue; // written, but read as the method
        Object.defineProperty(shown, key, { value, enumerable: true, configurable: true, writable: true });
      }
    },
  };
}
