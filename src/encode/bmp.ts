// Rows → BMP (BITMAPFILEHEADER and a DIB header, rows bottom-up and padded to four bytes).
import type { Rows } from "../rows.ts";

export function encodeBmpRows(rows: Rows): Uint8Array {
  throw new RangeError(`cannot write mode ${rows.mode} as BMP`);
}
