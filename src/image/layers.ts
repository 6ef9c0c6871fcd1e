// The layers of an image: sets of boxes and masks, by their names.
import { type OnWarning, warn } from "../warnings.ts";
import { BoundingBoxes2D, type BoxSet, isBoundingBoxes2D } from "./boxes.ts";
import { type ImageClone, isLayerClone } from "./clone.ts";
import { layerEntries } from "./dictionary.ts";
import type { MaskSize } from "./logits.ts";
import { ImageMask, isImageMask, type MaskInput } from "./masks.ts";
import type { MediaRun } from "./media-run.ts";
import type { ImageOptions } from "./options.ts";
import type { OverlayJson } from "./overlay.ts";

/** The layers of an image by their names. */
export type LayersJson = Readonly<Record<string, OverlayJson>>;

/** What a history row says of the layers. */
export function layersJson(layers: Readonly<Record<string, BoundingBoxes2D | ImageMask>>, run: MediaRun): LayersJson {
  return Object.fromEntries(Object.entries(layers).map(([name, layer]) => [name, layer.toJson(run)]));
}

/** Layers given as instances or as what makes one; null for none. */
export function boxesOf(
  boxes: ImageOptions["boxes"] | ImageClone["boxes"],
): Readonly<Record<string, BoundingBoxes2D>> | null {
  return layersOf("boxes", boxes, (layer, name) => {
    if (isBoundingBoxes2D(layer)) return layer;
    const set = isLayerClone(layer) ? JSON.parse(new TextDecoder().decode(layer.file.bytes)) : layer;
    return new BoundingBoxes2D(set as BoxSet, name);
  });
}

/** @param size the size that a mask with `resize` gets */
export function masksOf(
  masks: ImageOptions["masks"] | ImageClone["masks"],
  size: MaskSize,
): Readonly<Record<string, ImageMask>> | null {
  return layersOf("masks", masks, (layer, name) =>
    isImageMask(layer) ? layer : new ImageMask(layer as MaskInput, name, size),
  );
}

export function layersOf<T>(
  option: string,
  layers: object | null | undefined,
  layerOf: (layer: unknown, name: string) => T,
) {
  if (layers === undefined || layers === null) return null;
  const entries = layerEntries(option, layers).map(([name, layer]) => [name, layerOf(layer, name)] as const);
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

/**
 * Boxes and masks of an Image that another is made of are not copied, as in W&B. That is said, unless `given` names layers
 * of that kind.
 */
export function warnLayersLeft(
  where: string,
  from: { readonly boxes: object | null; readonly masks: object | null },
  given: { readonly boxes?: unknown; readonly masks?: unknown },
  onWarning: OnWarning | undefined,
): void {
  const left = (["boxes", "masks"] as const).filter((kind) => from[kind] !== null && given[kind] === undefined);
  if (left.length === 0) return;
  const remedy =
    where === "Image" ? `pass { ${left.map((kind) => `${kind}: image.${kind}`).join(", ")} }` : "a grid has its own";
  warn("layers-left", `${where}: ${left.join(" and ")} of the given Image are not copied; ${remedy}`, onWarning);
}
