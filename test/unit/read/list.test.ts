// Runs found in folders and zips, and what the public door says of them.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { zipSync } from "fflate";
import { init as initInMemory } from "../../../src/browser.ts";
import { Image, init } from "../../../src/node.ts";
import { safePath } from "../../../src/read/source.ts";
import { listRuns, openRun, watchRun } from "../../../src/read.ts";
import { openRun as openInPage, watchRun as watchInPage } from "../../../src/read-browser.ts";

let dir: string;

beforeAll(() => {
  process.env.WANDB_SILENT = "true";
  dir = mkdtempSync(join(tmpdir(), "read-list-"));
});

afterAll(() => rmSync(dir, { recursive: true }));

async function logged(root: string, id: string, exitCode = 0) {
  const run = init({ dir: root, id, name: `name of ${id}`, config: { a: 1 } });
  run.log({ loss: 0.5, pic: new Image([[0, 255]], { caption: "c" }) });
  await run.finish(exitCode);
  return run.dir;
}

const collect = async <T>(iterable: AsyncIterable<T>) => {
  const list: T[] = [];
  for await (const item of iterable) list.push(item);
  return list;
};

/** Paths and bytes of a run's folder. */
function filesOf(runDir: string, prefix: string): Map<string, Uint8Array> {
  const names = readdirSync(runDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    names.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [`${prefix}${path.slice(runDir.length + 1)}`, new Uint8Array(readFileSync(path))];
    }),
  );
}

describe("listRuns", () => {
  test("finds runs from their folder, the wandb folder and the folder around it, once each, the last begun first", async () => {
    const root = join(dir, "three");
    mkdirSync(root);
    for (const [id, code] of [
      ["a", 0],
      ["b", 3],
    ] as const)
      await logged(root, id, code);
    const live = init({ dir: root, id: "c" });
    live.log({ x: 1 });
    for (const path of [root, join(root, "wandb")]) {
      const runs = await listRuns(path);
      expect(
        runs.map(({ id, state, exit, lastStep, problem }) => [id, state, exit?.code, lastStep, problem]).sort(),
      ).toEqual([
        ["a", "finished", 0, 0, null],
        ["b", "failed", 3, 0, null],
        ["c", "live", undefined, 0, null],
      ]);
      const times = runs.map(({ run }) => run!.startTime);
      expect(times).toEqual([...times].sort((x, y) => y - x));
    }
    expect(await listRuns(live.dir)).toMatchObject([{ id: "c", dir: live.dir }]);
    await live.finish();
  });

  test("a run that cannot be read is listed with the reason, and the others with it", async () => {
    const root = join(dir, "broken");
    mkdirSync(root);
    await logged(root, "good");
    for (const [name, text] of [
      ["empty", ""],
      ["text", "this is no log at all"],
    ] as const) {
      const folder = join(root, "wandb", `offline-run-20260101_000000-${name}`);
      mkdirSync(folder);
      writeFileSync(join(folder, `run-${name}.wandb`), text);
    }
    mkdirSync(join(root, "wandb", "run-20260101_000000-none"));
    const problems = Object.fromEntries((await listRuns(root)).map(({ id, problem }) => [id, problem]));
    expect(problems).toEqual({
      good: null,
      empty: "the file is empty",
      text: "no header of a .wandb file",
      none: expect.stringContaining("no .wandb file in this folder"),
    });
  });

  test("no runs, and no folder", async () => {
    expect(await listRuns(tmpdir())).toEqual(expect.any(Array));
    await expect(listRuns(5 as unknown as string)).rejects.toThrow("listRuns: expected a folder's path; got 5");
    await expect(listRuns(join(dir, "nowhere"))).rejects.toThrow(`${join(dir, "nowhere")}: no such folder`);
  });
});

describe("openRun", () => {
  test("of a folder, a .wandb file, a zip by path, its bytes and Blob, a Map, a run in memory: the same", async () => {
    const folder = await logged(dir, "ways");
    const files = filesOf(folder, "x/run/");
    const stored = zipSync(Object.fromEntries(files), { level: 0 });
    const packed = zipSync(Object.fromEntries(files), { level: 6 });
    writeFileSync(join(dir, "run.zip"), packed);
    const log = [...files.keys()]
      .find((path) => path.endsWith(".wandb"))!
      .split("/")
      .at(-1)!;
    for (const run of [
      folder,
      join(folder, log),
      new URL(`file://${folder}`),
      join(dir, "run.zip"),
      stored,
      packed,
      packed.buffer.slice(packed.byteOffset, packed.byteOffset + packed.length) as ArrayBuffer,
      new Blob([packed]),
      files,
    ]) {
      await using read = await openRun(run);
      expect([read.id, read.name, read.state, read.config]).toEqual(["ways", "name of ways", "finished", { a: 1 }]);
      const [picture] = await collect(read.images("pic"));
      expect((await picture!.image()).toDataArray()).toEqual([[0, 255]]);
      expect((await collect(watchRun(run))).map(({ loss }) => loss)).toEqual([0.5]);
      expect(await read.file("../run-ways.wandb")).toBeNull();
    }
  });

  test("of a run that a page logs, by the page's door", async () => {
    const run = initInMemory({ id: "page", dir: "." } as object);
    run.log({ pic: new Image([[7]]), x: 1 });
    const read = await openInPage(run);
    expect([read.id, read.rowCount, read.state, read.imageKeys]).toEqual(["page", 1, "stopped", ["pic"]]);
    await run.finish();
    const zip = await openInPage(await run.toZip());
    expect([zip.state, (await collect(watchInPage(await run.toZip()))).length]).toEqual(["finished", 1]);
    const [picture] = await collect(zip.images("pic"));
    expect((await picture!.image()).toDataArray()).toEqual([[7]]);
  });

  test.each<[string, () => unknown, RegExp]>([
    ["a folder that is not there", () => "/nowhere", /^\/nowhere: no such file or folder$/],
    ["a zip that is not there", () => "/nowhere.zip", /^\/nowhere\.zip: no such file$/],
    [
      "a folder named as a zip",
      () => mkdirSync(join(dir, "folder.zip")) ?? join(dir, "folder.zip"),
      /folder\.zip: expected a file; got a folder$/,
    ],
    ["a number", () => 5, /expected a run's folder, a zip/],
    ["bytes that are no zip", () => new Uint8Array(100), /^zip: not a zip, or cut short$/],
    ["a zip without a run", () => zipSync({ "a.txt": new Uint8Array(3) }), /no \.wandb file in this zip/],
    [
      "a zip of two runs",
      () => zipSync({ "a/run-a.wandb": new Uint8Array(3), "b/run-b.wandb": new Uint8Array(3) }),
      /2 runs in this zip/,
    ],
    ["files without a run", () => new Map(), /no \.wandb file among them/],
    ["an empty record file", () => new Map([["r/run-a.wandb", new Uint8Array()]]), /^r: the record file is empty$/],
  ])("%s: an error in words", async (_, given, words) => {
    await expect(openRun(given() as string)).rejects.toThrow(words);
  });

  test("a zip cut short or broken anywhere: an error in words", async () => {
    const zip = zipSync(Object.fromEntries(filesOf(await logged(dir, "zipped"), "r/")));
    for (let at = 0; at < zip.length; at += 13) {
      const broken = zip.slice();
      broken[at]! ^= 0xff;
      for (const bytes of [zip.slice(0, at), broken]) {
        try {
          const run = await openRun(bytes);
          for (const picture of await collect(run.images("pic"))) await picture.bytes();
        } catch (error) {
          expect(String((error as Error).message)).toMatch(/^(zip|files of|r|Map)|zip|is not there|record|run/);
          expect(error).not.toBeInstanceOf(TypeError);
          expect((error as Error).message).not.toMatch(/undefined|Invalid|out of bounds|Offset/);
        }
      }
    }
  });

  test("links out of files/ are not followed, nor paths", async () => {
    const folder = await logged(dir, "links");
    writeFileSync(join(dir, "secret.txt"), "secret");
    symlinkSync(join(dir, "secret.txt"), join(folder, "files", "link.txt"));
    const run = await openRun(folder);
    for (const path of ["link.txt", "../run-links.wandb", "/etc/passwd", "a/../../x", "..\\..\\x", "", "."]) {
      expect([path, await run.file(path)]).toEqual([path, null]);
    }
    if (process.platform !== "win32") {
      writeFileSync(join(folder, "files", "a\\b.png"), "x"); // a name like any other there
      expect(await run.file("a\\b.png")).toEqual(new Uint8Array([120]));
    }
    expect(safePath("media//images/a.png")).toEqual(["media", "images", "a.png"]);
    await run.close();
  });
});

test("watchRun gives rows as they are logged, from any step, until the run ends", async () => {
  const run = init({ dir, id: "watched" });
  run.log({ x: 0 });
  run.log({ x: 1 });
  const seen: unknown[] = [];
  const watching = (async () => {
    for await (const row of watchRun(run.dir, { from: 1 })) seen.push(row.x);
  })();
  for (const x of [2, 3]) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    run.log({ x });
  }
  await run.finish();
  await watching;
  expect(seen).toEqual([1, 2, 3]);
});

test("watchRun ends when its signal aborts", async () => {
  const run = init({ dir, id: "aborted" });
  run.log({ x: 0 });
  const rows = await collect(watchRun(run.dir, { signal: AbortSignal.timeout(100) }));
  expect(rows).toHaveLength(1);
  await run.finish();
});

test("a run is read on as it grows", async () => {
  const run = init({ dir, id: "grown" });
  run.log({ loss: 1 });
  await using read = await openRun(run.dir);
  expect([read.rowCount, read.state, await read.refresh()]).toEqual([1, "live", false]);
  run.log({ loss: 2 });
  expect(await read.refresh()).toBe(true);
  expect([...read.scalars("loss").values]).toEqual([1, 2]);
  expect([...read.scalars("nothing").values]).toEqual([]);
  await run.finish();
  await read.refresh();
  expect(read.state).toBe("finished");
});
