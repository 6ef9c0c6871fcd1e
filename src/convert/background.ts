// A picture with alpha laid on a colour.
import { conversionKernels } from "../fallback/index.ts";
import { kernels } from "../kernels.ts";
import type { Rows } from "../rows.ts";
import { convertMode } from "./mode.ts";

/** "#rgb", "#rrggbb", "white", "black", a grey of 0 to 255, or [red, green, blue]. */
export type Background = string | number | readonly [red: number, green: number, blue: number];

/**
 * Rows of LA or RGBA laid on a colour, as L (on a grey) or RGB, rounded as Pillow's `paste` with a mask rounds; rows without
 * alpha as they are. To be called inside `scratch`. @throws what `parseBackground` throws
 */
export function onBackground(rows: Rows, background: Background): Rows {
  const [red, green, blue] = parseBackground(background);
  if (rows.mode !== "LA" && rows.mode !== "RGBA") return rows;
  if (rows.mode === "LA" && !(red === green && green === blue)) rows = convertMode(rows, "RGBA");
  const { reserve } = kernels();
  const convert = conversionKernels();
  const { width, height } = rows;
  const channels = rows.mode === "LA" ? 2 : 4;
  const colour = channels === 2 ? red * 0x01010101 : red | (green << 8) | (blue << 16);
  const source = rows;
  const chunk = Math.max(1, Math.min(height, Math.floor(CHUNK_BYTES / (width * channels))));
  const pixels = reserve(chunk * width * channels);
  return {
    mode: channels === 2 ? "L" : "RGB",
    width,
    height,
    read(y, count, dst) {
      for (const end = y + count; y < end; ) {
        const now = Math.min(chunk, end - y);
        source.read(y, now, pixels);
        convert.blend(pixels, now * width, channels, dst, colour);
        y += now;
        dst += now * width * (channels - 1);
      }
    },
  };
}

/** What stays in the first-level cache between two stages. */
const CHUNK_BYTES = 16_384;

const NAMES: Readonly<Record<string, readonly [number, number, number]>> = {
  white: [255, 255, 255],
  black: [0, 0, 0],
};

/** @throws TypeError for what is no colour, RangeError for one outside 0 to 255 */
export function parseBackground(background: unknown): readonly [red: number, green: number, blue: number] {
  if (typeof background === "string") {
    const named = Object.hasOwn(NAMES, background) ? NAMES[background] : undefined;
    if (named !== undefined) return named;
    const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(background);
    const long = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(background);
    const digits = short?.slice(1).map((digit) => digit + digit) ?? long?.slice(1);
    if (digits === undefined) {
      throw new TypeError(
        `background "${background}": expected "#rgb", "#rrggbb", "white", "black", a grey or [r, g, b]`,
      );
    }
    return digits.map((two) => Number.parseInt(two, 16)) as [number, number, number];
  }
  const colour = typeof background === "number" ? [background, background, background] : background;
  if (!Array.isArray(colour) || colour.length !== 3) {
    throw new TypeError(
      `background ${JSON.stringify(background)}: expected "#rgb", "#rrggbb", "white", "black", a grey or [r, g, b]`,
    );
  }
  if (!colour.every((value) => Number.isInteger(value) && value >= 0 && value <= 255)) {
    throw new RangeError(`background ${JSON.stringify(background)}: expected whole numbers from 0 to 255`);
  }
  return colour as [number, number, number];
}
