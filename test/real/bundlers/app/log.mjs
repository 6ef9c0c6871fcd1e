// A whole run with an image, boxes and a number, in a folder of its own; what lies there afterwards is the answer.
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isMainThread, Worker } from "node:worker_threads";
import { Image, init } from "wandb-image";

async function logged() {
  const dir = mkdtempSync(join(tmpdir(), "wandb-image-log-"));
  const run = init({ mode: "offline", project: "everywhere", id: "abc12345", dir, config: { rate: 0.5 } });
  const data = Uint8Array.from({ length: 37 * 23 * 3 }, (_, i) => (i * i) >> 3);
  const box = { position: { minX: 0.1, maxX: 0.5, minY: 0.2, maxY: 0.9 }, class_id: 1, box_caption: "a cat" };
  const boxes = { predictions: { box_data: [box], class_labels: { 1: "cat" } } };
  const seen = new Image({ data, width: 37, height: 23 }, { caption: "seen everywhere", boxes });
  run.log({ seen, loss: 0.25 });
  await run.finish();
  const folder = join(
    dir,
    "wandb",
    readdirSync(join(dir, "wandb")).find((name) => name.endsWith("-abc12345")),
  );
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1))
    .sort();
  const media = files
    .filter((name) => name.includes("media"))
    .map((name) =>
      createHash("sha256")
        .update(readFileSync(join(folder, name)))
        .digest("hex"),
    );
  const records = readFileSync(join(folder, "run-abc12345.wandb"), "latin1");
  const words = ["everywhere", "rate", "seen everywhere", "image-file", "boxes2D", "_wandb", "loss", "0.25"];
  rmSync(dir, { recursive: true });
  return JSON.stringify({ files, media, said: words.filter((word) => records.includes(word)) });
}

if (isMainThread && process.argv.includes("thread")) new Worker(new URL(import.meta.url));
else console.log(await logged());
