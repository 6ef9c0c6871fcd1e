import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { RunIndex, RunsAnswer, ViewEvent } from "../../../src/view/api.ts";
import { Collection } from "../../../src/view/collection.ts";
import { startViewer, type Viewer } from "../../../src/view/server.ts";
import { logRun } from "../../support/viewed-run.ts";

let dir: string;
let viewer: Viewer | null = null;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "view-server-"));
  process.env.WANDB_SILENT = "true";
});

afterEach(async () => {
  await viewer?.close();
  viewer = null;
  rmSync(dir, { recursive: true });
});

const PAGE = { script: "/*script*/", style: "/*style*/", licenses: "" };

async function serve(host = "127.0.0.1", roots = [dir]): Promise<Viewer> {
  const runs = new Collection(roots);
  await runs.open();
  viewer = await startViewer(runs, PAGE, { host, port: 0, nextPort: false });
  return viewer;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Not `fetch`, which sends its own Host and tidies paths. */
function get(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port: viewer!.port, path, method, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(parts) }),
      );
    });
    asked.on("error", reject);
    asked.end();
  });
}

const json = async <T>(path: string) => JSON.parse((await get(path)).body.toString()) as T;

describe("answers", () => {
  test("runs, their index, rows and files", async () => {
    const run = await logRun(dir);
    await serve();
    const { runs, place } = await json<RunsAnswer>("/api/runs");
    expect(place).toBe(dir);
    expect(runs).toMatchObject([{ id: run.id, name: "first", project: "viewed", state: "finished", folder: run.dir }]);
    const index = await json<RunIndex>(`/api/index?run=${run.id}`);
    expect(index.pictures["val/pred"]).toEqual([0, 2, 4]);
    const [row] = await json<{ pictures: { path: string }[] }[]>(`/api/rows?run=${run.id}&key=val/input&from=3&to=4`);
    const { path } = row!.pictures[0]!;
    const file = await get(`/file/${run.id}/${path}`);
    expect(file.body).toEqual(readFileSync(join(run.dir, "files", path)));
    expect(file.headers).toMatchObject({
      "content-type": "image/png",
      "cache-control": "private, max-age=31536000, immutable",
      "x-content-type-options": "nosniff",
    });
    const part = await get(`/file/${run.id}/${path}`, { range: "bytes=1-3" });
    expect([part.status, part.body.toString("latin1")]).toEqual([206, "PNG"]);
    expect(part.headers["content-range"]).toBe(`bytes 1-3/${file.body.length}`);
  });

  test("many files in one pack, missing ones told", async () => {
    const run = await logRun(dir);
    await serve();
    const rows = await json<{ pictures: { path: string }[] }[]>(`/api/rows?run=${run.id}&key=examples&from=0&to=1`);
    const paths = rows[0]!.pictures.map(({ path }) => path);
    const query = new URLSearchParams([["run", run.id], ...[...paths, "media/none.png"].map((path) => ["path", path])]);
    const { body } = await get(`/api/pack?${query}`);
    const lengths = [0, 1, 2, 3].map((i) => body.readUInt32LE(4 * i));
    expect(lengths[3]).toBe(0xffffffff);
    let at = 16;
    for (const [i, path] of paths.entries()) {
      expect(body.subarray(at, at + lengths[i]!)).toEqual(readFileSync(join(run.dir, "files", path)));
      at += lengths[i]!;
    }
    expect(at).toBe(body.length);
  });

  test("what is logged is told at once, new runs too", async () => {
    const run = await logRun(dir, { steps: 1, finish: false });
    await serve();
    await get(`/api/index?run=${run.id}`);
    const events: ViewEvent[] = [];
    const asked = request({ host: "127.0.0.1", port: viewer!.port, path: "/api/events" }, (response) => {
      response.on("data", (part: Buffer) => {
        for (const line of part.toString().split("\n"))
          if (line.startsWith("data: ")) events.push(JSON.parse(line.slice(6)));
      });
    });
    asked.end();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const told = async (type: string) => {
      for (const start = Date.now(); Date.now() - start < 20_000; ) {
        if (events.some((event) => event.type === type)) return;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      throw new Error(`${type} was not told: ${JSON.stringify(events)}`);
    };
    run.log({ loss: 3 });
    await told("run");
    expect((await json<RunIndex>(`/api/index?run=${run.id}`)).scalars.loss).toBe(2);
    events.length = 0;
    await logRun(dir, { steps: 1, name: "second" });
    await told("runs");
    expect((await json<RunsAnswer>("/api/runs")).runs.map(({ name }) => name).sort()).toEqual(["first", "second"]);
    asked.destroy();
    await run.finish();
  });
});

describe("directories as they come", () => {
  test("a run that cannot be read is listed with the reason, and the others work", async () => {
    const good = await logRun(dir, { name: "good" });
    const parent = join(dir, "wandb");
    const folder = (id: string) => {
      const place = join(parent, `offline-run-20260101_000000-${id}`);
      mkdirSync(place);
      return place;
    };
    folder("nofile00");
    writeFileSync(join(folder("empty000"), "run-empty000.wandb"), "");
    writeFileSync(join(folder("foreign0"), "run-foreign0.wandb"), "this is no record file of any kind".repeat(10));
    mkdirSync(join(folder("folder00"), "run-folder00.wandb"));
    await serve();
    const { runs } = await json<RunsAnswer>("/api/runs");
    expect(runs.find(({ id }) => id === good.id)!.state).toBe("finished");
    for (const id of ["nofile00", "empty000", "foreign0", "folder00"]) {
      const run = runs.find((one) => one.id === id);
      expect([id, run?.state]).toEqual([id, "unreadable"]);
      expect(run!.reason).toMatch(/\w/);
    }
    expect((await json<RunIndex>(`/api/index?run=${good.id}`)).lastStep).toBe(6);
  });

  test("a run that is deleted while it is served leaves the list", async () => {
    const run = await logRun(dir);
    const other = await logRun(dir, { name: "other" });
    await serve();
    await get(`/api/index?run=${run.id}`);
    rmSync(run.dir, { recursive: true });
    for (let i = 0; i < 40 && (await json<RunsAnswer>("/api/runs")).runs.length > 1; i++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect((await json<RunsAnswer>("/api/runs")).runs.map(({ id }) => id)).toEqual([other.id]);
    expect((await get(`/api/index?run=${run.id}`)).status).toBe(404);
  });

  test("two folders of one run id are two runs", async () => {
    const run = await logRun(dir);
    const copy = join(dir, "wandb", `offline-run-20250101_000000-${run.id}`);
    const { cpSync } = await import("node:fs");
    cpSync(run.dir, copy, { recursive: true });
    await serve();
    const ids = (await json<RunsAnswer>("/api/runs")).runs.map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect((await get(`/api/index?run=${id}`)).status).toBe(200);
  });

  test("names that are HTML or __proto__ stay text", async () => {
    const { init, Image } = await import("../../../src/node.ts");
    const run = init({ dir, name: "<script>alert(1)</script>", mode: "offline" });
    run.log({ __proto__x: 1, "<img src=x onerror=alert(1)>": new Image({ data: new Uint8Array(4), shape: [2, 2] }) });
    await run.finish();
    await serve();
    const { headers, body } = await get("/api/runs");
    expect(headers["content-type"]).toBe("application/json");
    expect(JSON.parse(body.toString()).runs[0].name).toBe("<script>alert(1)</script>");
    expect((await get("/")).body.toString()).not.toContain("alert");
  });
});

describe("safety", () => {
  test("nothing outside of a run's files is served, by dots, by encoding or by links", async () => {
    const run = await logRun(dir);
    writeFileSync(join(dir, "secret.txt"), "secret");
    symlinkSync(join(dir, "secret.txt"), join(run.dir, "files/link.txt"));
    symlinkSync(dir, join(run.dir, "files/folder"));
    await serve();
    const paths = [
      "../run.wandb",
      `../run-${run.id}.wandb`,
      "..%2f..%2f..%2fsecret.txt",
      "%2e%2e/%2e%2e/%2e%2e/secret.txt",
      "media/../../../../secret.txt",
      "/etc/passwd",
      "%2fetc%2fpasswd",
      "..%5c..%5csecret.txt",
      "link.txt",
      "folder/secret.txt",
      "media/images%00.png",
      "",
    ];
    for (const path of paths) {
      const { status, body } = await get(`/file/${run.id}/${path}`);
      expect([path, status]).toEqual([path, 404]);
      expect(body.toString()).not.toBe("secret");
      const packed = await get(`/api/pack?run=${run.id}&path=${path}`);
      expect([path, packed.body.readUInt32LE(0)]).toEqual([path, 0xffffffff]);
    }
    for (const id of ["..", "../..", "%2e%2e", "__proto__", "constructor"])
      expect((await get(`/file/${id}/x`)).status).toBe(404);
    expect((await get("/file/%zz/x")).status).toBe(400);
  });

  test("only GET", async () => {
    await serve();
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
      expect((await get("/", {}, method)).status).toBe(405);
  });

  test("a name that another site points here is refused (DNS rebinding), and so is another site's request", async () => {
    await serve();
    for (const host of ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io:80"]) {
      expect((await get("/api/runs", { host })).status).toBe(403);
    }
    for (const host of ["localhost", `localhost:${viewer!.port}`, "127.0.0.1", "[::1]:80"]) {
      expect((await get("/api/runs", { host })).status).toBe(200);
    }
    for (const site of ["cross-site", "same-site"]) {
      expect((await get("/api/runs", { "sec-fetch-site": site, "sec-fetch-mode": "no-cors" })).status).toBe(403);
    }
    expect((await get("/", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" })).status).toBe(200);
  });

  test("the page may do nothing but show what is here", async () => {
    await serve();
    const { headers } = await get("/");
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("connect-src 'self'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "cross-origin-resource-policy": "same-origin",
    });
  });

  test("a run's HTML or SVG is bytes, never a page", async () => {
    const run = await logRun(dir, { steps: 1 });
    for (const name of ["page.html", "picture.svg", "script.js"])
      writeFileSync(join(run.dir, "files", name), "<script>alert(1)</script>");
    await serve();
    for (const name of ["page.html", "picture.svg", "script.js"]) {
      const { headers } = await get(`/file/${run.id}/${name}`);
      expect(headers["content-type"]).toBe("application/octet-stream");
      expect(headers["content-security-policy"]).toBe("default-src 'none'; sandbox");
    }
  });

  test("for other machines a token is asked for", async () => {
    await logRun(dir);
    await serve("0.0.0.0");
    const token = /token=([0-9a-f]{32})$/.exec(viewer!.address)![1]!;
    expect((await get("/api/runs")).status).toBe(401);
    expect((await get("/?token=0000")).status).toBe(401);
    const let_in = await get(`/?token=${token}`);
    expect([let_in.status, let_in.headers.location]).toEqual([302, "/"]);
    const [cookie] = let_in.headers["set-cookie"] as string[];
    expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
    expect((await get("/api/runs", { cookie: cookie!.split(";")[0]!, host: "desk.example" })).status).toBe(200);
    expect((await get("/api/runs", { cookie: `${cookie!.split(";")[0]}x` })).status).toBe(401);
  });
});

test("a port that is taken is no error: the next one is", async () => {
  const other = createServer();
  const port = await new Promise<number>((resolve) =>
    other.listen(0, "127.0.0.1", () => resolve((other.address() as { port: number }).port)),
  );
  const runs = new Collection([dir]);
  await runs.open();
  viewer = await startViewer(runs, PAGE, { host: "127.0.0.1", port, nextPort: true });
  expect(viewer.port).toBeGreaterThan(port);
  other.close();
});

test("a folder that is not there is an error that names it", async () => {
  await expect(new Collection([join(dir, "none")]).open()).rejects.toThrow("none: no such folder");
  await expect(new Collection([join(dir, "none.zip")]).open()).rejects.toThrow(/none\.zip: no such file$/);
});

test("a zip, and a zip beside a folder", async () => {
  const run = await logRun(dir, { steps: 2 });
  const { init } = await import("../../../src/log/memory.ts");
  const inMemory = await init({ project: "page", name: "from a page" });
  inMemory.log({ loss: 1 });
  await inMemory.finish();
  const path = join(dir, "page.zip");
  writeFileSync(path, new Uint8Array(await (await inMemory.toZip()).arrayBuffer()));
  await serve("127.0.0.1", [dir, path]);
  const { runs } = await json<RunsAnswer>("/api/runs");
  expect(runs.map(({ name }) => name).sort()).toEqual(["first", "from a page"]);
  const zipped = runs.find(({ name }) => name === "from a page")!;
  expect((await json<RunIndex>(`/api/index?run=${zipped.id}`)).scalars.loss).toBe(1);
  expect(run.id).toBeTruthy();
  renameSync(path, `${path}.gone`);
});
