// Rows → PNG (https://www.w3.org/TR/png-3/).
import { encode as fastPngEncode } from "fast-png";
import type { Rows } from "../rows.ts";
import { collect } from "../rows.ts";
import type { EncodeOptions } from "./index.ts";

const CHANNELS: Partial<Record<Rows["mode"], 1 | 2 | 3 | 4>> = { L: 1, LA: 2, RGB: 3, RGBA: 4 };

export function encodePngRows(rows: Rows, _options: EncodeOptions): Uint8Array {
  const channels = CHANNELS[rows.mode];
  if (channels === undefined) throw new RangeError(`cannot write mode ${rows.mode} as PNG`);
  const data = collect(rows);
  return fastPngEncode({ data, width: rows.width, height: rows.height, channels, depth: 8 });
}
