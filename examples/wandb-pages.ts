// The examples of W&B's pages for Image, BoundingBoxes2D and ImageMask, in TypeScript (those with a Table apart, which this
// package does not write). `npm test` runs them.
import { Classes, Image, init, type Run } from "wandb-image";

function randomPixels(height: number, width: number) {
  return {
    data: Uint8Array.from({ length: height * width * 3 }, () => Math.random() * 256),
    shape: [height, width, 3],
  };
}

/** "Create a wandb.Image from a numpy array" */
export function fromArray(run: Run): void {
  const examples: Image[] = [];
  for (let i = 0; i < 3; i++) examples.push(new Image(randomPixels(100, 100), { caption: `random field ${i}` }));
  run.log({ examples });
}

/** "Create a wandb.Image from a PILImage": decoded pixels, taken as they are */
export function fromDecodedImage(run: Run): void {
  const examples: Image[] = [];
  for (let i = 0; i < 3; i++) {
    const { data } = randomPixels(100, 100);
    examples.push(new Image({ data, width: 100, height: 100 }, { mode: "RGB", caption: `random field ${i}` }));
  }
  run.log({ examples });
}

/** "Log .jpg rather than .png (default)" */
export function asJpg(run: Run): void {
  const examples: Image[] = [];
  for (let i = 0; i < 3; i++) {
    examples.push(new Image(randomPixels(100, 100), { caption: `random field ${i}`, fileType: "jpg" }));
  }
  run.log({ examples });
}

/** "Log bounding boxes for a single image" */
export function boundingBoxes(run: Run): void {
  const classLabels = { 0: "person", 1: "car", 2: "road", 3: "building" };
  const image = new Image(randomPixels(200, 300), {
    boxes: {
      predictions: {
        box_data: [
          {
            // one box expressed in the default relative/fractional domain
            position: { minX: 0.1, maxX: 0.2, minY: 0.3, maxY: 0.4 },
            class_id: 1,
            box_caption: classLabels[1],
            scores: { acc: 0.2, loss: 1.2 },
          },
          {
            // another box expressed in the pixel domain
            position: { middle: [150, 60], width: 68, height: 112 },
            domain: "pixel",
            class_id: 3,
            box_caption: "a building",
            scores: { acc: 0.5, loss: 0.7 },
          },
        ],
        class_labels: classLabels,
      },
    },
  });
  run.log({ driving_scene: image });
}

/** "Logging a single masked image" */
export function masks(run: Run): void {
  const predicted = new Uint8Array(100 * 100);
  const groundTruth = new Uint8Array(100 * 100);
  for (let y = 0; y < 100; y++) {
    for (let x = 0; x < 100; x++) {
      predicted[y * 100 + x] = (y < 50 ? 0 : 1) + (x < 50 ? 0 : 2);
      groundTruth[y * 100 + x] = (y < 25 ? 0 : 1) + (x < 25 ? 0 : 2);
    }
  }
  const classLabels = { 0: "person", 1: "tree", 2: "car", 3: "road" };
  const image = new Image(randomPixels(100, 100), {
    masks: {
      predictions: { mask_data: { data: predicted, shape: [100, 100] }, class_labels: classLabels },
      ground_truth: { mask_data: { data: groundTruth, shape: [100, 100] }, class_labels: classLabels },
    },
    classes: new Classes([
      { id: 0, name: "person" },
      { id: 1, name: "tree" },
      { id: 2, name: "car" },
      { id: 3, name: "road" },
    ]),
  });
  run.log({ img_with_masks: image });
}

/** All of them in one run. */
export async function logAll(dir: string): Promise<Run> {
  const run = init({ mode: "offline", project: "wandb-pages", dir });
  for (const example of [fromArray, fromDecodedImage, asJpg, boundingBoxes, masks]) example(run);
  await run.finish();
  return run;
}
