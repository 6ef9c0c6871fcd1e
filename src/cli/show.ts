// `npx wandb-image show`
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { fileOf } from "../decode/index.ts";
import { matcher } from "../view/key-filter.ts";
import { type Picked, picked } from "../view/picked.ts";
import { fittedCells, type Placed, PROTOCOLS, type Protocol, written } from "../view/protocols.ts";
import { type Marks, marked, type Raster, rasterOf } from "../view/raster.ts";
import { type Terminal, theTerminal } from "../view/terminal.ts";
import { defineCommand, plain, UsageError } from "./command.ts";
import { defaultPlace, type OpenRun, openNewest, wholeNumber } from "./run-argument.ts";

export const command = defineCommand({
  help: `
Show pictures in the terminal, with their boxes and masks drawn in.

usage: npx wandb-image show [run | folder | zip | picture] [--key KEYS] [--step N] [--columns N] [--protocol NAME] [--watch]

  run …            a run's folder, a zip, a folder of runs (the newest is shown), or a picture's file; default WANDB_DIR, else .
  --key KEYS       such as val/pred, "val/*", or words of keys; default all keys
  --step N         the pictures of step N, or the last before it; default the last
  --columns N      how many pictures beside each other; default 3, fewer where there are fewer
  --protocol NAME  ${PROTOCOLS.join(", ")}, none; default: what the terminal can
  --no-boxes, --no-masks   without them
  --watch          show them again whenever there is a new step

Without a terminal, or with NO_COLOR, it prints keys, steps, captions and paths.
`,
  options: {
    key: { type: "string" },
    step: { type: "string" },
    columns: { type: "string" },
    protocol: { type: "string" },
    "no-boxes": { type: "boolean" },
    "no-masks": { type: "boolean" },
    watch: { type: "boolean" },
  },
  async run([place = defaultPlace()], options) {
    const columns = wholeNumber("columns", options.columns, 3, 1);
    const step =
      options.step === undefined || options.step === "last" ? "last" : wholeNumber("step", options.step, 0, 0);
    const terminal = await terminalFor(options.protocol);
    const marks = { boxes: !options["no-boxes"], masks: !options["no-masks"] };
    if (await isPicture(place)) {
      await print([await pictureOf(place)], terminal, columns);
      return 0;
    }
    const run = await openNewest(place);
    try {
      const keys = matcher(options.key ?? "");
      const count = await showRun(run, keys, step, terminal, columns, marks);
      if (options.watch) await watch(run, () => showRun(run, keys, step, terminal, columns, marks));
      return count > 0 ? 0 : 1;
    } finally {
      await run.answers.source.close();
    }
  },
});

async function terminalFor(name: string | undefined): Promise<Terminal> {
  if (name === "none") return { protocol: null, columns: 80, rows: 24, cell: { width: 10, height: 20 } };
  if (name !== undefined && name !== "auto" && !PROTOCOLS.includes(name as Protocol)) {
    throw new UsageError(`--protocol: expected ${PROTOCOLS.join(", ")}, none or auto; got ${name}`);
  }
  return theTerminal(name === undefined || name === "auto" ? null : (name as Protocol));
}

async function isPicture(place: string): Promise<boolean> {
  const found = await stat(place).catch(() => null);
  return found?.isFile() === true && !/\.(zip|wandb)$/i.test(place);
}

/** One picture with what is printed below it. */
interface Shown {
  readonly title: string;
  readonly caption: string;
  readonly path: string;
  readonly load: () => Promise<{
    file: Uint8Array | null;
    size: { width: number; height: number };
    raster: () => Raster;
  }>;
}

async function pictureOf(path: string): Promise<Shown> {
  const file = new Uint8Array(await readFile(path));
  const size = fileOf(file);
  if (size === undefined) throw new Error(`${path}: expected PNG, JPEG, BMP, GIF or WebP`);
  return {
    title: basename(path),
    caption: `${size.width}×${size.height}`,
    path,
    load: async () => ({ file, size, raster: () => rasterOf(file) }),
  };
}

async function showRun(
  { answers, head }: OpenRun,
  keys: (key: string) => boolean,
  step: number | "last",
  terminal: Terminal,
  columns: number,
  marks: Marks,
): Promise<number> {
  const found = await picked(answers, keys, step);
  if (found.length === 0) {
    const all = Object.keys(answers.index().pictures);
    const there = all.length > 0 ? `; there are ${all.map(plain).join(", ")}` : "";
    console.error(`${plain(head.name)}: no pictures${there}`);
    return 0;
  }
  const { labels } = answers.index();
  const shown = found.map((one): Shown => {
    const title = `${one.key}${one.count > 1 ? ` ${one.item + 1}/${one.count}` : ""} · step ${one.step}`;
    return {
      title,
      caption: one.mark.caption ?? "",
      path: `${head.folder}/files/${one.mark.path}`,
      load: () => loaded(answers, one, labels[one.key], marks),
    };
  });
  await print(shown, terminal, columns);
  return found.length;
}

async function loaded(
  { source }: OpenRun["answers"],
  { mark }: Picked,
  labels: Parameters<typeof marked>[2],
  marks: Marks,
) {
  const file = await source.file(mark.path);
  if (file === null) throw new Error("the file is not there");
  const hasMarks = (marks.boxes && mark.boxes) || (marks.masks && mark.masks);
  if (!hasMarks) return { file, size: fileOf(file) ?? mark, raster: () => rasterOf(file) };
  const raster = await marked(rasterOf(file), mark, labels, marks, (path) => source.file(path));
  return { file: null, size: raster, raster: () => raster };
}

async function print(all: readonly Shown[], terminal: Terminal, columns: number): Promise<void> {
  if (terminal.protocol === null) {
    for (const { title, caption, path } of all)
      console.log([title, caption, path].filter(Boolean).map(plain).join("\t"));
    return;
  }
  const across = Math.min(columns, all.length);
  const width = Math.max(1, Math.floor((terminal.columns - (across - 1)) / across));
  for (let i = 0; i < all.length; i += across)
    await printRow(all.slice(i, i + across), terminal, terminal.protocol, width);
}

/** Pictures beside each other: room is made by line feeds, then each is drawn from where the row begins. */
async function printRow(
  row: readonly Shown[],
  { cell, rows }: Terminal,
  protocol: Protocol,
  width: number,
): Promise<void> {
  const most = { columns: width, rows: Math.max(4, rows - 3) };
  const parts: { texts: string[]; rows: number }[] = [];
  for (const shown of row) {
    try {
      const { file, size, raster } = await shown.load();
      const place = fittedCells(size, most, cell);
      const placed: Placed = { ...place, file, raster };
      parts.push({ texts: written(protocol, placed, cell), rows: place.rows });
    } catch (error) {
      parts.push({ texts: [cut(plain((error as Error).message), width)], rows: 1 });
    }
  }
  const height = Math.max(...parts.map((part) => part.rows));
  let out = `${"\n".repeat(height)}\x1b[${height}A`;
  for (const [i, { texts }] of parts.entries()) {
    const column = i * (width + 1);
    for (const [line, text] of texts.entries())
      out += `\x1b7${line > 0 ? `\x1b[${line}B` : ""}\r${column > 0 ? `\x1b[${column}C` : ""}${text}\x1b8`;
  }
  out += `\x1b[${height}B\r`;
  for (const lines of [row.map((shown) => shown.title), row.map((shown) => shown.caption)]) {
    if (lines.some(Boolean))
      out += `${lines
        .map((text) => cut(plain(text), width).padEnd(width))
        .join(" ")
        .trimEnd()}\n`;
  }
  await new Promise<void>((resolve) => process.stdout.write(`${out}\n`, () => resolve()));
}

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, Math.max(0, width - 1))}…` : text;
}

/** Again with each new step, until the run ends or Ctrl+C. */
async function watch({ answers }: OpenRun, show: () => Promise<unknown>): Promise<void> {
  const { read, source } = answers;
  while (read.fold.exit === null && source.canGrow) {
    const rows = read.columns.rows;
    await source.changed(await source.size());
    await read.update();
    if (read.columns.rows > rows) await show();
  }
}
