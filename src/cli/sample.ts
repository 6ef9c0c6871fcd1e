// A run to look at for those who have none yet: discs that a network, as it were, learns to find.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { box, Image, init } from "../node.ts";

const [WIDTH, HEIGHT, STEPS] = [320, 240, 40];
const NAMES = { 0: "background", 1: "sun", 2: "moon" };

interface Disc {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly id: 1 | 2;
}

/** @returns the folder of the run */
export async function logSample(): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), "wandb-image-sample-"));
  const { WANDB_SILENT } = process.env;
  process.env.WANDB_SILENT = "true";
  const run = init({ dir, project: "sample", name: "sample", mode: "offline", config: { lr: 0.01, discs: 2 } });
  for (let step = 0; step < STEPS; step++) {
    const progress = 1 - Math.exp(-step / 9);
    const truth = discsAt(step);
    const guess = truth.map((disc, i) => ({
      ...disc,
      x: disc.x + (1 - progress) * (i ? 50 : -60),
      radius: disc.radius * (0.6 + 0.4 * progress),
    }));
    const layer = (discs: readonly Disc[]) => ({
      mask_data: { data: idsOf(discs), shape: [HEIGHT, WIDTH] },
      class_labels: NAMES,
    });
    const sides = guess.map(({ x, y, radius }) => [x - radius, y - radius, x + radius, y + radius]);
    const scores = guess.map((_, i) => 0.2 + progress * (i ? 0.55 : 0.75));
    run.log({
      loss: 2 * (1 - progress) + 0.1 + 0.05 * Math.sin(step * 7),
      "val/iou": progress,
      "val/prediction": new Image(skyOf(truth), {
        caption: `step ${step}: overlap ${progress.toFixed(2)}`,
        masks: { ground_truth: layer(truth), prediction: layer(guess) },
        boxes: {
          prediction: box.xyxy(sides, {
            domain: "pixel",
            classes: [1, 2],
            scores: { confidence: scores },
            classLabels: NAMES,
          }),
        },
      }),
      "val/input": new Image(skyOf(truth)),
      "val/distance": new Image(distanceOf(truth), { colormap: "magma" }),
    });
  }
  await run.finish();
  if (WANDB_SILENT === undefined) delete process.env.WANDB_SILENT;
  else process.env.WANDB_SILENT = WANDB_SILENT;
  return run.dir;
}

function discsAt(step: number): Disc[] {
  const angle = (step / STEPS) * Math.PI;
  return [
    { x: 160 - 110 * Math.cos(angle), y: 170 - 110 * Math.sin(angle), radius: 34, id: 1 },
    { x: 160 + 110 * Math.cos(angle), y: 130 + 50 * Math.sin(angle), radius: 22, id: 2 },
  ];
}

function discAt(discs: readonly Disc[], x: number, y: number): Disc | undefined {
  return discs.find((disc) => Math.hypot(x - disc.x, y - disc.y) < disc.radius);
}

function skyOf(discs: readonly Disc[]) {
  const data = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let y = 0, i = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++, i += 3) {
      const disc = discAt(discs, x, y);
      const fall = y / HEIGHT;
      const wave = 8 * Math.sin(x / 19 + y / 7);
      if (disc) data.set(disc.id === 1 ? [250, 214, 120 - 40 * fall] : [214, 218, 226], i);
      else data.set([40 + 120 * fall + wave, 60 + 80 * fall + wave, 110 + 30 * fall], i);
    }
  }
  return { data, shape: [HEIGHT, WIDTH, 3] };
}

function idsOf(discs: readonly Disc[]): Uint8Array {
  return Uint8Array.from(
    { length: WIDTH * HEIGHT },
    (_, i) => discAt(discs, i % WIDTH, Math.floor(i / WIDTH))?.id ?? 0,
  );
}

/** How near the next disc is, 0 to 1. */
function distanceOf(discs: readonly Disc[]) {
  const data = Float32Array.from({ length: WIDTH * HEIGHT }, (_, i) => {
    const near = discs.map((disc) => Math.hypot((i % WIDTH) - disc.x, Math.floor(i / WIDTH) - disc.y) - disc.radius);
    return Math.exp(-Math.max(0, Math.min(...near)) / 60);
  });
  return { data, shape: [HEIGHT, WIDTH] };
}
