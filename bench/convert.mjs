// Array → 8 bits against JavaScript, at 1080p and 4K, three channels. "plain" is the loop that one writes; "best" is what
// can be got out of JavaScript by bit tricks, unrolling and packed stores. Every row is verified before it is timed, all
// peers run in turns in one process, and the least of the rounds counts.
import { normalize } from "../build/modules/convert/normalize.js";
import { toPlanes } from "../build/modules/decode/planes.js";
import { conversionKernels } from "../build/modules/fallback/index.js";
import { kernels } from "../build/modules/kernels.js";
import { random } from "./images.mjs";

const smoke = process.argv.includes("--smoke");
const ROUNDS = smoke ? 1 : 9;
const SIZES = smoke
  ? [["64×48", 64, 48]]
  : [
      ["1080p", 1920, 1080],
      ["4K", 3840, 2160],
    ];
const [UNIT, CLIP] = [0, 2];

/** Least milliseconds of each of the functions, run in turns. */
function time(functions) {
  const least = functions.map(() => Infinity);
  for (let round = 0; round < ROUNDS; round++) {
    functions.forEach((run, i) => {
      const start = performance.now();
      run();
      least[i] = Math.min(least[i], performance.now() - start);
    });
  }
  return least;
}

function row(name, goal, size, { plain, best, ours, same }) {
  if (!same()) throw new Error(`${name} at ${size}: results differ`);
  const [plainMs, oursMs, bestMs] = time(best ? [plain, ours, best] : [plain, ours]);
  const ratio = plainMs / oursMs;
  const cells = [
    name.padEnd(44),
    size.padEnd(6),
    plainMs.toFixed(2).padStart(8),
    (bestMs?.toFixed(2) ?? "–").padStart(8),
    oursMs.toFixed(2).padStart(8),
    `${ratio.toFixed(1)}×`.padStart(8),
    (bestMs ? `${(bestMs / oursMs).toFixed(1)}×` : "–").padStart(8),
    goal ? `≥ ${goal}×${!smoke && ratio < goal ? "  MISSED" : ""}` : "",
  ];
  console.log(cells.join(" "));
}

const equal = (a, b) =>
  Buffer.compare(Buffer.from(a.buffer, a.byteOffset, a.length), Buffer.from(b.buffer, b.byteOffset, b.length)) === 0;

// The loops that one writes.
function plainRange(a) {
  let [min, max, nan] = [Infinity, -Infinity, 0];
  for (let i = 0; i < a.length; i++) {
    const x = a[i];
    if (Number.isNaN(x)) nan++;
    if (x < min) min = x;
    if (x > max) max = x;
  }
  return [min, max, nan];
}

const plainScale = (a, o) => {
  for (let i = 0; i < a.length; i++) o[i] = Math.fround(a[i] * 255);
};
const plainScale64 = (a, o) => {
  for (let i = 0; i < a.length; i++) o[i] = a[i] * 255;
};
const plainClip = (a, o) => {
  for (let i = 0; i < a.length; i++) {
    const x = a[i];
    o[i] = x > 255 ? 255 : x > 0 ? x : 0;
  }
};
const plainClip64 = (a, o) => {
  for (let i = 0; i < a.length; i++) {
    const x = a[i];
    o[i] = x > 255 ? 255 : x > 0 ? x : 0;
  }
};
const plainClip32 = (a, o) => {
  for (let i = 0; i < a.length; i++) {
    const x = a[i];
    o[i] = x > 255 ? 255 : x > 0 ? x : 0;
  }
};
const plainRange64 = new Function("a", `return (${plainRange})(a)`);
const plainRange8 = new Function("a", `return (${plainRange})(a)`);
const plainRange32 = new Function("a", `return (${plainRange})(a)`);

// The best in JavaScript. Range: two independent chains. The bits of a float32 order as integers do, sign aside, but min
// and max over an Int32Array are no faster than this in V8.
function bestRange(a) {
  let a0 = Infinity;
  let a1 = Infinity;
  let b0 = -Infinity;
  let b1 = -Infinity;
  let nan = 0;
  for (let i = 0; i < a.length; i += 2) {
    const x = a[i];
    const y = a[i + 1];
    if (x < a0) a0 = x;
    if (y < a1) a1 = y;
    if (x > b0) b0 = x;
    if (y > b1) b1 = y;
    const sum = x + y;
    if (Number.isNaN(sum)) nan += Number.isNaN(x) + Number.isNaN(y);
  }
  return [Math.min(a0, a1), Math.max(b0, b1), nan];
}

/** Four bytes a store. */
const bestScale = (a, o) => {
  const words = new Uint32Array(o.buffer, o.byteOffset, o.length >> 2);
  for (let i = 0, j = 0; j < words.length; i += 4, j++) {
    words[j] =
      Math.fround(a[i] * 255) |
      (Math.fround(a[i + 1] * 255) << 8) |
      (Math.fround(a[i + 2] * 255) << 16) |
      (Math.fround(a[i + 3] * 255) << 24);
  }
};
/** Truncated to an integer first: integer selects are cheaper than float comparisons. */
const bestClip = (a, o) => {
  const words = new Uint32Array(o.buffer, o.byteOffset, o.length >> 2);
  const byte = (x) => {
    const i = x | 0;
    return i & ~255 ? (x > 255 ? 255 : 0) : i;
  };
  for (let i = 0, j = 0; j < words.length; i += 4, j++) {
    words[j] = byte(a[i]) | (byte(a[i + 1]) << 8) | (byte(a[i + 2]) << 16) | (byte(a[i + 3]) << 24);
  }
};

/** A kernel over an array, tile by tile as the library does it, the copying in included. */
function tiles(array, run) {
  const { scratch, reserve, buffer } = kernels();
  const size = array.BYTES_PER_ELEMENT;
  scratch(() => {
    const count = (1 << 18) / size;
    const src = reserve(1 << 18);
    const dst = reserve(count);
    const into = new array.constructor(buffer, src, count);
    for (let i = 0; i < array.length; i += count) {
      const part = array.subarray(i, i + count);
      into.set(part);
      run(src, part.length, dst, i);
    }
  });
}

function ourRange(array, kernel) {
  const { scratch, reserve, buffer } = kernels();
  return scratch(() => {
    const out = reserve(16);
    const values = new Float64Array(buffer, out, 2);
    let [min, max, nan] = [Infinity, -Infinity, 0];
    tiles(array, (src, n) => {
      nan += kernel(src, n, out);
      min = Math.min(min, values[0]);
      max = Math.max(max, values[1]);
    });
    return [min, max, nan];
  });
}

/** Converted and left where the encoder takes it; `out` receives a copy for the verification. */
function ourScale(array, kernel, rule, out) {
  const { u8 } = kernels();
  tiles(array, (src, n, dst, at) => {
    kernel(rule, src, n, dst, 0, 255);
    out?.set(u8.subarray(dst, dst + n), at);
  });
}

function ourConvert(frame, out) {
  const { reserve, u8 } = kernels();
  const stride = frame.width * frame.channels;
  normalize(frame, { onWarning() {} }, ({ rows }) => {
    const band = Math.min(frame.height, Math.floor(400_000 / stride));
    const dst = reserve(band * stride);
    for (let y = 0; y < frame.height; y += band) {
      const count = Math.min(band, frame.height - y);
      rows.read(y, count, dst);
      out?.set(u8.subarray(dst, dst + count * stride), y * stride);
    }
  });
}

console.log(`${"milliseconds".padEnd(44)} ${"size".padEnd(6)}    plain     best     ours vs plain  vs best goal`);
for (const [size, width, height] of SIZES) {
  const n = width * height * 3;
  const pixels = width * height;
  const next = random(1);
  const floats = Float32Array.from({ length: n }, next);
  const wide = floats.map((x) => x * 300 - 20);
  const doubles = Float64Array.from(floats);
  const wide64 = Float64Array.from(wide);
  const ints = Int32Array.from(wide);
  const bytes = Uint8Array.from(floats, (x) => x * 256);
  const [a, b] = [new Uint8Array(n), new Uint8Array(n)];
  const k = conversionKernels();

  const ranges = [
    ["range of float32: min, max, NaN", 10, floats, k.rangeF32, plainRange, bestRange],
    ["range of float64", null, doubles, k.rangeF64, plainRange64, null],
    ["range of int32", null, ints, k.rangeI32, plainRange32, null],
    ["range of uint8", null, bytes, k.rangeU8, plainRange8, null],
  ];
  for (const [name, goal, array, kernel, plain, best] of ranges) {
    const { scratch, reserve, u8 } = kernels();
    // In kernel memory alone, as the conversion meets it after the copy; and with the copy.
    scratch(() => {
      const count = (1 << 18) / array.BYTES_PER_ELEMENT;
      const src = reserve(1 << 18);
      const out = reserve(16);
      u8.set(new Uint8Array(array.buffer, 0, Math.min(1 << 18, array.byteLength)), src);
      row(name, goal, size, {
        plain: () => plain(array),
        best: best && (() => best(array)),
        ours: () => {
          for (let i = 0; i < array.length; i += count) kernel(src, Math.min(count, array.length - i), out);
        },
        same: () =>
          String(plain(array)) === String(ourRange(array, kernel)) &&
          (!best || String(best(array)) === String(plain(array))),
      });
    });
    row(`${name}, copied in`, null, size, {
      plain: () => plain(array),
      best: best && (() => best(array)),
      ours: () => ourRange(array, kernel),
      same: () => true,
    });
  }

  const scales = [
    ["float32 [0,1] → uint8", 6, floats, k.scaleF32, UNIT, plainScale, bestScale],
    ["float32 clipped", 10, wide, k.scaleF32, CLIP, plainClip, bestClip],
    ["float64 [0,1] → uint8", null, doubles, k.scaleF64, UNIT, plainScale64, null],
    ["float64 clipped", null, wide64, k.scaleF64, CLIP, plainClip64, null],
    [
      "int32 clipped",
      null,
      ints,
      k.scaleI32,
      CLIP,
      plainClip32,
      (array, o) => new Uint8ClampedArray(o.buffer).set(array),
    ],
  ];
  for (const [name, goal, array, kernel, rule, plain, best] of scales) {
    const { scratch, reserve, u8 } = kernels();
    scratch(() => {
      const count = (1 << 18) / array.BYTES_PER_ELEMENT;
      const src = reserve(1 << 18);
      const dst = reserve(count);
      u8.set(new Uint8Array(array.buffer, 0, Math.min(1 << 18, array.byteLength)), src);
      row(name, goal, size, {
        plain: () => plain(array, a),
        best: best && (() => best(array, b)),
        ours: () => {
          for (let i = 0; i < array.length; i += count)
            kernel(rule, src, Math.min(count, array.length - i), dst, 0, 255);
        },
        same: () => {
          plain(array, a);
          ourScale(array, kernel, rule, b);
          const right = equal(a, b);
          best?.(array, b);
          return right && equal(a, b);
        },
      });
    });
    row(`${name}, copied in`, null, size, {
      plain: () => plain(array, a),
      best: best && (() => best(array, b)),
      ours: () => ourScale(array, kernel, rule, null),
      same: () => true,
    });
  }

  // Channels first → interleaved.
  const plainFused = () => {
    for (let i = 0; i < pixels; i++)
      for (let c = 0; c < 3; c++) a[3 * i + c] = Math.fround(floats[c * pixels + i] * 255);
  };
  const bestFused = () => {
    const words = new Uint32Array(b.buffer);
    const at = (c, i) => Math.fround(floats[c * pixels + i] * 255) | 0;
    for (let i = 0, j = 0; i < pixels; i += 4, j += 3) {
      words[j] = at(0, i) | (at(1, i) << 8) | (at(2, i) << 16) | (at(0, i + 1) << 24);
      words[j + 1] = at(1, i + 1) | (at(2, i + 1) << 8) | (at(0, i + 2) << 16) | (at(1, i + 2) << 24);
      words[j + 2] = at(2, i + 2) | (at(0, i + 3) << 8) | (at(1, i + 3) << 16) | (at(2, i + 3) << 24);
    }
  };
  const planar = {
    data: floats,
    dtype: "float32",
    height,
    width,
    channels: 3,
    offset: 0,
    strides: { y: width, x: 1, c: pixels },
  };
  const { scratch, reserve, u8 } = kernels();
  scratch(() => {
    const part = Math.min(pixels, 21_760);
    const src = reserve(3 * part * 4);
    const dst = reserve(3 * part);
    u8.set(new Uint8Array(floats.buffer, 0, 3 * part * 4), src);
    row("float32 CHW → uint8 HWC, one pass", 6, size, {
      plain: plainFused,
      best: bestFused,
      ours: () => {
        for (let i = 0; i < pixels; i += part) k.scalePlanesF32(UNIT, src, part, Math.min(part, pixels - i), 3, dst);
      },
      same: () => {
        plainFused();
        ourConvert(planar, b);
        const right = equal(a, b);
        bestFused();
        return right && equal(a, b);
      },
    });
  });

  // Bytes back to planes.
  const plainPlanes = () => {
    for (let i = 0; i < pixels; i++) for (let c = 0; c < 3; c++) a[c * pixels + i] = bytes[3 * i + c];
  };
  const bestPlanes = () => {
    const words = new Uint32Array(b.buffer);
    const quarter = pixels >> 2;
    for (let i = 0, j = 0; j < quarter; i += 12, j++) {
      words[j] = bytes[i] | (bytes[i + 3] << 8) | (bytes[i + 6] << 16) | (bytes[i + 9] << 24);
      words[quarter + j] = bytes[i + 1] | (bytes[i + 4] << 8) | (bytes[i + 7] << 16) | (bytes[i + 10] << 24);
      words[2 * quarter + j] = bytes[i + 2] | (bytes[i + 5] << 8) | (bytes[i + 8] << 16) | (bytes[i + 11] << 24);
    }
  };
  scratch(() => {
    const part = Math.min(pixels, 130_000);
    const src = reserve(3 * part);
    const dst = reserve(3 * part);
    u8.set(bytes.subarray(0, 3 * part), src);
    row("uint8 HWC → CHW", 8, size, {
      plain: plainPlanes,
      best: bestPlanes,
      ours: () => {
        for (let i = 0; i < pixels; i += part) k.deinterleave(src, Math.min(part, pixels - i), 3, dst, part);
      },
      same: () => {
        plainPlanes();
        bestPlanes();
        return equal(a, b) && equal(a, toPlanes(bytes, 3));
      },
    });
  });

  // The whole conversion: range rule and scaling, the caller's array copied in.
  const packed = (data, dtype) => ({
    data,
    dtype,
    height,
    width,
    channels: 3,
    offset: 0,
    strides: { y: 3 * width, x: 3, c: 1 },
  });
  const wholes = [
    ["whole conversion, float32 [0,1]", 4, floats, "float32", plainRange, plainScale, bestRange, bestScale],
    ["whole conversion, float32 clipped", 4, wide, "float32", plainRange, plainClip, bestRange, bestClip],
    ["whole conversion, float64 [0,1]", null, doubles, "float64", plainRange64, plainScale64, null, null],
    ["whole conversion, int32", null, ints, "int32", plainRange32, plainClip32, null, null],
  ];
  for (const [name, goal, array, dtype, range, scale, fastRange, fastScale] of wholes) {
    row(name, goal, size, {
      plain: () => {
        range(array);
        scale(array, a);
      },
      best:
        fastRange &&
        (() => {
          fastRange(array);
          fastScale(array, b);
        }),
      ours: () => ourConvert(packed(array, dtype), null),
      same: () => {
        scale(array, a);
        ourConvert(packed(array, dtype), b);
        return equal(a, b);
      },
    });
  }
}
