// The package in real Chromium and Firefox: pixels by the browser's own decoder, files by Node's bytes.
import assert from "node:assert/strict";
import { execFile, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { chromium, firefox } from "playwright-core";
import { Image } from "../../../dist/node.js";
import { answers, encodings, picture } from "./pictures.mjs";
import { serve } from "./server.mjs";

const LAUNCH = {
  Chromium: () =>
    chromium.launch({
      executablePath: "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    }),
  // Debian's Firefox has no juggler of playwright's own builds; this channel speaks WebDriver BiDi.
  Firefox: () => firefox.launch({ executablePath: "/usr/bin/firefox-esr", channel: "moz-firefox" }),
};

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const fixtures = new URL("../../fixtures/", import.meta.url);
const vectors = JSON.parse(readFileSync(new URL("vectors.json", fixtures), "utf8"));
const bin = readFileSync(new URL("vectors.bin", fixtures));
const nodes = answers(Image, vectors, bin.buffer.slice(bin.byteOffset, bin.byteOffset + bin.length));

const server = await serve();
after(() => server.close());

for (const [name, launch] of Object.entries(LAUNCH)) {
  describe(name, () => {
    let browser;
    before(async () => {
      browser = await launch();
    });
    after(() => browser?.close());

    async function open(policy = "") {
      const page = await browser.newPage();
      const errors = [];
      page.on("pageerror", (error) => errors.push(error));
      await page.goto(`${server.address}${policy}/test/real/browsers/page.html`);
      await page
        .waitForFunction(() => document.title === "ready")
        .catch((cause) => {
          throw new Error(`the page did not load: ${errors}`, { cause });
        });
      return page;
    }

    describe("a page", () => {
      let page;
      before(async () => {
        page = await open();
      });

      test("has no Buffer, and SIMD kernels", async () => {
        assert.equal(await page.evaluate(() => typeof Buffer), "undefined");
        assert.equal(await page.evaluate(() => tests.ready()), "simd");
      });

      test("answers every vector as numpy, and with Node's files", async () => {
        checkVectors(await page.evaluate(() => tests.vectors()), (node) => sha256(node.file));
      });

      test("writes Node's bytes for every file type", async () => {
        const expected = encodings(Image).map(([name, bytes]) => [name, bytes.length, sha256(bytes)]);
        assert.deepEqual(await page.evaluate(() => tests.encodings()), expected);
      });

      test("hashes as crypto.subtle does, with it and without waiting", async () => {
        const [sync, digest, expected] = await page.evaluate(() => tests.hashes());
        assert.equal(sync, expected);
        assert.equal(digest, expected);
      });

      for (const input of [
        "ImageData",
        "canvas 2-D",
        "canvas WebGL",
        "OffscreenCanvas",
        "ImageBitmap",
        "img, loaded",
        "img, not loaded yet",
        "video",
        "VideoFrame",
        "Blob",
        "File",
        "Response",
        "ReadableStream",
        "object URL",
        "http URL",
      ]) {
        test(`takes: ${input}`, async (context) => {
          const answer = await page.evaluate((input) => tests.input(input), input);
          // Headless Firefox has WebGL only beside a GPU.
          if (answer === "none" && name === "Firefox") return context.skip("this browser has none here");
          assert.equal(answer, "same");
        });
      }

      for (const [kind, words] of [
        ["a closed ImageBitmap", /^TypeError: the ImageBitmap is closed; log it before close\(\)$/],
        ["a closed VideoFrame", /^TypeError: the VideoFrame is closed; log it before close\(\)$/],
        ["an img that is none", /^TypeError: .*no-such-picture\.png/],
        // The browser's own words.
        ["a tainted canvas", /^SecurityError: /],
      ]) {
        test(`refuses ${kind}`, async () => {
          assert.match(await page.evaluate((kind) => tests.refusal(kind), kind), words);
        });
      }

      test("keeps a run that, zipped and unpacked, the real client uploads", async () => {
        const run = await page.evaluate(() => tests.zippedRun());
        const { uploaded, history } = await uploadZip(Buffer.from(run.zip, "base64"));
        assert.deepEqual(uploaded.filter((digest) => run.files.includes(digest)).sort(), run.files.sort());
        assert.deepEqual(
          history.map(({ loss, _step }) => [_step, loss]),
          [
            [0, 0.5],
            [1, 0.25],
          ],
        );
        assert.equal(history[0].canvas.caption, "a canvas");
        assert.deepEqual([history[1].pair._type, history[1].pair.count], ["images/separated", 2]);
      });

      test("writes a run into the origin's own file system", async () => {
        assert.equal(await page.evaluate(() => tests.writtenRun()), "same");
      });

      test("hashes where crypto.subtle is missing", async () => {
        assert.equal(await page.evaluate(() => tests.insecureDigest()), "same");
      });

      test("encodes in a worker", async () => {
        assert.equal(await page.evaluate(() => tests.worker()), "same");
      });

      test("ready({ wasm }) takes an address, bytes and a module, and refuses what is none", async () => {
        const readyWith = (kind) => page.evaluate((kind) => tests.readyWith(kind), kind);
        for (const kind of ["url", "bytes", "module"]) assert.equal(await readyWith(kind), "simd, same file");
        assert.match(await readyWith("missing"), /kernels\.wasm\.missing answered 404/);
        assert.match(await readyWith("other"), /not the kernels\.wasm of this version/);
      });
    });

    test("Content-Security-Policy with wasm-unsafe-eval alone: SIMD", async () => {
      const page = await open("/csp-wasm");
      assert.equal(await page.evaluate(() => tests.ready()), "simd");
      const expected = encodings(Image).map(([name, bytes]) => [name, bytes.length, sha256(bytes)]);
      assert.deepEqual(await page.evaluate(() => tests.encodings()), expected);
    });

    test("Content-Security-Policy without it: the JavaScript fallback, the same pixels", async () => {
      const page = await open("/csp-strict");
      assert.equal(await page.evaluate(() => tests.ready()), "javascript");
      checkVectors(await page.evaluate(() => tests.vectors()), undefined);
      assert.equal(await page.evaluate(() => tests.input("canvas 2-D")), "same");
      assert.equal((await page.evaluate(() => tests.encodings())).length, encodings(Image, false).length);
    });

    for (const [policy, where, codes] of [
      ["", "in workers of a file", []],
      ["/no-worker-file", "in workers of a Blob, where the bundler gave no file", []],
      [
        "/csp-no-worker",
        "on the page's own thread, and says so, where the policy forbids workers",
        ["workers-unavailable"],
      ],
    ]) {
      test(`a pool encodes ${where}`, async () => {
        const page = await open(policy);
        const { alike, codes: said, ...others } = await page.evaluate(() => tests.pool());
        assert.ok(alike.every(Boolean), String(alike));
        assert.deepEqual(others, { masks: true, refused: "RangeError", moved: true });
        assert.deepEqual(
          said.filter((code) => code === "workers-unavailable"),
          codes,
        );
      });
    }

    test("workers of a pool share a large frame in shared memory", async () => {
      const page = await open("/isolated");
      assert.deepEqual(await page.evaluate(() => tests.sharedFrames()), {
        isolated: true,
        alike: Array.from({ length: 12 }, () => true),
      });
    });

    test("file://, by the one-file build", async () => {
      const folder = mkdtempSync(join(tmpdir(), "wandb-image-file-"));
      const html = join(folder, "page.html");
      const script = new URL("../../../dist/wandb-image.iife.min.js", import.meta.url);
      writeFileSync(html, `<!doctype html><script src="${script}"></script>`);
      const page = await browser.newPage();
      await page.goto(pathToFileURL(html).href);
      const bytes = await page.evaluate(
        (data) => Array.from(new wandbImage.Image({ data: Uint8Array.from(data), width: 40, height: 30 }).bytes),
        Array.from(picture(40, 30)),
      );
      const expected = new Image({ data: picture(40, 30), width: 40, height: 30 }).bytes;
      assert.deepEqual(bytes, Array.from(expected));
      rmSync(folder, { recursive: true });
    });
  });
}

/** What the stand-in server has after `wandb sync` of the directory in the zip. */
async function uploadZip(zip) {
  const folder = mkdtempSync(join(tmpdir(), "wandb-image-zip-"));
  const [requests, uploads] = [join(folder, "requests.jsonl"), join(folder, "uploads")];
  writeFileSync(join(folder, "run.zip"), zip);
  execFileSync("python3", ["-m", "zipfile", "-e", "run.zip", "."], { cwd: folder });
  const directory = readdirSync(folder).find((name) => name.startsWith("offline-run-"));
  const port = await freePort();
  const standIn = fileURLToPath(new URL("../wandb/fake_server.py", import.meta.url));
  const wandbServer = spawn("python3", [standIn, String(port), requests, uploads], { stdio: "inherit" });
  try {
    await listening(port);
    const env = {
      PATH: process.env.PATH,
      HOME: folder,
      WANDB_API_KEY: "a".repeat(40),
      WANDB_ERROR_REPORTING: "false",
      WANDB_BASE_URL: `http://127.0.0.1:${port}`,
    };
    const wandb = join(process.env.WANDB_ENV, "bin/wandb");
    await promisify(execFile)(wandb, ["sync", "--yes", directory], { cwd: folder, env, timeout: 60_000 });
  } finally {
    wandbServer.kill();
  }
  const lines = readFileSync(requests, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const history = lines
    .flatMap(({ fs }) => fs?.files?.["wandb-history.jsonl"]?.content ?? [])
    .map((row) => JSON.parse(row));
  const uploaded = readdirSync(uploads, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => sha256(readFileSync(join(entry.parentPath, entry.name))));
  rmSync(folder, { recursive: true });
  return { history, uploaded };
}

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  return port;
}

async function listening(port) {
  for (let attempt = 0; attempt < 100; attempt++) {
    const socket = connect(port, "127.0.0.1");
    const open = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the stand-in server did not start");
}

/** Against the oracle where it speaks (mode, range rule), against Node's answer elsewhere. */
function checkVectors(given, fileOf) {
  assert.equal(given.length, vectors.cases.length);
  for (const [i, { id, uint8, guessMode, expect }] of vectors.cases.entries()) {
    const answer = given[i];
    const node = nodes[i];
    assert.equal(answer.guessMode, guessMode, id);
    assert.equal(answer.uint8, sha256(bin.subarray(uint8[0], uint8[0] + uint8[1])), id);
    assert.equal(answer.error, node.error, id);
    assert.equal(answer.mode, node.mode, id);
    if (expect.error === undefined && node.error === undefined) assert.equal(answer.mode, expect.mode, id);
    if (fileOf !== undefined && node.file !== undefined) assert.equal(answer.file, fileOf(node), id);
  }
}
