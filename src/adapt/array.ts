// Arrays without a shape of their own: numbers nested in rows, and GeoTIFF's rasters.
import { arrayOf, dtypeOf, type TypedArray } from "../dtype.ts";
import { frameOf } from "../frame.ts";
import { describe } from "../messages.ts";
import { fieldsOf, isCount } from "./fields.ts";
import { MAX_LEVELS } from "./packed.ts";
import type { AdaptOptions, Source } from "./source.ts";

/** GeoTIFF's rasters: a typed array, or one a band, with a width and a height of its own. */
export function readRaster(input: unknown, options: AdaptOptions): Source | undefined {
  const { width, height } = fieldsOf(input);
  if (!isCount(width) || !isCount(height)) return undefined;
  if (dtypeOf(input) !== undefined) {
    const data = input as TypedArray;
    return {
      kind: "frame",
      frame: frameOf({ data, shape: [height, width, data.length / (width * height)] }, { ...options, layout: "HWC" }),
    };
  }
  if (!Array.isArray(input) || dtypeOf(input[0]) === undefined) return undefined;
  const size = width * height;
  const data = rowType(input, 2);
  input.forEach((band: TypedArray, c) => {
    checkRow(band, size, `[${c}]`);
    (data as Float64Array).set(band as Float64Array, c * size);
  });
  return {
    kind: "frame",
    frame: frameOf({ data, shape: [input.length, height, width] }, { ...options, layout: "CHW" }),
  };
}

/** `[[0, 1], [1, 0]]`: two or three levels (four with a batch of one); the innermost rows may be typed arrays. A copy. */
export function readNested(input: unknown, options: AdaptOptions): Source | undefined {
  if (!Array.isArray(input)) return undefined;
  const shape = shapeOf(input);
  if (shape.length < 2) {
    throw new TypeError(explainList(input));
  }
  const data = rowType(input, shape.length);
  // Rows of several kinds are float64 together, 64-bit integers among them too, as numpy's np.array has it.
  const isMixed = data instanceof Float64Array;
  let next = 0;
  const fill = (level: unknown, axis: number, path: string): void => {
    const row = level as ArrayLike<unknown>;
    if (axis === shape.length - 1) {
      checkRow(row, shape[axis]!, path);
      for (let i = 0; i < row.length; i++) data[next++] = (isMixed ? Number(row[i]) : row[i]) as never;
      return;
    }
    if (!Array.isArray(row))
      throw new TypeError(`input${path}: expected an array, as in ${firstPath(axis)}; got ${describe(row)}`);
    if (row.length !== shape[axis]) throw ragged(path, row.length, shape[axis]!, axis);
    // By index: forEach would step over holes and leave rows of zeros.
    for (let i = 0; i < row.length; i++) fill(row[i], axis + 1, `${path}[${i}]`);
  };
  fill(input, 0, "");
  return { kind: "frame", frame: frameOf({ data, shape }, options) };
}

/** A list of one axis holds numbers, or pictures that were meant to be logged as a list. */
function explainList(input: readonly unknown[]): string {
  const odd = input.find((item) => typeof item !== "number" && typeof item !== "boolean");
  return odd === undefined
    ? `input: expected rows of pixels, or { data, shape: [height, width, channels] }; got ${input.length} numbers along one axis`
    : `input: expected one picture; got ${describe(input)}, of ${describe(odd)}. ` +
        "Several are logged as a list: run.log({ key: images.map((image) => new Image(image)) })";
}

function shapeOf(input: unknown): number[] {
  const shape: number[] = [];
  for (let level = input; Array.isArray(level) || dtypeOf(level) !== undefined; level = (level as unknown[])[0]) {
    const { length } = level as unknown[];
    // Before memory is asked for: a list may claim a length that it does not fill.
    if (length > 0 && Array.isArray(level) && !(0 in level && length - 1 in level)) {
      throw new TypeError(`input: expected a value at every place; got an array of ${length} with holes`);
    }
    shape.push(length);
    if (shape.length > MAX_LEVELS) {
      throw new TypeError(
        `input: expected rows of pixels; got arrays in arrays, more than ${MAX_LEVELS} levels of them`,
      );
    }
    if (dtypeOf(level) !== undefined) break;
  }
  return shape;
}

/** Rows that are typed arrays of one kind keep it, and with it their arithmetic; numbers are float64, as in numpy. */
function rowType(input: readonly unknown[], axes: number): TypedArray {
  const rows = axes === 2 ? input : (input.flat(axes - 2) as unknown[]);
  const length = rows.length * ((rows[0] as ArrayLike<unknown> | undefined)?.length ?? 0);
  const dtype = dtypeOf(rows[0]);
  if (dtype === undefined || dtype === "float16" || !rows.every((row) => dtypeOf(row) === dtype)) {
    return new Float64Array(length);
  }
  return arrayOf(dtype, length);
}

function checkRow(row: unknown, length: number, path: string): void {
  if (!Array.isArray(row) && dtypeOf(row) === undefined) {
    throw new TypeError(`input${path}: expected a row of ${length} numbers, as in the first; got ${describe(row)}`);
  }
  const values = row as ArrayLike<unknown>;
  if (values.length !== length) throw ragged(path, values.length, length, path.split("[").length - 1);
  if (!Array.isArray(row)) return;
  const odd = row.findIndex((value) => typeof value !== "number" && typeof value !== "boolean");
  if (odd >= 0) throw new TypeError(`input${path}[${odd}]: expected a number; got ${describe(row[odd])}`);
}

function ragged(path: string, length: number, expected: number, axis: number): RangeError {
  return new RangeError(
    `input${path}: expected ${expected} values, as in ${firstPath(axis)} (ragged array); got ${length}`,
  );
}

function firstPath(axis: number): string {
  return `input${"[0]".repeat(axis)}`;
}
