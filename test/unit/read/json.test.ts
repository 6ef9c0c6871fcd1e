import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { isJson, parseJson } from "../../../src/read/json.ts";
import { JsonTree } from "../../../src/read/json-tree.ts";
import { assemble } from "../../support/wandb-reader.ts";

describe("parseJson", () => {
  test("reads what JSON.parse reads", () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), (text, at) => {
        expect(parseJson(text)).toEqual(JSON.parse(text));
        expect(isJson(text)).toBe(true);
        // A bare word makes it W&B's dialect, for which there is another parser.
        const dialect = `[${text},NaN]`;
        expect(parseJson(dialect)).toEqual([JSON.parse(text), Number.NaN]);
        const cut = dialect.slice(0, at % dialect.length);
        if (cut.trim() !== "") expect(isJson(cut)).toBe(false);
      }),
    );
  });

  test.each([
    ["NaN", Number.NaN],
    ["-Infinity", Number.NEGATIVE_INFINITY],
    ['[1,Infinity,"NaN"]', [1, Number.POSITIVE_INFINITY, "NaN"]],
    ["9007199254740993", 9007199254740993n],
    ["-9223372036854775808", -9223372036854775808n],
    ["9223372036854775807", 9223372036854775807n],
    ["9007199254740992", 9007199254740992],
    ["100000000000000000000", 1e20],
    ["-0.30000000000000004", -0.1 - 0.2],
    ['{"__proto__":9007199254740993}', Object.fromEntries([["__proto__", 9007199254740993n]])],
  ])("%s", (text, value) => {
    expect(parseJson(text)).toEqual(value);
    expect(isJson(text)).toBe(true);
  });

  test.each([
    "",
    "nan",
    "Inf",
    "+1",
    "01",
    "1.",
    '"a',
    "'a'",
    '"\n"',
    "[1,]",
    '{"a"}',
    "{a:1}",
    "[1 2]",
    "1 2",
    "NaN]",
    "-NaN",
  ])("%j is no JSON", (text) => {
    expect(isJson(text)).toBe(false);
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });

  test("two hundred thousand levels", () => {
    const deep = `${"[".repeat(2e5)}NaN${"]".repeat(2e5)}`;
    expect(isJson(deep)).toBe(true);
    expect(Array.isArray(parseJson(deep))).toBe(true);
    const tree = new JsonTree("merge");
    tree.set(["a"], `${'{"a":'.repeat(1e5)}NaN${"}".repeat(1e5)}`);
    expect(tree.toJson().length).toBe(6 * 100_001 + 3);
    expect([...tree.leaves(100)]).toHaveLength(1);
  });
});

describe("JsonTree", () => {
  const path = fc.array(fc.constantFrom("a", "b", "c", "__proto__", "a.b", ""), { minLength: 1, maxLength: 3 });
  const leaf = fc.constantFrom("1", '"x"', "null", '"[]"', "NaN");

  test("is what the paths say", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(path, leaf), { maxLength: 12 }), (items) => {
        const tree = new JsonTree("merge");
        for (const [at, json] of items) tree.set(at, json);
        expect(tree.toObject()).toEqual(assemble(items.map(([at, json]) => ({ path: at, json }))));
        const leaves = [...tree.leaves(100)];
        expect(assemble(leaves)).toEqual(tree.toObject());
      }),
    );
  });

  test("objects are laid over what is there, or put in its place", () => {
    const merge = new JsonTree("merge");
    merge.set(["a"], '{"b":1,"c":{"d":2},"e":{}}');
    merge.set(["a"], ' {"c" : {"f":[{"g":1}]}, "b":{"h":3}}');
    expect(merge.toJson()).toBe('{"a":{"b":{"h":3},"c":{"d":2,"f":[{"g":1}]}}}');
    expect(merge.get(["a", "c", "d"])).toBe("2");
    const replace = new JsonTree("replace");
    replace.set(["a"], '{"b":1}');
    replace.set(["a"], '{"c":{}}');
    expect(replace.toJson()).toBe('{"a":{"c":{}}}');
    replace.set(["a", "d"], "1");
    expect(replace.toJson()).toBe('{"a":{"d":1}}');
  });

  test("what is removed takes the objects that it leaves empty along", () => {
    const tree = new JsonTree("merge");
    tree.set(["a", "b", "c"], "1");
    tree.set(["d"], "2");
    tree.remove(["x", "y"]);
    tree.remove(["a", "b", "c"]);
    expect(tree.toJson()).toBe('{"d":2}');
    tree.remove(["d"]);
    expect(tree.isEmpty).toBe(true);
  });
});
