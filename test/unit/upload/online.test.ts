import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { InitOptions } from "../../../src/log/settings.ts";
import { init } from "../../../src/node.ts";
import { openRun } from "../../../src/read.ts";
import { scaledClock, setLiveClock } from "../../../src/upload/clock.ts";
import type { UploadProgress } from "../../../src/upload/progress.ts";
import { findUploads, syncRuns } from "../../../src/upload/sync.ts";
import { fastClock, KEY, newFolder, picture } from "../../support/upload.ts";
import { parsePython, stateOf, WandbServer } from "../../support/wandb-server.mjs";

process.env.WANDB_SILENT = "true";
setLiveClock(scaledClock(0.001, { keepAlive: false }));
let server: WandbServer;
beforeEach(async () => {
  server = await WandbServer.start();
  server.key = KEY;
});
afterEach(async () => {
  expect(server.problems).toEqual([]);
  await server.close();
});

const online = (options: InitOptions = {}) =>
  init({ dir: newFolder(), project: "cats", id: "r1", mode: "online", baseUrl: server.url, apiKey: KEY, ...options });

async function syncLater(dir: string) {
  const options = { paths: [dir], apiKey: KEY, baseUrl: server.url, clock: fastClock, producer: "wandb-image/test" };
  return (await syncRuns(await findUploads([dir], false), options))[0]!;
}

describe("mode: online", () => {
  test("what is logged arrives while the run goes on, and all of it by its end", async () => {
    const seen: UploadProgress[] = [];
    const run = online({ config: { lr: 0.1 }, tags: ["a"], onUpload: (progress) => seen.push(progress) });
    expect([run.url, run.upload!.state]).toEqual([null, "connecting"]);
    expect(basename(run.dir)).toMatch(/^run-\d{8}_\d{6}-r1$/); // which `wandb sync` leaves alone
    run.log({ loss: 1, pic: picture(1) });
    expect(await run.ready).toEqual({
      url: `${server.url}/ann/cats/runs/r1`,
      entity: "ann",
      project: "cats",
      id: "r1",
      name: "brisk-sun-1",
      resumed: false,
    });
    expect([run.url, run.entity, run.name]).toEqual([`${server.url}/ann/cats/runs/r1`, "ann", "brisk-sun-1"]);
    while (server.run.history.size === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(server.run.complete).toBe(false);
    run.log({ loss: 0.5, pic: picture(2) });
    run.config.update({ late: 5 });
    await run.finish(3);
    expect(run.upload).toMatchObject({ state: "done", complete: true, owed: [], rows: { sent: 2 } });
    expect(seen.at(-1)).toEqual(run.upload);
    expect(server.run).toMatchObject({ complete: true, exitCode: 3, params: { tags: ["a"] } });
    expect(stateOf(server.run)).toMatchObject({ config: { lr: { value: 0.1 }, late: { value: 5 } } });
    expect(server.run.files.size).toBe(4);
    expect(existsSync(join(run.dir, "run-r1.wandb.synced"))).toBe(true);
  });

  test("an upload that cannot begin says why, at once, and holds nothing up", async () => {
    const run = online();
    mkdirSync(join(run.dir, "run-r1.wandb.upload")); // where its cursor is to be
    run.log({ loss: 1 });
    const place = join(run.dir, "run-r1.wandb.upload");
    await expect(run.ready).rejects.toThrow(`${place}: expected a file; got a folder`);
    await run.finish();
    expect(run.upload).toMatchObject({ state: "stopped", error: { code: "broken-file" } });
    expect(existsSync(`${place}.lock`)).toBe(false);
    rmdirSync(place);
    expect(await syncLater(run.dir)).toMatchObject({ outcome: "uploaded" });
  });

  test("leaves what `sync` of the same run leaves", async () => {
    const run = online();
    for (let i = 0; i < 3; i++) run.log({ loss: i, pic: picture(i) });
    await run.finish();
    const live = stateOf(server.run);
    server.runs.clear();
    const [found] = await findUploads([run.dir], true);
    const options = {
      paths: [],
      apiKey: KEY,
      baseUrl: server.url,
      clock: fastClock,
      producer: "x",
      includeSynced: true,
    };
    await syncRuns([found!], options);
    expect(stateOf(server.run)).toEqual(live);
  });

  test("name, tags and notes may change; a record is written only where they do", async () => {
    const run = online({ name: "first" });
    await run.ready;
    const bytes = () => readFileSync(join(run.dir, "run-r1.wandb")).length;
    run.name = "second";
    run.notes = "n";
    run.tags = ["a", "b"];
    const before = bytes();
    run.name = "second";
    run.tags = ["a", "b"];
    expect(bytes()).toBe(before);
    expect(() => (run.tags = [""])).toThrow(/run\.tags: tag "": expected 1 to 64/);
    run.log({ a: 1 });
    await run.finish();
    expect(server.run.params).toMatchObject({ displayName: "second", notes: "n", tags: ["a", "b"] });
    expect([run.name, run.tags, run.notes]).toEqual(["second", ["a", "b"], "n"]);
    const read = await openRun(run.dir);
    expect(read.name).toBe("second");
    await read.close();
    expect(() => (run.name = "third")).toThrow(/is finished/);
  });

  test("the Stop button aborts run.stopped", async () => {
    server.streamAnswer = { stopped: true };
    const run = online();
    expect((run.stopped as AbortSignal).aborted).toBe(false);
    run.log({ a: 1 });
    await new Promise((resolve) => (run.stopped as AbortSignal).addEventListener("abort", resolve));
    await run.finish();
  });

  test("a fetch of one's own", async () => {
    const urls: string[] = [];
    const own = ((url: string, request: RequestInit) => {
      urls.push(new URL(url).pathname);
      return fetch(url, request);
    }) as typeof fetch;
    const run = online({ fetch: own });
    run.log({ a: 1 });
    await run.finish();
    expect(urls).toContain("/graphql");
    expect(server.run.complete).toBe(true);
  });

  test("shared: each writer numbers its own rows, and only the primary ends the run", async () => {
    const headers = () => server.log.map((entry) => entry.headers);
    const worker = online({ mode: "shared", primary: false });
    worker.log({ worker: 1 });
    expect(() => worker.log({ a: 1 }, { step: 3 })).toThrow(/shared run/);
    await worker.finish();
    expect(worker.upload).toMatchObject({ state: "done", complete: true });
    expect(server.run.complete).toBe(false);
    expect([...server.run.files.keys()]).toEqual([]);
    const gql = headers().find((each) => each["x-wandb-client-id"] !== undefined)!;
    const fs = headers().find((each) => each["x-wandb-async-client-id"] !== undefined)!;
    expect(fs["x-wandb-async-client-id"]).toBe(gql["x-wandb-client-id"]);
    for (const each of [gql, fs]) expect(each["x-wandb-use-async-filestream"]).toBe("true");
    const primary = online({ mode: "shared" });
    primary.log({ primary: 1 });
    await primary.finish();
    expect(server.run.complete).toBe(true);
    const offsets = server.log
      .filter(({ body }) => body?.files?.["wandb-history.jsonl"])
      .map(({ body }) => body.files["wandb-history.jsonl"].offset);
    expect(new Set(offsets)).toEqual(new Set([0])); // the server puts the writers together
  });
});

describe("where the server is not to be had, the run goes on", () => {
  test("no key: an error before anything is made", () => {
    const dir = newFolder();
    const home = process.env.NETRC;
    process.env.NETRC = "/nowhere";
    try {
      expect(() => init({ dir, mode: "online", baseUrl: server.url })).toThrow(/no API key for http:\/\/127/);
      expect(existsSync(join(dir, "wandb"))).toBe(false);
    } finally {
      if (home === undefined) delete process.env.NETRC;
      else process.env.NETRC = home;
    }
  });

  test("a refused key: ready rejects in words, log works, and sync brings it later", async () => {
    const run = online({ apiKey: "f".repeat(40) });
    await expect(run.ready).rejects.toThrow(/refused the API key.*It came from apiKey/);
    run.log({ a: 1 });
    await run.finish();
    expect(run.upload).toMatchObject({ state: "stopped", error: { code: "unauthorized" } });
    expect(await syncLater(run.dir)).toMatchObject({ outcome: "uploaded" });
    expect(server.run.history.size).toBe(1);
  });

  test("nobody there: finish gives up after finishTimeout and resolves", async () => {
    const run = online({ baseUrl: "http://127.0.0.1:9", finishTimeout: 0.3 });
    run.log({ a: 1 });
    const started = performance.now();
    await run.finish();
    expect(performance.now() - started).toBeGreaterThan(250);
    expect(run.upload!.state).toBe("stopped");
    expect(await syncLater(run.dir)).toMatchObject({ outcome: "uploaded" });
  });

  test("a deleted run stops the upload, not the program", async () => {
    server.rules = [{ on: "fs", status: 410 }];
    const run = online();
    run.log({ a: 1 });
    while (run.upload!.state !== "stopped") await new Promise((resolve) => setTimeout(resolve, 5));
    run.log({ a: 2 });
    await run.finish();
    expect(run.upload!.error!.message).toMatch(/was deleted/);
    expect(await syncLater(run.dir)).toMatchObject({ outcome: "uploaded" });
    expect(server.run.history.size).toBe(2);
  });

  test("options that cannot be", () => {
    expect(() => online({ finishTimeout: -1 })).toThrow(/finishTimeout: expected seconds, 0 or more; got -1/);
    expect(() => online({ resume: "often" as never })).toThrow(/resume: expected "allow"/);
    expect(() => online({ fetch: 1 as never })).toThrow(/fetch: expected a function; got/);
    expect(() => online({ apiKey: 5 as never })).toThrow(/apiKey: expected a string/);
    expect(() => online({ resume: "must", id: undefined })).toThrow(/needs the id/);
  });
});

describe("resume", () => {
  async function first(): Promise<void> {
    const run = online({ config: { lr: 0.1, old: { a: 1 } }, tags: ["a"], notes: "n", name: "mine" });
    for (let i = 0; i < 3; i++) run.log({ loss: i, big: 2n ** 60n, nan: Number.NaN });
    run.saveClassLabels("bounding_box/class_labels", "det_wandb_delimeter_gt", { 1: "car" });
    run.saveClassLabels("mask/class_labels", "det_wandb_delimeter_gt", { 0: "road" });
    await run.finish();
  }

  test("allow: steps, lines, config, summary, labels, tags and notes go on", async () => {
    await first();
    const run = online({ resume: "allow", config: { lr: 0.2 } });
    expect(() => run.log({ a: 1 })).toThrow(/await run\.ready first/);
    expect(await run.ready).toMatchObject({ resumed: true, name: "mine" });
    expect([run.step, run.tags, run.notes, run.config.old, run.summary.loss]).toEqual([3, ["a"], "n", { a: 1 }, 2]);
    run.log({ loss: 9 });
    await run.finish();
    expect([...server.run.history.keys()]).toEqual([0, 1, 2, 3]);
    expect(parsePython(server.run.history.get(3)!)).toMatchObject({ loss: 9, _step: 3 });
    expect(server.run.rewritten).toEqual([]);
    expect(server.run.summary).toMatchObject({ loss: 9, big: "\u00011152921504606846976", nan: "\u0001NaN", _step: 3 });
    expect(server.run.config).toMatchObject({
      lr: { value: 0.2 },
      old: { value: { a: 1 } },
      _wandb: {
        value: {
          "bounding_box/class_labels": { det_wandb_delimeter_gt: { value: { 1: "car" } } },
          "mask/class_labels": { det_wandb_delimeter_gt: { value: { 0: "road" } } },
        },
      },
    });
    expect(server.run.params).toMatchObject({ displayName: "mine", tags: ["a"], notes: "n" });
  });

  test("without resume, rows of a run that is there follow the others", async () => {
    await first();
    const run = online();
    run.log({ loss: 7 });
    await run.finish();
    expect(server.run.history.size).toBe(4);
    expect(server.run.rewritten).toEqual([]);
  });

  test("a resumed run that stopped goes on by sync at its own lines", async () => {
    await first();
    const run = online({ resume: "must" });
    await run.ready;
    server.rules = [{ on: "fs", status: 403 }];
    run.log({ loss: 9 });
    await run.finish();
    expect(await syncLater(run.dir)).toMatchObject({ outcome: "uploaded" });
    expect([...server.run.history.keys()]).toEqual([0, 1, 2, 3]);
    expect(server.run.rewritten).toEqual([]);
  });

  test("must without a run, never with one: W&B's words, and the run goes on on disk", async () => {
    const must = online({ resume: "must" });
    await expect(must.ready).rejects.toThrow(
      /'must' is not a valid option for resuming the run \(r1\) that has not been/,
    );
    must.log({ a: 1 });
    await must.finish();
    await first();
    const never = online({ resume: "never" });
    await expect(never.ready).rejects.toThrow(
      /'never' is not a valid option for resuming the run \(r1\) that already exists/,
    );
    await never.finish();
  });

  test("auto: goes on with the run that did not end well, and only with that", async () => {
    const dir = newFolder();
    const one = online({ dir, id: undefined, resume: "auto" });
    await one.ready;
    one.log({ a: 1 });
    await one.finish(1);
    const two = online({ dir, id: undefined, resume: true });
    expect(await two.ready).toMatchObject({ id: one.id, resumed: true });
    two.log({ a: 2 });
    await two.finish(0);
    const three = online({ dir, id: undefined, resume: "auto" });
    expect(await three.ready).toMatchObject({ resumed: false });
    expect(three.id).not.toBe(one.id);
    await three.finish();
  });
});

describe("which mode", () => {
  test("not given: offline, by a settings file online, by WANDB_MODE as it says", async () => {
    const { WANDB_MODE, WANDB_CONFIG_DIR } = process.env;
    try {
      delete process.env.WANDB_MODE;
      const config = (process.env.WANDB_CONFIG_DIR = newFolder());
      const modeOf = (options: InitOptions = {}) => {
        const run = init({ dir: newFolder(), apiKey: KEY, baseUrl: server.url, finishTimeout: 0, ...options });
        void run.finish();
        return run.upload === null ? "offline" : "online";
      };
      expect(modeOf()).toBe("offline");
      writeFileSync(join(config, "settings"), "[default]\nmode = online\n");
      expect(modeOf()).toBe("online");
      process.env.WANDB_MODE = "offline";
      expect(modeOf()).toBe("offline");
      expect(modeOf({ mode: "online" })).toBe("online");
    } finally {
      for (const [name, value] of Object.entries({ WANDB_MODE, WANDB_CONFIG_DIR })) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  });

  test("an offline run is ready at once, and has no page", async () => {
    const run = init({ dir: newFolder(), mode: "offline" });
    expect([await run.ready, run.url, run.upload, (run.stopped as AbortSignal).aborted]).toEqual([
      null,
      null,
      null,
      false,
    ]);
    await run.finish();
  });
});
