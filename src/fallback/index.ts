// The conversion kernels: those of assembly/, or the same in JavaScript over the same memory where an engine has no SIMD.
import { kernels } from "../kernels.ts";
import { adjustFallback } from "./adjust.ts";
import { affineFallback } from "./affine.ts";
import { argmaxFallback } from "./argmax.ts";
import { ditherFallback } from "./dither.ts";
import { layoutFallback } from "./layout.ts";
import { lumaFallback } from "./luma.ts";
import { octreeFallback } from "./octree.ts";
import { rangeFallback } from "./range.ts";
import { resizeFallback } from "./resize.ts";
import { scaleFallback } from "./scale.ts";

/** The kernels in JavaScript. */
export const fallbackOver = (memory: ArrayBuffer) => ({
  ...rangeFallback(memory),
  ...scaleFallback(memory),
  ...layoutFallback(memory),
  ...affineFallback(memory),
  ...adjustFallback(memory),
  ...resizeFallback(memory),
  ...lumaFallback(memory),
  ...ditherFallback(memory),
  ...octreeFallback(memory),
  ...argmaxFallback(memory),
});

export type ConversionKernels = ReturnType<typeof fallbackOver>;

const fallbacks = new WeakMap<ArrayBuffer, ConversionKernels>();

/** The kernels to convert with, over the memory of `kernels()`. */
export function conversionKernels(): ConversionKernels {
  const { simd, buffer } = kernels();
  if (simd !== null) return simd;
  let fallback = fallbacks.get(buffer);
  if (fallback === undefined) fallbacks.set(buffer, (fallback = fallbackOver(buffer)));
  return fallback;
}
