// Which kernels this process can run: all tests of pixels run on each (`node --no-enable-sse4-1 …` leaves the fallback alone).
import { selectKernels } from "../../src/kernels.ts";

export type Engine = "simd" | "fallback";

function runs(engine: Engine): boolean {
  try {
    selectKernels(engine);
    return true;
  } catch {
    return false;
  }
}

// The fallback runs everywhere; the order leaves the process with what it would have chosen by itself.
export const ENGINES: readonly Engine[] = runs("simd") ? ["simd", "fallback"] : ["fallback"];
selectKernels(ENGINES[0]!);
