// Pictures that find the corners of an encoder: what is constant, what repeats, what never does, and what looks like a photograph.
import { kernels } from "../../src/kernels.ts";
import { BYTES_PER_PIXEL, packedRows, type Rows } from "../../src/rows.ts";
import { random } from "./random.ts";

export type Channels = 1 | 2 | 3 | 4;

/** 8-bit samples, rows from the top, channels interleaved. */
export interface Picture {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: Channels;
}

const MODE_OF = { 1: "L", 2: "LA", 3: "RGB", 4: "RGBA" } as const;

type Content = (x: number, y: number, c: number, next: () => number) => number;
export const CONTENTS: Readonly<Record<string, Content>> = {
  constant: (_x, _y, c) => 40 * c + 7,
  black: () => 0,
  gradient: (x, y, c) => x + 2 * y + c,
  noise: (_x, _y, _c, next) => next() * 256,
  palette: (x, y, c) => [12, 200, 77, 255][((((x >> 3) * 7 + (y >> 2) * 5) % 4) ^ c) & 3]!,
  dither: (_x, _y, _c, next) => (next() < 0.5 ? 0 : 255),
  "rows repeated": (x, _y, c) => (x * 73 + c * 31) ^ (x >> 2),
  "rows zero": (x, y, c) => (y % 3 === 0 ? x * c : 0),
  alternating: (x, y) => ((x + y) % 2) * 255,
  speckles: (_x, _y, _c, next) => (next() < 0.01 ? 200 : 3),
  smooth: (x, y, c, next) => 128 + 60 * Math.sin(x / 17 + c) + 50 * Math.cos(y / 23) + next() * 3,
  gray: (x, y) => (x * y) >> 3,
  // Huffman codes of every length, and the longest ones in a row: 9 of 10 values are few, then 16 are anything.
  bursts: (x, y, _c, next) => (((x >> 4) * 7 + y * 3) % 10 === 0 ? next() * 256 : -Math.log2(1 - next())),
};

export function picture(name: string, width: number, height: number, channels: Channels, seed = 1): Picture {
  const data = new Uint8Array(width * height * channels);
  const next = random(seed);
  const content = CONTENTS[name]!;
  for (let i = 0, y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) for (let c = 0; c < channels; c++) data[i++] = content(x, y, c, next);
  }
  return { data, width, height, channels };
}

export function rowsOf({ data, width, height, channels }: Picture): Rows {
  return packedRows(data, MODE_OF[channels], width, height);
}

/** The same rows, handed over in bands of another height. */
export function inBandsOf(size: number, rows: Rows): Rows {
  const stride = rows.width * BYTES_PER_PIXEL[rows.mode];
  return {
    ...rows,
    read(y, count, dst) {
      for (let done = 0; done < count; done += size)
        rows.read(y + done, Math.min(size, count - done), dst + done * stride);
      // What lies behind the rows is anyone's: it must not show.
      kernels().u8.fill((y * 31 + size) & 255, dst + count * stride, dst + count * stride + 32);
    },
  };
}

/** `toEqual` walks arrays too slowly. */
export function same(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
