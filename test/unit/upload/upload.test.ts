import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { init } from "../../../src/node.ts";
import { copied, KEY, loggedRun, newFolder, uploaded } from "../../support/upload.ts";
import { type Rule, stateOf, WandbServer } from "../../support/wandb-server.mjs";

process.env.WANDB_SILENT = "true";
let logged: string;
let wanted: Record<string, unknown>;
let server: WandbServer;
beforeAll(async () => {
  logged = await loggedRun();
  const quiet = await WandbServer.start();
  await uploaded(copied(logged), quiet);
  wanted = stateOf(quiet.run);
  await quiet.close();
});
beforeEach(async () => {
  server = await WandbServer.start();
  server.key = KEY;
});
afterEach(async () => {
  expect(server.problems).toEqual([]);
  expect(server.keysAtStorage).toBe(0);
  await server.close();
});

const opsOf = (op: string) => server.log.filter((entry) => entry.op === op);
const names = (dir: string) => readdirSync(dir).sort();

test("a run directory: all of it, in the order of the wire, counted", async () => {
  const dir = copied(logged);
  const progress = await uploaded(dir, server);
  expect(progress).toMatchObject({
    state: "done",
    url: `${server.url}/ann/cats/runs/r1`,
    entity: "ann",
    project: "cats",
    rows: { sent: 5, read: 5 },
    files: { sent: 7 },
    owed: [],
    error: null,
    complete: true,
  });
  expect(wanted).toMatchObject({
    config: { lr: { value: 0.1 }, nan: { value: "\u0001NaN" }, late: { value: "x" } },
    params: { tags: ["a"], notes: "two\nlines" },
    summary: { best: 0.5, big: "\u00014611686018427387904" },
    complete: true,
    exitCode: 3,
  });
  expect(stateOf(server.run)).toEqual(wanted);
  expect(names(dir)).toEqual(["files", "run-r1.wandb", "run-r1.wandb.synced", "run-r1.wandb.upload"]);
  const last = opsOf("fs").at(-1)!.body;
  expect(last).toMatchObject({ complete: true, exitcode: 3 });
  expect(server.log.indexOf(opsOf("put").at(-1)!)).toBeLessThan(server.log.indexOf(opsOf("fs").at(-1)!));
});

test("headers of the wire: the key to the server only, storage gets what the server asks for and a length", async () => {
  await uploaded(copied(logged), server, { connection: { userAgent: "wandb-image/0" } });
  const basic = `Basic ${Buffer.from(`api:${KEY}`).toString("base64")}`;
  for (const { headers } of [...opsOf("gql"), ...opsOf("fs")]) {
    expect(headers).toMatchObject({
      authorization: basic,
      "content-type": "application/json",
      "user-agent": "wandb-image/0",
    });
  }
  for (const { headers, bytes } of opsOf("put")) {
    expect(headers).toMatchObject({ "x-test": "1", "content-length": String(bytes) });
    for (const name of ["authorization", "content-type", "transfer-encoding"]) expect(headers).not.toHaveProperty(name);
  }
});

test("nothing beside the run holds a key or a presigned address", async () => {
  const dir = copied(logged);
  server.rules = [{ on: "put", times: 99, status: 400, body: "<Code>Bad</Code>" }];
  await uploaded(dir, server);
  for (const name of names(dir).filter((each) => each !== "files")) {
    const text = readFileSync(join(dir, name), "latin1");
    expect(text).not.toContain(KEY);
    expect(text).not.toContain("signature=");
  }
});

// Each of the faults that W&B's client was seen under, and their kin.
const FAULTS: Record<string, Rule[]> = {
  "file_stream 429 with Retry-After": [{ on: "fs", times: 2, status: 429, headers: { "Retry-After": "3" } }],
  "file_stream 500 twice": [{ on: "fs", times: 2, status: 500 }],
  "file_stream 413": [{ on: "fs", times: 2, status: 413 }],
  "PUT 403 once": [{ on: "put", status: 403 }],
  "PUT 400 expired": [
    { on: "put", times: 2, status: 400, body: "<Error><Message>Request has expired</Message></Error>" },
  ],
  "PUT 503": [{ on: "put", times: 4, status: 503 }],
  "PUT 400 RequestTimeout": [{ on: "put", status: 400, body: "<Error><Code>RequestTimeout</Code></Error>" }],
  "PUT cut before and after": [
    { on: "put", times: 2, cut: "before" },
    { on: "put", times: 2, cut: "after" },
  ],
  "CreateRunFiles 400": [{ on: "gql:CreateRunFiles", status: 400 }],
  "CreateRunFiles 200 with errors": [{ on: "gql:CreateRunFiles", status: 200, body: '{"errors":[{"message":"no"}]}' }],
  "CreateRunFiles 500": [{ on: "gql:CreateRunFiles", times: 3, status: 500 }],
  "UpsertBucket 409": [{ on: "gql:UpsertBucket", status: 409 }],
  "UpsertBucket 502": [{ on: "gql:UpsertBucket", times: 2, status: 502, body: "<html>bad gateway</html>" }],
  "file_stream cut after it was heeded": [{ on: "fs", times: 2, cut: "after" }],
  "every request cut once": [
    { on: "gql", times: 1, cut: "before" },
    { on: "fs", times: 1, cut: "before" },
    { on: "put", times: 1, cut: "before" },
  ],
};

test.each(Object.entries(FAULTS))("%s: nothing is lost", async (_, rules) => {
  server.rules = structuredClone(rules);
  const dir = copied(logged);
  expect(await uploaded(dir, server)).toMatchObject({ state: "done", owed: [], error: null });
  expect(stateOf(server.run)).toEqual(wanted);
  expect(names(dir)).toContain("run-r1.wandb.synced");
});

const FATAL: Record<string, [Rule[], RegExp]> = {
  "file_stream 401": [[{ on: "fs", status: 401 }], /refused the API key.*from apiKey/],
  "file_stream 403": [[{ on: "fs", status: 403 }], /does not allow it/],
  "file_stream 404": [[{ on: "fs", status: 404 }], /may have been deleted/],
  "file_stream 410": [[{ on: "fs", status: 410 }], /was deleted/],
  "file_stream 409": [[{ on: "fs", status: 409 }], /answered with an error/],
  "file_stream 413 however small": [[{ on: "fs", times: 40, status: 413 }], /too large/],
  "UpsertBucket 401": [[{ on: "gql", status: 401 }], /refused the API key/],
  "UpsertBucket 403": [[{ on: "gql", status: 403, body: "<html><h1>blocked</h1></html>" }], /blocked/],
  "CreateRunFiles 403": [[{ on: "gql:CreateRunFiles", status: 403 }], /does not allow it/],
  "full quota": [
    [{ on: "gql:CreateRunFiles", status: 200, body: '{"errors":[{"message":"storage quota"}]}' }],
    /quota/,
  ],
};

test.each(Object.entries(FATAL))("%s: it stops, says so, and a later one goes on", async (_, [rules, words]) => {
  server.rules = structuredClone(rules);
  const dir = copied(logged);
  const stopped = await uploaded(dir, server);
  expect(stopped.state).toBe("stopped");
  expect(stopped.error!.message).toMatch(words);
  expect(stopped.error!.message).not.toContain(KEY);
  expect(names(dir)).not.toContain("run-r1.wandb.synced");
  server.rules = [];
  expect(await uploaded(dir, server)).toMatchObject({ state: "done", owed: [], rows: { sent: 5 } });
  expect(stateOf(server.run)).toEqual(wanted);
  expect(server.run.rewritten).toEqual([]);
});

test("large files are read while they are sent, whole, also after a cut and a fault", async () => {
  const run = init({ dir: newFolder(), id: "r1", project: "cats", mode: "offline" });
  const big = Uint8Array.from({ length: 5_000_001 }, (_, i) => (i * 2654435761) >>> 13);
  for (let i = 0; i < 6; i++) run.saveMedia(`media/big-${i}.bin`, big);
  run.log({ a: 1 });
  await run.finish();
  server.rules = [
    { on: "put", times: 2, cut: "before" },
    { on: "put", times: 2, status: 503 },
    { on: "put", times: 1, status: 403 },
  ];
  expect(await uploaded(run.dir, server)).toMatchObject({ state: "done", owed: [], complete: true });
  for (let i = 0; i < 6; i++) {
    const { bytes, headers } = server.run.files.get(`media/big-${i}.bin`)!;
    expect(Buffer.compare(bytes!, big)).toBe(0);
    expect(headers).toMatchObject({ "content-length": "5000001" });
  }
});

describe("files that do not arrive are owed", () => {
  test("by name and reason; the run is complete, and the next upload brings them", async () => {
    const dir = copied(logged);
    const [missing] = readdirSync(join(dir, "files/media/images"));
    const path = `media/images/${missing}`;
    server.rules = [{ on: `put:${path}`, times: 99, status: 403, body: "<Error><Code>AccessDenied</Code></Error>" }];
    const first = await uploaded(dir, server);
    expect(first).toMatchObject({
      state: "done",
      complete: true,
      owed: [{ path, reason: expect.stringMatching(/AccessDenied/) }],
    });
    expect(server.run.history.size).toBe(5);
    expect(names(dir)).not.toContain("run-r1.wandb.synced");
    server.rules = [];
    const before = server.log.length;
    expect(await uploaded(dir, server)).toMatchObject({ state: "done", owed: [] });
    expect(stateOf(server.run)).toEqual(wanted);
    expect(names(dir)).toContain("run-r1.wandb.synced");
    const later = server.log.slice(before);
    expect(later.some(({ op, body }) => op === "fs" && body.files?.["wandb-history.jsonl"])).toBe(false);
    expect(later.filter(({ op }) => op === "put").map(({ path: at }) => at)).not.toContain("media/images");
  });

  test("a file that is gone", async () => {
    const dir = copied(logged);
    rmSync(join(dir, "files/media"), { recursive: true });
    const progress = await uploaded(dir, server);
    expect(progress.owed.length).toBe(5);
    expect(progress.owed[0]!.reason).toMatch(/no such file/);
    expect(server.run.history.size).toBe(5);
  });

  test("one that the server gives no address for", async () => {
    server.rules = [
      {
        on: "gql:CreateRunFiles",
        times: 99,
        status: 200,
        body: '{"data":{"createRunFiles":{"runID":"r1","uploadHeaders":null,"files":[]}}}',
      },
    ];
    const progress = await uploaded(copied(logged), server);
    expect(progress.owed.length).toBe(7);
    expect(progress.owed[0]!.reason).toMatch(/no address/);
  });

  test("a storage host that is blocked is named, and does not hold the rows", async () => {
    server.rules = [{ on: "put", times: 9999, cut: "before" }];
    const progress = await uploaded(copied(logged), server);
    expect(progress).toMatchObject({ state: "done", complete: true });
    expect(progress.owed.length).toBe(7);
    expect(progress.owed[0]!.reason).toContain(server.storageUrl);
    expect(server.run.history.size).toBe(5);
  });
});

describe("the cursor", () => {
  test("is written before the first row, and sends nothing twice after the end", async () => {
    const dir = copied(logged);
    server.rules = [{ on: "fs", times: 1, status: 403 }];
    await uploaded(dir, server);
    const cursor = JSON.parse(readFileSync(join(dir, "run-r1.wandb.upload"), "utf8"));
    expect(cursor).toMatchObject({ version: 1, entity: "ann", project: "cats", runId: "r1", rows: 0, complete: false });
    await uploaded(dir, server);
    await uploaded(dir, server);
    expect(stateOf(server.run)).toEqual(wanted);
  });

  test("lost: the rows go to where they are already", async () => {
    const dir = copied(logged);
    await uploaded(dir, server);
    rmSync(join(dir, "run-r1.wandb.upload"));
    await uploaded(dir, server);
    expect(stateOf(server.run)).toEqual(wanted);
    expect(server.run.rewritten).toEqual([]);
  });

  test("broken: it is said, and nothing is sent", async () => {
    const dir = copied(logged);
    writeFileSync(join(dir, "run-r1.wandb.upload"), '{"version":1');
    const progress = await uploaded(dir, server);
    expect(progress.error!.message).toMatch(/not an upload state that this version.*Delete it/);
    expect(server.log).toEqual([]);
  });

  test("of another server or project is not heeded", async () => {
    const dir = copied(logged);
    await uploaded(dir, server);
    await uploaded(dir, server, { target: { project: "dogs" } });
    expect([...server.runs.keys()]).toEqual(["ann/cats/r1", "ann/dogs/r1"]);
    expect(stateOf(server.runs.get("ann/dogs/r1")!)).toMatchObject({ history: wanted.history });
  });

  test("a second uploader at the same time is refused", async () => {
    const dir = copied(logged);
    server.rules = [{ on: "gql", delay: 200 }];
    // Which of the two takes the lock is the system's choice.
    const ends = await Promise.allSettled([uploaded(dir, server), uploaded(dir, server)]);
    const done = ends.flatMap((end) => (end.status === "fulfilled" ? [end.value.state] : []));
    const refused = ends.flatMap((end) => (end.status === "rejected" ? [(end.reason as Error).message] : []));
    expect(done).toEqual(["done"]);
    expect(refused).toEqual([expect.stringMatching(/another process is uploading this run/)]);
  });

  test("a lock of a process that died is no lock", async () => {
    const dir = copied(logged);
    writeFileSync(
      join(dir, "run-r1.wandb.upload.lock"),
      JSON.stringify({ pid: 2 ** 22 + 1, host: (await import("node:os")).hostname() }),
    );
    expect((await uploaded(dir, server)).state).toBe("done");
  });
});

test("a lock that its process was killed in the making of is no lock", async () => {
  const dir = copied(logged);
  writeFileSync(join(dir, "run-r1.wandb.upload.lock"), "");
  expect((await uploaded(dir, server)).state).toBe("done");
});

test("without an end the run stays open, unless it is to be ended", async () => {
  const dir = copied(logged);
  const log = join(dir, "run-r1.wandb");
  const bytes = readFileSync(log);
  writeFileSync(log, bytes.subarray(0, bytes.length - 60)); // exit and final are gone, and what is before is torn
  expect(await uploaded(dir, server)).toMatchObject({ state: "done", complete: false, owed: [], rows: { sent: 5 } });
  expect(server.run.complete).toBe(false);
  expect(names(dir)).not.toContain("run-r1.wandb.synced");
  writeFileSync(log, bytes); // the writer lived on
  expect(await uploaded(dir, server)).toMatchObject({ state: "done", complete: true });
  expect(stateOf(server.run)).toEqual(wanted);
});

test("a killed run is ended as failed where that is asked for", async () => {
  const dir = copied(logged);
  const log = join(dir, "run-r1.wandb");
  writeFileSync(log, readFileSync(log).subarray(0, -60));
  expect(await uploaded(dir, server, { endAs: 1 })).toMatchObject({ complete: true });
  expect(server.run).toMatchObject({ complete: true, exitCode: 1 });
});

test("no run in the file", async () => {
  const dir = copied(logged);
  writeFileSync(join(dir, "run-r1.wandb"), "");
  const progress = await uploaded(dir, server);
  expect(progress.error!.message).toMatch(/holds no run/);
});

test("the Stop button", async () => {
  server.streamAnswer = { stopped: true };
  expect((await uploaded(copied(logged), server)).stopRequested).toBe(true);
});
