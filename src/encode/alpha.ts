// Alpha that a JPEG cannot hold is dropped, not blended, as W&B does.
import { kernels } from "../kernels.ts";
import type { SimdKernels } from "../kernels.types.ts";
import { partsOf, type RowParts, type Rows } from "../rows.ts";
import { type OnWarning, warn } from "../warnings.ts";

/** RGBA rows as RGBX (the same bytes; a JPEG ignores the fourth), and LA as L. */
export function withoutAlpha(rows: Rows, simd: SimdKernels): { rows: Rows; isOpaque(): boolean } {
  let opaque = true;
  const isOpaque = () => opaque;
  if (rows.mode === "RGBA") {
    const read: Rows["read"] = (y, count, dst) => {
      rows.read(y, count, dst);
      opaque &&= simd.lowestAlpha(dst, count * rows.width, 4) === 255;
    };
    const parts = partsOf(rows);
    const withAlpha: RowParts | undefined = parts && {
      read,
      start(y) {
        parts.start(y);
        opaque = true;
      },
      uncounted: (read) => parts.uncounted(read),
      found: () => [...parts.found(), Number(opaque)],
      add(found) {
        parts.add(found);
        opaque &&= found.at(-1) === 1;
      },
    };
    return { rows: { ...rows, mode: "RGBX", read, parts: withAlpha }, isOpaque };
  }
  const { u8, reserve } = kernels();
  const { width, height } = rows;
  const chunk = Math.max(1, Math.min(height, Math.floor(L1_PIXELS / width)));
  const pixels = reserve(2 * chunk * width);
  const planes = reserve(2 * chunk * width);
  const read: Rows["read"] = (y, count, dst) => {
    for (const end = y + count; y < end; ) {
      const now = Math.min(chunk, end - y);
      const n = now * width;
      rows.read(y, now, pixels);
      opaque &&= simd.lowestAlpha(pixels, n, 2) === 255;
      simd.deinterleave(pixels, n, 2, planes, n);
      u8.copyWithin(dst, planes, planes + n);
      y += now;
      dst += n;
    }
  };
  return { rows: { ...rows, mode: "L", read }, isOpaque };
}

/** Pixels that stay in the first-level cache between two stages. */
const L1_PIXELS = 16_384;

/** Only a picture that loses something deserves it. The words are W&B's. */
export function warnAlphaDropped(onWarning: OnWarning | undefined): void {
  warn("alpha-dropped", "JPEG format does not support transparency. Ignoring alpha channel.", onWarning);
}
