// docs/images/overlays.jpg, the picture that README opens with: what the demo logs with boxes and masks, drawn by `export`, side by side.
//   node scripts/readme-picture.mjs
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), "wandb-image-picture-"));
const HEIGHT = 260;
const GAP = 8;

execFileSync(process.execPath, [join(root, "examples/demo.mjs")], {
  env: { ...process.env, WANDB_DIR: folder, WANDB_MODE: "offline", WANDB_SILENT: "true" },
});

const pictures = await Promise.all(
  ["overlays/face", "overlays/eyes", "overlays/cup"].map(async (key, i) => {
    const file = join(folder, `${i}.png`);
    execFileSync(process.execPath, [join(root, "dist/cli/main.js"), "export", folder, "--keys", key, "--video", file]);
    const { data, info } = await sharp(file).resize({ height: HEIGHT }).png().toBuffer({ resolveWithObject: true });
    return { input: data, width: info.width };
  }),
);

const width = pictures.reduce((sum, picture) => sum + picture.width, GAP * (pictures.length - 1));
let left = 0;
const placed = pictures.map(({ input, width }) => {
  const at = { input, left, top: 0 };
  left += width + GAP;
  return at;
});
mkdirSync(join(root, "docs/images"), { recursive: true });
await sharp({ create: { width, height: HEIGHT, channels: 3, background: "white" } })
  .composite(placed)
  .jpeg({ quality: 82, mozjpeg: true })
  .toFile(join(root, "docs/images/overlays.jpg"));
rmSync(folder, { recursive: true });
