// The conversion kernels: those of assembly/, or the same in JavaScript over the same memory where an engine has no SIMD.
import { kernels } from "../kernels.ts";
import { argmaxFallback } from "./argmax.ts";
import { layoutFallback } from "./layout.ts";
import { looksFallback } from "./looks.ts";
import { modesFallback } from "./modes.ts";
import { rangeFallback } from "./range.ts";
import { scaleFallback } from "./scale.ts";

const fallbackOver = (memory: ArrayBuffer) => ({
  ...rangeFallback(memory),
  ...scaleFallback(memory),
  ...layoutFallback(memory),
  ...looksFallback(memory),
  ...modesFallback(memory),
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
