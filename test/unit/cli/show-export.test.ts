import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import sharp from "sharp";
import { command as exportCommand } from "../../../src/cli/export.ts";
import { command as showCommand } from "../../../src/cli/show.ts";
import { Image, init } from "../../../src/node.ts";
import { openFolder } from "../../../src/read/folder.ts";
import type { Exported } from "../../../src/view/export-html.ts";
import { dataElements, exportRuns } from "../../../src/view/export-html.ts";
import { RunAnswers } from "../../../src/view/run-answers.ts";
import { logRun, pixelsOf } from "../../support/viewed-run.ts";

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cli-"));
  process.env.WANDB_SILENT = "true";
});

afterEach(() => {
  rmSync(dir, { recursive: true });
  jest.restoreAllMocks();
});

/** What a command prints; its streams are told apart. */
async function run(
  command: { run(positionals: string[], values: never): Promise<number> },
  positionals: string[],
  values: object,
) {
  let [out, err] = ["", ""];
  jest.spyOn(process.stdout, "write").mockImplementation(((text: string, done?: () => void) => {
    out += text;
    done?.();
    return true;
  }) as typeof process.stdout.write);
  jest.spyOn(console, "log").mockImplementation((text: string) => void (out += `${text}\n`));
  jest.spyOn(console, "error").mockImplementation((text: string) => void (err += `${text}\n`));
  try {
    return { code: await command.run(positionals, values as never), out, err };
  } finally {
    jest.restoreAllMocks();
  }
}

describe("show", () => {
  test("without a terminal: key and step, caption, path", async () => {
    const { dir: folder } = await logRun(dir);
    const { out, code } = await run(showCommand, [dir], { protocol: "none", key: "val/*" });
    expect(code).toBe(0);
    const lines = out
      .trim()
      .split("\n")
      .map((line) => line.split("\t"));
    expect(lines.map((line) => line[0])).toEqual(["val/input · step 6", "val/pred · step 6"]);
    expect(lines[0]![1]).toBe("step 6");
    for (const line of lines) expect(existsSync(line.at(-1)!)).toBe(true);
    expect(lines[0]!.at(-1)!.startsWith(`${folder}/files/media/images/`)).toBe(true);
  });

  test("the pictures of a step, or the last before it; lists one by one", async () => {
    await logRun(dir);
    const { out } = await run(showCommand, [dir], { protocol: "none", step: "5" });
    expect(
      out
        .split("\n")
        .filter(Boolean)
        .map((line) => line.split("\t")[0]),
    ).toEqual([
      "val/input · step 5",
      "val/pred · step 4",
      "examples 1/3 · step 3",
      "examples 2/3 · step 3",
      "examples 3/3 · step 3",
    ]);
  });

  test("kitty: the picture that is drawn has its boxes in it, and decodes", async () => {
    await logRun(dir);
    const { out } = await run(showCommand, [dir], { protocol: "kitty", key: "val/pred", "no-masks": true });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escapes are what is looked at
    const base64 = [...out.matchAll(/\x1b_G[^;]*;([^\x1b]*)\x1b\\/g)].map((match) => match[1]).join("");
    const { data, info } = await sharp(Buffer.from(base64, "base64")).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([8, 6]);
    expect([...data.subarray((1 * 8 + 1) * 3, (1 * 8 + 1) * 3 + 3)]).toEqual([0xe6, 0x9f, 0x00]);
    expect([...data.subarray(0, 3)]).toEqual([...pixelsOf(6).data.subarray(0, 3)]);
    expect(out).toContain("val/pred · step 6");
  });

  test("a picture's file; one that is none is an error in words", async () => {
    const path = join(dir, "p.png");
    writeFileSync(path, new Image(pixelsOf(1)).bytes);
    expect((await run(showCommand, [path], { protocol: "blocks" })).out).toContain("▀");
    writeFileSync(path, "no picture");
    await expect(run(showCommand, [path], { protocol: "blocks" })).rejects.toThrow(
      "expected PNG, JPEG, BMP, GIF or WebP",
    );
  });

  test("a key that is not there says which are, and logged escapes do not reach the terminal", async () => {
    const hostile = init({ dir, mode: "offline" });
    hostile.log({ "a\x1b[2Jb": new Image(pixelsOf(1), { caption: "x\x1b]0;title\x07\ny" }) });
    await hostile.finish();
    const shown = await run(showCommand, [dir], { protocol: "none" });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escapes are what is looked at
    expect(shown.out.replaceAll(/[\t\n]/g, "")).not.toMatch(/[\x00-\x1f]/);
    const { err, code } = await run(showCommand, [dir], { protocol: "none", key: "nothing" });
    expect([code, err.includes("\x1b")]).toEqual([1, false]);
    expect(err).toContain("no pictures; there are a");
  });

  test("options that make no sense are refused by name", async () => {
    await expect(run(showCommand, [dir], { protocol: "gopher" })).rejects.toThrow(
      "--protocol: expected kitty, iterm, sixel, blocks, 256",
    );
    await expect(run(showCommand, [dir], { columns: "0" })).rejects.toThrow(
      "--columns: expected a whole number from 1; got 0",
    );
    await expect(run(showCommand, [join(dir, "none")], {})).rejects.toThrow("no such folder");
  });
});

describe("export", () => {
  test("CSV: a column a key, pictures as paths, quotes and line breaks as RFC 4180 has them", async () => {
    const run1 = init({ dir, mode: "offline" });
    run1.log({ text: 'say "hi",\nthere', n: 1, nested: { a: 2 } });
    run1.log({ n: Number.NaN, big: 9007199254740993n, pic: new Image(pixelsOf(1)) });
    await run1.finish();
    const { out } = await run(exportCommand, [dir], { csv: true });
    const [header, ...rows] = out.split(/\r\n/);
    expect(header!.split(",").slice(0, 4)).toEqual(["_step", "text", "n", "nested.a"]);
    expect(out).toContain('0,"say ""hi"",\nthere",1,2');
    expect(rows.at(-2)).toMatch(/^1,,NaN,,9007199254740993,media\/images\/pic_1_[0-9a-f]{20}\.png,/);
  });

  test("JSON: one object that any parser takes; NaN and large integers as text", async () => {
    const one = init({ dir, mode: "offline", name: "one", config: { lr: 0.5 } });
    one.log({ n: Number.NaN, big: 9007199254740993n });
    one.log({ n: 2, other: 3 });
    await one.finish();
    const { out } = await run(exportCommand, [dir], { json: true, keys: "n,big" });
    const value = JSON.parse(out) as { name: string; config: object; rows: object[]; exitCode: number };
    expect(value).toMatchObject({ name: "one", config: { lr: 0.5 }, exitCode: 0 });
    expect(value.rows).toMatchObject([
      { _step: 0, n: "NaN", big: "9007199254740993" },
      { _step: 1, n: 2 },
    ]);
    expect(out).not.toContain('"other"');
  });

  test("pictures as they were logged, by key and step, with an index", async () => {
    const { dir: folder } = await logRun(dir);
    const target = join(dir, "out");
    const { code, err } = await run(exportCommand, [folder], { images: target, every: "2" });
    expect([code, err.includes("pictures and index.json")]).toEqual([0, true]);
    expect(readdirSync(join(target, "val/input"))).toEqual(["000000.png", "000002.png", "000004.png", "000006.png"]);
    expect(readdirSync(join(target, "examples"))).toEqual([
      "000000_0.png",
      "000000_1.png",
      "000000_2.png",
      "000006_0.png",
      "000006_1.png",
      "000006_2.png",
    ]);
    const index = JSON.parse(readFileSync(join(target, "index.json"), "utf8")) as {
      file: string;
      key: string;
      step: number;
      boxes: object;
      masks: object;
    }[];
    const pred = index.find(({ key, step }) => key === "val/pred" && step === 6)!;
    expect(pred.file).toBe("val/pred/000006.png");
    expect(pred.boxes).toMatchObject({ prediction: [{ classId: 1 }, { classId: 2 }] });
    expect(pred.masks).toEqual({
      prediction: "val/pred/000006.prediction.png",
      ground_truth: "val/pred/000006.ground_truth.png",
    });
    expect(new Uint8Array(readFileSync(join(target, pred.file)))).toEqual(new Uint8Array(new Image(pixelsOf(6)).bytes));
  });

  test("a key cannot lead out of the folder that is exported to", async () => {
    const hostile = init({ dir, mode: "offline" });
    hostile.log({ "../../up": new Image(pixelsOf(1)), "a/../../b": new Image(pixelsOf(2)) });
    await hostile.finish();
    const target = join(dir, "deep/out");
    await run(exportCommand, [hostile.dir], { images: target });
    expect(readdirSync(dir).sort()).toEqual(["deep", "wandb"]);
    expect(readdirSync(join(dir, "deep"))).toEqual(["out"]);
  });

  test("a video of one key; of several it asks which", async () => {
    await logRun(dir);
    const target = join(dir, "v.gif");
    await run(exportCommand, [dir], { video: target, keys: "val/input" });
    expect((await sharp(target, { animated: true }).metadata()).pages).toBe(7);
    await expect(run(exportCommand, [dir], { video: target, keys: "val/*" })).rejects.toThrow(
      "expected one key of pictures; --keys chooses 2: val/input, val/pred",
    );
    await expect(run(exportCommand, [dir], { video: "v.avi" })).rejects.toThrow("ends in .gif, .png, .mp4 or .webm");
    await expect(run(exportCommand, [dir], {})).rejects.toThrow("expected one of --html, --csv");
    await expect(run(exportCommand, [dir], { html: "x", "max-size": "big" })).rejects.toThrow(
      "--max-size: expected a size such as 50MB",
    );
  });

  test("a page holds what it shows and says what it left out; nothing logged leaves its script element", async () => {
    const { dir: folder, id } = await logRun(dir);
    const answers = new RunAnswers(id, await openFolder(folder));
    await answers.read.update();
    const head = {
      id,
      name: "</script><script>alert(1)</script>",
      project: "",
      state: "live",
      startTime: null,
      folder,
      tags: [],
    } as const;
    const all = () => true;
    const whole = await exportRuns([{ head, answers }], { keys: all, every: 1, maxBytes: Number.POSITIVE_INFINITY });
    expect(whole.note).toBe("");
    expect(whole.exported.runs.runs[0]!.state).toBe("stopped");
    const html = dataElements({ ...whole.exported, folder: "" }, whole.files);
    expect(html.match(/<\/script/g)).toHaveLength(1 + whole.files.length);
    const text = /<script type="application\/json" id="wandb-image-runs">(.*)<\/script>/.exec(html)![1]!;
    const data = JSON.parse(text) as Exported;
    expect(data.runs.runs[0]!.name).toBe(head.name);
    expect(data.data[id]!.rows["val/input"]).toHaveLength(7);

    const bytes = whole.files.reduce((sum, file) => sum + file.bytes.length, 0);
    const half = await exportRuns([{ head, answers }], { keys: all, every: 1, maxBytes: bytes / 2 });
    expect(half.note).toMatch(/^\d+ of 14 steps with pictures are left out \(every \d, for its size\)$/);
    expect(half.files.reduce((sum, file) => sum + file.bytes.length, 0)).toBeLessThanOrEqual(bytes / 2);
    expect(half.exported.data[id]!.rows["val/input"]!.at(-1)!.step).toBe(6);
    await expect(exportRuns([{ head, answers }], { keys: all, every: 1, maxBytes: 10 })).rejects.toThrow("--max-size");
    await answers.source.close();
  });
});
