import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { pageAddresses } from "../../../src/adapt/async.ts";
import { encodePng } from "../../../src/encoders.ts";
import { Image } from "../../../src/node.ts";

const png = encodePng({ data: new Uint8Array(12).fill(90), width: 2, height: 2 });
const failure = async (promise: Promise<unknown>) => {
  try {
    await promise;
  } catch (error) {
    return error as Error & { code?: string };
  }
  throw new Error("nothing was thrown");
};

describe("addresses", () => {
  let server: Server;
  let base = "";
  let sent = 0;
  let refused = 0;
  const answers: Record<string, RequestListener> = {
    "/a.png": (_, response) => response.end(png),
    "/html": (_, response) => {
      response.setHeader("content-type", "text/html; charset=utf-8");
      response.write(`<!DOCTYPE html>${" ".repeat(100)}`);
      // A page without end: refused by its first bytes.
      const more = setInterval(() => {
        sent += 1e5;
        response.write("x".repeat(1e5));
      }, 5);
      response.on("close", () => clearInterval(more));
    },
    "/empty": (_, response) => response.writeHead(204).end(),
    "/missing": (_, response) => response.writeHead(404).end(),
    "/silent": (_, response) => response.write(png.subarray(0, 40)),
    "/bomb": (_, response) => {
      response.setHeader("content-encoding", "gzip");
      response.end(gzipSync(Buffer.concat([png, Buffer.alloc(5e6)])));
    },
    "/endless error": (_, response) =>
      response
        .on("close", () => refused++)
        .writeHead(500)
        .write(png),
    "/1 TB": (_, response) =>
      response
        .on("close", () => refused++)
        .writeHead(200, { "content-length": 2 ** 40 })
        .write(png),
    "/cut": (_, response) => response.end(png.subarray(0, png.length - 12 - 4 - 8)),
  };
  beforeAll(async () => {
    server = createServer((request, response) => answers[decodeURIComponent(request.url!)]!(request, response));
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  test("a picture comes as it is", async () => {
    const image = await Image.from(`${base}/a.png`, { caption: "gray" });
    expect([image.width, image.format, image.caption, Buffer.compare(image.bytes, png)]).toEqual([2, "png", "gray", 0]);
  });

  test("an answer that is refused by its headers is not left open", async () => {
    for (const path of ["/endless%20error", "/1%20TB"]) {
      await expect(Image.from(`${base}${path}`)).rejects.toThrow(/HTTP 500|more than 100000000 bytes/);
    }
    await new Promise((done) => setTimeout(done, 100));
    expect(refused).toBe(2);
  });

  test("what is no picture is named, with its address and type, by its first bytes", async () => {
    const { message } = await failure(Image.from(`${base}/html`));
    expect(message).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+\/html: \d+ bytes that are an HTML page \(a login or error page\?\); expected a PNG, JPEG, BMP, GIF or WebP file \(content-type text\/html\)$/,
    );
    expect(message.length).toBeLessThan(300);
    const before = sent;
    await new Promise((done) => setTimeout(done, 60));
    expect(sent - before).toBeLessThan(3e5);
    expect((await failure(Image.from(`${base}/empty`))).message).toBe(
      `${base}/empty: 0 bytes that are not a PNG, JPEG, BMP, GIF or WebP file`,
    );
    expect((await failure(Image.from(`${base}/missing`))).message).toBe(`${base}/missing: HTTP 404 Not Found`);
    expect((await failure(Image.from(`${base}/cut`))).message).toBe(
      `${base}/cut: image file is truncated: its IDAT chunk lacks 8 bytes`,
    );
  });

  test("maxBytes counts what a server's gzip unpacks to", async () => {
    const error = await failure(Image.from(`${base}/bomb`, { maxBytes: 1e6 }));
    expect([error.code, error.message]).toEqual([
      "file-too-large",
      `${base}/bomb: more than 1000000 bytes; pass maxBytes to raise the limit`,
    ]);
    expect((await Image.from(`${base}/bomb`, { maxBytes: 1e7 })).width).toBe(2);
    // The length that the server declares is enough.
    expect((await failure(Image.from(`${base}/a.png`, { maxBytes: 10 }))).code).toBe("file-too-large");
  });

  test("a silent server is not waited for; a signal ends it", async () => {
    const late = await failure(Image.from(`${base}/silent`, { timeout: 50 }));
    expect(late.message).toBe(`${base}/silent: not read within 0.05 s; pass timeout (milliseconds) for more`);
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("enough")), 20);
    expect((await failure(Image.from(`${base}/silent`, { signal: controller.signal }))).message).toBe("enough");
    expect(
      (await failure(Image.from(`${base}/a.png`, { signal: AbortSignal.abort(new Error("never")) }))).message,
    ).toBe("never");
  });

  test("the options are checked", async () => {
    expect((await failure(Image.from(`${base}/a.png`, { maxBytes: 0 }))).message).toBe(
      "maxBytes: expected a number above 0; got 0",
    );
    expect((await failure(Image.from(`${base}/a.png`, { timeout: "1" as never }))).message).toBe(
      'timeout: expected a number above 0; got "1"',
    );
    expect((await failure(Image.from(`${base}/a.png`, { signal: {} as never }))).message).toBe(
      "signal: expected an AbortSignal; got an empty object",
    );
  });

  test("Responses, streams and Blobs have the same limits", async () => {
    const response = () => new Response(png as Uint8Array<ArrayBuffer>);
    expect((await Image.from(response())).width).toBe(2);
    expect((await failure(Image.from(response(), { maxBytes: 10 }))).message).toContain(
      "a Response: more than 10 bytes",
    );
    expect((await failure(Image.from(response().body!, { maxBytes: 10 }))).message).toContain("a stream: more than 10");
    expect((await failure(Image.from(new Response("<html>")))).message).toContain(
      "a Response: 6 bytes that are an HTML",
    );
    expect((await failure(Image.from(new Blob(["{}"])))).message).toContain("a Blob: 2 bytes that are JSON");
  });

  describe("in a page", () => {
    const globals = globalThis as unknown as { document: { baseURI: string } | undefined };
    afterEach(() => {
      globals.document = undefined;
    });

    test("are relative to it", async () => {
      globals.document = { baseURI: `${base}/shop/index.html` };
      answers["/shop/pic.png"] = answers["/a.png"]!;
      for (const address of ["pic.png", "./pic.png", "/a.png", "../a.png", `//${base.slice(7)}/a.png`]) {
        expect(pageAddresses.accepts(address)).toBe(true);
        const { name } = (await pageAddresses.read(address, {})) as { name: string };
        expect(name).toBe(`${base}${address.includes("pic") ? "/shop/pic.png" : "/a.png"}`);
      }
      for (const other of ["", "data:,", "s3://a/b", "C:\\a.png", 7, "iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB"]) {
        expect(pageAddresses.accepts(other)).toBe(false);
      }
    });

    test("where there is none, that is said", async () => {
      await expect(async () => pageAddresses.read("pic.png", {})).rejects.toThrow(
        "pic.png: there is no page here that it could be relative to",
      );
    });
  });
});

describe("strings that are no picture's path", () => {
  let directory = "";
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "paths-"));
  });
  afterAll(() => rmSync(directory, { recursive: true }));
  const says = (input: string) => {
    try {
      new Image(input);
      return "nothing";
    } catch (error) {
      expect((error as Error).message.length).toBeLessThanOrEqual(300);
      return (error as Error).message;
    }
  };

  test("base64 without its prefix", () => {
    const large = Buffer.from(
      encodePng({ data: Uint8Array.from({ length: 3e5 }, (_, i) => i * i), width: 500, height: 200 }),
    );
    for (const bytes of [large, Buffer.from(png)]) {
      expect(says(bytes.toString("base64"))).toMatch(
        /^iVBORw0KGgoAAAA…\S+ \(\d+ characters\) looks like the base64 of a png file: pass "data:image\/png;base64," \+ it, or Buffer\.from\(it, "base64"\)$/,
      );
    }
    expect(says(`/9j/4AAQSkZJRgABAQ${"A".repeat(5000)}`)).toContain("base64 of a jpeg file");
    expect(says("x".repeat(5000))).toBe(
      `ENAMETOOLONG: ${"x".repeat(79)}…${"x".repeat(40)}: 5000 characters, too long for a path`,
    );
  });

  test("~, a folder, a file that is not there", () => {
    expect(says("~/cat.png")).toContain('~/cat.png: no such file: only a shell knows "~"');
    expect(says(homedir())).toContain(`EISDIR: ${homedir()}: a folder; expected a picture's file`);
    expect(says("pictures/none.png")).toBe(`ENOENT: pictures/none.png: no such file, looked for in ${process.cwd()}`);
    expect(says("/none/none.png")).toBe("ENOENT: /none/none.png: no such file");
  });

  test("files of other kinds are named for what they are", () => {
    const kinds: [string, string | Buffer, string][] = [
      ["a.png", "<!doctype html><title>Log in</title>", "an HTML page"],
      ["a.svg", '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"],
      ["a.avif", Buffer.from("\0\0\0\x1cftypavif\0\0\0\0"), "an AVIF picture"],
      ["a.heic", Buffer.from("\0\0\0\x1cftypheic\0\0\0\0"), "a HEIC picture"],
      ["a.tif", Buffer.from("II*\0\x08\0\0\0"), "a TIFF picture"],
      ["b.png", "version https://git-lfs.github.com/spec/v1\noid sha256:00", "a Git LFS pointer; run git lfs pull"],
      ["c.png", Buffer.from(png).toString("base64"), "base64; decode it first"],
      ["d.png", '{"error":"not found"}', "JSON"],
    ];
    for (const [name, content, kind] of kinds) {
      const path = join(directory, name);
      writeFileSync(path, content);
      expect(says(path)).toContain(`${path}: ${content.length} bytes that are ${kind}`);
    }
    expect(() => new Image(Buffer.from("<html></html>"))).toThrow(
      "Uint8Array(13) holds an HTML page (a login or error page?); expected a PNG, JPEG, BMP, GIF or WebP file. Pass an array",
    );
  });

  test("a file that lacks its end alone is logged, and that is told", () => {
    const path = join(directory, "open.png");
    writeFileSync(path, png.subarray(0, png.length - 12));
    const warnings: unknown[] = [];
    expect(new Image(path, { onWarning: (warning) => warnings.push(warning) }).width).toBe(2);
    expect(warnings).toEqual([
      {
        code: "file-incomplete",
        message: `${path}: a png file without its end, the IEND chunk; logged as it is`,
      },
    ]);
  });
});

describe("what others will give", () => {
  const never = () => new Promise<never>(() => {});
  const shape = [1, 1];
  const endless: [string, unknown][] = [
    ["a promise", never()],
    // biome-ignore lint/suspicious/noThenProperty: as hostile as it is
    ["a thenable", { then() {} }],
    ["a promise of a promise", Promise.resolve({ getFile: never })],
    ["a file handle", { getFile: never }],
    ["a Blob", { arrayBuffer: never }],
    ["a tensor on a GPU", { shape, dtype: "float32", dataSync() {}, data: never }],
    ["a jax array", { shape, dtype: "float32", data: never }],
    ["chunks", { [Symbol.asyncIterator]: () => ({ next: never }) }],
  ];

  test.each(endless)("%s is waited for until the signal, or a timeout that was given", async (_, input) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("enough")), 20);
    const { message } = await failure(Image.from(input as Promise<never>, { signal: controller.signal }));
    expect(message).toBe("enough");
    const late = await failure(Image.from(input as Promise<never>, { timeout: 20 }));
    expect(late.message).toMatch(/^a \w+: not read within 0.02 s/);
  });

  test("a promise that rejects after its signal was aborted ends nothing", async () => {
    const unhandled: unknown[] = [];
    const listen = (error: unknown) => void unhandled.push(error);
    process.on("unhandledRejection", listen);
    const rejecting = () => new Promise((_, reject) => setTimeout(() => reject(new Error("late")), 10));
    const { message } = await failure(
      Image.from(rejecting() as never, { signal: AbortSignal.abort(new Error("gone")) }),
    );
    await failure(Image.from(rejecting() as never, { timeout: 1 }));
    await new Promise((done) => setTimeout(done, 40));
    process.off("unhandledRejection", listen);
    expect([message, unhandled]).toEqual(["gone", []]);
  });

  test("one that leads to itself is refused", async () => {
    const circle = { getFile: async () => circle };
    const { message } = await failure(Image.from(circle as never));
    expect(message).toMatch(/leads to other inputs without end/);
  });

  test("a Blob of more bytes than were asked for is refused", async () => {
    const blob = new Blob([png]);
    const { code } = await failure(Image.from(blob, { maxBytes: 20 }));
    expect(code).toBe("file-too-large");
    expect((await Image.from(blob)).width).toBe(2);
  });
});
