// What the tests call in the page: window.tests.
import * as wandb from "../../../dist/wandb-image.min.js";
import { answers, encodings, picture } from "./pictures.mjs";

const { Image, ready } = wandb;
const [WIDTH, HEIGHT] = [96, 64];
const pattern = new ImageData(picture(WIDTH, HEIGHT, 7), WIDTH, HEIGHT);

async function hex(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function canvasOf(pixels, canvas = document.createElement("canvas")) {
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  return canvas;
}

/** Pixels of anything drawable by the browser's own means. */
function drawn(source) {
  const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(source, 0, 0);
  return context.getImageData(0, 0, WIDTH, HEIGHT).data;
}

/** The file decoded by the browser, not by us. */
async function decoded(image) {
  const bitmap = await createImageBitmap(new Blob([image.bytes]), {
    colorSpaceConversion: "none",
    premultiplyAlpha: "none",
  });
  if (bitmap.width !== image.width || bitmap.height !== image.height) throw new Error("sizes differ");
  return drawn(bitmap);
}

const same = (a, b) => a.length === b.length && a.every((value, i) => value === b[i]);

function webgl() {
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const gl = canvas.getContext("webgl", { preserveDrawingBuffer: true });
  if (gl === null) return null;
  gl.enable(gl.SCISSOR_TEST);
  const expected = new Uint8ClampedArray(WIDTH * HEIGHT * 4);
  // WebGL's rows begin at the bottom: a 4×4 checker of colors, told from the top.
  for (let row = 0; row < 4; row++) {
    for (let column = 0; column < 4; column++) {
      const color = [row * 85, column * 85, (row * 4 + column) * 17, 255];
      gl.scissor((column * WIDTH) / 4, ((3 - row) * HEIGHT) / 4, WIDTH / 4, HEIGHT / 4);
      gl.clearColor(...color.map((value) => value / 255));
      gl.clear(gl.COLOR_BUFFER_BIT);
      for (let y = (row * HEIGHT) / 4; y < ((row + 1) * HEIGHT) / 4; y++) {
        for (let x = (column * WIDTH) / 4; x < ((column + 1) * WIDTH) / 4; x++)
          expected.set(color, (y * WIDTH + x) * 4);
      }
    }
  }
  return { canvas, expected };
}

async function videoOf(canvas) {
  const video = document.createElement("video");
  video.muted = true;
  video.srcObject = canvas.captureStream(30);
  const repaint = setInterval(() => canvas.getContext("2d").putImageData(pattern, 0, 0), 20);
  await video.play();
  clearInterval(repaint);
  video.pause();
  return video;
}

async function pngBlob() {
  return canvasOf(pattern, new OffscreenCanvas(WIDTH, HEIGHT)).convertToBlob({ type: "image/png" });
}

/** Each input with what its pixels or its file must be; `sync`: the constructor takes it too. */
const INPUTS = {
  ImageData: async () => ({ input: pattern, pixels: pattern.data, sync: true }),
  "canvas 2-D": async () => ({ input: canvasOf(pattern), pixels: pattern.data, sync: true }),
  "canvas WebGL": async () => {
    const drawing = webgl();
    return drawing && { input: drawing.canvas, pixels: drawing.expected, sync: true };
  },
  OffscreenCanvas: async () => ({
    input: canvasOf(pattern, new OffscreenCanvas(WIDTH, HEIGHT)),
    pixels: pattern.data,
    sync: true,
  }),
  ImageBitmap: async () => ({ input: await createImageBitmap(pattern), pixels: pattern.data, sync: true }),
  "img, loaded": async () => {
    const img = document.createElement("img");
    img.src = URL.createObjectURL(await pngBlob());
    await img.decode();
    return { input: img, pixels: pattern.data, sync: true };
  },
  "img, not loaded yet": async () => {
    const img = document.createElement("img");
    img.src = URL.createObjectURL(await pngBlob());
    return { input: img, pixels: pattern.data };
  },
  video: async () => {
    const video = await videoOf(canvasOf(pattern));
    return { input: video, pixels: drawn(video), sync: true };
  },
  VideoFrame: async () => {
    const frame = new VideoFrame(canvasOf(pattern), { timestamp: 0 });
    return { input: frame, pixels: drawn(frame), sync: true };
  },
  Blob: async () => {
    const blob = await pngBlob();
    return { input: blob, file: new Uint8Array(await blob.arrayBuffer()) };
  },
  File: async () => {
    const blob = await pngBlob();
    return { input: new File([blob], "pattern.png"), file: new Uint8Array(await blob.arrayBuffer()) };
  },
  Response: async () => {
    const blob = await pngBlob();
    return { input: new Response(blob), file: new Uint8Array(await blob.arrayBuffer()) };
  },
  ReadableStream: async () => {
    const blob = await pngBlob();
    return { input: blob.stream(), file: new Uint8Array(await blob.arrayBuffer()) };
  },
  "object URL": async () => {
    const blob = await pngBlob();
    return { input: URL.createObjectURL(blob), file: new Uint8Array(await blob.arrayBuffer()) };
  },
  "http URL": async () => {
    const url = new URL("../../fixtures/photographs/rocket.jpg", import.meta.url).href;
    return { input: url, file: new Uint8Array(await (await fetch(url)).arrayBuffer()) };
  },
};

globalThis.tests = {
  wandb,
  ready,
  inputs: Object.keys(INPUTS),

  /** "same", or what differs; "none" where the browser has no such source. */
  async input(name) {
    const source = await INPUTS[name]();
    if (source === null) return "none";
    const { input, pixels, file, sync } = source;
    if (sync) {
      const image = new Image(input);
      if (!same(await decoded(image), pixels)) return "the constructor's pixels differ";
    } else {
      let refused = "";
      try {
        new Image(input);
      } catch (error) {
        refused = String(error);
      }
      if (typeof input !== "string" && !refused.includes("Image.from")) return `the constructor said: ${refused}`;
    }
    const image = await Image.from(input);
    if (file !== undefined) return same(image.bytes, file) ? "same" : "the file's bytes differ";
    return same(await decoded(image), pixels) ? "same" : "the pixels differ";
  },

  async encodings() {
    const entries = encodings(Image, (await ready()) === "simd");
    return Promise.all(entries.map(async ([name, bytes]) => [name, bytes.length, await hex(bytes)]));
  },

  async vectors() {
    const fixture = async (name) => (await fetch(new URL(`../../fixtures/${name}`, import.meta.url))).arrayBuffer();
    const json = JSON.parse(new TextDecoder().decode(await fixture("vectors.json")));
    const given = answers(Image, json, await fixture("vectors.bin"));
    return Promise.all(
      given.map(async ({ uint8, file, ...answer }) => ({
        ...answer,
        uint8: uint8 && (await hex(uint8)),
        file: file && (await hex(file)),
      })),
    );
  },

  async hashes() {
    const image = new Image(pattern);
    return [new Image(pattern).sha256, await image.digest(), await hex(image.bytes)];
  },

  async worker() {
    const worker = new Worker(new URL("worker.mjs", import.meta.url), { type: "module" });
    const bytes = await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage(pattern);
    });
    worker.terminate();
    return same(bytes, new Image(pattern).bytes) ? "same" : "the worker's file differs";
  },

  /** Frames of a pool: which are what this thread makes, the warnings, and whether the caller's memory moved. */
  async pool() {
    const { ImagePool } = await import("../../../dist/workers-browser.js");
    const { Image: Own, setOnWarning } = await import("../../../dist/browser.js");
    const codes = [];
    setOnWarning(({ code }) => codes.push(code));
    const pool = new ImagePool({ workers: 2 });
    const canvas = canvasOf(pattern);
    const mask = { mask_data: { data: new Uint8Array(WIDTH * HEIGHT), shape: [HEIGHT, WIDTH] } };
    const inputs = [
      [pattern],
      [pattern, { fileType: "jpg", quality: 90 }],
      [canvas],
      [canvas.getContext("2d").getImageData(0, 0, WIDTH, HEIGHT)],
      [await createImageBitmap(canvas)],
      [{ data: Float32Array.of(0, 0.5, NaN, 2), shape: [2, 2] }],
      [pattern, { caption: "c", masks: { m: mask } }],
    ];
    const images = await Promise.all(inputs.map(([input, options]) => pool.image(input, options)));
    const alike = images.map((image, i) => same(image.bytes, new Own(...inputs[i]).bytes) && image instanceof Own);
    const masks = same(images.at(-1).masks.m.file.bytes, new Own(...inputs.at(-1)).masks.m.file.bytes);
    const moved = { data: new Float32Array(12), shape: [2, 2, 3] };
    await pool.image(moved, { transfer: true });
    const refused = await pool.image({ data: new Float32Array(3), shape: [3] }).catch(({ name }) => name);
    await pool.close();
    return { alike, masks, refused, moved: moved.data.length === 0, codes: [...new Set(codes)].sort() };
  },

  /** Large frames in shared memory, which two workers encode together: which are what this thread makes. */
  async sharedFrames() {
    const { ImagePool } = await import("../../../dist/workers-browser.js");
    const { Image: Own } = await import("../../../dist/browser.js");
    const [width, height] = [2000, 1800];
    const data = new Uint8Array(new SharedArrayBuffer(width * height * 3));
    for (let i = 0; i < data.length; i++) data[i] = (i >> 4) ^ (i >> 13) ^ ((i * 31) & 3);
    const pool = new ImagePool({ workers: 2 });
    const alike = [];
    for (const options of [{}, { fileType: "jpg" }, { fileType: "jpg", compression: "small" }, { compression: 5 }]) {
      const expected = new Own({ data, width, height }, options);
      for (let i = 0; i < 3; i++)
        alike.push(same((await pool.image({ data, width, height }, options)).bytes, expected.bytes));
    }
    await pool.close();
    return { isolated: crossOriginIsolated, alike };
  },

  /** A run of two steps, zipped: base64, and what was logged. */
  async zippedRun() {
    const run = wandb.init({ mode: "offline", project: "from-a-page", id: "pagerun1" });
    const image = await Image.from(canvasOf(pattern), { caption: "a canvas" });
    const photograph = new Image({ data: pattern.data, width: WIDTH, height: HEIGHT }, { fileType: "jpg" });
    run.log({ loss: 0.5, canvas: image });
    run.log({ loss: 0.25, pair: [photograph, photograph] });
    await run.finish();
    const bytes = new Uint8Array(await (await run.toZip()).arrayBuffer());
    return {
      zip: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")),
      files: [await hex(image.bytes), await hex(photograph.bytes)],
      paths: [...(await run.toFiles()).keys()],
    };
  },

  /** "same" where what writeTo left in the origin's own file system is toFiles(), file for file. */
  async writtenRun() {
    const root = await navigator.storage.getDirectory();
    const run = wandb.init({ mode: "offline", project: "from-a-page" });
    run.log({ canvas: new Image(pattern) });
    await run.finish();
    await run.writeTo(root);
    const expected = await run.toFiles();
    const left = new Map();
    const walk = async (directory, path) => {
      for await (const [name, entry] of directory.entries()) {
        if (entry.kind === "directory") await walk(entry, `${path}${name}/`);
        else left.set(path + name, new Uint8Array(await (await entry.getFile()).arrayBuffer()));
      }
    };
    await walk(await root.getDirectoryHandle(run.dir), `${run.dir}/`);
    await root.removeEntry(run.dir, { recursive: true });
    if ([...left.keys()].sort().join() !== [...expected.keys()].sort().join()) return [...left.keys()].join();
    for (const [path, bytes] of expected) if (!same(left.get(path), bytes)) return `${path} differs`;
    return expected.size === 2 ? "same" : `${expected.size} files`;
  },

  /** What a source without pixels to give is refused with. */
  async refusal(kind) {
    const img = document.createElement("img");
    const sources = {
      "a closed ImageBitmap": async () => {
        const bitmap = await createImageBitmap(pattern);
        bitmap.close();
        return bitmap;
      },
      "a closed VideoFrame": async () => {
        const frame = new VideoFrame(canvasOf(pattern), { timestamp: 0 });
        frame.close();
        return frame;
      },
      "an img that is none": async () => Object.assign(img, { src: "/no-such-picture.png" }),
      "a tainted canvas": async () => {
        // The same server under another name is another origin.
        img.src = `${location.origin.replace("127.0.0.1", "localhost")}/test/fixtures/photographs/camera.png`;
        await img.decode();
        const canvas = canvasOf(pattern);
        canvas.getContext("2d").drawImage(img, 0, 0);
        return canvas;
      },
    };
    const source = await sources[kind]();
    return Image.from(source).then(
      () => "taken",
      (error) => `${error.name}: ${error.message}`,
    );
  },

  /** Where crypto.subtle is missing, as on an insecure origin. */
  async insecureDigest() {
    const expected = await hex(new Image(pattern).bytes);
    Object.defineProperty(globalThis.crypto, "subtle", { value: undefined, configurable: true });
    try {
      return (await new Image(pattern).digest()) === expected ? "same" : "the digest differs";
    } finally {
      delete globalThis.crypto.subtle;
    }
  },

  /** In a copy of the package that no image was made with. */
  async readyWith(kind) {
    const url = new URL("../../../dist/kernels.wasm", import.meta.url).href;
    const fresh = await import(`../../../dist/wandb-image.min.js?fresh=${Math.random()}`);
    const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
    const sources = {
      url: () => url,
      bytes: () => bytes,
      module: () => WebAssembly.compile(bytes),
      missing: () => `${url}.missing`,
      other: () => Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0),
    };
    try {
      const answer = await fresh.ready({ wasm: await sources[kind]() });
      return `${answer}, ${same(new fresh.Image(pattern).bytes, new Image(pattern).bytes) ? "same file" : "another file"}`;
    } catch (error) {
      return String(error);
    }
  },
};
document.title = "ready";
