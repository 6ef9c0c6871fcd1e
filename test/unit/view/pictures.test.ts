import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import sharp from "sharp";
import UPNG from "upng-js";
import { encodeApng, encodeRaster } from "../../../src/view/apng.ts";
import { className, isBackground, isTruth } from "../../../src/view/class-names.ts";
import { encodeGif } from "../../../src/view/gif.ts";
import { paletteColor, rgbOf } from "../../../src/view/palette.ts";
import { indexed } from "../../../src/view/palette-image.ts";
import { fittedCells, sixel, written } from "../../../src/view/protocols.ts";
import { marked, type Raster, rasterOf, resized } from "../../../src/view/raster.ts";
import { protocolByName, readAnswer } from "../../../src/view/terminal.ts";
import { equalSizes, videoFormat, writeVideo } from "../../../src/view/video.ts";
import { picture } from "../../support/pictures.ts";

const raster = (name: string, width: number, height: number, seed = 1): Raster => picture(name, width, height, 3, seed);

describe("rasters", () => {
  test("8 and 16 bits, gray, alpha over gray", async () => {
    const png = (data: Uint8Array | Uint16Array, channels: 1 | 2 | 3 | 4) =>
      sharp(data, { raw: { width: 2, height: 1, channels } })
        .png()
        .toBuffer();
    expect([...rasterOf(await png(Uint8Array.of(10, 200), 1)).data]).toEqual([10, 10, 10, 200, 200, 200]);
    expect([...rasterOf(await png(Uint8Array.of(1, 2, 3, 0, 9, 8, 7, 255), 4)).data]).toEqual([119, 119, 119, 9, 8, 7]);
    const deep = await sharp(Uint16Array.of(256, 65535), { raw: { width: 2, height: 1, channels: 1 } })
      .toColourspace("grey16")
      .png()
      .toBuffer();
    expect([...rasterOf(deep).data]).toEqual([1, 1, 1, 255, 255, 255]);
  });

  test("made smaller each pixel is its area's mean, made larger its nearest", () => {
    const data = Uint8Array.of(0, 0, 0, 100, 50, 20, 200, 100, 40, 100, 50, 20);
    expect([...resized({ data, width: 4, height: 1 }, 2, 1).data]).toEqual([50, 25, 10, 150, 75, 30]);
    expect([...resized({ data, width: 4, height: 1 }, 8, 2).data.subarray(0, 12)]).toEqual([
      0, 0, 0, 0, 0, 0, 100, 50, 20, 100, 50, 20,
    ]);
  });

  test("masks are laid half over, background left out; boxes lie on their pixels", async () => {
    const base: Raster = { data: new Uint8Array(20 * 10 * 3).fill(100), width: 20, height: 10 };
    const ids = Uint8Array.from({ length: 200 }, (_, i) => (i % 20 < 10 ? 1 : 0));
    const mask = await sharp(ids, { raw: { width: 20, height: 10, channels: 1 } })
      .toColourspace("b-w")
      .png()
      .toBuffer();
    const mark = {
      path: "p.png",
      width: 20,
      height: 10,
      masks: { layer: "m.png" },
      boxes: { layer: [{ at: [12, 2, 18, 8] as const, pixel: true as const, classId: 2 }] },
    };
    const read = async (path: string) => (path === "m.png" ? new Uint8Array(mask) : null);
    const drawn = await marked(base, mark, { layer: { 0: "background" } }, { boxes: true, masks: true }, read);
    const at = (x: number, y: number) => [...drawn.data.subarray((y * 20 + x) * 3, (y * 20 + x) * 3 + 3)];
    expect(at(0, 0)).toEqual(rgbOf(paletteColor(1)).map((value) => Math.round((value + 100) / 2)));
    expect(at(15, 5)).toEqual([100, 100, 100]);
    for (const [x, y] of [
      [12, 2],
      [17, 2],
      [12, 7],
      [17, 7],
      [14, 2],
    ] as const)
      expect(at(x, y)).toEqual([...rgbOf(paletteColor(2))]);
    expect(at(11, 2)).toEqual([100, 100, 100]);
    expect(at(18, 2)).toEqual([100, 100, 100]);
    expect([...base.data]).toEqual(new Array(600).fill(100));
  });
});

test("what names of layers and classes say", () => {
  for (const name of ["ground_truth", "gt", "truth", "GT masks", "target", "my-labels"])
    expect([name, isTruth(name)]).toEqual([name, true]);
  for (const name of ["prediction", "argtarget2x", "weights", "gtx"])
    expect([name, isTruth(name)]).toEqual([name, false]);
  expect(isBackground("background", 0)).toBe(true);
  expect(isBackground("person", 0)).toBe(false);
  expect(isBackground("background", 1)).toBe(false);
  expect(className({ a: { 3: "cat" } }, "a", 3)).toBe("cat");
  expect(className({ a: { 3: "cat" } }, "b", 3)).toBe("class_3");
  expect(new Set(Array.from({ length: 40 }, (_, i) => paletteColor(i))).size).toBe(40);
});

describe("animations", () => {
  const frames = [0, 1, 2].map((seed) => raster("palette", 37, 21, seed + 1));

  test("GIF: up to 256 colors come back exactly, by sharp's decoder", async () => {
    const file = encodeGif(frames.map(indexed), 0.1);
    const { data, info } = await sharp(file, { animated: true })
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([37, 3 * 21]);
    expect((await sharp(file, { animated: true }).metadata()).delay).toEqual([100, 100, 100]);
    for (const [i, frame] of frames.entries()) {
      expect(Buffer.compare(data.subarray(i * 37 * 21 * 3, (i + 1) * 37 * 21 * 3), frame.data)).toBe(0);
    }
  });

  test("GIF: the code table is begun anew when it is full, on noise and on large frames", async () => {
    for (const [name, width, height] of [
      ["noise", 300, 200],
      ["smooth", 301, 199],
      ["constant", 500, 500],
      ["constant", 1, 1],
    ] as const) {
      const image = indexed(raster(name, width, height));
      const expected = new Uint8Array(width * height * 3);
      for (const [i, index] of image.indices.entries())
        expected.set(image.palette.subarray(3 * index, 3 * index + 3), 3 * i);
      const { data } = await sharp(encodeGif([image], 0.05))
        .removeAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true });
      expect([name, Buffer.compare(data, expected)]).toEqual([name, 0]);
    }
  });

  test("APNG: every frame exactly, by UPNG's decoder", () => {
    const many = [...frames, raster("noise", 37, 21)];
    const file = encodeApng(many, 12.5);
    const decoded = UPNG.decode(new Uint8Array(file).buffer);
    const rgba = UPNG.toRGBA8(decoded);
    expect(rgba).toHaveLength(4);
    for (const [i, frame] of many.entries()) {
      const found = new Uint8Array(rgba[i]!);
      for (let p = 0; p < 37 * 21; p++)
        expect([...found.subarray(4 * p, 4 * p + 3)]).toEqual([...frame.data.subarray(3 * p, 3 * p + 3)]);
    }
  });

  test("colors past 256 are the nearest of the palette's", () => {
    const image = indexed(raster("smooth", 120, 80));
    const { data } = raster("smooth", 120, 80);
    let worst = 0;
    for (const [i, index] of image.indices.entries()) {
      for (let c = 0; c < 3; c++) worst = Math.max(worst, Math.abs(image.palette[3 * index + c]! - data[3 * i + c]!));
    }
    expect(worst).toBeLessThan(48);
  });

  test("a file's ending says what it is; frames become equal, even where a video needs it", async () => {
    expect(["a.gif", "b.PNG", "c.apng", "d.mp4", "e.webm", "f.avi", "gif"].map(videoFormat)).toEqual([
      "gif",
      "png",
      "png",
      "mp4",
      "webm",
      null,
      null,
    ]);
    expect(
      equalSizes([raster("noise", 5, 3), raster("noise", 9, 9)], true).map(({ width, height }) => [width, height]),
    ).toEqual([
      [4, 2],
      [4, 2],
    ]);
    const { PATH } = process.env;
    process.env.PATH = "";
    const dir = mkdtempSync(join(tmpdir(), "video-"));
    try {
      await expect(writeVideo(join(dir, "v.mp4"), "mp4", frames, 10)).rejects.toThrow(
        /mp4 needs ffmpeg on the PATH, and there is none/,
      );
      await writeVideo(join(dir, "v.gif"), "gif", frames, 10);
      expect(readFileSync(join(dir, "v.gif")).subarray(0, 6).toString()).toBe("GIF89a");
    } finally {
      process.env.PATH = PATH;
      rmSync(dir, { recursive: true });
    }
  });
});

describe("terminals", () => {
  const cell = { width: 10, height: 20 };
  const image = raster("smooth", 64, 40);
  const placed = { columns: 6, rows: 2, file: null, raster: () => image };
  const text = (value: string) => Buffer.from(value, "base64");

  test("kitty: a PNG in chunks of 4096, the cursor left where it is", async () => {
    const [out] = written("kitty", { ...placed, raster: () => raster("noise", 64, 40) }, cell);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escapes are what is looked at
    const chunks = [...out!.matchAll(/\x1b_G([^;]*);([^\x1b]*)\x1b\\/g)];
    expect(chunks.map((chunk) => chunk[0]).join("")).toBe(out);
    expect(chunks[0]![1]).toBe("a=T,f=100,C=1,q=2,c=6,r=2,m=1");
    expect(chunks.every((chunk) => chunk[2]!.length <= 4096)).toBe(true);
    expect(chunks.at(-1)![1]).toBe("m=0");
    const { data } = await sharp(text(chunks.map((chunk) => chunk[2]).join("")))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(Buffer.compare(data, raster("noise", 64, 40).data)).toBe(0);
  });

  test("files go through as they are: PNG to kitty, anything to iTerm2", async () => {
    const png = encodeRaster(image);
    const jpeg = new Uint8Array(
      await sharp(image.data, { raw: { width: 64, height: 40, channels: 3 } })
        .jpeg()
        .toBuffer(),
    );
    expect(written("kitty", { ...placed, file: png }, cell)[0]).toContain(
      Buffer.from(png).toString("base64").slice(0, 4000),
    );
    const [out] = written("iterm", { ...placed, file: jpeg }, cell);
    expect(out).toBe(
      `\x1b]1337;File=inline=1;size=${jpeg.length};width=6;height=2;preserveAspectRatio=1:${Buffer.from(jpeg).toString("base64")}\x07`,
    );
    // kitty knows PNG alone.
    expect(written("kitty", { ...placed, file: jpeg }, cell)[0]).toContain(
      Buffer.from(png).toString("base64").slice(0, 100),
    );
  });

  test("half blocks: two pixels a cell, in 24 bits and in the nearest of 256 colors", () => {
    const lines = written("blocks", placed, cell);
    expect(lines).toHaveLength(2);
    const small = resized(image, 6, 4);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escapes are what is looked at
    const styles = [...lines[0]!.matchAll(/\x1b\[38;2;(\d+);(\d+);(\d+);48;2;(\d+);(\d+);(\d+)m▀/g)].map((match) =>
      match.slice(1).map(Number),
    );
    expect(styles[0]).toEqual([...small.data.subarray(0, 3), ...small.data.subarray(18, 21)]);
    const flat = (r: number, g: number, b: number) => ({
      ...placed,
      columns: 1,
      rows: 1,
      raster: () => ({ data: Uint8Array.of(r, g, b), width: 1, height: 1 }),
    });
    const of256 = (r: number, g: number, b: number) =>
      written("256", flat(r, g, b), cell)[0]!
        .slice(2)
        .split("m")[0];
    expect(of256(255, 0, 0)).toBe("38;5;196;48;5;196");
    expect(of256(128, 128, 128)).toBe("38;5;244;48;5;244");
    expect(of256(0, 0, 0)).toBe("38;5;16;48;5;16");
  });

  test("sixel: size, colors and the six-pixel bands add up", () => {
    const out = sixel({
      data: Uint8Array.from({ length: 3 * 7 * 8 }, (_, i) => (Math.floor(i / 3) % 2 ? 255 : 0)),
      width: 7,
      height: 8,
    });
    expect(out.startsWith('\x1bP0;1;0q"1;1;7;8#0;2;0;0;0#1;2;100;100;100')).toBe(true);
    expect(out.endsWith("\x1b\\")).toBe(true);
    expect(out.split("-")).toHaveLength(2);
  });

  test("a picture's place keeps its shape", () => {
    expect(fittedCells({ width: 600, height: 400 }, { columns: 60, rows: 50 }, cell)).toEqual({
      columns: 60,
      rows: 20,
    });
    expect(fittedCells({ width: 10, height: 1000 }, { columns: 60, rows: 20 }, cell)).toEqual({ columns: 1, rows: 20 });
  });

  test("which protocol the environment speaks for", () => {
    expect(protocolByName({ TERM: "xterm-kitty", KITTY_WINDOW_ID: "1" })).toBe("kitty");
    expect(protocolByName({ TERM: "xterm-ghostty" })).toBe("kitty");
    expect(protocolByName({ TERM: "xterm-256color", TERM_PROGRAM: "iTerm.app" })).toBe("iterm");
    expect(protocolByName({ TERM: "xterm-256color", TERM_PROGRAM: "vscode" })).toBe("iterm");
    expect(protocolByName({ TERM: "foot" })).toBe("sixel");
    expect(protocolByName({ TERM: "tmux-256color", KITTY_WINDOW_ID: "1", COLORTERM: "truecolor" })).toBe("blocks");
    expect(protocolByName({ TERM: "screen", TMUX: "x" })).toBe("256");
    expect(protocolByName({ TERM: "xterm-256color", TERM_PROGRAM: "Apple_Terminal" })).toBe("256");
    expect(protocolByName({ TERM: "xterm-256color" })).toBeNull();
    expect(readAnswer("\x1b[6;18;9t\x1b[?62;4;22c")).toEqual({ sixel: true, cell: { width: 9, height: 18 } });
    expect(readAnswer("\x1b[?1;2c")).toEqual({ sixel: false, cell: null });
    expect(readAnswer("")).toBeNull();
  });
});
