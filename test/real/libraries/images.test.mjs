// Decoders, canvases and image libraries: what they hold is logged as it is.
import { strict as assert } from "node:assert";
import { createReadStream, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { test } from "node:test";
import { createCanvas } from "@napi-rs/canvas";
import cv from "@techstark/opencv-js";
import * as fastPng from "fast-png";
import * as imageJs from "image-js";
import { Jimp } from "jimp";
import jpegJs from "jpeg-js";
import { PNG } from "pngjs";
import sharp from "sharp";
import UPNG from "upng-js";
import { Image, logged, loggedFrom, pattern, pixelsOf, shows } from "./read.mjs";

const [H, W] = [5, 7];
const FIXTURES = new URL("../../fixtures/photographs/", import.meta.url);

test("pngjs: RGBA whatever the file was, though depth and palette stand beside it", async () => {
  for (const options of [{}, { palette: true, colors: 4 }]) {
    const file = await sharp(pattern(H, W, 3), { raw: { width: W, height: H, channels: 3 } })
      .png(options)
      .toBuffer();
    const image = PNG.sync.read(file);
    const expected = await sharp(file).ensureAlpha().raw().toBuffer();
    shows(logged(image), [H, W, 4], expected);
  }
});

test("fast-png: 8 bits, palettes, packed gray and 16 bits", async () => {
  const raw = { width: W, height: H, channels: 3 };
  const rgb = await sharp(pattern(H, W, 3), { raw })
    .png()
    .toBuffer();
  shows(logged(fastPng.decode(rgb)), [H, W, 3], pattern(H, W, 3));
  for (const colors of [2, 4, 16, 60]) {
    const file = await sharp(pattern(H, W, 3), { raw })
      .png({ palette: true, colors, dither: 0 })
      .toBuffer();
    const decoded = fastPng.decode(file);
    assert.ok(decoded.palette, "a palette file");
    const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
    shows(logged(decoded), [H, W, info.channels], data);
  }
  const bits = fastPng.decode(
    fastPng.encode({ width: 3, height: 2, depth: 1, channels: 1, data: Uint8Array.of(0b10100000, 0b01000000) }),
  );
  assert.equal(bits.depth, 1);
  shows(logged(bits), [2, 3, 1], [255, 0, 255, 0, 255, 0]);
  const deep = Uint16Array.of(0, 255, 256, 32767, 32768, 65535);
  const found = logged(fastPng.decode(fastPng.encode({ width: 3, height: 2, depth: 16, channels: 1, data: deep })));
  shows(found, [2, 3, 1], [0, 0, 1, 127, 128, 255]);
  assert.equal(found.normalization, null);
});

test("jpeg-js: a Buffer or a Uint8Array of RGBA", () => {
  const file = readFileSync(new URL("rocket.jpg", FIXTURES));
  for (const useTArray of [true, false]) {
    const image = jpegJs.decode(file, { useTArray });
    const found = logged(image, { compression: "fast" });
    assert.deepEqual(found.shape, [image.height, image.width, 4]);
    assert.equal(Buffer.compare(Buffer.from(found.data), Buffer.from(image.data)), 0);
  }
});

test("upng: decode() is packed and refused with the remedy, toRGBA8 is taken", () => {
  // 300 colors: a file without a palette.
  const rgba = Uint8Array.from({ length: 300 * 4 }, (_, i) => (i % 4 === 3 ? 128 : (i * 37 + (i >> 8) * 11) & 255));
  const decoded = UPNG.decode(UPNG.encode([rgba.buffer], 30, 10, 0));
  assert.throws(() => new Image(decoded), {
    name: "TypeError",
    message: /pass \{ data: UPNG\.toRGBA8\(image\)\[0\], width, height \}/,
  });
  const palette = UPNG.decode(UPNG.encode([new Uint8Array(4 * 4).buffer], 2, 2, 0));
  assert.throws(() => new Image(palette), TypeError);
  // An ArrayBuffer, as the words above have it.
  shows(logged({ data: UPNG.toRGBA8(decoded)[0], width: 30, height: 10 }), [10, 30, 4], rgba);
});

test("image-js: every color model and depth, and masks of 0 and 1", () => {
  for (const [colorModel, channels] of [
    ["GREY", 1],
    ["GREYA", 2],
    ["RGB", 3],
    ["RGBA", 4],
  ]) {
    const data = pattern(H, W, channels);
    shows(logged(new imageJs.Image(W, H, { data, colorModel })), [H, W, channels], data);
  }
  const deep = Uint16Array.from(pattern(H, W, 3), (value) => value * 257);
  shows(logged(new imageJs.Image(W, H, { data: deep, colorModel: "RGB", bitDepth: 16 })), [H, W, 3], pattern(H, W, 3));
  const mask = new imageJs.Image(3, 1, { data: Uint8Array.of(10, 200, 90), colorModel: "GREY" }).threshold({
    threshold: 100 / 255,
  });
  assert.equal(mask.constructor.name, "Mask");
  shows(logged(mask), [1, 3, 1], [0, 255, 0]);
});

test("image-js: a decoded photograph is what sharp decodes", async () => {
  const file = readFileSync(new URL("astronaut.png", FIXTURES));
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  const found = logged(imageJs.decode(file), { compression: "fast" });
  assert.deepEqual(found.shape, [info.height, info.width, info.channels]);
  assert.equal(Buffer.compare(Buffer.from(found.data), data), 0);
});

test("Jimp: its bitmap, read again through its own getPixelColor", async () => {
  const image = Jimp.fromBitmap({ data: pattern(H, W, 4), width: W, height: H });
  const expected = [];
  for (let y = 0; y < H; y++)
    for (let x = 0; x < W; x++) {
      const color = image.getPixelColor(x, y);
      expected.push(color >>> 24, (color >>> 16) & 255, (color >>> 8) & 255, color & 255);
    }
  shows(logged(image), [H, W, 4], expected);
});

test("@napi-rs/canvas: straight alpha, where data() is premultiplied", () => {
  const canvas = createCanvas(2, 1);
  const context = canvas.getContext("2d");
  const image = context.createImageData(2, 1);
  image.data.set([255, 0, 0, 128, 0, 0, 255, 255]);
  context.putImageData(image, 0, 0);
  assert.deepEqual([...canvas.data()].slice(0, 4), [128, 0, 0, 128]);
  shows(logged(canvas), [1, 2, 4], [255, 0, 0, 128, 0, 0, 255, 255]);
  shows(logged(context.getImageData(0, 0, 2, 1)), [1, 2, 4], [255, 0, 0, 128, 0, 0, 255, 255]);
  const photograph = createCanvas(1500, 1100);
  const pen = photograph.getContext("2d");
  for (let i = 0; i < 40; i++) {
    pen.fillStyle = `hsl(${i * 9} 80% 50%)`;
    pen.fillRect((i * 211) % 1500, (i * 97) % 1100, 300, 200);
  }
  const found = logged(photograph, { compression: "fast" });
  const expected = pen.getImageData(0, 0, 1500, 1100).data;
  assert.equal(Buffer.compare(Buffer.from(found.data), Buffer.from(expected)), 0);
  assert.throws(() => new Image({ getContext: () => null, width: 2, height: 2 }), /there is no 2-D canvas here/);
});

test("sharp: cloned, so that the pipeline goes on", async () => {
  const pixels = pattern(H, W, 3);
  const pipeline = sharp(pixels, { raw: { width: W, height: H, channels: 3 } }).flip();
  assert.throws(() => new Image(pipeline), {
    name: "TypeError",
    message: /Sharp is read asynchronously: write await Image\.from\(x\) instead of new Image\(x\)/,
  });
  const flipped = Array.from({ length: H }, (_, y) => [
    ...pixels.subarray((H - 1 - y) * W * 3, (H - y) * W * 3),
  ]).flat();
  shows(await loggedFrom(pipeline), [H, W, 3], flipped);
  const after = await pipeline.png().toBuffer();
  assert.deepEqual([...(await sharp(after).raw().toBuffer())], flipped);
});

test("sharp: 16-bit files give their upper byte, gray and alpha their channels", async () => {
  const deep = Uint16Array.from(pattern(H, W, 3), (value) => value * 257);
  const file = fastPng.encode({ width: W, height: H, depth: 16, channels: 3, data: deep });
  shows(await loggedFrom(sharp(file)), [H, W, 3], pattern(H, W, 3));
  const gray = sharp(pattern(H, W, 1), { raw: { width: W, height: H, channels: 1 } }).toColourspace("b-w");
  shows(await loggedFrom(gray), [H, W, 1], pattern(H, W, 1));
  const rgba = sharp(pattern(H, W, 4), { raw: { width: W, height: H, channels: 4 } });
  shows(await loggedFrom(rgba), [H, W, 4], pattern(H, W, 4));
});

test("OpenCV.js: 8-bit and 16-bit Mats as they are, floats by the range rule, crops packed", () => {
  const rgba = pattern(H, W, 4);
  const mat = cv.matFromImageData({ data: rgba, width: W, height: H });
  shows(logged(mat), [H, W, 4], rgba);
  const crop = mat.roi(new cv.Rect(2, 1, 3, 2));
  assert.equal(crop.isContinuous(), false);
  const expected = [1, 2].flatMap((y) => [...rgba.subarray((y * W + 2) * 4, (y * W + 5) * 4)]);
  shows(logged(crop), [2, 3, 4], expected);
  const deep = cv.matFromArray(1, 3, cv.CV_16UC1, [255, 256, 65535]);
  shows(logged(deep), [1, 3, 1], [0, 1, 255]);
  const floats = cv.matFromArray(1, 3, cv.CV_32FC1, [0, 0.5, 1]);
  const found = logged(floats);
  shows(found, [1, 3, 1], [0, 127, 255]);
  assert.equal(found.normalization.rule, "unit");
  shows(logged(cv.matFromArray(1, 2, cv.CV_32SC1, [-1, 300])), [1, 2, 1], [0, 255]);
  for (const each of [crop, deep, floats, mat]) each.delete();
  assert.throws(() => new Image(mat), { message: "the Mat is deleted; log it before delete()" });
});

test("OpenCV.js: the heap may grow after the Image is made", () => {
  const rgba = pattern(H, W, 4);
  const mat = cv.matFromImageData({ data: rgba, width: W, height: H });
  const image = new Image(mat);
  const large = new cv.Mat(6000, 6000, cv.CV_8UC4);
  shows(pixelsOf(image), [H, W, 4], rgba);
  shows(logged(mat), [H, W, 4], rgba);
  large.delete();
  mat.delete();
});

test("Blobs, Files, Responses, streams and addresses are files, logged byte for byte", async () => {
  const path = new URL("camera.png", FIXTURES);
  const file = readFileSync(path);
  const server = createServer((request, response) => {
    response.statusCode = request.url === "/camera" ? 200 : 404;
    response.end(request.url === "/camera" ? file : "nothing here");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  try {
    const inputs = [
      new Blob([file], { type: "text/plain" }),
      new File([file], "a.jpg"),
      new Response(file),
      new Blob([file]).stream(),
      createReadStream(path),
      Promise.resolve(file),
      fetch(`${url}/camera`),
      `${url}/camera`,
      new URL(`${url}/camera`),
      URL.createObjectURL(new Blob([file])),
    ];
    for (const input of inputs) {
      const image = await Image.from(input);
      assert.equal(Buffer.compare(image.bytes, file), 0);
      assert.deepEqual([image.format, image.width, image.height], ["png", 512, 512]);
    }
    await assert.rejects(Image.from(`${url}/none`), { message: `${url}/none: HTTP 404 Not Found` });
    await assert.rejects(Image.from("http://127.0.0.1:1/x.png"), {
      message: "http://127.0.0.1:1/x.png: cannot be fetched",
    });
    const used = new Response(file);
    await used.arrayBuffer();
    await assert.rejects(Image.from(used), { message: /the body of the Response is used; pass response\.clone\(\)/ });
    await assert.rejects(Image.from(new Blob(["hello"])), { message: /are not a PNG, JPEG, BMP, GIF or WebP file/ });
  } finally {
    server.close();
  }
  for (const input of [new Blob([file]), new Response(file), new Blob([file]).stream(), Promise.resolve(file)]) {
    assert.throws(() => new Image(input), {
      name: "TypeError",
      message: /^an? \w+ is read asynchronously: write await Image\.from/,
    });
  }
});
