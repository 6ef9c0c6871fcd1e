// axe finds nothing, in each view, in both themes, at desk and phone width; what axe cannot see is asked for besides.
import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { logPictures } from "./runs.mjs";
import { freshFolder, LAUNCH, openPage, settled, startViewer } from "./viewer.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const dir = freshFolder();
const run = await logPictures(dir, "first");
const other = await logPictures(dir, "second");
let browser;
let viewer;
before(async () => {
  browser = await LAUNCH.Chromium();
  viewer = await startViewer(dir);
});
after(async () => {
  await browser.close();
  await viewer.stop();
  rmSync(dir, { recursive: true, force: true });
});

const both = `r=${run.id},${other.id}`;
const VIEWS = {
  panels: `#r=${run.id}`,
  "two runs": `#${both}`,
  large: `#${both}&o=${run.id},val%2Flayers,0,-&s=3`,
  scalars: `#${both}&t=scalars`,
  config: `#${both}&t=config`,
  console: `#${both}&t=console`,
  "no match": `#r=${run.id}&k=nothing`,
};

for (const [view, hash] of Object.entries(VIEWS)) {
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [1280, 390]) {
      test(`${view}, ${colorScheme}, ${width} wide`, async () => {
        const viewport = { width, height: 800 };
        const { page, close } = await openPage(browser, `${viewer.address}${hash}`, {
          colorScheme,
          viewport,
          bypassCSP: true,
        });
        if (view === "panels" || view === "two runs" || view === "large") await settled(page);
        else await page.waitForTimeout(500);
        if (width === 1280) await page.keyboard.press("?");
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() =>
          axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }),
        );
        const found = violations.map(
          ({ id, nodes }) =>
            `${id}: ${nodes
              .slice(0, 3)
              .map((node) => node.html.slice(0, 120))
              .join(" | ")}`,
        );
        assert.deepEqual(found, []);
        await close();
      });
    }
  }
}

test("the slider, pictures and boxes say what they are", async () => {
  const { page, close } = await openPage(browser, `${viewer.address}#r=${run.id}&k=layers&s=2`);
  await settled(page);
  assert.equal(await page.locator(".step-slider").getAttribute("aria-valuetext"), "step 2 of step 19");
  assert.match(await page.locator("button.pane").getAttribute("aria-label"), /^val\/layers, step 2$/);
  await page.locator("button.pane").click();
  await page.locator("summary").click();
  assert.deepEqual(await page.locator(".boxes tbody tr").first().locator("td").allTextContents(), [
    "prediction",
    " cat",
    "0.90",
    "4, 5, 12, 15",
  ]);
  await page.waitForFunction(() => document.querySelector("[role=status]").textContent === "step 2");
  await close();
});
