import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { Image, init as initInPage } from "../../../src/browser.ts";
import { init } from "../../../src/node.ts";
import { findUploads, type SyncedRun, type SyncOptions, syncRuns } from "../../../src/upload/sync.ts";
import { copied, fastClock, KEY, loggedRun, newFolder } from "../../support/upload.ts";
import { stateOf, WandbServer } from "../../support/wandb-server.mjs";

process.env.WANDB_SILENT = "true";
let logged: string;
let server: WandbServer;
beforeAll(async () => {
  logged = await loggedRun(3, 0);
});
beforeEach(async () => {
  server = await WandbServer.start();
});
afterEach(() => server.close());

async function sync(paths: string | string[], options: Partial<SyncOptions> = {}): Promise<SyncedRun[]> {
  const all: SyncOptions = {
    paths: [paths].flat(),
    apiKey: KEY,
    baseUrl: server.url,
    clock: fastClock,
    producer: "wandb-image/test",
    ...options,
  };
  return syncRuns(await findUploads(all.paths, all.includeSynced ?? false), all);
}

const outcomes = (results: SyncedRun[]) => results.map(({ run, outcome }) => [run.id, outcome]);

async function manyRuns(): Promise<string> {
  const dir = newFolder();
  for (const id of ["one", "two", "three"]) {
    const run = init({ dir, id, project: "cats", mode: "offline" });
    run.log({ id });
    await run.finish();
  }
  return dir;
}

test.each([
  ["its folder", (dir: string) => dir],
  ["its .wandb file", (dir: string) => join(dir, "run-r1.wandb")],
  ["the wandb folder", (dir: string) => join(dir, "..")],
])("a run by %s", async (_, place) => {
  const dir = copied(logged);
  expect(outcomes(await sync(place(dir)))).toEqual([["r1", "uploaded"]]);
  expect(server.run.history.size).toBe(3);
  expect(existsSync(join(dir, "run-r1.wandb.upload.lock"))).toBe(false);
});

test("a folder of many, and what was uploaded is left alone", async () => {
  const dir = await manyRuns();
  const first = await sync(dir, { parallel: 2 });
  expect(new Set(outcomes(first).map(String))).toEqual(new Set(["one,uploaded", "two,uploaded", "three,uploaded"]));
  const requests = server.log.length;
  const again = await sync(dir);
  expect(again.map(({ outcome, reason }) => [outcome, reason])).toEqual(
    Array(3).fill(["skipped", "it was uploaded; --include-synced does so again"]),
  );
  expect(server.log.length).toBe(requests);
});

test("--include-synced puts everything where it is already, by whomever it was uploaded", async () => {
  const dir = copied(logged);
  await sync(dir);
  const before = stateOf(server.run);
  await sync(dir, { includeSynced: true });
  expect(stateOf(server.run)).toEqual(before);
  renameSync(join(dir, "run-r1.wandb.upload"), join(dir, "gone")); // as after `wandb sync`
  await sync(dir, { includeSynced: true });
  expect(stateOf(server.run)).toEqual(before);
  server.runs.clear(); // deleted on the server
  await sync(dir, { includeSynced: true });
  expect(stateOf(server.run)).toEqual(before);
});

test("another place, no marker", async () => {
  const dir = copied(logged);
  await sync(dir, { target: { entity: "bob", project: "dogs", id: "r2" }, markSynced: false });
  expect([...server.runs.keys()]).toEqual(["bob/dogs/r2"]);
  expect(existsSync(join(dir, "run-r1.wandb.synced"))).toBe(false);
});

test("one unreadable run does not stop the others", async () => {
  const dir = await manyRuns();
  const bad = join(dir, "wandb/offline-run-20260101_000000-bad");
  mkdirSync(bad);
  writeFileSync(join(bad, "run-bad.wandb"), "no record file");
  const results = await sync(dir);
  expect(results.filter(({ outcome }) => outcome === "uploaded").length).toBe(3);
  expect(results.find(({ outcome }) => outcome === "failed")!.reason).toMatch(/no header/);
});

test("a run that another client logged online is left alone in a folder, and taken where it is named", async () => {
  const dir = await manyRuns();
  const online = join(dir, "wandb/run-20260101_000000-on");
  renameSync(copied(logged), online);
  const results = await sync(dir);
  expect(results.find(({ run }) => basename(run.path) === basename(online))!.reason).toMatch(
    /online by another client/,
  );
  expect(outcomes(await sync(online))).toEqual([["r1", "uploaded"]]);
});

test("a zip that a page made, with its cursor beside it", async () => {
  const run = initInPage({ project: "cats", id: "page", mode: "offline" });
  run.log({ pic: new Image({ data: new Uint8Array(48), shape: [4, 4, 3] }), loss: 1 });
  await run.finish();
  const zip = join(newFolder(), "run.zip");
  writeFileSync(zip, new Uint8Array(await (await run.toZip()).arrayBuffer()));
  server.rules = [{ on: "fs", status: 403 }];
  expect((await sync(zip))[0]).toMatchObject({ outcome: "failed", reason: expect.stringMatching(/does not allow it/) });
  expect(existsSync(`${zip}.upload`)).toBe(true);
  expect(outcomes(await sync(zip))).toEqual([["page", "uploaded"]]);
  expect(server.run.files.size).toBe(3);
  expect(existsSync(`${zip}.synced`)).toBe(true);
});

test("live: a run is followed to its end", async () => {
  const run = init({ dir: newFolder(), id: "r1", project: "cats", mode: "offline" });
  run.log({ a: 0 });
  const following = sync(run.dir, { live: true });
  while (server.runs.size === 0 || server.run.history.size === 0)
    await new Promise((resolve) => setTimeout(resolve, 5));
  expect(server.run.complete).toBe(false);
  for (let i = 1; i < 4; i++) run.log({ a: i });
  await run.finish(7);
  expect(outcomes(await following)).toEqual([["r1", "uploaded"]]);
  expect(server.run).toMatchObject({ exitCode: 7, complete: true });
  expect(server.run.history.size).toBe(4);
});

test("parts of one run follow each other", async () => {
  const parent = newFolder();
  for (const value of [1, 2]) {
    const run = init({ dir: parent, id: "same", project: "cats", mode: "offline" });
    run.log({ value });
    await run.finish();
  }
  expect(outcomes(await sync(parent))).toEqual([
    ["same", "uploaded"],
    ["same", "uploaded"],
  ]);
  expect([...server.run.history.values()].map((line) => JSON.parse(line).value)).toEqual([1, 2]);
});

test("nothing there is said", async () => {
  await expect(sync(newFolder())).rejects.toThrow(/no run in this folder/);
  await expect(sync("/nowhere")).rejects.toThrow(/\/nowhere: no such folder/);
});
