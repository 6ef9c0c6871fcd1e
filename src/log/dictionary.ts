// `run.config` and `run.summary`: read like plain objects, written by assignment or `update`.
import { emptyTree, isTree, type Tree } from "./tree.ts";

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
 * A dictionary whose changes go through `update` (a lost assignment would be lost in silence), and the values in it, in which
 * their result is then put. Reading costs the same however much is in it.
 */
export function dictionary(update: Dictionary["update"]): { view: Dictionary; values: Tree<unknown> } {
  const values = emptyTree<unknown>();
  const view = new Proxy(values, {
    get: (_, key) => (key === "update" ? update : readOnly(values[key as string])),
    has: (_, key) => key === "update" || key in values,
    ownKeys: () => Reflect.ownKeys(values).filter((key) => key !== "update"), // logged, but read as the method
    set(_, key, value) {
      if (typeof key === "symbol" || key === "update") return false;
      update({ [key]: value });
      return true;
    },
    defineProperty: () => false,
    deleteProperty: () => false,
  });
  return { view: view as Dictionary, values };
}

const views = new WeakMap<object, object>();

/** Nested keys, which only `update` changes. */
function readOnly(node: unknown): unknown {
  if (!isTree(node)) return node;
  let view = views.get(node);
  if (view === undefined) views.set(node, (view = new Proxy(node, READ_ONLY)));
  return view;
}

const READ_ONLY: ProxyHandler<Tree<unknown>> = {
  get: (tree, key) => readOnly(tree[key as string]),
  set: () => false,
  defineProperty: () => false,
  deleteProperty: () => false,
};
