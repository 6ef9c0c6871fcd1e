// Code blocks of a Markdown document → programs. A block stands in the document as a reader wants it; what it leaves out is put in front:
//   - names that it uses and does not declare: those of the package are imported, the others come from samples.mjs;
//   - words behind its language say the rest:
//       page        runs in Chromium, bundled by esbuild (html blocks always do)
//       continues   stands behind the program of the block before
//       file=NAME   is written to that file for the other blocks of its document, and not run by itself
//       sample=NAME takes its names from that set of samples.mjs first
//       throws      ends with an error
//       serves      (sh) goes on until it is stopped: its first line is enough
import { parse } from "@babel/parser";
import traverseModule from "@babel/traverse";
import { samples } from "./samples.mjs";

const traverse = traverseModule.default ?? traverseModule;

/** @returns {{ line: number, language: string, words: Set<string>, options: Map<string, string>, code: string }[]} */
export function blocksOf(markdown) {
  const blocks = [];
  let open = null;
  for (const [i, line] of markdown.split("\n").entries()) {
    const fence = /^(\s*)(```+)(.*)$/.exec(line);
    if (open !== null && fence !== null && fence[3].trim() === "" && fence[2].length >= open.ticks) {
      blocks.push({ ...open, code: `${open.lines.join("\n")}\n` });
      open = null;
    } else if (open !== null) open.lines.push(line.slice(open.indent));
    else if (fence !== null) {
      const [language = "", ...words] = fence[3].trim().split(/\s+/);
      const options = new Map(words.filter((word) => word.includes("=")).map((word) => word.split("=")));
      open = {
        line: i + 1,
        language,
        words: new Set(words),
        options,
        indent: fence[1].length,
        ticks: fence[2].length,
        lines: [],
      };
    }
  }
  if (open !== null) throw new Error(`line ${open.line}: a block without an end`);
  return blocks;
}

/**
 * The program of a block, complete.
 * @param exported name → door that exports it
 * @param before the program of the block before, where this one continues it
 */
export function programOf(block, exported, before = "") {
  const code = before + block.code;
  const { free, declared } = namesOf(code);
  const imports = [];
  const declarations = [];
  const known = { ...samples[block.words.has("page") ? "page" : "node"], ...samples[block.options.get("sample")] };
  for (const name of free) {
    // A sample stands above an export of its name: `run` is the reader's run, not the module's.
    if (Object.hasOwn(known, name)) {
      // A sample may use other samples, and what the block imports itself.
      for (const other of namesOf(`(${known[name]})`).free) {
        if (!declared.has(other) && (exported.has(other) || Object.hasOwn(known, other))) free.add(other);
      }
      declarations.unshift(`const ${name} = ${known[name]};`);
    } else if (exported.has(name)) imports.push(`import { ${name} } from "${exported.get(name)}";`);
    else if (!(name in globalThis) && !BROWSER.has(name)) {
      throw new Error(
        `line ${block.line}: ${name} is declared nowhere; give it in the block, or in test/real/docs/samples.mjs`,
      );
    }
  }
  return `${imports.join("\n")}\n${declarations.join("\n")}\n${code}`;
}

/** Names that no Node has. */
const BROWSER = new Set([
  "document",
  "window",
  "location",
  "onmessage",
  "postMessage",
  "self",
  "Worker",
  "OffscreenCanvas",
  "showDirectoryPicker",
  "require",
  "module",
]);

/** The names that a program uses without declaring them, and those that it declares. */
function namesOf(code) {
  const ast = parse(code, {
    sourceType: "module",
    allowAwaitOutsideFunction: true,
    plugins: ["typescript", "explicitResourceManagement"],
  });
  let names;
  traverse(ast, {
    Program({ scope }) {
      names = { free: new Set(Object.keys(scope.globals)), declared: new Set(Object.keys(scope.bindings)) };
    },
  });
  return names;
}
