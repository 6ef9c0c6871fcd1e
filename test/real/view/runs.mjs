// Runs to look at. Each picture says which step it is of: its blue is 7 times the step.
import { Image, init } from "../../../dist/node.js";

export const NAMES = { 0: "background", 1: "cat", 2: "dog" };

export function pixelsAt(step, width = 32, height = 24) {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i += 3) data.set([x * 7, y * 9, (step * 7) & 255], i);
  return { data, shape: [height, width, 3] };
}

export function flat(value, width, height) {
  return { data: new Uint8Array(width * height * 3).fill(value), shape: [height, width, 3] };
}

export const begin = (dir, name, config = {}) => init({ dir, project: "seen", name, config, mode: "offline" });

/** Six keys at each of 20 steps, a sparse one, a list, and layers over `val/layers`. */
export async function logPictures(dir, name = "first", shift = 0) {
  const run = begin(dir, name, { lr: 0.1 + shift, depth: 3 });
  for (let step = 0; step < 20; step++) {
    const values = { loss: 1 / (step + 1), epoch: Math.floor(step / 5) };
    for (let key = 0; key < 6; key++)
      values[`val/p${key}`] = new Image(pixelsAt(step + shift), { caption: `p${key} at ${step}` });
    if (step % 8 === 0) values.sparse = new Image(pixelsAt(step + shift));
    if (step % 10 === 0) values.list = Array.from({ length: 12 }, () => new Image(pixelsAt(step + shift)));
    values["val/layers"] = layered(step);
    run.log(values);
  }
  await run.finish();
  return run;
}

function layered(step) {
  const [width, height] = [40, 30];
  const ids = (offset) =>
    Uint8Array.from({ length: width * height }, (_, i) => (i % width < 10 + offset ? 1 : i % width > 30 ? 2 : 0));
  const mask = (offset) => ({ mask_data: { data: ids(offset), shape: [height, width] }, class_labels: NAMES });
  const box = (minX, class_id, confidence) => ({
    position: { minX, minY: 5, maxX: minX + 8, maxY: 15 },
    domain: "pixel",
    class_id,
    scores: { confidence },
  });
  const boxes = { prediction: { box_data: [box(4, 1, 0.9), box(20, 2, 0.4)], class_labels: NAMES } };
  return new Image(flat(128, width, height), { masks: { ground_truth: mask(0), prediction: mask(step % 4) }, boxes });
}

/** A 16-bit picture, a picture with alpha, a JPEG, and the four corners of what is read. */
export async function logValues(dir) {
  const run = begin(dir, "values");
  const deep = Uint16Array.from({ length: 20 * 10 }, (_, i) => i * 300 + 7);
  const alpha = Uint8Array.from({ length: 6 * 4 * 4 }, (_, i) => (i * 37) & 255);
  run.log({
    deep: new Image({ data: deep, shape: [10, 20] }, { bitDepth: 16 }),
    alpha: new Image({ data: alpha, shape: [4, 6, 4] }),
    gray: new Image({ data: Uint8Array.from({ length: 48 }, (_, i) => i * 5), shape: [6, 8] }),
  });
  await run.finish();
  return { run, deep, alpha };
}

/** Names that would be HTML, paths or scripts if they were not text. */
export async function logHostile(dir) {
  const script = "<img src=x onerror=window.hacked=1>";
  const run = begin(dir, script, { [script]: script });
  const image = new Image(pixelsAt(1), {
    caption: `${script}</script><script>window.hacked=1</script>`,
    boxes: {
      [script]: {
        box_data: [{ position: { minX: 0, minY: 0, maxX: 1, maxY: 1 }, class_id: 1, box_caption: script }],
        class_labels: { 1: script },
      },
    },
  });
  run.log({ [script]: image, "javascript:alert(1)": 1, [`${"../".repeat(3)}up`]: new Image(pixelsAt(2)) });
  await run.finish();
  return run;
}
