// Bounding boxes drawn over an image: W&B's BoundingBoxes2D.
import { describe } from "../messages.ts";
import { checkOptionNames } from "../option-names.ts";
import { type OnWarning, warn } from "../warnings.ts";
import { checkLabels, defaultLabels, type LabelsInput, saveLabels } from "./classes.ts";
import { entriesOf, isDictionary, isMap } from "./dictionary.ts";
import type { ClassLabels, MediaRun } from "./media-run.ts";
import { OverlayFile, type OverlayJson } from "./overlay.ts";
import { type BoxPosition, type Placement, placedPosition } from "./placement.ts";

export type { BoxPosition } from "./placement.ts";

const BRAND = Symbol.for("wandb-image.BoundingBoxes2D");

/** A box in W&B's own words. */
export interface Box {
  readonly position: BoxPosition;
  /** "pixel"; without it coordinates are fractions of the image, 0 to 1. */
  readonly domain?: "pixel" | null | undefined;
  readonly class_id?: number | undefined;
  /** Numbers that W&B's panel can filter by. */
  readonly scores?: Readonly<Record<string, number>> | ReadonlyMap<string, number> | undefined;
  /** The text above the box. */
  readonly box_caption?: string | undefined;
}

export interface BoxSet {
  readonly box_data: readonly Box[];
  /** Names by class_id; default `class_<id>`. */
  readonly class_labels?: LabelsInput | undefined;
}

/** A set of boxes: one layer of an image. Validated and copied when made. */
export class BoundingBoxes2D {
  readonly key: string;
  readonly boxes: readonly Box[];
  readonly classLabels: ClassLabels;
  readonly file: OverlayFile;
  readonly #givenLabels: boolean;

  /**
   * @param val W&B's `{ box_data, class_labels }`
   * @param key the layer's name, such as "predictions"
   * @throws TypeError in W&B's words, with what was found where; RangeError for coordinates that are not finite
   */
  constructor(val: BoxSet, key: string) {
    if (typeof key !== "string") throw new TypeError(`key: expected the layer's name; got ${describe(key)}`);
    if (typeof val !== "object" || val === null || Array.isArray(val)) {
      throw new TypeError(`boxes.${key}: expected { box_data: [...], class_labels }; got ${describe(val)}`);
    }
    checkOptionNames(`boxes.${key}`, val, SET_FIELDS);
    const set = copied(val, SET_FIELDS);
    this.#givenLabels = set.class_labels !== undefined;
    const labels = this.#givenLabels
      ? checkLabels(set.class_labels, "Class labels must be a dictionary of numbers to string")
      : null;
    if (!Array.isArray(set.box_data))
      throw new TypeError(`Boxes must be a list: box_data is ${describe(set.box_data)}`);
    const boxes = Array.from(set.box_data, copiedBox);
    for (const [i, box] of boxes.entries()) checkBox(box, `box_data[${i}]`, labels === null);
    const text = jsonOf({ ...set, box_data: boxes, ...(labels && { class_labels: labels }) }, key);
    this.key = key;
    this.boxes = (JSON.parse(text) as BoxSet).box_data;
    this.classLabels = labels ?? defaultLabels(this.boxes.map((box) => box.class_id!));
    this.file = new OverlayFile(new TextEncoder().encode(text), "boxes2D", "metadata/boxes2D", ".boxes2D.json");
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** Saves the boxes' file and their class names; `key` is the image's. */
  bindToRun(run: MediaRun, key: string, step: number, onWarning?: OnWarning): void {
    this.file.save(run, key, step);
    this.saveLabels(run, key, onWarning);
  }

  saveLabels(run: MediaRun, key: string, onWarning?: OnWarning): void {
    const kind = "bounding_box/class_labels";
    saveLabels(run, kind, key, this.key, this.classLabels, this.#givenLabels, onWarning);
  }

  toJson(run: MediaRun): OverlayJson {
    return this.file.toJson(run);
  }

  /** @internal The same boxes where the pixels of their input went. */
  placed(placement: Placement): BoundingBoxes2D {
    const val = JSON.parse(new TextDecoder().decode(this.file.bytes)) as BoxSet;
    const box_data = this.boxes.map((box) => ({
      ...box,
      position: placedPosition(box.position, box.domain === "pixel", placement),
    }));
    return new BoundingBoxes2D({ ...val, box_data }, this.key);
  }

  /** Says which boxes lie outside an image of this size, or are turned inside out: one warning of each kind a set. */
  warnOutside(width: number, height: number, onWarning: OnWarning | undefined): void {
    const outside: string[] = [];
    const inverted: string[] = [];
    let beyondOne = false;
    for (const [i, { position, domain }] of this.boxes.entries()) {
      const sides = sidesOf(position);
      if (sides.maxX < sides.minX || sides.maxY < sides.minY) inverted.push(`box_data[${i}]`);
      const [right, bottom] = domain === "pixel" ? [width, height] : [1, 1];
      for (const [name, value] of Object.entries(sides)) {
        // Fractions that were divided or added up may leave [0, 1] by a rounding.
        const slack = domain === "pixel" ? 0 : 1e-6;
        if (value >= -slack && value <= (name.endsWith("X") ? right : bottom) + slack) continue;
        outside.push(`box_data[${i}] ${name} ${value}`);
        beyondOne ||= domain !== "pixel" && value > 1;
        break;
      }
    }
    const count = this.boxes.length;
    if (outside.length > 0) {
      const limit = beyondOne
        ? 'coordinates without a domain are fractions, 0 to 1; give domain: "pixel" if these are pixels'
        : `the image is ${width}×${height}`;
      warn(
        "box-outside",
        `boxes.${this.key}: ${outside.length} of ${count} boxes reach outside the image: ${some(outside)}; ${limit}`,
        onWarning,
      );
    }
    if (inverted.length > 0) {
      warn(
        "box-inverted",
        `boxes.${this.key}: ${inverted.length} of ${count} boxes end before they begin (max below min, or a negative size): ${some(inverted)}`,
        onWarning,
      );
    }
  }
}

export function isBoundingBoxes2D(value: unknown): value is BoundingBoxes2D {
  return typeof value === "object" && value !== null && Reflect.get(value, BRAND) === true;
}

const some = (list: readonly string[]) =>
  list.slice(0, 3).join(", ") + (list.length > 3 ? ` and ${list.length - 3} more` : "");

const SET_FIELDS = ["box_data", "class_labels"];
const BOX_FIELDS = ["position", "domain", "class_id", "scores", "box_caption"];
const POSITION_FIELDS = ["middle", "width", "height", "minX", "maxX", "minY", "maxY"];

/**
 * A copy, so that what is checked is what is written: a getter may give something else the next time, and JSON leaves out what a class
 * keeps on its prototype, or has its toJSON say.
 */
function copied(value: object, names: readonly string[]): Record<string, unknown> {
  const copy = { ...(value as Record<string, unknown>) };
  if ("toJSON" in copy) copy.toJSON = undefined;
  for (const name of names) {
    if (!(name in copy) && name in value) copy[name] = (value as Record<string, unknown>)[name];
  }
  return copy;
}

function copiedBox(box: unknown): unknown {
  if (typeof box !== "object" || box === null) return box;
  const copy = copied(box, BOX_FIELDS);
  const { position } = copy;
  if (typeof position === "object" && position !== null) copy.position = copied(position, POSITION_FIELDS);
  return copy;
}

function jsonOf(set: object, key: string): string {
  try {
    return JSON.stringify(set, plain);
  } catch (cause) {
    const words = `boxes.${key}: a box holds something that has no JSON, such as an object that holds itself`;
    throw new TypeError(words, { cause });
  }
}

/** JSON of what a box may hold beside numbers and strings: typed arrays as lists, BigInts as numbers, Maps as objects. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (isMap(value)) return Object.fromEntries(value);
  return ArrayBuffer.isView(value) ? Array.from(value as unknown as ArrayLike<number>) : value;
}

const POSITION = "Each box must contain a position with: middle, width, and height or minX, maxX, minY, maxY";

function checkBox(box: unknown, at: string, needsClass: boolean): void {
  if (typeof box !== "object" || box === null) {
    throw new TypeError(`Boxes must be a list of boxes: ${at} is ${describe(box)}; expected { position, class_id, … }`);
  }
  const { position, domain, class_id, scores, box_caption } = box as Record<string, unknown>;
  checkPosition(position, at);
  if (domain !== undefined && domain !== null && domain !== "pixel") {
    throw new RangeError(`${at}.domain is ${show(domain)}: expected "pixel", or nothing for fractions of the image`);
  }
  if (scores !== undefined) {
    if (!isDictionary(scores)) {
      throw new TypeError(`Box scores must be a dictionary: ${at}.scores is ${show(scores)}; expected { name: 0.9 }`);
    }
    for (const [name, score] of entriesOf(scores)) {
      if (typeof score !== "number") {
        throw new TypeError(`A score value must be a number: ${at}.scores.${name} is ${show(score)}`);
      }
      if (!Number.isFinite(score)) {
        throw new RangeError(
          `A score value must be a number: ${at}.scores.${name} is ${score}, which JSON cannot hold`,
        );
      }
    }
  }
  if (class_id === undefined && needsClass) {
    throw new TypeError(`${at} has no class_id: give one, or class_labels for the set`);
  }
  if (class_id !== undefined && typeof class_id !== "bigint" && !Number.isInteger(class_id)) {
    throw new TypeError(`A box's class_id must be an integer: ${at}.class_id is ${show(class_id)}`);
  }
  if (box_caption !== undefined && typeof box_caption !== "string") {
    throw new TypeError(`A box's caption must be a string: ${at}.box_caption is ${show(box_caption)}`);
  }
}

function checkPosition(position: unknown, at: string): void {
  if (typeof position !== "object" || position === null) {
    throw new TypeError(`${POSITION}. ${at}.position is ${show(position)}`);
  }
  const given = position as Record<string, unknown>;
  const { middle } = given;
  const isPair =
    typeof middle === "object" && middle !== null && "length" in middle && middle.length === 2 && "0" in middle;
  const numbers = new Map<string, unknown>();
  if (isPair && isNumber(given.width) && isNumber(given.height)) {
    const [x, y] = Array.from(middle as ArrayLike<unknown>);
    numbers.set("middle[0]", x).set("middle[1]", y).set("width", given.width).set("height", given.height);
  } else {
    for (const name of ["minX", "maxX", "minY", "maxY"]) numbers.set(name, given[name]);
  }
  for (const [name, value] of numbers) {
    if (typeof value === "bigint") continue;
    if (typeof value !== "number") {
      throw new TypeError(
        `${POSITION}. ${at}.position has ${Object.keys(given).join(", ") || "nothing"}; ${name} is ${show(value)}`,
      );
    }
    if (!Number.isFinite(value)) throw new RangeError(`${at}.position.${name} is ${value}: expected a finite number`);
  }
}

function isNumber(value: unknown): boolean {
  return typeof value === "number" || typeof value === "bigint";
}

function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : describe(value);
}

function sidesOf(position: BoxPosition) {
  if (!("middle" in position)) {
    const { minX, minY, maxX, maxY } = position;
    return { minX, minY, maxX, maxY };
  }
  const { middle, width, height } = position;
  const [x, y] = [middle[0]!, middle[1]!];
  return { minX: x - width / 2, minY: y - height / 2, maxX: x + width / 2, maxY: y + height / 2 };
}
