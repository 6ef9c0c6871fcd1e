// Overlays against a drawing that shares no code with the page's: at device pixel ratios of 1, 1.5 and 2, in panels and in the
// large view, fitted and zoomed. Masks are exact to the device pixel, boxes lie within one.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { Image } from "../../../dist/node.js";
import { begin, flat, NAMES } from "./runs.mjs";
import { freshFolder, LAUNCH, openPage, pixelsOf, settled, startViewer } from "./viewer.mjs";

const dir = freshFolder();
after(() => rmSync(dir, { recursive: true, force: true }));

const GRAY = 128;
/** The colors of classes 1 and 2 (Okabe and Ito's orange and sky blue). */
const COLORS = { 1: [230, 159, 0], 2: [86, 180, 233] };

/** Odd sizes, and regions that no scale divides. */
const SHAPES = [
  { name: "small", width: 37, height: 23 },
  { name: "large", width: 1503, height: 1001 },
];

function idAt({ width, height }, x, y) {
  if (Math.floor((x * 7) / width) % 2 === 0 && y > height / 5) return 1;
  return (x + y) % 11 < 4 ? 2 : 0;
}

const BOX = { minX: 0.13, minY: 0.21, maxX: 0.71, maxY: 0.83 };

const runs = {};
for (const shape of SHAPES) {
  const { name, width, height } = shape;
  const ids = Uint8Array.from({ length: width * height }, (_, i) => idAt(shape, i % width, Math.floor(i / width)));
  runs[name] = begin(dir, name);
  const masks = { layer: { mask_data: { data: ids, shape: [height, width] }, class_labels: NAMES } };
  const boxes = { layer: { box_data: [{ position: BOX, class_id: 1 }], class_labels: NAMES } };
  runs[name].log({
    mask: new Image(flat(GRAY, width, height), { masks }),
    box: new Image(flat(GRAY, width, height), { boxes }),
  });
  await runs[name].finish();
}

/** Where the picture lies in the canvas: the first and last device pixel of the middle row and column that are not clear. */
function frameOf({ width, height, at }) {
  const [x, y] = [width >> 1, height >> 1];
  const isDrawn = (i, j) => at(i, j)[3] > 0;
  let [left, right, top, bottom] = [0, width - 1, 0, height - 1];
  while (!isDrawn(left, y)) left++;
  while (!isDrawn(right, y)) right--;
  while (!isDrawn(x, top)) top++;
  while (!isDrawn(x, bottom)) bottom--;
  return { left, top, width: right - left + 1, height: bottom - top + 1 };
}

const blended = (id) => (id === 0 ? [GRAY, GRAY, GRAY] : COLORS[id].map((value) => (value + GRAY) / 2));

/** The class whose color, half over gray, a pixel has; null for none of them within 3. */
function classOf(pixel) {
  for (const id of [0, 1, 2]) if (blended(id).every((value, c) => Math.abs(value - pixel[c]) <= 3)) return id;
  return null;
}

/**
 * Every device pixel must have the class of the mask's pixel under its middle. `slack` is how far, in the mask's pixels, the
 * picture's place is known: half a device pixel, for the frame was measured in whole ones.
 */
function checkMask(canvas, shape, view) {
  let wrong = 0;
  let unsure = 0;
  for (
    let y = Math.max(0, Math.ceil(view.y));
    y < Math.min(canvas.height, view.y + shape.height * view.scale - 1);
    y += 1
  ) {
    for (
      let x = Math.max(0, Math.ceil(view.x));
      x < Math.min(canvas.width, view.x + shape.width * view.scale - 1);
      x += 1
    ) {
      const [u, v] = [(x + 0.5 - view.x) / view.scale, (y + 0.5 - view.y) / view.scale];
      const id = classOf(canvas.at(x, y));
      const expected = idAt(shape, Math.floor(u), Math.floor(v));
      if (id === expected) continue;
      // On the border between two pixels of the mask the last bit of a division decides.
      const nearBorder = Math.abs(u - Math.round(u)) < 1e-6 || Math.abs(v - Math.round(v)) < 1e-6;
      if (nearBorder) unsure++;
      else wrong++;
    }
  }
  assert.equal(wrong, 0, `${wrong} device pixels have another class than the mask's`);
  return unsure;
}

/** The view that the page uses, from what it says: scale from the percent shown, place from the canvas itself. */
function fitted(canvas, { width, height }, most) {
  const scale = Math.min(canvas.width / width, canvas.height / height, most);
  return {
    scale,
    x: Math.round(canvas.width / 2 - (width / 2) * scale),
    y: Math.round(canvas.height / 2 - (height / 2) * scale),
  };
}

const isStroke = ([r, g, b]) => r - b > 90 && g - b > 50;

/** The outermost device pixels of the box's line. */
function edgesOf({ width, height, at }) {
  const edges = { left: width, top: height, right: -1, bottom: -1 };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!isStroke(at(x, y))) continue;
      edges.left = Math.min(edges.left, x);
      edges.right = Math.max(edges.right, x + 1);
      edges.top = Math.min(edges.top, y);
      edges.bottom = Math.max(edges.bottom, y + 1);
    }
  }
  return edges;
}

function checkBox(canvas, shape, view, ratio) {
  const line = Math.max(1, Math.round(1.75 * ratio));
  const edges = edgesOf(canvas);
  const place = {
    left: BOX.minX * shape.width,
    right: BOX.maxX * shape.width,
    top: BOX.minY * shape.height,
    bottom: BOX.maxY * shape.height,
  };
  for (const side of ["left", "right", "top", "bottom"]) {
    const exact = (side === "left" || side === "right" ? view.x : view.y) + place[side] * view.scale;
    // The line lies around the box's edge, half of it outside.
    const outward = side === "left" || side === "top" ? -line / 2 : line / 2;
    const off = Math.abs(edges[side] - (exact + outward));
    assert.ok(off <= 1, `${side}: ${off} device pixels from its place at ratio ${ratio}`);
  }
}

for (const [name, launch] of Object.entries(LAUNCH)) {
  describe(name, () => {
    let browser;
    let viewer;
    before(async () => {
      browser = await launch();
      viewer = await startViewer(dir);
    });
    after(async () => {
      await browser?.close();
      await viewer.stop();
    });

    for (const ratio of [1, 1.5, 2]) {
      for (const shape of SHAPES) {
        const open = async (hash, key) => {
          const address = `${viewer.address}#r=${runs[shape.name].id}&k=${key}${hash}&l=!labels`;
          const opened = await openPage(browser, address, { deviceScaleFactor: ratio });
          assert.equal(await opened.page.evaluate(() => devicePixelRatio), ratio);
          await settled(opened.page);
          return opened;
        };
        const large = (key, zoom = "") => `&o=${runs[shape.name].id},${key},0,-${zoom}`;

        test(`a ${shape.name} mask at ratio ${ratio}`, async () => {
          for (const hash of [
            "",
            large("mask"),
            large("mask", `&z=${shape.name === "small" ? "17.3,15.2,9.7" : "0.71,700.3,500.1"}`),
          ]) {
            const { page, close } = await open(hash, "mask");
            const canvas = await pixelsOf(page, "button.pane canvas, .stage canvas");
            let view = fitted(canvas, shape, hash === "" ? ratio * 8 : Number.POSITIVE_INFINITY);
            if (hash.includes("z=")) {
              const [scale, x, y] = hash.split("z=")[1].split(",").map(Number);
              view = {
                scale,
                x: Math.round(canvas.width / 2 - x * scale),
                y: Math.round(canvas.height / 2 - y * scale),
              };
            } else {
              const frame = frameOf(canvas);
              assert.ok(Math.abs(frame.left - view.x) <= 1 && Math.abs(frame.width - shape.width * view.scale) <= 2);
            }
            checkMask(canvas, shape, view);
            await close();
          }
        });

        test(`a box on a ${shape.name} picture at ratio ${ratio}`, async () => {
          for (const hash of ["", large("box")]) {
            const { page, close } = await open(hash, "box");
            const canvas = await pixelsOf(page, "button.pane canvas, .stage canvas");
            checkBox(canvas, shape, fitted(canvas, shape, hash === "" ? ratio * 8 : Number.POSITIVE_INFINITY), ratio);
            await close();
          }
        });
      }
    }
  });
}
