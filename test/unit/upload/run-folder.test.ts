import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { Cursor } from "../../../src/upload/cursor.ts";
import { openCursor } from "../../../src/upload/run-folder.ts";

let dir: string;
let log: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "run-folder-"));
  log = join(dir, "run-a.wandb");
});

afterEach(() => {
  rmSync(dir, { recursive: true });
});

const cursor = { version: 1, offset: 7 } as unknown as Cursor;

test("links in the places of the cursor and of the marker lead nowhere", async () => {
  const outside = join(dir, "outside");
  writeFileSync(outside, "kept");
  for (const name of [`${log}.synced`, `${log}.upload.part`]) symlinkSync(outside, name);
  const store = await openCursor(log);
  await store.save(cursor);
  await store.markSynced();
  await store.release();
  expect(readFileSync(outside, "utf8")).toBe("kept");
  expect(JSON.parse(readFileSync(`${log}.upload`, "utf8"))).toEqual(cursor);
  expect(existsSync(`${log}.upload.part`)).toBe(false);
});

test.each<[string, (path: string) => void]>([
  ["a folder", (path) => mkdirSync(path)],
  ["a link", (path) => symlinkSync("nowhere", path)],
  ["a pipe", (path) => execFileSync("mkfifo", [path])],
])("%s in the place of the lock, or of the cursor, is named, and not waited for", async (kind, make) => {
  make(`${log}.upload`);
  const store = await openCursor(log);
  await expect(store.load()).rejects.toThrow(`${log}.upload: expected a file; got ${kind}`);
  await store.release();
  make(`${log}.upload.lock`);
  await expect(openCursor(log)).rejects.toThrow(`${log}.upload.lock: expected a file; got ${kind}`);
});

test("a lock of this very process that another thread has is held", async () => {
  writeFileSync(`${log}.upload.lock`, JSON.stringify({ pid: process.pid, host: hostname() }));
  await expect(openCursor(log)).rejects.toThrow(/another process is uploading this run/);
  expect(readdirSync(dir)).toEqual(["run-a.wandb.upload.lock"]);
});
