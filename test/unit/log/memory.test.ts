import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { init } from "../../../src/log/memory.ts";
import { init as initOnDisk } from "../../../src/log/process.ts";
import type { Run } from "../../../src/log/run.ts";
import type { DirectoryHandle } from "../../../src/log/take-out.ts";
import { zip } from "../../../src/log/zip.ts";
import { FakeImage } from "../../support/fake-image.ts";
import { readLog, readRun, timeless } from "../../support/wandb-reader.ts";

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "log-memory-"));
  process.env.WANDB_SILENT = "true";
});

afterEach(() => {
  rmSync(dir, { recursive: true });
});

function logAll(run: Run) {
  run.log({ loss: 1, pic: new FakeImage("1", "cap"), list: [new FakeImage("2"), new FakeImage("3")] });
  run.log({ a: 1 }, { step: 4 });
  run.log({ pic: new FakeImage("4"), deep: { inner: new FakeImage("5") } }, { step: 4 });
  run.log({ late: 1 }, { step: 3 });
  run.summary.best = 2;
  run.config.update({ late: [1] });
  run.log({ end: 1 });
}

async function readMemory(run: Run) {
  const files = await run.toFiles();
  const [log] = [...files].filter(([path]) => path.endsWith(".wandb"));
  return { files, log: log![0], read: readLog(log![1]) };
}

test("what is taken out is what Node writes, record by record", async () => {
  const options = { id: "the-id", project: "p", config: { lr: 1 }, tags: ["a"], onWarning() {} };
  const [memory, disk] = [init(options), initOnDisk({ dir, ...options })];
  for (const run of [memory, disk]) logAll(run);
  await memory.finish();
  await disk.finish();
  const { files, read } = await readMemory(memory);
  const expected = readRun(disk.dir);
  expect(read.problem).toBeNull();
  const shape = ({ records }: typeof read) =>
    records.map(({ num, kind, step, file, items, removed, exitCode }) => {
      const timelessItems = items.map(({ path, json }) =>
        /^_(runtime|timestamp)$/.test(path[0]!) ? path : { path, json },
      );
      return { num, kind, step, file, items: timelessItems, removed, exitCode };
    });
  expect(shape(read)).toEqual(shape(expected));
  expect(read.run).toEqual({ ...expected.run, host: undefined, startTime: expect.any(Number) });
  for (const file of expected.files) {
    expect(Buffer.from(files.get(`${memory.dir}/files/${file}`)!)).toEqual(readFileSync(join(disk.dir, "files", file)));
  }
  expect(files.size).toBe(new Set(expected.files).size + 1);
  expect(memory.dir).toMatch(/^offline-run-\d{8}_\d{6}-the-id$/);
});

test("log needs no hash; it is awaited once, when the run is taken out", async () => {
  class Unhashed extends FakeImage {
    override get sha256(): string {
      if (this.digests === 0) throw new Error("hashed synchronously");
      return super.sha256;
    }
  }
  const run = init();
  const image = new Unhashed("x");
  run.log({ image });
  run.log({ list: [image, new Unhashed("y")] }, { step: 5 });
  expect(run.summary.image).toBe(image);
  expect(run.step).toBe(5);
  const [first, second] = await Promise.all([readMemory(run), readMemory(run)]);
  expect(first.read.rows.length).toBe(1); // step 5 is still open
  expect(first.read.files.length).toBe(3);
  expect(second.read.records.length).toBe(first.read.records.length);
  run.log({ more: 1 });
  await run.finish();
  const last = await readMemory(run);
  expect(last.read.rows.map(({ _step }) => _step)).toEqual([0, 5]);
  expect(last.read.rows[1]).toMatchObject({ more: 1, list: { count: 2 } });
  expect(last.read.exitCode).toBe(0);
});

test("a picture whose key makes no path is refused at once; the rest is there", async () => {
  const run = init();
  run.log({ a: 1 });
  expect(() => run.log({ "bad\0key": new FakeImage("1") })).toThrow("a NUL character, which no file name can hold");
  run.log({ b: new FakeImage("2") });
  const { read } = await readMemory(run);
  expect(read.rows.map((row) => Object.keys(timeless(row)))).toEqual([
    ["a", "_step"],
    ["b", "_step"],
  ]);
  expect(read.rows.map(({ _step }) => _step)).toEqual([0, 1]);
});

test("the zip, unpacked by Python, is a run directory", async () => {
  const run = init();
  run.log({ "漢 😀/x": new FakeImage("picture"), "a//b": new FakeImage("double") });
  await run.finish();
  const file = join(dir, "run.zip");
  const blob = await run.toZip();
  expect(blob.type).toBe("application/zip");
  writeFileSync(file, Buffer.from(await blob.arrayBuffer()));
  const script =
    "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\nz.extractall(sys.argv[2])";
  execFileSync("python3", ["-c", script, file, dir]);
  const unpacked = join(dir, run.dir);
  const read = readRun(unpacked);
  expect(read.files.map((path) => readFileSync(join(unpacked, "files", path), "utf8"))).toEqual(["picture", "double"]);
  expect(read.exitCode).toBe(0);
  expect(statSync(join(unpacked, "files")).isDirectory()).toBe(true);
  for (const { path, bytes } of [...(await run.toFiles())].map(([path, bytes]) => ({ path, bytes }))) {
    expect(Buffer.compare(readFileSync(join(dir, path)), bytes)).toBe(0);
  }
});

test("an empty run's zip has files/, which the client wants", async () => {
  const run = init();
  writeFileSync(join(dir, "run.zip"), Buffer.from(await (await run.toZip()).arrayBuffer()));
  const list = execFileSync("python3", ["-m", "zipfile", "-l", join(dir, "run.zip")], { encoding: "utf8" });
  expect(list).toContain(`${run.dir}/files/`);
});

test("more than a plain zip holds is refused", () => {
  const bytes = new Uint8Array();
  const entries = Array.from({ length: 65535 }, (_, i) => ({ path: `${i}`, bytes }));
  expect(() => zip(entries, new Date())).toThrow("a zip of 65535 entries");
});

/** A directory handle over the file system, with the browsers' rule of names. */
function handle(path: string): DirectoryHandle {
  const check = (name: string) => {
    if (/[/*]|^\.{0,2}$/.test(name)) throw new TypeError("Name is not allowed.");
    return join(path, name);
  };
  return {
    async getDirectoryHandle(name) {
      mkdirSync(check(name), { recursive: true });
      return handle(join(path, name));
    },
    async getFileHandle(name) {
      const file = check(name);
      const parts: Uint8Array[] = [];
      return {
        createWritable: async () => ({
          write: async (bytes) => void parts.push(bytes),
          close: async () => writeFileSync(file, Buffer.concat(parts)),
        }),
      };
    },
  };
}

test("writeTo makes the run directory in a directory handle", async () => {
  const run = init({ onWarning() {} });
  logAll(run);
  await run.finish();
  await run.writeTo(handle(dir));
  const read = readRun(join(dir, run.dir));
  expect(read.rows.length).toBe(2);
  expect(read.files.length).toBeGreaterThan(4);
  const empty = init();
  await empty.writeTo(handle(dir));
  expect(readdirSync(join(dir, empty.dir)).sort()).toEqual(["files", `run-${empty.id}.wandb`]);
});

test("writeTo names what the file system refuses", async () => {
  const run = init();
  run.log({ "a*b": new FakeImage("1") });
  await expect(run.writeTo(handle(dir))).rejects.toThrow(
    /files\/media\/images\/a\*b_0_[0-9a-f]{20}\.png cannot be written: Name is not allowed\.$/,
  );
});

test("disabled leaves nothing to take out", async () => {
  const run = init({ mode: "disabled" });
  logAll(run);
  expect((await run.toFiles()).size).toBe(0);
  await run.writeTo(handle(dir));
  expect(readdirSync(dir)).toEqual([]);
  expect((await run.toZip()).size).toBe(22);
});

test("a run in a folder is taken out in the same ways", async () => {
  const run = initOnDisk({ dir, mode: "offline", id: "on-disk" });
  run.log({ image: new FakeImage("1"), loss: 1 });
  const files = await run.toFiles(); // while it goes on
  expect([...files.keys()].filter((path) => path.endsWith(".wandb")).map((path) => path.split("/").length)).toEqual([
    2,
  ]);
  await run.finish();
  const inFolder = (readdirSync(run.dir, { recursive: true }) as string[])
    .filter((name) => statSync(join(run.dir, name)).isFile())
    .map((name) => `${run.dir.split("/").at(-1)}/${name}`);
  const finished = await run.toFiles();
  expect([...finished.keys()].sort()).toEqual(inFolder.sort());
  for (const [path, bytes] of finished) expect(Buffer.compare(bytes, readFileSync(join(run.dir, "..", path)))).toBe(0);

  mkdirSync(join(dir, "unzipped"));
  writeFileSync(join(dir, "run.zip"), Buffer.from(await (await run.toZip()).arrayBuffer()));
  execFileSync("python3", ["-m", "zipfile", "-e", join(dir, "run.zip"), join(dir, "unzipped")]);
  const [name] = readdirSync(join(dir, "unzipped"));
  expect(readRun(join(dir, "unzipped", name!)).rows.map(timeless)).toEqual(readRun(run.dir).rows.map(timeless));
});
