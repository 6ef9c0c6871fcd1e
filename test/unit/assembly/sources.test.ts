// What Biome holds for TypeScript, held for AssemblyScript, which it cannot parse: widths and lengths.
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";

const folder = new URL("../../../assembly/", import.meta.url);
const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => /(?<!\.d)\.ts$/.test(name));

test.each(files)("%s: lines of 120 columns, files of 400 lines, functions of 60", (name) => {
  const lines = readFileSync(new URL(name, folder), "utf8").split("\n");
  expect(lines.filter((line) => [...line].length > 120)).toEqual([]);
  expect(lines.length).toBeLessThanOrEqual(400);
  let start = 0;
  const tooLong = lines.filter((line, i) => {
    if (/^(export )?(function|class) /.test(line)) start = i;
    return line === "}" && !lines[start]!.includes("class ") && i - start + 1 > 60;
  });
  expect(tooLong).toEqual([]);
});
