// Runs to look at: pictures, lists, boxes, masks and numbers, small and the same each time.
import { Image, init } from "../../src/node.ts";

export const NAMES = { 0: "background", 1: "cat", 2: "dog" };
export const [WIDTH, HEIGHT] = [8, 6];

/** The pixel (x, y) of the picture of `step`. */
export function colorAt(step: number, x: number, y: number): [number, number, number] {
  return [x * 30, y * 40, (step * 7) & 255];
}

export function pixelsOf(step: number) {
  const data = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let y = 0, i = 0; y < HEIGHT; y++) for (let x = 0; x < WIDTH; x++, i += 3) data.set(colorAt(step, x, y), i);
  return { data, shape: [HEIGHT, WIDTH, 3] };
}

export function maskOf(shift: number) {
  const data = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => (Math.floor((i % WIDTH) / 3) + shift) % 3);
  return { mask_data: { data, shape: [HEIGHT, WIDTH] }, class_labels: NAMES };
}

export function boxesOf(step: number) {
  const position = { minX: 1, minY: 1, maxX: 5, maxY: 4 };
  const middle = { middle: [0.5, 0.5], width: 0.5, height: 0.25 };
  return {
    box_data: [
      {
        position,
        domain: "pixel" as const,
        class_id: 1,
        scores: { confidence: 0.25 + step / 100 },
        box_caption: "a cat",
      },
      { position: middle, class_id: 2, scores: { confidence: 0.9 } },
    ],
    class_labels: NAMES,
  };
}

export interface ViewedRunOptions {
  readonly steps?: number;
  readonly name?: string;
  readonly finish?: boolean;
}

/** `val/pred` every second step, with layers; `val/input` at each; `examples`, a list, every third. */
export async function logRun(dir: string, { steps = 7, name = "first", finish = true }: ViewedRunOptions = {}) {
  const run = init({ dir, project: "viewed", name, mode: "offline", config: { lr: 0.1, net: { depth: 3 } } });
  for (let step = 0; step < steps; step++) {
    const image = (options = {}) => new Image(pixelsOf(step), options);
    run.log({
      loss: 1 / (step + 1),
      epoch: Math.floor(step / 2),
      "val/input": image({ caption: `step ${step}` }),
      ...(step % 2 === 0 && {
        "val/pred": image({
          masks: { prediction: maskOf(step), ground_truth: maskOf(0) },
          boxes: { prediction: boxesOf(step) },
        }),
      }),
      ...(step % 3 === 0 && { examples: [image({ caption: "a" }), image(), image()] }),
    });
  }
  if (finish) await run.finish();
  return run;
}
