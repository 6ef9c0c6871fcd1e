// Decoded pixels, and the channels that a mode has.
import type { Mode } from "../rows.ts";

export interface Pixels {
  /** Interleaved rows; a copy. */
  readonly data: Uint8Array | Uint16Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

const CHANNELS: Partial<Record<Mode, number>> = { "1": 1, L: 1, LA: 2, RGB: 3, RGBA: 4, "RGB;16": 3 };

/** The mode's channels: gray for RGB and absent alpha filled in, a palette of grays taken as gray. */
export function inChannelsOf(pixels: Pixels, mode: Mode | null): Pixels {
  const channels = (mode !== null && CHANNELS[mode]) || pixels.channels;
  if (channels === pixels.channels) return pixels;
  const { data, width, height } = pixels;
  const from = pixels.channels;
  const opaque = data.BYTES_PER_ELEMENT === 2 ? 65535 : 255;
  const colors = channels - 1 + (channels % 2);
  const fromColors = from - 1 + (from % 2);
  const wide =
    data.BYTES_PER_ELEMENT === 2
      ? new Uint16Array(width * height * channels)
      : new Uint8Array(width * height * channels);
  for (let i = 0, o = 0; o < wide.length; i += from, o += channels) {
    for (let c = 0; c < colors; c++) wide[o + c] = data[i + (fromColors === 1 ? 0 : c)]!;
    if (colors < channels) wide[o + colors] = fromColors < from ? data[i + fromColors]! : opaque;
  }
  return { data: wide, width, height, channels };
}
