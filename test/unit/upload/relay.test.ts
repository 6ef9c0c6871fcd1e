import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
// @ts-expect-error: an example, in JavaScript
import { createRelay } from "../../../examples/relay/relay.mjs";
import { Image, init } from "../../../src/browser.ts";
import type { InitOptions } from "../../../src/log/settings.ts";
import { scaledClock, setLiveClock } from "../../../src/upload/clock.ts";
import { uploadRun } from "../../../src/upload.ts";
import { KEY } from "../../support/upload.ts";
import { WandbServer } from "../../support/wandb-server.mjs";

setLiveClock(scaledClock(0.001));
let wandb: WandbServer;
let server: Server;
let origin: string;
let user: string | null;
let limits: object;

beforeEach(async () => {
  wandb = await WandbServer.start();
  wandb.key = KEY;
  user = "ann";
  limits = {};
  server = createServer((request, response) => void relay(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const relay = createRelay({
    apiKey: KEY,
    entity: "team",
    project: "pages",
    baseUrl: wandb.url,
    appUrl: "https://app.example",
    origins: [origin],
    login: () => user,
    get limits() {
      return limits;
    },
  });
});
afterEach(async () => {
  expect(wandb.problems).toEqual([]);
  expect(wandb.keysAtStorage).toBe(0);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await wandb.close();
});

/** What a page's fetch does: it says where it is from. */
const pageFetch = ((url: string, request: RequestInit) =>
  fetch(url, { ...request, headers: { ...request.headers, origin } })) as typeof fetch;
const inPage = (options: InitOptions = {}) =>
  init({ mode: "online", id: "p1", baseUrl: `${origin}/wandb`, fetch: pageFetch, ...options });
const picture = () => new Image({ data: Uint8Array.from({ length: 48 }, (_, i) => i * 5), shape: [4, 4, 3] });

test("a page's run reaches the relay's project, whatever project the page names", async () => {
  const run = inPage({ project: "elsewhere", entity: "somebody", config: { lr: 1 }, tags: ["t"] });
  run.log({ loss: 1, pic: picture() });
  expect(await run.ready).toMatchObject({
    url: "https://app.example/team/pages/runs/p1",
    entity: "team",
    project: "pages",
  });
  run.log({ loss: 2, pic: picture() });
  await run.finish();
  expect(run.upload).toMatchObject({ state: "done", complete: true, owed: [], rows: { sent: 2 }, files: { sent: 4 } });
  expect([...wandb.runs.keys()]).toEqual(["team/pages/p1"]);
  expect(wandb.run).toMatchObject({ complete: true, params: { tags: ["t"] }, config: { lr: { value: 1 } } });
  expect(wandb.run.files.size).toBe(4);
  expect(wandb.run.files.get("config.yaml")!.headers).toMatchObject({ "x-test": "1" });
});

test("faults behind the relay lose nothing", async () => {
  wandb.rules = [
    { on: "put", status: 403 },
    { on: "put", status: 503 },
    { on: "fs", status: 429, headers: { "Retry-After": "2" } },
    { on: "gql:CreateRunFiles", status: 500 },
  ];
  const run = inPage();
  run.log({ pic: picture() });
  await run.finish();
  expect(run.upload).toMatchObject({ state: "done", complete: true, owed: [] });
});

describe("what the relay does not do", () => {
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${origin}/wandb${path}`, { method: "POST", body: JSON.stringify(body), headers: { origin, ...headers } });
  const upsert = (name: string) => post("/graphql", { operationName: "UpsertBucket", variables: { name } });
  const addressOf = async (run: string, file = "media/x.png"): Promise<string> => {
    const answer = await post("/graphql", { operationName: "CreateRunFiles", variables: { run, files: [file] } });
    return ((await answer.json()) as { data: { createRunFiles: { files: { uploadUrl: string }[] } } }).data
      .createRunFiles.files[0]!.uploadUrl;
  };

  test("serve other origins, and who is not logged in", async () => {
    expect((await post("/graphql", {}, { origin: "https://evil.example" })).status).toBe(403);
    user = null;
    expect((await upsert("p1")).status).toBe(401);
    expect(wandb.log).toEqual([]);
  });

  test("pass on other operations, or a query of the page's", async () => {
    expect(
      (await post("/graphql", { operationName: "Viewer", query: "query Viewer { viewer { apiKeys } }" })).status,
    ).toBe(403);
    await post("/graphql", {
      operationName: "UpsertBucket",
      query: "mutation { deleteEverything }",
      variables: { name: "p1", state: "x", host: "h" },
    });
    for (const { body } of wandb.log) expect(body.query).not.toContain("deleteEverything");
    expect(wandb.log.at(-1)!.body.variables).not.toHaveProperty("state");
  });

  test("write into runs that were not begun there, or by another", async () => {
    wandb.runs.set("team/pages/old", { ...(await emptyRun()) });
    expect((await upsert("old")).status).toBe(403);
    expect((await upsert("mine")).status).toBe(200);
    user = "bob";
    expect((await upsert("mine")).status).toBe(403);
    expect((await post("/files/team/pages/mine/file_stream", { files: {} })).status).toBe(403);
    expect((await post("/files/other/pages/mine/file_stream", {})).status).toBe(403);
    user = "ann";
    expect((await post("/files/team/pages/mine/file_stream", {})).status).toBe(200);
    expect((await post("/files/team/pages/..%2F..%2Fx/file_stream", {})).status).toBe(403);
  });

  async function emptyRun() {
    const other = await WandbServer.start();
    await fetch(`${other.url}/graphql`, {
      method: "POST",
      body: JSON.stringify({ operationName: "UpsertBucket", variables: { name: "x" } }),
    });
    const { run } = other;
    await other.close();
    return run;
  }

  test("give pages the addresses of storage, or put bytes anywhere else", async () => {
    await upsert("p1");
    const address = await addressOf("p1");
    expect(address).toMatch(/^\/wandb\/put\/[\w-]{36}$/);
    const put = (path: string) => fetch(origin + path, { method: "PUT", body: "bytes", headers: { origin } });
    expect((await put(`/wandb/put/${encodeURIComponent("http://evil.example/")}`)).status).not.toBe(200);
    expect((await put("/wandb/put/00000000-0000-0000-0000-000000000000")).status).toBe(403);
    user = "bob";
    expect((await put(address)).status).toBe(403);
    user = "ann";
    expect((await put(address)).status).toBe(200);
    expect((await put(address)).status).toBe(403); // once
    for (const bad of ["../x", "/x", "a/../b", "a\\b", ""]) {
      const answer = await post("/graphql", {
        operationName: "CreateRunFiles",
        variables: { run: "p1", files: [bad] },
      });
      expect(answer.status).toBe(400);
    }
  });

  test("tell a page the key, or an address, in an error", async () => {
    await upsert("p1");
    const address = await addressOf("p1");
    await wandb.close();
    const answers = [
      await upsert("p1"),
      await fetch(origin + address, { method: "PUT", body: "x", headers: { origin } }),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(502);
      expect(await answer.text()).toBe('{"errors":[{"message":"the server cannot be reached"}]}');
    }
    wandb = await WandbServer.start();
  });
});

test("sizes and rates are limited, and said with Retry-After", async () => {
  server.removeAllListeners("request");
  const relay = createRelay({
    apiKey: KEY,
    entity: "team",
    project: "pages",
    baseUrl: wandb.url,
    origins: [origin],
    login: () => "ann",
    limits: { request: 200, requests: 3 },
  });
  server.on("request", (request, response) => void relay(request, response));
  const post = (body: string) => fetch(`${origin}/wandb/graphql`, { method: "POST", body, headers: { origin } });
  expect((await post(JSON.stringify({ operationName: "x".repeat(300) }))).status).toBe(413);
  await post("{}");
  await post("{}");
  const late = await post("{}");
  expect(late.status).toBe(429);
  expect(Number(late.headers.get("retry-after"))).toBeGreaterThan(0);
});

test("a page with neither relay nor key is told what to do; with a key it goes straight to the server", async () => {
  expect(() => init({ mode: "online" })).toThrow(/expected the address of a relay.*A key in a page is everybody's/);
  const run = init({ mode: "online", id: "p1", apiKey: KEY, baseUrl: wandb.url, fetch: pageFetch });
  run.log({ a: 1 });
  await run.finish();
  expect(run.upload).toMatchObject({ state: "done", complete: true });
});

test("uploadRun: a run that a page kept, by the relay, twice without a row twice", async () => {
  const run = init({ mode: "offline", id: "kept", project: "x" });
  run.log({ a: 1, pic: picture() });
  const options = { baseUrl: `${origin}/wandb`, fetch: pageFetch };
  expect(await uploadRun(run, options)).toMatchObject({ state: "done", complete: false, rows: { sent: 1 }, owed: [] });
  run.log({ a: 2 });
  await run.finish();
  expect(await uploadRun(run, options)).toMatchObject({ state: "done", complete: true, owed: [] });
  expect([...wandb.run.history.keys()]).toEqual([0, 1]);
  expect(wandb.run.rewritten).toEqual([]);
  await expect(uploadRun(5 as never, options)).rejects.toThrow(/expected/);
  await expect(uploadRun(run, { baseURL: "x" } as never)).rejects.toThrow(/unknown option "baseURL"/);
});
