// The names that programs may import. Adding one is a decision, taking one away a major version: so they stand here.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import * as source from "../../src/node.ts";

const NAMES = [
  "BoundingBoxes2D",
  "Classes",
  "Histogram",
  "Image",
  "ImageMask",
  "argmaxMask",
  "box",
  "compactMask",
  "config",
  "finish",
  "init",
  "log",
  "logAsync",
  "makeGrid",
  "masksOf",
  "ready",
  "run",
  "setOnWarning",
  "summary",
];

test("the exported names", () => {
  expect(Object.keys(source).sort()).toEqual(NAMES);
});

test("the exported names of wandb-image/read", async () => {
  expect(Object.keys(await import("../../src/read.ts")).sort()).toEqual(["listRuns", "openRun", "watchRun"]);
  expect(Object.keys(await import("../../src/read-browser.ts")).sort()).toEqual(["openRun", "watchRun"]);
});

test("the built package exports the same, and nothing else can be reached in it", () => {
  // In Node itself, whose resolver holds to `exports`, and by the package's own name, as a program does.
  const program = `
    const names = Object.keys(await import("wandb-image")).sort();
    const inner = await import("wandb-image/dist/kernels.js").catch((error) => error.code);
    console.log(JSON.stringify([names, inner]));`;
  const root = join(import.meta.dirname, "..");
  const said = execFileSync(process.execPath, ["--input-type=module", "-e", program], { cwd: root, encoding: "utf8" });
  expect(JSON.parse(said)).toEqual([NAMES, "ERR_PACKAGE_PATH_NOT_EXPORTED"]);
});

test("Image's own names: W&B's in camelCase, and ours", () => {
  const own = (object: object, builtIn: string[]) =>
    Object.getOwnPropertyNames(object)
      .filter((name) => !builtIn.includes(name))
      .sort();
  expect(own(source.Image, ["length", "name", "prototype"])).toEqual(STATIC);
  expect(own(source.Image.prototype, ["constructor"])).toEqual(METHODS);
  expect(Object.keys(new source.Image([[0, 1]])).sort()).toEqual(FIELDS);
});

const STATIC = [
  "MAX_DIMENSION",
  "MAX_ITEMS",
  "allBoxes",
  "allCaptions",
  "allMasks",
  "from",
  "fromBatch",
  "fromJson",
  "guessMode",
  "registerAdapter",
  "seqToJson",
  "toUint8",
];

const METHODS = [
  "bindToRun",
  "checkLoggable",
  "digest",
  "equals",
  "guessMode",
  "isBound",
  "pixels",
  "save",
  "sha256",
  "size",
  "toBlob",
  "toDataArray",
  "toDataURL",
  "toJSON",
  "toJson",
  "toString",
  "toUint8",
  "transfer",
];

const FIELDS = [
  "boxes",
  "bytes",
  "caption",
  "classes",
  "format",
  "grouping",
  "height",
  "masks",
  "mode",
  "normalization",
  "originalSize",
  "reference",
  "width",
];
