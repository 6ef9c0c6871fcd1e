// Numbers that a kernel and its caller both know: read from both sources, so that neither changes alone.
import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";

/** The constants of a file whose values are sums and products of numbers and of constants before them. */
function constantsOf(path: string): Map<string, number> {
  const text = readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
  const found = new Map<string, number>();
  for (const [, name, expression] of text.matchAll(/const (\w+)(?:: \w+)? = ([\w\s+*_]+);/g)) {
    const value = expression!
      .split("+")
      .map((sum) =>
        sum
          .split("*")
          .reduce((product, part) => product * (found.get(part.trim()) ?? Number(part.trim().replaceAll("_", ""))), 1),
      )
      .reduce((sum, part) => sum + part, 0);
    if (Number.isFinite(value)) found.set(name!, value);
  }
  return found;
}

test.each([
  ["assembly/array/scale.ts", "UNIT", "src/fallback/scale.ts", "UNIT"],
  ["assembly/array/scale.ts", "SIGNED", "src/fallback/scale.ts", "SIGNED"],
  ["assembly/array/scale.ts", "CLIP", "src/fallback/scale.ts", "CLIP"],
  ["assembly/pixels/dither.ts", "ERROR_MARGIN", "src/fallback/dither.ts", "ERROR_MARGIN"],
  ["assembly/jpeg/record.ts", "PITCH", "src/encode/jpeg.ts", "TILE"],
  ["assembly/jpeg/record.ts", "PLANE", "src/encode/jpeg.ts", "PLANE_BYTES"],
  ["assembly/jpeg/record.ts", "RECORD_BYTES", "src/encode/jpeg.ts", "RECORD_BYTES"],
  ["assembly/jpeg/record.ts", "DC", "src/encode/jpeg-huffman.ts", "DC"],
  ["assembly/jpeg/record.ts", "AC", "src/encode/jpeg-huffman.ts", "AC"],
  ["assembly/jpeg/record.ts", "LARGE", "src/encode/jpeg-huffman.ts", "LARGE"],
  ["assembly/jpeg/record.ts", "VALUE", "src/encode/jpeg-huffman.ts", "VALUE"],
  ["assembly/deflate/state.ts", "WINDOW", "src/encode/png-segments.ts", "WINDOW"],
  ["assembly/deflate/choice.ts", "INDICES", "src/encode/png-segments.ts", "INDICES_FORM"],
  ["assembly/deflate/choice.ts", "PACKED", "src/encode/png-segments.ts", "PACKED_FORM"],
])("%s %s is %s's %s", (kernel, name, caller, other) => {
  const value = constantsOf(kernel).get(name);
  expect(value).toBeDefined();
  expect(constantsOf(caller).get(other)).toBe(value);
});
