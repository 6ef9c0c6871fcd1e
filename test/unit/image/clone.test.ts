import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import { describe, expect, test } from "@jest/globals";
import { init } from "../../../src/browser.ts";
import { Classes, Image, type ImageInput, type ImageOptions, type MediaRun } from "../../../src/node.ts";

const ids = { data: Uint8Array.of(0, 1, 1, 7), shape: [2, 2] };
const OPTIONS: ImageOptions = {
  caption: "a cat",
  grouping: 3,
  classes: new Classes([{ id: 1, name: "cat" }]),
  boxes: {
    named: {
      box_data: [{ position: { middle: [0.5, 0.5], width: 0.1, height: 0.2 }, class_id: 1 }],
      class_labels: { 1: "cat" },
    },
    unnamed: { box_data: [{ position: { minX: 0, minY: 0, maxX: 1, maxY: 1 }, class_id: 4, scores: { p: 0.5 } }] },
  },
  masks: {
    named: { mask_data: ids, class_labels: { 1: "cat" } },
    unnamed: { mask_data: ids },
    file: { path: new Image(ids, { normalize: false }).bytes },
  },
};
const image = (options: ImageOptions = OPTIONS) =>
  new Image({ data: Float32Array.of(0, 0.25, 0.5, 1), shape: [2, 2] }, options);

/** All that a run is told of an image. */
function logged(image: Image) {
  const calls: unknown[] = [];
  const run: MediaRun = {
    id: "abc",
    saveMedia: (path, bytes) => void calls.push([path, Buffer.from(bytes).toString("base64")]),
    saveClassLabels: (...labels) => void calls.push(labels),
  };
  image.bindToRun(run, "key", 5);
  return { calls, json: image.toJson(run) };
}

/** What arrives at the other end of a port. */
function posted(message: unknown, transfer: readonly ArrayBuffer[] = []): ImageInput {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(message, transfer as ArrayBuffer[]);
  const { message: received } = receiveMessageOnPort(port2) as { message: ImageInput };
  port1.close();
  return received;
}

describe("an Image of another thread", () => {
  test.each([
    ["structuredClone", (image: Image) => structuredClone(image) as unknown as ImageInput],
    ["postMessage", (image: Image) => posted(image)],
    ["postMessage with its memory", (image: Image) => posted(...image.transfer())],
  ])("is known again after %s: what a run is told of it is the same", (_name, sent) => {
    const received = new Image(sent(image()));
    expect(logged(received)).toEqual(logged(image()));
    const { mode, normalization, originalSize, sha256, caption, grouping } = image();
    expect(received).toMatchObject({ mode, normalization, originalSize, sha256, caption, grouping });
    expect(received.equals(image())).toBe(true);
  });

  test("takes the options of a copy", () => {
    const received = new Image(posted(image()), { caption: "other", masks: { only: { mask_data: ids } } });
    expect(received.caption).toBe("other");
    expect(Object.keys(received.masks!)).toEqual(["only"]);
    expect(Object.keys(received.boxes!)).toEqual(["named", "unnamed"]);
  });

  test("layers and classes are known again too", () => {
    const { boxes, masks, classes } = posted(image()) as Image;
    expect(logged(image({ ...OPTIONS, boxes, masks, classes }))).toEqual(logged(image()));
  });

  test("run.log takes it, alone and in lists", async () => {
    const run = init({ mode: "offline", onWarning: () => {} });
    const clone = posted(image()) as Image;
    run.log({ one: clone, list: [clone, image()] });
    await run.finish();
    const record = Buffer.concat([...(await run.toFiles()).values()].map(Buffer.from)).toString("latin1");
    expect(record).toContain("images/separated");
    expect(record).toContain('"a cat"');
  });

  test("a reference stays one", () => {
    const received = new Image(posted(new Image("s3://bucket/cat.png")));
    expect(received.reference).toBe("s3://bucket/cat.png");
    expect(received.sha256).toBe(new Image("s3://bucket/cat.png").sha256);
  });

  test("moves its memory, and the empty Image left behind is refused by name", () => {
    const sent = image();
    const [message, buffers] = sent.transfer();
    posted(message, buffers);
    expect(sent.bytes).toHaveLength(0);
    const words = "the Image is empty: transfer() moved its bytes to another thread";
    expect(() => new Image(sent)).toThrow(words);
    expect(() => logged(sent)).toThrow(words);
  });

  test("leaves the memory of the file that it was made of", () => {
    const file = image().bytes;
    const pool = new Uint8Array(file.length + 10);
    pool.set(file, 5);
    const sent = new Image(pool.subarray(5, 5 + file.length));
    posted(...sent.transfer());
    expect(pool.subarray(5, 5 + file.length)).toEqual(file);
  });
});
