// `ready` of the doors that have Image.
import { Adapted } from "../adapt/index.ts";
import { type WarmUpPicture, warmUp } from "../encode/warm-up.ts";
import { compileKernels, type WasmSource } from "../kernels.ts";
import { checkNames } from "../options.ts";
import { pictureOf } from "./picture.ts";

let warm: Promise<void> | undefined;

/**
 * Compiles the kernels off this thread, lets the engine optimize them on a picture of 64×64, and returns which are used; takes about 50 ms.
 * Nobody has to call it: the first image compiles the copy embedded in this package. It is for those who want the first image at
 * about the speed of the others, who host `wandb-image/kernels.wasm` themselves, who hold it compiled (Cloudflare Workers
 * compile nothing at run time), or who want to know.
 * @param options.wasm default: the embedded copy
 * @returns "simd", or "javascript" where the engine has no SIMD or the page's Content-Security-Policy lacks
 *   'wasm-unsafe-eval': the pixels are the same, only slower
 * @throws TypeError for an unknown option
 * @throws Error if the address cannot be fetched or leads to something else than this version's `kernels.wasm`
 */
export async function ready(options: { readonly wasm?: WasmSource | undefined } = {}): Promise<"simd" | "javascript"> {
  checkNames("ready", options, ["wasm"], '{ wasm: "/kernels.wasm" }');
  const used = await compileKernels(options.wasm);
  if (used === "simd") {
    warm ??= warmUp([
      (picture) => encodePicture(picture, "png"),
      (picture) => encodePicture(picture, "jpg"),
      (picture) => encodePicture({ ...picture, data: Float32Array.from(picture.data, (value) => value / 255) }, "png"),
    ]);
    await warm;
  }
  return used;
}

function encodePicture(
  { data, width, height }: Omit<WarmUpPicture, "data"> & { readonly data: Uint8Array | Float32Array },
  fileType: "png" | "jpg",
): void {
  const strides = { y: 3 * width, x: 3, c: 1 };
  const dtype = data instanceof Float32Array ? "float32" : "uint8";
  const frame = { data, dtype, height, width, channels: 3, offset: 0, strides } as const;
  pictureOf(new Adapted({ kind: "frame", frame }), { fileType });
}
