// The only file that knows WebAssembly and @assemblyscript/loader: compiles the kernels once, hands out their memory. Where an
// engine has no SIMD there is the memory alone, and src/fallback/ works on it. A line that decides anything about images
// belongs elsewhere.
import { instantiate, instantiateSync } from "@assemblyscript/loader";
import { inflateSync } from "fflate";
import { WASM_DEFLATED_BASE64, WASM_LENGTH, WASM_NAME } from "./kernels.bytes.ts";
import type { SimdKernels } from "./kernels.types.ts";

/** 128 pages, fixed (asconfig.json): enough for the widest frame, and pages never touched cost nothing. */
const MEMORY_BYTES = 128 << 16;
/** Full vectors may read and write past the end of a region by this much; assembly/ says where. */
const SLACK = 64;

export interface Kernels {
  /** All of kernel memory. */
  readonly u8: Uint8Array;
  readonly buffer: ArrayBuffer;
  /** The kernels of assembly/, or null: no SIMD here, and src/fallback/ serves. */
  readonly simd: SimdKernels | null;
  /** Pointer (16-byte aligned, slack behind it) to `bytes` of memory, free again when the enclosing `scratch` returns. */
  reserve(bytes: number): number;
  /** Bytes that `reserve` could still give. */
  available(): number;
  /** Runs `use`; what it reserves is free again afterwards, also after an error. */
  scratch<T>(use: () => T): T;
}

/** What Node's global object has. */
const host = globalThis as {
  readonly Buffer?: { from(text: string, encoding: "base64"): Uint8Array<ArrayBuffer> };
  readonly process?: {
    getBuiltinModule?(id: "node:zlib"): { inflateRawSync(bytes: Uint8Array): Uint8Array<ArrayBuffer> } | undefined;
  };
};

// The module (type, function, body: i8x16.splat of 0, popcnt) that only an engine with SIMD accepts.
const SIMD_PROBE = fromBase64("AGFzbQEAAAABBQFgAAF7AwIBAAoKAQgAQQD9D/1iCw==");

let current: Kernels | undefined;

/** The kernels of this process, compiled on first use (0.6 ms). */
export function kernels(): Kernels {
  current ??= simdKernels() ?? fallbackKernels();
  return current;
}

/**
 * Chooses for the tests; every Rows made before is void. With `wasm` the kernels are that module's: build/debug.wasm has
 * the asserts, whose failure the loader's `abort` throws as an error with file and line.
 */
export function selectKernels(which: "simd" | "fallback", wasm?: Uint8Array): void {
  const chosen =
    wasm !== undefined
      ? fromInstance(instantiateSync(wasm as BufferSource).instance)
      : which === "simd"
        ? simdKernels()
        : fallbackKernels();
  if (chosen === null) throw new Error("no WebAssembly SIMD here");
  current = chosen;
}

/** `WebAssembly.Module`, where the program's `lib` knows it. */
export type HostModule = typeof globalThis extends {
  WebAssembly: { Module: abstract new (...args: never[]) => infer Module };
}
  ? Module
  : object;

/** Where `kernels.wasm` is: an address to fetch, its bytes, or the module compiled from them. */
export type WasmSource = string | { readonly href: string } | ArrayBuffer | Uint8Array | HostModule;

/** What `ready` tells of, without its warm-up. */
export async function compileKernels(wasm: WasmSource | undefined): Promise<"simd" | "javascript"> {
  if (current === undefined || current.simd === null) {
    const module = await compile(wasm);
    current = module === null ? (current ?? fallbackKernels()) : fromInstance((await instantiate(module)).instance);
  }
  return current.simd === null ? "javascript" : "simd";
}

async function compile(wasm: WasmSource | undefined): Promise<WebAssembly.Module | null> {
  if (wasm === undefined) return compiles() ? WebAssembly.compile(embedded()) : null;
  const given = isModule(wasm) ? wasm : compiles() ? await WebAssembly.compile(await bytesOf(wasm)) : null;
  // Kernels of another version have other arguments, and would write other pixels without a word.
  if (given !== null && WebAssembly.Module.customSections(given, WASM_NAME).length === 0) {
    throw new Error(
      "ready({ wasm }): not the kernels.wasm of this version; host the file that wandb-image/kernels.wasm is",
    );
  }
  return given;
}

function isModule(wasm: WasmSource): wasm is WebAssembly.Module {
  return Object.prototype.toString.call(wasm) === "[object WebAssembly.Module]";
}

async function bytesOf(wasm: string | URL | ArrayBuffer | Uint8Array): Promise<BufferSource> {
  if (typeof wasm !== "string" && !("href" in wasm)) return wasm as BufferSource;
  const response = await fetch(wasm);
  if (!response.ok) throw new Error(`ready({ wasm }): ${wasm} answered ${response.status} ${response.statusText}`);
  return response.arrayBuffer();
}

/** Compiled, not validated: a Content-Security-Policy refuses only that. */
function compiles(): boolean {
  try {
    return new WebAssembly.Module(SIMD_PROBE) !== null;
  } catch {
    return false;
  }
}

function simdKernels(): Kernels | null {
  if (!compiles()) return null;
  try {
    return fromInstance(instantiateSync(embedded()).instance);
  } catch {
    return null; // Chrome before 114 compiles no more than 4 kB synchronously on a page's main thread.
  }
}

function fromInstance({ exports }: WebAssembly.Instance): Kernels {
  // The instance's exports, not the loader's own: those wrap each call in a rest-arguments closure.
  const simd = exports as unknown as SimdKernels & { readonly memory: WebAssembly.Memory };
  return { ...arena(simd.memory.buffer as ArrayBuffer, simd.heapBase()), simd };
}

function fallbackKernels(): Kernels {
  return { ...arena(new ArrayBuffer(MEMORY_BYTES), 16), simd: null };
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

/** By Node's zlib in 1 ms; else by fflate, which is here anyway, as fast-png's, and takes 10 ms of code that is new to the engine. */
function embedded(): Uint8Array<ArrayBuffer> {
  const deflated = fromBase64(WASM_DEFLATED_BASE64);
  const zlib = host.process?.getBuiltinModule?.("node:zlib");
  if (zlib !== undefined) return zlib.inflateRawSync(deflated);
  return inflateSync(deflated, { out: new Uint8Array(WASM_LENGTH) }) as Uint8Array<ArrayBuffer>;
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  if (host.Buffer !== undefined) return host.Buffer.from(text, "base64");
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
