import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { VERSION } from "../../src/version.ts";

test("is the package's", () => {
  expect(VERSION).toBe(JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version);
});
