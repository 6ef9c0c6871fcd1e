import { runInNewContext } from "node:vm";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { snapshot } from "../../../src/log/snapshot.ts";
import { type Change, eachLeaf, mapTree, merge, replacedLeaves, revert, type Tree } from "../../../src/log/tree.ts";
import { jsonText, jsonTree, type Value, valueTree } from "../../../src/log/values.ts";
import { FakeImage } from "../../support/fake-image.ts";
import { assemble } from "../../support/wandb-reader.ts";

const treeOf = (data: object) => jsonTree(snapshot(data, "run.log"));

function leaves(tree: Tree<string>) {
  const found: { path: string[]; json: string }[] = [];
  eachLeaf(tree, (path, json) => found.push({ path: [...path], json }));
  return found;
}

const json = (value: unknown) => jsonText(snapshot({ value }, "run.log").value as Value);

test.each<[unknown, string]>([
  [0, "0"],
  [-1.5, "-1.5"],
  [1e21, "1e+21"],
  [5e-324, "5e-324"],
  [Number.NaN, "NaN"],
  [Number.POSITIVE_INFINITY, "Infinity"],
  [Number.NEGATIVE_INFINITY, "-Infinity"],
  [9007199254740993n, "9007199254740993"],
  [-(2n ** 63n), "-9223372036854775808"],
  [true, "true"],
  [null, "null"],
  ["", '""'],
  ['say "é" 漢 😀 / \\ \n \u0001', '"say \\"é\\" 漢 😀 / \\\\ \\n \\u0001"'],
  ["lone \ud800 surrogate", '"lone \ufffd surrogate"'],
  [new Date(Date.UTC(2026, 10, 23, 1, 2, 3, 4)), '"2026-11-23T01:02:03.004Z"'],
  [[1, Number.NaN, "a", null, undefined, [2n]], '[1,NaN,"a",null,null,[2]]'],
  [[{ a: { b: [Number.NEGATIVE_INFINITY] } }], '[{"a":{"b":[-Infinity]}}]'],
  [new Float32Array([0.5, Number.NaN, 3]), "[0.5,NaN,3]"],
  [new Uint8Array([0, 1, 2, 255]).subarray(1, 3), "[1,2]"],
  [new BigInt64Array([-1n, 2n ** 62n]), "[-1,4611686018427387904]"],
  [Buffer.from([7, 8]), "[7,8]"],
  [Object(5), "5"],
  [Object("s"), '"s"'],
  [{ toJSON: () => ({ lr: 1 }) }, '{"lr":1}'],
  [new URL("https://wandb.ai/x"), '"https://wandb.ai/x"'],
  [Object.create(null, { a: { value: 1, enumerable: true } }), '{"a":1}'],
])("%p is logged as %s", (value, text) => {
  expect(json(value)).toBe(text);
});

test("symbols and undefined are skipped; plain objects of every making are taken", () => {
  const secret: unique symbol = Symbol("secret");
  expect(snapshot({ loss: 1, skipped: undefined, [secret]: 2 }, "run.log")).toEqual({ loss: 1 });
  expect(snapshot(Object.assign(Object.create(null), { loss: 1 }), "run.log")).toEqual({ loss: 1 });
  expect(snapshot(runInNewContext("({ loss: 1, inner: { a: [1] } })"), "run.log")).toEqual({
    loss: 1,
    inner: { a: [1] },
  });
});

test("__proto__, constructor and numbers are keys like any other", () => {
  const data = JSON.parse('{"__proto__": {"a": 1}, "constructor": 2, "10": 3, "a.b/c": 4}');
  const values = treeOf(data);
  expect(leaves(values)).toEqual([
    { path: ["10"], json: "3" },
    { path: ["__proto__", "a"], json: "1" },
    { path: ["constructor"], json: "2" },
    { path: ["a.b/c"], json: "4" },
  ]);
  const twice = treeOf(data);
  merge(twice, treeOf(data));
  expect(leaves(twice)).toEqual(leaves(values));
  expect(({} as { a?: number }).a).toBeUndefined();
});

test("a snapshot shares nothing with the caller", () => {
  const data = { list: [1, 2], deep: { typed: new Float32Array([1, 2]) } };
  const values = snapshot(data, "run.log");
  data.list[0] = 9;
  data.deep.typed[0] = 9;
  expect(values).toEqual({ list: [1, 2], deep: { typed: [1, 2] } });
});

const cycle: { self?: unknown; list: unknown[] } = { list: [] };
cycle.self = cycle;
const ring: unknown[] = [];
ring.push([ring]);
const image = new FakeImage("x");
class Metrics {
  loss = 1;
  #secret = 2;
  get derived() {
    return this.#secret;
  }
}
const deep = (levels: number) => {
  let value: object = {};
  for (let i = 0; i < levels; i++) value = i % 2 ? { a: value } : [value];
  return value;
};
const sparse: number[] = [1, 2];
sparse[3e7] = 3;
const WHAT =
  "expected a number, string, boolean, null, bigint, Date, array, typed array, plain object, Image or Histogram";
const SPREAD = "pass a plain object such as { ...value }, or give its class a toJSON method";

test.each<[string, unknown, unknown]>([
  ["a function", { f: () => 1 }, `key "f": a function cannot be logged; ${WHAT}`],
  ["a class", { f: FakeImage }, `key "f": a function cannot be logged; ${WHAT}`],
  ["a symbol", { s: Symbol("x") }, `key "s": a symbol cannot be logged; ${WHAT}`],
  ["a nested function", { a: { b: [1, { c() {} }] } }, `key "a.b[1].c": a function cannot be logged; ${WHAT}`],
  ["a cycle", { a: cycle }, 'key "a.self": a cycle cannot be logged'],
  ["a cycle of lists", { ring }, 'key "ring[0][0]": a cycle cannot be logged'],
  [
    "a cycle by toJSON",
    {
      a: {
        toJSON() {
          return this;
        },
      },
    },
    'key "a": a cycle cannot be logged',
  ],
  ["a promise", { p: Promise.resolve(1) }, 'key "p": a Promise cannot be logged; await it first'],
  ["a map", { m: new Map([["a", 1]]) }, 'key "m": a Map cannot be logged; pass Object.fromEntries(map)'],
  ["a set", { s: new Set([1]) }, 'key "s": a Set cannot be logged; pass [...set]'],
  ["a buffer", { b: new ArrayBuffer(4) }, 'key "b": an ArrayBuffer cannot be logged; pass a typed array over it'],
  [
    "a DataView",
    { v: new DataView(new ArrayBuffer(4)) },
    'key "v": a DataView cannot be logged; pass a typed array over it',
  ],
  ["an error", { e: new Error("x") }, 'key "e": an Error cannot be logged; pass its message'],
  ["a regular expression", { r: /x/ }, `key "r": a RegExp cannot be logged; ${WHAT}`],
  ["a weak map", { w: new WeakMap() }, `key "w": a WeakMap cannot be logged; ${WHAT}`],
  ["an iterator", { i: [1].values() }, `key "i": an Array Iterator cannot be logged; ${WHAT}`],
  ["an object of a class", { m: new Metrics() }, `key "m": a Metrics cannot be logged; ${SPREAD}`],
  [
    "an object of a class, deep inside",
    { a: [{ m: new Metrics() }] },
    `key "a[0].m": a Metrics cannot be logged; ${SPREAD}`,
  ],
  [
    "a sparse array",
    { s: { a: sparse } },
    'key "s.a": a sparse array: it has 30000001 items and none at 2; fill the holes, with null for example',
  ],
  [
    "a hole",
    { s: new Array(2) },
    'key "s": a sparse array: it has 2 items and none at 0; fill the holes, with null for example',
  ],
  [
    "1,001 levels",
    { d: deep(1002) },
    expect.stringMatching(/^key "d\.a\[0\]\.a.{100,200}…": more than 1000 levels of nesting; log a flatter value$/),
  ],
  ["100,000 levels", { d: deep(100_000) }, expect.stringContaining("more than 1000 levels of nesting")],
  [
    "controls in a key",
    { "a\x1b[31m\x9b\r\n\u202e": () => 1 },
    `key "a\\u001b[31m\\x9b\\r\\n\\u202e": a function cannot be logged; ${WHAT}`,
  ],
  ["an invalid date", { d: new Date(Number.NaN) }, 'key "d": an invalid Date'],
  ["an empty key", { "": 1 }, 'key "": an empty key, which W&B drops; give it a name'],
  ["an empty inner key", { a: { "": 1 } }, 'key "a": an empty key, which W&B drops; give it a name'],
  [
    "an image beside a number",
    { l: [image, 1] },
    'key "l": a list mixes Images with other values (item 1 is 1); log them under two keys',
  ],
  [
    "a string before an image",
    { l: ["a", image] },
    'key "l": a list mixes Images with other values (item 0 is "a"); log them under two keys',
  ],
  [
    "an image beside null",
    { l: [image, null] },
    'key "l": a list mixes Images with other values (item 1 is null); log them under two keys',
  ],
  [
    "an image beside nothing",
    { l: [image, undefined] },
    'key "l": a list mixes Images with other values (item 1 is undefined); log them under two keys',
  ],
  [
    "images in a list of lists",
    { l: [[image]] },
    'key "l[0]": Images in a list of lists; W&B knows lists of Images only',
  ],
  [
    "an image in an object in a list",
    { l: [{ a: image }] },
    'key "l[0].a": an Image in an object in a list; W&B finds Images under keys only',
  ],
  ["a reference", { r: new FakeImage("x", "", true) }, 'key "r": a reference cannot be bound to a run'],
  [
    "a reference in a list",
    { r: [image, new FakeImage("x", "", true)] },
    'key "r[1]": a reference cannot be bound to a run',
  ],
  ["no data", undefined, "run.log: expected a plain object, { key: value }; got undefined"],
  ["null", null, "run.log: expected a plain object, { key: value }; got null"],
  ["a number", 5, "run.log: expected a plain object, { key: value }; got 5"],
  ["a string", "loss", 'run.log: expected a plain object, { key: value }; got "loss"'],
  [
    "an array",
    [1],
    "run.log: expected a plain object, { key: value }; got an array of 1: give it a name: { name: value }",
  ],
  [
    "an image itself",
    image,
    "run.log: expected a plain object, { key: value }; got a FakeImage: give it a name: { name: value }",
  ],
  [
    "an object of a class itself",
    new Metrics(),
    `run.log: expected a plain object, { key: value }; got a Metrics: ${SPREAD}`,
  ],
  [
    "a map itself",
    new Map(),
    "run.log: expected a plain object, { key: value }; got a Map: pass Object.fromEntries(map)",
  ],
  [
    "a typed array itself",
    new Float32Array(1),
    "run.log: expected a plain object, { key: value }; got Float32Array(1): give it a name: { name: value }",
  ],
  [
    "a promise itself",
    Promise.resolve({}),
    "run.log: expected a plain object, { key: value }; got a Promise: await it first",
  ],
])("refused: %s", (_, data, words) => {
  let message = "accepted";
  try {
    snapshot(data, "run.log");
  } catch (error) {
    message = (error as Error).message;
    if (!(data as { r?: object })?.r) expect(error).toMatchObject({ code: "not-loggable" });
  }
  expect(message).toEqual(words);
});

test("one object twice is no cycle", () => {
  const shared = { a: 1 };
  expect(snapshot({ x: shared, y: [shared, shared] }, "run.log")).toEqual({ x: { a: 1 }, y: [{ a: 1 }, { a: 1 }] });
});

test("any JSON goes through the leaves and back", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue({ maxDepth: 3 })), (any) => {
      const data = JSON.parse(JSON.stringify(any).replaceAll('"":', '"was empty":'));
      const back = assemble(leaves(treeOf(data)), Object.create(null));
      expect(JSON.parse(JSON.stringify(back))).toEqual(withoutEmpty(JSON.parse(JSON.stringify(data))));
    }),
  );
});

/** `{}` sets nothing. */
function withoutEmpty(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const kept = Object.entries(value).flatMap(([key, inner]) => {
    const rest = withoutEmpty(inner);
    const empty = typeof rest === "object" && rest !== null && !Array.isArray(rest) && Object.keys(rest).length === 0;
    return empty ? [] : [[key, rest] as const];
  });
  return Object.fromEntries(kept);
}

const OLD_PIC = { _type: "image-file", path: "p", caption: "old" };

test("merging: objects key by key, media whole, {} sets nothing; and all of it can be taken back", () => {
  const tree = treeOf({ a: { b: 1, c: 2 }, n: 1, pic: OLD_PIC });
  const before = JSON.stringify(tree);
  const update = treeOf({ a: { c: 3, d: 4 }, n: {}, pic: { _type: "image-file", path: "q" }, fresh: { x: {} } });
  expect(replacedLeaves(tree, update)).toEqual([["pic", "caption"]]);
  expect(replacedLeaves(tree, treeOf({ a: { b: 1, c: 2 }, n: 1, pic: OLD_PIC }))).toEqual([]);
  const changes: Change<unknown>[] = [];
  merge(tree, update, changes);
  expect(leaves(tree)).toEqual([
    { path: ["a", "b"], json: "1" },
    { path: ["a", "c"], json: "3" },
    { path: ["a", "d"], json: "4" },
    { path: ["n"], json: "1" },
    { path: ["pic", "_type"], json: '"image-file"' },
    { path: ["pic", "path"], json: '"q"' },
  ]);
  revert(changes);
  expect(JSON.stringify(tree)).toBe(before);
});

test.each<[string, object, object, string[][]]>([
  ["media in the place of keys", { a: { b: 1, c: { d: 2 } } }, { a: { _type: "x", b: 3 } }, [["a", "c", "d"]]],
  [
    "keys in the place of media",
    { a: { _type: "x", b: 3 } },
    { a: { c: 1 } },
    [
      ["a", "_type"],
      ["a", "b"],
    ],
  ],
  ["keys where a leaf was", { a: { _type: "x", b: 3 } }, { a: { _type: "y", b: { c: 1 } } }, [["a", "b"]]],
  ["deep inside", { r: { s: { _type: "x", old: 1 } } }, { r: { s: { _type: "x" } } }, [["r", "s", "old"]]],
  ["a number in the place of keys: W&B's client sees to that", { a: { b: 1 } }, { a: 2 }, []],
  ["other keys", { a: { b: 1 } }, { c: { b: 1 } }, []],
])("leaves that go: %s", (_, earlier, later, gone) => {
  expect(replacedLeaves(treeOf(earlier), treeOf(later))).toEqual(gone);
});

test("many leaves under one key are no matter", () => {
  const many = Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [`k${i}`, i]));
  const tree = treeOf({ many });
  expect(leaves(tree)).toHaveLength(200_000);
  expect(replacedLeaves(tree, treeOf({ many: { _type: "x" } }))).toHaveLength(200_000);
});

test("nulls are left out of the summary, at every depth", () => {
  const values = { a: null, b: { c: null, d: 1 }, e: [null] };
  expect(valueTree(snapshot(values, "run.log"), { nulls: false })).toEqual({ b: { d: 1 }, e: [null] });
  expect(mapTree(treeOf(values), (json) => (json === "null" ? undefined : json))).toEqual({
    b: { d: "1" },
    e: "[null]",
  });
});

test("memory that was moved away is refused by its key", () => {
  const array = new Float32Array(40);
  structuredClone(array, { transfer: [array.buffer] });
  expect(() => snapshot({ a: { b: array } }, "run.log")).toThrow(
    /^key "a\.b": (a Float32Array of 0|Float32Array\(0\)) is detached/,
  );
});
