// Python's Pillow as a peer, where `python3` (or $PYTHON) imports it: its own process times itself.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SAVE = `
import sys, time, io
from PIL import Image, ImageFile
ImageFile.MAXBLOCK = 1 << 26
path, format, mode, w, h, rounds = sys.argv[1:]
im = Image.frombytes(mode, (int(w), int(h)), open(path, 'rb').read())
best = 1e9
for _ in range(int(rounds)):
    b = io.BytesIO(); t = time.perf_counter(); im.save(b, format); best = min(best, time.perf_counter() - t)
print(best * 1000, len(b.getvalue()))
`;

/** Least milliseconds and the bytes of Pillow's default file; undefined where there is no Pillow. */
export function pillow({ data, width, height, channels }, format, rounds) {
  const folder = mkdtempSync(join(tmpdir(), "wandb-image-bench-"));
  const path = join(folder, "pixels");
  writeFileSync(path, data);
  const args = ["-c", SAVE, path, format, channels === 1 ? "L" : "RGB", width, height, rounds].map(String);
  const { status, stdout } = spawnSync(process.env.PYTHON ?? "python3", args, { encoding: "utf8" });
  rmSync(folder, { recursive: true });
  if (status !== 0) return undefined;
  const [ms, bytes] = stdout.trim().split(" ").map(Number);
  return { ms, bytes };
}
