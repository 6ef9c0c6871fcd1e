// Inputs with an owner: .npy files by numpy's own, canvases and OpenCV's heap by stand-ins, what has to be waited for, types
// of the user's own; and that none of them costs a copy of the picture. The real libraries are in test/real/libraries.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "@jest/globals";
import { type Adapter, adapt, addAdapter, resolveInput } from "../../../src/adapt/index.ts";
import { readPath } from "../../../src/adapt/path.ts";
import type { Frame } from "../../../src/frame.ts";
import { Image } from "../../../src/image/image.ts";
import { kernels } from "../../../src/kernels.ts";
import { collect, type Rows } from "../../../src/rows.ts";

function frame(input: unknown): Frame {
  const source = adapt(input, { onWarning() {} });
  if (source.kind !== "frame") throw new Error(`a ${source.kind}`);
  return source.frame;
}

function rows(input: unknown): Rows {
  const source = adapt(input);
  if (source.kind !== "decoded") throw new Error(`a ${source.kind}`);
  return source.rows;
}

function elements({ data, height, width, channels, offset, strides }: Frame): number[] {
  const values: number[] = [];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < channels; c++)
        values.push(Number(data[offset + y * strides.y + x * strides.x + c * strides.c]));
  return values;
}

interface NpyCase {
  name: string;
  shape: number[];
  dtype: string;
  values: number[];
  file: string;
}
const npy: { cases: NpyCase[]; refused: Record<string, string> } = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../fixtures/npy.json"), "utf8"),
);

describe(".npy", () => {
  test.each(npy.cases.map((one) => [one.name, one] as const))("%s, as numpy saved it", (_, one) => {
    const whole = Buffer.from(one.file, "base64");
    const pool = new Uint8Array(whole.length + 3);
    pool.set(whole, 3);
    for (const bytes of [whole, new Uint8Array(whole).buffer, pool.subarray(3)]) {
      const read = frame(bytes);
      expect([read.height, read.width, read.channels, read.dtype]).toEqual([3, 4, one.shape[2] ?? 1, one.dtype]);
      expect(elements(read)).toEqual(one.values);
    }
  });

  test("a path or a Blob of one is its array too", async () => {
    const directory = mkdtempSync(join(tmpdir(), "npy-"));
    const { file, values } = npy.cases.find(({ name }) => name === "<f4")!;
    const path = join(directory, "saved.npy");
    writeFileSync(path, Buffer.from(file, "base64"));
    const source = readPath(path, { layout: "HWC" });
    rmSync(directory, { recursive: true });
    expect(source?.kind === "frame" && elements(source.frame)).toEqual(values);
    expect(elements(frame(await resolveInput(new Blob([Buffer.from(file, "base64")]))))).toEqual(values);
  });

  test("refused: records, complex numbers, one axis, and files cut short", () => {
    const bytes = (name: string) => Buffer.from(npy.refused[name]!, "base64");
    expect(() => adapt(bytes("structured"))).toThrow(
      /^\.npy: expected an array of numbers; its header is \{'descr': \[/,
    );
    expect(() => adapt(bytes("complex"))).toThrow(/^dtype: expected float16/);
    expect(() => adapt(bytes("one axis"))).toThrow(/^shape \[5\]: one axis/);
    const whole = Buffer.from(npy.cases[0]!.file, "base64");
    expect(() => adapt(whole.subarray(0, 9))).toThrow(".npy: a header cut short at 9 bytes");
    expect(() => adapt(whole.subarray(0, 60))).toThrow(".npy: a header cut short at 60 of 128 bytes");
    expect(() => adapt(whole.subarray(0, whole.length - 1))).toThrow(
      ".npy of shape [3,4,3] and uint8 needs 36 bytes of data; it has 35",
    );
  });
});

/** A 2-D context over pixels of its own, which counts how often it is asked. */
function canvasOf(width: number, height: number) {
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < pixels.length; i++) pixels[i] = (i * 31 + (i >> 9)) & 255;
  const asked: number[] = [];
  const context = {
    getImageData(x: number, y: number, w: number, h: number) {
      if (x !== 0 || w !== width || y + h > height) throw new RangeError(`getImageData(${x}, ${y}, ${w}, ${h})`);
      asked.push(h);
      return { data: pixels.slice(y * width * 4, (y + h) * width * 4) };
    },
  };
  return { width, height, pixels, asked, getContext: (kind: string) => (kind === "2d" ? context : null) };
}

describe("canvases", () => {
  const { OffscreenCanvas } = globalThis as { OffscreenCanvas?: unknown };
  afterEach(() => {
    Object.assign(globalThis, { OffscreenCanvas });
  });

  /** Draws by taking the pixels of what it is given. */
  function scratch(): { drawn: unknown[] } {
    const drawn: unknown[] = [];
    class Scratch {
      context: ReturnType<ReturnType<typeof canvasOf>["getContext"]>;
      constructor(width: number, height: number) {
        this.context = canvasOf(width, height).getContext("2d");
      }
      getContext() {
        return { ...this.context, drawImage: (image: unknown, ...at: number[]) => drawn.push(image, ...at) };
      }
    }
    Object.assign(globalThis, { OffscreenCanvas: Scratch });
    return { drawn };
  }

  test("are read a megabyte at a time, twice where asked twice", () => {
    const canvas = canvasOf(1000, 2500);
    const read = rows(canvas);
    expect(canvas.asked).toEqual([]);
    expect(Buffer.compare(collect(read), new Uint8Array(canvas.pixels.buffer))).toBe(0);
    expect(Math.max(...canvas.asked) * 4000).toBeLessThanOrEqual(1 << 20);
    expect(canvas.asked.length).toBe(10);
    expect(Buffer.compare(collect(read), new Uint8Array(canvas.pixels.buffer))).toBe(0);
  });

  test("bands that straddle two of those reads", () => {
    const canvas = canvasOf(1000, 2500);
    const read = rows(canvas);
    const { scratch, reserve, u8 } = kernels();
    scratch(() => {
      const dst = reserve(7 * 4000);
      for (let y = 0; y < 2500; y += 7) {
        const count = Math.min(7, 2500 - y);
        read.read(y, count, dst);
        const expected = new Uint8Array(canvas.pixels.buffer, y * 4000, count * 4000);
        if (Buffer.compare(u8.subarray(dst, dst + count * 4000), expected) !== 0) throw new Error(`rows from ${y}`);
      }
    });
  });

  test("of another context, and those that a worker holds, are drawn", () => {
    const { drawn } = scratch();
    const webgl = { width: 3, height: 2, getContext: () => null };
    const transferred = {
      width: 3,
      height: 2,
      getContext() {
        throw new Error("InvalidStateError");
      },
    };
    for (const canvas of [webgl, transferred]) expect([rows(canvas).width, rows(canvas).height]).toEqual([3, 2]);
    expect(drawn.slice(0, 5)).toEqual([webgl, 0, 0, 3, 2]);
    expect(drawn).toContain(transferred);
  });

  test.each([
    ["ImageBitmap", { width: 3, height: 2 }],
    ["VideoFrame", { displayWidth: 3, displayHeight: 2, codedWidth: 16, codedHeight: 16, format: "I420" }],
    ["HTMLImageElement", { complete: true, naturalWidth: 3, naturalHeight: 2, width: 30, height: 20 }],
    ["HTMLVideoElement", { readyState: 2, videoWidth: 3, videoHeight: 2, width: 30, height: 20 }],
  ])("%s is drawn at its own size", (tag, fields) => {
    const { drawn } = scratch();
    const input = { ...fields, [Symbol.toStringTag]: tag };
    const read = rows(input);
    expect([read.mode, read.width, read.height]).toEqual(["RGBA", 3, 2]);
    expect(drawn).toEqual([input, 0, 0, 3, 2]);
  });

  test.each([
    ["ImageBitmap", { width: 0, height: 0 }, "the ImageBitmap is closed; log it before close()"],
    ["VideoFrame", { format: null, codedWidth: 0 }, "the VideoFrame is closed; log it before close()"],
    [
      "HTMLImageElement",
      { complete: false, naturalWidth: 0 },
      "an <img> that is not loaded yet is read asynchronously: write await Image.from(x) instead of new Image(x)",
    ],
    [
      "HTMLVideoElement",
      { readyState: 1 },
      "a <video> that has no frame yet is read asynchronously: write await Image.from(x) instead of new Image(x)",
    ],
  ])("%s without pixels is refused", (tag, fields, words) => {
    expect(() => adapt({ ...fields, [Symbol.toStringTag]: tag })).toThrow(new TypeError(words));
  });

  test("a size that no image has", () => {
    expect(() => adapt(canvasOf(0, 5))).toThrow("width, height: expected at least one pixel; got 0×5");
    expect(() => adapt({ width: 70000, height: 1, getContext: () => null })).toThrow(
      "expected at most 65500 pixels a side",
    );
  });
});

describe("resolveInput", () => {
  test("gives back what needs no waiting, and waits for the rest, however deep", async () => {
    const array = { data: new Uint8Array(4), shape: [2, 2] };
    expect(await resolveInput(array)).toBe(array);
    expect(await resolveInput("s3://bucket/a.png")).toBe("s3://bucket/a.png");
    const gif = new TextEncoder().encode("GIF89a, or what begins like one");
    expect(await resolveInput(Promise.resolve(new Blob([gif])))).toEqual({ bytes: gif, name: "a Blob" });
    const handle = { getFile: async () => new File([gif], "a.png") };
    expect(await resolveInput(handle)).toEqual({ bytes: gif, name: "a.png" });
    await expect(resolveInput(new File(["hello"], "a.png"))).rejects.toThrow(
      "a.png: 5 bytes that are not a PNG, JPEG, BMP, GIF or WebP file",
    );
  });

  test("an <img> and a <video> are waited for", async () => {
    const image = {
      [Symbol.toStringTag]: "HTMLImageElement",
      complete: false,
      naturalWidth: 0,
      decode: async () => {},
    };
    const decode = async () => {
      image.complete = true;
      image.naturalWidth = 3;
    };
    image.decode = decode;
    expect(await resolveInput(image)).toBe(image);
    const video = Object.assign(new EventTarget(), { readyState: 0 });
    Object.defineProperty(video, Symbol.toStringTag, { value: "HTMLVideoElement" });
    const settled = resolveInput(video);
    video.readyState = 2;
    video.dispatchEvent(new Event("loadeddata"));
    expect(await settled).toBe(video);
    const broken = { ...image, complete: false, naturalWidth: 0, currentSrc: "x.png", decode: () => Promise.reject(1) };
    await expect(resolveInput(broken)).rejects.toThrow("the <img> cannot be loaded: x.png");
  });

  test("streams of something else than bytes are refused", async () => {
    async function* words() {
      yield "hello";
    }
    await expect(resolveInput(words())).rejects.toThrow('a stream of "hello"; expected one of bytes');
  });
});

describe("adapters of the user's own", () => {
  class Bitmap {
    readonly pixels: number[];
    constructor(pixels: number[]) {
      this.pixels = pixels;
    }
  }
  class Remote {
    readonly pixels: number[];
    constructor(pixels: number[]) {
      this.pixels = pixels;
    }
  }
  const pixelsOf = (image: Image) => [...image.toDataArray({ layout: "HWC" }).data];

  test("make a type one that Image takes", async () => {
    Image.registerAdapter({
      accepts: (input) => input instanceof Bitmap,
      convert: (input) => ({ data: Uint8Array.from((input as Bitmap).pixels), width: 2, height: 1 }),
    });
    expect(pixelsOf(new Image(new Bitmap([7, 9]) as never))).toEqual([7, 9]);
    expect(pixelsOf(await Image.from(new Bitmap([7, 9]) as never))).toEqual([7, 9]);
  });

  test("that have to be waited for work by Image.from, and say so to the constructor", async () => {
    Image.registerAdapter({
      accepts: (input) => input instanceof Remote,
      convertAsync: async (input) => new Blob([Uint8Array.from((input as Remote).pixels)]),
    });
    expect(() => new Image(new Remote([1]) as never)).toThrow(
      new TypeError("a Remote is read asynchronously: write await Image.from(x) instead of new Image(x)"),
    );
    await expect(Image.from(new Remote([1, 2]) as never)).rejects.toThrow("Uint8Array(2) is not a PNG");
  });

  test("come before the package's own, the last first", () => {
    const mine = (value: number): Adapter => ({
      accepts: (input) => typeof input === "object" && input !== null && "mine" in input,
      convert: () => ({ data: Uint8Array.of(value), width: 1, height: 1 }),
    });
    addAdapter(mine(1));
    addAdapter(mine(2));
    expect([...collect(rows({ mine: true, data: new Uint8Array(4), shape: [2, 2] }))]).toEqual([2]);
  });

  test("that are none are refused", () => {
    const words = "adapter: expected accepts(input), and convert(input) or convertAsync(input)";
    expect(() => addAdapter({} as Adapter)).toThrow(new TypeError(words));
    expect(() => addAdapter({ accepts: () => true })).toThrow(new TypeError(words));
    const loop = { loop: true };
    addAdapter({ accepts: (input) => input === loop, convert: (input) => input });
    expect(() => adapt(loop)).toThrow(new TypeError("the adapter for an object { loop } gave it back unchanged"));
  });
});

describe("rasters of GeoTIFF", () => {
  test("interleaved, and one array a band", () => {
    const interleaved = Object.assign(Uint16Array.of(1, 2, 3, 4, 5, 6), { width: 1, height: 2 });
    const read = frame(interleaved);
    expect([read.height, read.width, read.channels, ...elements(read)]).toEqual([2, 1, 3, 1, 2, 3, 4, 5, 6]);
    const bands = Object.assign([Float32Array.of(1, 2), Float32Array.of(3, 4), Float32Array.of(5, 6)], {
      width: 1,
      height: 2,
    });
    expect([frame(bands).dtype, ...elements(frame(bands))]).toEqual(["float32", 1, 3, 5, 2, 4, 6]);
    const short = Object.assign([Float32Array.of(1, 2), Float32Array.of(3)], { width: 1, height: 2 });
    expect(() => frame(short)).toThrow("input[1]: expected 2 values, as in input[0] (ragged array); got 1");
  });
});

describe("memory: no copy of the picture", () => {
  const [H, W] = [2000, 3000];
  const LARGE = H * W;
  /** Bytes of array buffers that `use` leaves behind or holds; collecting rubbish could only hide, so it is kept small. */
  function growth(use: () => unknown): number {
    const before = process.memoryUsage().arrayBuffers;
    const kept = use();
    const after = process.memoryUsage().arrayBuffers;
    return kept === undefined ? 0 : after - before;
  }
  const bytes = new Uint8Array(LARGE * 4);
  const floats = new Float32Array(LARGE * 3);
  const deep = new Uint16Array(LARGE * 3);
  const heap = { rows: H, cols: W, data: bytes, step: [W * 4, 4] };
  const scijs = { pick() {}, transpose() {}, get() {} };
  const methods = {
    channels: () => 4,
    type: () => 24,
    isContinuous: () => true,
    isDeleted: () => false,
    ucharPtr() {},
  };

  test.each<[string, unknown]>([
    ["an array", { data: floats, shape: [H, W, 3] }],
    ["channels first, strided", { data: floats, shape: [H, W, 3], strides: [W, 1, LARGE] }],
    ["a tensor", { dataSync: () => floats, shape: [H, W, 3], dtype: "float32" }],
    ["an onnxruntime tensor", { dims: [1, 3, H, W], type: "float32", location: "cpu", data: floats }],
    ["a raw buffer", { data: floats.buffer, dtype: "<f4", shape: [H, W, 3] }],
    [
      "scijs' ndarray",
      { ...scijs, data: floats, shape: [H, W, 3], stride: [W * 3, 3, 1], offset: 0, dtype: "float32" },
    ],
    ["stdlib's ndarray", { data: floats, shape: [H, W, 3], strides: [W * 3, 3, 1], offset: 0, dtype: "float32" }],
  ])("adapting %s", (_, input) => {
    expect(growth(() => frame(input))).toBeLessThan(1e5);
    expect(frame(input).data.buffer).toBe(floats.buffer);
  });

  test.each<[string, unknown]>([
    ["8 bits", { data: bytes, width: W, height: H }],
    ["ImageData", { data: new Uint8ClampedArray(bytes.buffer), width: W, height: H, colorSpace: "srgb" }],
    ["16 bits", { data: deep, width: W, height: H }],
    ["a Jimp bitmap", { bitmap: { data: bytes, width: W, height: H } }],
    ["an OpenCV Mat", { ...heap, ...methods }],
  ])("reading %s", (_, input) => {
    const read = rows(input);
    const { scratch, reserve } = kernels();
    const held = growth(() =>
      scratch(() => {
        const dst = reserve(W * 4 * 32);
        for (let y = 0; y + 32 <= H; y += 32) read.read(y, 32, dst);
        return read;
      }),
    );
    expect(held).toBeLessThan(1e6);
  });

  test("a whole Image of them", () => {
    const image: { last?: Image } = {};
    const held = growth(() => {
      image.last = new Image({ data: bytes, width: W, height: H }, { compression: "fast" });
      return image;
    });
    // The encoder's own tables, and the file.
    expect(held).toBeLessThan(LARGE);
  });
});

describe("what cannot be read any more", () => {
  const detached = (bytes: ArrayBuffer) => {
    structuredClone(bytes, { transfer: [bytes] });
    return bytes;
  };
  const view = () => {
    const data = new Uint8ClampedArray(16);
    detached(data.buffer);
    return data;
  };

  test.each<[string, unknown, string]>([
    ["ImageData", { data: view(), width: 2, height: 2 }, "Uint8ClampedArray(0)"],
    ["an array", { data: view(), shape: [2, 2, 4] }, "Uint8ClampedArray(0)"],
    ["a buffer", detached(new ArrayBuffer(16)), "an ArrayBuffer"],
  ])("%s whose memory was transferred", (_, input, what) => {
    expect(() => adapt(input)).toThrow(
      new TypeError(`${what} is detached: log it before its memory is transferred, or a copy of it`),
    );
  });

  test("no bytes at all", async () => {
    expect(() => adapt(new Uint8Array(0))).toThrow("input: expected PNG, JPEG");
    const none = await resolveInput(new Blob([]));
    expect(() => adapt(none)).toThrow("which is empty");
  });

  test("streams that have a reader, and answers without an address", async () => {
    const stream = new Blob(["bytes"]).stream();
    stream.getReader();
    await expect(resolveInput(stream)).rejects.toThrow(
      new TypeError("the ReadableStream is locked by another reader; pass one branch of tee()"),
    );
    await expect(resolveInput(new Response("", { status: 404 }))).rejects.toThrow(
      new TypeError("a Response: HTTP 404"),
    );
  });
});

describe("by their shape", () => {
  test("jax-js' arrays, whose data is asynchronous", async () => {
    const array = { shape: [1, 2], dtype: "float32", data: async () => Float32Array.of(0, 1) };
    expect(() => adapt(array)).toThrow("is read asynchronously: write await Image.from(x)");
    expect(frame(await resolveInput(array)).data).toEqual(Float32Array.of(0, 1));
  });

  test("p5's images, by their canvas and not by stale pixels", () => {
    const getImageData = (_x: number, _y: number, width: number, height: number) => ({
      data: new Uint8ClampedArray(width * height * 4).fill(7),
    });
    const canvas = { width: 4, height: 2, getContext: () => ({ getImageData }) };
    const read = rows({ width: 2, height: 1, pixels: [], loadPixels() {}, canvas });
    expect([read.width, read.height]).toEqual([4, 2]);
    expect([...collect(read)]).toEqual(new Array(32).fill(7));
  });
});
