import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import sharp from "sharp";
import { logAll } from "../../examples/wandb-pages.ts";

test("the examples of W&B's pages write the files that they name", async () => {
  const dir = mkdtempSync(join(tmpdir(), "wandb-pages-"));
  const run = await logAll(dir);
  const files = (readdirSync(join(run.dir, "files"), { recursive: true }) as string[])
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => /\.\w+$/.test(name))
    .sort();
  const shapes = files.map((name) => name.replace(/[0-9a-f]{20}/, "*"));
  expect(shapes).toEqual(
    [
      ...Array(3).fill("media/images/examples_0_*.png"),
      ...Array(3).fill("media/images/examples_1_*.png"),
      ...Array(3).fill("media/images/examples_2_*.jpg"),
      "media/images/driving_scene_3_*.png",
      "media/images/img_with_masks_4_*.png",
      ...Array(2).fill("media/images/mask/img_with_masks_4_*.mask.png"),
      "media/metadata/boxes2D/driving_scene_3_*.boxes2D.json",
    ].sort(),
  );
  for (const name of files.filter((name) => name.includes("/mask/"))) {
    const { data, info } = await sharp(join(run.dir, "files", name))
      .raw()
      .toBuffer({ resolveWithObject: true });
    const step = data[0] === data[49 * info.channels] ? 50 : 25;
    const at = (x: number, y: number) => data[(y * 100 + x) * info.channels];
    expect([at(0, 0), at(0, step), at(step, 0), at(step, step)]).toEqual([0, 1, 2, 3]);
  }
  rmSync(dir, { recursive: true });
});
