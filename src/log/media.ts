// Images in what is logged: their files go into the run, their JSON goes in their place.
import { checkOverflow, type ListOptions } from "../image/list.ts";
import type { MediaRun } from "../image/media-run.ts";
import { printable } from "../messages.ts";
import type { OnWarning } from "../warnings.ts";
import { snapshot } from "./snapshot.ts";
import { isImage, isValueMap, type LoggedImage, type Value, type ValueMap } from "./values.ts";

interface ImageClass {
  seqToJson(images: readonly LoggedImage[], run: MediaRun, key: string, step: number, options: ListOptions): object;
}

/**
 * Saves the Images of a snapshot into the run, and puts their JSON in their place. An Image's files and class labels are named
 * after its innermost key, as in W&B.
 */
export function bindImages(values: ValueMap, run: MediaRun, step: number, onWarning: OnWarning): ValueMap {
  let bound: Record<string, Value> | undefined;
  for (const key of Object.keys(values)) {
    const value = values[key]!;
    const json = bindValue(key, value, run, step, onWarning);
    if (json === value) continue;
    bound ??= { ...values };
    // Defined, not assigned, so that "__proto__" is a key like any other.
    Object.defineProperty(bound, key, { value: json, enumerable: true, configurable: true, writable: true });
  }
  return bound === undefined ? values : Object.freeze(bound);
}

function bindValue(key: string, value: Value, run: MediaRun, step: number, onWarning: OnWarning): Value {
  if (isImage(value)) {
    value.bindToRun(run, key, step);
    return snapshot(value.toJson(run), "Image.toJson", { arrays: "list" });
  }
  if (Array.isArray(value) && isImage(value[0])) {
    const Images = value[0].constructor as unknown as ImageClass;
    const json = Images.seqToJson(value as LoggedImage[], run, key, step, { onWarning });
    return snapshot(json, "Image.seqToJson", { arrays: "list" });
  }
  return isValueMap(value) ? bindImages(value, run, step, onWarning) : value;
}

/** @throws RangeError naming the key of a list of more images than W&B shows, before any of them is saved */
export function refuseOverflow(values: ValueMap): void {
  for (const [key, value] of Object.entries(values)) {
    if (Array.isArray(value) && value.every(isImage)) checkOverflow(value.length, printable(key), "error");
    else if (isValueMap(value)) refuseOverflow(value);
  }
}
