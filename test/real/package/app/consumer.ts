// A program in TypeScript that touches every part of the public surface: compiled by the matrix of types.test.mjs, with whatever
// `lib` and types it has. What needs more than ES2022 is in consumer-*.ts.
import type {
  Adapter,
  BoxSet,
  Bytes,
  ImageInput,
  ImageJson,
  ImageOptions,
  ImageSource,
  InitOptions,
  LogData,
  Loggable,
  LogOptions,
  MaskInput,
  OnWarning,
  Run,
  TensorInput,
} from "wandb-image";
import {
  argmaxMask,
  BoundingBoxes2D,
  box,
  Classes,
  compactMask,
  Image,
  ImageMask,
  init,
  makeGrid,
  ready,
  setOnWarning,
} from "wandb-image";
import { encodeJpeg, encodePng, type JpegOptions, type PixelData, type PngOptions } from "wandb-image/encode";

// --- what is accepted
const float32 = new Float32Array(12);
const options: ImageOptions = { caption: "a", fileType: "png", layout: "HWC", range: [0, 1], colormap: "viridis" };
const image: Image = new Image({ data: float32, shape: [2, 2, 3], dtype: "float32", strides: [6, 3, 1] }, options);
new Image({ data: new Uint8ClampedArray(16), width: 2, height: 2, channels: 4 });
new Image([
  [0, 1],
  [1, 0],
]);
new Image([new Float32Array(2), new Float32Array(2)]);
new Image("cat.png");
new Image(new Uint8Array(9));
new Image(new ArrayBuffer(9));
new Image(new DataView(new ArrayBuffer(9)));
new Image(image, { caption: "b" });

// --- what libraries give, by their declarations
declare const tfjs: {
  shape: number[];
  dtype: string;
  dataSync(): Float32Array;
  data(): Promise<Float32Array>;
  kept: boolean;
};
declare const onnx: {
  readonly dims: readonly number[];
  readonly type: string;
  readonly data: Float32Array | string[];
  dispose(): void;
};
declare const scijs: {
  data: Float64Array;
  shape: number[];
  stride: number[];
  offset: number;
  pick(...at: number[]): unknown;
};
declare const mat: { rows: number; cols: number; data: Uint8Array; channels(): number; type(): number; delete(): void };
declare const decoded: { data: Uint8Array; width: number; height: number; depth: number; text: object };
declare const sharpRaw: { data: Uint8Array; info: { width: number; height: number; channels: number; size: number } };
declare const jimp: { bitmap: { data: Uint8Array; width: number; height: number }; clone(): unknown };
declare const canvas: { width: number; height: number; getContext(kind: "2d"): { getImageData(): unknown } | null };
declare const bitmap: { readonly width: number; readonly height: number; close(): void };
class Chunk {
  data = new BigInt64Array(1);
  shape = [1, 1];
  stride = [1, 1];
}
for (const one of [tfjs, onnx, scijs, mat, decoded, sharpRaw, jimp, canvas, bitmap, new Chunk()]) new Image(one);
Image.from(Promise.resolve(image));
Image.from({ arrayBuffer: async () => new ArrayBuffer(9) });
Image.fromBatch(tfjs, { caption: ["a", "b"] });

// --- what does not compile
// @ts-expect-error
new Image(42);
// @ts-expect-error
new Image(Promise.resolve(image));
// @ts-expect-error
new Image(() => float32);
// @ts-expect-error
new Image({ dta: float32 });
// @ts-expect-error
new Image({ data: float32 });
// @ts-expect-error
new Image({ data: float32, shpe: [2, 2, 3] });
// @ts-expect-error
new Image(null);
// @ts-expect-error
new Image(undefined);
// @ts-expect-error
new Image(true);
// @ts-expect-error
new Image(new Map([["data", float32]]));
// @ts-expect-error
new Image(new Date());
// @ts-expect-error
new Image({ data: float32, shape: [2, 2, 3] }, { fileTyp: "png" });
// @ts-expect-error
new Image({ data: float32, shape: [2, 2, 3] }, { mode: "HSV" });
// @ts-expect-error
new Image({ data: 7, shape: [2, 2] });

// --- a type of one's own
class Frame {
  pixels = new Uint8Array(4);
}
declare global {
  interface WandbImageInputs {
    consumerFrame: Frame;
  }
}
const adapter: Adapter = {
  accepts: (input) => input instanceof Frame,
  convert: (input) => ({ data: (input as Frame).pixels, width: 2, height: 2 }),
};
Image.registerAdapter(adapter);
new Image(new Frame());

// --- the rest of Image
const bytes: Bytes = image.bytes;
const plain: Uint8Array = bytes;
const json: ImageJson["_type"] = "image-file";
const rows: number[][] | number[][][] = image.toDataArray();
const planes = image.toDataArray({ layout: "CHW" });
const shape: [number, number, number] = planes.shape;
const mode: string = Image.guessMode(onnx, { layout: "CHW" });
const uint8: { data: Uint8Array; shape: number[] } = Image.toUint8([[0, 1]]);
const same: boolean = image.equals(new Image(image));
const onWarning: OnWarning = ({ code, message }) => void [code.length, message.length];
setOnWarning(onWarning);
setOnWarning(undefined);
const grid: Image = makeGrid([image, image], { columns: 2 });

// --- layers
const set: BoxSet = box.xyxy([[0, 0, 1, 1]], { domain: "pixel" });
const mask: MaskInput = { mask_data: { data: new Int32Array(4), shape: [2, 2] }, class_labels: { 0: "sky" } };
new Image(image, {
  boxes: { truth: set, more: new BoundingBoxes2D(set, "more") },
  masks: { guess: mask, more: new ImageMask(mask, "more"), best: { logits: onnx, layout: "CHW" } },
  classes: new Classes([{ id: 0, name: "sky" }]),
});
const argmax: { data: Uint8Array; shape: [number, number] } = argmaxMask({ data: float32, shape: [2, 2, 3] });
const compact = compactMask({ data: new Int32Array(4), shape: [2, 2] }, { ignoreIndex: -1 });

// --- runs
interface Metrics {
  loss: number;
  picture: Image;
}
const settings: InitOptions = { project: "p", tags: ["a"], config: { lr: 0.1 }, mode: "offline" };
const run: Run = init(settings);
const metrics: Metrics = { loss: 1, picture: image };
const any: Record<string, unknown> = metrics as never;
const when: LogOptions = { step: 1, commit: true };
run.log(metrics);
run.log(any);
run.log(
  { a: 1, b: [1, 2], c: { d: null, e: undefined }, f: new Date(), g: 1n, h: float32, i: image, j: [image] },
  when,
);
const value: Loggable = { a: [1, { b: image }] };
run.log({ value });
// @ts-expect-error
run.log({ image: Image.from("cat.png") });
// @ts-expect-error
run.log({ f: () => 1 });
// @ts-expect-error
run.log({ s: Symbol("s") });
// @ts-expect-error
run.log(5);
// @ts-expect-error
run.log({ loss: 1 }, { stp: 1 });
// @ts-expect-error
init({ projct: "p" });
const logAll = <T extends object>(data: LogData<T>) => run.log(data as never);
run.config.update({ lr: 0.2 }, { allowValChange: true });
const finished: Promise<void> = run.finish(1);

// --- encoders
const pixels: PixelData = { data: new Uint8Array(12), width: 2, height: 2, channels: 3 };
const png: PngOptions = { compression: "small" };
const jpeg: JpegOptions = { quality: 90, subsampling: "4:4:4" };
const files: Uint8Array[] = [encodePng(pixels, png), encodeJpeg(pixels, jpeg)];
// @ts-expect-error
encodePng(pixels, { maxSize: 2 });
// @ts-expect-error
encodeJpeg(pixels, 90);
ready({ wasm: new ArrayBuffer(8) }).then((engine: "simd" | "javascript") => engine);

export const used = [plain, json, rows, shape, mode, uint8, same, grid, argmax, compact, logAll, finished, files];
export type Used = [ImageInput, ImageSource, TensorInput];
