import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import {
  Classes,
  Image,
  type ImageInput,
  ImageMask,
  type ImageOptions,
  type MediaRun,
  type Warning,
} from "../../../src/node.ts";
import type { Request } from "../../../src/workers/messages.ts";
import { nodeThreads } from "../../../src/workers/node-threads.ts";
import type { PoolImageOptions } from "../../../src/workers/options.ts";
import { ImagePool, setEnvironment } from "../../../src/workers/pool.ts";
import { answerTo } from "../../../src/workers/serve.ts";
import type { Thread, ThreadEvents } from "../../../src/workers/threads.ts";

const WORKER = new URL("../../../dist/node-worker.js", import.meta.url);
const PHOTOGRAPHS = join(import.meta.dirname, "../../fixtures/photographs");
setEnvironment(nodeThreads(WORKER));

const pool = new ImagePool({ workers: 2 });
afterAll(() => pool.close());

const values = (n: number) => Float32Array.from({ length: n }, (_, i) => Math.sin(i) * 0.5 + 0.5);
const floats = { data: values(40 * 30 * 3), shape: [30, 40, 3] };
const rgba = { data: Uint8Array.from({ length: 20 * 10 * 4 }, (_, i) => (i * 37) % 256), width: 20, height: 10 };

/** As a library's tensor is: methods, and fields that are getters of its class. */
class Tensor {
  readonly #data = values(3 * 8 * 9);
  get shape() {
    return [8, 9, 3];
  }
  get dtype() {
    return "float32";
  }
  dataSync() {
    return this.#data;
  }
}

const ids = { data: Uint8Array.from({ length: 1200 }, (_, i) => i % 5), shape: [30, 40] };
const LAYERS: ImageOptions = {
  caption: "c",
  grouping: 2,
  classes: new Classes([{ id: 1, name: "cat" }]),
  boxes: { p: { box_data: [{ position: { minX: 0.1, minY: 0.1, maxX: 2, maxY: 0.5 }, class_id: 1 }] } },
  masks: { m: { mask_data: ids, class_labels: { 1: "cat" } }, made: new ImageMask({ mask_data: ids }, "made") },
};

const CASES: [string, () => unknown, ImageOptions?][] = [
  ["float32", () => floats],
  ["float64 beyond [0, 1], NaN", () => ({ data: Float64Array.of(-4, NaN, 300, Infinity), shape: [2, 2] })],
  ["int64", () => ({ data: BigInt64Array.of(0n, -5n, 2n ** 60n, 255n), shape: [2, 2] })],
  ["float16 patterns", () => ({ data: Uint16Array.of(0, 0x3c00, 0x3800, 0x7e00), dtype: "float16", shape: [2, 2] })],
  ["a flat list", () => ({ data: [0, 0.5, 1, 0.25], shape: [2, 2] })],
  [
    "nested numbers",
    () => [
      [0, 128],
      [255, 3],
    ],
  ],
  ["channels first", () => ({ data: values(3 * 30 * 40), shape: [3, 30, 40] }), { layout: "CHW" }],
  ["a part of an array, upside down", () => ({ data: values(100), shape: [4, 5], strides: [-10, 2], offset: 59 })],
  ["a view of a larger buffer", () => ({ data: new Float32Array(values(64).buffer, 64, 16), shape: [4, 4] })],
  ["raw bytes", () => ({ data: Buffer.from(values(16).buffer), dtype: "<f4", shape: [4, 4] })],
  ["a library's tensor", () => new Tensor()],
  ["decoded RGBA", () => rgba],
  ["decoded RGBA as JPEG", () => rgba, { fileType: "jpg" }],
  ["decoded 16 bits", () => ({ data: Uint16Array.from({ length: 12 }, (_, i) => i * 5000), width: 2, height: 2 })],
  ["16 bits", () => floats, { bitDepth: 16 }],
  ["a mode", () => floats, { mode: "P" }],
  ["looks", () => ({ data: values(1200), shape: [30, 40] }), { colormap: "viridis", maxSize: 17, flipY: true }],
  ["layers", () => floats, LAYERS],
  ["layers that follow", () => floats, { ...LAYERS, maxSize: 20 }],
  [
    "a mask of a library",
    () => ({ data: new Tensor().dataSync(), shape: [3, 8, 9] }),
    {
      layout: "CHW",
      masks: {
        m: {
          mask_data: Object.assign(
            new (class T {
              dataSync() {
                return new Int32Array(72);
              }
            })(),
            { shape: [8, 9], dtype: "int32" },
          ),
        },
      } as never,
    },
  ],
  ["a path", () => join(PHOTOGRAPHS, "camera.png")],
  ["a path and ignored options", () => join(PHOTOGRAPHS, "camera.png"), { quality: 5 }],
  ["a file's bytes", () => new Image(floats, { fileType: "jpg" }).bytes],
  ["a reference", () => "s3://bucket/cat.png"],
  ["an Image", () => new Image(floats, LAYERS), { caption: "other" }],
  ["a clone of an Image", () => structuredClone(new Image(floats, LAYERS))],
];

/** All there is to know of an image, and the warnings that came on the way. */
async function facts(make: (options: ImageOptions) => Image | Promise<Image>, options: ImageOptions = {}) {
  const warnings: Warning[] = [];
  const image = await make({ ...options, onWarning: (warning) => warnings.push(warning) });
  const files: unknown[] = [];
  const run: MediaRun = {
    id: "abc",
    saveMedia: (path, bytes) => void files.push([path, Buffer.from(bytes).toString("base64")]),
    saveClassLabels: (...labels) => void files.push(labels),
  };
  if (image.reference === null) image.bindToRun(run, "key", 1);
  const { mode, normalization, originalSize, sha256, classes, width, height, reference } = image;
  const json = reference === null ? image.toJson(run) : null;
  return { files, json, mode, normalization, originalSize, sha256, classes, width, height, reference, warnings };
}

describe("gives what new Image gives", () => {
  test.each(CASES.map(([name, input, options = {}]) => [name, input, options] as const))(
    "%s",
    async (_name, input, options) => {
      const expected = await facts((all) => new Image(input() as ImageInput, all), options);
      expect(await facts((all) => pool.image(input() as ImageInput, all), options)).toEqual(expected);
    },
  );

  test("what is waited for", async () => {
    const { bytes } = new Image(floats);
    for (const input of [Promise.resolve(floats), new Blob([bytes]), new Response(bytes)]) {
      expect((await pool.image(input)).bytes).toEqual(bytes);
    }
  });

  const WRONG: [string, unknown, ImageOptions?][] = [
    ["a shape", { data: values(4), shape: [4] }],
    ["a kind", 42],
    ["an option's name", floats, { file_type: "png" } as ImageOptions],
    ["an option's value", floats, { quality: 101, fileType: "jpg" }],
    ["what the worker finds out", floats, { mode: "CMYK", fileType: "png" } as ImageOptions],
    ["a mask's size", floats, { masks: { m: { mask_data: { data: new Uint8Array(4), shape: [2, 2] } } } }],
    ["a mask's values", floats, { masks: { m: { mask_data: { data: Float32Array.of(0.5), shape: [1, 1] } } } }],
    ["boxes", floats, { boxes: { b: { box_data: [{}] } } as never }],
    ["detached memory", { data: detached(), shape: [2, 2] }],
  ];
  test.each(WRONG.map(([name, input, options = {}]) => [name, input, options] as const))(
    "errors: %s",
    async (_name, input, options) => {
      const expected = thrownBy(() => new Image(input as ImageInput, options));
      const error = await pool.image(input as ImageInput, options).catch((error: Error & { code?: string }) => error);
      expect(error).toMatchObject({ name: expected.name, message: expected.message });
      expect((error as { code?: string }).code).toBe(expected.code);
    },
  );
});

function thrownBy(make: () => unknown): Error & { code?: string } {
  try {
    make();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}

function detached(): Float32Array {
  const array = values(4);
  structuredClone(array, { transfer: [array.buffer] });
  return array;
}

describe("memory", () => {
  test("the caller's array is free as soon as the call returns", async () => {
    const data = values(1200);
    const mask = new Uint8Array(1200).fill(3);
    const options = { masks: { m: { mask_data: { data: mask, shape: [30, 40] } } } };
    const expected = new Image({ data: data.slice(), shape: [30, 40] }, options);
    const images = [1, 2, 3, 4].map(() => pool.image({ data, shape: [30, 40] }, options));
    data.fill(0);
    mask.fill(0);
    for (const image of images) {
      expect((await image).bytes).toEqual(expected.bytes);
      expect((await image).masks!.m!.file.bytes).toEqual(expected.masks!.m!.file.bytes);
    }
  });

  test("transfer moves it", async () => {
    for (const moved of [
      { data: values(1200), shape: [30, 40] },
      { ...rgba, data: rgba.data.slice() },
    ]) {
      const { bytes } = new Image(moved as ImageInput);
      const image = pool.image(moved as ImageInput, { transfer: true });
      expect(moved.data.length).toBe(0);
      expect((await image).bytes).toEqual(bytes);
    }
  });

  test("shared memory is read in place", async () => {
    const data = new Float32Array(new SharedArrayBuffer(4800));
    data.set(values(1200));
    for (const transfer of [false, true]) {
      const image = await pool.image({ data, shape: [30, 40] }, { transfer });
      expect(image.bytes).toEqual(new Image({ data, shape: [30, 40] }).bytes);
      expect(data.length).toBe(1200);
    }
  });

  test("frames of other sizes in the same buffers", async () => {
    for (const side of [64, 8, 33, 64, 1, 50]) {
      const frame = { data: values(side * side), shape: [side, side] };
      expect((await pool.image(frame)).bytes).toEqual(new Image(frame).bytes);
    }
  });
});

describe("the queue", () => {
  const frame = () => ({ data: values(1200), shape: [30, 40] });

  test("drops what finds it full, if asked to", async () => {
    await using small = new ImagePool({ workers: 1, maxQueued: 1, onFull: "drop" });
    const results = await Promise.allSettled([1, 2, 3, 4].map(() => small.image(frame())));
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "rejected"]);
    expect((results[2] as PromiseRejectedResult).reason).toMatchObject({
      code: "frame-dropped",
      message: "ImagePool: the queue is full (maxQueued: 1); the frame was dropped",
    });
    await expect(small.image(frame())).resolves.toBeInstanceOf(Image);
  });

  test.each([0, 1, 3])("lets frames wait for one of %i places, in their order", async (maxQueued) => {
    await using small = new ImagePool({ workers: 1, maxQueued });
    const order: number[] = [];
    const images = Array.from({ length: 9 }, (_, i) =>
      small.image(frame(), { caption: String(i) }).then(({ caption }) => order.push(Number(caption))),
    );
    await Promise.resolve();
    expect(small.pending).toBe(9);
    await Promise.all(images);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(small.pending).toBe(0);
  });

  test("a frame that cannot be packed when its turn comes rejects, and the next goes on", async () => {
    await using small = new ImagePool({ workers: 1, maxQueued: 0 });
    const results = await Promise.allSettled([
      small.image(frame()),
      small.image({ data: values(3), shape: [3] }),
      small.image(frame()),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  });

  test("close waits for what was asked for, and takes nothing more", async () => {
    const small = new ImagePool({ workers: 1, maxQueued: 1 });
    const images = [1, 2, 3].map(() => small.image(frame()));
    const closed = small.close();
    await expect(small.image(frame())).rejects.toMatchObject({ code: "pool-closed" });
    await Promise.all([...images, closed]);
    await small.close();
  });

  test("a signal ends it at once", async () => {
    const controller = new AbortController();
    const small = new ImagePool({ workers: 1, maxQueued: 1, signal: controller.signal });
    const images = [1, 2, 3].map(() => small.image(frame()));
    controller.abort(new Error("enough"));
    for (const { reason } of (await Promise.allSettled(images)) as PromiseRejectedResult[]) {
      expect(reason).toEqual(new Error("enough"));
    }
    await expect(small.image(frame())).rejects.toEqual(new Error("enough"));
    await expect(new ImagePool({ signal: controller.signal }).image(frame())).rejects.toEqual(new Error("enough"));
  });

  test("a worker that dies loses its frame alone", async () => {
    const dying = nodeThreads(new URL("data:text/javascript,process.exit(3)"));
    let deaths = 2;
    setEnvironment({
      cores: () => 2,
      startThread: (events) => (deaths-- > 0 ? dying : nodeThreads(WORKER)).startThread(events),
    });
    await using small = new ImagePool({ workers: 1 });
    const results = await Promise.allSettled([1, 2, 3, 4].map(() => small.image(frame())));
    setEnvironment(nodeThreads(WORKER));
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled", "fulfilled"]);
    expect((results[0] as PromiseRejectedResult).reason).toMatchObject({
      code: "worker-died",
      message: "ImagePool: a worker ended (exit code 3); the frame that it encoded is lost",
    });
  });
});

describe("a large frame in shared memory, which workers share", () => {
  const [width, height] = [1280, 1024];
  const shared = <T extends Uint8Array | Float32Array>(array: T): T => {
    const copy = new (array.constructor as new (memory: SharedArrayBuffer) => T)(
      new SharedArrayBuffer(array.byteLength),
    );
    copy.set(array);
    return copy;
  };
  const bytes = shared(Uint8Array.from({ length: width * height * 4 }, (_, i) => (i >> 3) ^ (i >> 12)));
  const large = { data: shared(new Uint8Array(4 * 1800 * 1500).map((_, i) => i >> 4)), width: 1800, height: 1500 };
  const unit = { data: shared(Float32Array.from(bytes, (value) => value / 255)), shape: [height, width, 4] };
  const nan = { data: shared(unit.data.map((value, i) => (i % 99_991 === 0 ? NaN : value))), shape: unit.shape };
  const wrong = { data: shared(unit.data.map((value, i) => value - Number(i > 4e6))), shape: unit.shape };

  let helpers = 0;
  const counting = nodeThreads(WORKER);
  setEnvironment({
    ...counting,
    startThread(events) {
      const thread = counting.startThread(events);
      const post: Thread["post"] = (request, transfer) => {
        if (request.helper !== undefined) helpers++;
        thread.post(request, transfer);
      };
      return { ...thread, post };
    },
  });
  const pool = new ImagePool({ workers: 2 });
  setEnvironment(nodeThreads(WORKER));
  afterAll(() => pool.close());

  /** Both workers run, so that one can help. */
  const warm = () => Promise.all([1, 2].map(() => pool.image(floats)));

  test.each([
    ["decoded pixels", { data: bytes, width, height }, { fileType: "jpg" }],
    ["as PNG", large, {}],
    ["floats", unit, { fileType: "jpg", subsampling: "4:4:4", quality: 100 }],
    ["NaN", nan, { fileType: "jpg" }],
    ["optimized tables", unit, { fileType: "jpg", compression: "small", mode: "L" }],
    ["a range that is guessed wrong", wrong, { fileType: "jpg" }],
    ["boxes", unit, { caption: "c", boxes: LAYERS.boxes, fileType: "jpg" }],
    ["made smaller", unit, { fileType: "jpg", maxSize: 300 }],
    ["palette", large, { palette: true }],
  ] as [string, ImageInput, ImageOptions][])("%s: what new Image gives", async (_name, input, options) => {
    await warm();
    const expected = await facts((all) => new Image(input, all), options);
    const before = helpers;
    for (let i = 0; i < 3; i++) expect(await facts((all) => pool.image(input, all), options)).toEqual(expected);
    expect(helpers).toBeGreaterThan(before);
  });

  test("other frames that come on the way", async () => {
    const frames = [unit, floats, { data: bytes, width, height }, nan, floats, unit];
    const options = { fileType: "jpg" as const, onWarning() {} };
    const files = frames.map((frame) => new Image(frame, options).bytes);
    for (const pause of [0, 1, 3, 8]) {
      const images = [];
      for (const frame of frames) {
        images.push(pool.image(frame, options));
        if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
      }
      for (const [i, image] of images.entries()) expect(Buffer.compare((await image).bytes, files[i]!)).toBe(0);
    }
  });

  test("a helper that dies with a part loses nothing; a leader that dies loses the frame", async () => {
    const expected = new Image(unit, { fileType: "jpg" });
    const requests: Request[] = [];
    let leaderDies = false;
    /** Helpers take the last part and die; the leader works when they have. */
    const startThread = ({ onAnswer, onDeath }: ThreadEvents): Thread => ({
      post(request) {
        requests.push(request);
        if (request.helper === undefined) {
          setTimeout(() => (leaderDies ? onDeath("killed") : onAnswer(answerTo(request).answer)), 5);
          return;
        }
        new Int32Array(request.team!.control)[2 + 5 * 15] = request.helper; // src/team.ts: the owner of part 15
        setTimeout(() => onDeath("killed"), 1);
      },
      end() {},
      keepAlive() {},
    });
    setEnvironment({ cores: () => 2, startThread });
    await using small = new ImagePool({ workers: 2 });
    const image = await small.image(unit, { fileType: "jpg" });
    expect(requests.map(({ helper }) => helper)).toEqual([undefined, 1]);
    expect(Buffer.compare(image.bytes, expected.bytes)).toBe(0);
    leaderDies = true;
    await expect(small.image(unit, { fileType: "jpg" })).rejects.toMatchObject({ code: "worker-died" });
    leaderDies = false;
    expect(Buffer.compare((await small.image(unit, { fileType: "jpg" })).bytes, expected.bytes)).toBe(0);
    setEnvironment(nodeThreads(WORKER));
  });

  test("small frames, and those in memory of their own, are one worker's", async () => {
    const asked: boolean[] = [];
    const startThread = ({ onAnswer }: ThreadEvents): Thread => ({
      post(request) {
        asked.push(request.team !== undefined);
        setTimeout(() => onAnswer(answerTo(request).answer));
      },
      end() {},
      keepAlive() {},
    });
    setEnvironment({ cores: () => 2, startThread });
    await using small = new ImagePool({ workers: 2 });
    const file = { fileType: "jpg" as const };
    await small.image({ data: bytes, width, height }); // a PNG of one segment
    await small.image({ data: bytes.slice(), width, height }, file);
    await small.image({ data: bytes.subarray(0, 4 * 100 * 100), width: 100, height: 100 }, file);
    await small.image(large, { fileType: "bmp", mode: "RGB" });
    expect(asked).toEqual([false, false, false, false]);
    setEnvironment(nodeThreads(WORKER));
  });
});

test.each([
  [null, "ImagePool: options: expected an object such as { workers: 2 }; got null"],
  [{ workers: 0 }, "ImagePool: workers: expected a whole number from 1 to 64; got 0"],
  [{ worker: 1 }, 'ImagePool: unknown option "worker"; did you mean workers?'],
  [{ maxQueued: "2" }, 'ImagePool: maxQueued: expected a whole number from 0 to 65536; got "2"'],
  [{ onFull: "block" }, 'ImagePool: onFull: expected "wait" or "drop"; got "block"'],
  [{ signal: {} }, "ImagePool: signal: expected an AbortSignal; got an empty object"],
])("options %j are refused", (options, message) => {
  expect(() => new ImagePool(options as never)).toThrow(message);
});

test("transfer that is not a boolean is refused", async () => {
  const options = { transfer: 1 } as unknown as PoolImageOptions;
  await expect(pool.image(floats, options)).rejects.toThrow("transfer: expected a boolean; got 1");
});

test("a program ends with an idle pool, and not before its frames are done", () => {
  const program = `
    import { ImagePool } from ${JSON.stringify(new URL("../../../dist/workers.js", import.meta.url).href)};
    const pool = new ImagePool({ workers: 2 });
    pool.image({ data: new Float32Array(12), shape: [2, 2, 3] }).then((image) => console.log(String(image)));`;
  const said = execFileSync(process.execPath, ["--input-type=module", "-e", program], {
    encoding: "utf8",
    timeout: 20_000,
  });
  expect(said).toMatch(/^Image 2×2 RGB png \d+ B\n$/);
});

test("layers in Maps, and masks that are made as large as their image, a tensor's too", async () => {
  await using pool = new ImagePool({ workers: 1 });
  const input = { data: new Uint8Array(12), width: 2, height: 2 };
  const tensor = { dims: [1, 1, 1, 1], type: "int64", data: BigInt64Array.of(1n), dispose() {} };
  const position = { minX: 0, minY: 0, maxX: 1, maxY: 1 };
  const options = {
    boxes: new Map([["p", { box_data: [{ position, class_id: 1 }] }]]),
    masks: { plain: { mask_data: [[1]], resize: true }, tensor: { mask_data: tensor, resize: true } },
    classes: ["a", "b"],
  };
  const [here, there] = [new Image(input, options), await pool.image(input, options)];
  expect(Object.keys(there.boxes!)).toEqual(["p"]);
  for (const name of ["plain", "tensor"]) {
    expect(Buffer.compare(there.masks![name]!.file.bytes, here.masks![name]!.file.bytes)).toBe(0);
    expect([there.masks![name]!.width, there.masks![name]!.height]).toEqual([2, 2]);
  }
});
