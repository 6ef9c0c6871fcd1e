// Upside down: what WebGL's readPixels and some cameras give.
import type { Frame } from "../../frame.ts";
import { kernels } from "../../kernels.ts";
import { BYTES_PER_PIXEL, collect, type Rows } from "../../rows.ts";

/** The same memory, read from the last row up. */
export function flippedFrame(frame: Frame): Frame {
  const { height, offset, strides } = frame;
  return { ...frame, offset: offset + (height - 1) * strides.y, strides: { ...strides, y: -strides.y } };
}

/** Rows only come downwards, so these are held in a copy of the whole picture. */
export function flippedRows(rows: Rows): Rows {
  const pixels = collect(rows);
  const { u8 } = kernels();
  const stride = rows.width * BYTES_PER_PIXEL[rows.mode];
  return {
    ...rows,
    read(y, count, dst) {
      for (const end = y + count; y < end; y++, dst += stride) {
        const from = (rows.height - 1 - y) * stride;
        u8.set(pixels.subarray(from, from + stride), dst);
      }
    },
  };
}
