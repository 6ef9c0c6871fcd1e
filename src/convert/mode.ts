// Rows in one of Pillow's modes → Rows in another.
import type { Mode, Rows } from "../rows.ts";

export function convertMode(rows: Rows, mode: Mode): Rows {
  if (rows.mode === mode) return rows;
  throw new RangeError(`conversion from ${rows.mode} to ${mode} not supported`);
}
