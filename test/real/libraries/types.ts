// What the libraries give by their own declarations, handed to Image: compiled, not run.
import type { RawImage, Tensor as TransformersTensor } from "@huggingface/transformers";
import type { Canvas, ImageData as NapiImageData } from "@napi-rs/canvas";
import type { Mat } from "@techstark/opencv-js";
import type { Rank, TensorBuffer, Tensor as TfjsTensor } from "@tensorflow/tfjs-core";
import type { DecodedPng } from "fast-png";
import type { Image as ImageJs } from "image-js";
import type { BufferRet, UintArrRet } from "jpeg-js";
import type { Tensor as OnnxTensor } from "onnxruntime-common";
import type { PNG } from "pngjs";
import type { OutputInfo, Sharp } from "sharp";
import { Image, makeGrid } from "wandb-image";
import type { Chunk, DataType } from "zarrita";

export function images(
  tfjs: TfjsTensor,
  buffer: TensorBuffer<Rank.R3>,
  onnx: OnnxTensor,
  transformers: TransformersTensor,
  raw: RawImage,
  zarr: Chunk<DataType>,
  mat: Mat,
  canvas: Canvas,
  data: NapiImageData,
  fastPng: DecodedPng,
  imageJs: ImageJs,
  jpegJs: UintArrRet | BufferRet,
  pngjs: PNG,
  sharp: { data: Buffer; info: OutputInfo },
): Image[] {
  const one = new Image(tfjs);
  return [
    one,
    new Image(buffer),
    new Image(onnx),
    new Image(transformers),
    new Image(raw),
    new Image(zarr as Chunk<"float32">),
    new Image(mat),
    new Image(canvas),
    new Image(data),
    new Image(fastPng),
    new Image(imageJs),
    new Image(jpegJs),
    new Image(pngjs),
    new Image(sharp),
    makeGrid(tfjs),
    ...Image.fromBatch(transformers),
  ];
}

export const awaited = (pipeline: Sharp, tfjs: TfjsTensor, onnx: OnnxTensor) => [
  Image.from(pipeline),
  Image.from(tfjs),
  Image.from(onnx),
];
