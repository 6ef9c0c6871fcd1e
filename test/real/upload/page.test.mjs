// Pages that upload by a relay, in Chromium and Firefox.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { stateOf, WandbServer } from "../../support/wandb-server.mjs";
import { KEY } from "./clients.mjs";

const { chromium, firefox } = createRequire(new URL("../browsers/package.json", import.meta.url))("playwright-core");
const BROWSERS = {
  Chromium: () => chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] }),
  Firefox: () => firefox.launch({ executablePath: "/usr/bin/firefox-esr", channel: "moz-firefox" }),
};

/** A server of examples/ as a process of its own. @returns where it is, and how it ends */
async function start(script, env) {
  const file = fileURLToPath(new URL(`../../../examples/${script}`, import.meta.url));
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(child.stdout, "data");
  return { address: /http:\S+/.exec(String(line))[0], stop: () => child.kill() };
}

for (const [name, launch] of Object.entries(BROWSERS)) {
  describe(name, () => {
    let browser;
    before(async () => {
      browser = await launch();
    });
    after(() => browser?.close());

    test("the relay's page logs live, and its run ends on the server", { timeout: 60_000 }, async () => {
      const wandb = await WandbServer.start();
      wandb.key = KEY;
      const port = String(20_000 + Math.floor(Math.random() * 20_000));
      const env = { WANDB_API_KEY: KEY, WANDB_ENTITY: "team", WANDB_BASE_URL: wandb.url, PORT: port };
      const server = await start("relay/server.mjs", env);
      try {
        const page = await browser.newPage();
        const requests = [];
        page.on("request", (request) => requests.push(request));
        await page.goto(server.address);
        for (let i = 0; i < 3; i++) await page.click("#log");
        await page.waitForFunction(() => document.getElementById("status").textContent.includes("3 of 3 rows"));
        await page.click("#finish");
        await page.waitForFunction(() => document.getElementById("status").textContent.startsWith("done"));
        const state = stateOf(wandb.run);
        assert.equal(state.history.length, 3);
        assert.deepEqual([state.complete, state.exitCode], [true, 0]);
        assert.equal(state.files.length, 5);
        assert.equal(wandb.keysAtStorage, 0);
        for (const request of requests) {
          assert.ok(request.url().startsWith(server.address), request.url());
          assert.equal((await request.allHeaders()).authorization, undefined);
        }
        await page.close();
      } finally {
        server.stop();
        await wandb.close();
      }
    });

    test("the demo page uploads what it logged", { timeout: 60_000 }, async () => {
      const server = await start("browser/serve.mjs", { PORT: "0", WANDB_API_KEY: "", WANDB_ENTITY: "" });
      try {
        const page = await browser.newPage();
        await page.goto(server.address);
        await page.waitForFunction(() => document.title.endsWith("ready"));
        await page.click("#log-drawing");
        await page.waitForFunction(() => !document.getElementById("upload").disabled);
        await page.click("#upload");
        await page.waitForFunction(() => document.getElementById("status").textContent.startsWith("Uploaded"));
        const told = await page.textContent("#status");
        assert.match(
          told,
          /^Uploaded ([1-9]\d*) of \1 rows, ([1-9]\d*) of \2 files: http:\/\/127\.0\.0\.1:\d+\/nobody\/browser-demo\/runs\//,
        );
        await page.close();
      } finally {
        server.stop();
      }
    });
  });
}

test("straight to a server that does not allow the page's origin: an error that says so", {
  timeout: 60_000,
}, async () => {
  const wandb = await WandbServer.start(); // which sends no CORS headers
  const server = await start("browser/serve.mjs", { PORT: "0", WANDB_API_KEY: "", WANDB_ENTITY: "" });
  const browser = await BROWSERS.Chromium();
  try {
    const page = await browser.newPage();
    await page.goto(server.address);
    const message = await page.evaluate(
      async ([url, key]) => {
        const { init } = await import("/dist/wandb-image.min.js");
        const run = init({ mode: "online", apiKey: key, baseUrl: url });
        return run.ready.catch((error) => error.message);
      },
      [wandb.url, KEY],
    );
    assert.match(message, /is there, but takes no requests from pages of http:\/\/localhost:\d+.*examples\/relay/);
  } finally {
    await browser.close();
    server.stop();
    await wandb.close();
  }
});
