// Coefficients → samples → pixels, to the bit as libjpeg-turbo does by default, which is what Pillow shows: the accurate
// integer inverse DCT (jidctint.c), triangle-filtered chroma (jdsample.c, "fancy upsampling"), integer color conversion
// (jdcolor.c).

/** Samples of a component, in rows of `stride`. */
export interface Samples {
  readonly data: Uint8Array;
  readonly stride: number;
}

// Fixed point with 13 bits, jidctint.c's constants: combinations of cosines of multiples of π/16 by √2 (Loeffler, Ligtenberg
// and Moschytz, 1989).
const FIX_0_298631336 = 2446;
const FIX_0_390180644 = 3196;
const FIX_0_541196100 = 4433;
const FIX_0_765366865 = 6270;
const FIX_0_899976223 = 7373;
const FIX_1_175875602 = 9633;
const FIX_1_501321110 = 12299;
const FIX_1_847759065 = 15137;
const FIX_1_961570560 = 16069;
const FIX_2_053119869 = 16819;
const FIX_2_562915447 = 20995;
const FIX_3_072711026 = 25172;

const work = new Int32Array(64);

/** One block: dequantized, transformed, written as 8 × 8 samples. */
export function inverseDct(
  coefficients: Int16Array,
  from: number,
  divisors: Uint16Array,
  { data, stride }: Samples,
  to: number,
): void {
  for (let x = 0; x < 8; x++) {
    const at = from + x;
    const level = coefficients[at]! * divisors[x]!;
    if (
      (coefficients[at + 8]! | coefficients[at + 16]! | coefficients[at + 24]! | coefficients[at + 32]!) === 0 &&
      (coefficients[at + 40]! | coefficients[at + 48]! | coefficients[at + 56]!) === 0
    ) {
      for (let i = x; i < 64; i += 8) work[i] = level << 2;
      continue;
    }
    transform(
      level,
      coefficients[at + 8]! * divisors[x + 8]!,
      coefficients[at + 16]! * divisors[x + 16]!,
      coefficients[at + 24]! * divisors[x + 24]!,
      coefficients[at + 32]! * divisors[x + 32]!,
      coefficients[at + 40]! * divisors[x + 40]!,
      coefficients[at + 48]! * divisors[x + 48]!,
      coefficients[at + 56]! * divisors[x + 56]!,
    );
    for (let i = 0; i < 8; i++) work[x + 8 * i] = (line[i]! + 1024) >> 11;
  }
  for (let y = 0; y < 64; y += 8, to += stride) {
    transform(
      work[y]!,
      work[y + 1]!,
      work[y + 2]!,
      work[y + 3]!,
      work[y + 4]!,
      work[y + 5]!,
      work[y + 6]!,
      work[y + 7]!,
    );
    for (let i = 0; i < 8; i++) {
      const value = ((line[i]! + 131072) >> 18) + 128;
      data[to + i] = value < 0 ? 0 : value > 255 ? 255 : value;
    }
  }
}

const line = new Int32Array(8);

/** jidctint.c's one-dimensional transform, into `line`, 13 bits of fraction. */
function transform(
  s0: number,
  s1: number,
  s2: number,
  s3: number,
  s4: number,
  s5: number,
  s6: number,
  s7: number,
): void {
  const even = Math.imul(s2 + s6, FIX_0_541196100);
  const even2 = even - Math.imul(s6, FIX_1_847759065);
  const even3 = even + Math.imul(s2, FIX_0_765366865);
  const sum = (s0 + s4) << 13;
  const difference = (s0 - s4) << 13;
  const [e0, e1, e2, e3] = [sum + even3, difference + even2, difference - even2, sum - even3];

  const z5 = Math.imul(s7 + s3 + s5 + s1, FIX_1_175875602);
  const z1 = -Math.imul(s7 + s1, FIX_0_899976223);
  const z2 = -Math.imul(s5 + s3, FIX_2_562915447);
  const z3 = z5 - Math.imul(s7 + s3, FIX_1_961570560);
  const z4 = z5 - Math.imul(s5 + s1, FIX_0_390180644);
  const o0 = Math.imul(s7, FIX_0_298631336) + z1 + z3;
  const o1 = Math.imul(s5, FIX_2_053119869) + z2 + z4;
  const o2 = Math.imul(s3, FIX_3_072711026) + z2 + z3;
  const o3 = Math.imul(s1, FIX_1_501321110) + z1 + z4;

  line[0] = e0 + o3;
  line[7] = e0 - o3;
  line[1] = e1 + o2;
  line[6] = e1 - o2;
  line[2] = e2 + o1;
  line[5] = e2 - o1;
  line[3] = e3 + o0;
  line[4] = e3 - o0;
}

/** A component at its own resolution: `width` × `height` samples of its `h` × `v` share. */
export interface Component extends Samples {
  readonly width: number;
  readonly height: number;
  /** How many pixels of the picture a sample spans. */
  readonly across: number;
  readonly down: number;
}

/**
 * Row `y` of the picture, of one component, into `row` (longer than the picture is wide by up to `across` samples).
 * jdsample.c: triangle filter for halves, where the component is more than two samples wide; else samples repeated.
 */
export function upsampledRow(component: Component, y: number, row: Uint8Array): void {
  const { data, stride, width, height, across, down } = component;
  const y0 = Math.floor(y / down);
  const from = y0 * stride;
  const smooth = width > 2;
  if (across === 1 && down === 1) {
    row.set(data.subarray(from, from + width));
  } else if (across === 2 && down === 1 && smooth) {
    widened(data, from, width, row);
  } else if (down === 2 && (across === 1 || (across === 2 && smooth))) {
    // The nearer row counts three times; at the edges the row itself stands for its neighbor.
    const neighbor = y % 2 === 0 ? Math.max(0, y0 - 1) : Math.min(height - 1, y0 + 1);
    if (across === 2) blended(data, from, neighbor * stride, width, row);
    else halved(data, from, neighbor * stride, width, row, y % 2 === 0 ? 1 : 2);
  } else {
    for (let x = 0, o = 0; x < width; x++) for (let i = 0; i < across; i++) row[o++] = data[from + x]!;
  }
}

/** h2v1_fancy_upsample. */
function widened(data: Uint8Array, from: number, width: number, row: Uint8Array): void {
  const last = width - 1;
  for (let x = 0, o = 0; x <= last; x++) {
    const here = data[from + x]! * 3;
    row[o++] = x === 0 ? data[from]! : (here + data[from + x - 1]! + 1) >> 2;
    row[o++] = x === last ? data[from + last]! : (here + data[from + x + 1]! + 2) >> 2;
  }
}

/** h1v2_fancy_upsample. */
function halved(data: Uint8Array, near: number, far: number, width: number, row: Uint8Array, bias: number): void {
  for (let x = 0; x < width; x++) row[x] = (data[near + x]! * 3 + data[far + x]! + bias) >> 2;
}

/** h2v2_fancy_upsample. */
function blended(data: Uint8Array, near: number, far: number, width: number, row: Uint8Array): void {
  const last = width - 1;
  let here = data[near]! * 3 + data[far]!;
  let before = here;
  for (let x = 0, o = 0; x <= last; x++) {
    const after = x === last ? here : data[near + x + 1]! * 3 + data[far + x + 1]!;
    row[o++] = x === 0 ? (here * 4 + 8) >> 4 : (here * 3 + before + 8) >> 4;
    row[o++] = x === last ? (here * 4 + 7) >> 4 : (here * 3 + after + 7) >> 4;
    before = here;
    here = after;
  }
}

// Chroma's part of red, green and blue, 16 bits of fraction (jdcolor.c, build_ycc_rgb_table).
const TO_RED = new Int32Array(256);
const TO_BLUE = new Int32Array(256);
const RED_TO_GREEN = new Int32Array(256);
const BLUE_TO_GREEN = new Int32Array(256);
for (let i = 0; i < 256; i++) {
  const x = i - 128;
  TO_RED[i] = (91881 * x + 32768) >> 16;
  TO_BLUE[i] = (116130 * x + 32768) >> 16;
  RED_TO_GREEN[i] = -46802 * x;
  BLUE_TO_GREEN[i] = -22554 * x + 32768;
}

const clamped = (value: number) => (value < 0 ? 0 : value > 255 ? 255 : value);

/** Luma and chroma of one row → red, green, blue. */
export function rgbOfYcc(
  y: Uint8Array,
  cb: Uint8Array,
  cr: Uint8Array,
  width: number,
  to: Uint8Array,
  at: number,
): void {
  for (let x = 0; x < width; x++) {
    const [luma, blue, red] = [y[x]!, cb[x]!, cr[x]!];
    to[at++] = clamped(luma + TO_RED[red]!);
    to[at++] = clamped(luma + ((BLUE_TO_GREEN[blue]! + RED_TO_GREEN[red]!) >> 16));
    to[at++] = clamped(luma + TO_BLUE[blue]!);
  }
}

/** One row of inks as the file holds them, white being 255 → red, green, blue, by Pillow's "CMYK;I" and convert("RGB"). */
export function rgbOfCmyk(inks: readonly Uint8Array[], width: number, to: Uint8Array, at: number): void {
  const [c, m, y, k] = inks as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  for (let x = 0; x < width; x++) {
    const white = k[x]!;
    for (const ink of [c, m, y]) {
      const product = (255 - ink[x]!) * white + 128;
      to[at++] = white - (((product >> 8) + product) >> 8);
    }
  }
}

/** YCCK: luma and chroma stand for the complement of the inks (jdcolor.c, ycck_cmyk_convert), in place. */
export function inksOfYcc(y: Uint8Array, cb: Uint8Array, cr: Uint8Array, width: number): void {
  const rgb = new Uint8Array(width * 3);
  rgbOfYcc(y, cb, cr, width, rgb, 0);
  for (let x = 0; x < width; x++) {
    y[x] = 255 - rgb[3 * x]!;
    cb[x] = 255 - rgb[3 * x + 1]!;
    cr[x] = 255 - rgb[3 * x + 2]!;
  }
}
