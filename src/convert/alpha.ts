// Rows whose alpha is about to be dropped, watched: only a picture that loses something deserves a warning.
import { kernels } from "../kernels.ts";
import { BYTES_PER_PIXEL, type Rows } from "../rows.ts";

/** The same Rows; `opaque` says, once they were read, whether every alpha was 255. Modes LA and RGBA. */
export function watchAlpha(rows: Rows): { rows: Rows; opaque(): boolean } {
  const { lowestAlpha } = kernels().convert;
  const channels = BYTES_PER_PIXEL[rows.mode];
  let opaque = true;
  const watched: Rows = {
    ...rows,
    read(y, count, dst) {
      rows.read(y, count, dst);
      opaque &&= lowestAlpha(dst, count * rows.width, channels) === 255;
    },
  };
  return { rows: watched, opaque: () => opaque };
}
