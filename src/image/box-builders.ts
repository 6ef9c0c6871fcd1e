// Builders of boxes for what detectors give: corners, corner and size, or center and size, in any array or tensor.
import type { TensorInput } from "../adapt/input.ts";
import { numbersIn, type Packed, packedArray } from "../adapt/packed.ts";
import { describe } from "../messages.ts";
import { checkOptionNames } from "../option-names.ts";
import type { Box, BoxPosition, BoxSet } from "./boxes.ts";
import { checkLabels, type LabelsInput } from "./classes.ts";
import { entriesOf, isDictionary } from "./dictionary.ts";
import type { ClassLabels } from "./media-run.ts";

/** N×4 numbers: rows, a flat array of 4·N, or a tensor of shape [N, 4]; a leading batch of 1 may stand before them. */
export type BoxNumbers = TensorInput | ArrayLike<number> | ArrayLike<bigint> | readonly ArrayLike<number | bigint>[];

/** N numbers: a list, an array or a tensor. */
export type PerBox = TensorInput | ArrayLike<number> | ArrayLike<bigint>;

export interface OneBoxOptions {
  /** "pixel", or nothing for fractions of the image. */
  readonly domain?: "pixel" | undefined;
  readonly classId?: number | bigint | undefined;
  readonly scores?: Readonly<Record<string, number>> | ReadonlyMap<string, number> | undefined;
  readonly caption?: string | undefined;
}

export interface BoxSetOptions {
  /** "pixel", or nothing for fractions of the image. */
  readonly domain?: "pixel" | undefined;
  /** The class of each box: ids, or names, which get the ids that `classLabels` gives them, else 0, 1 … as they come. */
  readonly classes?: PerBox | readonly string[] | undefined;
  /** The score of each box, shown as `score`; or several by name. */
  readonly scores?: PerBox | Readonly<Record<string, PerBox>> | ReadonlyMap<string, PerBox> | undefined;
  /** The text above each box. */
  readonly captions?: readonly string[] | undefined;
  /** Names by class id, or a list whose places are the ids; default `class_<id>`. */
  readonly classLabels?: LabelsInput | undefined;
}

/** One box from four numbers, or a whole set from a detector's N×4. */
export interface BoxBuilder {
  (a: number, b: number, c: number, d: number, options?: OneBoxOptions): Box;
  (boxes: BoxNumbers, options?: BoxSetOptions): BoxSet;
}

/** One of transformers.js' object detections. */
export interface Detection {
  readonly label: string;
  readonly score?: number | undefined;
  readonly box: { readonly xmin: number; readonly ymin: number; readonly xmax: number; readonly ymax: number };
}

type Four = readonly [number, number, number, number];

const ONE_OPTIONS = ["domain", "classId", "scores", "caption"] as const satisfies readonly (keyof OneBoxOptions)[];
const SET_OPTIONS = [
  "domain",
  "classes",
  "scores",
  "captions",
  "classLabels",
] as const satisfies readonly (keyof BoxSetOptions)[];

/**
 * Builders of boxes from corners, from corner and size, and from center and size: of one box, `box.xyxy(x0, y0, x1, y1)`,
 * or of a set, `box.xyxy(boxes, { classes, scores, domain: "pixel" })`. As in W&B coordinates are fractions of the image
 * unless the domain is "pixel". `box.detections(list)` takes what transformers.js' object detection gives.
 * @throws TypeError for what is no array or an unknown option, RangeError for numbers that are not four a box, or lists that are
 *   not as long as the boxes are many
 */
export const box: {
  readonly xyxy: BoxBuilder;
  readonly xywh: BoxBuilder;
  readonly cxcywh: BoxBuilder;
  readonly detections: typeof detections;
} = {
  xyxy: builder("xyxy", ([minX, minY, maxX, maxY]) => ({ minX, minY, maxX, maxY })),
  xywh: builder("xywh", ([minX, minY, width, height]) => ({ minX, minY, maxX: minX + width, maxY: minY + height })),
  cxcywh: builder("cxcywh", ([x, y, width, height]) => ({ middle: [x, y], width, height })),
  detections,
};

function builder(name: string, position: (numbers: Four) => BoxPosition): BoxBuilder {
  return ((...args: unknown[]) => {
    const single = typeof args[0] === "number";
    const options = (single ? args[4] : args[1]) ?? {};
    if (typeof options !== "object") {
      throw new TypeError(
        `box.${name}: options: expected an object such as { domain: "pixel" }; got ${describe(options)}`,
      );
    }
    checkOptionNames(`box.${name}`, options, single ? ONE_OPTIONS : SET_OPTIONS);
    if (single) return oneBox(position(fourOf(name, args)), options as OneBoxOptions);
    return boxSet(foursOf(args[0]).map(position), options as BoxSetOptions);
  }) as BoxBuilder;
}

function fourOf(name: string, args: readonly unknown[]): Four {
  const four = Array.from({ length: 4 }, (_, i) => args[i]);
  if (four.every((value) => typeof value === "number")) return four as unknown as Four;
  throw new TypeError(`box.${name}: expected four numbers; got ${four.map(describe).join(", ")}`);
}

function oneBox(position: BoxPosition, { domain, classId, scores, caption }: OneBoxOptions): Box {
  return {
    position,
    ...(domain === undefined ? {} : { domain }),
    ...(classId === undefined ? {} : { class_id: typeof classId === "bigint" ? Number(classId) : classId }),
    ...(caption === undefined ? {} : { box_caption: caption }),
    ...(scores === undefined ? {} : { scores }),
  };
}

function boxSet(positions: readonly BoxPosition[], options: BoxSetOptions): BoxSet {
  const { domain, captions } = options;
  const n = positions.length;
  const { ids, labels } = classesOfBoxes(options, n);
  const scores = scoresOf(options.scores, n);
  checkCount("captions", captions, n);
  const box_data = positions.map((position, i) =>
    oneBox(position, {
      domain,
      classId: ids?.[i] ?? 0,
      caption: captions?.[i],
      scores: scores && Object.fromEntries(scores.map(([name, values]) => [name, values[i]!])),
    }),
  );
  return labels === undefined ? { box_data } : { box_data, class_labels: labels };
}

function checkCount(name: string, values: { readonly length: number } | undefined, n: number): void {
  if (values !== undefined && values.length !== n)
    throw new RangeError(`${name}: ${values.length} values for ${n} boxes`);
}

function classesOfBoxes(
  { classes, classLabels }: BoxSetOptions,
  n: number,
): { ids: ArrayLike<number> | undefined; labels: ClassLabels | undefined } {
  const labels = classLabels === undefined ? undefined : checkLabels(classLabels, "classLabels");
  if (classes === undefined) return { ids: undefined, labels };
  if (!Array.isArray(classes) || typeof classes[0] !== "string") return { ids: perBox("classes", classes, n), labels };
  checkCount("classes", classes, n);
  return idsByName(classes as string[], labels);
}

/** Ids for names: those that the labels have, else the smallest that are free. */
function idsByName(names: readonly string[], labels: ClassLabels | undefined): { ids: number[]; labels: ClassLabels } {
  const idOf = new Map(Object.entries(labels ?? {}).map(([id, name]) => [name, Number(id)]));
  const used = new Set(idOf.values());
  let next = 0;
  const ids = names.map((name, i) => {
    if (typeof name !== "string")
      throw new TypeError(`classes[${i}]: ${describe(name)}; expected a name, as the first is`);
    const known = idOf.get(name);
    if (known !== undefined) return known;
    while (used.has(next)) next++;
    used.add(next);
    idOf.set(name, next);
    return next;
  });
  return { ids, labels: Object.fromEntries(Array.from(idOf, ([name, id]) => [id, name])) };
}

function foursOf(boxes: unknown): Four[] {
  const packed = packedArray(boxes, "boxes", "N×4 numbers");
  const shape = withoutBatch(packed, 2);
  const numbers = numbersIn(packed);
  if (shape.length > 2 || (shape.length === 2 && shape[1] !== 4 && numbers.length > 0)) {
    throw new RangeError(`boxes: shape [${packed.shape}] of ${numbers.length} numbers; expected [N, 4] of N·4`);
  }
  if (numbers.length % 4 !== 0) throw new RangeError(`boxes: ${numbers.length} numbers; expected 4 for each box`);
  return Array.from(
    { length: numbers.length / 4 },
    (_, i) => [...numbers.subarray(4 * i, 4 * i + 4)] as unknown as Four,
  );
}

/** The shape without leading axes of 1, down to as many axes. */
function withoutBatch({ shape }: Packed, axes: number): readonly number[] {
  const extra = shape.findIndex((length, axis) => length !== 1 || shape.length - axis <= axes);
  return extra < 0 ? shape : shape.slice(extra);
}

/** N numbers, in whatever shape: [N], [1, N], [N, 1]. */
function perBox(name: string, values: unknown, n: number): Float64Array {
  const numbers = numbersIn(packedArray(values, name, `${n} numbers, one a box`));
  checkCount(name, numbers, n);
  return numbers;
}

function scoresOf(scores: unknown, n: number): [string, Float64Array][] | undefined {
  if (scores === undefined) return undefined;
  const named = isDictionary(scores) && !("data" in scores) && !("shape" in scores) && !("dims" in scores);
  const entries: [string, unknown][] = named ? entriesOf(scores as object) : [["score", scores]];
  return entries.map(([name, values]) => [name, perBox(`scores.${name}`, values, n)]);
}

/**
 * A set of boxes from what transformers.js' `pipeline("object-detection")` and its zero-shot sister give.
 * @param list `[{ label, score, box: { xmin, ymin, xmax, ymax } }, …]`, in pixels; with `percentage: true` pass
 *   `{ fractions: true }`
 * @param options.classLabels names by id, where ids are to be the model's own (`model.config.id2label`); default: 0, 1 … as the
 *   names come
 * @throws TypeError for anything else, naming the place
 */
function detections(
  list: readonly Detection[],
  options: { readonly classLabels?: LabelsInput | undefined; readonly fractions?: boolean | undefined } = {},
): BoxSet {
  checkOptionNames("box.detections", options, ["classLabels", "fractions"]);
  if (!Array.isArray(list)) {
    throw new TypeError(`box.detections: expected a list of { label, score, box }; got ${describe(list)}`);
  }
  const positions = list.map((detection: Detection | null, i): BoxPosition => {
    const { xmin, ymin, xmax, ymax } = detection?.box ?? ({} as Partial<Detection["box"]>);
    if (typeof detection?.label !== "string" || ![xmin, ymin, xmax, ymax].every(Number.isFinite)) {
      throw new TypeError(
        `box.detections[${i}]: expected { label, score, box: { xmin, ymin, xmax, ymax } }; got ${describe(detection)}`,
      );
    }
    return { minX: xmin!, minY: ymin!, maxX: xmax!, maxY: ymax! };
  });
  const scored = list.length > 0 && list.every(({ score }) => typeof score === "number");
  return boxSet(positions, {
    domain: options.fractions ? undefined : "pixel",
    classes: list.map(({ label }) => label),
    captions: list.map(({ label }) => label),
    scores: scored ? list.map(({ score }) => score!) : undefined,
    classLabels: options.classLabels,
  });
}
