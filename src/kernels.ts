// The only file that knows WebAssembly and @assemblyscript/loader: compiles once, hands out memory, chooses between the
// SIMD module and its JavaScript twins. A line that decides anything about images belongs elsewhere.
import { instantiateSync } from "@assemblyscript/loader";
import { WASM_BASE64 } from "./kernels.bytes.ts";
import { argmaxTwins } from "./twins/argmax.ts";
import { layoutTwins } from "./twins/layout.ts";
import { modesTwins } from "./twins/modes.ts";
import { rangeTwins } from "./twins/range.ts";
import { scaleTwins } from "./twins/scale.ts";

/** 128 pages, fixed (asconfig.json): enough for the widest frame, and pages never touched cost nothing. */
const MEMORY_BYTES = 128 << 16;
/** Full vectors may read and write past the end of a region by this much (notes on tails in assembly/). */
const SLACK = 64;

/** The kernels that convert/ uses: in wasm, and again in JavaScript where SIMD is missing. */
export type ConvertKernels = ReturnType<typeof rangeTwins> &
  ReturnType<typeof scaleTwins> &
  ReturnType<typeof layoutTwins> &
  ReturnType<typeof modesTwins> &
  ReturnType<typeof argmaxTwins>;

/** The kernels that encode/ uses; without SIMD fast-png and jpeg-js serve instead. */
export interface EncodeKernels {
  crc32(src: number, n: number, seed: number): number;
  filterRows(src: number, count: number, stride: number, pixel: number, step: number, dst: number): void;
  swapBytes16(at: number, samples: number): void;
  streamBytes(): number;
  deflateBegin(stream: number, out: number): number;
  deflateStrip(stream: number, src: number, n: number, level: number, sequences: number, out: number): number;
  deflateEnd(stream: number, out: number): number;
  jpegMasks(masks: number): void;
  jpegRgb(src: number, stride: number, step: number, columns: number, rows: number, planes: number): void;
  jpegSplit(
    src: number,
    stride: number,
    channels: number,
    columns: number,
    rows: number,
    flip: number,
    planes: number,
  ): void;
  jpegHalve(plane: number, columns: number, rows: number): void;
  jpegTokens(
    plan: number,
    blocks: number,
    mcus: number,
    edge: number,
    lastEdge: number,
    masks: number,
    out: number,
  ): number;
  jpegCount(tokens: number, end: number, counts: number): void;
  jpegBits(tokens: number, end: number, codes: number, state: number, out: number): number;
  jpegStuff(words: number, end: number, out: number): number;
  jpegFlush(state: number, out: number): number;
}

export interface Kernels {
  /** All of kernel memory. */
  readonly u8: Uint8Array;
  readonly buffer: ArrayBuffer;
  readonly convert: ConvertKernels;
  /** null: no SIMD here. */
  readonly encode: EncodeKernels | null;
  /** Pointer (16-byte aligned, slack behind it) to `bytes` of memory, free again when the enclosing `scratch` returns. */
  reserve(bytes: number): number;
  /** Bytes that `reserve` could still give. */
  available(): number;
  /** Runs `use`; what it reserves is free again afterwards, also after an error. */
  scratch<T>(use: () => T): T;
}

// The module (type, function, body: i8x16.splat of 0, popcnt) that only an engine with SIMD accepts.
const SIMD_PROBE = Uint8Array.of(
  0,
  97,
  115,
  109,
  1,
  0,
  0,
  0,
  1,
  5,
  1,
  96,
  0,
  1,
  123,
  3,
  2,
  1,
  0,
  10,
  10,
  1,
  8,
  0,
  65,
  0,
  253,
  15,
  253,
  98,
  11,
);

let current: Kernels | undefined;

/** The kernels of this process, compiled on first use (0.6 ms). */
export function kernels(): Kernels {
  current ??= simdKernels() ?? twinKernels();
  return current;
}

/**
 * Chooses for the tests; every Rows made before is void. With `wasm` the kernels are that module's: build/debug.wasm has
 * the asserts, whose failure the loader's `abort` throws as an error with file and line.
 */
export function selectKernels(which: "simd" | "twins", wasm?: Uint8Array): void {
  const chosen = wasm !== undefined ? instantiate(wasm) : which === "simd" ? simdKernels() : twinKernels();
  if (chosen === null) throw new Error("no WebAssembly SIMD here");
  current = chosen;
}

function instantiate(wasm: Uint8Array): Kernels {
  // `instance.exports`, not the loader's own: those wrap each call in a rest-arguments closure.
  const { exports } = instantiateSync(wasm).instance;
  const { memory, heapBase, ...functions } = exports as { memory: WebAssembly.Memory; heapBase(): number };
  const both = functions as unknown as ConvertKernels & EncodeKernels;
  return { ...arena(memory.buffer as ArrayBuffer, heapBase()), convert: both, encode: both };
}

function simdKernels(): Kernels | null {
  if (typeof WebAssembly !== "object" || !WebAssembly.validate(SIMD_PROBE)) return null;
  try {
    return instantiate(fromBase64(WASM_BASE64));
  } catch {
    // A page whose Content-Security-Policy lacks wasm-unsafe-eval, or a main thread that compiles no 4 KB synchronously.
    return null;
  }
}

function twinKernels(): Kernels {
  const buffer = new ArrayBuffer(MEMORY_BYTES);
  return {
    ...arena(buffer, 16),
    convert: {
      ...rangeTwins(buffer),
      ...scaleTwins(buffer),
      ...layoutTwins(buffer),
      ...modesTwins(buffer),
      ...argmaxTwins(buffer),
    },
    encode: null,
  };
}

function arena(
  buffer: ArrayBuffer,
  base: number,
): Pick<Kernels, "u8" | "buffer" | "reserve" | "available" | "scratch"> {
  let top = (base + 15) & ~15;
  return {
    buffer,
    u8: new Uint8Array(buffer),
    reserve(bytes) {
      const pointer = top;
      const end = (pointer + bytes + SLACK + 15) & ~15;
      if (end > MEMORY_BYTES) throw new Error(`kernel memory: ${bytes} bytes asked for, ${MEMORY_BYTES - top} left`);
      top = end;
      return pointer;
    },
    available: () => MEMORY_BYTES - top - SLACK - 15,
    scratch(use) {
      const mark = top;
      try {
        return use();
      } finally {
        top = mark;
      }
    },
  };
}

function fromBase64(text: string): Uint8Array {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
