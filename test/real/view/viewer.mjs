// Starts `npx wandb-image view` as a person does, and browsers to look with.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, firefox } from "playwright-core";

const root = fileURLToPath(new URL("../../../", import.meta.url));
export const cli = join(root, "dist/cli/main.js");
process.env.WANDB_SILENT = "true";

const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];

export const LAUNCH = {
  Chromium: () => chromium.launch({ executablePath: "/usr/bin/chromium", args: ARGS }),
  // Debian's Firefox has no juggler of playwright's own builds; this channel speaks WebDriver BiDi.
  Firefox: () => firefox.launch({ executablePath: "/usr/bin/firefox-esr", channel: "moz-firefox" }),
};

export const freshFolder = () => mkdtempSync(join(tmpdir(), "wandb-image-view-"));

/** @param places what is given to the command */
export async function startViewer(...places) {
  const child = spawn(process.execPath, [cli, "view", ...places, "--no-open", "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(child.stdout, "data");
  const address = /^(http:\S+) · /.exec(line.toString())?.[1];
  if (!address) throw new Error(`the viewer said: ${line}`);
  return {
    address,
    async stop() {
      child.kill("SIGINT");
      const [code] = await once(child, "exit");
      return code;
    },
  };
}

/** The folder of a run that Python's wandb of this version logs. */
export function logWithPython(version, dir) {
  const environment = process.env[`WANDB_${version.replaceAll(".", "_")}`];
  const python = join(environment, "bin/python");
  execFileSync(python, [fileURLToPath(new URL("log_run.py", import.meta.url)), dir], { stdio: "ignore" });
}

/** Opens the viewer's page, and notes what it asks for and what goes wrong in it. */
export async function openPage(browser, address, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const problems = [];
  const requests = [];
  page.on("pageerror", (error) => problems.push(error.stack ?? String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !/404/.test(message.text())) problems.push(message.text());
  });
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(address);
  return { page, problems, requests, close: () => context.close() };
}

/** Waits until what was changed is drawn: Preact renders at once, and its effects draw after the next frame. */
async function drawn(page) {
  await page.evaluate(async () => {
    for (let frame = 0; frame < 2; frame++) await new Promise((next) => requestAnimationFrame(next));
    await new Promise((next) => setTimeout(next));
  });
}

/** Waits until every canvas in sight of `selector` shows a picture, and the slider's place is on the screen. */
export async function settled(page, selector = "button.pane canvas, .stage canvas") {
  await drawn(page);
  await page.waitForFunction((canvases) => {
    if (document.querySelector(".loading.on")) return false;
    const all = [...document.querySelectorAll(canvases)];
    return all.length > 0 && all.every(isPainted);
    function isPainted(canvas) {
      if (canvas.width < 2) return false;
      const { data } = canvas.getContext("2d").getImageData(canvas.width >> 1, canvas.height >> 1, 1, 1);
      return data[3] > 0;
    }
  }, selector);
}

/** The canvas' pixels, once it is drawn: `at` gives red, green, blue, alpha. */
export async function pixelsOf(page, selector, index = 0) {
  await drawn(page);
  const { width, height, base64 } = await page.evaluate(
    ([canvases, i]) => {
      const canvas = document.querySelectorAll(canvases)[i];
      const { data, width, height } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let binary = "";
      for (let k = 0; k < data.length; k += 8192) binary += String.fromCharCode(...data.subarray(k, k + 8192));
      return { width, height, base64: btoa(binary) };
    },
    [selector, index],
  );
  const data = Buffer.from(base64, "base64");
  return { width, height, at: (x, y) => [...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 4)] };
}
