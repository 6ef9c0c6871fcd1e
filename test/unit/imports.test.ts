import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";

// Who may import whom (README, "How it is built"): the arrows run one way, and the environment stays at the rim.
const src = new URL("../../src/", import.meta.url);
const files = (readdirSync(src, { recursive: true }) as string[])
  .map((name) => name.replaceAll("\\", "/"))
  .filter((name) => name.endsWith(".ts") && !/^kernels\.(bytes|types)\.ts$|\.source\.ts$/.test(name));

const DOORS = ["index", "node", "browser", "encoders", "read", "read-browser", "workers", "workers-browser"];
const ROOT = ["kernels.types.ts", ...files]
  .filter((name) => !name.includes("/"))
  .map((name) => name.replace(/\.ts$/, ""))
  .filter((name) => !DOORS.includes(name));
const MAY: Record<string, string[]> = {
  fallback: ["kernels"],
  adapt: [...ROOT, "decode"],
  convert: [...ROOT, "fallback"],
  encode: ROOT,
  decode: ROOT,
  image: [...ROOT, "adapt", "convert", "encode", "decode"],
  log: [...ROOT, "image"],
  read: [...ROOT, "image"],
  // A worker of Node sets up what that door sets up.
  workers: [...ROOT, "adapt", "image", "node"],
  view: [...ROOT, "read", "decode", "convert", "encode"],
  cli: [...ROOT, "log", "read", "view", "decode"],
};

const importsOf = (name: string) =>
  [...readFileSync(new URL(name, src), "utf8").matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(
    (match) => match[1]!,
  );

describe.each(files)("%s", (name) => {
  const folder = name.includes("/") ? name.split("/")[0]! : null;
  const imports = importsOf(name);

  test("imports along the flow", () => {
    if (folder === null) return;
    for (const target of imports.filter((target) => target.startsWith("../"))) {
      const stage = target.slice(3).split("/")[0]!.replace(/\.ts$/, "");
      expect([...MAY[folder]!, folder]).toContain(stage);
    }
  });

  test("keeps node:, the DOM's doors and WebAssembly at the rim", () => {
    const node = [
      "node.ts",
      "adapt/path.ts",
      "log/folder.ts",
      "log/process.ts",
      "log/process-end.ts",
      "read.ts",
      "read/folder.ts",
      "read/list.ts",
      "workers/node-threads.ts",
      "workers/node-worker.ts",
      "view/collection.ts",
      "view/export-data.ts",
      "view/page.ts",
      "view/roots.ts",
      "view/server.ts",
      "view/video.ts",
    ];
    if (!node.includes(name) && folder !== "cli")
      expect(imports.filter((target) => target.startsWith("node:"))).toEqual([]);
    if (name !== "kernels.ts") {
      expect(imports).not.toContain("@assemblyscript/loader");
      expect(readFileSync(new URL(name, src), "utf8").replace(/\/\/.*|\/\*[\s\S]*?\*\//g, "")).not.toMatch(
        /\bWebAssembly\b/,
      );
    }
  });
});

test("root files import no stage", () => {
  for (const name of ROOT) {
    const stages = importsOf(`${name}.ts`).filter((target) =>
      /^\.\/(adapt|convert|encode|image|log|read)\//.test(target),
    );
    expect(stages).toEqual([]);
  }
});
