// What a history row of a run says of an image, and of a list of them.
import type { LayersJson } from "./layers.ts";

export interface ImageJson {
  readonly _type: "image-file";
  readonly sha256: string;
  readonly size: number;
  readonly path: string;
  readonly format: string;
  readonly width: number;
  readonly height: number;
  readonly caption?: string;
  readonly grouping?: number;
  readonly boxes?: LayersJson;
  readonly masks?: LayersJson;
}

export interface ImageListJson {
  readonly _type: "images/separated";
  readonly width: number;
  readonly height: number;
  readonly format: string;
  readonly count: number;
  readonly filenames: readonly string[];
  readonly captions?: readonly (string | null)[];
  readonly all_boxes?: readonly (LayersJson | null)[];
  readonly all_masks?: readonly (LayersJson | null)[];
}
