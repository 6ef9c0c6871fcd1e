// The viewer against its bounds: a run of 10,000 steps × 10 keys (100,000 pictures), 500 runs in a folder, a 4K picture with a
// 4K mask. `--smoke` makes small ones. The page is measured where test/real/view/run.sh has installed playwright-core and
// Debian's Chromium is there.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Collection } from "../build/modules/view/collection.js";
import { readPage } from "../build/modules/view/page.js";
import { startViewer } from "../build/modules/view/server.js";
import { Image, init } from "../dist/node.js";

const smoke = process.argv.includes("--smoke");
const [STEPS, KEYS, RUNS] = smoke ? [50, 10, 20] : [10_000, 10, 500];
process.env.WANDB_SILENT = "true";

const folder = mkdtempSync(join(tmpdir(), "wandb-image-view-"));
// The large run takes a minute to make: VIEW_BENCH_DIR keeps it from one time to the next.
const kept = process.env.VIEW_BENCH_DIR;

const row = (name, value, bound) => console.log(`${name.padEnd(58)} ${value.padStart(12)}   ${bound}`);
const ms = (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;

async function timed(work) {
  const start = performance.now();
  const result = await work();
  return [performance.now() - start, result];
}

async function makeLargeRun(dir) {
  mkdirSync(dir, { recursive: true });
  const run = init({ dir, project: "large", mode: "offline" });
  const side = 48;
  const data = new Uint8Array(side * side * 3);
  for (let step = 0; step < STEPS; step++) {
    const values = { loss: 1 / (step + 1), epoch: Math.floor(step / 100) };
    for (let key = 0; key < KEYS; key++) {
      for (let i = 0; i < data.length; i += 97) data[i] = (step * 31 + key * 57 + i) & 255;
      values[`val/picture${key}`] = new Image({ data, shape: [side, side, 3] }, { caption: `step ${step}` });
    }
    run.log(values);
  }
  await run.finish();
}

async function makeManyRuns(dir) {
  mkdirSync(dir, { recursive: true });
  for (let i = 0; i < RUNS; i++) {
    const run = init({ dir, project: "many", name: `run ${i}`, mode: "offline" });
    for (let step = 0; step < 20; step++) run.log({ loss: 1 / (step + 1) });
    await run.finish();
  }
}

/** 12 panels of 600 × 400, and one picture of 4K with a mask of its size. */
async function makePanels(dir) {
  mkdirSync(dir, { recursive: true });
  const run = init({ dir, project: "panels", mode: "offline" });
  const [height, width] = [400, 600];
  const data = new Uint8Array(height * width * 3);
  for (let step = 0; step < (smoke ? 4 : 60); step++) {
    const values = {};
    for (let key = 0; key < 12; key++) {
      for (let y = 0, i = 0; y < height; y++) {
        for (let x = 0; x < width; x++, i += 3) {
          data[i] = (x + step * 8) & 255;
          data[i + 1] = (y + key * 20) & 255;
          data[i + 2] = (x * y) >> 8;
        }
      }
      values[`p${String(key).padStart(2, "0")}`] = new Image({ data, shape: [height, width, 3] });
    }
    run.log(values);
  }
  await run.finish();
  const [h, w] = [2160, 3840];
  const large = new Uint8Array(h * w * 3).map((_, i) => (i >> 4) & 255);
  const ids = new Uint8Array(h * w).map((_, i) => ((i % w) >> 7) % 8);
  const other = init({ dir: join(dir, "4k"), project: "4k", mode: "offline" });
  const masks = { prediction: { mask_data: { data: ids, shape: [h, w] } } };
  other.log({ large: new Image({ data: large, shape: [h, w, 3] }, { masks }) });
  await other.finish();
}

async function view(dir) {
  const runs = new Collection([dir]);
  const [listed] = await timed(() => runs.open());
  const page = await readPage(new URL("../dist/view/", import.meta.url));
  const viewer = await startViewer(runs, page, { host: "127.0.0.1", port: 0, nextPort: false });
  return { runs, listed, viewer };
}

function browserOf() {
  const driver = fileURLToPath(new URL("../test/real/view/", import.meta.url));
  if (!existsSync(join(driver, "node_modules/playwright-core")) || !existsSync("/usr/bin/chromium")) return null;
  const { chromium } = createRequire(join(driver, "package.json"))("playwright-core");
  const args = ["--no-sandbox", "--disable-gpu", "--enable-precise-memory-info", "--js-flags=--expose-gc"];
  return chromium.launch({ executablePath: "/usr/bin/chromium", args });
}

/** Waits until the page shows the slider's place. */
const settled = (page) => page.waitForFunction(() => document.querySelector(".loading:not(.on)") !== null);
const painted = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));

async function measureLarge(browser, dir) {
  const { runs, listed, viewer } = await view(dir);
  row("large run: name and state", ms(listed), "≤ 1 s");
  const [indexed] = await timed(async () => runs.answers(runs.runs().runs[0].id));
  row("large run: indexed", ms(indexed), "");
  if (browser) {
    await viewer.close();
    const fresh = await view(dir);
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    const [first] = await timed(async () => {
      await page.goto(fresh.viewer.address);
      await page.waitForFunction(() =>
        [...document.querySelectorAll("button.pane canvas")].some(
          (c) => c.width > 1 && c.getContext("2d").getImageData(c.width >> 1, c.height >> 1, 1, 1).data[3] > 0,
        ),
      );
    });
    row("large run: first pictures on the page", ms(first), "≤ 2 s");
    const nodes = () => page.evaluate(() => document.querySelectorAll("*").length);
    const before = await nodes();
    for (let i = 0; i < 30; i++) await page.keyboard.press("Shift+ArrowLeft");
    await settled(page);
    const heap = await page.evaluate(() => {
      globalThis.gc?.();
      return performance.memory.usedJSHeapSize;
    });
    row("large run: page heap after scrubbing", `${Math.round(heap / 1e6)} MB`, "< 150 MB");
    row("large run: nodes of the page, before and after", `${before}, ${await nodes()}`, "bounded");
    await page.close();
    await fresh.viewer.close();
  } else {
    await viewer.close();
  }
}

async function measurePanels(browser, dir) {
  const { viewer } = await view(dir);
  const page = await browser.newPage({ viewport: { width: 1900, height: 1100 } });
  await page.goto(`${viewer.address}#w=380&s=0`);
  await page.waitForSelector("button.pane");
  await settled(page);
  await page.waitForTimeout(1500);
  const walk = async () => {
    const times = [];
    for (let i = 0; i < 40; i++) {
      const start = performance.now();
      await page.keyboard.press("ArrowRight");
      await settled(page);
      await page.evaluate(painted);
      times.push(performance.now() - start);
    }
    return times.sort((a, b) => a - b);
  };
  const cold = await walk();
  await page.keyboard.press("Home");
  await page.waitForTimeout(1000);
  const warm = await walk();
  const middle = (times) => times[times.length >> 1];
  const panes = await page.evaluate(() => document.querySelectorAll("button.pane").length);
  row(`scrubbing ${panes} panels of 600 × 400, first time`, ms(middle(cold)), "");
  row(`scrubbing ${panes} panels of 600 × 400, warm`, ms(middle(warm)), "≤ 130 ms");
  await page.close();
  await viewer.close();
}

async function measureToggle(browser, dir) {
  const { viewer, runs } = await view(dir);
  const [{ id }] = runs.runs().runs;
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(`${viewer.address}#o=${id},large,0,-`);
  await page.waitForSelector(".matrix button");
  await page.waitForTimeout(1000);
  const times = await page.evaluate(async () => {
    const button = document.querySelector(".matrix tbody th button");
    const found = [];
    for (let i = 0; i < 11; i++) {
      const start = performance.now();
      button.click();
      const canvas = document.querySelector(".stage canvas");
      canvas.getContext("2d").getImageData(0, 0, 1, 1);
      found.push(performance.now() - start);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    return found.sort((a, b) => a - b);
  });
  row("4K picture with a 4K mask: toggling a class", ms(times[times.length >> 1]), "≤ 50 ms");
  await page.close();
  await viewer.close();
}

/** From the call of log to the picture on the screen. */
async function measureLive(browser, dir) {
  mkdirSync(dir, { recursive: true });
  const run = init({ dir, project: "live", mode: "offline" });
  const picture = (step) => new Image({ data: new Uint8Array(300).fill(20 * step), shape: [10, 10, 3] });
  run.log({ live: picture(0) });
  const { viewer } = await view(dir);
  const page = await browser.newPage();
  await page.goto(viewer.address);
  await page.waitForSelector("button.pane");
  const times = [];
  for (let step = 1; step <= 9; step++) {
    await page.waitForTimeout(150 + 70 * step); // at any moment between two looks
    const start = performance.now();
    run.log({ live: picture(step) });
    await page.waitForFunction((value) => {
      const canvas = document.querySelector("button.pane canvas");
      const { data } = canvas.getContext("2d").getImageData(canvas.width >> 1, canvas.height >> 1, 1, 1);
      return data[0] === 20 * value;
    }, step);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  row("live: from log to the screen, median and longest", `${ms(times[4])}, ${ms(times[8])}`, "≤ 1 s");
  await run.finish();
  await page.close();
  await viewer.close();
}

const browser = await browserOf();
try {
  const large = kept ? join(kept, "large") : join(folder, "large");
  if (!existsSync(large)) await makeLargeRun(large);
  const many = join(folder, "many");
  await makeManyRuns(many);
  const panels = join(folder, "panels");
  await makePanels(panels);

  await measureLarge(browser, large);
  const { listed, viewer } = await view(many);
  row(`${RUNS} runs in a folder: names and states`, ms(listed), "≤ 1 s");
  await viewer.close();
  if (browser) {
    await measurePanels(browser, panels);
    await measureToggle(browser, join(panels, "4k"));
    await measureLive(browser, join(folder, "live"));
  } else {
    console.log("no browser: the page was not measured (test/real/view/run.sh installs what it needs)");
  }
} finally {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
}
