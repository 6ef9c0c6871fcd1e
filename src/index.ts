// The table of contents that both doors share.
//
//   input ─ adapt/ ─▶ Frame ─ convert/ ─▶ Rows ─ encode/ ─▶ bytes ─ image/ ─▶ Image ─ log/ ─▶ run-<id>.wandb + files/media/…
//
//   import { Image, init } from "wandb-image";
//   const run = init({ project: "cats" });
//   run.log({ cat: new Image({ data: new Float32Array(64 * 64 * 3), shape: [64, 64, 3] }, { caption: "a black cat" }) });
//   await run.finish();
export type { AbortSignalLike } from "./adapt/fetch.ts";
export type { Adapter, FetchOptions } from "./adapt/index.ts";
export type {
  AwaitedInput,
  LibraryArray,
  LibraryImage,
  NestedNumbers,
  PictureInput,
  PixelInput,
  SourceToRead,
  TensorInput,
} from "./adapt/input.ts";
export type { ColormapName } from "./convert/adjust/colormap.ts";
export type {
  AdjustOptions,
  Background,
  Colormap,
  Denormalize,
  Normalization,
  Range,
  TargetMode,
  ValueOptions,
} from "./convert/index.ts";
export type { Pixels } from "./decode/pixels.ts";
export type { Compression, EncodeOptions, FileType } from "./encode/index.ts";
export type { ArrayInput, Dtype, Layout, TypedArray } from "./frame.ts";
export type { Bytes, HostAbortSignal, HostAsyncDisposable, HostBlob, HostUrl } from "./host-types.ts";
export {
  type BoxBuilder,
  type BoxNumbers,
  type BoxSetOptions,
  box,
  type Detection,
  type OneBoxOptions,
  type PerBox,
} from "./image/box-builders.ts";
export { BoundingBoxes2D, type Box, type BoxPosition, type BoxSet } from "./image/boxes.ts";
export { type ClassEntry, Classes, type ClassesInput, type LabelsInput } from "./image/classes.ts";
export { type GridOptions, makeGrid } from "./image/grid.ts";
export {
  Image,
  type ImageInput,
  type ImageSource,
} from "./image/image.ts";
export type { ImageJson, ImageListJson } from "./image/json.ts";
export type { LayersJson } from "./image/layers.ts";
export type { ListOptions } from "./image/list.ts";
export { type ArgmaxOptions, argmaxMask, type Logits, type MaskSize } from "./image/logits.ts";
export {
  type CompactMask,
  compactMask,
  ImageMask,
  type MaskData,
  type MaskInput,
} from "./image/masks.ts";
export type { ClassLabels, MediaRun } from "./image/media-run.ts";
export type { ImageOptions, Layers } from "./image/options.ts";
export type { OverlayFile, OverlayJson } from "./image/overlay.ts";
export { ready } from "./image/ready.ts";
export { masksOf, type Segment } from "./image/segments.ts";
export type { HostModule, WasmSource } from "./kernels.ts";
export { config, finish, log, logAsync, run, summary } from "./log/current.ts";
export type { Dictionary, UpdateOptions } from "./log/dictionary.ts";
export { Histogram, type HistogramData, type HistogramJson, type HistogramOptions } from "./log/histogram.ts";
export type { LogOptions } from "./log/log-options.ts";
export type { AsyncLogData, LogData, Loggable } from "./log/loggable.ts";
export type { ReadyRun } from "./log/online.ts";
export type { Run } from "./log/run.ts";
export type { InitOptions, Resume, RunMode } from "./log/settings.ts";
export type { DirectoryHandle } from "./log/take-out.ts";
export type { ErrorCode } from "./messages.ts";
export type { Mode } from "./rows.ts";
export type { Owed } from "./upload/cursor.ts";
export type { UploadError, UploadErrorCode } from "./upload/errors.ts";
export type { UploadProgress, UploadState } from "./upload/progress.ts";
export { type OnWarning, setOnWarning, type Warning } from "./warnings.ts";
