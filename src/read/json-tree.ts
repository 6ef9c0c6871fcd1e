// A nested object whose leaves are JSON as it was written, so that NaN, Infinity and every digit survive.
import { isObject, parseJson, walkObject } from "./json.ts";

type Node = Map<string, Node | string>;

export class JsonTree {
  readonly #root: Node = new Map();
  readonly #objects: "merge" | "replace";

  /**
   * @param objects what an object does that is set: W&B lays it over what is there, leaf by leaf, in the history and the
   * config (`{}` sets nothing there), and puts it in its place in the summary (core/internal/{pathtree,runsummary})
   */
  constructor(objects: "merge" | "replace") {
    this.#objects = objects;
  }

  get isEmpty(): boolean {
    return this.#root.size === 0;
  }

  /** The top keys. */
  keys(): Iterable<string> {
    return this.#root.keys();
  }

  /**
   * @param path at least one key
   * @param json valid JSON of W&B's dialect (see `isJson`)
   */
  set(path: readonly string[], json: string): void {
    if (this.#objects === "merge" && isObject(json)) this.#merge(path, json);
    else childOf(this.#root, path.slice(0, -1)).set(path.at(-1)!, json);
  }

  remove(path: readonly string[]): void {
    const nodes = [this.#root];
    for (const key of path.slice(0, -1)) {
      const inner = nodes.at(-1)!.get(key);
      if (!(inner instanceof Map)) return;
      nodes.push(inner);
    }
    // An object that this leaves empty goes, too.
    for (let depth = path.length - 1; depth >= 0; depth--) {
      nodes[depth]!.delete(path[depth]!);
      if (nodes[depth]!.size > 0) return;
    }
  }

  /** The value at a path as JSON, or undefined. */
  get(path: readonly string[]): string | undefined {
    let node: Node | string | undefined = this.#root;
    for (const key of path) {
      if (!(node instanceof Map)) return undefined;
      node = node.get(key);
    }
    return node instanceof Map ? textOf(node) : node;
  }

  /** What is set, each with its path; an object that lies `maxDepth` deep is one of them. */
  *leaves(maxDepth: number): Generator<{ path: string[]; json: string }, void, undefined> {
    const path: string[] = [];
    const open = [this.#root.entries()];
    for (let entries = open.at(-1); entries !== undefined; entries = open.at(-1)) {
      const next = entries.next();
      if (next.done) {
        open.pop();
        path.pop();
        continue;
      }
      const [key, value] = next.value;
      if (value instanceof Map && open.length < maxDepth) {
        path.push(key);
        open.push(value.entries());
      } else {
        yield { path: [...path, key], json: value instanceof Map ? textOf(value) : value };
      }
    }
  }

  /** The whole as JSON. */
  toJson(): string {
    return textOf(this.#root);
  }

  /** The whole as a value: an integer that a number cannot hold exactly is a bigint. */
  toObject(): Record<string, unknown> {
    return parseJson(this.toJson()) as Record<string, unknown>;
  }

  /** In one walk, however deep: an object is made only where a leaf of it is set. */
  #merge(path: readonly string[], json: string): void {
    const keys: string[] = [...path];
    const nodes: (Node | null)[] = [];
    let lists = 0;
    let listStart = 0;
    const put = (leaf: string) => {
      let depth = nodes.length - 1;
      while (depth >= 0 && nodes[depth] === null) depth--;
      let node = depth >= 0 ? nodes[depth]! : childOf(this.#root, path);
      if (depth < 0) nodes[0] = node;
      for (depth = Math.max(depth, 0) + 1; depth < nodes.length; depth++) {
        node = childOf(node, [keys[path.length + depth - 1]!]);
        nodes[depth] = node;
      }
      node.set(keys.at(-1)!, leaf);
    };
    walkObject(json, {
      open(container, start) {
        if (container === "[" && lists++ === 0) listStart = start;
        else if (lists === 0) nodes.push(null);
      },
      key(text) {
        if (lists > 0) return;
        keys.length = path.length + nodes.length - 1;
        keys.push(JSON.parse(text) as string);
      },
      scalar(text) {
        if (lists === 0) put(text);
      },
      close(end) {
        if (lists === 0) nodes.pop();
        else if (json[end - 1] === "]" && --lists === 0) put(json.slice(listStart, end));
      },
    });
  }
}

/** The object at a path below `node`, made where it is missing, in the place of what is none. */
function childOf(node: Node, path: readonly string[]): Node {
  for (const key of path) {
    let inner = node.get(key);
    if (!(inner instanceof Map)) {
      inner = new Map();
      node.set(key, inner);
    }
    node = inner;
  }
  return node;
}

function textOf(root: Node): string {
  let text = "{";
  const open = [root.entries()];
  let first = true;
  for (let entries = open.at(-1); entries !== undefined; entries = open.at(-1)) {
    const next = entries.next();
    if (next.done) {
      open.pop();
      text += "}";
      first = false;
      continue;
    }
    const [key, value] = next.value;
    text += `${first ? "" : ","}${JSON.stringify(key)}:`;
    first = value instanceof Map;
    if (value instanceof Map) {
      text += "{";
      open.push(value.entries());
    } else {
      text += value;
    }
  }
  return text;
}
