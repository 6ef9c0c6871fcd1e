// What numpy.save wrote (NEP 1): logged as the array that it holds.
import { bytesOf, dtypeOf, parseDtype } from "../dtype.ts";
import { frameOf } from "../frame.ts";
import { tagOf } from "../messages.ts";
import type { AdaptOptions, Source } from "./source.ts";
import { columnMajor } from "./tensor.ts";

/** The bytes of a .npy file: C or Fortran order, either byte order, any number type. */
export function readNpy(input: unknown, options: AdaptOptions): Source | undefined {
  if (dtypeOf(input) !== "uint8" && !["ArrayBuffer", "SharedArrayBuffer", "DataView"].includes(tagOf(input)))
    return undefined;
  const bytes = bytesOf(input as ArrayBufferView | ArrayBuffer);
  if (!isNpy(bytes)) return undefined;
  const { text, end } = headerOf(bytes);
  const { descr, fortran, shape } = parseHeader(text);
  const { dtype } = parseDtype(descr);
  const size = shape.reduce((product, axis) => product * axis, 1);
  const data = bytes.subarray(end);
  const needed = size * Number(/\d+$/.exec(descr)![0]);
  if (data.length < needed) {
    throw new RangeError(`.npy of shape [${shape}] and ${dtype} needs ${needed} bytes of data; it has ${data.length}`);
  }
  const array = { data: data.subarray(0, needed), shape, dtype: descr };
  return { kind: "frame", frame: frameOf(fortran ? { ...array, strides: columnMajor(shape) } : array, options) };
}

/** Whether bytes begin like a .npy file. */
export function isNpy(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => bytes[i] === byte);
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** Version 1 has a 16-bit length, 2 and 3 a 32-bit one; 3 is UTF-8, which only field names need. */
function headerOf(bytes: Uint8Array): { text: string; end: number } {
  const wide = bytes[6]! >= 2;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = wide ? 12 : 10;
  if (bytes.length < start) throw new RangeError(`.npy: a header cut short at ${bytes.length} bytes`);
  const end = start + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  if (bytes.length < end) throw new RangeError(`.npy: a header cut short at ${bytes.length} of ${end} bytes`);
  return { text: String.fromCharCode(...bytes.subarray(start, Math.min(end, start + 4096))), end };
}

/** A Python literal: {'descr': '<f4', 'fortran_order': False, 'shape': (5, 7, 3), } */
function parseHeader(text: string): { descr: string; fortran: boolean; shape: number[] } {
  const descr = /'descr':\s*'([^']*)'/.exec(text)?.[1];
  const fortran = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const shape = /'shape':\s*\(([\d,\sL]*)\)/.exec(text)?.[1];
  if (descr === undefined) throw new TypeError(`.npy: expected an array of numbers; its header is ${text.trim()}`);
  if (fortran === undefined || shape === undefined) throw new RangeError(`.npy: a broken header: ${text.trim()}`);
  return { descr, fortran: fortran === "True", shape: (shape.match(/\d+/g) ?? []).map(Number) };
}
