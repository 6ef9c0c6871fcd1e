// `npx wandb-image export`
import { mkdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Write, writeCsv, writeImages, writeJson } from "../view/export-data.ts";
import { dataElements, type ExportOptions, exportRuns } from "../view/export-html.ts";
import { matcher } from "../view/key-filter.ts";
import { readPage, standaloneHtml } from "../view/page.ts";
import { type Picked, picked } from "../view/picked.ts";
import { marked, type Raster, rasterOf } from "../view/raster.ts";
import { videoFormat, writeVideo } from "../view/video.ts";
import { defineCommand, plain, UsageError } from "./command.ts";
import { defaultPlace, type OpenRun, openNewest, openRuns, wholeNumber } from "./run-argument.ts";

export const command = defineCommand({
  help: `
Take a run away: as a page that needs no server, as numbers, pictures or a video.

usage: npx wandb-image export [run | folder | zip …] --html FILE.html | --html FOLDER/ | --csv | --json | --images FOLDER |
                              --video FILE.gif

  run …             default WANDB_DIR, else the current folder: of many runs the newest, with --html all of them
  --html FILE.html  one file with everything in it, for file:// and mail
  --html FOLDER/    a page and its pictures, for a static host
  --csv, --json     the rows, on standard output. NaN and integers past 2^53 are text in JSON
  --images FOLDER   the pictures' files by key and step, and index.json with captions and boxes
  --video FILE      the pictures of one key over the steps: .gif, .png (APNG); .mp4 and .webm with ffmpeg
  --keys KEYS       such as "val/*"; default all
  --every N         every N-th step with pictures; the last is always there
  --max-size SIZE   with --html: such as 50MB; steps are left out evenly until it fits, and it says which
  --fps N           with --video; default 10
  --no-boxes, --no-masks   with --video: without them
`,
  options: {
    html: { type: "string" },
    csv: { type: "boolean" },
    json: { type: "boolean" },
    images: { type: "string" },
    video: { type: "string" },
    keys: { type: "string" },
    every: { type: "string" },
    "max-size": { type: "string" },
    fps: { type: "string" },
    "no-boxes": { type: "boolean" },
    "no-masks": { type: "boolean" },
  },
  async run(places, options) {
    const { html, csv, json, images, video } = options;
    const asked = [html, csv, json, images, video].filter((value) => value !== undefined).length;
    if (asked !== 1) throw new UsageError("export: expected one of --html, --csv, --json, --images, --video");
    const keys = matcher(options.keys ?? "");
    const every = wholeNumber("every", options.every, 1, 1);
    if (html !== undefined) {
      const maxBytes = sizeOf(options["max-size"]);
      return await exportHtml(places.length > 0 ? places : [defaultPlace()], html, { keys, every, maxBytes });
    }
    if (places.length > 1) throw new UsageError("export: expected one run; only --html takes several");
    const run = await openNewest(places[0] ?? defaultPlace());
    try {
      if (csv) await writeCsv(run.answers, keys, toStdout);
      if (json) await writeJson(run.answers, keys, toStdout);
      if (images !== undefined) return await exportImages(run, keys, every, images);
      if (video !== undefined) {
        const marks = { boxes: !options["no-boxes"], masks: !options["no-masks"] };
        await exportVideo(run, keys, every, video, wholeNumber("fps", options.fps, 10, 1), marks);
      }
      return 0;
    } finally {
      await run.answers.source.close();
    }
  },
});

const toStdout: Write = (text) =>
  new Promise((resolve, reject) => process.stdout.write(text, (error) => (error ? reject(error) : resolve())));

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
};

function sizeOf(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  const parts = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const unit = parts && UNITS[parts[2]!.toLowerCase()];
  if (!unit) throw new UsageError(`--max-size: expected a size such as 50MB; got ${text}`);
  return Number(parts[1]) * unit;
}

/** Base64 has four characters for three bytes. */
const BASE64 = 4 / 3;

async function exportHtml(places: readonly string[], target: string, options: ExportOptions): Promise<number> {
  const runs = await openRuns(places);
  const isFolder = /[\\/]$/.test(target) || (await stat(target).catch(() => null))?.isDirectory() === true;
  const maxBytes = isFolder ? options.maxBytes : options.maxBytes / BASE64;
  const { exported, files, note } = await exportRuns(runs, { ...options, maxBytes });
  const page = await readPage(new URL("../view/", import.meta.url));
  if (isFolder) {
    for (const { run, path, bytes } of files) {
      const place = join(target, "files", ...`${run}/${path}`.split("/"));
      await mkdir(dirname(place), { recursive: true });
      await writeFile(place, bytes);
    }
    await mkdir(target, { recursive: true });
    await writeFile(
      join(target, "index.html"),
      standaloneHtml(page, dataElements({ ...exported, folder: "files" }, []), "'self'"),
    );
  } else {
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, standaloneHtml(page, dataElements({ ...exported, folder: "" }, files), "'none'"));
  }
  const bytes = files.reduce((sum, file) => sum + file.bytes.length, 0);
  const where = isFolder ? join(target, "index.html") : target;
  console.error(
    `${plain(where)}: ${runs.length} ${runs.length === 1 ? "run" : "runs"}, ${files.length} files, ${(bytes / 1e6).toFixed(1)} MB`,
  );
  if (note) console.error(note);
  for (const { answers } of runs) await answers.source.close();
  return 0;
}

/** Every `every`-th step of each key, counted so that the last is among them. */
function thinnedSteps(all: readonly Picked[], every: number): Picked[] {
  const steps = new Map<string, number[]>();
  for (const { key, step } of all) {
    const known = steps.get(key) ?? [];
    if (known.at(-1) !== step) steps.set(key, [...known, step]);
  }
  const kept = new Map(
    [...steps].map(([key, list]) => [key, new Set(list.filter((_, i) => (list.length - 1 - i) % every === 0))]),
  );
  return all.filter(({ key, step }) => kept.get(key)!.has(step));
}

async function exportImages(
  run: OpenRun,
  keys: (key: string) => boolean,
  every: number,
  folder: string,
): Promise<number> {
  const all = thinnedSteps(await picked(run.answers, keys, "all"), every);
  const { written, missing } = await writeImages(run.answers, all, folder);
  console.error(`${plain(folder)}: ${written} pictures and index.json`);
  if (missing.length > 0) console.error(`missing in the run: ${missing.map(plain).join(", ")}`);
  return missing.length > 0 ? 1 : 0;
}

async function exportVideo(
  { answers }: OpenRun,
  keys: (key: string) => boolean,
  every: number,
  path: string,
  fps: number,
  marks: { boxes: boolean; masks: boolean },
): Promise<void> {
  const format = videoFormat(path);
  if (format === null)
    throw new UsageError(`--video: expected a file that ends in .gif, .png, .mp4 or .webm; got ${path}`);
  const all = thinnedSteps(await picked(answers, keys, "all"), every);
  const found = new Set(all.map(({ key }) => key));
  if (found.size !== 1) {
    const list = [...(found.size === 0 ? Object.keys(answers.index().pictures) : found)].map(plain).join(", ");
    throw new UsageError(`--video: expected one key of pictures; --keys chooses ${found.size}: ${list}`);
  }
  const { labels } = answers.index();
  const frames: Raster[] = [];
  for (const { key, mark, item } of all) {
    if (item > 0) continue; // of a list its first picture
    const file = await answers.source.file(mark.path);
    if (file === null) continue;
    frames.push(await marked(rasterOf(file), mark, labels[key], marks, (name) => answers.source.file(name)));
  }
  if (frames.length === 0) throw new Error("none of the pictures' files is there");
  await writeVideo(path, format, frames, fps);
  console.error(`${plain(path)}: ${frames.length} frames of ${frames[0]!.width}×${frames[0]!.height}`);
}
