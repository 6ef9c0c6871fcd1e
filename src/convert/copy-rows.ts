// The caller's array → kernel memory: rows of a Frame as packed elements of its own dtype, a band at a time.
import { copyRun } from "../copy-run.ts";
import { BYTES_PER_ELEMENT, type TypedArray } from "../dtype.ts";
import type { Frame } from "../frame.ts";
import { kernels } from "../kernels.ts";

/** Whether a frame arrives plane after plane (its pixels of one channel lie side by side) or pixel by pixel. */
export function isPlanar({ channels, strides, width }: Frame): boolean {
  return channels > 1 && strides.x === 1 && (strides.c !== 1 || width === 1);
}

/**
 * A function that copies rows y … y + count − 1 to `dst` in kernel memory: interleaved, or, where `isPlanar`, each
 * channel's count · width elements after the other's. Runs of memory are copied whole; anything else is gathered.
 */
export function frameCopier(frame: Frame): (y: number, count: number, dst: number) => void {
  const copy = pictureCopier(frame);
  const { stacked } = frame;
  if (stacked === undefined) return (y, count, dst) => copy(y, count, dst, 0, count);
  return (y, count, dst) => {
    for (let done = 0; done < count; ) {
      const picture = Math.floor((y + done) / stacked.height);
      const row = y + done - picture * stacked.height;
      const rows = Math.min(count - done, stacked.height - row);
      copy(row, rows, dst, done, count, picture * stacked.stride);
      done += rows;
    }
  };
}

/** Copies rows of one picture, `shift` elements on, to where row `done` of `of` rows goes. */
type CopyPart = (y: number, count: number, dst: number, done: number, of: number, shift?: number) => void;

function pictureCopier(frame: Frame): CopyPart {
  const { height, width, channels, offset, strides } = frame;
  const size = BYTES_PER_ELEMENT[frame.dtype];
  const memory = kernels().buffer;

  if (isPlanar(frame)) {
    const { into, data } = alias(frame.data, memory, size);
    return (y, count, dst, done, of, shift = 0) => {
      for (let c = 0; c < channels; c++) {
        const at = dst / size + (c * of + done) * width;
        copyRows(into, at, data, offset + shift + y * strides.y + c * strides.c, count, width, strides.y);
      }
    };
  }
  if ((strides.c === 1 || channels === 1) && (strides.x === channels || width === 1)) {
    const { into, data } = alias(frame.data, memory, size);
    const row = width * channels;
    return (y, count, dst, done, _, shift = 0) =>
      copyRows(into, dst / size + done * row, data, offset + shift + y * strides.y, count, row, strides.y);
  }

  // 64-bit elements move as two halves: a float64 store may rewrite a NaN's bits, and BigInt is slow.
  const words = size === 8 ? 2 : 1;
  const { into, data } = alias(frame.data, memory, size === 8 ? 4 : size);
  // In a transposed view neighbors in memory are neighbors in y: walk those innermost.
  const columnsFirst = height > 1 && Math.abs(strides.y) < Math.abs(strides.x);
  const rowStep = width * channels * words;
  return (y, count, dst, done, _, shift = 0) => {
    const start = offset + shift + y * strides.y;
    const to = (dst / size) * words + done * rowStep;
    for (let c = 0; c < channels; c++) {
      for (let word = 0; word < words; word++) {
        const from = (start + c * strides.c) * words + word;
        const at = to + c * words + word;
        if (columnsFirst) {
          gather(into, at, channels * words, rowStep, data, from, strides.x * words, strides.y * words, width, count);
        } else {
          gather(into, at, rowStep, channels * words, data, from, strides.y * words, strides.x * words, count, width);
        }
      }
    }
  };
}

// Three element kinds only, whatever the dtype, so that the loops below stay fast in V8.
type Words = Uint8Array | Uint16Array | Uint32Array;

function alias(data: TypedArray, memory: ArrayBuffer, size: 1 | 2 | 4 | 8): { into: Words; data: Words } {
  const Kind = size === 1 ? Uint8Array : size === 2 ? Uint16Array : size === 4 ? Uint32Array : null;
  if (Kind === null) {
    // Whole runs of 64-bit elements: same kind on both sides, so `set` copies bytes.
    const Big = BigUint64Array;
    return {
      into: new Big(memory) as unknown as Words,
      data: new Big(data.buffer as ArrayBuffer, data.byteOffset, data.length) as unknown as Words,
    };
  }
  return {
    into: new Kind(memory),
    data: new Kind(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength / size),
  };
}

function copyRows(
  into: Words,
  at: number,
  data: Words,
  from: number,
  rows: number,
  length: number,
  stride: number,
): void {
  if (stride === length || rows === 1) {
    copyRun(into, at, data, from, rows * length);
    return;
  }
  for (let row = 0; row < rows; row++, from += stride, at += length) copyRun(into, at, data, from, length);
}

function gather(
  into: Words,
  at: number,
  outerAt: number,
  innerAt: number,
  data: Words,
  from: number,
  outerFrom: number,
  innerFrom: number,
  outer: number,
  inner: number,
): void {
  for (let i = 0; i < outer; i++, at += outerAt, from += outerFrom) {
    for (let j = 0, to = at, source = from; j < inner; j++, to += innerAt, source += innerFrom) {
      into[to] = data[source]!;
    }
  }
}
