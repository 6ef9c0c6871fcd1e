// The JSON of a logged image, or of a list of them (W&B's data_types/image.py), → the pictures it names.
import { safeKey } from "../image/media-path.ts";

export interface PictureLayer {
  /** Below files/. */
  readonly path: string;
  readonly sha256: string | null;
  readonly size: number | null;
}

export interface Picture {
  /** Its place in a list; null for a picture that was logged alone. */
  readonly index: number | null;
  /** Below files/. */
  readonly path: string;
  readonly caption: string | null;
  /** As the row says; of a list the first picture's. */
  readonly format: string | null;
  readonly width: number | null;
  readonly height: number | null;
  /** Not told of pictures of a list. */
  readonly sha256: string | null;
  readonly size: number | null;
  readonly grouping: unknown;
  /** Box files and mask files by the name of their layer. */
  readonly boxes: Readonly<Record<string, PictureLayer>>;
  readonly masks: Readonly<Record<string, PictureLayer>>;
}

/**
 * @param value what was logged
 * @param key its innermost key; with `step` it names the files of lists before 0.12.10, which do not
 */
export function picturesOf(value: unknown, key: string, step: number): Picture[] {
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => picturesOf(item, key, step).map((picture) => ({ ...picture, index })));
  }
  if (!isObject(value)) return [];
  if (value._type === "image-file") return single(value);
  if (value._type === "images/separated") return listed(value, key, step);
  return [];
}

type Json = Record<string, unknown>;

function single(json: Json): Picture[] {
  if (typeof json.path !== "string") return [];
  return [
    {
      ...shape(json),
      index: null,
      path: json.path,
      caption: textOf(json.caption),
      sha256: stringOf(json.sha256),
      size: numberOf(json.size),
      grouping: json.grouping ?? null,
      boxes: layersOf(json.boxes),
      masks: layersOf(json.masks),
    },
  ];
}

function listed(json: Json, key: string, step: number): Picture[] {
  const { filenames, captions, all_boxes, all_masks, format, count } = json;
  const guessed = (_: unknown, i: number) => `media/images/${safeKey(key)}_${step}_${i}.${format ?? "png"}`;
  const paths: unknown[] = Array.isArray(filenames) ? filenames : Array.from({ length: sane(count) }, guessed);
  const at = (list: unknown, i: number): unknown => (Array.isArray(list) ? list[i] : undefined);
  return paths.flatMap((path, i) =>
    typeof path !== "string"
      ? []
      : [
          {
            ...shape(json),
            index: i,
            path,
            caption: textOf(at(captions, i)),
            sha256: null,
            size: null,
            grouping: null,
            boxes: layersOf(at(all_boxes, i)),
            masks: layersOf(at(all_masks, i)),
          },
        ],
  );
}

function sane(count: unknown): number {
  return typeof count === "number" && count >= 0 && count <= 10_000 ? Math.floor(count) : 0;
}

function shape(json: Json): Pick<Picture, "format" | "width" | "height"> {
  return { format: stringOf(json.format), width: numberOf(json.width), height: numberOf(json.height) };
}

function layersOf(json: unknown): Record<string, PictureLayer> {
  if (!isObject(json)) return {};
  const layers = Object.entries(json).flatMap(([name, layer]): [string, PictureLayer][] =>
    isObject(layer) && typeof layer.path === "string"
      ? [[name, { path: layer.path, sha256: stringOf(layer.sha256), size: numberOf(layer.size) }]]
      : [],
  );
  return Object.fromEntries(layers);
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function stringOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** A caption that Python was given may be a number. */
function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
