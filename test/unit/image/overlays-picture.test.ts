import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import sharp from "sharp";
import { type BoxSet, box, Image, init } from "../../../src/node.ts";

// A photograph with two patches on it, logged with boxes around them and a mask over them; the files of the run are then
// drawn over each other, as W&B's panel does, into build/overlays.png, to be looked at.
const [WIDTH, HEIGHT] = [512, 512];
const PATCHES = [
  { x: 40, y: 60, width: 120, height: 90, color: [255, 0, 0], id: 7 },
  { x: 300, y: 280, width: 64, height: 160, color: [0, 0, 255], id: 9 },
];

test.each([[undefined], [256]])(
  "boxes and masks of a run lie on what they were drawn around, maxSize %p",
  async (maxSize) => {
    const photograph = await sharp(readFileSync(new URL("../../fixtures/photographs/astronaut.png", import.meta.url)))
      .raw()
      .toBuffer();
    const data = new Uint8Array(photograph);
    const ids = new Uint8Array(WIDTH * HEIGHT);
    for (const { x, y, width, height, color, id } of PATCHES) {
      for (let row = y; row < y + height; row++) {
        for (let column = x; column < x + width; column++) {
          data.set(color, (row * WIDTH + column) * 3);
          ids[row * WIDTH + column] = id;
        }
      }
    }
    const corners = PATCHES.flatMap(({ x, y, width, height }) => [x, y, x + width, y + height]);
    const dir = mkdtempSync(join(tmpdir(), "overlays-"));
    const run = init({ dir });
    const image = new Image(
      { data, width: WIDTH, height: HEIGHT },
      {
        maxSize,
        boxes: {
          patches: box.xyxy({ data: Float32Array.from(corners), shape: [2, 4] }, { classes: [7, 9], domain: "pixel" }),
        },
        masks: { patches: { mask_data: { data: ids, shape: [HEIGHT, WIDTH] } } },
      },
    );
    run.log({ image });
    await run.finish();
    expect(image.originalSize).toEqual({ width: WIDTH, height: HEIGHT });

    const json = image.toJson(run);
    const file = (path: string) => readFileSync(join(run.dir, "files", path));
    const scale = (maxSize ?? WIDTH) / WIDTH;
    const size = WIDTH * scale;
    const canvas = new Uint8Array(await sharp(file(json.path)).raw().toBuffer());
    const mask = new Uint8Array(await sharp(file(json.masks!.patches!.path)).toColourspace("b-w").raw().toBuffer());
    const boxes = (JSON.parse(file(json.boxes!.patches!.path).toString()) as BoxSet).box_data;
    expect([canvas.length, mask.length]).toEqual([size * size * 3, size * size]);

    for (const [i, patch] of PATCHES.entries()) {
      const { minX, maxX, minY, maxY } = boxes[i]!.position as {
        minX: number;
        maxX: number;
        minY: number;
        maxY: number;
      };
      // Edges of the box are edges of the patch, in the picture and in the mask: inside it is, outside it is not.
      const at = (x: number, y: number) => [
        ...canvas.subarray((y * size + x) * 3, (y * size + x) * 3 + 3),
        mask[y * size + x],
      ];
      const [middleX, middleY] = [Math.round((minX + maxX) / 2), Math.round((minY + maxY) / 2)];
      for (const [x, y] of [
        [minX, middleY],
        [maxX - 1, middleY],
        [middleX, minY],
        [middleX, maxY - 1],
      ] as const) {
        expect(at(x, y)).toEqual([...patch.color, patch.id]);
      }
      for (const [x, y] of [
        [minX - 1, middleY],
        [maxX, middleY],
        [middleX, minY - 1],
        [middleX, maxY],
      ] as const) {
        expect(at(x, y)).not.toEqual([...patch.color, patch.id]);
        expect(mask[y * size + x]).toBe(0);
      }
      for (let x = minX; x < maxX; x++) for (const y of [minY, maxY - 1]) canvas.set([255, 255, 0], (y * size + x) * 3);
      for (let y = minY; y < maxY; y++) for (const x of [minX, maxX - 1]) canvas.set([255, 255, 0], (y * size + x) * 3);
    }
    for (const [i, id] of mask.entries())
      if (id !== 0 && (i + Math.floor(i / size)) % 4 === 0) canvas.set([0, 255, 0], i * 3);
    mkdirSync("build", { recursive: true });
    await sharp(canvas, { raw: { width: size, height: size, channels: 3 } })
      .png()
      .toFile(`build/overlays-${size}.png`);
    rmSync(dir, { recursive: true });
  },
);
