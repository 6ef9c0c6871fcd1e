// Who may import whom, types included: the arrows run one way, without circles, and the environment stays at the rim.
import { describe, expect, test } from "@jest/globals";
import { importsOf, SOURCE_FILES, sourceImportsOf, sourceOf } from "../support/source-files.ts";

/** What a folder may import beside itself and the root files. */
const MAY: Record<string, readonly string[]> = {
  fallback: [],
  decode: ["fallback"],
  adapt: ["decode"],
  convert: ["fallback"],
  encode: [],
  image: ["adapt", "convert", "encode", "decode"],
  read: ["image"],
  upload: ["read"],
  workers: ["image", "adapt"],
  log: ["image", "upload", "decode"],
  repair: ["read", "log"],
  view: ["read", "decode", "convert", "encode"],
  cli: ["view", "upload", "read", "log", "repair", "decode", "node"],
};

/** Doors stand before the stages; the other root files are what flows between them, and import none. */
const DOORS = [
  "index.ts",
  "node.ts",
  "browser.ts",
  "encoders.ts",
  "read.ts",
  "read-browser.ts",
  "upload.ts",
  "workers.ts",
  "workers-browser.ts",
];

/** The files that may import `node:`; src/cli/ is Node's alone. */
const NODE_FILES = [
  "node.ts",
  "adapt/path.ts",
  "log/folder.ts",
  "log/auto-resume.ts",
  "log/process.ts",
  "log/process-end.ts",
  "read.ts",
  "read/blob.ts",
  "read/folder.ts",
  "read/list.ts",
  "repair/disk.ts",
  "repair/repair.ts",
  "upload/large-file.ts",
  "upload/live.ts",
  "upload/node-fetch.ts",
  "upload/process.ts",
  "upload/run-folder.ts",
  "upload/sync.ts",
  "upload/thread.ts",
  "upload/worker.ts",
  "workers/node-threads.ts",
  "workers/node-worker.ts",
  "view/collection.ts",
  "view/export-data.ts",
  "view/page.ts",
  "view/roots.ts",
  "view/server.ts",
  "view/video.ts",
];

const folderOf = (name: string): string | null => (name.includes("/") ? name.split("/")[0]! : null);

describe.each(SOURCE_FILES)("%s", (name) => {
  const folder = folderOf(name);

  test("imports along the flow", () => {
    const folders = sourceImportsOf(name)
      .map(folderOf)
      .filter((target) => target !== null && target !== folder);
    if (folder !== null) expect(MAY[folder]).toEqual(expect.arrayContaining(folders));
    else if (!DOORS.includes(name)) expect(folders).toEqual([]);
  });

  test("imports no door, unless it is one or a program", () => {
    // A worker of Node sets up what Node's door sets up.
    if (DOORS.includes(name) || folder === "cli" || name === "workers/node-worker.ts") return;
    expect(sourceImportsOf(name).filter((target) => DOORS.includes(target))).toEqual([]);
  });

  test("keeps node: and WebAssembly at the rim", () => {
    const node = importsOf(name).filter((target) => target.startsWith("node:"));
    if (!NODE_FILES.includes(name) && folder !== "cli") expect(node).toEqual([]);
    if (name === "kernels.ts") return;
    expect(importsOf(name)).not.toContain("@assemblyscript/loader");
    expect(sourceOf(name).replace(/\/\/.*|\/\*[\s\S]*?\*\//g, "")).not.toMatch(/\bWebAssembly\b/);
  });
});

test("the encoders' door stands on encode/ alone", () => {
  const folders = new Set<string | null>();
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    if (name !== "encoders.ts") folders.add(folderOf(name));
    for (const target of sourceImportsOf(name)) if (SOURCE_FILES.includes(target)) visit(target);
  };
  visit("encoders.ts");
  expect([...folders].filter((folder) => folder !== null)).toEqual(["encode"]);
});

test("no file imports itself by way of others", () => {
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) circles.push([...path.slice(path.indexOf(name)), name].join(" → "));
    if (done.has(name) || path.includes(name)) return;
    for (const target of sourceImportsOf(name)) if (SOURCE_FILES.includes(target)) visit(target, [...path, name]);
    done.add(name);
  };
  for (const name of SOURCE_FILES) visit(name, []);
  expect(circles).toEqual([]);
});
