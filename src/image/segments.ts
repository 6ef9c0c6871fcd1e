// What transformers.js' image segmentation gives → a mask.
import { describe } from "../messages.ts";
import { checkOptionNames } from "../option-names.ts";
import { checkLabels, type LabelsInput } from "./classes.ts";
import { idsOfMask, type MaskData, type MaskInput } from "./masks.ts";

/** One of transformers.js' segments: where its mask is not 0. */
export interface Segment {
  readonly label: string | null;
  readonly score?: number | null | undefined;
  readonly mask: MaskData;
}

/**
 * One mask of all segments that `pipeline("image-segmentation")` gives: class 0 where none is, then a class for each name; where
 * segments overlap the later one shows.
 * @param options.classLabels names by id, where ids are to be the model's own (`model.config.id2label`)
 * @returns what `masks` takes: `masks: { prediction: masksOf(segments) }`
 * @throws TypeError for anything else, RangeError for masks of different sizes and for more than 255 names
 */
export function masksOf(
  segments: readonly Segment[],
  options: { readonly classLabels?: LabelsInput | undefined } = {},
): MaskInput {
  checkOptionNames("masksOf", options, ["classLabels"]);
  if (!Array.isArray(segments) || segments.length === 0) {
    throw new TypeError(`masksOf: expected a list of { label, score, mask }; got ${describe(segments)}`);
  }
  const odd = segments.findIndex((segment) => typeof segment !== "object" || segment === null);
  if (odd >= 0) {
    throw new TypeError(`masksOf[${odd}]: expected { label, score, mask }; got ${describe(segments[odd])}`);
  }
  const given = options.classLabels === undefined ? undefined : checkLabels(options.classLabels, "classLabels");
  const idOf = new Map(Object.entries(given ?? { 0: "background" }).map(([id, name]) => [name, Number(id)]));
  const masks = segments.map(({ mask }: Segment, i) => idsOfMask(mask, `masksOf[${i}].mask`));
  const { width, height } = masks[0]!;
  const data = new Uint8Array(width * height);
  for (const [i, mask] of masks.entries()) {
    if (mask.width !== width || mask.height !== height) {
      throw new RangeError(`masksOf[${i}].mask is ${mask.width}×${mask.height}, the first ${width}×${height}`);
    }
    const name = segments[i]!.label ?? "segment";
    if (!idOf.has(name)) idOf.set(name, nextId(idOf));
    const id = idOf.get(name)!;
    mask.data.forEach((value, at) => {
      if (value !== 0) data[at] = id;
    });
  }
  const class_labels = Object.fromEntries(Array.from(idOf, ([name, id]) => [id, name]));
  return { mask_data: { data, shape: [height, width] }, class_labels };
}

function nextId(idOf: ReadonlyMap<string, number>): number {
  const id = Math.max(...idOf.values()) + 1;
  if (id > 255) throw new RangeError("masksOf: more than 255 names; an 8-bit mask holds no more");
  return id;
}
