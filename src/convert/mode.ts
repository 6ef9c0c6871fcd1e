// Rows of mode L, LA, RGB or RGBA → Rows in another of Pillow's modes, equal to the bit to what Pillow 12's Image.convert gives.
import { kernels } from "../kernels.ts";
import { BYTES_PER_PIXEL, type Mode, type Rows } from "../rows.ts";
import { ditherBilevel, ditherWeb } from "./dither.ts";
import { octree } from "./octree.ts";
import { type Conversion, pixelwise } from "./pixelwise.ts";

type SourceMode = "L" | "LA" | "RGB" | "RGBA";

/** The modes that pixels can be converted to. */
export type TargetMode = Exclude<Mode, "RGB;16">;

/**
 * The same picture in another mode, converted band by band as it is read. Reserves kernel memory: call and read it inside
 * one `scratch`. @throws RangeError for rows of any other mode than the four, in Pillow's words
 */
export function convertMode(rows: Rows, mode: TargetMode): Rows {
  if (rows.mode === mode) return rows;
  const conversion = CONVERSIONS[rows.mode as SourceMode]?.[mode as never] as Conversion | undefined;
  if (conversion === undefined) throw new RangeError(`conversion from ${rows.mode} to ${mode} not supported`);
  return conversion(rows);
}

/** A constant byte in a `bytes` map. */
const fill = (value: number) => 0x100 | value;

/** Every byte of the result is a byte of the source pixel (its number k), its complement (~k), or a constant. */
function bytes(mode: Mode, map: readonly number[]): Conversion {
  return (rows) => {
    const { u8, reserve } = kernels();
    const inBytes = BYTES_PER_PIXEL[rows.mode];
    const table = reserve(32);
    u8.fill(0x80, table, table + 16);
    u8.fill(0, table + 16, table + 32);
    for (let i = 0; i < 16; i++) {
      const from = map[i % map.length]!;
      const source = (from < 0 ? ~from : from) + Math.floor(i / map.length) * inBytes;
      if (from < 0x100 && source < 16) u8[table + i] = source;
      u8[table + 16 + i] = from < 0 ? 0xff : from & 0x100 ? from & 0xff : 0;
    }
    return pixelwise(mode, (convert, src, n, dst) => convert.remap(src, n, inBytes, dst, map.length, table))(rows);
  };
}

/** RGB or RGBA of what was given as BGR or BGRA. */
export function redBlueSwapped(rows: Rows): Rows {
  return bytes(rows.mode, rows.mode === "RGB" ? [2, 1, 0] : [2, 1, 0, 3])(rows);
}

/** One conversion after another. */
function via(...modes: readonly TargetMode[]): Conversion {
  return (rows) => modes.reduce(convertMode, rows);
}

const luma = pixelwise("L", (convert, src, n, dst, channels) => convert.luma(src, channels, n, dst));
const lumaAlpha = pixelwise("LA", (convert, src, n, dst) => convert.lumaAlpha(src, n, dst));
const lumaTruncated = pixelwise("L", (convert, src, n, dst, channels) => convert.lumaTruncated(src, channels, n, dst));

/** JFIF's YCbCr in 64ths, each product rounded as in the tables of Pillow's ConvertYCbCr.c: half added, then truncated. */
const yCbCr: Conversion = (rows) => {
  const { reserve, buffer } = kernels();
  const table = reserve(3 * 2048);
  const shares = new Int16Array(buffer, table, 3 * 1024);
  for (let value = 0; value < 256; value++) {
    for (let c = 0; c < 3; c++) {
      const share = JFIF[c]!.map((weight) => Math.trunc(64 * weight * value + 0.5));
      // The 128 that Cb and Cr are counted from comes with blue.
      shares.set(
        share.map((v, axis) => (c === 2 && axis > 0 ? v + 128 * 64 : v)),
        c * 1024 + value * 4,
      );
    }
  }
  return pixelwise("YCbCr", (convert, src, n, dst, channels) => convert.yCbCr(src, channels, n, dst, table))(rows);
};

/** Shares of red, green and blue in Y, Cb and Cr. */
const JFIF = [
  [0.299, -0.16874, 0.5],
  [0.587, -0.33126, -0.41869],
  [0.114, 0.5, -0.08131],
];

function grayPalette(): Uint8Array {
  return Uint8Array.from({ length: 768 }, (_, i) => Math.floor(i / 3));
}

/** Adds a palette to the rows of a conversion. */
const withPalette =
  (palette: () => Uint8Array, conversion: Conversion): Conversion =>
  (rows) => ({ ...conversion(rows), palette: palette() });

// Gray has the same bytes in every mode but P, where Pillow makes the indices the grays.
const grayBytes = {
  RGB: bytes("RGB", [0, 0, 0]),
  CMYK: bytes("CMYK", [fill(0), fill(0), fill(0), ~0]),
  YCbCr: bytes("YCbCr", [0, fill(128), fill(128)]),
};

// Where Pillow has no conversion of its own it goes through L (from LA) or RGB (from RGBA), and so drops the alpha.
const CONVERSIONS: { readonly [from in SourceMode]: Readonly<Record<Exclude<TargetMode, from>, Conversion>> } = {
  L: {
    ...grayBytes,
    "1": ditherBilevel,
    LA: bytes("LA", [0, fill(255)]),
    P: withPalette(grayPalette, bytes("P", [0])),
    I: bytes("I", [0, fill(0), fill(0), fill(0)]),
    "I;16": bytes("I;16", [0, fill(0)]),
    RGBA: bytes("RGBA", [0, 0, 0, fill(255)]),
    RGBX: bytes("RGBX", [0, 0, 0, fill(255)]),
  },
  LA: {
    ...grayBytes,
    "1": via("L", "1"),
    L: bytes("L", [0]),
    P: via("L", "P"),
    I: via("L", "I"),
    "I;16": via("L", "I;16"),
    RGBA: bytes("RGBA", [0, 0, 0, 1]),
    RGBX: bytes("RGBX", [0, 0, 0, 1]),
  },
  RGB: {
    "1": (rows) => ditherBilevel(lumaTruncated(rows)),
    L: luma,
    LA: via("L", "LA"),
    P: ditherWeb,
    I: via("L", "I"),
    "I;16": via("L", "I;16"),
    RGBA: bytes("RGBA", [0, 1, 2, fill(255)]),
    RGBX: bytes("RGBX", [0, 1, 2, fill(255)]),
    CMYK: bytes("CMYK", [~0, ~1, ~2, fill(0)]),
    YCbCr: yCbCr,
  },
  RGBA: {
    "1": (rows) => ditherBilevel(lumaTruncated(rows)),
    L: luma,
    LA: lumaAlpha,
    P: octree,
    I: via("L", "I"),
    "I;16": via("L", "I;16"),
    RGB: bytes("RGB", [0, 1, 2]),
    RGBX: bytes("RGBX", [0, 1, 2, fill(255)]),
    CMYK: bytes("CMYK", [~0, ~1, ~2, fill(0)]),
    YCbCr: yCbCr,
  },
};
