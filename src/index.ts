// The table of contents that both doors share.
//
//   input ─ adapt/ ─▶ Frame ─ convert/ ─▶ Rows ─ encode/ ─▶ bytes ─ image/ ─▶ Image ─ log/ ─▶ run-<id>.wandb + files/media/…
//
//   import { Image, init } from "wandb-image";
//   const run = init({ project: "cats" });
//   run.log({ cat: new Image({ data: new Float32Array(64 * 64 * 3), shape: [64, 64, 3] }, { caption: "a black cat" }) });
//   await run.finish();
export type { Adapter } from "./adapt/index.ts";
export type { Normalization, Range } from "./convert/index.ts";
export type { Compression, FileType } from "./encode/index.ts";
export type { ArrayInput, Dtype, Layout, TypedArray } from "./frame.ts";
export { BoundingBoxes2D, type Box, type BoxPosition, type BoxSet, box } from "./image/boxes.ts";
export { type ClassEntry, Classes } from "./image/classes.ts";
export { type GridOptions, makeGrid } from "./image/grid.ts";
export { Image, type ImageJson, type ImageListJson } from "./image/image.ts";
export { argmaxMask, compactMask, ImageMask, type MaskInput } from "./image/masks.ts";
export type { ClassLabels, MediaRun } from "./image/media-run.ts";
export type { ImageOptions } from "./image/options.ts";
export { ready, type WasmSource } from "./kernels.ts";
export type { Dictionary, UpdateOptions } from "./log/dictionary.ts";
export type { LogOptions, Run } from "./log/run.ts";
export type { InitOptions } from "./log/settings.ts";
export type { Mode } from "./rows.ts";
export { type OnWarning, setOnWarning, type Warning } from "./warnings.ts";
