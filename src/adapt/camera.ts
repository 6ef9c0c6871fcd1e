// Frames as cameras and video decoders give them: luma, and chroma at half the resolution.
import { bytesOf, dtypeOf } from "../dtype.ts";
import { checkSides } from "../frame.ts";
import { describe, tagOf } from "../messages.ts";
import { checkOneOf, checkType } from "../options.ts";
import { checkWholeSides, eachBand, type Rows } from "../rows.ts";
import { fieldsOf } from "./fields.ts";

/** WebCodecs' names, and what else they are called. */
const FORMATS: Readonly<Record<string, Format>> = {
  I420: "I420",
  YUV420P: "I420",
  NV12: "NV12",
  YUY2: "YUY2",
  YUYV: "YUY2",
  YUYV422: "YUY2",
};

export type Format = "I420" | "NV12" | "YUY2";

/** Formats that are known and not read: taken for gray or RGB they would give garbage. */
const OTHERS =
  /^(NV(16|21|24|42)|YV12|IYUV|UYVY|YVYU|VYUY|I(010|210|410|422|444)\w*|P0?1[06]\w*|YUVJ?\d{3}P?\w*|AYUV|UYVY422)$/;

export interface CameraPixels {
  readonly data: unknown;
  readonly width: number;
  readonly height: number;
  /** Bytes from one row of luma to the next (of luma and chroma, for YUY2); I420's chroma rows have half of them. */
  readonly stride?: number | undefined;
}

/** The camera format that a picture names; undefined for other words in its place. @throws RangeError for one that is not read */
export function formatOf(format: unknown): Format | undefined {
  if (typeof format !== "string") return undefined;
  const name = format.toUpperCase();
  if (OTHERS.test(name) && FORMATS[name] === undefined) {
    throw new RangeError(`format: expected "I420", "NV12" or "YUY2"; got ${describe(format)}. Convert it first`);
  }
  return FORMATS[name];
}

/** How a format lies: where luma and the two chromas of pixel (x, y) are. */
interface Planes {
  readonly luma: (x: number, y: number) => number;
  readonly blue: (x: number, y: number) => number;
  readonly red: (x: number, y: number) => number;
  /** Bytes that are needed. */
  readonly length: number;
}

function planesOf(format: Format, width: number, height: number, given: number | undefined): Planes {
  const [columns, rows] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  if (format === "YUY2") {
    const stride = given ?? columns * 4;
    return {
      luma: (x, y) => y * stride + x * 2,
      blue: (x, y) => y * stride + (x >> 1) * 4 + 1,
      red: (x, y) => y * stride + (x >> 1) * 4 + 3,
      length: (height - 1) * stride + columns * 4,
    };
  }
  const stride = given ?? width;
  const luma = (x: number, y: number) => y * stride + x;
  const chroma = height * stride;
  if (format === "NV12") {
    const step = given ?? columns * 2;
    const blue = (x: number, y: number) => chroma + (y >> 1) * step + (x >> 1) * 2;
    return { luma, blue, red: (x, y) => blue(x, y) + 1, length: chroma + (rows - 1) * step + columns * 2 };
  }
  const step = given === undefined ? columns : Math.ceil(given / 2);
  const blue = (x: number, y: number) => chroma + (y >> 1) * step + (x >> 1);
  return { luma, blue, red: (x, y) => blue(x, y) + rows * step, length: chroma + (2 * rows - 1) * step + columns };
}

/** Red's and blue's share of luma: ITU-R BT.601-7, 2.5.1, and BT.709-6, 3.2. */
const SHARES = { bt601: [0.299, 0.114], bt709: [0.2126, 0.0722] } as const;

/** WebCodecs' names for the same, and ours. */
const MATRICES: Readonly<Record<string, keyof typeof SHARES>> = {
  bt601: "bt601",
  smpte170m: "bt601",
  bt470bg: "bt601",
  bt709: "bt709",
};

/**
 * RGB rows of a camera's frame. Chroma counts for all pixels that share it; values are rounded. Without a `colorSpace` it is
 * BT.601 in limited range, as OpenCV and FFmpeg take it.
 * @throws for data, sides or a `colorSpace` that do not fit
 */
export function cameraRows(format: Format, pixels: CameraPixels, colorSpace: unknown): Rows {
  const { data, width, height, stride } = pixels;
  const view = /ArrayBuffer$/.test(tagOf(data)) ? bytesOf(data as ArrayBuffer) : data;
  if (dtypeOf(view) !== "uint8")
    throw new TypeError(`data: expected the bytes of a ${format} frame; got ${describe(data)}`);
  checkWholeSides(width, height);
  checkSides(width, height);
  const bytes = bytesOf(view as Uint8Array);
  const { luma, blue, red, length } = planesOf(format, width, height, stride);
  if (bytes.length < length) {
    throw new RangeError(
      `data: expected ${length} bytes for ${width}×${height} pixels as ${format}; got ${bytes.length}`,
    );
  }
  const { gain, black, toRed, toBlue, redToGreen, blueToGreen } = factorsOf(colorSpace);
  return eachBand("RGB", width, height, (y, count, dst) => {
    // Rounded and clamped by the array itself.
    const out = new Uint8ClampedArray(dst.buffer, dst.byteOffset, count * width * 3);
    for (let row = y, next = 0; row < y + count; row++) {
      for (let x = 0; x < width; x++) {
        const light = (bytes[luma(x, row)]! - black) * gain;
        const [u, v] = [bytes[blue(x, row)]! - 128, bytes[red(x, row)]! - 128];
        out[next++] = light + toRed * v;
        out[next++] = light - redToGreen * v - blueToGreen * u;
        out[next++] = light + toBlue * u;
      }
    }
  });
}

function factorsOf(colorSpace: unknown) {
  const { matrix = "bt601", fullRange = false } = fieldsOf(colorSpace ?? {});
  checkOneOf("colorSpace.matrix", matrix, Object.keys(MATRICES));
  checkType("colorSpace.fullRange", fullRange, "boolean");
  const [red, blue] = SHARES[MATRICES[matrix as string]!];
  const green = 1 - red - blue;
  // Limited range: luma of 16 to 235, chroma of 16 to 240.
  const gain = fullRange ? 1 : 255 / 219;
  const chroma = fullRange ? 1 : 255 / 224;
  return {
    gain,
    black: fullRange ? 0 : 16,
    toRed: 2 * (1 - red) * chroma,
    toBlue: 2 * (1 - blue) * chroma,
    redToGreen: ((2 * (1 - red) * red) / green) * chroma,
    blueToGreen: ((2 * (1 - blue) * blue) / green) * chroma,
  };
}
