// A picture with alpha laid on a color.
import { describe, shown } from "../../messages.ts";
import { isInteger } from "../../options.ts";
import type { Rows } from "../../rows.ts";
import { convertMode } from "../mode.ts";
import { pixelwise } from "../pixelwise.ts";

/** "#rgb", "#rrggbb", "white", "black", a gray of 0 to 255, or [red, green, blue]. */
export type Background = string | number | readonly [red: number, green: number, blue: number];

/**
 * Rows of LA or RGBA laid on a color, as L (on a gray) or RGB, rounded as Pillow's `paste` with a mask rounds; rows without
 * alpha as they are. To be called inside `scratch`. @throws what `parseBackground` throws
 */
export function onBackground(rows: Rows, background: Background): Rows {
  const [red, green, blue] = parseBackground(background);
  if (rows.mode !== "LA" && rows.mode !== "RGBA") return rows;
  if (rows.mode === "LA" && !(red === green && green === blue)) rows = convertMode(rows, "RGBA");
  const channels = rows.mode === "LA" ? 2 : 4;
  const color = channels === 2 ? red * 0x01010101 : red | (green << 8) | (blue << 16);
  const mode = channels === 2 ? "L" : "RGB";
  return pixelwise(mode, ({ blend }, src, n, dst) => blend(src, n, channels, dst, color))(rows);
}

const NAMES: Readonly<Record<string, readonly [number, number, number]>> = {
  white: [255, 255, 255],
  black: [0, 0, 0],
};

/** @throws TypeError for what is not a color, RangeError for one outside 0 to 255 */
export function parseBackground(background: unknown): readonly [red: number, green: number, blue: number] {
  const color = typeof background === "string" ? parseName(background) : background;
  const channels = typeof color === "number" ? [color, color, color] : color;
  if (!Array.isArray(channels) || channels.length !== 3) {
    throw new TypeError(
      `background: expected "#rgb", "#rrggbb", "white", "black", a gray or [r, g, b]; got ${describe(background)}`,
    );
  }
  if (!channels.every((value) => isInteger(value, 0, 255))) {
    throw new RangeError(`background: expected whole numbers from 0 to 255; got ${shown(background)}`);
  }
  return channels as [number, number, number];
}

/** The color that a string names; undefined for none. */
function parseName(name: string): readonly number[] | undefined {
  if (Object.hasOwn(NAMES, name)) return NAMES[name];
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(name);
  const long = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(name);
  const digits = short?.slice(1).map((digit) => digit + digit) ?? long?.slice(1);
  return digits?.map((two) => Number.parseInt(two, 16));
}
