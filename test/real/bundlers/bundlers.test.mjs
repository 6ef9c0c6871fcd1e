// One small program, built and run by everything that users build and run with; its answer must be Node's.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createReadStream, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import commonjs from "@rollup/plugin-commonjs";
import nodeResolve from "@rollup/plugin-node-resolve";
import * as esbuild from "esbuild";
import { chromium } from "playwright-core";
import { rollup } from "rollup";
import * as vite from "vite";
import webpack from "webpack";

const app = process.env.WANDB_IMAGE_APP;
const require = createRequire(import.meta.url);
const main = join(app, "main.mjs");

function run(command, args, env = {}) {
  return execFileSync(command, args, {
    cwd: app,
    encoding: "utf8",
    env: { ...process.env, ...env },
    stdio: "pipe",
  }).trim();
}

const expected = run(process.execPath, ["import.mjs"]);
const logged = run(process.execPath, ["log.mjs"]);

describe("in Chromium", () => {
  let browser;
  let server;
  before(async () => {
    browser = await chromium.launch({
      executablePath: "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
    });
    server = createServer(({ url }, response) => {
      const file = join(app, new URL(url, "http://localhost").pathname);
      if (!existsSync(file)) return response.writeHead(404).end();
      const type = extname(file) === ".html" ? "text/html" : "text/javascript";
      createReadStream(file).pipe(response.writeHead(200, { "content-type": type }));
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  after(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
  });

  async function answers(address) {
    const page = await browser.newPage();
    const errors = [];
    page.on("pageerror", (error) => errors.push(error.stack));
    await page.goto(address);
    await page
      .waitForFunction(() => globalThis.answer !== undefined, undefined, { timeout: 20_000 })
      .catch(() => {
        assert.fail(`no answer: ${errors.join("\n")}`);
      });
    assert.equal(await page.evaluate(() => globalThis.answer), expected);
    assert.deepEqual(errors, []);
    await page.close();
  }

  /** A page of `folder` with these scripts in its body. */
  function page(folder, html) {
    mkdirSync(join(app, folder), { recursive: true });
    writeFileSync(
      join(app, folder, "index.html"),
      `<!doctype html><link rel="icon" href="data:," /><body>${html}</body>`,
    );
    return `http://127.0.0.1:${server.address().port}/${folder}/index.html`;
  }

  test("Vite's development server", async () => {
    const dev = await vite.createServer({
      root: app,
      configFile: false,
      logLevel: "error",
      server: { port: 0, host: "127.0.0.1" },
    });
    await dev.listen();
    await answers(dev.resolvedUrls.local[0]);
    await dev.close();
  });

  test("Vite's build", async () => {
    await vite.build({ root: app, configFile: false, logLevel: "error", base: "./", build: { outDir: "vite" } });
    await answers(page("vite-page", "").replace("vite-page", "vite"));
  });

  test("webpack", async () => {
    const stats = await new Promise((resolve, reject) => {
      webpack(
        { context: app, mode: "production", entry: main, output: { path: join(app, "webpack") } },
        (error, stats) => (error ? reject(error) : resolve(stats)),
      );
    });
    assert.deepEqual(stats.toJson({ errors: true, warnings: true }).errors, []);
    await answers(page("webpack", '<script src="main.js"></script>'));
  });

  test("esbuild", async () => {
    const { warnings } = await esbuild.build({
      entryPoints: [main],
      bundle: true,
      minify: true,
      outfile: join(app, "esbuild/main.js"),
    });
    assert.deepEqual(warnings, []);
    await answers(page("esbuild", '<script src="main.js"></script>'));
  });

  test("Rollup", async () => {
    const warnings = [];
    const bundle = await rollup({
      input: main,
      plugins: [nodeResolve({ browser: true, preferBuiltins: false }), commonjs()],
      onwarn: ({ message }) => warnings.push(message),
    });
    await bundle.write({ file: join(app, "rollup/main.js"), format: "es" });
    assert.deepEqual(
      warnings.filter((message) => /resolve|external|builtin/i.test(message)),
      [],
    );
    await answers(page("rollup", '<script type="module" src="main.js"></script>'));
  });

  const call =
    "globalThis.answer = answer(wandb, { encodePng: (pixels, options) => new wandb.Image(pixels, options).bytes, encodeJpeg: (pixels, options) => new wandb.Image(pixels, { ...options, fileType: 'jpg' }).bytes })";

  test("the module build without a bundler", async () => {
    const imports =
      'import * as wandb from "../node_modules/wandb-image/dist/wandb-image.min.js"; import { answer } from "../answer.mjs";';
    await answers(page("module", `<script type="module">${imports} ${call}</script>`));
  });

  test("the plain script's one global", async () => {
    const { unpkg, jsdelivr } = JSON.parse(readFileSync(join(app, "node_modules/wandb-image/package.json"), "utf8"));
    assert.equal(unpkg, jsdelivr);
    const script = `<script src="../node_modules/wandb-image/${unpkg}"></script>`;
    const inline = `<script type="module">import { answer } from "../answer.mjs"; const wandb = wandbImage; ${call}</script>`;
    await answers(page("script", script + inline));
  });
});

describe("elsewhere", () => {
  test("Node's require", () => assert.equal(run(process.execPath, ["require.cjs"]), expected));

  test("Node's worker threads", () => {
    assert.equal(run(process.execPath, ["thread.mjs"]), expected);
    assert.equal(run(process.execPath, ["log.mjs", "thread"]), logged);
  });

  test("a run in a folder has its picture, its boxes and its records", () => {
    const { files, media, said } = JSON.parse(logged);
    assert.equal(files.filter((name) => /^files\/media\/images\/seen_0_[0-9a-f]{20}\.png$/.test(name)).length, 1);
    assert.equal(media.length, 2);
    assert.equal(said.length, 8);
  });

  for (const [kind, file, flags] of [
    ["ECMAScript modules", "jsdom.test.mjs", ["--experimental-vm-modules"]],
    ["CommonJS", "jsdom.test.cjs", []],
  ]) {
    test(`Jest under jsdom, ${kind}, without a set-up`, () => {
      const config = {
        rootDir: app,
        testEnvironment: require.resolve("jest-environment-jsdom"),
        testMatch: [`<rootDir>/${file}`],
        moduleFileExtensions: ["mjs", "js", "cjs", "json"],
        transform: {},
      };
      run(process.execPath, [...flags, require.resolve("jest/bin/jest"), "--config", JSON.stringify(config)], {
        EXPECTED: expected,
      });
    });
  }

  for (const [name, args] of [
    ["deno", ["run", "--allow-all", "--node-modules-dir=manual"]],
    ["bun", []],
  ]) {
    test(name, (context) => {
      const command = join(app, "node_modules/.bin", name);
      if (!existsSync(command)) return context.skip(`no ${name} for this platform`);
      assert.equal(run(command, [...args, "import.mjs"]), expected);
      assert.equal(run(command, [...args, "log.mjs"]), logged);
    });
  }
});
