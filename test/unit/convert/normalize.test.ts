// Each conversion kernel, in SIMD and as its JavaScript fallback, against a plain scalar loop written here.
import { beforeAll, describe, expect, test } from "@jest/globals";
import type { Range } from "../../../src/convert/index.ts";
import { checkValueOptions, decideRange, normalizedRows, toUint8 } from "../../../src/convert/index.ts";
import { normalize } from "../../../src/convert/normalize.ts";
import { type ConversionKernels, conversionKernels } from "../../../src/fallback/index.ts";
import type { Dtype, Frame, TypedArray } from "../../../src/frame.ts";
import { kernels, selectKernels } from "../../../src/kernels.ts";
import { collect } from "../../../src/rows.ts";
import type { Warning } from "../../../src/warnings.ts";
import { ENGINES } from "../../support/engines.ts";

const { fround } = Math;
const UNIT = 0;
const SIGNED = 1;
const CLIP = 2;
const LINEAR = 3;
const RULES = [UNIT, SIGNED, CLIP, LINEAR];

// 0, 1, lane − 1, lane, lane + 1, two lanes and a tail; around each vector, block and chunk width used in assembly/.
const SIZES = [
  0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 18, 19, 31, 32, 33, 34, 35, 63, 64, 65, 100, 127, 129, 1023, 1041,
];

function random(seed: number): () => number {
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
}

type Suffix = "F32" | "F64" | "F16" | "U8" | "I8" | "U16" | "I16" | "U32" | "I32" | "U64" | "I64";
type Numeric = Exclude<Suffix, "F16">;

interface Kind {
  readonly suffix: Suffix;
  readonly array: (n: number) => TypedArray;
  /** Values worth meeting: edges, and what wraps, saturates or is no number. */
  readonly edges: readonly (number | bigint)[];
}

const I64 = [0n, 1n, -1n, 2n, 127n, 128n, 255n, 256n, -256n, 1n << 31n, 1n << 32n, (1n << 63n) - 1n, -(1n << 63n)];
const FLOATS = [
  0,
  -0,
  1,
  -1,
  0.5,
  NaN,
  Infinity,
  -Infinity,
  254.99998,
  255.00002,
  256,
  1e9,
  2 ** 31,
  2 ** 32,
  3e38,
  1e-30,
  -1e-30,
];

const KINDS: readonly Kind[] = [
  { suffix: "F32", array: (n) => new Float32Array(n), edges: FLOATS },
  { suffix: "F64", array: (n) => new Float64Array(n), edges: [...FLOATS, 1e300, -1e300] },
  { suffix: "U8", array: (n) => new Uint8Array(n), edges: [0, 1, 2, 127, 128, 254, 255] },
  { suffix: "I8", array: (n) => new Int8Array(n), edges: [0, 1, -1, 2, 127, -128] },
  { suffix: "U16", array: (n) => new Uint16Array(n), edges: [0, 1, 255, 256, 32767, 32768, 65535] },
  { suffix: "I16", array: (n) => new Int16Array(n), edges: [0, 1, -1, 255, 256, 32767, -32768] },
  { suffix: "U32", array: (n) => new Uint32Array(n), edges: [0, 1, 255, 256, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1] },
  { suffix: "I32", array: (n) => new Int32Array(n), edges: [0, 1, -1, 255, 256, 2 ** 31 - 1, -(2 ** 31)] },
  { suffix: "U64", array: (n) => new BigUint64Array(n), edges: I64.map((x) => BigInt.asUintN(64, x)) },
  { suffix: "I64", array: (n) => new BigInt64Array(n), edges: I64 },
];

/** The values as `suffix` stores them, at `pointer` in kernel memory. */
function place(kind: Kind, values: readonly (number | bigint)[], pointer: number): TypedArray {
  const array = kind.array(values.length);
  for (let i = 0; i < values.length; i++) (array as { [index: number]: number | bigint })[i] = values[i]!;
  kernels().u8.set(new Uint8Array(array.buffer), pointer);
  return array;
}

function expected(suffix: Numeric, rule: number, value: number, lo: number, hi: number): number {
  const round = suffix === "F32" ? fround : (x: number) => x;
  let y = value;
  if (rule === UNIT) y = round(value * 255);
  else if (rule === SIGNED) y = round(127.5 * round(value + 1));
  else if (rule === LINEAR) {
    y = round(round(round(value - round(lo)) / round(round(hi) - round(lo))) * 255);
  }
  return Number.isNaN(y) ? 0 : Math.trunc(Math.min(255, Math.max(0, y)));
}

function halfToNumber(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const magnitude =
    exponent === 31
      ? (bits & 1023) === 0
        ? Infinity
        : NaN
      : exponent === 0
        ? (bits & 1023) * 2 ** -24
        : (1 + (bits & 1023) / 1024) * 2 ** (exponent - 15);
  return bits & 0x8000 ? -magnitude : magnitude;
}

describe.each(ENGINES)("on %s", (which) => {
  let k: ConversionKernels;
  beforeAll(() => {
    selectKernels(which);
    k = conversionKernels();
  });

  function outOf(pointer: number): [number, number] {
    const [min, max] = new Float64Array(kernels().buffer, pointer, 2);
    return [min!, max!];
  }

  test.each(KINDS)("range and outside, $suffix", (kind) => {
    const range = k[`range${kind.suffix}`];
    const outside = k[`outside${kind.suffix}`];
    kernels().scratch(() => {
      const src = kernels().reserve(1100 * 8);
      const out = kernels().reserve(16);
      const next = random(7);
      for (const n of SIZES) {
        for (let round = 0; round < 4; round++) {
          const fill = () => kind.edges[Math.floor(next() * (round === 0 ? 2 : kind.edges.length))]!;
          const offset = round * kind.array(1).BYTES_PER_ELEMENT;
          const values = Array.from(place(kind, Array.from({ length: n }, fill), src + offset), Number);
          const numbers = values.filter((x) => !Number.isNaN(x));
          expect(range(src + offset, n, out)).toBe(n - numbers.length);
          const [min, max] = outOf(out);
          expect(min === Math.min(...numbers) && max === Math.max(...numbers)).toBe(true);
          for (const [lo, hi] of [
            [0, 255],
            [-1, 1],
            [0.5, 100.25],
            [1e10, 2e10],
            [-300, -200],
            [300, 1e19],
          ] as const) {
            expect(outside(src + offset, n, lo, hi)).toBe(values.filter((x) => x < lo || x > hi).length);
          }
        }
      }
    });
  });

  test.each(KINDS)("an extreme in any lane is found, $suffix", (kind) => {
    const range = k[`range${kind.suffix}`];
    const n = 1024 + 70;
    const size = kind.array(1).BYTES_PER_ELEMENT;
    kernels().scratch(() => {
      const src = kernels().reserve(n * 8);
      const out = kernels().reserve(16);
      for (const edge of kind.edges) {
        const fill = kind.edges[1]!;
        const one = place(kind, [edge], src);
        place(kind, new Array(n).fill(fill), src);
        const bytes = new Uint8Array(one.buffer);
        for (const at of [...Array(130).keys(), ...Array(72).keys()].map((i, j) => (j < 130 ? i : n - 72 + i))) {
          if (at >= n) continue;
          const saved = kernels().u8.slice(src + at * size, src + (at + 1) * size);
          kernels().u8.set(bytes, src + at * size);
          const nan = range(src, n, out);
          const [min, max] = outOf(out);
          const [x, f] = [Number(one[0]!), Number(kind.array(1).fill(fill as never)[0]!)];
          const right = Number.isNaN(x)
            ? nan === 1 && min === f && max === f
            : nan === 0 && min === Math.min(x, f) && max === Math.max(x, f);
          if (!right) throw new Error(`${edge} at ${at}: ${min} ${max} ${nan}`);
          kernels().u8.set(saved, src + at * size);
        }
      }
    });
  });

  test.each(KINDS)("scale, $suffix", (kind) => {
    const suffix = kind.suffix as Numeric;
    const scale = k[`scale${suffix}`];
    const float = suffix.startsWith("F");
    kernels().scratch(() => {
      const src = kernels().reserve(1100 * 8);
      const dst = kernels().reserve(1100);
      const next = random(11);
      for (const n of SIZES) {
        for (const rule of RULES) {
          if (rule === SIGNED && suffix.startsWith("U")) continue;
          const one =
            kind.array(0) instanceof BigInt64Array || kind.array(0) instanceof BigUint64Array ? BigInt : Number;
          const values = Array.from({ length: n }, () => {
            if (rule === UNIT) return float ? (next() < 0.1 ? NaN : next()) : one(Math.floor(next() * 2));
            if (rule === SIGNED) return float ? (next() < 0.1 ? NaN : next() * 2 - 1) : one(Math.floor(next() * 3) - 1);
            return next() < 0.3 || !float ? kind.edges[Math.floor(next() * kind.edges.length)]! : next() * 300 - 20;
          });
          const shift = n % 3;
          const size = kind.array(1).BYTES_PER_ELEMENT;
          const stored = Array.from(place(kind, values, src + shift * size), Number);
          const { u8 } = kernels();
          u8.fill(0xaa, dst, dst + n + 48);
          scale(rule, src + shift * size, n, dst + shift, -3, 260);
          const actual = Array.from(u8.subarray(dst + shift, dst + shift + n));
          expect(actual).toEqual(stored.map((x) => expected(suffix, rule, x, -3, 260)));
          // Nothing is written past the end.
          expect(u8.subarray(dst + shift + n, dst + n + 48).every((byte) => byte === 0xaa)).toBe(true);
        }
      }
    });
  });

  test("bytes are scaled in place", () => {
    kernels().scratch(() => {
      const src = kernels().reserve(100);
      const { u8 } = kernels();
      for (let i = 0; i < 100; i++) u8[src + i] = i & 1;
      k.scaleU8(UNIT, src, 100, src, 0, 1);
      expect(Array.from(u8.subarray(src, src + 100))).toEqual(Array.from({ length: 100 }, (_, i) => (i & 1) * 255));
    });
  });

  // All values k / 2^24 of [0,1] with FULL=1 (a second); a stride of them otherwise.
  test("float32 of [0,1] as exact arithmetic has it", () => {
    const step = process.env.FULL === "1" ? 1 : 31;
    const block = 1 << 16;
    kernels().scratch(() => {
      const src = kernels().reserve(block * 4);
      const dst = kernels().reserve(block);
      const { u8, buffer } = kernels();
      const values = new Float32Array(buffer, src, block);
      let wrong = 0;
      for (let first = 0; first <= 1 << 24; first += block * step) {
        for (let i = 0; i < block; i++) values[i] = Math.min(1 << 24, first + i * step) / (1 << 24);
        k.scaleF32(UNIT, src, block, dst, 0, 1);
        // k · 255 fits 32 bits, rounded to the 24 of a float32 before the fraction is dropped.
        for (let i = 0; i < block; i++) if (u8[dst + i] !== Math.trunc(fround(values[i]! * 255))) wrong++;
      }
      expect(wrong).toBe(0);
    });
  });

  test("float16 by table, every pattern", () => {
    kernels().scratch(() => {
      const table = kernels().reserve(65536);
      const { u8 } = kernels();
      // Nearest float16, ties to even: of all float16, found by search.
      const finite = Array.from({ length: 0x7c00 }, (_, bits) => halfToNumber(bits));
      const nearest = (x: number): number => {
        const magnitude = Math.abs(x);
        let low = 0;
        for (let bit = 1 << 14; bit > 0; bit >>= 1)
          if (low + bit < 0x7c00 && finite[low + bit]! <= magnitude) low += bit;
        const down = magnitude - finite[low]!;
        const up = (finite[low + 1] ?? Infinity) - magnitude;
        return Math.sign(x) * finite[down < up || (down === up && low % 2 === 0) ? low : low + 1]!;
      };
      for (const rule of RULES) {
        k.tableF16(rule, table, -2, 7);
        for (let bits = 0; bits < 65536; bits++) {
          const x = halfToNumber(bits);
          let y = x;
          if (rule === UNIT) y = x >= 0 && x <= 1 ? nearest(x * 255) : NaN;
          else if (rule === SIGNED) y = x >= -1 && x <= 1 ? nearest(127.5 * nearest(x + 1)) : NaN;
          else if (rule === LINEAR) y = ((x + 2) / 9) * 255;
          if ((rule === UNIT || rule === SIGNED) && Number.isNaN(y) && !Number.isNaN(x)) continue;
          const want = Number.isNaN(y) ? 0 : Math.trunc(Math.min(255, Math.max(0, y)));
          if (u8[table + bits] !== want) throw new Error(`rule ${rule}, ${x}: ${u8[table + bits]}, not ${want}`);
        }
      }
    });
  });

  test("float16 range, lookup and count", () => {
    kernels().scratch(() => {
      const src = kernels().reserve(2200);
      const dst = kernels().reserve(1100);
      const out = kernels().reserve(16);
      const table = kernels().reserve(65536);
      const { u8, buffer } = kernels();
      for (let i = 0; i < 65536; i++) u8[table + i] = (i * 37) >> 3;
      const next = random(3);
      for (const n of SIZES) {
        const patterns = new Uint16Array(buffer, src + 2, n);
        for (let i = 0; i < n; i++) patterns[i] = next() * 65536;
        const values = Array.from(patterns, halfToNumber);
        const numbers = values.filter((x) => !Number.isNaN(x));
        expect(k.rangeF16(src + 2, n, out)).toBe(n - numbers.length);
        const [min, max] = outOf(out);
        expect(min === Math.min(...numbers) && max === Math.max(...numbers)).toBe(true);
        expect(k.outsideF16(src + 2, n, -1, 3)).toBe(numbers.filter((x) => x < -1 || x > 3).length);
        k.lookup16(src + 2, n, dst, table);
        expect(Array.from(u8.subarray(dst, dst + n))).toEqual(Array.from(patterns, (bits) => ((bits * 37) >> 3) & 255));
      }
    });
  });

  test.each([2, 3, 4])("planes ⇄ %i interleaved channels", (channels) => {
    kernels().scratch(() => {
      const src = kernels().reserve(5000);
      const dst = kernels().reserve(5000);
      const { u8 } = kernels();
      const next = random(5);
      for (let i = 0; i < 5000; i++) u8[src + i] = next() * 256;
      for (const n of SIZES) {
        const [from, plane] = [src + (n % 5), n + 3];
        u8.fill(0xaa, dst, dst + 5000);
        k.interleave(from, plane, n, channels, dst + 1);
        const pixels = Array.from(
          { length: n * channels },
          (_, i) => u8[from + (i % channels) * plane + Math.floor(i / channels)],
        );
        expect(Array.from(u8.subarray(dst + 1, dst + 1 + n * channels))).toEqual(pixels);
        expect(u8.subarray(dst + 1 + n * channels, dst + 5000).every((byte) => byte === 0xaa)).toBe(true);

        u8.fill(0xaa, dst, dst + 5000);
        k.deinterleave(from, n, channels, dst, plane);
        for (let c = 0; c < channels; c++) {
          const row = Array.from(u8.subarray(dst + c * plane, dst + c * plane + n));
          expect(row).toEqual(Array.from({ length: n }, (_, i) => u8[from + i * channels + c]));
        }
        expect(u8.subarray(dst + (channels - 1) * plane + n, dst + 5000).every((byte) => byte === 0xaa)).toBe(true);
      }
    });
  });

  test.each([3, 4])("float32 planes → %i interleaved bytes in one pass", (channels) => {
    kernels().scratch(() => {
      const src = kernels().reserve(4 * 5000 * 4);
      const dst = kernels().reserve(5000);
      const { u8, buffer } = kernels();
      const values = new Float32Array(buffer, src, 5000);
      const next = random(9);
      for (const n of SIZES) {
        for (const rule of [UNIT, SIGNED, CLIP]) {
          const plane = n + 5;
          for (let i = 0; i < plane * channels; i++) {
            values[i] = rule === UNIT ? next() : rule === SIGNED ? next() * 2 - 1 : next() * 400 - 50;
            if (next() < 0.05) values[i] = NaN;
          }
          u8.fill(0xaa, dst, dst + 5000);
          k.scalePlanesF32(rule, src, plane, n, channels, dst + 1);
          const pixels = Array.from({ length: n * channels }, (_, i) =>
            expected("F32", rule, values[(i % channels) * plane + Math.floor(i / channels)]!, 0, 0),
          );
          expect(Array.from(u8.subarray(dst + 1, dst + 1 + n * channels))).toEqual(pixels);
          expect(u8.subarray(dst + 1 + n * channels, dst + 5000).every((byte) => byte === 0xaa)).toBe(true);
        }
      }
    });
  });

  test.each([2, 4])("lowest alpha of %i channels, in any lane", (channels) => {
    kernels().scratch(() => {
      const src = kernels().reserve(1000);
      const { u8 } = kernels();
      for (const n of SIZES.filter((size) => size < 130)) {
        u8.fill(0, src, src + n * channels);
        for (let i = 0; i < n; i++) u8[src + i * channels + channels - 1] = 255;
        expect(k.lowestAlpha(src, n, channels)).toBe(255);
        for (let i = 0; i < n; i++) {
          u8[src + i * channels + channels - 1] = 254 - i;
          expect(k.lowestAlpha(src, n, channels)).toBe(254 - i);
          u8[src + i * channels + channels - 1] = 255;
        }
      }
    });
  });

  describe("frames of any strides equal their packed copy", () => {
    const DTYPES: readonly [Dtype, (n: number) => TypedArray][] = [
      ["uint8", (n) => new Uint8Array(n)],
      ["float16", (n) => new Uint16Array(n)],
      ["float32", (n) => new Float32Array(n)],
      ["float64", (n) => new Float64Array(n)],
      ["int64", (n) => new BigInt64Array(n)],
    ];
    test.each(DTYPES)("%s", (dtype, make) => {
      const next = random(21);
      // A store of 20 × 24 × 4 elements, in an array that does not start its buffer.
      const whole = make(20 * 24 * 4 + 3);
      const data = whole.subarray(3);
      for (let i = 0; i < data.length; i++) {
        const value = Math.floor(next() * 256);
        (data as { [index: number]: number | bigint })[i] = dtype === "int64" ? BigInt(value) : value;
      }
      const at = (i: number) => {
        const value = data[i]!;
        return dtype === "float16" ? halfToNumber(Number(value)) : Number(value);
      };
      const views: readonly Omit<Frame, "data" | "dtype">[] = [
        { height: 20, width: 24, channels: 4, offset: 0, strides: { y: 96, x: 4, c: 1 } },
        { height: 7, width: 9, channels: 4, offset: 5 * 96 + 8, strides: { y: 96, x: 4, c: 1 } },
        { height: 20, width: 24, channels: 3, offset: 0, strides: { y: 96, x: 4, c: 1 } },
        { height: 20, width: 24, channels: 3, offset: 2, strides: { y: 96, x: 4, c: -1 } },
        { height: 20, width: 24, channels: 4, offset: 19 * 96, strides: { y: -96, x: 4, c: 1 } },
        { height: 20, width: 24, channels: 4, offset: 23 * 4, strides: { y: 96, x: -4, c: 1 } },
        { height: 24, width: 20, channels: 4, offset: 0, strides: { y: 4, x: 96, c: 1 } },
        { height: 20, width: 24, channels: 3, offset: 0, strides: { y: 24, x: 1, c: 480 } },
        { height: 20, width: 24, channels: 2, offset: 480, strides: { y: 24, x: 1, c: -480 } },
        { height: 5, width: 11, channels: 4, offset: 30, strides: { y: 24, x: 1, c: 480 } },
        { height: 24, width: 20, channels: 3, offset: 0, strides: { y: 1, x: 24, c: 480 } },
        { height: 6, width: 5, channels: 1, offset: 7, strides: { y: 3, x: 17, c: 1 } },
        { height: 6, width: 5, channels: 3, offset: 7, strides: { y: 0, x: 0, c: 0 } },
        { height: 1, width: 24, channels: 1, offset: 2, strides: { y: 1000, x: 4, c: 1 } },
        { height: 20, width: 1, channels: 3, offset: 2, strides: { y: 96, x: 1, c: 7 } },
      ];
      for (const view of views) {
        const { height, width, channels, offset, strides } = view;
        const values: number[] = [];
        for (let y = 0; y < height; y++)
          for (let x = 0; x < width; x++)
            for (let c = 0; c < channels; c++) values.push(at(offset + y * strides.y + x * strides.x + c * strides.c));
        const packed: Frame = {
          data: Float64Array.from(values),
          dtype: "float64",
          height,
          width,
          channels,
          offset: 0,
          strides: { y: width * channels, x: channels, c: 1 },
        };
        // The same values by another way: float64 for all but float16, whose [0,1] arithmetic differs: clipped for it.
        const options = { normalize: dtype !== "float16", onWarning: () => {} };
        const actual = toUint8({ data, dtype, ...view }, options).data;
        expect(Buffer.compare(actual, toUint8(packed, options).data)).toBe(0);
      }
    });
  });

  describe("ranges", () => {
    function row(data: TypedArray, dtype: Dtype): Frame {
      const width = data.length;
      return { data, dtype, height: 1, width, channels: 1, offset: 0, strides: { y: width, x: 1, c: 1 } };
    }
    const bytesOf = (frame: Frame, range: Range) => Array.from(toUint8(frame, { range, onWarning: () => {} }).data);

    test("given, for floats", () => {
      const floats = row(Float32Array.of(-2, -1, 0, 0.25, 0.5, 1, 2, 300, NaN), "float32");
      expect(bytesOf(floats, "unit")).toEqual([0, 0, 0, 63, 127, 255, 255, 255, 0]);
      expect(bytesOf(floats, "signed")).toEqual([0, 0, 127, 159, 191, 255, 255, 255, 0]);
      expect(bytesOf(floats, "byte")).toEqual([0, 0, 0, 0, 0, 1, 2, 255, 0]);
      expect(bytesOf(floats, "dtype")).toEqual(bytesOf(floats, "unit"));
      expect(bytesOf(floats, [0, 2])).toEqual([0, 0, 0, 31, 63, 127, 255, 255, 0]);
      expect(bytesOf(row(Float64Array.of(10, 15, 20), "float64"), "minmax")).toEqual([0, 127, 255]);
      expect(bytesOf(row(Float32Array.of(7, 7), "float32"), "minmax")).toEqual([0, 0]);
      const half = row(Uint16Array.of(0xbc00, 0x3c00, 0x3800, 0x4000), "float16");
      expect(bytesOf(half, "unit")).toEqual([0, 255, 127, 255]);
      expect(bytesOf(half, "signed")).toEqual([0, 255, 191, 255]);
      expect(bytesOf(half, "minmax")).toEqual([0, 170, 127, 255]);
    });

    test("of a type: its top 8 bits", () => {
      const words = Uint16Array.from({ length: 65536 }, (_, i) => i);
      expect(bytesOf(row(words, "uint16"), "dtype")).toEqual(Array.from(words, (x) => x >> 8));
      expect(bytesOf(row(Int8Array.of(-128, -1, 0, 127), "int8"), "dtype")).toEqual([0, 127, 128, 255]);
      expect(bytesOf(row(Uint32Array.of(0, 2 ** 31, 2 ** 32 - 1), "uint32"), "dtype")).toEqual([0, 128, 255]);
      expect(bytesOf(row(BigInt64Array.of(-(2n ** 63n), 0n, 2n ** 63n - 1n), "int64"), "dtype")).toEqual([0, 128, 255]);
      const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
      expect(bytesOf(row(bytes, "uint8"), "dtype")).toEqual(Array.from(bytes));
      expect(bytesOf(row(bytes, "uint8"), [0, 255])).toEqual(Array.from(bytes));
    });

    test("shared by several frames", () => {
      const frames = [row(Float32Array.of(0, 0.5), "float32"), row(Float32Array.of(0, -0.5), "float32")];
      const decision = decideRange(frames);
      expect(decision.rule).toBe("signed");
      expect(frames.map((frame) => Array.from(toUint8(frame, { decision }).data))).toEqual([
        [127, 191],
        [127, 63],
      ]);
      expect(decideRange(frames, "minmax")).toMatchObject({ rule: "minmax", lo: -0.5, hi: 0.5 });
    });

    test("refused", () => {
      expect(() => checkValueOptions({ range: "minmax", normalize: false })).toThrow(
        "range: expected none together with normalize: false, which scales nothing; leave one of them out",
      );
      expect(() => checkValueOptions({ range: [3, 3] })).toThrow("range: expected finite lo < hi; got [3, 3]");
      expect(() => checkValueOptions({ range: [3] as never })).toThrow("range: expected two numbers [lo, hi]; got [3]");
      expect(() => checkValueOptions({ range: [0n, 1n] as never })).toThrow(
        "range: expected two numbers [lo, hi]; got an array of 2",
      );
      expect(() => checkValueOptions({ range: "max" as never })).toThrow(
        'range: expected "auto", "unit", "signed", "byte", "minmax", "dtype" or [lo, hi]; got "max"',
      );
    });

    test("guessed from samples, corrected on the way", () => {
      const data = new Float32Array(600 * 500).fill(0.5);
      const frame: Frame = { ...row(data, "float32"), height: 600, width: 500, strides: { y: 500, x: 1, c: 1 } };
      const rulesTried = () => {
        const rules: string[] = [];
        const bytes = normalize(frame, { onWarning: () => {} }, ({ rows, normalization }) => {
          rules.push(normalization!().rule);
          return collect(rows);
        });
        expect(Buffer.compare(bytes, toUint8(frame, { onWarning: () => {} }).data)).toBe(0);
        return rules;
      };
      expect(rulesTried()).toEqual(["unit"]);
      data[299_999] = -0.5;
      expect(rulesTried()).toEqual(["unit", "signed"]);
      data[299_998] = 7;
      expect(rulesTried()).toEqual(["unit", "clip"]);
      data[10_001] = -0.25;
      expect(rulesTried()).toEqual(["unit", "signed", "clip"]);
      data[0] = 8;
      expect(rulesTried()).toEqual(["clip"]);
    });
  });

  describe("what is said", () => {
    function told(values: readonly number[], options: { normalize?: boolean } = {}) {
      const warnings: Warning[] = [];
      const frame: Frame = {
        data: Float32Array.from(values),
        dtype: "float32",
        height: 1,
        width: values.length,
        channels: 1,
        offset: 0,
        strides: { y: values.length, x: 1, c: 1 },
      };
      const normalization = kernels().scratch(() => {
        const { rows, normalization } = normalizedRows(frame, {
          ...options,
          onWarning: (warning) => warnings.push(warning),
        });
        const dst = kernels().reserve(values.length);
        for (let twice = 0; twice < 2; twice++) rows.read(0, 1, dst);
        return normalization;
      });
      return { normalization: normalization?.() ?? null, warnings };
    }

    test("nothing, where nothing is lost", () => {
      expect(told([0, 0.25, 1])).toEqual({
        normalization: { rule: "unit", min: 0, max: 1, nan: 0, clipped: 0 },
        warnings: [],
      });
      expect(told([-1, 0.25])).toEqual({
        normalization: { rule: "signed", min: -1, max: 0.25, nan: 0, clipped: 0 },
        warnings: [],
      });
      expect(told([3, 255]).warnings).toEqual([]);
      expect(told([0, 0]).warnings).toEqual([]);
    });

    test("NaN, counted, the rest normalized without it", () => {
      const { normalization, warnings } = told([NaN, 0.5, NaN]);
      expect(normalization).toEqual({ rule: "unit", min: 0.5, max: 0.5, nan: 2, clipped: 0 });
      expect(warnings).toEqual([
        {
          code: "nan",
          message:
            "2 of 3 values are NaN; they are left out of the range and drawn as 0 (black). Replace them before logging to choose another value.",
        },
      ]);
      expect(told([NaN]).normalization).toEqual({ rule: "unit", min: NaN, max: NaN, nan: 1, clipped: 0 });
    });

    test("values clipped, with their number and range", () => {
      const { normalization, warnings } = told([-3, 100, 300, 255]);
      expect(normalization).toEqual({ rule: "clip", min: -3, max: 300, nan: 0, clipped: 2 });
      expect(warnings.map(({ code }) => code)).toEqual(["clipped"]);
      expect(warnings[0]!.message).toMatch(
        /^2 of 4 values lie outside \[0, 255\] \(they are -3 to 300\) and were clipped\./,
      );
    });

    test("a picture that leaves [0,1] by a hair and comes out nearly black", () => {
      const { warnings } = told([0, 0.5, 1.001953125]);
      expect(warnings.map(({ code }) => code)).toEqual(["almost-black"]);
      expect(warnings[0]!.message).toBe(
        'values 0 to 1.0019531 fit neither [0, 1] nor [-1, 1], so they were taken as 0 to 255: the image is nearly black. Pass range: "unit", or clamp them before logging.',
      );
      expect(told([0, 1], { normalize: false }).warnings[0]!.message).toMatch(
        /^normalize: false takes values as 0 to 255/,
      );
    });
  });
});
