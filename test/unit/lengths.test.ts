// No source file over 400 lines (comments and tables of data aside), no function over 60: what is longer is two things.

import { describe, expect, test } from "@jest/globals";
import { parseSync } from "@swc/core";
import { SOURCE_FILES, sourceOf } from "../support/source-files.ts";

const FILE_LINES = 400;
const FUNCTION_LINES = 60;

/** Lines of code: no comments, no blank lines, and no lines of a table, which hold nothing but data. */
function codeLines(text: string): number {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").split("\n");
  return code.filter((line) => !/^\s*(\/\/.*)?$|^\s*(-?[\d.]+,\s*)+$|^\s*"[^"]*"( \+)?,?$/.test(line)).length;
}

interface Node {
  readonly type?: string;
  readonly span?: { readonly start: number; readonly end: number };
  readonly [field: string]: unknown;
}

const FUNCTIONS = new Set([
  "FunctionDeclaration",
  "FunctionExpression",
  "ArrowFunctionExpression",
  "ClassMethod",
  "PrivateMethod",
  "Constructor",
  "MethodProperty",
]);

function methodsIn(value: unknown): Node[] {
  if (typeof value !== "object" || value === null) return [];
  if ((value as Node).type === "MethodProperty") return [value as Node];
  return Object.values(value).flatMap(methodsIn);
}

/** Functions whose code is longer than it may be, by the line where they begin. */
function longFunctions(name: string): string[] {
  const text = sourceOf(name);
  const bytes = Buffer.from(text);
  const module = parseSync(text, { syntax: "typescript", tsx: name.endsWith("x"), target: "es2022" });
  // swc counts bytes on from the files before; a module's span begins at its first token, which follows its comments.
  const lead = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, (comment) => comment.replace(/\S/g, " ")).search(/\S/);
  const offset = module.span.start - Buffer.byteLength(text.slice(0, Math.max(0, lead)));
  const linesOf = ({ span }: Node) => codeLines(bytes.subarray(span!.start - offset, span!.end - offset).toString());
  /** Without those of the methods of an object that the function makes: each of them is measured by itself. */
  const ownLines = (node: Node): number =>
    linesOf(node) - methodsIn(node.body).reduce((sum, one) => sum + linesOf(one), 0);
  const long: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if (Array.isArray(value)) {
      for (const item of value) visit(item);
      return;
    }
    const node = value as Node;
    if (node.type !== undefined && FUNCTIONS.has(node.type) && node.span !== undefined) {
      const lines = ownLines(node);
      const line = bytes
        .subarray(0, node.span.start - offset)
        .toString()
        .split("\n").length;
      if (lines > FUNCTION_LINES) long.push(`${name}:${line} has ${lines} lines`);
    }
    for (const field of Object.values(node)) visit(field);
  };
  visit(module.body);
  return long;
}

describe.each(SOURCE_FILES)("%s", (name) => {
  test("is short, and so are its functions", () => {
    expect(codeLines(sourceOf(name))).toBeLessThanOrEqual(FILE_LINES);
    expect(longFunctions(name)).toEqual([]);
  });
});
