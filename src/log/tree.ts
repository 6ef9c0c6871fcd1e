// Nested keys as a run keeps them: the keys of an object are merged one by one, anything else replaces what was there.

/**
 * Values under nested keys, changed in place. Its prototype is empty, so that "__proto__" is a key like any other and so that a
 * tree differs from a value that is an object.
 */
export interface Tree<Leaf> {
  [key: string]: Leaf | Tree<Leaf>;
}

/** What a key had before it was changed. */
export interface Change<Leaf> {
  readonly tree: Tree<Leaf>;
  readonly key: string;
  readonly before: Leaf | Tree<Leaf> | undefined;
}

/** Engines make objects of a class in a fraction of the time that those without any prototype take. Node prints them as plain ones. */
class EmptyTree {
  [Symbol.for("nodejs.util.inspect.custom")](): object {
    return { ...this };
  }
}
Reflect.deleteProperty(EmptyTree.prototype, "constructor");
Object.setPrototypeOf(EmptyTree.prototype, null);

export function emptyTree<Leaf>(): Tree<Leaf> {
  return new EmptyTree() as Tree<Leaf>;
}

export function isTree<Leaf>(node: Leaf | Tree<Leaf> | undefined): node is Tree<Leaf> {
  return typeof node === "object" && node !== null && Object.getPrototypeOf(node) === EmptyTree.prototype;
}

/** The same keys with other leaves; where `leafOf` gives undefined, and where nothing is left below a key, the key goes. */
export function mapTree<From, To>(tree: Tree<From>, leafOf: (leaf: From) => To | undefined): Tree<To> {
  return nonEmpty(tree, leafOf) ?? emptyTree();
}

function nonEmpty<From, To>(tree: Tree<From>, leafOf: (leaf: From) => To | undefined): Tree<To> | undefined {
  let mapped: Tree<To> | undefined;
  for (const key in tree) {
    const node = tree[key]!;
    const value = isTree(node) ? nonEmpty(node, leafOf) : leafOf(node);
    if (value !== undefined) (mapped ??= emptyTree())[key] = value;
  }
  return mapped;
}

/**
 * Puts `update`, which then belongs to `tree`, over it, as W&B merges what one step or a summary is given. Costs what `update`
 * holds, whatever `tree` holds.
 * @param changes gets what was changed, for `revert`
 */
export function merge<Leaf>(tree: Tree<Leaf>, update: Tree<Leaf>, changes?: Change<Leaf>[]): void {
  for (const key in update) {
    const [before, value] = [tree[key], update[key]!];
    if (isMergeable(before) && isMergeable(value)) {
      merge(before, value, changes);
    } else {
      changes?.push({ tree, key, before });
      tree[key] = value;
    }
  }
}

/** Merges the keys of `update` alone: `true` for each leaf. */
export function mergeKeys(tree: Tree<true>, update: Tree<unknown>): void {
  for (const key in update) {
    const [before, value] = [tree[key], update[key]];
    if (!isTree(value)) tree[key] = true;
    else if (isMergeable(before) && isMergeable(value)) mergeKeys(before, value);
    else tree[key] = mapTree(value, () => true);
  }
}

export function revert<Leaf>(changes: readonly Change<Leaf>[]): void {
  for (const { tree, key, before } of changes) {
    if (before === undefined) delete tree[key];
    else tree[key] = before;
  }
}

/** The JSON of media has `_type`, and is replaced whole. */
function isMergeable<Leaf>(node: Leaf | Tree<Leaf> | undefined): node is Tree<Leaf> {
  return isTree(node) && !("_type" in node);
}

/** Calls `visit` with each leaf and the path of its keys. */
export function eachLeaf<Leaf>(
  tree: Tree<Leaf>,
  visit: (path: readonly string[], leaf: Leaf) => void,
  path: readonly string[] = [],
): void {
  for (const key in tree) {
    const node = tree[key]!;
    const here = path.length === 0 ? [key] : [...path, key];
    if (isTree(node)) eachLeaf(node, visit, here);
    else visit(here, node);
  }
}

/** Paths of the leaves of `tree` that `merge(tree, update)` takes away because it puts an object in an object's place. */
export function replacedLeaves(
  tree: Tree<unknown>,
  update: Tree<unknown>,
  path: readonly string[] = [],
): (readonly string[])[] {
  const replaced: (readonly string[])[] = [];
  for (const key in update) {
    const [before, value] = [tree[key], update[key]];
    if (!isTree(value) || !isTree(before)) continue;
    const here = [...path, key];
    if (isMergeable(before) && isMergeable(value)) {
      for (const inner of replacedLeaves(before, value, here)) replaced.push(inner);
    } else {
      eachLeaf(before, (leaf) => void (hasLeaf(value, leaf.slice(here.length)) || replaced.push(leaf)), here);
    }
  }
  return replaced;
}

function hasLeaf(tree: Tree<unknown>, path: readonly string[]): boolean {
  let node: unknown = tree;
  for (const key of path) node = isTree(node) ? node[key] : undefined;
  return node !== undefined && !isTree(node);
}
