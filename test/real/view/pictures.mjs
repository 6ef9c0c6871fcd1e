// Draws docs/images/view-*.jpg: the viewer with photographs, at three sizes in both themes. node test/real/view/pictures.mjs
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Image, init } from "../../../dist/node.js";
import { freshFolder, LAUNCH, openPage, settled, startViewer } from "./viewer.mjs";

const sharp = createRequire(new URL("../../../package.json", import.meta.url))("sharp");
const photographs = new URL("../../fixtures/photographs/", import.meta.url);
const target = new URL("../../../docs/images/", import.meta.url);
mkdirSync(target, { recursive: true });

const NAMES = { 0: "background", 1: "cat", 2: "eye", 3: "blanket" };
const STEPS = 40;

async function photograph(name, width) {
  const file = readFileSync(new URL(name, photographs));
  const { data, info } = await sharp(file).resize(width).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data: new Uint8Array(data), shape: [info.height, info.width, 3] };
}

/** Seeded, so that the pictures are the same each time. */
function noisy({ data, shape }, amount, seed) {
  let state = seed;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  return { data: Uint8ClampedArray.from(data, (value) => value + (next() - 0.5) * amount), shape };
}

/** The cat of chelsea.png, drawn by hand; `error` bends its outline. */
function maskOf(height, width, error) {
  const ids = new Uint8Array(height * width);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const [u, v] = [x / width, y / height];
      const bend = error * Math.sin(7 * Math.atan2(v - 0.55, u - 0.5));
      if (v > 0.86) ids[i] = 3;
      if (Math.hypot((u - 0.53) / 1.15, v - 0.52) + bend < 0.42) ids[i] = 1;
      for (const [ex, ey] of [
        [0.4, 0.385],
        [0.655, 0.43],
      ])
        if (Math.hypot((u - ex) * 1.5, v - ey) < 0.085 + bend / 3) ids[i] = 2;
    }
  }
  return { mask_data: { data: ids, shape: [height, width] }, class_labels: NAMES };
}

function boxesOf(late) {
  const box = (minX, minY, maxX, maxY, class_id, confidence) => ({
    position: { minX: minX - late * 0.05, minY: minY + late * 0.04, maxX: maxX + late * 0.04, maxY },
    class_id,
    ...(confidence && { scores: { confidence: confidence * (1 - late * 0.6) } }),
  });
  return {
    ground_truth: { box_data: [box(0.17, 0.04, 0.93, 0.97, 1)], class_labels: NAMES },
    prediction: {
      box_data: [
        box(0.19, 0.07, 0.9, 0.95, 1, 0.97),
        box(0.34, 0.28, 0.46, 0.49, 2, 0.93),
        box(0.59, 0.32, 0.72, 0.54, 2, 0.88),
      ],
      class_labels: NAMES,
    },
  };
}

async function logPhotographs(dir, name, speed) {
  const [cat, cup, astronaut] = await Promise.all([
    photograph("chelsea.png", 451),
    photograph("coffee.png", 480),
    photograph("astronaut.png", 400),
  ]);
  const run = init({
    dir,
    project: "cats",
    name,
    mode: "offline",
    config: { model: "unet", lr: speed / 100, depth: 5 },
  });
  for (let step = 0; step < STEPS; step++) {
    const late = Math.exp(-(step * speed) / 10);
    const [height, width] = cat.shape;
    const masks = { ground_truth: maskOf(height, width, 0), prediction: maskOf(height, width, 0.07 * late) };
    const overlap = (1 - 0.6 * late).toFixed(2);
    run.log({
      loss: 2 * late + 0.06 + 0.03 * Math.sin(step * 5),
      "val/iou": 1 - 0.6 * late,
      "train/accuracy": 1 - 0.5 * late,
      "val/prediction": new Image(cat, { caption: `Chelsea, overlap ${overlap}`, masks, boxes: boxesOf(late) }),
      "val/denoised": new Image(noisy(cup, 260 * late, step + 1), { caption: `noise ${(260 * late).toFixed(0)}` }),
      "val/portrait": new Image(noisy(astronaut, 90 * late, step + 7)),
      "train/crops": Array.from(
        { length: 24 },
        (_, i) => new Image(cropOf(cup, (i % 6) * 60, Math.floor(i / 6) * 55, late, i)),
      ),
    });
  }
  await run.finish();
  return run;
}

function cropOf({ data, shape }, x, y, late, seed) {
  const side = 112;
  const crop = new Uint8Array(side * side * 3);
  for (let row = 0; row < side; row++) {
    const from = ((y + row) * shape[1] + x) * 3;
    crop.set(data.subarray(from, from + side * 3), row * side * 3);
  }
  return noisy({ data: crop, shape: [side, side, 3] }, 160 * late, seed + 3);
}

const dir = freshFolder();
const first = await logPhotographs(dir, "unet-small", 1);
const second = await logPhotographs(dir, "unet-wide", 2.5);
const viewer = await startViewer(dir);
const browser = await LAUNCH.Chromium();
const large = `o=${first.id},val%2Fprediction,0,-`;
const SHOTS = {
  panels: { hash: `#r=${second.id}&s=6`, width: 1440, height: 900, colorScheme: "light" },
  "panels-dark": { hash: `#r=${second.id}&s=3`, width: 1440, height: 900, colorScheme: "dark" },
  large: { hash: `#r=${first.id}&s=9&${large}`, width: 1440, height: 900, colorScheme: "dark", point: [560, 330] },
  compare: {
    hash: `#r=${first.id},${second.id}&s=6&${large}&l=!verdict,!boxes`,
    width: 1440,
    height: 900,
    colorScheme: "light",
    point: [420, 420],
  },
  pixels: {
    hash: `#r=${first.id}&s=30&z=44,290,128&${large}&l=!hidden`,
    width: 1440,
    height: 900,
    colorScheme: "light",
    point: [560, 400],
  },
  scalars: { hash: `#r=${first.id},${second.id}&t=scalars&s=12`, width: 1440, height: 900, colorScheme: "dark" },
  tablet: { hash: `#r=${second.id}&s=8`, width: 820, height: 1180, colorScheme: "light" },
  phone: { hash: `#r=${second.id}&s=8&k=val`, width: 390, height: 844, colorScheme: "dark", deviceScaleFactor: 2 },
};
for (const [name, { hash, width, height, point, ...options }] of Object.entries(SHOTS)) {
  const { page, close } = await openPage(browser, `${viewer.address}${hash}`, {
    viewport: { width, height },
    ...options,
  });
  if (name === "scalars") await page.waitForSelector(".chart canvas");
  else await settled(page);
  if (point) await page.mouse.move(...point);
  await page.waitForTimeout(700);
  const png = await page.screenshot();
  await sharp(png)
    .jpeg({ quality: 82, mozjpeg: true })
    .toFile(fileURLToPath(new URL(`view-${name}.jpg`, target)));
  await close();
}
await browser.close();
await viewer.stop();
rmSync(dir, { recursive: true, force: true });
