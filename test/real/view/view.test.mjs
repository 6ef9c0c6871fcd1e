// What a person does in the viewer, in Chromium and in Firefox.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { Image } from "../../../dist/node.js";
import { begin, logHostile, logPictures, logValues, pixelsAt } from "./runs.mjs";
import { cli, freshFolder, LAUNCH, logWithPython, openPage, pixelsOf, settled, startViewer } from "./viewer.mjs";

const dir = freshFolder();
const [two, values, hostile, python, empty] = ["two", "values", "hostile", "python", "empty"].map((name) =>
  join(dir, name),
);
const first = await logPictures(two, "first");
const second = await logPictures(two, "second", 3);
const { deep, alpha } = await logValues(values);
await logHostile(hostile);
for (const version of ["0.31.0", "0.28.2"]) logWithPython(version, join(python, version));
after(() => rmSync(dir, { recursive: true, force: true }));

const readout = (page) => page.locator(".numbers").allTextContents();

/** Moves the pointer to a pixel of the picture in the n-th pane of the large view. */
async function pointAt(page, x, y, width, height, n = 0) {
  const box = await page.locator(".stage canvas").nth(n).boundingBox();
  const scale = Math.min(box.width / width, box.height / height);
  const left = box.x + (box.width - width * scale) / 2;
  const top = box.y + (box.height - height * scale) / 2;
  await page.mouse.move(left + (x + 0.5) * scale, top + (y + 0.5) * scale);
}

for (const [name, launch] of Object.entries(LAUNCH)) {
  describe(name, () => {
    let browser;
    let viewer;
    before(async () => {
      browser = await launch();
      viewer = await startViewer(two);
    });
    after(async () => {
      await browser?.close();
      assert.equal(await viewer.stop(), 0, "Ctrl+C ends the viewer in order");
    });
    const open = (hash = "", options = {}) => openPage(browser, `${viewer.address}${hash}`, options);

    test("opens on the newest run's last step, asks its own server alone, and nothing goes wrong", async () => {
      const { page, problems, requests, close } = await open();
      await settled(page);
      assert.deepEqual(await page.locator(".run .name").allTextContents(), ["second", "first"]);
      assert.equal(await page.locator(".step-field input").inputValue(), "19");
      const { width, height, at } = await pixelsOf(page, 'button.pane[data-pane*="val/p0"] canvas');
      assert.equal(at(width >> 1, height >> 1)[2], (22 * 7) & 255);
      assert.deepEqual(
        requests.filter(
          (url) => !url.startsWith(viewer.address) && !url.startsWith("data:") && !url.startsWith("blob:"),
        ),
        [],
      );
      assert.deepEqual(problems, []);
      await close();
    });

    test("scrubs: every step is there, by keys and by number; a key without it holds its last picture and says so", async () => {
      const { page, close } = await open(`#r=${first.id}&k=p0%20sparse`);
      await settled(page);
      const blue = async (n) => {
        const { width, height, at } = await pixelsOf(page, "button.pane canvas", n);
        return at(width >> 1, height >> 1)[2] / 7;
      };
      await page.keyboard.press("Home");
      await settled(page);
      assert.deepEqual([await blue(0), await blue(1)], [0, 0]);
      for (const step of [1, 2, 3]) {
        await page.keyboard.press("ArrowRight");
        await settled(page);
        assert.deepEqual([await blue(0), await blue(1)], [0, step]);
      }
      assert.match(await page.locator(".pane.held .chip").textContent(), /held from step 0/);
      await page.keyboard.press("Shift+ArrowRight");
      await settled(page);
      assert.deepEqual([await blue(0), await blue(1)], [8, 13]);
      await page.locator(".step-field input").fill("16");
      await page.locator(".step-field input").press("Enter");
      await settled(page);
      assert.deepEqual([await blue(0), await blue(1)], [16, 16]);
      assert.equal(await page.locator(".pane.held").count(), 0);
      assert.equal(await page.locator(".step-slider").getAttribute("aria-valuetext"), "step 16 of step 19");
      await close();
    });

    test("never shows a blank picture, nor pictures of two steps, while it is scrubbed", async () => {
      const { page, close } = await open(`#r=${first.id}&k=val/p*&s=0`);
      await settled(page);
      const seen = await page.evaluate(async () => {
        const slider = document.querySelector(".step-slider");
        const frames = [];
        for (let i = 0; i < 60; i++) {
          slider.value = String((i * 7) % 20);
          slider.dispatchEvent(new Event("input", { bubbles: true }));
          await new Promise((resolve) => requestAnimationFrame(resolve));
          frames.push(
            [...document.querySelectorAll("button.pane canvas")].map((canvas) => {
              const { data } = canvas.getContext("2d").getImageData(canvas.width >> 1, canvas.height >> 1, 1, 1);
              return data[3] === 0 ? "blank" : data[2] / 7;
            }),
          );
        }
        return frames;
      });
      for (const frame of seen) {
        assert.equal(frame.length, 6);
        assert.equal(new Set(frame).size, 1, `a frame of several steps: ${frame}`);
        assert.notEqual(frame[0], "blank");
      }
      assert.ok(new Set(seen.map((frame) => frame[0])).size > 3, "pictures follow the slider");
      await close();
    });

    test("the large view reads the values that were logged, of every pane", async () => {
      const { page, close } = await open(`#r=${first.id},${second.id}&k=p1&s=5`);
      await settled(page);
      await page.locator("button.pane").first().click();
      await settled(page, ".stage canvas");
      for (const [x, y] of [
        [0, 0],
        [31, 23],
        [12, 5],
      ]) {
        await pointAt(page, x, y, 32, 24);
        await page.waitForFunction(
          (text) => document.querySelector(".readout h2").textContent === text,
          `x ${x}  y ${y}`,
        );
        const expected = [5, 8].map((step) => `RGB ${x * 7} ${y * 9} ${step * 7}`);
        assert.deepEqual(
          (await readout(page)).map((text) => text.trim()),
          expected,
        );
      }
      await close();
    });

    test("16-bit values and pixels with alpha are those of the arrays", async () => {
      const other = await startViewer(values);
      const { page, close } = await openPage(browser, other.address);
      await settled(page);
      await page.locator('button.pane[data-pane*=" deep "]').click();
      await settled(page, ".stage canvas");
      await pointAt(page, 13, 7, 20, 10);
      const value = String(deep[7 * 20 + 13]);
      await page.waitForFunction((text) => document.querySelector(".numbers").textContent.includes(text), value);
      assert.equal((await readout(page))[0].trim(), `L ${value} of 65535`);
      await page.keyboard.press("Escape");
      await page.locator('button.pane[data-pane*=" alpha "]').click();
      await settled(page, ".stage canvas");
      await pointAt(page, 2, 1, 6, 4);
      const at = (1 * 6 + 2) * 4;
      await page.waitForFunction(
        (text) => document.querySelector(".numbers").textContent.includes(text),
        [...alpha.subarray(at, at + 4)].join(" "),
      );
      await close();
      await other.stop();
    });

    test("zooms to the pointer, by wheel and keys, and writes values into large pixels", async () => {
      const { page, close } = await open(`#r=${first.id}&s=2&o=${first.id},val%2Fp2,0,-`);
      await settled(page, ".stage canvas");
      await page.keyboard.press("1");
      await page.waitForFunction(() => document.querySelector(".percent").textContent === "100 %");
      const at100 = await pixelsOf(page, ".stage canvas");
      assert.equal(at100.at((at100.width >> 1) - 16, (at100.height >> 1) - 12)[2], 14);
      await page.keyboard.press("0");
      await pointAt(page, 20, 10, 32, 24);
      for (let i = 0; i < 12; i++) await page.mouse.wheel(0, -300);
      await page.waitForFunction(() => Number.parseInt(document.querySelector(".percent").textContent, 10) >= 5000);
      assert.equal(
        await page.locator(".readout h2").textContent(),
        "x 20  y 10",
        "the pixel under the pointer stays there",
      );
      await close();
    });

    test("classes, layers, thresholds and all overlays are toggled, and the choice stays from step to step", async () => {
      const { page, close } = await open(`#r=${first.id}&k=layers&s=0`);
      await settled(page);
      const left = async () => {
        const { width, height, at } = await pixelsOf(page, "button.pane canvas");
        const pixel = at(Math.round(width * 0.3), Math.round(height * 0.7));
        assert.equal(pixel[3], 255, "the picture lies there");
        return pixel.slice(0, 3);
      };
      const gray = [128, 128, 128];
      assert.notDeepEqual(await left(), gray);
      await page.getByRole("button", { name: "cat", exact: true }).click();
      assert.deepEqual(await left(), gray, "class cat is hidden in both layers");
      await page.keyboard.press("ArrowRight");
      await settled(page);
      assert.deepEqual(await left(), gray, "and stays hidden");
      await page.getByRole("button", { name: "cat", exact: true }).click();
      await page.getByRole("button", { name: "cat in ground_truth" }).click();
      await page.getByRole("button", { name: "cat in prediction" }).click();
      assert.deepEqual(await left(), gray, "hidden layer by layer");
      await page.getByText("show everything").click();
      assert.notDeepEqual(await left(), gray);
      await page.keyboard.press("h");
      assert.deepEqual(await left(), gray);
      await page.keyboard.press("h");
      await settled(page);
      assert.match(await page.locator(".threshold .dim").textContent(), /2 of 2 boxes/);
      for (let i = 0; i < 10; i++) await page.keyboard.press("]");
      assert.match(await page.locator(".threshold .dim").textContent(), /1 of 2 boxes/);
      await page.getByRole("button", { name: "truth vs. prediction" }).click();
      const verdict = await left();
      assert.notDeepEqual(verdict, gray);
      await close();
    });

    test("compares: side by side, swipe, difference, kept steps", async () => {
      const { page, close } = await open(`#r=${first.id},${second.id}&s=5&o=${first.id},val%2Fp3,0,-`);
      await settled(page, ".stage canvas");
      assert.equal(await page.locator(".stage canvas").count(), 2);
      const middle = async (n = 0) => {
        const { width, height, at } = await pixelsOf(page, ".stage canvas", n);
        return at(width >> 1, height >> 1);
      };
      assert.deepEqual([(await middle(0))[2], (await middle(1))[2]], [35, 56]);
      await page.keyboard.press("d");
      await settled(page, ".stage canvas");
      assert.deepEqual((await middle()).slice(0, 3), [0, 0, 21]);
      await page.getByLabel("Difference times").selectOption("4");
      assert.deepEqual((await middle()).slice(0, 3), [0, 0, 84]);
      await page.getByLabel("Compare", { exact: true }).selectOption("swipe");
      await page.getByLabel("Where the second picture begins").fill("0.2");
      assert.equal((await middle())[2], 56);
      await page.getByLabel("Where the second picture begins").fill("0.8");
      assert.equal((await middle())[2], 35);
      await page.getByLabel("Compare", { exact: true }).selectOption("side");
      await page.keyboard.press("p");
      await page.keyboard.press("ArrowRight");
      await settled(page, ".stage canvas");
      assert.deepEqual(await Promise.all([0, 1, 2].map(async (n) => (await middle(n))[2])), [42, 63, 35]);
      await close();
    });

    test("a link holds all of it: opened again, the page is the same", async () => {
      const { page, close } = await open(`#r=${first.id},${second.id}&s=5&o=${first.id},val%2Flayers,0,-`);
      await settled(page, ".stage canvas");
      await page.getByRole("button", { name: "dog in prediction" }).click();
      await page.keyboard.press("]");
      await page.keyboard.press("+");
      await page.keyboard.press("o");
      await page.keyboard.press("ArrowRight");
      await settled(page, ".stage canvas");
      await page.waitForFunction(() => location.hash.includes("s=6") && location.hash.includes("z="));
      const before = await pixelsOf(page, ".stage canvas");
      const hash = await page.evaluate(() => location.hash);
      await page.reload();
      await settled(page, ".stage canvas");
      await page.waitForTimeout(400);
      assert.equal(await page.evaluate(() => location.hash), hash);
      const again = await pixelsOf(page, ".stage canvas");
      assert.deepEqual([again.width, again.height], [before.width, before.height]);
      for (let i = 0; i < 400; i++) {
        const [x, y] = [(i * 37) % before.width, (i * 53) % before.height];
        assert.deepEqual(again.at(x, y), before.at(x, y));
      }
      await close();
    });

    test("what is logged appears without a reload, and the slider follows until it is moved", async () => {
      const live = join(dir, `live-${name}`);
      const run = begin(live, "live");
      run.log({ "val/a": new Image(pixelsAt(0)) });
      const other = await startViewer(live);
      const { page, close } = await openPage(browser, other.address);
      await settled(page);
      const field = page.locator(".step-field input");
      const appears = async (step) => {
        await page.waitForFunction(
          (value) => document.querySelector(".step-field input").value === value,
          String(step),
        );
        await settled(page);
      };
      for (const step of [1, 2, 3]) {
        run.log({ "val/a": new Image(pixelsAt(step)) });
        await appears(step);
      }
      await page.keyboard.press("ArrowLeft");
      run.log({ "val/a": new Image(pixelsAt(4)) });
      await page.waitForFunction(() => document.querySelector(".step-slider").max === "4");
      assert.equal(await field.inputValue(), "2");
      await page.keyboard.press("f");
      await appears(4);
      await run.finish();
      await page.waitForFunction(() => !document.querySelector(".run.live"));
      await close();
      await other.stop();
    });

    test("is used by the keyboard alone", async () => {
      const { page, close } = await open(`#r=${first.id}`);
      await settled(page);
      await page.keyboard.press("/");
      await page.keyboard.type("p4");
      await page.waitForFunction(() => document.querySelectorAll("button.pane").length === 1);
      await page.keyboard.press("Escape"); // empties the field, as a browser's search field does, or leaves it
      await page.keyboard.press("Escape");
      await page.evaluate(() => document.activeElement.blur());
      await page.keyboard.press("j");
      const pane = await page.evaluate(() => document.activeElement.dataset.pane);
      assert.ok(pane, "a panel has the focus");
      await page.keyboard.press("Enter");
      await page.waitForSelector(".large");
      await page.keyboard.press("+");
      await page.keyboard.press("Alt+ArrowRight");
      await page.keyboard.press("Control+ArrowRight");
      await page.keyboard.press("?");
      await page.waitForSelector(".help");
      await page.keyboard.press("Escape");
      await page.waitForSelector(".help", { state: "detached" });
      await page.keyboard.press("Escape");
      await page.waitForSelector(".large", { state: "detached" });
      await page.waitForFunction(() => document.activeElement.classList.contains("pane"));
      await page.keyboard.press("x");
      await page.waitForFunction(() => document.querySelectorAll(".run.selected").length === 1);
      await page.keyboard.press("r");
      await page.waitForSelector(".sidebar", { state: "detached" });
      await page.keyboard.press(" ");
      await page.waitForFunction(() => document.querySelector('[aria-label="Pause"]'));
      await page.keyboard.press(" ");
      await close();
    });

    test("plays every step in order", async () => {
      const { page, close } = await open(`#r=${first.id}&k=p0&s=0`);
      await settled(page);
      await page.getByLabel("Frames a second").selectOption("30");
      await page.getByLabel("At the end").selectOption("once");
      const steps = await page.evaluate(async () => {
        const seen = [];
        document.querySelector('[aria-label="Play"]').click();
        while (seen.at(-1) !== 19 && seen.length < 2000) {
          await new Promise((resolve) => requestAnimationFrame(resolve));
          const canvas = document.querySelector("button.pane canvas");
          const step = canvas.getContext("2d").getImageData(canvas.width >> 1, canvas.height >> 1, 1, 1).data[2] / 7;
          if (seen.at(-1) !== step) seen.push(step);
        }
        return seen;
      });
      assert.deepEqual(
        steps,
        [...steps].sort((a, b) => a - b),
      );
      assert.ok(steps.length >= 15, `seen: ${steps}`);
      await close();
    });

    test("goes by epoch or runtime as well", async () => {
      const { page, close } = await open(`#r=${first.id}&k=p0`);
      await settled(page);
      await page.getByLabel("The slider goes by").selectOption("epoch");
      await page.waitForFunction(() => document.querySelector(".step-slider")?.max === "3");
      await page.keyboard.press("Home");
      await settled(page);
      const { width, height, at } = await pixelsOf(page, "button.pane canvas");
      assert.equal(at(width >> 1, height >> 1)[2] / 7, 4, "the last step of epoch 0");
      await close();
    });

    test("on a phone: nothing is cut off, the slider is at hand, layers lie in a sheet", async () => {
      const { page, close } = await open(`#r=${first.id}`, { viewport: { width: 390, height: 800 } });
      await settled(page);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
      assert.equal(await page.locator(".sidebar").count(), 0);
      const slider = await page.locator(".step-slider").boundingBox();
      assert.ok(slider.width > 300 && slider.y > 600 && slider.y + slider.height <= 800);
      await page.getByLabel("Runs and layers", { exact: true }).first().click();
      await page.waitForSelector(".sidebar .run");
      await page.getByLabel("Runs and layers", { exact: true }).first().click();
      await page.locator("button.pane").first().click();
      await settled(page, ".stage canvas");
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
      await close();
    });

    test("names, captions and values that are HTML stay text", async () => {
      const other = await startViewer(hostile);
      const { page, problems, requests, close } = await openPage(browser, other.address);
      await settled(page);
      await page.locator("button.pane").first().click();
      await settled(page, ".stage canvas");
      for (const tab of ["config", "scalars", "console", "pictures"])
        await page.getByRole("button", { name: tab, exact: true }).click();
      await page.waitForTimeout(300);
      assert.equal(await page.evaluate(() => window.hacked), undefined);
      assert.deepEqual(problems, []);
      assert.deepEqual(
        requests.filter((url) => !url.startsWith(other.address) && !/^(data|blob):/.test(url)),
        [],
      );
      await close();
      await other.stop();
    });

    for (const version of ["0.31.0", "0.28.2"]) {
      test(`looks at a run of Python's wandb ${version}`, async () => {
        const other = await startViewer(join(python, version));
        const { page, problems, close } = await openPage(browser, `${other.address}#s=2`);
        await settled(page);
        assert.deepEqual(await page.locator(".run .name").allTextContents(), ["from python"]);
        await page.locator('button.pane[data-pane*=" val/pred "]').click();
        await settled(page, ".stage canvas");
        await pointAt(page, 3, 2, 8, 6);
        await page.waitForFunction(() => document.querySelector(".numbers").textContent.trim() === "RGB 90 80 14");
        const marks = await page.locator(".mark").allTextContents();
        assert.deepEqual(
          marks.map((text) => text.trim()),
          ["truth: cat (1)", "predictions: cat, confidence 0.50"],
        );
        assert.equal(await page.locator(".whole-caption").textContent(), "step 2");
        await page.getByRole("button", { name: "console", exact: true }).click();
        await page.waitForFunction(() =>
          document.querySelector(".console pre").textContent.includes("a line that the program prints"),
        );
        assert.deepEqual(problems, []);
        await close();
        await other.stop();
      });
    }

    test("an empty folder says what to do, and a run logged there appears", async () => {
      const place = join(empty, name);
      begin(place, "x").finish();
      rmSync(join(place, "wandb"), { recursive: true });
      const other = await startViewer(place);
      const { page, close } = await openPage(browser, other.address);
      await page.waitForSelector(".empty pre");
      assert.match(await page.locator(".empty").textContent(), /No runs yet/);
      const run = begin(place, "came later");
      run.log({ a: new Image(pixelsAt(1)) });
      await run.finish();
      await settled(page);
      assert.deepEqual(await page.locator(".run .name").allTextContents(), ["came later"]);
      await close();
      await other.stop();
    });

    test("one exported file works from file://, with nothing asked of anyone", async () => {
      const file = join(dir, `page-${name}.html`);
      execFileSync(process.execPath, [cli, "export", first.dir, "--html", file, "--every", "5"], { stdio: "ignore" });
      const { page, problems, requests, close } = await openPage(browser, `${pathToFileURL(file)}#k=p0`);
      await settled(page);
      await page.keyboard.press("Home");
      await settled(page);
      const { width, height, at } = await pixelsOf(page, "button.pane canvas");
      assert.equal(at(width >> 1, height >> 1)[2] / 7, 4);
      assert.match(
        await page.locator(".bar .warn").textContent(),
        /of \d+ steps with pictures are left out \(every 5\)/,
      );
      await page.locator("#filter").fill("loss");
      await page.getByRole("button", { name: "scalars", exact: true }).click();
      await page.waitForSelector(".chart canvas");
      assert.deepEqual(
        requests.filter((url) => !/^(file|data|blob):/.test(url)),
        [],
      );
      assert.deepEqual(problems, []);
      await close();
    });

    test("a page's zip can be dropped on it", async () => {
      const { init } = await import("../../../build/modules/log/memory.js");
      const run = await init({ mode: "offline", project: "page", name: "zipped" });
      run.log({ dropped: new Image(pixelsAt(3)) });
      await run.finish();
      const zip = Buffer.from(await (await run.toZip()).arrayBuffer()).toString("base64");
      const { page, problems, close } = await open();
      await settled(page);
      await page.evaluate((base64) => {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        const transfer = new DataTransfer();
        transfer.items.add(new File([bytes], "run.zip", { type: "application/zip" }));
        dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
      }, zip);
      await page.waitForFunction(() => document.querySelector(".run .name")?.textContent === "zipped");
      await settled(page);
      const { width, height, at } = await pixelsOf(page, "button.pane canvas");
      assert.equal(at(width >> 1, height >> 1)[2], 21);
      assert.deepEqual(problems, []);
      await close();
    });
  });
}

test("a file that is no picture says so, and one that is gone", async () => {
  const place = join(dir, "broken");
  const run = begin(place, "broken");
  run.log({ bad: new Image(pixelsAt(1)), gone: new Image(pixelsAt(2)), good: new Image(pixelsAt(3)) });
  await run.finish();
  const { readdirSync } = await import("node:fs");
  const folder = join(run.dir, "files/media/images");
  for (const file of readdirSync(folder)) {
    if (file.startsWith("bad")) writeFileSync(join(folder, file), Buffer.from([0x89, 0x50, 0x4e, 0x47, 1, 2, 3]));
    if (file.startsWith("gone")) rmSync(join(folder, file));
  }
  const viewer = await startViewer(place);
  const browser = await LAUNCH.Chromium();
  const { page, close } = await openPage(browser, viewer.address);
  await page.waitForFunction(() => document.querySelectorAll(".words.broken").length === 2);
  const words = await page.locator(".words.broken").allTextContents();
  assert.match(words[0], /this PNG file is damaged/);
  assert.match(words[1], /is not there/);
  await close();
  await browser.close();
  await viewer.stop();
});
