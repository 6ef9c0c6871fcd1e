// The files of src/ and what each imports, types included.
import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";

const src = new URL("../../src/", import.meta.url);

/** Paths from src/, without what the build generates. */
export const SOURCE_FILES = (readdirSync(src, { recursive: true }) as string[])
  .map((name) => name.replaceAll("\\", "/"))
  .filter((name) => /\.tsx?$/.test(name) && !/^kernels\.(bytes|types)\.ts$|\.source\.ts$/.test(name));

export const sourceOf = (name: string): string => readFileSync(new URL(name, src), "utf8");

const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");

/** As written: "../rows.ts", "node:fs", "pbf". */
export const importsOf = (name: string): string[] =>
  [...withoutComments(sourceOf(name)).matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1]!);

/** Those of src/, as paths from there. */
export const sourceImportsOf = (name: string): string[] =>
  importsOf(name)
    .filter((target) => target.startsWith("."))
    .map((target) => posix.join(posix.dirname(name), target));
